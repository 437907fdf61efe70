//! Reads what `Cargo.toml` says about the application to pack. Its names are written nowhere else.

use crate::problem::{About, Problem};
use crate::shown::shown;
use anyhow::Result;
use serde::Deserialize;
use std::path::{Path, PathBuf};

#[derive(Debug, Clone)]
pub struct Application {
    pub name: String,
    pub version: String,
    /// The folder of its `Cargo.toml`.
    pub root: PathBuf,
    pub pack: Pack,
}

/// `[package.metadata.pack]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Pack {
    /// The first part of an archive's name: `<archive>-<version>-<os>-<arch>`.
    pub archive: Option<String>,
}

#[derive(Deserialize)]
struct Manifest {
    package: Package,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Default, Deserialize)]
struct Metadata {
    #[serde(default)]
    pack: Pack,
}

impl Application {
    /// Reads the manifest of the package for which cargo runs this program.
    pub fn of_cargo() -> Result<Self> {
        let root = std::env::var_os("CARGO_MANIFEST_DIR").ok_or_else(|| {
            Problem::new(
                "`CARGO_MANIFEST_DIR` is not set",
                "cargo sets it to the folder of the `Cargo.toml` that names and paths are read from",
                "cargo pack --help",
            )
        })?;
        Self::of_manifest(Path::new(&root))
    }

    fn of_manifest(root: &Path) -> Result<Self> {
        let path = root.join("Cargo.toml");
        let text = std::fs::read_to_string(&path).about("cannot read", &path)?;
        let manifest: Manifest = toml::from_str(&text).map_err(|error| {
            let (what, hint) = (format!("`{}` is not as expected", shown(&path)), "cargo metadata --no-deps");
            Problem::new(what, error.to_string().trim().replace('\n', "\n  "), hint)
        })?;
        let Package { name, version, metadata } = manifest.package;
        Ok(Application { name, version, root: root.to_path_buf(), pack: metadata.pack })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_from_the_manifest_and_unknown_keys_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let manifest = |text: &str| {
            std::fs::write(folder.path().join("Cargo.toml"), text).unwrap();
            Application::of_manifest(folder.path())
        };
        let package = "[package]\nname = \"app\"\nversion = \"1.2.3\"\nedition = \"2024\"\n";
        let application = manifest(package).unwrap();
        assert_eq!((application.name.as_str(), application.version.as_str()), ("app", "1.2.3"));
        let application = manifest(&format!("{package}[package.metadata.pack]\narchive = \"an-app\"\n")).unwrap();
        assert_eq!(application.pack.archive.as_deref(), Some("an-app"));
        let error = manifest(&format!("{package}[package.metadata.pack]\narchve = \"\"\n")).unwrap_err();
        assert!(format!("{error:#}").contains("archve"), "{error:#}");
    }
}
