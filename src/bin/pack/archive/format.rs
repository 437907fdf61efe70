//! The two compressions of an archive, and what makes their output depend on nothing but their input.

use crate::problem::About;
use anyhow::Result;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Zstd,
    Gzip,
}

/// The highest whose window (2^27) every `zstd -d` takes without being asked. docs/reproducible.md has the measurements.
const ZSTD_LEVEL: i32 = 22;

/// miniz_oxide's, in one thread: its output is the same on every processor, which zlib-ng's descendants do not promise.
const GZIP_LEVEL: u32 = 9;

impl Format {
    pub const ALL: [Format; 2] = [Format::Zstd, Format::Gzip];

    pub fn ending(self) -> &'static str {
        match self {
            Format::Zstd => "tar.zst",
            Format::Gzip => "tar.gz",
        }
    }

    /// By how the file begins, whatever it is called.
    pub fn of(file: &Path) -> Result<Option<Self>> {
        let mut magic = Vec::new();
        let open = File::open(file).and_then(|file| file.take(4).read_to_end(&mut magic));
        open.about("cannot read", file)?;
        Ok(match magic[..] {
            [0x28, 0xb5, 0x2f, 0xfd] => Some(Format::Zstd),
            [0x1f, 0x8b, ..] => Some(Format::Gzip),
            _ => None,
        })
    }

    /// The size of what will be written decides how much memory zstd takes.
    pub fn encoder(self, file: File, size: u64) -> io::Result<Encoder> {
        let file = BufWriter::new(file);
        Ok(match self {
            Format::Zstd => {
                let mut encoder = zstd::Encoder::new(file, ZSTD_LEVEL)?;
                encoder.include_checksum(true)?;
                encoder.set_pledged_src_size(Some(size))?;
                Encoder::Zstd(encoder)
            }
            Format::Gzip => Encoder::Gzip(GzEncoder::new(file, flate2::Compression::new(GZIP_LEVEL))),
        })
    }

    /// Memory is bounded: zstd refuses windows beyond 2^27, gzip has 32 KiB.
    pub fn decoder(self, file: File) -> io::Result<Box<dyn Read>> {
        Ok(match self {
            Format::Zstd => Box::new(zstd::Decoder::new(file)?),
            Format::Gzip => Box::new(OneMember(GzDecoder::new(BufReader::new(file)))),
        })
    }
}

pub enum Encoder {
    Zstd(zstd::Encoder<'static, BufWriter<File>>),
    Gzip(GzEncoder<BufWriter<File>>),
}

impl Encoder {
    /// Everything is on the disk when this returns.
    pub fn finish(self) -> io::Result<()> {
        let file = match self {
            Encoder::Zstd(encoder) => encoder.finish()?,
            Encoder::Gzip(encoder) => encoder.finish()?,
        };
        file.into_inner()?.sync_all()
    }
}

impl Write for Encoder {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        match self {
            Encoder::Zstd(encoder) => encoder.write(data),
            Encoder::Gzip(encoder) => encoder.write(data),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Encoder::Zstd(encoder) => encoder.flush(),
            Encoder::Gzip(encoder) => encoder.flush(),
        }
    }
}

/// gzip's decoder stops at the end of a member and says nothing of what follows. Ours is all of the file.
struct OneMember<R>(GzDecoder<R>);

impl<R: io::BufRead> Read for OneMember<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.0.read(buffer)?;
        if read == 0 && !buffer.is_empty() && !self.0.get_mut().fill_buf()?.is_empty() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "the file goes on after the end of the gzip stream",
            ));
        }
        Ok(read)
    }
}
