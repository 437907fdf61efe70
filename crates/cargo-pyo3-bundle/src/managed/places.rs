//! Where the managed Python of a workspace is, and what is kept beside it. Everything is below the workspace's root, so
//! that the members of a workspace share one Python.

use crate::config::Application;
use std::path::PathBuf;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// The workspace.
    pub root: PathBuf,
    /// Cargo's target folder.
    pub target: PathBuf,
}

impl Places {
    pub fn of(application: &Application) -> Self {
        Places { root: application.workspace.clone(), target: application.target.clone() }
    }

    fn local(&self) -> PathBuf {
        self.root.join(".local")
    }

    /// The folder of the installation and of its stable names.
    pub fn home(&self) -> PathBuf {
        self.local().join("python")
    }

    /// A link to the installed tree.
    pub fn runtime(&self) -> PathBuf {
        self.home().join("runtime")
    }

    /// The record of where the Python comes from. It is written last, so a Python without a record is not whole.
    pub fn record(&self) -> PathBuf {
        self.home().join("provenance.json")
    }

    /// The release binary of that name, as cargo links it for the machine that it runs on.
    pub fn release_binary(&self, name: &str) -> PathBuf {
        self.target.join("release").join(name)
    }
}
