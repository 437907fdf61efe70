//! Finds uv, or fetches the pinned one into the workspace, and runs it so that it touches nothing outside the workspace.

mod fetch;

use super::Places;
use crate::problem::About;
use anyhow::Result;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The pinned uv with the sums of its wheels, as pip reads them.
pub const REQUIREMENTS: &str = include_str!("requirements.txt");

pub struct Uv {
    pub program: PathBuf,
    cache: PathBuf,
}

/// The variables by which the caller's Python and uv would steer the managed ones. Settings of the network stay.
const FOREIGN: [&str; 16] = [
    "LD_LIBRARY_PATH",
    "PYTHONHOME",
    "PYTHONINSPECT",
    "PYTHONOPTIMIZE",
    "PYTHONPATH",
    "PYTHONPLATLIBDIR",
    "PYTHONSTARTUP",
    "PYTHONWARNINGS",
    "UV_MANAGED_PYTHON",
    "UV_NO_MANAGED_PYTHON",
    "UV_PROJECT",
    "UV_PYTHON",
    "UV_PYTHON_INSTALL_DIR",
    "UV_PYTHON_PREFERENCE",
    "UV_WORKING_DIR",
    "VIRTUAL_ENV",
];

/// A command without those variables.
pub fn clean(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    for name in FOREIGN {
        command.env_remove(name);
    }
    command.stdin(Stdio::null());
    command
}

impl Uv {
    /// Finds a uv, or else fetches the pinned one.
    pub fn find(places: &Places) -> Result<Uv> {
        if let Some(uv) = Uv::present(places) {
            return Ok(uv);
        }
        fetch::fetch(places)?;
        Ok(Uv::own(places))
    }

    /// The uv that is there: the workspace's own if it is the pinned one, else the one on PATH if it is at least as new.
    /// An older one knows fewer Pythons, because uv carries the list of those that it can install.
    pub fn present(places: &Places) -> Option<Uv> {
        Uv::present_on(places, std::env::var_os("PATH"))
    }

    fn present_on(places: &Places, path: Option<OsString>) -> Option<Uv> {
        let own = Uv::own(places);
        let is_pinned = places.uv().join(format!("uv-{}.dist-info", pinned())).is_dir();
        if is_pinned && own.program.is_file() {
            return Some(own);
        }
        let program = which::which_in("uv", path, &places.root).ok()?;
        let is_new = version_of(&program).is_some_and(|version| version >= version_in(pinned()));
        is_new.then(|| Uv { program, cache: places.cache() })
    }

    fn own(places: &Places) -> Uv {
        Uv { program: places.uv().join("bin/uv"), cache: places.cache() }
    }

    /// Makes a command about Pythons. Those about packages are in `install`.
    pub fn command(&self) -> Command {
        let mut command = clean(&self.program);
        command
            .arg("--no-progress")
            .env("UV_CACHE_DIR", self.cache.join("uv"))
            .env("UV_PYTHON_CACHE_DIR", self.downloads())
            .env("UV_PYTHON_DOWNLOADS", "manual")
            .env("NO_COLOR", "1");
        command
    }

    /// Where uv keeps the archives that it has installed, as `<start of sha256>-<name>`.
    pub fn downloads(&self) -> PathBuf {
        self.cache.join("python")
    }

    pub fn output(&self, command: &mut Command) -> Result<Output> {
        Ok(command.output().about("cannot run", &self.program)?)
    }
}

/// The version in `uv==0.13.9 \`.
pub fn pinned() -> &'static str {
    let after = REQUIREMENTS.split_once("uv==").map_or("", |(_, after)| after);
    after.split_whitespace().next().unwrap_or_default()
}

fn version_of(program: &Path) -> Option<(u32, u32, u32)> {
    let output = clean(program).arg("--version").output().ok().filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(version_in(text.strip_prefix("uv ")?.split_whitespace().next()?)).filter(|version| *version > (0, 0, 0))
}

fn version_in(text: &str) -> (u32, u32, u32) {
    let numbers: Option<Vec<u32>> = text.split('.').map(|part| part.parse().ok()).collect();
    match numbers.as_deref() {
        Some([major, minor, patch]) => (*major, *minor, *patch),
        _ => (0, 0, 0),
    }
}

#[cfg(all(test, unix))]
pub mod tests {
    use super::*;
    use std::fs;

    /// Puts a shell script in the place of a workspace's own uv.
    pub fn stand_in(root: &Path, script: &str) {
        let uv = Places { root: root.into(), target: root.join("target") }.uv();
        fs::create_dir_all(uv.join(format!("uv-{}.dist-info", pinned()))).unwrap();
        make(&uv.join("bin/uv"), script);
    }

    fn make(path: &Path, script: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        crate::system::write_program(path, &format!("#!/bin/sh\n{script}\n"));
    }

    #[test]
    fn the_workspaces_own_uv_is_taken_before_one_on_the_path() {
        let folder = tempfile::tempdir().unwrap();
        let places = Places { root: folder.path().into(), target: folder.path().join("target") };
        let on_path = folder.path().join("elsewhere/uv");
        let found = || Uv::present_on(&places, Some(folder.path().join("elsewhere").into())).map(|uv| uv.program);
        assert_eq!(found(), None);
        make(&on_path, "echo uv 0.1.0");
        assert_eq!(found(), None, "older than the pinned one");
        make(&on_path, "echo uv 99.0.0");
        assert_eq!(found(), Some(on_path.clone()));
        stand_in(folder.path(), "");
        assert_eq!(found(), Some(places.uv().join("bin/uv")));
        fs::remove_dir(places.uv().join(format!("uv-{}.dist-info", pinned()))).unwrap();
        assert_eq!(found(), Some(on_path), "another one than the pinned one");
    }

    #[test]
    fn versions_are_compared_by_their_numbers() {
        assert!(version_in(pinned()) >= (0, 13, 9), "{}", pinned());
        assert!(version_in("0.14.0") > version_in("0.13.9") && version_in("0.9.10") < version_in("0.13.9"));
        assert_eq!(version_in("0.13.9-dev"), (0, 0, 0));
        assert_eq!(version_of(Path::new("/no/such/uv")), None);
    }
}
