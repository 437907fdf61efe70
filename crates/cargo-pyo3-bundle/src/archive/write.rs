//! Writes entries as a tar stream that depends on nothing else.
//!
//! The format is GNU's, because every tar reads it. A name over 100 bytes is an entry of its own before the file's. A
//! pax header would say that names are UTF-8, but busybox skips such headers and bsdtar wants a locale that has the
//! letters.

use super::entry::{Entry, EntryKind, Source};
use anyhow::{Context, Result, ensure};
use std::io::{self, Read, Write};
use tar::{Builder, EntryType, Header};

pub fn tar<W: Write>(source: &mut impl Source, out: W) -> Result<W> {
    let mut builder = Builder::new(out);
    while let Some(entry) = source.advance()? {
        append(&mut builder, &entry, source).with_context(|| format!("cannot pack `{}`", entry.name))?;
    }
    builder.into_inner().context("cannot end the archive")
}

/// Counts the bytes that `tar` would write, so that the size of a stream is known before it is compressed.
pub fn size(source: &mut impl Source) -> Result<u64> {
    Ok(tar(source, Counter(0))?.0)
}

fn append<W: Write>(builder: &mut Builder<W>, entry: &Entry, content: &mut impl Read) -> Result<()> {
    let mut header = Header::new_gnu();
    header.set_mode(entry.mode);
    header.set_mtime(entry.time);
    header.set_uid(0);
    header.set_gid(0);
    header.set_size(0);
    match &entry.kind {
        EntryKind::Folder => {
            header.set_entry_type(EntryType::Directory);
            builder.append_data(&mut header, format!("{}/", entry.name), io::empty())?;
        }
        EntryKind::Link(target) => {
            header.set_entry_type(EntryType::Symlink);
            // `append_link` drops a leading `./` of the target. No upstream issue is known.
            match header.set_link_name_literal(target) {
                Ok(()) => builder.append_data(&mut header, &entry.name, io::empty())?,
                Err(_) => builder.append_link(&mut header, &entry.name, target)?,
            }
        }
        EntryKind::File(size) => {
            header.set_entry_type(EntryType::Regular);
            header.set_size(*size);
            let mut content = content.take(size + 1);
            builder.append_data(&mut header, &entry.name, &mut content)?;
            let read = size + 1 - content.limit();
            ensure!(read == *size, "it changed meanwhile: wanted {size} bytes, found {read}");
        }
    }
    Ok(())
}

struct Counter(u64);

impl Write for Counter {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.0 += data.len() as u64;
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
