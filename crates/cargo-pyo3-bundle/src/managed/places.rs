//! Where the managed Python of a workspace is, and what is kept beside it. Everything is below the workspace's root, so
//! that the members of a workspace share one Python.

use crate::config::Application;
use pyo3_bundle_layout::layout;
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

    /// A link to the interpreter, the value of `PYO3_PYTHON`. On Windows it is the interpreter itself.
    pub fn interpreter(&self) -> PathBuf {
        if cfg!(windows) { self.runtime().join("python.exe") } else { self.home().join("bin/python3") }
    }

    /// A link to the installed tree.
    pub fn runtime(&self) -> PathBuf {
        self.home().join("runtime")
    }

    /// The record of where the Python comes from. It is written last, so a Python without a record is not whole.
    pub fn record(&self) -> PathBuf {
        self.home().join("provenance.json")
    }

    pub fn lock(&self) -> PathBuf {
        self.local().join("python.lock")
    }

    pub fn cache(&self) -> PathBuf {
        self.local().join("cache")
    }

    pub fn gitignore(&self) -> PathBuf {
        self.local().join(".gitignore")
    }

    /// The uv of this workspace, where the machine has none.
    pub fn uv(&self) -> PathBuf {
        self.local().join("uv")
    }

    /// Cargo's configuration that keeps the paths of this machine out of the binary.
    pub fn cargo_config(&self) -> PathBuf {
        self.local().join("cargo.toml")
    }

    /// The link in cargo's target folder, where a program of that folder looks for its Python.
    pub fn link(&self) -> PathBuf {
        layout::runtime(&self.target)
    }
}
