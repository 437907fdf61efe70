//! Facts about one PE file: its imports and its hardening. Reads only, judges nothing.

use super::{LONGEST_NAMES, MOST_NAMES};
use anyhow::{Context, Result, ensure};
use object::LittleEndian as LE;
use object::pe::{self, ImageDosHeader, ImageNtHeaders32, ImageNtHeaders64};
use object::read::coff::SectionTable;
use object::read::pe::{ImageNtHeaders, ImageOptionalHeader, optional_header_magic};

/// Limit for a name: longer than that of any library.
const LONGEST_NAME: usize = 512;

#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Pe {
    pub machine: u16,
    pub imports: Vec<String>,
    /// IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE
    pub aslr: bool,
    /// IMAGE_DLLCHARACTERISTICS_NX_COMPAT
    pub nx: bool,
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
    let flags = headers.optional_header().dll_characteristics();
    let mut found = Pe {
        machine: headers.file_header().machine.get(LE).0,
        imports: Vec::new(),
        aslr: flags.contains(pe::IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE),
        nx: flags.contains(pe::IMAGE_DLLCHARACTERISTICS_NX_COMPAT),
    };
    let mut length = 0;
    let mut import = |address| {
        let name = name(data, &sections, address)?;
        length += name.len();
        ensure!(found.imports.len() < MOST_NAMES, "it imports from more than {MOST_NAMES} libraries");
        ensure!(length <= LONGEST_NAMES, "the names of its libraries have more than {LONGEST_NAMES} bytes");
        found.imports.push(name);
        Ok(())
    };
    if let Some(table) = directories.import_table(data, &sections)? {
        let mut descriptors = table.descriptors()?;
        while let Some(descriptor) = descriptors.next()? {
            import(descriptor.name.get(LE))?;
        }
    }
    if let Some(table) = directories.delay_load_import_table(data, &sections)? {
        let mut descriptors = table.descriptors()?;
        while let Some(descriptor) = descriptors.next()? {
            import(descriptor.dll_name_rva.get(LE))?;
        }
    }
    Ok(found)
}

fn name(data: &[u8], sections: &SectionTable, address: u32) -> Result<String> {
    let rest = sections.pe_data_at(data, address).context("the name of an import lies outside of the file")?;
    let end = rest.iter().take(LONGEST_NAME).position(|byte| *byte == 0).context("the name of an import has no end")?;
    Ok(crate::shown::name(&rest[..end]))
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    #[test]
    fn imports_and_flags_are_read() {
        let data = fixture::Pe { imports: &["KERNEL32.dll", "python313.dll"], ..fixture::Pe::default() }.bytes();
        let wanted = Pe {
            machine: pe::IMAGE_FILE_MACHINE_AMD64.0,
            imports: vec!["KERNEL32.dll".into(), "python313.dll".into()],
            aslr: true,
            nx: true,
        };
        assert!(is_pe(&data));
        assert_eq!(parse(&data).unwrap(), wanted);
        for length in [20, 64, 100, 300, data.len() - 1] {
            assert!(parse(&data[..length]).is_err(), "{length}");
        }
        let weak = fixture::Pe { flags: 0, ..fixture::Pe::default() }.bytes();
        assert!(matches!(parse(&weak).unwrap(), Pe { aslr: false, nx: false, .. }));
    }

    #[test]
    fn libraries_are_not_without_number() {
        let of_number = |number| parse(&fixture::Pe { imports: &vec!["x.dll"; number], flags: 0 }.bytes());
        assert_eq!(of_number(1000).unwrap().imports.len(), 1000);
        assert!(of_number(5000).unwrap_err().to_string().contains("it imports from more than"));
    }

    #[test]
    fn a_section_lies_inside_of_the_file() {
        let mut data = fixture::Pe { imports: &["KERNEL32.dll"], ..fixture::Pe::default() }.bytes();
        let [inside, outside] = [0, 1].map(|more| (data.len() as u32 - 512 + more).to_le_bytes());
        // Its sizes in memory and in the file, behind all headers: the smaller one counts.
        for size in [8, 16].map(|at| 64 + 24 + 240 + at) {
            assert_eq!(data[size..size + 4], inside);
            assert!(parse(&data).is_ok());
            data[size..size + 4].copy_from_slice(&outside);
        }
        assert!(parse(&data).unwrap_err().to_string().contains("a section lies outside"));
    }

    #[test]
    fn a_text_is_no_program() {
        assert!(!is_pe(b"MZ is a name that starts many a text, one of more than sixty-four letters, too\n\0"));
        assert!(!is_pe(b"MZ") && !is_pe(b""));
    }
}
