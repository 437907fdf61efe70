//! The parts of an ELF file that the loader maps, found by their addresses.

use anyhow::{Context, Result};
use object::elf;
use object::read::elf::{Dyn, FileHeader, ProgramHeader};

/// Limit for a string: longer than any path or name that the system takes.
const LONGEST_STRING: usize = 4096;

pub struct Image<'data, Header: FileHeader> {
    pub data: &'data [u8],
    pub header: &'data Header,
    pub endian: Header::Endian,
    pub segments: &'data [Header::ProgramHeader],
    dynamic: &'data [Header::Dyn],
    strings: Option<&'data [u8]>,
}

impl<'data, Header: FileHeader> Image<'data, Header> {
    pub fn parse(data: &'data [u8]) -> Result<Self> {
        let header = Header::parse(data)?;
        let endian = header.endian()?;
        let segments = header.program_headers(endian, data)?;
        // No fact comes from the sections, but a table outside of the file shows that the file was cut.
        header.section_headers(endian, data)?;
        let mut dynamic: &[Header::Dyn] = &[];
        for segment in segments {
            if segment.p_type(endian) == elf::PT_LOAD {
                segment.data(endian, data).ok().context("a segment lies outside of the file")?;
            }
            if let Some(table) = segment.dynamic(endian, data)? {
                dynamic = table;
            }
        }
        let mut image = Image { data, header, endian, segments, dynamic, strings: None };
        image.strings = image.strings();
        Ok(image)
    }

    /// The dynamic table up to its end mark.
    pub fn dynamic(&self) -> impl Iterator<Item = &'data Header::Dyn> {
        let endian = self.endian;
        self.dynamic.iter().take_while(move |entry| entry.d_tag(endian) != elf::DT_NULL)
    }

    pub fn value(&self, tag: elf::DynamicTag) -> Option<u64> {
        self.dynamic().find(|entry| entry.d_tag(self.endian) == tag).map(|entry| entry.d_val(self.endian).into())
    }

    /// The bytes from the address that the tag gives to the end of its segment.
    pub fn table(&self, tag: elf::DynamicTag) -> Option<&'data [u8]> {
        self.value(tag).and_then(|address| self.at(address))
    }

    fn at(&self, address: u64) -> Option<&'data [u8]> {
        let mapped = self.segments.iter().filter(|segment| segment.p_type(self.endian) == elf::PT_LOAD);
        let within = |segment: &Header::ProgramHeader| {
            let offset = address.checked_sub(segment.p_vaddr(self.endian).into())?;
            let content = segment.data(self.endian, self.data).ok()?;
            content.get(usize::try_from(offset).ok()?..).filter(|rest| !rest.is_empty())
        };
        mapped.filter_map(within).next()
    }

    fn strings(&self) -> Option<&'data [u8]> {
        let size = usize::try_from(self.value(elf::DT_STRSZ)?).ok()?;
        self.table(elf::DT_STRTAB)?.get(..size)
    }

    /// A string of the dynamic string table.
    pub fn string(&self, offset: u64) -> Result<String> {
        self.bytes_of_string(offset).map(text)
    }

    pub fn bytes_of_string(&self, offset: u64) -> Result<&'data [u8]> {
        let string = || {
            let rest = self.strings?.get(usize::try_from(offset).ok()?..)?;
            let end = rest.iter().take(LONGEST_STRING).position(|byte| *byte == 0)?;
            rest.get(..end)
        };
        string().context("a string lies outside of the string table")
    }
}

/// Shows a string as names of files are shown, so that the two can be compared.
pub fn text(bytes: &[u8]) -> String {
    crate::shown::name(bytes)
}
