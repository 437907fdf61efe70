//! The PyO3 that an application is locked to, by `Cargo.lock`.

use crate::Misuse;
use crate::config::Application;
use crate::problem::Problem;
use crate::shown::{shown, word};
use anyhow::Result;
use serde::Deserialize;
use std::fs;
use std::path::{Path, PathBuf};

/// The oldest PyO3 that the link plan and the runtime crate are made for.
const OLDEST: (u32, u32) = (0, 23);

pub fn lock(application: &Application) -> PathBuf {
    application.workspace.join("Cargo.lock")
}

#[derive(Deserialize)]
struct Lock {
    #[serde(default)]
    package: Vec<Locked>,
}

#[derive(Deserialize)]
struct Locked {
    name: String,
    version: String,
}

/// The version of pyo3-ffi, of which a program has only one, because it declares `links = "python"`. `None` without a
/// lock or without PyO3 in it.
pub fn version(lock: &Path) -> Option<String> {
    let parsed: Lock = toml::from_str(&fs::read_to_string(lock).ok()?).ok()?;
    parsed.package.into_iter().find(|package| package.name == "pyo3-ffi").map(|package| package.version)
}

/// Fails if the application is locked to a PyO3 that is too old.
pub fn check(application: &Application) -> Result<()> {
    let lock = lock(application);
    let Some(version) = version(&lock) else { return Ok(()) };
    let mut numbers = version.split('.').map(|part| part.parse().unwrap_or(0));
    let found: (u32, u32) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if found >= OLDEST {
        return Ok(());
    }
    let what = format!("`{}` is built with PyO3 {version}, which is too old", application.name);
    let why = format!("wanted {}.{} or newer, found pyo3-ffi {version} in `{}`", OLDEST.0, OLDEST.1, shown(&lock));
    let hint = format!("cargo add pyo3 --manifest-path {}", word(&application.root.join("Cargo.toml")));
    Err(Misuse::new(Problem::new(what, why, hint)).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pyo3_that_is_too_old_is_named_with_its_lock() {
        let folder = tempfile::tempdir().unwrap();
        let application = Application { name: "app".into(), workspace: folder.path().into(), ..Application::default() };
        let checked = |version: &str| {
            let text = format!("version = 4\n[[package]]\nname = \"pyo3-ffi\"\nversion = \"{version}\"\n");
            fs::write(lock(&application), text).unwrap();
            check(&application).err().map(|error| format!("{error:#}")).unwrap_or_default()
        };
        for fine in ["0.23.0", "0.30.1", "1.0.0"] {
            assert_eq!(checked(fine), "");
        }
        let text = checked("0.22.6");
        assert!(text.contains("PyO3 0.22.6") && text.contains("wanted 0.23 or newer"), "{text}");
        assert!(text.contains("\nhint: cargo add pyo3 --manifest-path "), "{text}");
        fs::write(lock(&application), "version = 4\n").unwrap();
        assert!(check(&application).is_ok() && version(&lock(&application)).is_none());
    }
}
