//! What uv is asked to do with packages. `managed::uv` finds it.

use super::Target;
use crate::managed::Uv;
use crate::managed::uv::clean;
use crate::problem::About;
use crate::shown::visible;
use anyhow::Result;
use std::path::Path;
use std::process::Command;

impl Uv {
    /// Makes a command that neither downloads a Python nor leaves bytecode in the one it runs. It uses the user's cache.
    pub fn packages(&self, arguments: &[&str]) -> Command {
        let mut command = clean(&self.program);
        command.args(arguments).arg("--quiet").env("PYTHONDONTWRITEBYTECODE", "1").env("UV_PYTHON_DOWNLOADS", "never");
        command
    }

    /// Makes the command that installs wheels, and builds none: a built one would be for this machine.
    pub fn install(&self, target: &Target, python: &Path) -> Command {
        let mut command = self.packages(&["pip", "install", "--link-mode", "copy", "--only-binary", ":all:"]);
        match target {
            Target::Runtime { runtime, platform, .. } => {
                command.args(["--break-system-packages", "--python"]).arg(platform.interpreter(runtime))
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
