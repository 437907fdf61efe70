//! Finds uv, or fetches the pinned one into the workspace, and runs it so that it touches nothing outside the workspace.

mod fetch;

use super::Places;
use crate::problem::About;
use anyhow::Result;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The pinned uv with the sums of its wheels, as pip reads them.
pub const REQUIREMENTS: &str = include_str!("requirements.txt");

pub struct Uv {
    program: PathBuf,
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
    /// Takes the uv on PATH when it is at least as new as the pinned one: uv carries the list of Pythons that it can
    /// install.
    pub fn find(places: &Places) -> Result<Uv> {
        let of = |program: PathBuf| Uv { program, cache: places.cache() };
        if let Ok(program) = which::which("uv")
            && version_of(&program).is_some_and(|version| version >= version_in(pinned()))
        {
            return Ok(of(program));
        }
        let own = places.uv().join("bin/uv");
        let is_pinned = places.uv().join(format!("uv-{}.dist-info", pinned())).is_dir();
        if !(is_pinned && own.is_file()) {
            fetch::fetch(places)?;
        }
        Ok(of(own))
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_their_numbers() {
        assert!(version_in(pinned()) >= (0, 13, 9), "{}", pinned());
        assert!(version_in("0.14.0") > version_in("0.13.9") && version_in("0.9.10") < version_in("0.13.9"));
        assert_eq!(version_in("0.13.9-dev"), (0, 0, 0));
        assert_eq!(version_of(Path::new("/no/such/uv")), None);
    }
}
