//! The Python to pack, and the one that works for it where it does not run on this machine. Reads files, runs nothing.

use crate::config::Application;
use crate::managed::Places;
use crate::metadata::Provenance;
use crate::object::Native;
use crate::platform::{self, Platform};
use crate::problem::Problem;
use crate::shown::{shown, word};
use anyhow::Result;
use std::path::{Path, PathBuf};

/// Fails if the Python is for another system or machine than the program.
pub fn check(python: &Path, series: &str, platform: &dyn Platform) -> Result<(), Problem> {
    let library = platform.libraries(python).join(platform.libpython(series));
    let targets = std::fs::read(&library).ok().map(|data| Native::of(&data).targets());
    let is_same = |target: &String| platform::same_machine(target, platform.target());
    if !python.is_dir() || targets.iter().flatten().any(is_same) {
        return Ok(()); // what is missing altogether is told where it is read
    }
    let wanted = library.strip_prefix(python).unwrap_or(&library).display();
    let found = match (targets, platform::of_python(python, series)) {
        (Some(targets), _) if !targets.is_empty() => format!("one for {}", targets.join(" and ")),
        (Some(_), _) => "a file that is for no machine of a dist, such as a 32-bit one, or damaged".to_owned(),
        (None, Some(other)) => format!("a Python for {}", other.target()),
        (None, None) => "no such file, and no library of a Python for another system".to_owned(),
    };
    Err(Problem::new(
        format!("`{}` is not a Python {series} for {}", shown(python), platform.target()),
        format!("wanted its library `{wanted}`, which the program is linked against; found {found}"),
        format!("file {}/*", word(library.parent().unwrap_or(python))),
    ))
}

/// An interpreter of the right series that runs on this machine, and its library.
pub struct Interpreter {
    pub path: PathBuf,
    pub library: PathBuf,
}

impl Interpreter {
    /// The interpreter of an installed Python that runs here.
    pub fn of(python: &Path, series: &str, platform: &dyn Platform) -> Interpreter {
        let library = platform.libraries(python).join(platform.libpython(series));
        Interpreter { path: platform.interpreter(python), library }
    }

    /// The managed Python of the workspace, to work for one of the same series that does not run here.
    pub fn of_this_machine(application: &Application, series: &str) -> Option<Interpreter> {
        let places = Places::of(application);
        let provenance = Provenance::read(&places.record()).ok()?;
        let here = platform::of_python(&places.runtime(), series).filter(|found| platform::runs_here(*found))?;
        (provenance.series().ok()? == series).then(|| Interpreter::of(&places.runtime(), series, here))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::fixture;
    use crate::platform::{testing, windows};
    use std::fs;

    #[test]
    fn a_python_of_another_system_or_machine_is_refused() {
        let python = tempfile::tempdir().unwrap();
        fs::create_dir(python.path().join("lib")).unwrap();
        let (so, dll) = (python.path().join("lib/libpython3.13.so.1.0"), python.path().join("python313.dll"));
        let refused = |platform: &dyn Platform| {
            check(python.path(), "3.13", platform).err().map(|problem| problem.to_string()).unwrap_or_default()
        };
        let text = refused(testing());
        assert!(text.contains("is not a Python 3.13 for x86_64-unknown-linux-gnu\n"), "{text}");
        assert!(
            text.contains("its library `lib/libpython3.13.so.1.0`") && text.contains("found no such file"),
            "{text}"
        );
        assert!(text.contains("\nhint: file ") && text.ends_with("/lib/*"), "{text}");
        let pe = fixture::Pe::default().bytes();
        fs::write(&dll, &pe).unwrap();
        assert_eq!(refused(&windows::MSVC) + &refused(&windows::GNU), "");
        assert!(refused(testing()).contains("found a Python for x86_64-pc-windows-msvc"));
        fs::write(&dll, fixture::narrow(&pe)).unwrap();
        assert!(refused(&windows::GNU).contains("such as a 32-bit one"));
        fs::write(&so, fixture::elf(fixture::NEEDED, 1, "libc.so.6")).unwrap();
        assert_eq!(refused(testing()), "");
        fs::write(&so, &pe).unwrap();
        assert!(refused(testing()).contains("found one for x86_64-pc-windows-msvc"));
        let macos = |arch| platform::of(arch).unwrap();
        let (arm64, x86_64) = (macos("aarch64-apple-darwin"), macos("x86_64-apple-darwin"));
        let (dylib, half) = (python.path().join("lib/libpython3.13.dylib"), fixture::MachO::default().bytes());
        fs::write(&dylib, fixture::fat(&[&half, &half])).unwrap();
        assert_eq!(refused(arm64), "", "a universal library is for each of its architectures");
        let text = refused(x86_64);
        assert!(text.contains("found one for aarch64-apple-darwin and aarch64-apple-darwin"), "{text}");
        fs::remove_file(&dll).unwrap();
        fs::remove_file(&so).unwrap();
        assert!(refused(testing()).contains("found a Python for aarch64-apple-darwin"));
        fs::remove_file(&dylib).unwrap();
        let text = refused(&windows::GNU);
        assert!(text.contains("its library `python313.dll`") && text.contains("found no such file"), "{text}");
    }
}
