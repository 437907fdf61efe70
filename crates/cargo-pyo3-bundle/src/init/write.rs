//! Writes changed files, all or none. Each is written beside its place first and renamed when all are; if a rename fails,
//! the files before it get back what they had.

use super::text::Change;
use crate::problem::{About, Problem};
use crate::shown::shown;
use crate::system;
use anyhow::Result;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

pub fn write(changes: &[Change]) -> Result<()> {
    let mut folders = Vec::new();
    let staged = changes.iter().map(|change| stage(change, &mut folders)).collect::<Result<Vec<_>>>();
    let written = staged.and_then(|staged| publish(staged, changes));
    if written.is_err() {
        // Only folders made here, and only while they are empty.
        folders.iter().rev().for_each(|folder| drop(fs::remove_dir(folder)));
    }
    written
}

struct Staged {
    file: NamedTempFile,
    place: PathBuf,
}

fn stage(change: &Change, folders: &mut Vec<PathBuf>) -> Result<Staged> {
    // A link stays a link: what it leads to is replaced.
    let place = change.path.canonicalize().unwrap_or_else(|_| change.path.clone());
    let (found, mode) = match fs::read(&place) {
        Ok(found) => (Some(found), fs::metadata(&place).about("cannot read", &place)?.permissions()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => (None, system::of_new_file()),
        Err(error) => return Err(error).about("cannot read", &place).map_err(Into::into),
    };
    if found.as_deref() != change.before.as_deref().map(str::as_bytes) {
        let what = format!("`{}` has changed since it was read", shown(&place));
        return Err(Problem::new(what, "nothing was written", "cargo pyo3-bundle init").into());
    }
    let folder = place.parent().unwrap_or(Path::new("."));
    for missing in folder.ancestors().take_while(|folder| !folder.exists()).collect::<Vec<_>>().into_iter().rev() {
        fs::create_dir(missing).about("cannot create", missing)?;
        folders.push(missing.to_owned());
    }
    // Made with the mode, so that the user's mask counts for a new file.
    let mut file =
        tempfile::Builder::new().permissions(mode.clone()).tempfile_in(folder).about("cannot write in", folder)?;
    let written = file.write_all(change.after.as_bytes()).and_then(|()| match found {
        Some(_) => fs::set_permissions(file.path(), mode),
        None => Ok(()),
    });
    written.about("cannot write beside", &place)?;
    Ok(Staged { file, place })
}

fn publish(staged: Vec<Staged>, changes: &[Change]) -> Result<()> {
    let mut done: Vec<(PathBuf, &Change)> = Vec::new();
    for (Staged { file, place }, change) in staged.into_iter().zip(changes) {
        if let Err(error) = file.persist(&place) {
            let kept = done.into_iter().filter(|(place, change)| restore(place, change).is_err());
            let kept: Vec<String> = kept.map(|(place, _)| format!("`{}`", shown(&place))).collect();
            let also =
                if kept.is_empty() { String::new() } else { format!("; changed all the same: {}", kept.join(", ")) };
            let error = io::Error::new(error.error.kind(), format!("{}{also}", error.error));
            return Err(error).about("cannot write", &place).map_err(Into::into);
        }
        done.push((place, change));
    }
    Ok(())
}

fn restore(place: &Path, change: &Change) -> io::Result<()> {
    match &change.before {
        Some(before) => fs::write(place, before),
        None => fs::remove_file(place),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::init::text::Text;
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    fn change(path: PathBuf, after: &str) -> Change {
        Text::read(&path).unwrap().edited(after).unwrap()
    }

    #[test]
    fn all_files_are_written_with_their_modes_and_links_stay() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("tool"), "a\n").unwrap();
        fs::set_permissions(at("tool"), Permissions::from_mode(0o755)).unwrap();
        std::os::unix::fs::symlink("tool", at("link")).unwrap();
        let before = fs::read_dir(folder.path()).unwrap().count();
        write(&[change(at("link"), "b\n"), change(at("new/deep/file"), "c\n")]).unwrap();
        assert_eq!(fs::read_to_string(at("tool")).unwrap(), "b\n");
        assert_eq!(fs::metadata(at("tool")).unwrap().permissions().mode() & 0o777, 0o755);
        assert!(at("link").is_symlink());
        assert_eq!(fs::read_to_string(at("new/deep/file")).unwrap(), "c\n");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), before + 1, "nothing is left beside");
    }

    #[test]
    fn if_one_cannot_be_written_none_is() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("first"), "a\n").unwrap();
        fs::write(at("file"), "").unwrap();
        // A file where a folder is wanted: it cannot be staged, also not by root.
        let below = Change { path: at("file/below"), before: None, after: "x\n".into() };
        let text =
            format!("{:#}", write(&[change(at("first"), "b\n"), change(at("made/new"), "c\n"), below]).unwrap_err());
        assert!(text.contains("file/below`") && text.contains("\nhint: ls -la "), "{text}");
        // A folder in the place: it cannot be renamed over.
        let over = change(at("over"), "x\n");
        let first = change(at("first"), "b\n");
        let new = change(at("new"), "c\n");
        let staged = [&first, &new, &over].map(|change| stage(change, &mut Vec::new()).unwrap());
        fs::create_dir(at("over")).unwrap();
        let text = format!("{:#}", publish(staged.into(), &[first, new, over]).unwrap_err());
        assert!(text.contains("/over`") && !text.contains("all the same"), "{text}");
        assert_eq!(fs::read_to_string(at("first")).unwrap(), "a\n");
        assert!(!at("made").exists() && !at("new").exists());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3, "nothing is left beside");
    }

    #[test]
    fn a_file_that_changed_meanwhile_is_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        fs::write(&path, "a\n").unwrap();
        let change = change(path.clone(), "b\n");
        fs::write(&path, "c\n").unwrap();
        assert!(write(&[change]).unwrap_err().to_string().contains("has changed since"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "c\n");
    }
}
