//! Writes entries as a zip that depends on nothing else. What a zip or Windows cannot take is an error that names it.

use super::super::entry::{Entry, EntryKind, Source};
use super::header::{self, Header};
use super::names::Names;
use anyhow::{Context, Result, bail, ensure};
use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};
use std::io::{Read, Seek, SeekFrom, Write};

/// flate2's highest level: a dist is packed once.
const LEVEL: u32 = 9;

/// The limits of a zip without extensions, which every unpacker knows.
const MOST_ENTRIES: usize = 65_534;

pub fn write<W: Write + Seek>(source: &mut impl Source, mut out: W) -> Result<W> {
    let mut directory = Vec::new();
    let (mut count, mut names) = (0, Names::default());
    while let Some(entry) = source.advance()? {
        let offset = small(out.stream_position()?)?;
        let header =
            append(&mut out, &entry, &mut names, source).with_context(|| format!("cannot pack `{}`", entry.name))?;
        directory.extend(header.central(offset));
        count += 1;
        ensure!(count <= MOST_ENTRIES, "it has more than {MOST_ENTRIES} entries, which a zip cannot count");
    }
    let offset = small(out.stream_position()?)?;
    out.write_all(&directory)?;
    out.write_all(&header::end(count as u16, small(directory.len() as u64)?, offset))?;
    Ok(out)
}

fn append<W: Write + Seek>(out: &mut W, entry: &Entry, names: &mut Names, content: &mut impl Read) -> Result<Header> {
    names.add(&entry.name)?;
    let (name, size) = match &entry.kind {
        EntryKind::Folder => (format!("{}/", entry.name), 0),
        EntryKind::File(size) => (entry.name.clone(), *size),
        EntryKind::Link(_) => bail!("it is a link, and Windows would unpack a text with the name of its target"),
    };
    let mut header = Header { name, mode: entry.mode, time: entry.time, sum: 0, packed: 0, size: small(size)? };
    let start = out.stream_position()?;
    out.write_all(&header.local())?;
    if size > 0 {
        let (sum, packed) = deflate(out, size, content)?;
        (header.sum, header.packed) = (sum, packed);
        let end = out.stream_position()?;
        out.seek(SeekFrom::Start(start))?;
        out.write_all(&header.local())?;
        out.seek(SeekFrom::Start(end))?;
    }
    Ok(header)
}

/// Returns the sum of the content, and the number of bytes that it takes.
fn deflate<W: Write>(out: &mut W, size: u64, content: &mut impl Read) -> Result<(u32, u32)> {
    let mut encoder = DeflateEncoder::new(out, Compression::new(LEVEL));
    let mut sum = Crc::new();
    let mut content = content.take(size + 1);
    let mut buffer = vec![0; 64 << 10];
    loop {
        let read = content.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        sum.update(&buffer[..read]);
        encoder.write_all(&buffer[..read])?;
    }
    let read = size + 1 - content.limit();
    ensure!(read == size, "it changed meanwhile: wanted {size} bytes, found {read}");
    encoder.try_finish()?;
    Ok((sum.sum(), small(encoder.total_out())?))
}

fn small(number: u64) -> Result<u32> {
    let fits = u32::try_from(number).ok().filter(|number| *number < u32::MAX);
    fits.context("it has more than 4 GiB, which a zip cannot count")
}
