//! The name of an archive and the time of its entries, from the metadata of the dist.

use crate::config::{Application, begins_file_name};
use crate::layout;
use crate::metadata;
use crate::problem::Problem;
use crate::shown::{shown, visible};
use anyhow::{Context, Result};
use pyo3_bundle_layout::metadata::{Metadata, Platform};
use std::path::Path;

#[derive(Debug, PartialEq, Eq)]
pub struct Label {
    /// `<archive>-<version>-<os>-<arch>[-slim]`: the name of the archive and of the folder in it.
    pub name: String,
    /// What stands before and after the version in the name.
    around: (String, String),
    /// The system that the dist is for.
    pub os: String,
    /// The time of every entry, in seconds since 1970.
    pub time: u64,
}

impl Label {
    pub fn of_dist(dist: &Path, application: &Application) -> Result<Self> {
        let path = dist.join(layout::METADATA);
        let text = metadata::text_of(dist)?;
        let epoch = std::env::var("SOURCE_DATE_EPOCH").ok();
        Self::new(&application.archive_name(), &text, epoch.as_deref()).map_err(|error| {
            if error.is::<Problem>() {
                return error;
            }
            let what = format!("`{}` does not give a name and a time for an archive", shown(&path));
            Problem::new(what, visible(&format!("{error:#}")), "cargo pyo3-bundle").into()
        })
    }

    fn new(archive: &str, metadata: &str, epoch: Option<&str>) -> Result<Self> {
        let metadata = Metadata::parse(metadata.as_bytes()).map_err(anyhow::Error::msg)?;
        metadata
            .needs(&["version", "platform.os", "platform.arch", "created", "profile"])
            .map_err(anyhow::Error::msg)?;
        let Metadata { version, platform: Platform { os, arch, .. }, profile, .. } = metadata;
        let created: jiff::Timestamp = metadata.created.parse()?;
        let suffix = if profile == "full" { String::new() } else { format!("-{profile}") };
        let around = (format!("{archive}-"), format!("-{os}-{arch}{suffix}"));
        let name = format!("{}{version}{}", around.0, around.1);
        // The label becomes a file name, here and wherever the archive is unpacked.
        anyhow::ensure!(
            begins_file_name(&name),
            "`{name}` is not a name for an archive: wanted ASCII letters, digits and `._+-`"
        );
        let time = match epoch {
            Some(text) => text.trim().parse::<u64>().map_err(|error| {
                let what = format!("`SOURCE_DATE_EPOCH={}` is not a number of seconds", visible(text));
                Problem::new(what, error.to_string(), "unset SOURCE_DATE_EPOCH")
            })?,
            None => u64::try_from(created.as_second()).context("`created` is before 1970")?,
        };
        Ok(Label { name, around, os, time })
    }

    /// The same for another name.
    pub fn renamed(self, name: String) -> Self {
        Label { name, ..self }
    }

    /// Tells whether a name is this label's, of any version.
    pub fn is_of_any_version(&self, name: &str) -> bool {
        let (before, after) = &self.around;
        let version = name.strip_prefix(before.as_str()).and_then(|rest| rest.strip_suffix(after.as_str()));
        version.is_some_and(is_version)
    }

    #[cfg(test)]
    pub fn of_parts(archive: &str, version: &str, system: &str) -> Self {
        let around = (format!("{archive}-"), format!("-{system}"));
        Label { name: format!("{archive}-{version}-{system}"), around, os: "linux".into(), time: 0 }
    }
}

/// Tells whether cargo takes a text for a version: three numbers, and whatever follows a `-` or `+`. The names of
/// applications may have digits as well, such as `app-2go`.
fn is_version(text: &str) -> bool {
    let numbers = text.split(['-', '+']).next().unwrap_or_default();
    let is_number = |number: &str| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    numbers.split('.').count() == 3 && numbers.split('.').all(is_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    const METADATA: &str = r#"{"version": "1.2.3+x", "platform": {"os": "linux", "arch": "x86_64"},
        "created": "1970-01-02T00:00:00Z", "profile": "full", "more": 1}"#;

    #[test]
    fn the_name_says_what_it_is_and_the_time_is_not_now() {
        let label = |metadata: &str, epoch| Label::new("an-app", metadata, epoch);
        let full = label(METADATA, None).unwrap();
        assert_eq!((full.name.as_str(), full.time), ("an-app-1.2.3+x-linux-x86_64", 86400));
        let slim = label(&METADATA.replace("full", "slim"), Some("7\n")).unwrap();
        assert_eq!((slim.name.as_str(), slim.time), ("an-app-1.2.3+x-linux-x86_64-slim", 7));
        for (name, of_full, of_slim) in [
            ("an-app-1.2.3+x-linux-x86_64", true, false),
            ("an-app-2.0.0-rc.1-linux-x86_64-slim", false, true),
            ("an-app-2.0.0-linux-aarch64", false, false),
            ("an-app-too-2.0.0-linux-x86_64", false, false),
            ("an-app-2go-1.0.0-linux-x86_64", false, false),
            ("an-app-2-linux-x86_64", false, false),
            ("an-app-2.0.-linux-x86_64", false, false),
            ("an-app-linux-x86_64", false, false),
        ] {
            assert_eq!((full.is_of_any_version(name), slim.is_of_any_version(name)), (of_full, of_slim), "{name}");
        }
        for epoch in ["-1", "now", ""] {
            assert!(label(METADATA, Some(epoch)).is_err(), "{epoch}");
        }
    }

    #[test]
    fn a_name_that_leads_elsewhere_is_refused() {
        for bad in ["../1.2.3", "1/2", "1 2", "1\\u00e9", "1\\u0000"] {
            let error = Label::new("app", &METADATA.replace("1.2.3", bad), None).unwrap_err();
            assert!(error.to_string().contains("not a name"), "{bad}: {error:#}");
        }
        assert!(Label::new("-rf", METADATA, None).is_err());
        assert!(Label::new("app", "{}", None).is_err());
    }
}
