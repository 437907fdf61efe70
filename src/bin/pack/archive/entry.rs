//! An entry of an archive, and what hands out entries in order: a folder, or an archive that is read.

use anyhow::Result;
use std::cmp::Ordering;
use std::io::Read;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// `top/lib/x`: relative, without `.` and `..`, no slash at the end.
    pub name: String,
    pub kind: Kind,
    pub mode: u32,
    pub time: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    Folder,
    /// With its size.
    File(u64),
    /// With its target.
    Link(String),
}

/// The modes that an archive has: who unpacks it decides about the rest with a umask.
pub const EXECUTABLE: u32 = 0o755;
pub const PLAIN: u32 = 0o644;
pub const LINK: u32 = 0o777;

/// Reading gives the content of the entry that `advance` gave last; what was not read of it is passed over.
pub trait Source: Read {
    /// In strictly ascending [`order`], so that what compares two of them, or looks for an entry twice, needs no memory.
    fn advance(&mut self) -> Result<Option<Entry>>;
}

/// Bytewise by the parts of the name: a folder, then all that is in it, then its next neighbour.
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
