//! The two compressions of an archive. Their output depends on nothing but their input: both compress pieces of a fixed
//! size on all cores, and the number of cores only decides how many at once.

use super::blocks::Blocks;
use flate2::bufread::MultiGzDecoder;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use zstd::zstd_safe::CParameter;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    Zstd,
    Gzip,
}

/// Beyond this level the bytes cost twice the time; docs/reproducible.md has the measurements.
const ZSTD_LEVEL: i32 = 18;

/// The largest window (2^27) that every `zstd -d` takes without an option.
const ZSTD_WINDOW: u32 = 27;

/// Size of the input that one worker of zstd compresses. zstd raises it to the size of the overlap: with an overlap of the
/// whole window one job would cover a whole dist.
const ZSTD_JOB: u32 = 36 << 20;
/// A job refers to a quarter of the window before it, 32 MiB (`ZSTD_c_overlapLog`).
const ZSTD_OVERLAP: u32 = 7;

/// A worker takes some 120 MB of memory, and a dist has two to four pieces.
const MOST_WORKERS: usize = 4;

impl Compression {
    #[cfg(test)]
    pub const ALL: [Compression; 2] = [Compression::Zstd, Compression::Gzip];

    pub fn ending(self) -> &'static str {
        match self {
            Compression::Zstd => "tar.zst",
            Compression::Gzip => "tar.gz",
        }
    }

    /// Tells the compression by the first four bytes of a file.
    pub fn of(magic: &[u8]) -> Option<Self> {
        match magic {
            [0x28, 0xb5, 0x2f, 0xfd] => Some(Compression::Zstd),
            [0x1f, 0x8b, ..] => Some(Compression::Gzip),
            _ => None,
        }
    }

    /// Makes an encoder. The size of the input decides how much memory zstd takes.
    pub fn encoder(self, file: File, size: u64) -> io::Result<Encoder<BufWriter<File>>> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        self.encoder_with(BufWriter::new(file), size, cores.min(MOST_WORKERS))
    }

    pub fn encoder_with<W: Write>(self, out: W, size: u64, workers: usize) -> io::Result<Encoder<W>> {
        Ok(match self {
            Compression::Zstd => {
                let mut encoder = zstd::Encoder::new(out, ZSTD_LEVEL)?;
                encoder.include_checksum(true)?;
                encoder.set_pledged_src_size(Some(size))?;
                // Without workers zstd would not cut its input into jobs, and would write other bytes.
                encoder.multithread(workers.max(1) as u32)?;
                encoder.set_parameter(CParameter::WindowLog(ZSTD_WINDOW))?;
                encoder.set_parameter(CParameter::JobSize(ZSTD_JOB))?;
                encoder.set_parameter(CParameter::OverlapSizeLog(ZSTD_OVERLAP))?;
                Encoder::Zstd(encoder)
            }
            Compression::Gzip => Encoder::Gzip(Blocks::new(out, workers)),
        })
    }

    /// Makes a decoder whose memory is bounded: zstd refuses windows beyond 2^27, gzip has 32 KiB.
    pub fn decoder(self, file: File) -> io::Result<Box<dyn Read>> {
        Ok(match self {
            Compression::Zstd => Box::new(zstd::Decoder::new(file)?),
            Compression::Gzip => Box::new(MultiGzDecoder::new(BufReader::new(file))),
        })
    }
}

pub enum Encoder<W: Write> {
    Zstd(zstd::Encoder<'static, W>),
    Gzip(Blocks<W>),
}

impl<W: Write> Encoder<W> {
    pub fn finish(self) -> io::Result<W> {
        match self {
            Encoder::Zstd(encoder) => encoder.finish(),
            Encoder::Gzip(blocks) => blocks.finish(),
        }
    }
}

impl<W: Write> Write for Encoder<W> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        match self {
            Encoder::Zstd(encoder) => encoder.write(data),
            Encoder::Gzip(blocks) => blocks.write(data),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Encoder::Zstd(encoder) => encoder.flush(),
            Encoder::Gzip(blocks) => blocks.flush(),
        }
    }
}
