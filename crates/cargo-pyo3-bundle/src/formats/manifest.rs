//! `dist-manifest.json`: what a release has, in the shape that cargo-dist gives it, so that its readers find what they
//! look for. `targets` and `size` are our own. <https://docs.rs/cargo-dist-schema>

use super::folder::Folder;
use crate::archive::Made;
use crate::config::Application;
use crate::problem::Problem;
use crate::shown::{shown, visible};
use anyhow::Result;
use pyo3_bundle_layout::metadata::Platform;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

pub const NAME: &str = "dist-manifest.json";

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Manifest {
    pub announcement_tag: String,
    pub announcement_is_prerelease: bool,
    pub releases: [Entry; 1],
    pub artifacts: BTreeMap<String, Artifact>,
    pub targets: BTreeMap<String, Target>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub app_name: String,
    pub app_version: String,
    /// The names of the artifacts.
    pub artifacts: Vec<String>,
}

/// A file of a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artifact {
    pub name: String,
    #[serde(flatten)]
    pub kind: Kind,
    pub target_triples: Vec<String>,
    pub description: String,
    /// The command that installs it, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub install_hint: Option<String>,
    /// The name of the file that has its sum.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checksum: Option<String>,
    /// By the name of the algorithm.
    pub checksums: BTreeMap<String, String>,
    pub size: u64,
}

/// As cargo-dist names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Kind {
    /// An archive, whatever its format.
    ExecutableZip,
    Installer,
    Checksum,
    UnifiedChecksum,
    /// Anything else: packages, images, documents.
    ExtraArtifact,
}

/// What a release says of a target: a part of the metadata of its dist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    pub target: String,
    /// Relative to the dist, as is `launcher`.
    pub binary: String,
    pub launcher: String,
    pub profile: String,
    pub platform: Platform,
}

impl Artifact {
    /// Describes a file in the folder, which is measured as it is on the disk.
    pub fn of(folder: &Folder, name: String, kind: Kind, targets: &[&str], description: &str) -> Result<Self> {
        let Made { name, size, sha256 } = Made::new(name.clone(), &folder.path(&name))?;
        Ok(Artifact {
            name,
            kind,
            target_triples: targets.iter().map(|target| (*target).to_owned()).collect(),
            description: description.to_owned(),
            install_hint: None,
            checksum: None,
            checksums: BTreeMap::from([("sha256".into(), sha256)]),
            size,
        })
    }

    pub fn sha256(&self) -> &str {
        self.checksums.get("sha256").map_or("", String::as_str)
    }

    /// Whether it is made from the artifacts of all targets, and so made again when releases are joined.
    pub fn is_of_release(&self) -> bool {
        self.target_triples.len() != 1
    }
}

impl Manifest {
    pub fn of(application: &Application) -> Self {
        let version = &application.version;
        let app_name = application.archive_name();
        Manifest {
            announcement_tag: format!("v{version}"),
            announcement_is_prerelease: version.split('+').next().is_some_and(|numbers| numbers.contains('-')),
            releases: [Entry { app_name, app_version: version.clone(), artifacts: Vec::new() }],
            artifacts: BTreeMap::new(),
            targets: BTreeMap::new(),
        }
    }

    /// Adds a target. A release has one dist for each.
    pub fn add_target(&mut self, target: Target) -> Result<(), Problem> {
        let name = target.target.clone();
        if self.targets.insert(name.clone(), target).is_some() {
            let what = format!("two dists are for the target `{}`", visible(&name));
            return Err(Problem::new(
                what,
                "wanted one for each target of a release",
                "cargo pyo3-bundle formats dist",
            ));
        }
        Ok(())
    }

    /// Adds artifacts. One that is there already is described anew, if it is for the same targets.
    pub fn add(&mut self, made: Vec<Artifact>) -> Result<(), Problem> {
        for artifact in made {
            let other =
                self.artifacts.get(&artifact.name).filter(|other| other.target_triples != artifact.target_triples);
            if let Some(other) = other {
                let both = [other, &artifact].map(|artifact| visible(&artifact.target_triples.join(", ")));
                let what = format!("two files of the release have the name `{}`", visible(&artifact.name));
                let why = format!("one is for {}, one for {}: wanted two releases", both[0], both[1]);
                return Err(Problem::without_hint(what, why));
            }
            self.artifacts.insert(artifact.name.clone(), artifact);
        }
        self.releases[0].artifacts = self.artifacts.keys().cloned().collect();
        Ok(())
    }

    /// The artifacts for one target.
    pub fn of_target<'a>(&'a self, target: &'a str) -> impl Iterator<Item = &'a Artifact> {
        self.artifacts.values().filter(move |artifact| artifact.target_triples == [target])
    }

    /// All but the sums.
    pub fn files(&self) -> impl Iterator<Item = &Artifact> {
        self.artifacts.values().filter(|artifact| !matches!(artifact.kind, Kind::Checksum | Kind::UnifiedChecksum))
    }

    /// A line for each file, for the end of a run.
    pub fn table(&self, out: &Path) -> String {
        let row = |artifact: &Artifact| (shown(&out.join(&artifact.name)), artifact.size);
        let rows: Vec<_> = self.files().map(row).collect();
        let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
        rows.iter().fold(String::new(), |mut text, (name, size)| {
            writeln!(text, "{name:width$}  {:>6.1} MB", *size as f64 / 1e6).expect("a String takes all");
            text
        })
    }
}
