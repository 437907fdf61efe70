//! Copies a folder: links stay links, executables stay executable, times stay. The caller decides what belongs in it.

use crate::problem::{About, Problem};
use crate::shown::{shown, word};
use crate::system::{self, symlink};
use anyhow::Result;
use std::fs::{self, Metadata};
use std::path::{Component, Path, PathBuf};

/// Modes are fixed, so that the build machine's umask does not decide who can run an unpacked file.
const EXECUTABLE: u32 = 0o755;
const PLAIN: u32 = 0o644;

/// Copies everything but the paths for which `leave_out` returns true. It gets the relative and the real path.
pub fn tree(from: &Path, to: &Path, mut leave_out: impl FnMut(&Path, &Path) -> bool) -> Result<()> {
    let from = from.canonicalize().about("cannot find", from)?;
    folder(&from, &from, to, &mut leave_out)
}

/// Copies one folder, unless nothing in it is copied: no record could name an empty folder, and nothing needs one.
fn folder(top: &Path, from: &Path, to: &Path, leave_out: &mut impl FnMut(&Path, &Path) -> bool) -> Result<()> {
    let mut is_empty = true;
    for entry in fs::read_dir(from).about("cannot list", from)? {
        let entry = entry.about("cannot list", from)?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if leave_out(source.strip_prefix(top).expect("it was found below the top"), &source) {
            continue;
        }
        let kind = entry.file_type().about("cannot read", &source)?;
        if kind.is_dir() {
            folder(top, &source, &target, leave_out)?;
            continue;
        }
        if is_empty {
            create_folder(to)?;
            is_empty = false;
        }
        if kind.is_symlink() {
            link(top, &source, &target)?;
        } else if kind.is_file() {
            file(&source, &target)?;
        } else {
            let hint = format!("ls -l {}", word(&source));
            let why = "wanted a file, a folder or a link";
            return Err(Problem::new(format!("`{}` cannot be packed", shown(&source)), why, hint).into());
        }
    }
    Ok(())
}

pub fn create_folder(path: &Path) -> Result<()> {
    let created = fs::create_dir_all(path).and_then(|()| system::set_mode(path, EXECUTABLE));
    Ok(created.about("cannot create", path)?)
}

/// Copies a file. `fs::copy` leaves the copying to the kernel, which shares the blocks where the file system can.
pub fn file(from: &Path, to: &Path) -> Result<()> {
    let metadata = fs::metadata(from).about("cannot read", from)?;
    let copy = || -> std::io::Result<()> {
        fs::copy(from, to)?;
        fs::File::options().write(true).open(to)?.set_modified(metadata.modified()?)?;
        system::set_mode(to, mode_of(&metadata))
    };
    Ok(copy().about(&format!("cannot copy `{}` to", shown(from)), to)?)
}

fn mode_of(metadata: &Metadata) -> u32 {
    if system::mode(metadata) & 0o111 == 0 { PLAIN } else { EXECUTABLE }
}

fn link(top: &Path, from: &Path, to: &Path) -> Result<()> {
    let target = fs::read_link(from).about("cannot read", from)?;
    let Some(target) = inside(top, from, &target) else {
        return Err(Problem::new(
            format!("`{}` is a link that leaves its folder", shown(from)),
            format!("wanted a target inside `{}`, found `{}`", shown(top), shown(&target)),
            "cargo pyo3-bundle python",
        )
        .into());
    };
    Ok(symlink(&target, to).about("cannot create the link", to)?)
}

/// Makes a target relative if it stays below `top`. Only the link's text counts; the disk is not read.
fn inside(top: &Path, link: &Path, target: &Path) -> Option<PathBuf> {
    let folder = link.parent()?.strip_prefix(top).ok()?;
    let wanted = match target.strip_prefix(top) {
        Ok(rest) => rest.to_path_buf(),
        Err(_) if target.is_absolute() => return None,
        Err(_) => normal(&folder.join(target))?,
    };
    if !target.is_absolute() {
        return Some(target.to_path_buf());
    }
    let up = folder.components().map(|_| Component::ParentDir);
    Some(up.chain(wanted.components()).collect())
}

fn normal(path: &Path) -> Option<PathBuf> {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir if !out.pop() => return None,
            Component::ParentDir | Component::CurDir => {}
            other => out.push(other),
        }
    }
    Some(out)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn links_stay_relative_and_never_leave() {
        let inside = |link: &str, target: &str| inside(Path::new("/t"), Path::new(link), Path::new(target));
        assert_eq!(inside("/t/bin/python", "python3"), Some("python3".into()));
        assert_eq!(inside("/t/bin/x", "../lib/y"), Some("../lib/y".into()));
        assert_eq!(inside("/t/a/b/x", "/t/lib/y"), Some("../../lib/y".into()));
        assert_eq!(inside("/t/bin/x", "../../etc/passwd"), None);
        assert_eq!(inside("/t/bin/x", "/etc/passwd"), None);
    }

    #[test]
    fn a_tree_is_copied_with_links_modes_and_times() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        fs::create_dir_all(from.join("bin")).unwrap();
        fs::write(from.join("bin/tool"), "x").unwrap();
        fs::set_permissions(from.join("bin/tool"), Permissions::from_mode(0o4770)).unwrap();
        fs::write(from.join("plain"), "y").unwrap();
        fs::set_permissions(from.join("plain"), Permissions::from_mode(0o666)).unwrap();
        symlink("bin/tool", from.join("alias")).unwrap();
        fs::create_dir(from.join("empty")).unwrap();
        fs::write(from.join("left out"), "").unwrap();
        tree(&from, &to, |relative, _| relative == Path::new("left out")).unwrap();
        assert!(!to.join("empty").exists() && !to.join("left out").exists());
        let metadata = |name: &str| fs::symlink_metadata(to.join(name)).unwrap();
        assert_eq!(metadata("bin/tool").permissions().mode() & 0o7777, EXECUTABLE);
        assert_eq!(metadata("plain").permissions().mode() & 0o7777, PLAIN);
        assert_eq!(fs::read_link(to.join("alias")).unwrap(), Path::new("bin/tool"));
        let modified = |path: &Path| fs::metadata(path).unwrap().modified().unwrap();
        assert_eq!(modified(&from.join("plain")), modified(&to.join("plain")));
    }

    #[test]
    fn what_cannot_be_copied_is_refused_and_not_opened() {
        let folder = tempfile::tempdir().unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(folder.path().join("socket")).unwrap();
        let text = format!("{:#}", tree(folder.path(), &folder.path().join("to"), |_, _| false).unwrap_err());
        assert!(text.contains("socket"), "{text}");
    }

    #[test]
    fn a_link_out_of_the_tree_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let from = folder.path().join("from");
        fs::create_dir(&from).unwrap();
        symlink("/etc/passwd", from.join("escape")).unwrap();
        let text = format!("{:#}", tree(&from, &folder.path().join("to"), |_, _| false).unwrap_err());
        assert!(text.contains("escape") && text.contains("/etc/passwd"), "{text}");
    }
}
