//! Lists folders of the build machine: one, or all below it. Whatever cannot be listed is an error that names it. Three
//! walks are others on purpose: `verify::walk` and `integrity` hold whatever a stranger's folder has, within limits and
//! as findings, and `archive::tree` reads as it goes.

use crate::problem::{About, Problem};
use std::fs::{self, DirEntry, FileType};
use std::path::{Path, PathBuf};

/// Something that is not a folder. A link is not followed: it could lead round in a circle.
#[derive(Debug)]
pub struct Leaf {
    pub path: PathBuf,
    pub kind: FileType,
}

/// Lists a folder, in the order of the names.
pub fn entries(folder: &Path) -> Result<Vec<DirEntry>, Problem> {
    let listed = fs::read_dir(folder).and_then(|entries| entries.collect::<Result<Vec<_>, _>>());
    let mut entries = listed.about("cannot list", folder)?;
    entries.sort_unstable_by_key(DirEntry::file_name);
    Ok(entries)
}

/// Finds all that is not a folder, here and in all folders below. Folders come after the rest of a folder.
pub fn leaves(folder: &Path) -> Result<Vec<Leaf>, Problem> {
    let mut found = Vec::new();
    let mut unseen = vec![folder.to_path_buf()];
    while let Some(folder) = unseen.pop() {
        for entry in entries(&folder)? {
            let path = entry.path();
            let kind = entry.file_type().about("cannot read", &path)?;
            if kind.is_dir() {
                unseen.push(path);
            } else {
                found.push(Leaf { path, kind });
            }
        }
    }
    Ok(found)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn all_below_is_found_and_no_link_is_followed() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("a/b")).unwrap();
        for name in ["z", "c", "a/b/x"] {
            fs::write(at(name), "").unwrap();
        }
        std::os::unix::fs::symlink("..", at("a/up")).unwrap();
        let found = leaves(folder.path()).unwrap();
        let found: Vec<_> = found.iter().map(|leaf| (leaf.path.clone(), leaf.kind.is_symlink())).collect();
        assert_eq!(
            found,
            [("c", false), ("z", false), ("a/up", true), ("a/b/x", false)].map(|(name, link)| (at(name), link))
        );
        let names = entries(folder.path()).unwrap().iter().map(DirEntry::file_name).collect::<Vec<_>>();
        assert_eq!(names, ["a", "c", "z"]);
    }

    #[test]
    fn what_cannot_be_listed_is_named() {
        let text = leaves(Path::new("/no/such/folder")).unwrap_err().to_string();
        assert!(text.starts_with("cannot list `/no/such/folder`"), "{text}");
    }
}
