//! Installs the application's Python packages with uv: those that a lock names, then its own projects, each as a wheel.
//! Into a staged runtime for a dist, and into a folder of cargo's target folder for debug builds.

mod inputs;
mod projects;
mod requirements;
pub mod site;
mod uv;

use crate::config::Keys;
use crate::managed::{Places, Uv};
use crate::platform::Platform;
use anyhow::Result;
use std::path::{Path, PathBuf};

/// What to install, in this order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Packages {
    pub requirements: Option<PathBuf>,
    pub projects: Vec<PathBuf>,
}

/// Where packages are installed.
pub enum Target<'a> {
    /// The `site-packages` of a runtime that is being staged.
    Runtime { runtime: &'a Path, series: &'a str, platform: &'static dyn Platform },
    /// A folder of its own.
    Folder(&'a Path),
}

impl Target<'_> {
    fn site_packages(&self) -> PathBuf {
        match self {
            Target::Runtime { runtime, series, platform } => platform.stdlib(runtime, series).join("site-packages"),
            Target::Folder(folder) => folder.to_path_buf(),
        }
    }
}

impl Packages {
    pub fn of(keys: &Keys) -> Packages {
        Packages { requirements: keys.requirements.clone(), projects: keys.projects.clone().unwrap_or_default() }
    }

    pub fn is_empty(&self) -> bool {
        self.requirements.is_none() && self.projects.is_empty()
    }

    /// Installs the packages. `python` is the interpreter that resolves and builds them, with its headers; `places`
    /// are those of the workspace, which may have a uv.
    pub fn install(&self, target: &Target, python: &Path, places: &Places) -> Result<()> {
        if self.is_empty() {
            return Ok(());
        }
        // What is missing is told before uv is looked for: the manifest is wrong on any machine.
        projects::check(&self.projects, places)?;
        if let Some(file) = &self.requirements {
            requirements::install(file, target, python, places)?;
        }
        if !self.projects.is_empty() {
            projects::install(&self.projects, &Uv::find(places)?, target, python)?;
        }
        Ok(())
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::platform;

    pub fn places(root: &Path) -> Places {
        Places { root: root.into(), target: root.join("target") }
    }

    pub fn runtime(place: &Path) -> Target<'_> {
        Target::Runtime { runtime: place, series: "3.13", platform: platform::testing() }
    }
}
