//! Finds and runs uv.

use super::Target;
use crate::layout;
use crate::problem::{About, Problem};
use crate::shown::{shown, visible};
use anyhow::Result;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The uv that a checkout has pinned.
const OWN: &str = ".local/uv/bin/uv";

pub struct Uv {
    pub program: PathBuf,
}

impl Uv {
    /// Finds the checkout's own uv, else one on PATH. `wanted_for` is what cannot be installed without it.
    pub fn find(root: &Path, wanted_for: &Path) -> Result<Uv, Problem> {
        let program = find(root, std::env::var_os("PATH")).ok_or_else(|| {
            let looked = format!("looked for `{}` and on PATH", shown(&root.join(OWN)));
            let why = format!("uv installs what `{}` names; {looked}", shown(wanted_for));
            Problem::new("cannot find `uv`", why, "python3 -m pip install uv")
        })?;
        Ok(Uv { program })
    }

    /// Makes a command that neither downloads a Python nor leaves bytecode in the one it runs.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(arguments).arg("--quiet").env("PYTHONDONTWRITEBYTECODE", "1").env("UV_PYTHON_DOWNLOADS", "never");
        command
    }

    /// Makes the command that installs wheels, and builds none: a built one would be for this machine.
    pub fn install(&self, target: &Target, python: &Path) -> Command {
        let mut command = self.command(&["pip", "install", "--link-mode", "copy", "--only-binary", ":all:"]);
        match target {
            Target::Runtime { runtime, .. } => {
                command.args(["--break-system-packages", "--python"]).arg(layout::interpreter(runtime))
            }
            Target::Folder(folder) => command.arg("--target").arg(folder).arg("--python").arg(python),
        };
        command
    }

    /// Runs a command of this uv. The inner error is what uv said, in lines that are safe to show.
    pub fn run(&self, command: &mut Command) -> Result<Result<(), String>> {
        let output = command.output().about("cannot run", &self.program)?;
        if output.status.success() {
            return Ok(Ok(()));
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Ok(Err(said.trim().lines().map(visible).collect::<Vec<_>>().join("\n  ")))
    }
}

fn find(root: &Path, path: Option<OsString>) -> Option<PathBuf> {
    let own = root.join(OWN);
    if own.is_file() { Some(own) } else { which::which_in("uv", path, root).ok() }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    /// Puts a shell script in the place of a checkout's own uv.
    pub fn stand_in(root: &Path, script: &str) {
        make(&root.join(OWN), script);
    }

    pub fn runtime(place: &Path) -> Target<'_> {
        Target::Runtime { runtime: place, series: "3.13" }
    }

    fn make(path: &Path, script: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    fn the_checkouts_own_uv_is_taken_before_one_on_the_path() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let path = || Some(at("elsewhere").into_os_string());
        assert_eq!(find(folder.path(), path()), None);
        make(&at("elsewhere/uv"), "");
        assert_eq!(find(folder.path(), path()), Some(at("elsewhere/uv")));
        stand_in(folder.path(), "");
        assert_eq!(find(folder.path(), path()), Some(at(OWN)));
        assert_eq!(find(folder.path(), None), Some(at(OWN)));
    }
}
