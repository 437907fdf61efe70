//! The kinds of archives, and which of them a dist gets: each system unpacks its own without another program.

use super::compression::Compression;
use super::entry::Source;
use super::progress::Progress;
use super::{read, write, zip};
use crate::problem::About;
use anyhow::Result;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read};
use std::path::Path;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Tar(Compression),
    Zip,
}

impl Kind {
    pub const ALL: [Kind; 3] = [Kind::Tar(Compression::Zstd), Kind::Tar(Compression::Gzip), Kind::Zip];

    /// The kinds for a system, as the metadata names it.
    pub fn of_system(os: &str) -> &'static [Kind] {
        let (tar, zip) = Kind::ALL.split_at(2);
        if os == "windows" { zip } else { tar }
    }

    pub fn ending(self) -> &'static str {
        match self {
            Kind::Tar(compression) => compression.ending(),
            Kind::Zip => "zip",
        }
    }

    /// Tells the kind by how the file begins, whatever its name.
    pub fn of(file: &Path) -> Result<Option<Self>> {
        let mut magic = Vec::new();
        let open = File::open(file).and_then(|file| file.take(4).read_to_end(&mut magic));
        open.about("cannot read", file)?;
        Ok(if magic == zip::MAGIC { Some(Kind::Zip) } else { Compression::of(&magic).map(Kind::Tar) })
    }

    /// The time of the entries, which not every kind has to the second.
    pub fn time(self, seconds: u64) -> u64 {
        match self {
            Kind::Tar(_) => seconds,
            Kind::Zip => zip::time(seconds),
        }
    }

    /// Writes an archive. `size` is that of the contents as a tar stream.
    pub fn write(self, source: &mut impl Source, path: &Path, size: u64, progress: &Progress) -> Result<()> {
        let file = File::create(path).about("cannot write", path)?;
        let file = match self {
            Kind::Tar(compression) => {
                let encoder = compression.encoder(file, size).about("cannot write", path)?;
                let encoder =
                    write::tar(source, progress.watch(encoder)).map_err(|error| super::unwritten(path, error))?;
                encoder.into_inner().finish().about("cannot write", path)?
            }
            Kind::Zip => {
                let out = BufWriter::new(file);
                zip::write(&mut progress.read(source), out).map_err(|error| super::unwritten(path, error))?
            }
        };
        let sync = |file: BufWriter<File>| file.into_inner()?.sync_all();
        Ok(sync(file).about("cannot write", path)?)
    }

    /// Opens an archive to be read, which may unpack to that many bytes.
    pub fn open(self, path: &Path, size: u64) -> Result<Box<dyn Source>> {
        let file = File::open(path).about("cannot read", path)?;
        Ok(match self {
            Kind::Tar(compression) => {
                Box::new(read::Reader::new(compression.decoder(file).about("cannot read", path)?, size))
            }
            Kind::Zip => {
                Box::new(zip::Reader::new(BufReader::new(file), size).map_err(|error| super::unread(path, error))?)
            }
        })
    }
}
