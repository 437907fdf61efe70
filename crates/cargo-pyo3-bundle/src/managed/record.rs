//! The record of an installation, `provenance.json`. `stage` takes it over into the metadata of a dist, so it has no
//! password and no path of this machine.

use super::Places;
use crate::metadata::Provider;
use crate::problem::{About, Problem};
use crate::shown::{shown, visible};
use anyhow::Result;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::Path;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    pub provider: Provider,
    pub version: String,
    /// A build does not know the pin that it will stand in for.
    #[serde(default)]
    pub pinned_version: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_sha256: Option<String>,
    /// What decided about a build from source: who built it compares it with what it would do now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipe: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patches_source: Option<String>,
    #[serde(default)]
    pub patches: Vec<String>,
}

impl Record {
    pub fn read(path: &Path) -> Result<Record> {
        let text = fs::read_to_string(path).about("cannot read", path)?;
        serde_json::from_str(&text).map_err(|error| {
            let what = format!("`{}` is not the record of a Python", shown(path));
            Problem::without_hint(what, visible(&error.to_string())).into()
        })
    }

    /// The record of what is installed and whole, if there is one.
    pub fn installed(places: &Places) -> Option<Record> {
        Record::read(&places.record()).ok()
    }

    /// Writes the record beside its place and renames it: a reader sees the old one or the new one, never a part.
    pub fn write(&self, path: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self)? + "\n";
        let partial = path.with_extension("json.partial");
        fs::write(&partial, text).about("cannot write", &partial)?;
        Ok(fs::rename(&partial, path).about("cannot write", path)?)
    }
}

/// An address without its user and password. Of a file on this machine, only the name is left.
pub fn public_address(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("file", url));
    let path = rest.split(['?', '#']).next().unwrap_or_default();
    match path.split_once('/') {
        Some((host, path)) if scheme != "file" && !host.is_empty() => {
            format!("{scheme}://{}/{path}", host.rsplit('@').next().unwrap_or_default())
        }
        _ => format!("file:{}", path.rsplit('/').next().unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recorded_address_has_no_password_and_no_path_of_this_machine() {
        for (url, wanted) in [
            ("https://me:secret@host/a/b%2B.tar.gz?token=x", "https://host/a/b%2B.tar.gz"),
            ("file:///home/me/b%2B.tar.gz", "file:b%2B.tar.gz"),
            ("/home/me/b.tar.gz", "file:b.tar.gz"),
            ("b.tar.gz", "file:b.tar.gz"),
            ("https://host/b.tar.gz", "https://host/b.tar.gz"),
        ] {
            assert_eq!(public_address(url), wanted);
        }
    }

    #[test]
    fn a_record_of_a_build_is_taken_over_with_all_it_has() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("provenance.json");
        let text = r#"{"provider": "source", "version": "3.13.5", "source_url": "u", "source_sha256": "s", "recipe": "r",
            "patches_source": "debian", "patches": ["one"]}"#;
        fs::write(&path, text).unwrap();
        let record = Record { pinned_version: "3.13.18".into(), ..Record::read(&path).unwrap() };
        record.write(&path).unwrap();
        assert_eq!(Record::read(&path).unwrap(), record);
        assert_eq!(fs::read_to_string(&path).unwrap().matches("debian").count(), 1);
        let provenance = crate::metadata::Provenance::read(&path).unwrap();
        assert_eq!((provenance.version.as_str(), provenance.pinned_version.as_str()), ("3.13.5", "3.13.18"));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
