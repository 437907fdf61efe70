//! Fetches the pinned uv by pip, which checks it against the sums in `requirements.txt`.

use super::{REQUIREMENTS, clean, pinned};
use crate::Misuse;
use crate::managed::Places;
use crate::problem::{About, Problem};
use crate::say::say;
use crate::shown::{shown, visible};
use anyhow::Result;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Installs uv into a folder beside its place, which is renamed when it is whole.
pub fn fetch(places: &Places) -> Result<()> {
    say(&format!("fetching uv {}", pinned()));
    let (cache, uv) = (places.cache(), places.uv());
    fs::create_dir_all(&cache).about("cannot create", &cache)?;
    let (stage, venv) = (uv.with_extension("partial"), uv.with_extension("venv"));
    let log = cache.join("uv.log");
    for folder in [&stage, &venv] {
        remove(folder)?;
    }
    let fetched = python_with_pip(&venv, &log).and_then(|python| install(&python, &stage, &log));
    remove(&venv)?;
    if let Err(error) = fetched {
        remove(&stage)?;
        return Err(error);
    }
    remove(&uv)?;
    fs::rename(&stage, &uv).about("cannot create", &uv)?;
    Ok(fs::remove_file(&log).about("cannot remove", &log)?)
}

fn install(python: &Path, stage: &Path, log: &Path) -> Result<()> {
    let requirements = log.with_extension("requirements.txt");
    fs::write(&requirements, REQUIREMENTS).about("cannot write", &requirements)?;
    let mut command = pip(python);
    command.args(["install", "--quiet", "--no-deps", "--only-binary", ":all:", "--require-hashes", "--target"]);
    command.arg(stage).arg("-r").arg(&requirements);
    let installed = logged(&mut command, log)?;
    fs::remove_file(&requirements).about("cannot remove", &requirements)?;
    if installed {
        return Ok(());
    }
    let text = fs::read_to_string(log).unwrap_or_default();
    let last = text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
    let why = format!("`{}` has what pip printed; its last line: {}", shown(log), visible(last));
    let hint = format!("curl -LsSf https://astral.sh/uv/{}/install.sh | sh", pinned());
    Err(Problem::new(format!("uv {} cannot be fetched", pinned()), why, hint).into())
}

/// An interpreter that has pip, if need be in a new virtual environment. The first python3 on PATH may be a shim that
/// points nowhere, so the system's own is also tried.
fn python_with_pip(venv: &Path, log: &Path) -> Result<PathBuf> {
    for python in ["python3", "/usr/bin/python3"].map(PathBuf::from) {
        if logged(pip(&python).arg("--version"), log)? {
            return Ok(python);
        }
        remove(venv)?;
        let inside = venv.join("bin/python3");
        if logged(clean(&python).args(["-I", "-m", "venv"]).arg(venv), log)?
            && logged(pip(&inside).arg("--version"), log)?
        {
            return Ok(inside);
        }
    }
    let why = "neither `python3 -m pip` nor `python3 -m venv` works";
    let hint = match which::which("apt-get") {
        Ok(_) if crate::system::is_superuser() => "apt-get install -y --no-install-recommends python3-venv",
        Ok(_) => "sudo apt-get install -y --no-install-recommends python3-venv",
        Err(_) => "curl -LsSf https://astral.sh/uv/install.sh | sh",
    };
    Err(Misuse::new(Problem::new("there is no uv, and no pip to fetch it with", why, hint)).into())
}

/// Runs pip with the user's index, proxy and certificates, but without the user's places to install to.
fn pip(python: &Path) -> Command {
    let mut command = clean(python);
    for name in ["PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_REQUIRE_VIRTUALENV"] {
        command.env_remove(name);
    }
    command.args(["-I", "-m", "pip", "--disable-pip-version-check", "--no-input"]);
    command
}

/// Runs a command with its output in the log. Tells whether it succeeded; one that is not there did not.
fn logged(command: &mut Command, log: &Path) -> Result<bool> {
    let file = File::create(log).about("cannot write", log)?;
    let copy = file.try_clone().about("cannot write", log)?;
    Ok(command.stdout(file).stderr(copy).status().is_ok_and(|status| status.success()))
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).about("cannot remove", folder).map_err(Into::into)
        }
        _ => Ok(()),
    }
}
