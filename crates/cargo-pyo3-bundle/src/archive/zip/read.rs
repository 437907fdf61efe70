//! Reads a zip from anywhere as a source of entries. Anything that `write` would not write is an error.
//!
//! Writes nothing. The directory at the end bounds the memory, the allowed size bounds the time: each record has to be the
//! one that would be written, at the place where the one before it ends.

use super::super::entry::{EXECUTABLE, Entry, EntryKind, PLAIN, Source};
use super::super::place::{check_name, check_place};
use super::header::{END, Header, LOCAL, end};
use super::names::Names;
use anyhow::{Context, Result, ensure};
use flate2::Crc;
use flate2::bufread::DeflateDecoder;
use std::io::{self, BufRead, Read, Seek, SeekFrom, Take};

/// Limit for the bytes of the directory, a hundred times those of a dist.
const LARGEST_DIRECTORY: u64 = 64 << 20;

pub struct Reader<R: BufRead> {
    state: State<R>,
    directory: Vec<u8>,
    /// How much of the directory was read.
    at: usize,
    /// The place where the next content's record has to be, and how many bytes may still be unpacked.
    offset: u64,
    allowance: u64,
    names: Names,
    last: Option<Entry>,
}

enum State<R: BufRead> {
    Between(R),
    Content {
        decoder: Box<DeflateDecoder<Take<R>>>,
        left: u64,
        sum: Crc,
        wanted: u32,
    },
    /// After an error.
    Lost,
}

impl<R: BufRead + Seek> Reader<R> {
    pub fn new(mut input: R, allowance: u64) -> Result<Self> {
        let length = input.seek(SeekFrom::End(0))?;
        let record = length.checked_sub(END as u64).context("the archive is cut off or damaged")?;
        input.seek(SeekFrom::Start(record))?;
        let mut found = [0; END];
        input.read_exact(&mut found)?;
        let word = |at: usize| u32::from_le_bytes([found[at], found[at + 1], found[at + 2], found[at + 3]]);
        let (size, offset) = (word(12), word(16));
        let count = u16::from_le_bytes([found[10], found[11]]);
        ensure!(found[..] == end(count, size, offset), "the archive is cut off, damaged, or goes on after its end");
        ensure!(u64::from(size) <= LARGEST_DIRECTORY, "the directory of the archive has {size} bytes");
        ensure!(u64::from(offset) + u64::from(size) == record, "the directory of the archive is not where it says");
        let mut directory = vec![0; size as usize];
        input.seek(SeekFrom::Start(offset.into()))?;
        input.read_exact(&mut directory)?;
        input.seek(SeekFrom::Start(0))?;
        let counted = counted(&directory)?;
        ensure!(counted == usize::from(count), "the archive says that it has {count} entries, and has {counted}");
        ensure!(count > 0, "the archive is empty");
        let (names, state) = (Names::default(), State::Between(input));
        Ok(Reader { state, directory, at: 0, offset: 0, allowance, names, last: None })
    }
}

fn counted(mut directory: &[u8]) -> Result<usize> {
    let mut count = 0;
    while !directory.is_empty() {
        directory = Header::parse(directory)?.2;
        count += 1;
    }
    Ok(count)
}

impl<R: BufRead> Reader<R> {
    /// Ends the content of the last entry, which has to be all of its bytes.
    fn between(&mut self) -> Result<R> {
        io::copy(&mut Read::by_ref(self), &mut io::sink()).context("the archive is cut off or damaged")?;
        match std::mem::replace(&mut self.state, State::Lost) {
            State::Between(input) => Ok(input),
            State::Lost => Err(anyhow::anyhow!("the archive is cut off or damaged")),
            State::Content { mut decoder, sum, wanted, .. } => {
                let ends = decoder.read(&mut [0])? == 0;
                let rest = decoder.into_inner();
                ensure!(ends && rest.limit() == 0, "the content of an entry is longer than it says");
                ensure!(sum.sum() == wanted, "the content of an entry has another sum than it says");
                Ok(rest.into_inner())
            }
        }
    }

    fn entry(&mut self, header: &Header, offset: u32, input: &mut R) -> Result<Entry> {
        ensure!(u64::from(offset) == self.offset, "it is not where the entry before it ends");
        let name = header.name.strip_suffix('/').unwrap_or(&header.name);
        check_name(name)?;
        self.names.add(name)?;
        let mut local = vec![0; LOCAL + header.name.len()];
        input.read_exact(&mut local).context("the archive is cut off or damaged")?;
        ensure!(local == header.local(), "its two records differ");
        let (kind, modes) = match header.is_folder() {
            true => (EntryKind::Folder, [EXECUTABLE, EXECUTABLE]),
            false => (EntryKind::File(header.size.into()), [EXECUTABLE, PLAIN]),
        };
        ensure!(modes.contains(&header.mode), "its mode is {:o}", header.mode);
        ensure!(header.size == 0 || !header.is_folder(), "it has content and is not a file");
        ensure!(header.size > 0 || header.packed == 0 && header.sum == 0, "it has bytes and no content");
        let left = self.allowance.checked_sub(u64::from(header.size) + local.len() as u64);
        self.allowance = left.context("the archive unpacks to more than it may")?;
        self.offset += local.len() as u64 + u64::from(header.packed);
        let entry = Entry { name: name.to_owned(), kind, mode: header.mode, time: header.time };
        check_place(self.last.as_ref(), name)?;
        Ok(entry)
    }
}

impl<R: BufRead> Source for Reader<R> {
    fn advance(&mut self) -> Result<Option<Entry>> {
        let mut input = self.between()?;
        if self.at == self.directory.len() {
            self.state = State::Between(input);
            return Ok(None);
        }
        let (header, offset, rest) = Header::parse(&self.directory[self.at..])?;
        self.at = self.directory.len() - rest.len();
        let entry =
            self.entry(&header, offset, &mut input).with_context(|| format!("`{}`", header.name.escape_debug()))?;
        self.state = match header.size {
            0 => State::Between(input),
            size => State::Content {
                decoder: Box::new(DeflateDecoder::new(input.take(header.packed.into()))),
                left: size.into(),
                sum: Crc::new(),
                wanted: header.sum,
            },
        };
        self.last = Some(entry.clone());
        Ok(Some(entry))
    }
}

impl<R: BufRead> Read for Reader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let State::Content { decoder, left, sum, .. } = &mut self.state else { return Ok(0) };
        let wanted = buffer.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
        if wanted == 0 {
            return Ok(0);
        }
        let read = decoder.read(&mut buffer[..wanted])?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        sum.update(&buffer[..read]);
        *left -= read as u64;
        Ok(read)
    }
}
