//! One dist of a release: what the forms need to know of it.

use super::folder::Folder;
use super::manifest::{Artifact, Kind, Target};
use crate::Misuse;
use crate::archive::Label;
use crate::config::Application;
use crate::metadata;
use crate::platform;
use crate::problem::{About, Problem};
use crate::shown::shown;
use anyhow::Result;
use pyo3_bundle_layout::metadata::Metadata;
use std::path::PathBuf;

pub struct Dist<'a> {
    pub root: PathBuf,
    pub metadata: Metadata,
    pub application: &'a Application,
    pub folder: &'a Folder,
    /// `<name>-<version>-<target>`, with which the names of its files begin, and the time of all that is packed.
    pub label: Label,
}

impl<'a> Dist<'a> {
    pub fn open(root: &std::path::Path, application: &'a Application, folder: &'a Folder) -> Result<Self> {
        metadata::text_of(root).map_err(Misuse::new)?;
        let root = root.canonicalize().about("cannot find", root)?;
        let metadata = metadata::claims_of(&root).map_err(|why| {
            Misuse::new(Problem::new(format!("`{}` is not a dist", shown(&root)), why, "cargo pyo3-bundle"))
        })?;
        if metadata.version != application.version {
            let what = format!("`{}` is of version {}", shown(&root), metadata.version);
            let why = format!("wanted version {} of `{}`", application.version, application.name);
            return Err(Misuse::new(Problem::new(what, why, "cargo pyo3-bundle")).into());
        }
        let target = platform::of(&metadata.target).map_err(Misuse::new)?.target();
        let name = format!("{}-{}-{target}", application.archive_name(), metadata.version);
        let label = Label::of_dist(&root, application)?.renamed(name);
        Ok(Dist { root, metadata, application, folder, label })
    }

    pub fn target(&self) -> Target {
        let Metadata { target, binary, launcher, profile, platform, .. } = self.metadata.clone();
        Target { target, binary, launcher, profile, platform }
    }

    /// Describes a file that a form has written.
    pub fn artifact(&self, name: String, kind: Kind, description: &str) -> Result<Artifact> {
        Artifact::of(self.folder, name, kind, &[&self.metadata.target], description)
    }
}
