//! Facts about one PE file: what it loads, how it is protected, what it names. Reads only, judges nothing.

mod debug;
#[cfg(test)]
mod tests;

use super::{LONGEST_NAMES, MOST_NAMES};
use anyhow::{Context, Result, ensure};
use object::LittleEndian as LE;
use object::pe::{self, ImageDosHeader, ImageNtHeaders32, ImageNtHeaders64};
use object::read::coff::SectionTable;
use object::read::pe::{ExportTable, ImageNtHeaders, ImageOptionalHeader, optional_header_magic};

/// Limit for a name: longer than that of any library.
const LONGEST_NAME: usize = 512;

#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Pe {
    pub machine: u16,
    /// IMAGE_FILE_DLL: another file loads it. Otherwise it is a program.
    pub library: bool,
    /// The libraries that it loads at once, when it first calls them, or for a function that it forwards to them.
    pub imports: Vec<String>,
    /// The place of its debug information when it was linked.
    pub pdb: Option<String>,
    /// Whether GNU's linker wrote it. Its major version is 2; Microsoft's and LLVM's linkers have higher ones.
    pub gnu: bool,
    /// IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE
    pub aslr: bool,
    /// IMAGE_DLLCHARACTERISTICS_NX_COMPAT
    pub nx: bool,
    /// IMAGE_DLLCHARACTERISTICS_GUARD_CF
    pub cfg: bool,
}

/// Tells a PE file. Texts can also start with its two letters, but no text has a zero byte so early.
pub fn is_pe(data: &[u8]) -> bool {
    data.starts_with(b"MZ") && data.iter().take(64).any(|byte| *byte == 0)
}

pub fn parse(data: &[u8]) -> Result<Pe> {
    match optional_header_magic(data)? {
        pe::IMAGE_NT_OPTIONAL_HDR32_MAGIC => facts::<ImageNtHeaders32>(data),
        _ => facts::<ImageNtHeaders64>(data),
    }
}

fn facts<Headers: ImageNtHeaders>(data: &[u8]) -> Result<Pe> {
    let mut offset = ImageDosHeader::parse(data)?.nt_headers_offset().into();
    let (headers, directories) = Headers::parse(data, &mut offset)?;
    let sections = headers.sections(data, offset)?;
    for section in sections.iter() {
        let (offset, size) = section.pe_file_range();
        let end = u64::from(offset) + u64::from(size);
        ensure!(end <= data.len() as u64, "a section lies outside of the file");
    }
    let (file, optional) = (headers.file_header(), headers.optional_header());
    let flags = optional.dll_characteristics();
    let mut imports = Imports::default();
    if let Some(table) = directories.import_table(data, &sections)? {
        let mut descriptors = table.descriptors()?;
        while let Some(descriptor) = descriptors.next()? {
            imports.add(name(data, &sections, descriptor.name.get(LE))?)?;
        }
    }
    if let Some(table) = directories.delay_load_import_table(data, &sections)? {
        let mut descriptors = table.descriptors()?;
        while let Some(descriptor) = descriptors.next()? {
            imports.add(name(data, &sections, descriptor.dll_name_rva.get(LE))?)?;
        }
    }
    if let Some(table) = directories.export_table(data, &sections)? {
        forwards(&table, &mut imports)?;
    }
    Ok(Pe {
        machine: file.machine.get(LE).0,
        library: file.characteristics.get(LE).contains(pe::IMAGE_FILE_DLL),
        imports: imports.names,
        pdb: debug::database(data, &directories, &sections)?,
        gnu: optional.major_linker_version() == 2,
        aslr: flags.contains(pe::IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE),
        nx: flags.contains(pe::IMAGE_DLLCHARACTERISTICS_NX_COMPAT),
        cfg: flags.contains(pe::IMAGE_DLLCHARACTERISTICS_GUARD_CF),
    })
}

/// The names of libraries, in the order of the file.
#[derive(Default)]
struct Imports {
    names: Vec<String>,
    length: usize,
}

impl Imports {
    fn add(&mut self, name: String) -> Result<()> {
        self.length += name.len();
        ensure!(self.names.len() < MOST_NAMES, "it imports from more than {MOST_NAMES} libraries");
        ensure!(self.length <= LONGEST_NAMES, "the names of its libraries have more than {LONGEST_NAMES} bytes");
        self.names.push(name);
        Ok(())
    }
}

/// Adds the libraries that have the functions which this one exports and does not have: `python3.dll` has none of its
/// own. A forward names the library without its ending.
fn forwards(table: &ExportTable, imports: &mut Imports) -> Result<()> {
    let mut last = String::new();
    for address in table.addresses() {
        let Some(forward) = table.forward_string(address.get(LE))? else { continue };
        let end = forward.iter().rposition(|byte| *byte == b'.').context("a forwarded function has no name")?;
        let library = crate::shown::name(&forward[..end.min(LONGEST_NAME)]) + ".dll";
        if library != last && !imports.names.contains(&library) {
            imports.add(library.clone())?;
        }
        last = library;
    }
    Ok(())
}

fn name(data: &[u8], sections: &SectionTable, address: u32) -> Result<String> {
    let rest = sections.pe_data_at(data, address).context("the name of an import lies outside of the file")?;
    let end = rest.iter().take(LONGEST_NAME).position(|byte| *byte == 0).context("the name of an import has no end")?;
    Ok(crate::shown::name(&rest[..end]))
}
