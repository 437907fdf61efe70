//! Finds the glibc that an ELF file needs, by its table of needed versions, and a symbol that needs the newest.

use super::super::Version;
use super::image::{Image, text};
use anyhow::{Context, Result, anyhow};
use object::elf;
use object::pod::from_bytes;
use object::read::elf::{FileHeader, GnuHashTable, HashTable, Sym};

#[derive(Debug, PartialEq, Eq)]
pub struct Newest {
    pub version: Version,
    pub symbol: Option<String>,
}

pub fn newest_glibc<Header: FileHeader>(image: &Image<Header>) -> Result<Option<Newest>> {
    let mut newest = None;
    each_version(image, |version, index| newest = newest.max(Some((version, index))))?;
    Ok(newest.map(|(version, index)| Newest { version, symbol: symbol_of(image, index) }))
}

/// Walks the lists as the loader does: an offset of 0 is the end. Overlapping lists would multiply, so no more entries
/// are read than fit side by side.
fn each_version<Header: FileHeader>(image: &Image<Header>, mut take: impl FnMut(Version, u16)) -> Result<()> {
    let Some(address) = image.value(elf::DT_VERNEED) else { return Ok(()) };
    if address == 0 {
        return Ok(());
    }
    let endian = image.endian;
    let mut files = image.table(elf::DT_VERNEED).context("the version table lies outside of the file")?;
    let mut left = files.len() / size_of::<elf::Vernaux<Header::Endian>>();
    loop {
        let file = entry::<elf::Verneed<Header::Endian>>(files)?;
        let mut versions = after(files, file.vn_aux.get(endian))?;
        loop {
            left = left.checked_sub(1).context("version tables overlap")?;
            let version = entry::<elf::Vernaux<Header::Endian>>(versions)?;
            let name = image.bytes_of_string(version.vna_name.get(endian).into())?;
            if let Some(glibc) = glibc_version(name) {
                take(glibc, version.vna_other(endian).index().0);
            }
            match version.vna_next.get(endian) {
                0 => break,
                next => versions = after(versions, next)?,
            }
        }
        match file.vn_next.get(endian) {
            0 => return Ok(()),
            next => files = after(files, next)?,
        }
    }
}

fn entry<T: object::pod::Pod>(data: &[u8]) -> Result<&T> {
    from_bytes(data).map(|(entry, _)| entry).map_err(|()| anyhow!("a version table is cut"))
}

fn after(data: &[u8], offset: u32) -> Result<&[u8]> {
    data.get(offset as usize..).context("a version table leads outside of its segment")
}

/// Finds a symbol that needs the version. `None` also if the symbols cannot be read, since only the version counts.
fn symbol_of<Header: FileHeader>(image: &Image<Header>, version: u16) -> Option<String> {
    let endian = image.endian;
    let mut symbols = image.table(elf::DT_SYMTAB)?;
    let mut versions = image.table(elf::DT_VERSYM)?;
    for _ in 0..number_of_symbols(image)? {
        let (symbol, rest) = from_bytes::<Header::Sym>(symbols).ok()?;
        let (index, others) = from_bytes::<elf::Versym<Header::Endian>>(versions).ok()?;
        if index.0.get(endian).index().0 == version && symbol.is_undefined(endian) {
            return image.bytes_of_string(symbol.st_name(endian).into()).ok().map(text);
        }
        (symbols, versions) = (rest, others);
    }
    None
}

/// Finds the number of symbols, which only the hash tables tell.
fn number_of_symbols<Header: FileHeader>(image: &Image<Header>) -> Option<u32> {
    if let Some(table) = image.table(elf::DT_HASH) {
        return Some(HashTable::<Header>::parse(image.endian, table).ok()?.symbol_table_length());
    }
    let table = GnuHashTable::<Header>::parse(image.endian, image.table(elf::DT_GNU_HASH)?).ok()?;
    Some(table.symbol_table_length(image.endian).unwrap_or(table.symbol_base()))
}

fn glibc_version(name: &[u8]) -> Option<Version> {
    // A mark, not a number: relative relocations in packed form came with 2.36.
    // <https://sourceware.org/glibc/wiki/Release/2.36>
    if name == b"GLIBC_ABI_DT_RELR" {
        return Some((2, 36));
    }
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
        assert_eq!(glibc_version(b"GLIBC_ABI_DT_RELR"), Some((2, 36)));
        for other in ["GLIBC_PRIVATE", "GCC_3.0", "GLIBC_2", ""] {
            assert_eq!(glibc_version(other.as_bytes()), None, "{other}");
        }
    }
}
