//! The one layer of an image: a tar stream of the files at their places, packed with gzip, which every reader of images
//! has. The same files give the same bytes.

use super::base::{HOME, USER};
use crate::archive::Blocks;
use crate::formats::folder::Folder;
use crate::formats::packages::placed::{Placed, What};
use crate::problem::About;
use crate::shown::shown;
use anyhow::{Result, ensure};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use tar::{Builder, EntryType, Header};

pub struct Layer {
    /// At its beginning.
    pub file: File,
    pub size: u64,
    /// Of the file.
    pub digest: String,
    /// Of what is packed in it.
    pub content: String,
}

/// What is not root's, or has another mode than everything else.
const SPECIAL: [(&str, u32, u64); 2] = [("/tmp", 0o1777, 0), (HOME, 0o755, USER)];

/// Writes the layer to a file without a name beside the release.
pub fn write(placed: Vec<Placed>, time: u64, folder: &Folder) -> Result<Layer> {
    let place = folder.path(".");
    let file = tempfile::tempfile_in(&place).about("cannot write to", &place)?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut builder = Builder::new(Sum::new(Blocks::new(Sum::new(file), cores)));
    for placed in with_folders(placed) {
        append(&mut builder, &placed, time)?;
    }
    let unpacked = builder.into_inner()?;
    let content = unpacked.hex();
    let packed = unpacked.out.finish()?;
    let (digest, size, mut file) = (packed.hex(), packed.size, packed.out);
    file.rewind()?;
    Ok(Layer { file, size, digest, content })
}

/// Adds the folders above everything, so that none is made with a mode that a reader chooses.
fn with_folders(mut placed: Vec<Placed>) -> Vec<Placed> {
    let known: BTreeSet<String> = placed.iter().map(|placed| placed.path.clone()).collect();
    let above = known.iter().flat_map(|path| path.rmatch_indices('/').map(|(at, _)| path[..at].to_owned()));
    let missing: BTreeSet<String> = above.filter(|path| !path.is_empty() && !known.contains(path)).collect();
    placed.extend(missing.into_iter().map(|path| Placed { path, what: What::Folder }));
    placed.sort();
    placed
}

fn append<W: Write>(builder: &mut Builder<W>, placed: &Placed, time: u64) -> Result<()> {
    let path = placed.path.trim_start_matches('/');
    let special = SPECIAL.iter().find(|(special, ..)| *special == placed.path);
    let (folder_mode, owner) = special.map_or((0o755, 0), |(_, mode, owner)| (*mode, *owner));
    let mut header = Header::new_gnu();
    header.set_mtime(time);
    header.set_uid(owner);
    header.set_gid(owner);
    header.set_size(0);
    match &placed.what {
        What::Folder => {
            header.set_entry_type(EntryType::Directory);
            header.set_mode(folder_mode);
            builder.append_data(&mut header, format!("{path}/"), io::empty())?;
        }
        What::Link(target) => {
            header.set_entry_type(EntryType::Symlink);
            header.set_mode(0o777);
            builder.append_link(&mut header, path, target)?;
        }
        What::File { from, executable } => {
            let file = File::open(from).about("cannot read", from)?;
            let size = file.metadata().about("cannot read", from)?.len();
            header.set_entry_type(EntryType::Regular);
            header.set_mode(if *executable { 0o755 } else { 0o644 });
            header.set_size(size);
            let mut file = file.take(size);
            builder.append_data(&mut header, path, &mut file)?;
            ensure!(file.limit() == 0, "`{}` changed while it was read", shown(from));
        }
    }
    Ok(())
}

/// Passes everything on, and sums it up.
struct Sum<W> {
    out: W,
    digest: Sha256,
    size: u64,
}

impl<W> Sum<W> {
    fn new(out: W) -> Self {
        Sum { out, digest: Sha256::new(), size: 0 }
    }

    fn hex(&self) -> String {
        hex(self.digest.clone())
    }
}

impl<W: Write> Write for Sum<W> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let taken = self.out.write(data)?;
        self.digest.update(&data[..taken]);
        self.size += taken as u64;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

pub fn hex(digest: Sha256) -> String {
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_folder_comes_before_what_is_in_it() {
        let of = |path: &str| Placed { path: path.into(), what: What::Link("x".into()) };
        let all = with_folders(vec![of("/usr/lib/b/c"), of("/usr/bin/a")]);
        let paths: Vec<&str> = all.iter().map(|placed| placed.path.as_str()).collect();
        assert_eq!(paths, ["/usr", "/usr/bin", "/usr/bin/a", "/usr/lib", "/usr/lib/b", "/usr/lib/b/c"]);
    }
}
