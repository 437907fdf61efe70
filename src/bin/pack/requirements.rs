//! Installs locked Python packages into a staged runtime, with uv. What the lock says is uv's to check, hash by hash.

use crate::layout;
use crate::problem::Problem;
use anyhow::{Context, Result, bail};
use std::path::Path;
use std::process::Command;

pub fn install(runtime: &Path, file: &Path) -> Result<()> {
    let uv = which::which("uv").map_err(|error| {
        Problem::new(
            "cannot find `uv`",
            format!("it installs what `{}` locks: {error}", file.display()),
            "pip install uv",
        )
    })?;
    if !file.is_file() {
        bail!(Problem::new(
            format!("`{}` is missing", file.display()),
            "wanted a requirements file with a hash for every package",
            "uv pip compile --generate-hashes requirements.in -o requirements.txt",
        ));
    }
    let output = Command::new(uv)
        .args(["pip", "install", "--quiet", "--require-hashes", "--link-mode", "copy", "--break-system-packages"])
        // A source distribution would be built here, against this machine.
        .args(["--only-binary", ":all:", "--python"])
        .arg(layout::interpreter(runtime))
        .arg("--requirement")
        .arg(file)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .context("cannot run `uv`")?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!(Problem::new(
            format!("the packages of `{}` cannot be installed", file.display()),
            said.trim().replace('\n', "\n  "),
            format!("uv pip compile --generate-hashes -o {}", file.display()),
        ));
    }
    Ok(())
}
