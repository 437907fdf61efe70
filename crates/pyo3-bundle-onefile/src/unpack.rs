//! Unpacks the payload, a tar archive in zstd's format as `cargo pyo3-bundle archive` writes it, and compares its sum
//! meanwhile. The names are GNU's: one of over 100 bytes is an entry of its own before the file's.

use crate::cache::{Failure, unusable};
use crate::carrier::Carrier;
use crate::system;
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

const BLOCK: usize = 512;

/// The size of the pieces that are written to a file at once.
const PIECE: usize = 1 << 17;

pub fn unpack(carrier: &Carrier, folder: &Path) -> Result<(), Failure> {
    let unread = |error: io::Error| Failure::Payload(carrier.damaged(&format!("it cannot be read: {error}")));
    let mut payload = Summed { inner: carrier.payload().map_err(unread)?, digest: Sha256::new() };
    let read = entries(&mut payload, folder);
    if let Err(Failed::Write(failure)) = read {
        return Err(failure);
    }
    // All of it counts, also what is behind the end of the archive.
    io::copy(&mut payload, &mut io::sink()).map_err(unread)?;
    let found: String = payload.digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    let wanted = &carrier.trailer.sha256;
    if found != *wanted {
        return Err(Failure::Payload(
            carrier.damaged(&format!("wanted an archive with sha256 {wanted}, found {found}")),
        ));
    }
    match read {
        Err(Failed::Read(error)) => Err(Failure::Payload(carrier.damaged(&error.to_string()))),
        _ => Ok(()),
    }
}

enum Failed {
    Read(io::Error),
    Write(Failure),
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Failed::Read(error)
    }
}

fn written<T>(result: io::Result<T>, path: &Path) -> Result<T, Failed> {
    result.map_err(|error| Failed::Write(unusable(path, &error)))
}

fn entries(payload: &mut impl Read, folder: &Path) -> Result<(), Failed> {
    let mut archive = zstd::Decoder::new(payload)?;
    let (mut name, mut target) = (None, None);
    let mut header = [0; BLOCK];
    let mut piece = vec![0; PIECE];
    loop {
        archive.read_exact(&mut header)?;
        if header[0] == 0 {
            // The decoder compares its own sum at the end.
            io::copy(&mut archive, &mut io::sink())?;
            return Ok(());
        }
        let size = octal(&header[124..136])?;
        let kind = header[156];
        if kind == b'L' || kind == b'K' {
            let text = long(&mut archive, size)?;
            *(if kind == b'L' { &mut name } else { &mut target }) = Some(text);
            continue;
        }
        let relative = name.take().map_or_else(|| text(&header[..100]), Ok)?;
        let path = folder.join(plain(&relative)?);
        match kind {
            b'5' => written(fs::create_dir(&path), &path)?,
            b'2' => {
                let target = target.take().map_or_else(|| text(&header[157..257]), Ok)?;
                written(system::symlink(&target, &path), &path)?;
            }
            b'0' => {
                let is_program = octal(&header[100..108])? & 0o100 != 0;
                let mut file = written(system::create_file(&path, is_program), &path)?;
                content(&mut archive, size, &mut file, &path, &mut piece)?;
            }
            _ => return Err(invalid("an entry is neither a file nor a folder nor a link")),
        }
    }
}

fn content(archive: &mut impl Read, size: u64, file: &mut File, path: &Path, piece: &mut [u8]) -> Result<(), Failed> {
    let mut left = size;
    while left > 0 {
        let length = left.min(piece.len() as u64) as usize;
        archive.read_exact(&mut piece[..length])?;
        written(file.write_all(&piece[..length]), path)?;
        left -= length as u64;
    }
    Ok(archive.read_exact(&mut piece[..padding(size)])?)
}

/// The number of bytes that fill the last block.
fn padding(size: u64) -> usize {
    (BLOCK - (size % BLOCK as u64) as usize) % BLOCK
}

/// Reads a name that has an entry of its own. It ends in a zero.
fn long(archive: &mut impl Read, size: u64) -> Result<String, Failed> {
    const LONGEST: u64 = 1 << 16;
    if size > LONGEST {
        return Err(invalid("a name is too long"));
    }
    let mut bytes = vec![0; size as usize + padding(size)];
    archive.read_exact(&mut bytes)?;
    text(&bytes)
}

fn text(bytes: &[u8]) -> Result<String, Failed> {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    str::from_utf8(&bytes[..end]).map(str::to_owned).map_err(|_| invalid("a name is not UTF-8"))
}

fn octal(bytes: &[u8]) -> Result<u64, Failed> {
    let digits = text(bytes)?;
    u64::from_str_radix(digits.trim(), 8).map_err(|_| invalid("a number is not octal"))
}

/// Refuses a name that leads out of the folder.
fn plain(name: &str) -> Result<&str, Failed> {
    let name = name.strip_suffix('/').unwrap_or(name);
    let is_plain = |part: &str| !matches!(part, "" | "." | "..") && !part.contains(['\\', ':']);
    if name.split('/').all(is_plain) { Ok(name) } else { Err(invalid("a name leads out of the folder")) }
}

fn invalid(why: &'static str) -> Failed {
    Failed::Read(io::Error::new(io::ErrorKind::InvalidData, why))
}

struct Summed<R> {
    inner: R,
    digest: Sha256,
}

impl<R: Read> Read for Summed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.digest.update(&buffer[..read]);
        Ok(read)
    }
}
