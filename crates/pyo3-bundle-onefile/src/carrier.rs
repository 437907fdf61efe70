//! The file that this program is started from: where its payload is, and the payload itself.

use crate::system;
use pyo3_bundle_layout::onefile::{SIZE, Trailer};
use pyo3_bundle_layout::problem::{About, Problem};
use pyo3_bundle_layout::shown::{shown, word};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Take};
use std::path::{Path, PathBuf};

pub struct Carrier {
    pub path: PathBuf,
    pub trailer: Trailer,
    file: File,
    /// Where the payload begins.
    start: u64,
}

impl Carrier {
    pub fn open() -> Result<Self, Problem> {
        let path = std::env::current_exe().map_err(|error| {
            let hint = "mount -t proc proc /proc";
            Problem::new("a one-file program cannot find its own file", error.to_string(), hint)
        })?;
        let mut file = system::own_file(&path).about("cannot read", &path)?;
        let found = read(&mut file).about("cannot read", &path)?;
        let Some((trailer, start)) = found else {
            let why = "wanted the mark of a one-file program at its end: the download was cut off, or it was changed";
            return Err(Problem::new(format!("`{}` is not whole", shown(&path)), why, hint(&path)));
        };
        Ok(Carrier { path, trailer, file, start })
    }

    pub fn payload(&self) -> io::Result<Take<&File>> {
        let mut file = &self.file;
        file.seek(SeekFrom::Start(self.start))?;
        Ok(file.take(self.trailer.length))
    }

    /// Says that the payload is not what was packed.
    pub fn damaged(&self, why: &str) -> Problem {
        Problem::new(format!("`{}` is damaged", shown(&self.path)), why, hint(&self.path))
    }
}

/// The sum to compare with the published one.
fn hint(path: &Path) -> String {
    format!("sha256sum {}", word(path))
}

fn read(file: &mut File) -> io::Result<Option<(Trailer, u64)>> {
    let size = file.metadata()?.len();
    let Some(end) = size.checked_sub(SIZE as u64) else { return Ok(None) };
    file.seek(SeekFrom::Start(end))?;
    let mut bytes = [0; SIZE];
    file.read_exact(&mut bytes)?;
    let trailer = Trailer::decode(&bytes);
    Ok(trailer.and_then(|trailer| end.checked_sub(trailer.length).map(|start| (trailer, start))))
}
