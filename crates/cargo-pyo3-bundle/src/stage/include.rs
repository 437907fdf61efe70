//! Copies the files and folders of the application's own that `include` names. The keys are checked before anything is
//! made: an entry may not take a place that the dist needs for itself.

use crate::config::Include;
use crate::problem::{About, Problem};
use crate::shown::{name, shown};
use crate::{copy, integrity, layout};
use anyhow::Result;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// What any dist has at its top, besides its launchers.
pub const CONTRACT: [&str; 6] =
    ["python", layout::BIN, layout::LICENSES, layout::METADATA, layout::SBOM, integrity::SUMS];

/// Fails if an entry has no place of its own in the dist. Returns the names at the top of the dist, for its metadata.
pub fn check(entries: &[Include], launchers: &[&str]) -> Result<BTreeSet<String>> {
    let mut tops = BTreeSet::new();
    for entry in entries {
        let refuse = |why: String| {
            let what = format!("`include` cannot put `{}` at `{}`", shown(&entry.from), shown(&entry.to));
            Problem::without_hint(what, why)
        };
        let mut parts = entry.to.components().filter(|part| *part != Component::CurDir).peekable();
        if parts.peek().is_none() {
            return Err(refuse("wanted the name of a file or folder in the dist".into()).into());
        }
        let mut names = Vec::new();
        for part in parts {
            match part {
                Component::Normal(part) => names.push(part),
                _ => {
                    return Err(refuse("wanted a path below the dist, relative and without `..`".into()).into());
                }
            }
        }
        let first = names[0].to_str().ok_or_else(|| refuse("its name is not UTF-8".into()))?;
        // Not every file system tells `Bin` from `bin`.
        let taken = |own: &str| own.eq_ignore_ascii_case(first);
        if CONTRACT.into_iter().chain(launchers.iter().copied()).any(taken) {
            let why = format!("`{first}` belongs to the dist itself; wanted another name, such as `share`");
            return Err(refuse(why).into());
        }
        tops.insert(first.to_owned());
    }
    Ok(tops)
}

/// Copies the checked entries. A file of one entry never replaces that of another.
pub fn copy(entries: &[Include], dist: &Path) -> Result<()> {
    let dist = dist.canonicalize().about("cannot find", dist)?;
    for entry in entries {
        let from = entry.from.canonicalize().about("cannot find what `include` names:", &entry.from)?;
        let to = dist.join(&entry.to);
        let refuse =
            |why: String| Problem::without_hint(format!("`include` cannot copy `{}`", shown(&entry.from)), why);
        if dist.starts_with(&from) {
            return Err(refuse("the dist is made inside of it, and would contain itself".into()).into());
        }
        let clash = |place: &Path| {
            let inside = place.strip_prefix(&dist).unwrap_or(place);
            refuse(format!("another entry has put a file at `{}`", shown(inside)))
        };
        copy::create_folder(to.parent().unwrap_or(&dist))?;
        if from.is_file() {
            if to.symlink_metadata().is_ok() {
                return Err(clash(&to).into());
            }
            copy::file(&from, &to)?;
            continue;
        }
        let mut taken: Option<PathBuf> = None;
        copy::tree(&from, &to, |relative, place| {
            let target = to.join(relative);
            let merges = place.is_dir() && target.is_dir() && !target.is_symlink() && !place.is_symlink();
            if target.symlink_metadata().is_ok() && !merges {
                taken.get_or_insert(target);
                return true;
            }
            relative.ends_with("__pycache__")
        })?;
        if let Some(place) = taken {
            return Err(clash(&place).into());
        }
        if !to.is_dir() {
            return Err(refuse("there is no file in it".into()).into());
        }
    }
    Ok(())
}

/// Checks that everything at these names is recorded in the dist's sums or among its links. The error says what is not.
pub fn recorded(folder: &Path, tops: &BTreeSet<String>, links: &BTreeSet<String>) -> Result<(), String> {
    if tops.is_empty() {
        return Ok(());
    }
    let sums = fs::read_to_string(folder.join(integrity::SUMS))
        .map_err(|error| format!("its `{}` cannot be read: {error}", integrity::SUMS))?;
    let files: BTreeSet<&str> = sums.lines().filter_map(|line| Some(line.split_once("  ")?.1)).collect();
    let mut paths: Vec<PathBuf> = tops.iter().map(PathBuf::from).collect();
    while let Some(path) = paths.pop() {
        let place = folder.join(&path);
        let Ok(found) = place.symlink_metadata() else { continue };
        if found.is_dir() {
            for entry in fs::read_dir(&place).map_err(|error| error.to_string())? {
                paths.push(path.join(entry.map_err(|error| error.to_string())?.file_name()));
            }
        } else if !path.to_str().is_some_and(|path| files.contains(path) || links.contains(path)) {
            return Err(format!("`{}` was not packed with it", name(path.as_os_str().as_encoded_bytes())));
        }
    }
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn entry(from: impl Into<PathBuf>, to: &str) -> Include {
        Include { from: from.into(), to: to.into() }
    }

    #[test]
    fn an_entry_has_a_place_of_its_own_in_the_dist() {
        let check = |to: &str| check(&[entry("data", to)], &["app", "tool"]);
        assert_eq!(check("./share/app").unwrap(), ["share".to_owned()].into());
        assert_eq!(check("applet").unwrap(), ["applet".to_owned()].into());
        for to in ["bin", "bin/x", "Python/runtime/x", "licenses", "metadata.json", "SHA256SUMS", "sbom.cdx.json"] {
            let text = check(to).unwrap_err().to_string();
            assert!(text.contains("cannot put `data` at `") && text.contains("belongs to the dist"), "{to}: {text}");
        }
        for to in ["app", "tool", "app/x"] {
            assert!(check(to).unwrap_err().to_string().contains("belongs to the dist"), "{to}");
        }
        for to in ["/etc", "../x", "share/../../x", "share/.."] {
            assert!(check(to).unwrap_err().to_string().contains("\n  wanted a path below the dist"), "{to}");
        }
        for to in ["", ".", "./"] {
            assert!(check(to).unwrap_err().to_string().contains("\n  wanted the name"), "{to}");
        }
    }

    #[test]
    fn files_folders_links_and_modes_are_copied_without_bytecode() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("data/sub/__pycache__")).unwrap();
        fs::create_dir(at("dist")).unwrap();
        for name in ["data/sub/a.txt", "data/sub/__pycache__/a.pyc", "data/run", "one.ini"] {
            fs::write(at(name), name).unwrap();
            fs::set_permissions(at(name), fs::Permissions::from_mode(0o600)).unwrap();
        }
        fs::set_permissions(at("data/run"), fs::Permissions::from_mode(0o700)).unwrap();
        symlink("sub/a.txt", at("data/alias")).unwrap();
        copy(&[entry(at("data"), "share/app"), entry(at("one.ini"), "share/etc/two.ini")], &at("dist")).unwrap();
        let mode = |name: &str| fs::metadata(at(name)).unwrap().permissions().mode() & 0o7777;
        assert_eq!((mode("dist/share/app/run"), mode("dist/share/app/sub/a.txt")), (0o755, 0o644));
        assert_eq!((mode("dist/share"), mode("dist/share/etc")), (0o755, 0o755));
        assert_eq!(fs::read_to_string(at("dist/share/etc/two.ini")).unwrap(), "one.ini");
        assert_eq!(fs::read_link(at("dist/share/app/alias")).unwrap(), Path::new("sub/a.txt"));
        assert!(!at("dist/share/app/sub/__pycache__").exists());
    }

    #[test]
    fn what_cannot_be_included_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["one", "two", "empty/in", "out/dist", "leaves"] {
            fs::create_dir_all(at(name)).unwrap();
        }
        fs::write(at("one/same"), "").unwrap();
        fs::write(at("two/same"), "").unwrap();
        fs::write(at("two/other"), "").unwrap();
        symlink("../../etc/passwd", at("leaves/link")).unwrap();
        let copied =
            |entries: &[Include]| copy(entries, &at("out/dist")).err().map(|e| e.to_string()).unwrap_or_default();
        let both = copied(&[entry(at("one"), "share"), entry(at("two"), "share")]);
        assert!(both.contains("/two`\n  another entry has put a file at `share/same`"), "{both}");
        let file = copied(&[entry(at("two/other"), "x"), entry(at("one/same"), "x")]);
        assert!(file.contains("/one/same`\n  another entry has put a file at `x`"), "{file}");
        let missing = copied(&[entry(at("absent"), "y")]);
        assert!(missing.contains("/absent`\n") && missing.contains("\nhint: ls -la "), "{missing}");
        assert!(copied(&[entry(at("empty"), "z")]).contains("/empty`\n  there is no file in it"));
        assert!(copied(&[entry(at("out"), "w")]).contains("would contain itself"));
        assert!(copied(&[entry(at("leaves"), "v")]).contains("is a link that leaves its folder"));
        let merged = copied(&[entry(at("one"), "m"), entry(at("two/other"), "m/other")]);
        assert_eq!(merged, "");
    }
}
