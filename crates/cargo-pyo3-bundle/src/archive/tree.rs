//! Reads a folder as a source of entries, in the order and with the modes that an archive has. A file that cannot be in
//! an archive is an error that names it. Never follows a link, changes nothing.

use super::entry::{EXECUTABLE, Entry, EntryKind, LINK, PLAIN, Source};
use crate::problem::{About, Problem};
use crate::shown::{shown, word};
use crate::{system, tree};
use anyhow::Result;
use std::fs::{self, DirEntry, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

pub struct Tree {
    root: PathBuf,
    top: String,
    time: u64,
    /// The names that are still to come in each folder from the root down to the current one, last first.
    pending: Vec<Vec<String>>,
    /// The names of these folders, below the root.
    place: Vec<String>,
    file: Option<(File, PathBuf)>,
    started: bool,
}

impl Tree {
    /// Puts all entries below a folder named `top` and gives them that time.
    pub fn new(root: &Path, top: &str, time: u64) -> Self {
        Tree {
            root: root.to_path_buf(),
            top: top.to_owned(),
            time,
            pending: Vec::new(),
            place: Vec::new(),
            file: None,
            started: false,
        }
    }

    fn enter(&mut self, path: &Path) -> Result<()> {
        self.pending.push(names(path)?);
        Ok(())
    }

    fn entry(&self, name: Option<&str>, kind: EntryKind, mode: u32) -> Entry {
        let parts = [self.top.as_str()].into_iter().chain(self.place.iter().map(String::as_str)).chain(name);
        Entry { name: parts.collect::<Vec<_>>().join("/"), kind, mode, time: self.time }
    }
}

impl Source for Tree {
    fn advance(&mut self) -> Result<Option<Entry>> {
        self.file = None;
        if !self.started {
            self.started = true;
            let root = self.root.clone();
            self.enter(&root)?;
            return Ok(Some(self.entry(None, EntryKind::Folder, EXECUTABLE)));
        }
        let name = loop {
            match self.pending.last_mut().map(Vec::pop) {
                None => return Ok(None),
                Some(Some(name)) => break name,
                Some(None) => {
                    self.pending.pop();
                    self.place.pop();
                }
            }
        };
        let path = self.root.join(self.place.join("/")).join(&name);
        let metadata = fs::symlink_metadata(&path).about("cannot read", &path)?;
        let kind = metadata.file_type();
        if kind.is_dir() {
            self.place.push(name);
            self.enter(&path)?;
            return Ok(Some(self.entry(None, EntryKind::Folder, EXECUTABLE)));
        }
        if kind.is_symlink() {
            let target = fs::read_link(&path).about("cannot read", &path)?;
            let target = target.to_str().ok_or_else(|| not_text(&path, "the target of this link"))?;
            return Ok(Some(self.entry(Some(&name), EntryKind::Link(target.to_owned()), LINK)));
        }
        if !kind.is_file() {
            return Err(special(&path, kind).into());
        }
        let file = File::open(&path).about("cannot read", &path)?;
        self.file = Some((file, path));
        let mode = if system::mode(&metadata) & 0o111 == 0 { PLAIN } else { EXECUTABLE };
        Ok(Some(self.entry(Some(&name), EntryKind::File(metadata.len()), mode)))
    }
}

impl Read for Tree {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some((file, path)) = &mut self.file else { return Ok(0) };
        file.read(buffer)
            .map_err(|error| io::Error::new(error.kind(), format!("cannot read `{}`: {error}", shown(path))))
    }
}

/// The names in a folder, last first, so that the next one is popped.
fn names(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for name in tree::entries(folder)?.iter().rev().map(DirEntry::file_name) {
        names.push(name.into_string().map_err(|name| not_text(&folder.join(name), "this name"))?);
    }
    Ok(names)
}

fn not_text(path: &Path, what: &str) -> Problem {
    Problem::new(
        format!("`{}` cannot be in an archive", shown(path)),
        format!("{what} is not UTF-8, and other systems would read it differently"),
        format!("ls -lb {}", word(path.parent().unwrap_or(path))),
    )
}

fn special(path: &Path, kind: fs::FileType) -> Problem {
    Problem::new(
        format!("`{}` cannot be in an archive", shown(path)),
        format!("wanted a file, a folder or a link, found {}", system::special(kind)),
        format!("rm {}", word(path)),
    )
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::fs::symlink;

    fn all(mut tree: Tree) -> Result<Vec<Entry>> {
        let mut found = Vec::new();
        while let Some(entry) = tree.advance()? {
            found.push(entry);
        }
        Ok(found)
    }

    fn refused(make: impl FnOnce(&Path)) -> String {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("sub")).unwrap();
        make(&folder.path().join("sub"));
        format!("{:#}", all(Tree::new(folder.path(), "top", 0)).unwrap_err())
    }

    #[test]
    fn entries_come_in_order_with_normal_modes() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("a/b")).unwrap();
        fs::write(at("a/b/c"), "123").unwrap();
        fs::write(at("a-b"), "").unwrap();
        fs::set_permissions(at("a-b"), fs::Permissions::from_mode(0o4710)).unwrap();
        fs::set_permissions(at("a/b"), fs::Permissions::from_mode(0o700)).unwrap();
        symlink("b/c", at("a/z")).unwrap();
        let entry = |name: &str, kind, mode| Entry { name: name.into(), kind, mode, time: 7 };
        let expected = [
            entry("top", EntryKind::Folder, 0o755),
            entry("top/a", EntryKind::Folder, 0o755),
            entry("top/a/b", EntryKind::Folder, 0o755),
            entry("top/a/b/c", EntryKind::File(3), 0o644),
            entry("top/a/z", EntryKind::Link("b/c".into()), 0o777),
            entry("top/a-b", EntryKind::File(0), 0o755),
        ];
        assert_eq!(all(Tree::new(folder.path(), "top", 7)).unwrap(), expected);
    }

    #[test]
    fn what_cannot_be_in_an_archive_is_named() {
        let socket = refused(|sub| drop(std::os::unix::net::UnixListener::bind(sub.join("s")).unwrap()));
        assert!(socket.contains("sub/s") && socket.contains("a socket"), "{socket}");
        let pipe =
            refused(|sub| assert!(std::process::Command::new("mkfifo").arg(sub.join("p")).status().unwrap().success()));
        assert!(pipe.contains("sub/p") && pipe.contains("a FIFO"), "{pipe}");
        let latin = OsStr::from_bytes(b"caf\xe9");
        let name = refused(|sub| fs::write(sub.join(latin), "").unwrap());
        assert!(name.contains("not UTF-8") && name.contains("sub"), "{name}");
        let target = refused(|sub| symlink(latin, sub.join("link")).unwrap());
        assert!(target.contains("not UTF-8") && target.contains("sub/link"), "{target}");
    }
}
