//! Hands the link plan to cargo. Also makes a link to libpython in `OUT_DIR`, by which cargo's own runs find it.
//! Every public function is a thin layer over a private one that takes what it needs, so that tests compare exact bytes.

use crate::answer::Answer;
use crate::plan::{self, Library, Profile, Target};
use pyo3_bundle_layout::development;
use pyo3_bundle_layout::problem::{About, Problem};
use std::ffi::OsString;
use std::fmt::Display;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The variables that decide which Python is linked, beside those that cargo watches by itself.
const WATCHED: [&str; 2] = ["PYO3_PYTHON", "PYO3_CONFIG_FILE"];

/// Links the binaries of this package so that they find libpython in their own folder: the whole build script of an
/// application. Ends the build with an error in words if this Python cannot be linked so. A package without a binary
/// calls [`reach`] instead.
pub fn link() {
    or_exit(Answer::find(variable).and_then(|answer| link_to(&answer.library()?)));
    for name in WATCHED {
        println!("cargo:rerun-if-env-changed={name}");
    }
    if let Some(file) = variable(WATCHED[1]) {
        println!("cargo:rerun-if-changed={}", Path::new(&file).display());
    }
}

/// Ends a build script whose work has failed, with the error in words: cargo shows them as the reason of the failed build.
pub fn or_exit<T, E: Display>(result: Result<T, E>) -> T {
    result.unwrap_or_else(|error| {
        // An error with a chain of causes shows them all.
        eprintln!("error: {error:#}");
        std::process::exit(1);
    })
}

/// Does the work of [`link`] for a build script that knows which libpython is linked.
pub fn link_to(library: &Library) -> Result<(), Problem> {
    with_environment(|target, profile, out_dir| print(&mut io::stdout(), target, profile, library, out_dir))
}

/// Lets `cargo run` and `cargo test` find libpython, for a package that is a library. Returns the file that is linked.
pub fn reach(library: &Library) -> Result<PathBuf, Problem> {
    with_environment(|target, _, out_dir| print_reach(&mut io::stdout(), target, library, out_dir))
}

fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

fn with_environment<T>(work: impl FnOnce(&Target, Profile, &Path) -> Result<T, Problem>) -> Result<T, Problem> {
    let set = |name| {
        let why = "wanted it in the environment, as cargo sets it for a build script";
        std::env::var(name).map_err(|_| Problem::without_hint(format!("`{name}` is not set"), why))
    };
    let (os, env) = (set("CARGO_CFG_TARGET_OS")?, set("CARGO_CFG_TARGET_ENV")?);
    let profile = if set("PROFILE")? == "release" { Profile::Release } else { Profile::Debug };
    work(&Target { os: &os, env: &env }, profile, Path::new(&set("OUT_DIR")?))
}

fn print(
    out: &mut dyn Write,
    target: &Target,
    profile: Profile,
    library: &Library,
    out_dir: &Path,
) -> Result<(), Problem> {
    let directives = plan::plan(target, profile, library)?;
    print_reach(out, target, library, out_dir)?;
    directives.iter().for_each(|directive| line(out, &directive.to_string()));
    Ok(())
}

/// Prints the folder of a link to libpython as a search path. cargo puts such folders of `OUT_DIR` on the loader's path
/// for what it runs, unit tests and doc tests among them, and the programs themselves name no folder of this machine.
fn print_reach(out: &mut dyn Write, target: &Target, library: &Library, out_dir: &Path) -> Result<PathBuf, Problem> {
    let file = plan::loaded(target, library)?;
    let folder = out_dir.join(development::LIBRARY);
    let link = folder.join(file.file_name().unwrap_or_default());
    fs::metadata(&file).about("cannot read the libpython of the chosen Python:", &file)?;
    let made = fs::create_dir_all(&folder).and_then(|()| match fs::remove_file(&link) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => make_link(&file, &link),
    });
    made.about("cannot make", &link)?;
    line(out, &format!("cargo:rustc-link-search=native={}", folder.display()));
    line(out, &format!("cargo:rerun-if-changed={}", file.display()));
    Ok(file)
}

/// cargo reads what a build script prints to its end, so writing it does not fail.
fn line(out: &mut dyn Write, text: &str) {
    writeln!(out, "{text}").expect("cargo reads this");
}

#[cfg(unix)]
fn make_link(file: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(file, link)
}

/// Symbolic links need a privilege on Windows.
#[cfg(not(unix))]
fn make_link(file: &Path, link: &Path) -> io::Result<()> {
    fs::copy(file, link).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of a test, with a libpython for each system.
    struct Place(PathBuf);

    impl Place {
        fn new(name: &str) -> Self {
            let root = std::env::temp_dir().join(format!("link-{name}-{}", std::process::id()));
            fs::create_dir_all(root.join("py, of mine/lib")).unwrap();
            fs::create_dir_all(root.join("py, of mine/libs")).unwrap();
            for file in ["lib/libpython3.13.so.1.0", "lib/libpython3.13.dylib", "python313.dll"] {
                fs::write(root.join("py, of mine").join(file), "library").unwrap();
            }
            Place(root)
        }

        /// What is printed, with `@` for the folder.
        fn printed(&self, target: &Target, profile: Profile) -> String {
            let (folder, name) = if target.os == "windows" { ("libs", "python313") } else { ("lib", "python3.13") };
            let dir = self.0.join("py, of mine").join(folder).display().to_string();
            let library = Library { shared: true, dir: Some(&dir), name: Some(name) };
            let mut out = Vec::new();
            print(&mut out, target, profile, &library, &self.0.join("out")).unwrap();
            String::from_utf8(out).unwrap().replace(&self.0.display().to_string(), "@")
        }
    }

    impl Drop for Place {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).unwrap();
        }
    }

    /// This test is its own child, which ends as a build script does.
    #[test]
    fn a_build_script_that_fails_ends_with_the_error_in_words() {
        const CHILD: &str = "PYO3_BUNDLE_BUILD_TEST";
        if std::env::var_os(CHILD).is_some() {
            assert_eq!(or_exit(Ok::<_, Problem>(5)), 5);
            or_exit(Err::<(), _>(Problem::new("what", "why", "hint")));
        }
        let mut command = std::process::Command::new(std::env::current_exe().unwrap());
        command.args(["a_build_script_that_fails_ends_with_the_error_in_words", "--nocapture"]).env(CHILD, "1");
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&output.stderr).contains("error: what\n  why\nhint: hint\n"), "{output:?}");
    }

    #[test]
    fn linux_gets_exactly_these_lines() {
        let place = Place::new("linux");
        let target = Target { os: "linux", env: "gnu" };
        assert_eq!(
            place.printed(&target, Profile::Release),
            "\
cargo:rustc-link-search=native=@/out/libpython
cargo:rerun-if-changed=@/py, of mine/lib/libpython3.13.so.1.0
cargo:rustc-link-arg-bins=-Wl,--disable-new-dtags
cargo:rustc-link-arg-bins=-Wl,-rpath,$ORIGIN/../python/runtime/lib
"
        );
        assert_eq!(
            place.printed(&target, Profile::Debug),
            "\
cargo:rustc-link-search=native=@/out/libpython
cargo:rerun-if-changed=@/py, of mine/lib/libpython3.13.so.1.0
cargo:rustc-link-arg=-Wl,--disable-new-dtags
cargo:rustc-link-arg=-Xlinker
cargo:rustc-link-arg=-rpath
cargo:rustc-link-arg=-Xlinker
cargo:rustc-link-arg=@/py, of mine/lib
"
        );
        // The second run found the link of the first.
        let link = place.0.join("out/libpython/libpython3.13.so.1.0");
        assert_eq!(fs::read(link).unwrap(), b"library");
    }

    #[test]
    fn macos_gets_exactly_these_lines() {
        let place = Place::new("macos");
        let target = Target { os: "macos", env: "" };
        assert_eq!(
            place.printed(&target, Profile::Release),
            "\
cargo:rustc-link-search=native=@/out/libpython
cargo:rerun-if-changed=@/py, of mine/lib/libpython3.13.dylib
cargo:rustc-link-arg-bins=-Wl,-headerpad_max_install_names
cargo:rustc-link-arg-bins=-Wl,-rpath,@executable_path/../python/runtime/lib
"
        );
        assert_eq!(
            place.printed(&target, Profile::Debug),
            "\
cargo:rustc-link-search=native=@/out/libpython
cargo:rerun-if-changed=@/py, of mine/lib/libpython3.13.dylib
cargo:rustc-link-arg=-Xlinker
cargo:rustc-link-arg=-rpath
cargo:rustc-link-arg=-Xlinker
cargo:rustc-link-arg=@/py, of mine/lib
"
        );
    }

    #[test]
    fn windows_gets_exactly_these_lines() {
        let place = Place::new("windows");
        let target = Target { os: "windows", env: "msvc" };
        let shared = "\
cargo:rustc-link-search=native=@/out/libpython
cargo:rerun-if-changed=@/py, of mine/python313.dll
";
        assert_eq!(place.printed(&target, Profile::Debug), shared);
        let release = place.printed(&target, Profile::Release);
        assert_eq!(release, format!("{shared}cargo:rustc-link-arg-bins=/DEPENDENTLOADFLAG:0xA00\n"));
        let gnu = Target { os: "windows", env: "gnu" };
        assert_eq!(place.printed(&gnu, Profile::Release), shared);
    }

    #[test]
    fn a_library_that_is_not_there_is_named() {
        let library = Library { shared: true, dir: Some("/no/such"), name: Some("python3.13") };
        let target = Target { os: "linux", env: "gnu" };
        let error = print(&mut Vec::new(), &target, Profile::Debug, &library, Path::new("/no/out")).unwrap_err();
        assert!(error.to_string().contains("`/no/such/libpython3.13.so.1.0`"), "{error}");
    }
}
