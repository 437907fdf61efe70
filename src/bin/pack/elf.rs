//! Facts about one ELF file: what it needs, where it says to look, which glibc it asks for. Reads only, judges nothing.

use anyhow::{Context, Result};
use object::elf;
use object::read::elf::{FileHeader, SectionHeader};
use std::path::Path;

/// `1.2` → `(1, 2)`: the parts of a `GLIBC_` version that are ordered.
pub type Version = (u32, u32);

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Elf {
    pub machine: u16,
    pub needed: Vec<String>,
    pub glibc: Option<Version>,
}

/// `None` for a file that is not ELF.
pub fn read(path: &Path) -> Result<Option<Elf>> {
    let data = std::fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    parse(&data).with_context(|| format!("`{}` is a damaged ELF file", path.display()))
}

fn parse(data: &[u8]) -> object::read::Result<Option<Elf>> {
    match data.get(..5) {
        Some([0x7f, b'E', b'L', b'F', 2]) => facts::<elf::FileHeader64<object::Endianness>>(data).map(Some),
        Some([0x7f, b'E', b'L', b'F', 1]) => facts::<elf::FileHeader32<object::Endianness>>(data).map(Some),
        _ => Ok(None),
    }
}

fn facts<Header: FileHeader>(data: &[u8]) -> object::read::Result<Elf> {
    let header = Header::parse(data)?;
    let endian = header.endian()?;
    let sections = header.sections(endian, data)?;
    let mut found = Elf { machine: header.e_machine(endian).0, ..Elf::default() };
    let dynamic = sections.dynamic_table(endian, data)?;
    for entry in dynamic.iter().filter(|entry| entry.tag == elf::DT_NEEDED) {
        found.needed.push(String::from_utf8_lossy(dynamic.string(entry)?).into_owned());
    }
    for section in sections.iter() {
        let Some((mut files, link)) = section.gnu_verneed(endian, data)? else { continue };
        let strings = sections.strings(endian, data, link)?;
        while let Some((_, mut versions)) = files.next()? {
            while let Some(version) = versions.next()? {
                found.glibc = found.glibc.max(glibc_version(version.name(endian, strings)?));
            }
        }
    }
    Ok(found)
}

fn glibc_version(name: &[u8]) -> Option<Version> {
    let (major, rest) = std::str::from_utf8(name).ok()?.strip_prefix("GLIBC_")?.split_once('.')?;
    let minor = rest.split('.').next()?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn glibc_versions_are_ordered_as_numbers() {
        assert_eq!(glibc_version(b"GLIBC_2.34"), Some((2, 34)));
        assert_eq!(glibc_version(b"GLIBC_2.2.5"), Some((2, 2)));
        assert!(glibc_version(b"GLIBC_2.4") < glibc_version(b"GLIBC_2.17"));
        for other in ["GLIBC_PRIVATE", "GCC_3.0", "GLIBC_2", ""] {
            assert_eq!(glibc_version(other.as_bytes()), None, "{other}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_very_program_needs_libc() {
        let own = read(&std::env::current_exe().unwrap()).unwrap().unwrap();
        assert!(own.needed.contains(&"libc.so.6".to_owned()), "{own:?}");
        assert!(own.glibc >= Some((2, 17)), "{own:?}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn other_files_are_nothing_and_cut_files_are_an_error() {
        assert_eq!(parse(b"#!/bin/sh\n").unwrap(), None);
        assert_eq!(parse(b"").unwrap(), None);
        let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        assert!(parse(&own[..own.len() / 2]).is_err());
        assert!(parse(&own[..20]).is_err());
    }
}
