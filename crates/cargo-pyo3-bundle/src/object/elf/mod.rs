//! Facts about one ELF file, as the loader sees it: by program headers and the dynamic table, never by section names.
//! Reads only, judges nothing. Whatever the bytes are, the work is bounded by their number.

mod image;
mod versions;

use super::{LONGEST_NAMES, MOST_NAMES, Version};
use crate::problem::{About, Problem};
use crate::shown::{shown, word};
use anyhow::{Result, bail, ensure};
use image::Image;
use object::elf;
use object::read::elf::{Dyn, FileHeader, ProgramHeader};
use std::path::Path;

pub const MAGIC: &[u8] = b"\x7fELF";

#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Elf {
    pub machine: u16,
    pub kind: FileType,
    /// The loader that a program names.
    pub interpreter: Option<String>,
    pub needed: Vec<String>,
    pub soname: Option<String>,
    pub rpath: Option<Vec<String>>,
    pub runpath: Option<Vec<String>>,
    /// The newest version of glibc that it needs, and a symbol that needs it.
    pub glibc: Option<Version>,
    pub glibc_symbol: Option<String>,
    pub relro: bool,
    pub bind_now: bool,
    pub textrel: bool,
    pub executable_stack: bool,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum FileType {
    /// ET_DYN: a shared library, or a program that can stand anywhere.
    #[default]
    Anywhere,
    /// ET_EXEC
    Fixed,
    /// A file that no loader takes: an object file, a core dump.
    Other,
}

/// `None` for a file that is not ELF.
pub fn read(path: &Path) -> Result<Option<Elf>> {
    of_file(path, &std::fs::read(path).about("cannot read", path)?)
}

/// Parses the content of a file; an error names the file.
pub fn of_file(path: &Path, data: &[u8]) -> Result<Option<Elf>> {
    if !data.starts_with(MAGIC) {
        return Ok(None);
    }
    let parsed = parse(data).map_err(|error| {
        let hint = format!("readelf -hld {}", word(path));
        Problem::new(format!("`{}` is a damaged ELF file", shown(path)), format!("{error:#}"), hint)
    });
    Ok(Some(parsed?))
}

pub fn parse(data: &[u8]) -> Result<Elf> {
    match data.get(MAGIC.len()) {
        Some(2) => facts::<elf::FileHeader64<object::Endianness>>(data),
        Some(1) => facts::<elf::FileHeader32<object::Endianness>>(data),
        _ => bail!("its class is neither 32 nor 64 bits"),
    }
}

fn facts<Header: FileHeader>(data: &[u8]) -> Result<Elf> {
    let image = Image::<Header>::parse(data)?;
    let endian = image.endian;
    let kind = match image.header.e_type(endian) {
        elf::ET_DYN => FileType::Anywhere,
        elf::ET_EXEC => FileType::Fixed,
        _ => FileType::Other,
    };
    let mut found = Elf { machine: image.header.e_machine(endian).0, kind, ..Elf::default() };
    if kind == FileType::Other {
        return Ok(found);
    }
    let mut stack = None;
    for segment in image.segments {
        match segment.p_type(endian) {
            elf::PT_GNU_RELRO => found.relro = true,
            elf::PT_GNU_STACK => stack = Some(segment.p_flags(endian)),
            elf::PT_INTERP => found.interpreter = segment.interpreter(endian, data)?.map(image::text),
            _ => {}
        }
    }
    // Without this segment, the loader takes the stack to be executable.
    found.executable_stack = stack.is_none_or(|flags| flags.contains(elf::PF_X));
    dynamic(&image, &mut found)?;
    if let Some(newest) = versions::newest_glibc(&image)? {
        found.glibc = Some(newest.version);
        found.glibc_symbol = newest.symbol;
    }
    Ok(found)
}

fn dynamic<Header: FileHeader>(image: &Image<Header>, found: &mut Elf) -> Result<()> {
    let mut length = 0;
    for entry in image.dynamic() {
        let (tag, value) = (entry.d_tag(image.endian), entry.d_val(image.endian).into());
        match tag {
            elf::DT_NEEDED => {
                let library = image.string(value)?;
                length += library.len();
                ensure!(found.needed.len() < MOST_NAMES, "it needs more than {MOST_NAMES} libraries");
                ensure!(length <= LONGEST_NAMES, "the names of its libraries have more than {LONGEST_NAMES} bytes");
                found.needed.push(library);
            }
            elf::DT_SONAME => found.soname = Some(image.string(value)?),
            elf::DT_RPATH => found.rpath = Some(folders(&image.string(value)?)),
            elf::DT_RUNPATH => found.runpath = Some(folders(&image.string(value)?)),
            elf::DT_TEXTREL => found.textrel = true,
            elf::DT_BIND_NOW => found.bind_now = true,
            elf::DT_FLAGS => {
                let flags = elf::DynamicFlags(value);
                found.bind_now |= flags.contains(elf::DF_BIND_NOW);
                found.textrel |= flags.contains(elf::DF_TEXTREL);
            }
            elf::DT_FLAGS_1 => {
                let flags = elf::DynamicFlags1(value);
                found.bind_now |= flags.contains(elf::DF_1_NOW);
            }
            _ => {}
        }
    }
    Ok(())
}

/// The rest of a search path's entry after `$ORIGIN`, the folder of the file itself. The loader knows both spellings
/// ([ld.so(8)](https://man7.org/linux/man-pages/man8/ld.so.8.html)).
pub fn origin(entry: &str) -> Option<&str> {
    let rest = entry.strip_prefix("$ORIGIN").or_else(|| entry.strip_prefix("${ORIGIN}"))?;
    (rest.is_empty() || rest.starts_with('/')).then_some(rest)
}

impl Elf {
    /// The search path for the libraries that this file needs. With a DT_RUNPATH, the loader ignores the DT_RPATH
    /// beside it.
    pub fn search_path(&self) -> impl Iterator<Item = &str> {
        self.runpath.as_ref().or(self.rpath.as_ref()).into_iter().flatten().map(String::as_str)
    }
}

fn folders(search_path: &str) -> Vec<String> {
    search_path.split(':').map(str::to_owned).collect()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    fn own() -> Vec<u8> {
        std::fs::read(std::env::current_exe().unwrap()).unwrap()
    }

    #[test]
    fn this_very_program_is_read_as_the_loader_sees_it() {
        let own = read(&std::env::current_exe().unwrap()).unwrap().unwrap();
        assert!(own.needed.contains(&"libc.so.6".to_owned()), "{own:?}");
        assert!(own.glibc >= Some((2, 17)) && own.glibc_symbol.is_some(), "{own:?}");
        assert!(own.interpreter.as_ref().is_some_and(|path| path.contains("/ld-linux")), "{own:?}");
        assert!(own.kind == FileType::Anywhere && own.relro && !own.executable_stack && !own.textrel, "{own:?}");
        assert_eq!((own.soname, own.runpath), (None, None));
    }

    #[test]
    fn the_section_headers_decide_nothing() {
        let mut data = own();
        let whole = parse(&data).unwrap();
        data[0x28..0x30].fill(0); // e_shoff
        data[0x3a..0x40].fill(0); // e_shentsize, e_shnum, e_shstrndx
        assert_eq!(parse(&data).unwrap(), whole);
    }

    #[test]
    fn other_files_are_nothing_and_cut_files_are_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("script");
        std::fs::write(&path, "#!/bin/sh\n").unwrap();
        assert_eq!(read(&path).unwrap(), None);
        let own = own();
        for length in [4, 5, 20, 64, 500, own.len() / 2, own.len() - 1] {
            assert!(parse(&own[..length]).is_err(), "{length}");
        }
    }
}
