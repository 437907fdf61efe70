//! Installs locked Python packages into a staged runtime, with uv, which checks each package against the lock's hash.

use crate::layout;
use crate::problem::{About, Problem};
use crate::shown::{shown, visible, word};
use anyhow::{Result, bail};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

pub fn install(runtime: &Path, file: &Path, root: &Path) -> Result<()> {
    let uv = uv(root, std::env::var_os("PATH"));
    if !file.is_file() {
        let why = "wanted a requirements file with a hash for every package".to_owned();
        bail!(unlocked(format!("`{}` is missing", shown(file)), why, uv.as_deref(), file));
    }
    let uv = uv.ok_or_else(|| {
        let why =
            format!("uv installs what `{}` locks; looked for `{}` and on PATH", shown(file), shown(&root.join(OWN_UV)));
        Problem::new("cannot find `uv`", why, "scripts/python/install-managed-python.sh")
    })?;
    let output = Command::new(&uv)
        .args(["pip", "install", "--quiet", "--require-hashes", "--link-mode", "copy", "--break-system-packages"])
        // A source distribution would be built against this machine.
        .args(["--only-binary", ":all:", "--python"])
        .arg(layout::interpreter(runtime))
        .arg("--requirement")
        .arg(file)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .about("cannot run", &uv)?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.trim().lines().map(visible).collect::<Vec<_>>().join("\n  ");
        bail!(unlocked(format!("the packages of `{}` cannot be installed", shown(file)), said, Some(&uv), file));
    }
    Ok(())
}

/// The hint makes the lock from the requirements beside it, if they and uv are there.
fn unlocked(what: String, why: String, uv: Option<&Path>, file: &Path) -> Problem {
    let wanted = file.with_extension("in");
    match uv.filter(|_| wanted.is_file()) {
        Some(uv) => {
            let hint = format!("{} pip compile --generate-hashes {} -o {}", word(uv), word(&wanted), word(file));
            Problem::new(what, why, hint)
        }
        None => Problem::without_hint(what, why),
    }
}

/// The uv that the checkout has pinned.
const OWN_UV: &str = ".local/uv/bin/uv";

/// Finds the checkout's own uv, else one on PATH.
fn uv(root: &Path, path: Option<OsString>) -> Option<PathBuf> {
    let own = root.join(OWN_UV);
    if own.is_file() { Some(own) } else { which::which_in("uv", path, root).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_hint_is_a_command_that_can_run() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("needs.txt");
        let text = |uv| unlocked("what".into(), "why".into(), uv, &file).to_string();
        let uv = Path::new("/checkout/.local/uv/bin/uv");
        assert!(!text(Some(uv)).contains("hint"), "{}", text(Some(uv)));
        std::fs::write(folder.path().join("needs.in"), "").unwrap();
        let hint = "\nhint: /checkout/.local/uv/bin/uv pip compile --generate-hashes ";
        assert!(text(Some(uv)).contains(hint) && text(Some(uv)).ends_with("needs.txt"), "{}", text(Some(uv)));
        assert!(!text(None).contains("hint"), "{}", text(None));
    }

    #[test]
    fn the_checkouts_own_uv_is_taken_before_one_on_the_path() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let path = || Some(at("elsewhere").into_os_string());
        let make = |name: &str| {
            std::fs::create_dir_all(at(name).parent().unwrap()).unwrap();
            std::fs::write(at(name), "#!/bin/sh\n").unwrap();
            std::fs::set_permissions(at(name), std::fs::Permissions::from_mode(0o755)).unwrap();
        };
        assert_eq!(uv(folder.path(), path()), None);
        make("elsewhere/uv");
        assert_eq!(uv(folder.path(), path()), Some(at("elsewhere/uv")));
        make(OWN_UV);
        assert_eq!(uv(folder.path(), path()), Some(at(OWN_UV)));
        assert_eq!(uv(folder.path(), None), Some(at(OWN_UV)));
    }
}
