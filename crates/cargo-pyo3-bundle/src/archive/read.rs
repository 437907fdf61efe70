//! Reads a tar stream from anywhere as a source of entries. An entry that `write` would not write is an error.
//!
//! Writes nothing and follows no link. The length of a name bounds the memory, the allowed size bounds the time. The
//! order makes the checks cheap: a duplicate name is out of order, and a folder is open until an entry outside of it
//! comes.

use super::entry::{EXECUTABLE, Entry, EntryKind, LINK, PLAIN, Source};
use super::place::{check_name, check_place};
use anyhow::{Context, Result, bail, ensure};
use std::io::{self, Read};
use tar::{EntryType, Header};

const BLOCK: usize = 512;

/// Limit for a name or target: Linux's PATH_MAX.
const LONGEST_NAME: u64 = 4096;

pub struct Reader<R> {
    input: R,
    /// How many bytes may still be read: an archive of a few bytes can unpack to any size.
    allowance: u64,
    /// Bytes that are left of the current entry's content, and of the zeros after it.
    content: u64,
    padding: u64,
    last: Option<Entry>,
    ended: bool,
}

impl<R: Read> Reader<R> {
    pub fn new(input: R, allowance: u64) -> Self {
        Reader { input, allowance, content: 0, padding: 0, last: None, ended: false }
    }

    fn block(&mut self) -> Result<[u8; BLOCK]> {
        let mut block = [0; BLOCK];
        self.spend(BLOCK as u64)?;
        self.input.read_exact(&mut block).context("the archive is cut off or damaged")?;
        Ok(block)
    }

    fn spend(&mut self, bytes: u64) -> io::Result<()> {
        self.allowance = self
            .allowance
            .checked_sub(bytes)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "the archive unpacks to more than it may"))?;
        Ok(())
    }

    fn header(&mut self) -> Result<Option<Header>> {
        let block = self.block()?;
        if block == [0; BLOCK] {
            return self.end().map(|()| None);
        }
        let mut header = Header::new_old();
        header.as_mut_bytes().copy_from_slice(&block);
        // The sum counts its own field as spaces: bytes 148 to 155.
        let sum =
            block.iter().enumerate().map(|(at, byte)| if (148..156).contains(&at) { 32 } else { u32::from(*byte) });
        ensure!(header.cksum()? == sum.sum::<u32>(), "the checksum of a header is wrong");
        ensure!(header.as_gnu().is_some(), "an entry is not in GNU's format");
        Ok(Some(header))
    }

    /// Checks that the stream ends with two blocks of zeros, and with zeros that fill a record at most.
    fn end(&mut self) -> Result<()> {
        self.ended = true;
        ensure!(self.block()? == [0; BLOCK], "the archive goes on after its end");
        let mut rest = Vec::new();
        self.input.by_ref().take(64 << 10).read_to_end(&mut rest)?;
        ensure!(rest.len() < 64 << 10 && rest.iter().all(|byte| *byte == 0), "the archive goes on after its end");
        Ok(())
    }

    fn open(&mut self, header: &Header) -> Result<()> {
        self.content = header.entry_size()?;
        self.padding = self.content.wrapping_neg() % BLOCK as u64;
        let whole = self.content.checked_add(self.padding);
        ensure!(whole.is_some_and(|whole| whole <= self.allowance), "the archive unpacks to more than it may");
        Ok(())
    }

    fn skip(&mut self) -> Result<()> {
        io::copy(&mut io::Read::by_ref(self), &mut io::sink()).context("the archive is cut off or damaged")?;
        let mut zeros = [0; BLOCK];
        let zeros = &mut zeros[..std::mem::take(&mut self.padding) as usize];
        self.spend(zeros.len() as u64)?;
        self.input.read_exact(zeros).context("the archive is cut off or damaged")?;
        ensure!(zeros.iter().all(|byte| *byte == 0), "there is something between two entries");
        Ok(())
    }

    /// Reads a name or target that is longer than its field. It ends in a zero byte.
    fn long(&mut self, header: &Header) -> Result<String> {
        self.open(header)?;
        ensure!((1..=LONGEST_NAME).contains(&self.content), "a name is {} bytes long", self.content);
        let mut bytes = Vec::new();
        self.read_to_end(&mut bytes).context("the archive is cut off or damaged")?;
        ensure!(bytes.pop() == Some(0), "a long name does not end");
        self.skip()?;
        text(&bytes)
    }
}

impl<R: Read> Source for Reader<R> {
    fn advance(&mut self) -> Result<Option<Entry>> {
        if self.ended {
            return Ok(None);
        }
        self.skip()?;
        let (mut name, mut target) = (None, None);
        let header = loop {
            let Some(header) = self.header()? else {
                ensure!(name.is_none() && target.is_none(), "a long name has no entry");
                ensure!(self.last.is_some(), "the archive is empty");
                return Ok(None);
            };
            let long = match header.entry_type() {
                EntryType::GNULongName => &mut name,
                EntryType::GNULongLink => &mut target,
                _ => break header,
            };
            ensure!(long.is_none(), "an entry has two long names");
            *long = Some(self.long(&header)?);
        };
        let name = name.map_or_else(|| text(&header.path_bytes()), Ok)?;
        let entry = self.entry(&header, &name, target).with_context(|| format!("`{}`", name.escape_debug()))?;
        self.last = Some(entry.clone());
        Ok(Some(entry))
    }
}

impl<R: Read> Reader<R> {
    fn entry(&mut self, header: &Header, name: &str, long_target: Option<String>) -> Result<Entry> {
        let name = match header.entry_type() {
            EntryType::Directory => name.strip_suffix('/').context("a folder's name ends in a slash")?,
            _ => name,
        };
        check_name(name)?;
        ensure!(header.uid()? == 0 && header.gid()? == 0, "its owner is not 0:0");
        let names = [header.username_bytes(), header.groupname_bytes()];
        ensure!(names.into_iter().flatten().all(<[u8]>::is_empty), "its owner has a name");
        self.open(header)?;
        let mode = header.mode()?;
        let (kind, modes) = match header.entry_type() {
            EntryType::Directory => (EntryKind::Folder, [EXECUTABLE, EXECUTABLE]),
            EntryType::Regular => (EntryKind::File(self.content), [EXECUTABLE, PLAIN]),
            EntryType::Symlink => {
                let short = || text(&header.link_name_bytes().unwrap_or_default());
                let target = long_target.clone().map_or_else(short, Ok)?;
                check_target(name, &target)?;
                (EntryKind::Link(target), [LINK, LINK])
            }
            other => {
                bail!("wanted a file, a folder or a link, found an entry of type {:?}", char::from(other.as_byte()))
            }
        };
        ensure!(modes.contains(&mode), "its mode is {mode:o}");
        ensure!(self.content == 0 || matches!(kind, EntryKind::File(_)), "it has content and is not a file");
        ensure!(long_target.is_none() || matches!(kind, EntryKind::Link(_)), "it has a target and is not a link");
        check_place(self.last.as_ref(), name)?;
        Ok(Entry { name: name.to_owned(), kind, mode, time: header.mtime()? })
    }
}

fn text(bytes: &[u8]) -> Result<String> {
    String::from_utf8(bytes.to_vec()).with_context(|| format!("`{}` is not UTF-8", bytes.escape_ascii()))
}

/// Allows `..` only at the front: after a name, it could go up from wherever that name links to.
fn check_target(name: &str, target: &str) -> Result<()> {
    let up = target.split('/').take_while(|part| *part == "..").count();
    let rest: Vec<_> = target.split('/').skip(up).collect();
    let bad = target.is_empty() || target.starts_with('/') || target.contains('\0') || rest.contains(&"..");
    ensure!(!bad && up < name.split('/').count() - 1, "it links out of the archive, to `{}`", target.escape_debug());
    Ok(())
}

impl<R: Read> Read for Reader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = buffer.len().min(usize::try_from(self.content).unwrap_or(usize::MAX));
        if wanted == 0 {
            return Ok(0);
        }
        let read = self.input.read(&mut buffer[..wanted])?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.spend(read as u64)?;
        self.content -= read as u64;
        Ok(read)
    }
}
