//! The packages of the dist for debug builds: the same requirements and projects, installed into a folder of cargo's
//! target folder, so that `cargo run` imports what the dist imports. A second call with the same inputs does nothing.

use super::{Packages, Target, inputs};
use crate::config::Application;
use crate::copy;
use crate::managed::Places;
use crate::place::{Place, Replaceable};
use crate::problem::About;
use anyhow::Result;
use pyo3_bundle_layout::development;
use std::fs;
use std::path::{Path, PathBuf};

/// The file in it that marks it as made here, with the digest of what it was made from.
const STAMP: &str = ".made-by-cargo-pyo3-bundle";

const SITE: Replaceable = Replaceable { name: "a folder of installed packages", check: is_site };

fn is_site(folder: &Path) -> Result<(), String> {
    fs::read_to_string(folder.join(STAMP)).map(drop).map_err(|error| format!("its `{STAMP}`: {error}"))
}

/// What a call has done.
#[derive(Debug, PartialEq, Eq)]
pub enum Done {
    /// The application has no packages, so there is no folder.
    Nothing,
    UpToDate(PathBuf),
    Installed(PathBuf),
}

/// Installs the application's packages below `root`, for the managed Python, which debug builds use.
pub fn install(application: &Application, root: &Path) -> Result<Done> {
    let (packages, places) = (Packages::of(&application.keys), Places::of(application));
    let folder = development::packages(root);
    if packages.is_empty() {
        // What an earlier manifest named is not imported any more.
        if is_site(&folder).is_ok() {
            fs::remove_dir_all(&folder).about("cannot remove", &folder)?;
        }
        return Ok(Done::Nothing);
    }
    let interpreter = places.interpreter();
    // The tree may be replaced by another one, and the packages are for this one.
    let python = interpreter.canonicalize().about("cannot find", &interpreter)?;
    let stamp = inputs::digest(&packages, &python)?;
    if fs::read_to_string(folder.join(STAMP)).is_ok_and(|found| found == stamp) {
        return Ok(Done::UpToDate(folder));
    }
    copy::create_folder(folder.parent().unwrap_or(&folder))?;
    let place = Place::open(&folder, SITE)?;
    let new = place.new_folder();
    copy::create_folder(&new)?;
    packages.install(&Target::Folder(&new), &python, &places)?;
    fs::write(new.join(STAMP), &stamp).about("cannot write", &new.join(STAMP))?;
    place.publish()?;
    Ok(Done::Installed(folder))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::config::Keys;
    use crate::managed::uv::tests::stand_in;

    #[test]
    fn packages_are_installed_once_for_the_same_inputs() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for name in [".local/python/bin", "py/src", "py/build"] {
            fs::create_dir_all(root.join(name)).unwrap();
        }
        for name in [".local/python/bin/python3", "py/pyproject.toml", "py/src/a.py", "lock.txt"] {
            fs::write(root.join(name), "").unwrap();
        }
        stand_in(
            root,
            "for last; do :; done\n[ \"$1\" != build ] || { mkdir -p \"$7\"; : >\"$7/a.whl\"; }\n\
            [ \"$1\" != pip ] || echo \"$last\" >>\"$9/installed\"",
        );
        let keys = Keys {
            requirements: Some(root.join("lock.txt")),
            projects: Some(vec![root.join("py")]),
            ..Keys::default()
        };
        let with = |keys: &Keys| {
            let application = Application {
                root: root.into(),
                workspace: root.into(),
                target: root.join("target"),
                keys: keys.clone(),
                ..Application::default()
            };
            install(&application, &root.join("here")).unwrap()
        };
        let site = development::packages(&root.join("here"));
        assert_eq!(with(&keys), Done::Installed(site.clone()));
        let installed = fs::read_to_string(site.join("installed")).unwrap();
        assert!(installed.contains("lock.txt\n") && installed.ends_with("a.whl\n"), "{installed}");
        assert_eq!(with(&keys), Done::UpToDate(site.clone()));
        fs::write(root.join("py/build/made.py"), "").unwrap();
        assert_eq!(with(&keys), Done::UpToDate(site.clone()));
        for (file, text) in [("py/src/a.py", "x = 1"), ("lock.txt", "a==1"), (".local/python/bin/python3", "other")] {
            fs::write(root.join(file), text).unwrap();
            assert_eq!(with(&keys), Done::Installed(site.clone()), "{file}");
        }
        assert_eq!(with(&Keys::default()), Done::Nothing);
        assert!(!site.exists());
        fs::create_dir_all(&site).unwrap();
        fs::write(site.join("letters"), "dear").unwrap();
        assert_eq!(with(&Keys::default()), Done::Nothing);
        assert!(site.join("letters").exists(), "a folder that was not made here");
    }
}
