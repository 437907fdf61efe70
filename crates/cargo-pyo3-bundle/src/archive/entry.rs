//! An entry of an archive, and the trait of all that yields entries in order: a folder, or an archive that is read.

use anyhow::Result;
use std::cmp::Ordering;
use std::io::Read;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// `top/lib/x`: relative, without `.` and `..`, no slash at the end.
    pub name: String,
    pub kind: EntryKind,
    pub mode: u32,
    pub time: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryKind {
    Folder,
    /// A file with its size.
    File(u64),
    /// A link with its target.
    Link(String),
}

/// The modes that an archive has. The umask of whoever unpacks it decides about the rest.
pub const EXECUTABLE: u32 = 0o755;
pub const PLAIN: u32 = 0o644;
pub const LINK: u32 = 0o777;

/// Yields entries. Reading gives the content of the entry that `advance` returned last; content that was not read is
/// skipped.
pub trait Source: Read {
    /// Returns the next entry in strictly ascending [`order`], so that comparing and finding duplicates need no memory.
    fn advance(&mut self) -> Result<Option<Entry>>;
}

impl Source for Box<dyn Source> {
    fn advance(&mut self) -> Result<Option<Entry>> {
        (**self).advance()
    }
}

/// Compares the parts of two names bytewise: a folder, then all that is in it, then its next neighbour.
pub fn order(one: &str, other: &str) -> Ordering {
    one.split('/').cmp(other.split('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_comes_right_before_what_is_in_it() {
        let mut names = ["a-b", "a", "a/z", "ä", "a.b", "B", "a/b/c", "a/b"];
        names.sort_by(|one, other| order(one, other));
        assert_eq!(names, ["B", "a", "a/b", "a/b/c", "a/z", "a-b", "a.b", "ä"]);
    }
}
