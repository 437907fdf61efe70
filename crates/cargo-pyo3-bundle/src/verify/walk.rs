//! Lists a dist without following a link or opening a file. Stops when there are more entries than it can hold.

use super::facts::{Content, Entry, Facts, What};
use crate::shown::shown;
use crate::system;
use std::fs::{self, DirEntry, FileType};
use std::path::{Path, PathBuf};

/// Limit for the entries: ten times those of a dist with all that PyPI's larger packages bring. A folder with millions
/// of entries is not a dist, but must not take all memory.
const MOST_ENTRIES: usize = 250_000;

/// Limit for the bytes of the names and of the targets of links, which can have thousands of bytes each.
const MOST_BYTES: usize = 64 << 20;

/// A file still to be read: its name among the facts, and where it is.
pub struct Unread {
    pub name: String,
    pub path: PathBuf,
}

pub fn walk(dist: &Path) -> (Facts, Vec<Unread>) {
    walk_at_most(dist, MOST_ENTRIES, MOST_BYTES)
}

fn walk_at_most(dist: &Path, most: usize, most_bytes: usize) -> (Facts, Vec<Unread>) {
    let (mut facts, mut files, mut bytes) = (Facts::default(), Vec::new(), 0);
    let mut folders = vec![(String::new(), dist.to_path_buf())];
    while let Some((name, folder)) = folders.pop() {
        let listing = match fs::read_dir(&folder) {
            Ok(listing) => listing,
            Err(error) => {
                unreadable(&mut facts, &name, &error);
                continue;
            }
        };
        for entry in listing {
            if facts.entries.len() == most || bytes > most_bytes {
                facts.cut_at = Some(name);
                return (facts, files);
            }
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    unreadable(&mut facts, &name, &error);
                    break;
                }
            };
            let own = shown(Path::new(&entry.file_name()));
            let below = if name.is_empty() { own } else { format!("{name}/{own}") };
            let found = look(&entry);
            bytes += below.len() + if let What::Link(target) = &found.what { target.len() } else { 0 };
            match found.what {
                What::Folder => folders.push((below.clone(), entry.path())),
                What::File(_) => files.push(Unread { name: below.clone(), path: entry.path() }),
                _ => {}
            }
            facts.entries.insert(below, found);
        }
    }
    (facts, files)
}

fn unreadable(facts: &mut Facts, name: &str, error: &std::io::Error) {
    let what = What::Unread(format!("cannot list it: {error}"));
    let name = if name.is_empty() { "." } else { name };
    match facts.entries.get_mut(name) {
        Some(entry) => entry.what = what,
        None => drop(facts.entries.insert(name.to_owned(), Entry { mode: 0o755, utf8: true, what })),
    }
}

fn look(entry: &DirEntry) -> Entry {
    let utf8 = entry.file_name().to_str().is_some();
    match entry.metadata() {
        Ok(metadata) => {
            let mode = system::mode(&metadata) & 0o7777;
            Entry { mode, utf8, what: kind(entry, metadata.file_type()) }
        }
        Err(error) => Entry { mode: 0o755, utf8, what: What::Unread(error.to_string()) },
    }
}

fn kind(entry: &DirEntry, kind: FileType) -> What {
    if kind.is_dir() {
        What::Folder
    } else if kind.is_file() {
        What::File(Content::default())
    } else if kind.is_symlink() {
        match fs::read_link(entry.path()) {
            Ok(target) => What::Link(shown(&target)),
            Err(error) => What::Unread(error.to_string()),
        }
    } else {
        What::Special(system::special(kind))
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_link_is_an_entry_and_nothing_behind_it_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let dist = folder.path().join("dist");
        fs::create_dir_all(dist.join("bin")).unwrap();
        fs::write(folder.path().join("outside"), "").unwrap();
        symlink("../..", dist.join("bin/up")).unwrap();
        symlink("loop", dist.join("loop")).unwrap();
        fs::write(dist.join(OsStr::from_bytes(b"na\xffme")), "").unwrap();
        fs::set_permissions(dist.join("bin"), fs::Permissions::from_mode(0o2750)).unwrap();
        let (facts, files) = walk(&dist);
        assert_eq!(facts.entries["bin"].mode, 0o2750);
        assert_eq!(facts.entries.keys().collect::<Vec<_>>(), ["bin", "bin/up", "loop", "na\\xffme"]);
        assert!(matches!(&facts.entries["bin/up"].what, What::Link(target) if target == "../.."));
        assert!(!facts.entries["na\\xffme"].utf8 && facts.entries["loop"].utf8);
        assert_eq!(files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(), ["na\\xffme"]);
    }

    #[test]
    fn more_entries_than_can_be_held_end_the_walk() {
        let folder = tempfile::tempdir().unwrap();
        for number in 0..30 {
            fs::write(folder.path().join(number.to_string()), "").unwrap();
        }
        let (facts, files) = walk_at_most(folder.path(), 20, MOST_BYTES);
        assert_eq!((facts.entries.len(), files.len(), facts.cut_at.as_deref()), (20, 20, Some("")));
        assert_eq!(walk_at_most(folder.path(), 30, MOST_BYTES).0.cut_at, None);
    }

    #[test]
    fn longer_names_and_targets_than_can_be_held_end_the_walk() {
        let folder = tempfile::tempdir().unwrap();
        for number in 0..9 {
            symlink("t".repeat(1000), folder.path().join(number.to_string())).unwrap();
        }
        let entries = |most_bytes| {
            let (facts, _) = walk_at_most(folder.path(), MOST_ENTRIES, most_bytes);
            (facts.entries.len(), facts.cut_at)
        };
        assert_eq!(entries(5000), (5, Some(String::new())));
        assert_eq!(entries(9 * 1001), (9, None));
        fs::create_dir(folder.path().join("n".repeat(200))).unwrap();
        for number in 10..30 {
            fs::write(folder.path().join("n".repeat(200)).join(number.to_string()), "").unwrap();
        }
        assert!(entries(9 * 1001 + 200 + 10 * 203).1.is_some());
    }

    #[test]
    fn a_folder_that_is_gone_is_a_fact() {
        let (facts, _) = walk(Path::new("/nowhere/at/all"));
        assert!(matches!(&facts.entries["."].what, What::Unread(why) if why.contains("No such file")));
    }
}
