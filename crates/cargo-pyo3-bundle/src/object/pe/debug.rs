//! The place of a PE file's debug information, which its linker writes into the file: a path of the build machine, unless
//! the linker is told otherwise (`/PDBALTPATH`).

use super::LONGEST_NAME;
use anyhow::{Context, Result};
use object::LittleEndian as LE;
use object::pe::{IMAGE_DEBUG_TYPE_CODEVIEW, IMAGE_DIRECTORY_ENTRY_DEBUG, ImageDebugDirectory};
use object::pod::slice_from_all_bytes;
use object::read::coff::SectionTable;
use object::read::pe::DataDirectories;

/// The start of a CodeView record of the current kind. A GUID and a counter are between it and the path.
const RSDS: &[u8] = b"RSDS";
const BEFORE_PATH: usize = 24;

pub fn database(data: &[u8], directories: &DataDirectories, sections: &SectionTable) -> Result<Option<String>> {
    let Some(directory) = directories.get(IMAGE_DIRECTORY_ENTRY_DEBUG) else { return Ok(None) };
    let entries = slice_from_all_bytes::<ImageDebugDirectory>(directory.data(data, sections)?).ok();
    for entry in entries.context("the table of its debug information is cut off")? {
        if entry.typ.get(LE) != IMAGE_DEBUG_TYPE_CODEVIEW {
            continue;
        }
        let (start, size) = (entry.pointer_to_raw_data.get(LE) as usize, entry.size_of_data.get(LE) as usize);
        let record = start.checked_add(size).and_then(|end| data.get(start..end));
        let record = record.context("its debug information lies outside of the file")?;
        if let (true, Some(path)) = (record.starts_with(RSDS), record.get(BEFORE_PATH..)) {
            let end = path.iter().take(LONGEST_NAME).position(|byte| *byte == 0);
            let path = &path[..end.context("the name of its debug information has no end")?];
            return Ok((!path.is_empty()).then(|| String::from_utf8_lossy(path).into_owned()));
        }
    }
    Ok(None)
}
