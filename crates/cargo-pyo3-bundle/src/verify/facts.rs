//! The content of a dist as plain values: `walk` and `scan` gather it, `judge` judges it. Nothing here reads or
//! decides.

use super::claims::Document;
use crate::object::elf::Elf;
use crate::object::{Native, Version};
use std::collections::BTreeMap;

#[derive(Debug, Default)]
pub struct Facts {
    /// The entries by name, relative to the dist.
    pub entries: BTreeMap<String, Entry>,
    /// The folder where the walk stopped, because there were too many entries to hold.
    pub cut_at: Option<String>,
    pub metadata: Document,
}

#[derive(Debug)]
pub struct Entry {
    pub mode: u32,
    pub utf8: bool,
    pub what: What,
}

#[derive(Debug)]
pub enum What {
    Folder,
    Link(String),
    File(Content),
    /// Something else, which is never opened: a FIFO would block.
    Special(&'static str),
    /// An entry that could not be read, with the reason.
    Unread(String),
}

#[derive(Debug, Default)]
pub struct Content {
    pub native: Native,
    pub build_paths: Vec<Named>,
}

/// A path of the build machine that a file names, with the words it stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    pub path: String,
    pub words: Vec<String>,
    pub times: usize,
}

pub struct Floor<'a> {
    pub version: Version,
    pub file: &'a str,
    pub symbol: Option<&'a str>,
}

impl Facts {
    pub fn files(&self) -> impl Iterator<Item = (&str, &Content)> {
        self.entries.iter().filter_map(|(name, entry)| match &entry.what {
            What::File(content) => Some((name.as_str(), content)),
            _ => None,
        })
    }

    pub fn elf_files(&self) -> impl Iterator<Item = (&str, &Elf)> {
        self.files().filter_map(|(name, content)| match &content.native {
            Native::Elf(elf) => Some((name, &**elf)),
            _ => None,
        })
    }

    /// The newest macOS that a file needs: an older one refuses that file.
    pub fn macos_floor(&self) -> Option<Version> {
        let parts = self.files().filter_map(|(_, content)| match &content.native {
            Native::MachO(parts) => Some(parts),
            _ => None,
        });
        parts.flatten().filter_map(|part| part.minos).max()
    }

    /// The newest glibc that a file needs: with an older one the loader refuses that file.
    pub fn glibc_floor(&self) -> Option<Floor<'_>> {
        let asking = self.elf_files().filter_map(|(file, elf)| Some((elf.glibc?, file, elf)));
        let (version, file, elf) = asking.reduce(|newest, other| if other.0 > newest.0 { other } else { newest })?;
        Some(Floor { version, file, symbol: elf.glibc_symbol.as_deref() })
    }
}

impl Content {
    /// The number of bytes in all names that are kept of a file.
    pub fn length(&self) -> usize {
        let sum = |names: &[String]| names.iter().map(String::len).sum::<usize>();
        let native = match &self.native {
            Native::Elf(elf) => {
                let paths = elf.rpath.iter().chain(&elf.runpath).map(|path| sum(path)).sum::<usize>();
                sum(&elf.needed) + paths + elf.soname.as_ref().map_or(0, String::len)
            }
            Native::MachO(parts) => {
                parts.iter().map(|part| sum(&part.needed) + sum(&part.rpaths) + sum(&part.environment)).sum()
            }
            Native::Pe(pe) => sum(&pe.imports),
            Native::None | Native::Damaged(..) => 0,
        };
        native + self.build_paths.iter().map(|named| sum(&named.words)).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_floor_is_the_newest_glibc_and_the_first_file_that_asks_for_it() {
        let mut facts = Facts::default();
        assert!(facts.glibc_floor().is_none());
        for (name, glibc) in
            [("a", None), ("b", Some((2, 9))), ("c", Some((2, 17))), ("d", Some((2, 17))), ("e", Some((2, 2)))]
        {
            let elf = Elf { glibc, glibc_symbol: Some(format!("of_{name}")), ..Elf::default() };
            let what = What::File(Content { native: Native::Elf(Box::new(elf)), build_paths: Vec::new() });
            facts.entries.insert(name.into(), Entry { mode: 0o644, utf8: true, what });
        }
        let floor = facts.glibc_floor().unwrap();
        assert_eq!((floor.version, floor.file, floor.symbol), ((2, 17), "c", Some("of_c")));
    }
}
