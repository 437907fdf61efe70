//! What making a dist needs to know of the system that the dist is for. The trait is the one seam between systems: the
//! steps of `stage` ask it, and each system implements it in a module of its own. Judging a dist needs no platform.

mod linux;
mod macos;
pub mod windows;

use crate::config::LauncherStyle;
use crate::object::{Format, Native, Version};
use crate::problem::{About, Problem};
use crate::shown::{shown, visible, word};
use anyhow::Result;
use pyo3_bundle_layout::{layout, metadata};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What a native file needs to be loaded.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Needs {
    pub machine: u16,
    /// The libraries, by the names that the loader looks for.
    pub libraries: Vec<String>,
    /// Where the file's own search path leads.
    pub folders: Vec<PathBuf>,
    /// The oldest version of the system's libc that has all it needs; on macOS, that of the system.
    pub floor: Option<Version>,
}

/// The native files of a dist.
pub type Files = BTreeMap<PathBuf, Needs>;

/// What a package manager of the build machine says about the package that a file belongs to.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Package {
    /// The type in a purl: `deb`, `rpm`.
    pub kind: &'static str,
    /// The distribution: its namespace in a purl (`debian`), and with its version (`debian-12`).
    pub namespace: String,
    pub distro: String,
    pub name: String,
    pub version: String,
    pub architecture: String,
    pub source: String,
    pub source_version: String,
    pub license: String,
    pub texts: Vec<PathBuf>,
}

/// The libraries of the build machine, as its loader finds them.
pub trait Libraries {
    /// Finds the file of a library that is for the same machine as the file which needs it.
    fn find(&self, library: &str, machine: u16) -> Option<PathBuf>;
}

/// The places are those of POSIX systems, unless a platform has its own.
pub trait Platform: Sync {
    /// The target triple, as rustc and the metadata have it.
    fn target(&self) -> &'static str;

    /// The format of its native files.
    fn format(&self) -> Format {
        if self.target().contains("-windows-") {
            Format::Pe
        } else if self.target().ends_with("-apple-darwin") {
            Format::MachO
        } else {
            Format::Elf
        }
    }

    /// The block of the metadata about the system.
    fn described(&self, files: &Files) -> metadata::Platform;

    /// The program's place in the dist.
    fn binary(&self, dist: &Path, name: &str) -> PathBuf {
        layout::binary(dist, name)
    }

    /// The launcher's place in the dist.
    fn launcher(&self, dist: &Path, name: &str) -> PathBuf {
        layout::launcher(dist, name)
    }

    /// The file name that cargo gives the program.
    fn built(&self, name: &str) -> String {
        name.to_owned()
    }

    /// The launcher's text. The dist has its native files already.
    fn launcher_text(&self, dist: &Path, name: &str, style: LauncherStyle) -> Result<String>;

    /// The Python's own program, below the runtime.
    fn interpreter(&self, runtime: &Path) -> PathBuf {
        layout::interpreter(runtime)
    }

    /// The standard library, below the runtime.
    fn stdlib(&self, runtime: &Path, series: &str) -> PathBuf {
        layout::stdlib(runtime, series)
    }

    /// The folder below the runtime where the loader looks for libraries.
    fn libraries(&self, runtime: &Path) -> PathBuf {
        runtime.join("lib")
    }

    /// The files of the runtime of which the program needs a copy in its own folder.
    fn beside_program(&self, _runtime: &Path) -> Result<Vec<PathBuf>> {
        Ok(Vec::new())
    }

    /// Whether no dist has this part of an installed Python. The path is relative to it.
    fn leaves_out(&self, _relative: &Path) -> bool {
        false
    }

    /// The place of a library in the dist, as its documents name it.
    fn in_dist(&self, library: &str) -> String {
        inside(self.libraries(Path::new(layout::RUNTIME)).join(library))
    }

    /// The file name of the Python's library, which the program is linked against.
    fn libpython(&self, series: &str) -> String;

    /// Whether a needed library is that of a Python, of any series.
    fn is_libpython(&self, library: &str) -> bool {
        library.starts_with("libpython")
    }

    /// Whether the name is that of a shared library.
    fn is_library(&self, name: &str) -> bool {
        is_library(name)
    }

    /// Whether every machine of this system has the library, which is then never copied.
    fn provides(&self, library: &str) -> bool;

    /// Reads what a file needs; `None` for one that is not native code of this system.
    fn needs(&self, path: &Path) -> Result<Option<Needs>>;

    /// Undoes what an installer did to the library that programs are linked against, before any is.
    fn settle(&self, _libpython: &Path) -> Result<()> {
        Ok(())
    }

    /// Finds the file of a library in a folder.
    fn find(&self, folder: &Path, library: &str) -> Option<PathBuf> {
        Some(folder.join(library)).filter(|path| path.is_file())
    }

    /// Whether a file of the dist finds a library by itself, as in a wheel that brings its own libraries. `files` are the
    /// native files of the dist.
    fn finds(&self, _files: &Files, needs: &Needs, library: &str) -> bool {
        needs.folders.iter().any(|folder| self.find(folder, library).is_some())
    }

    /// The folder where the loader looks for the libraries that the program needs to start.
    fn start_libraries(&self, dist: &Path) -> PathBuf {
        self.libraries(&layout::runtime(dist))
    }

    /// Reads the build machine's list of libraries.
    fn machine_libraries(&self) -> Result<Box<dyn Libraries>>;

    /// Says how the user can look for a library, in a command for a hint.
    fn hint_for(&self, library: &str) -> String;

    /// Asks the build machine's package managers for the packages of these files. A file without one is left out.
    fn packages(&self, files: &BTreeSet<&Path>) -> Result<BTreeMap<PathBuf, Package>>;
}

const ALL: &[&dyn Platform] =
    &[&linux::X86_64, &linux::AARCH64, &macos::AARCH64, &macos::X86_64, &windows::MSVC, &windows::GNU];

/// Whether this machine runs the programs of a platform.
pub fn runs_here(platform: &dyn Platform) -> bool {
    let system = match std::env::consts::OS {
        "macos" => "-apple-darwin",
        "windows" => "-pc-windows-",
        _ => "-unknown-linux-gnu",
    };
    platform.target().strip_prefix(std::env::consts::ARCH).is_some_and(|rest| rest.starts_with(system))
}

/// The platform of the machine that this runs on. The packager itself runs on no others.
pub fn here() -> &'static dyn Platform {
    ALL.iter().copied().find(|platform| runs_here(*platform)).expect("this machine is of one of the platforms")
}

/// Returns the platform whose Python stands in a folder, by the name of its library.
pub fn of_python(python: &Path, series: &str) -> Option<&'static dyn Platform> {
    let library = |platform: &&dyn Platform| platform.libraries(python).join(platform.libpython(series));
    let is_of = |platform: &&&dyn Platform| {
        let data = std::fs::read(library(platform)).unwrap_or_default();
        Native::of(&data).targets().iter().any(|target| same_machine(target, platform.target()))
    };
    ALL.iter().find(is_of).copied()
}

/// Whether two targets differ at most in their toolchain for Windows, which a file does not tell.
pub fn same_machine(one: &str, other: &str) -> bool {
    let machine = |target: &str| target.rsplit_once("-windows-").map_or(target.to_owned(), |(arch, _)| arch.to_owned());
    machine(one) == machine(other)
}

/// Returns the platform of a target triple.
pub fn of(target: &str) -> Result<&'static dyn Platform, Problem> {
    ALL.iter().find(|platform| platform.target() == target).copied().ok_or_else(|| {
        let targets: Vec<_> = ALL.iter().map(|platform| platform.target()).collect();
        let what = format!("no dist can be made for `{}`", visible(target));
        let hint = format!("cargo build --release --target {}", targets[0]);
        Problem::new(what, format!("wanted one of the targets {}", targets.join(", ")), hint)
    })
}

/// Returns the platform that a program is linked for, whatever machine this is.
pub fn of_program(path: &Path) -> Result<&'static dyn Platform> {
    let native = Native::of(&std::fs::read(path).about("cannot read", path)?);
    let target = native.target().ok_or_else(|| {
        let what = format!("`{}` is not a program that a dist can be made for", shown(path));
        let why = match native {
            Native::None | Native::Damaged(..) => "its first bytes do not tell a system and an architecture",
            _ => "wanted one for x86_64 or aarch64, found one for a 32-bit machine, or for another one, or for several",
        };
        Problem::new(what, why, format!("file {}", word(path)))
    })?;
    Ok(of(&target)?)
}

/// The libraries in a runtime that have the name of a libpython, each with a platform whose name that is.
pub fn libpythons(runtime: &Path, series: &str) -> Vec<(&'static dyn Platform, PathBuf)> {
    let place =
        |platform: &'static dyn Platform| (platform, platform.libraries(runtime).join(platform.libpython(series)));
    let mut found: Vec<_> = ALL.iter().copied().map(place).filter(|(_, library)| library.is_file()).collect();
    found.dedup_by(|one, other| one.1 == other.1);
    found
}

/// Whether the name is that of a shared library: `libz.so`, `libz.so.1`, `libz.dylib`.
pub fn is_library(name: &str) -> bool {
    name.ends_with(".so") || name.contains(".so.") || name.ends_with(".dylib")
}

/// A place in the dist, as documents of the dist name it.
pub fn inside(path: impl AsRef<Path>) -> String {
    path.as_ref().to_string_lossy().into_owned()
}

#[cfg(test)]
pub fn testing() -> &'static dyn Platform {
    ALL[0]
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::object::fixture;

    #[test]
    fn a_target_without_a_platform_is_told_in_three_parts() {
        for platform in ALL {
            assert_eq!(of(platform.target()).unwrap().target(), platform.target());
        }
        let text = of("riscv64gc-unknown-linux-gnu\n").err().unwrap().to_string();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], r"no dist can be made for `riscv64gc-unknown-linux-gnu\n`");
        assert!(lines[1].contains("wanted one of the targets x86_64-unknown-linux-gnu, aarch64-"), "{text}");
        assert_eq!(lines[2], "hint: cargo build --release --target x86_64-unknown-linux-gnu");
    }

    #[test]
    fn the_platform_is_that_of_the_program() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("program");
        let of = |data: &[u8]| {
            std::fs::write(&path, data).unwrap();
            of_program(&path).map(|platform| platform.target()).map_err(|error| error.to_string())
        };
        assert_eq!(of(&fixture::elf(fixture::NEEDED, 1, "libc.so.6")), Ok("x86_64-unknown-linux-gnu"));
        let half = fixture::MachO::default().bytes();
        assert_eq!(of(&half), Ok("aarch64-apple-darwin"));
        let universal = of(&fixture::fat(&[&half, &half])).unwrap_err();
        assert!(universal.contains("is not a program that a dist can be made for"), "{universal}");
        let windows = fixture::Pe { imports: &["python313.dll"], ..fixture::Pe::default() }.bytes();
        assert_eq!(of(&windows), Ok("x86_64-pc-windows-msvc"));
        let narrow = of(&fixture::narrow(&windows)).unwrap_err();
        assert!(narrow.contains("`") && narrow.contains("32-bit"), "{narrow}");
        let musl = of(&fixture::elf(fixture::NEEDED, 1, "libc.musl-x86_64.so.1")).unwrap_err();
        assert!(musl.contains("`x86_64-unknown-linux-musl`"), "{musl}");
        let script = of(b"#!/bin/sh\n").unwrap_err();
        assert!(script.contains("/program` is not a program") && script.contains("\nhint: file "), "{script}");
    }
}
