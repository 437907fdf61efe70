//! The content of `metadata.json`, which describes a dist: one type for the packager that writes it and for all that
//! read it. A field that is missing is empty; each reader says by [`Metadata::needs`] which ones it cannot do without.

use crate::layout;
use crate::shown::visible;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

pub const SCHEMA_VERSION: u32 = 1;

/// Limit for the size of the file: a hundred times that of a full dist.
pub const LARGEST: u64 = 64 << 20;

/// Fields in the order of the file.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Metadata {
    pub schema_version: u32,
    pub name: String,
    pub version: String,
    pub target: String,
    /// Relative to the dist, as is `binary`.
    pub launcher: String,
    pub binary: String,
    /// The programs besides `binary`, in the order of the manifest.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<Program>,
    pub platform: Platform,
    pub python: Python,
    pub git: Option<Git>,
    pub rustc: String,
    /// RFC 3339
    pub created: String,
    /// How much of the Python the dist carries.
    pub profile: String,
    /// The names at the top of the dist that are the application's own.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub included: BTreeSet<String>,
    /// The executable files and the targets of the links: what `SHA256SUMS` cannot record. `None` if they are missing.
    pub executables: Option<BTreeSet<String>>,
    pub links: Option<BTreeMap<String, String>>,
    /// The sha256 of `SHA256SUMS` without the line of `metadata.json`. It tells damaged sums from damaged files.
    /// It is None in a dist that an older version of the packager made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sums: Option<String>,
}

/// A program and its launcher, relative to the dist. Without a launcher, both are the program.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Program {
    pub launcher: String,
    pub binary: String,
}

#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Platform {
    pub os: String,
    pub arch: String,
    /// Empty where the system has only one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub libc: String,
    /// The newest version of the libc that a file of the dist needs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub libc_floor: Option<String>,
    /// The newest version of the system that a file of the dist needs, where files name that instead of a libc's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os_floor: Option<String>,
}

#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Python {
    pub implementation: String,
    pub version: String,
    pub pinned_version: String,
    pub provider: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_sha256: Option<String>,
    pub patches: Vec<String>,
    /// The distribution's source package that carries the patches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patches_source: Option<String>,
}

/// The commit that the application was built from.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Git {
    pub sha: String,
    pub dirty: bool,
}

/// The fields that can be compared with the files of a dist.
pub const CLAIMS: [&str; 9] = [
    "schema_version",
    "name",
    "version",
    "target",
    "launcher",
    "binary",
    "platform.os",
    "platform.arch",
    "python.version",
];

impl Metadata {
    /// Parses the content of the file. The error is fit to be shown.
    pub fn parse(data: &[u8]) -> Result<Self, String> {
        if data.len() as u64 > LARGEST {
            return Err(format!("wanted {LARGEST} bytes at most, found {}", data.len()));
        }
        serde_json::from_slice(data).map_err(|error| visible(&error.to_string()))
    }

    /// Reads the metadata of a dist, but only from a plain file: a pipe, or a link to one, would never end.
    pub fn of_dist(dist: &Path) -> Result<Self, String> {
        let path = dist.join(layout::METADATA);
        let found = path.symlink_metadata().map_err(|error| error.to_string())?;
        if !found.is_file() || found.len() > LARGEST {
            return Err(format!("wanted a plain file of at most {} MiB", LARGEST >> 20));
        }
        Metadata::parse(&std::fs::read(path).map_err(|error| error.to_string())?)
    }

    /// Fails with the first of the named fields that is missing.
    pub fn needs(&self, fields: &[&str]) -> Result<(), String> {
        let missing = fields.iter().find(|field| !self.has(field));
        missing.map_or(Ok(()), |field| Err(format!("missing field `{field}`")))
    }

    /// Fails unless this is metadata of the schema that this version knows, with all that can be compared.
    pub fn needs_claims(&self) -> Result<(), String> {
        let found = self.schema_version;
        match found {
            SCHEMA_VERSION => self.needs(&CLAIMS),
            0 => self.needs(&["schema_version"]),
            _ => Err(format!("wanted schema version {SCHEMA_VERSION}, found {found}")),
        }
    }

    fn has(&self, field: &str) -> bool {
        let text = match field {
            "schema_version" => return self.schema_version != 0,
            "executables" => return self.executables.is_some(),
            "links" => return self.links.is_some(),
            "name" => &self.name,
            "version" => &self.version,
            "target" => &self.target,
            "launcher" => &self.launcher,
            "binary" => &self.binary,
            "platform.os" => &self.platform.os,
            "platform.arch" => &self.platform.arch,
            "python.version" => &self.python.version,
            "created" => &self.created,
            "profile" => &self.profile,
            _ => return false,
        };
        !text.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claiming() -> Metadata {
        let text = r#"{"schema_version": 1, "name": "app", "version": "1", "target": "t", "launcher": "app",
            "binary": "b", "platform": {"os": "o", "arch": "a"}, "python": {"version": "3"}}"#;
        Metadata::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn what_is_missing_is_named_and_what_nobody_needs_is_not() {
        assert_eq!(claiming().needs_claims(), Ok(()));
        let lacking = |change: fn(&mut Metadata)| {
            let mut metadata = claiming();
            change(&mut metadata);
            metadata.needs_claims().unwrap_err()
        };
        assert_eq!(lacking(|it| it.schema_version = 0), "missing field `schema_version`");
        assert_eq!(lacking(|it| it.schema_version = 2), "wanted schema version 1, found 2");
        assert_eq!(lacking(|it| it.platform.arch.clear()), "missing field `platform.arch`");
        for (field, other) in [("created", "profile"), ("executables", "links")] {
            assert_eq!(claiming().needs(&[field, other]), Err(format!("missing field `{field}`")));
        }
    }

    #[test]
    fn every_field_that_a_reader_can_need_is_known() {
        for field in CLAIMS {
            assert!(claiming().has(field), "{field}");
        }
        let records = Metadata { executables: Some([].into()), links: Some([].into()), ..Metadata::default() };
        assert_eq!(records.needs(&["executables", "links"]), Ok(()), "a dist may have neither");
        let made = Metadata { created: "c".into(), profile: "full".into(), ..Metadata::default() };
        assert_eq!(made.needs(&["created", "profile"]), Ok(()));
        assert!(made.needs(&["no such field"]).is_err());
    }

    #[test]
    fn what_is_written_is_read_back() {
        let mut metadata = claiming();
        metadata.git = Some(Git { sha: "s".into(), dirty: true });
        metadata.python.patches = vec!["p".into()];
        metadata.links = Some([("a".into(), "b".into())].into());
        let text = serde_json::to_string(&metadata).unwrap();
        assert!(text.contains(r#""git":{"sha":"s","dirty":true}"#) && !text.contains("sums"), "{text}");
        assert_eq!(Metadata::parse(text.as_bytes()), Ok(metadata));
        assert!(Metadata::parse(br#"{"name": 1}"#).unwrap_err().contains("invalid type"));
    }
}

#[cfg(all(test, unix))]
mod tests_with_files {
    use super::*;

    #[test]
    fn what_is_no_plain_file_of_a_usual_size_is_not_read() {
        let dist = tempfile::tempdir().unwrap();
        let path = dist.path().join(layout::METADATA);
        let why = || Metadata::of_dist(dist.path()).unwrap_err();
        assert!(why().contains("No such file"));
        std::fs::File::create(&path).unwrap().set_len(LARGEST + 1).unwrap();
        assert!(why().contains("at most 64 MiB"));
        std::fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink("/dev/zero", &path).unwrap();
        assert!(why().contains("a plain file"));
    }
}
