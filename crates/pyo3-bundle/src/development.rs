//! Finds the folder with the packages and includes of a program that is not in a dist. `home` knows cargo's target folder,
//! and pyo3-bundle-layout names the places in it.

use pyo3_bundle_layout::development;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

/// Returns the folder of the package that this program belongs to.
///
/// Where cargo runs a program, a test or a doc test, its variables name the package. A program that is started by hand is
/// known by its name; so is one that a package without a folder starts, such as a `cargo xtask`. A program of no known
/// package gets a folder that has neither packages nor includes.
pub(crate) fn folder(target: &Path, binary: &Path, variable: impl Fn(&str) -> Option<OsString>) -> PathBuf {
    let of_cargo = || {
        let (package, place) = (variable("CARGO_PKG_NAME")?, variable("CARGO_MANIFEST_DIR")?);
        let place = Path::new(&place).canonicalize().ok()?;
        Some(development::root(target, package.to_str()?, &place)).filter(|folder| folder.is_dir())
    };
    let of_name = || {
        let name = binary.file_name()?.to_str()?;
        let name = name.strip_suffix(std::env::consts::EXE_SUFFIX).unwrap_or(name);
        let folder = fs::read_to_string(development::entry(target, name)).ok()?;
        Some(development::all(target).join(folder.trim_end()))
    };
    of_cargo().or_else(of_name).unwrap_or_else(|| development::all(target))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_package_has_its_own_folder_whoever_starts_the_program() {
        let scratch = tempfile::tempdir().unwrap();
        let (target, members) = (scratch.path().join("target"), scratch.path().canonicalize().unwrap());
        for name in ["one", "two", "xtask"] {
            fs::create_dir(members.join(name)).unwrap();
        }
        let root = |name: &str| development::root(&target, name, &members.join(name));
        for name in ["one", "two"] {
            let entry = development::entry(&target, &format!("{name}-app"));
            fs::create_dir_all(entry.parent().unwrap()).unwrap();
            fs::create_dir_all(root(name)).unwrap();
            fs::write(entry, format!("{}\n", root(name).file_name().unwrap().display())).unwrap();
        }
        let found = |binary: &str, cargo: Option<&str>| {
            let variable = |name: &str| match name {
                "CARGO_PKG_NAME" => Some(cargo?.into()),
                _ => Some(members.join(cargo?).into()),
            };
            folder(&target, &target.join("debug").join(binary), variable)
        };
        for name in ["one", "two"] {
            assert_eq!(found(&format!("{name}-app"), None), root(name), "by hand");
            assert_eq!(found("deps/it-0123456789abcdef", Some(name)), root(name), "a test");
            assert_eq!(found(&format!("{name}-app"), Some("xtask")), root(name), "by another package's program");
        }
        assert_eq!(found("one-app", Some("two")), root("two"), "two packages with a binary of one name");
        for (binary, cargo) in [("other", None), ("deps/it-0123456789abcdef", None), ("other", Some("xtask"))] {
            assert_eq!(found(binary, cargo), target.join("pyo3-bundle"), "{binary} of no known package");
        }
    }
}
