//! One place for unpacked programs: whether this one is whole there, and unpacking it under a lock. A folder gets its
//! name when it is complete, so one with that name is; the mark in it says of which payload.

use crate::carrier::Carrier;
use crate::places::Place;
use crate::system;
use crate::unpack;
use pyo3_bundle_layout::onefile::Trailer;
use pyo3_bundle_layout::problem::Problem;
use pyo3_bundle_layout::shown::shown;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// The file in an unpacked folder that is written last. It has the sha256 of the payload.
const MARK: &str = "whole";

/// The licence texts of the stub. Those of the application are in its dist.
const NOTICES: (&str, [&str; 2]) = ("NOTICES", [include_str!("../NOTICES"), include_str!("../LGPL-2.1")]);

/// The file that is locked while something is unpacked or removed.
const LOCK: &str = "lock";

/// What ends the name of a folder that nobody starts a program from.
const PARTIAL: &str = ".partial";

/// The number of digits of the sha256 in a folder's name. Windows has a limit for the length of paths.
const DIGITS: usize = 16;

pub struct Cache {
    place: Place,
    /// `<application>/<digits>`
    unpacked: PathBuf,
    pub program: PathBuf,
    /// The text of the mark.
    mark: String,
}

/// Why nothing was unpacked: another place may do, or none can.
pub enum Failure {
    Place(String),
    Payload(Problem),
}

impl Cache {
    pub fn new(place: Place, trailer: &Trailer) -> Self {
        let unpacked = place.folder.join(trailer.sha256.get(..DIGITS).unwrap_or(&trailer.sha256));
        let program = unpacked.join(&trailer.program);
        Cache { place, unpacked, program, mark: format!("{}\n", trailer.sha256) }
    }

    /// Whether the program is unpacked here; no sum is computed. The error says why nobody should start a program from here.
    pub fn is_whole(&self) -> Result<bool, String> {
        let is_whole = || fs::read_to_string(self.unpacked.join(MARK)).is_ok_and(|mark| mark == self.mark);
        Ok(self.is_trusted()? && is_whole() && self.program.is_file())
    }

    /// Whether the folders are there. Others than this user and the superuser must not be able to change them.
    fn is_trusted(&self) -> Result<bool, String> {
        // The user may have put the cache on another disk, by a link.
        let parent = (&self.place.parent, fs::metadata(&self.place.parent), true);
        let own = [&self.place.folder, &self.unpacked].map(|path| (path, fs::symlink_metadata(path), false));
        for (path, found, is_shared) in std::iter::once(parent).chain(own) {
            match found {
                Ok(found) if !found.is_dir() => return Err(format!("`{}` is not a folder", shown(path))),
                Ok(found) => {
                    if let Some(why) = system::distrust(&found, is_shared) {
                        return Err(format!("`{}` {why}", shown(path)));
                    }
                }
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
                Err(error) => return Err(text(path, &error)),
            }
        }
        Ok(true)
    }

    /// Unpacks the program, unless another process has just done it.
    pub fn make(&self, carrier: &Carrier) -> Result<(), Failure> {
        let folder = &self.place.folder;
        system::create_private(folder).map_err(|error| unusable(folder, &error))?;
        // It may be new, or somebody was faster.
        self.is_trusted().map_err(Failure::Place)?;
        if system::is_noexec(folder) {
            return Err(Failure::Place(format!(
                "`{}` is on a file system that runs no programs (noexec)",
                shown(folder)
            )));
        }
        let lock = folder.join(LOCK);
        let file = fs::File::options().create(true).truncate(false).write(true).open(&lock);
        let file = file.map_err(|error| unusable(&lock, &error))?;
        file.lock().map_err(|error| unusable(&lock, &error))?;
        if self.is_whole().map_err(Failure::Place)? {
            return Ok(());
        }
        self.remove_partial();
        let partial = partial(&self.unpacked);
        let made = self.fill(&partial, carrier);
        if made.is_err() {
            // The earlier error matters more.
            let _ = fs::remove_dir_all(&partial);
        }
        made
    }

    fn fill(&self, partial: &Path, carrier: &Carrier) -> Result<(), Failure> {
        // Somebody has removed a part of it, or it is damaged.
        if self.unpacked.symlink_metadata().is_ok() {
            discard(&self.unpacked).map_err(|error| unusable(&self.unpacked, &error))?;
        }
        system::create_private(partial).map_err(|error| unusable(partial, &error))?;
        unpack::unpack(carrier, partial)?;
        // The mark is the last one.
        for (name, text) in [(NOTICES.0, NOTICES.1.concat().as_str()), (MARK, &self.mark)] {
            let path = partial.join(name);
            fs::write(&path, text).map_err(|error| unusable(&path, &error))?;
        }
        // After a loss of power there is no folder with this name whose files are empty.
        system::sync(partial).map_err(|error| unusable(partial, &error))?;
        fs::rename(partial, &self.unpacked).map_err(|error| unusable(&self.unpacked, &error))
    }

    /// Removes what killed runs have left. Nobody works on it, because the lock is ours.
    fn remove_partial(&self) {
        for path in self.entries() {
            if ends_in_partial(&path) {
                // What cannot be removed is in nobody's way, unless this run needs its name.
                let _ = fs::remove_dir_all(&path);
            }
        }
    }

    /// Removes what other versions of the program have unpacked, except for those in use. It is best effort: the user
    /// wants the program to start.
    pub fn clean(&self) {
        let Ok(lock) = fs::File::options().write(true).open(self.place.folder.join(LOCK)) else { return };
        if lock.try_lock().is_err() {
            return;
        }
        self.remove_partial();
        for path in self.entries() {
            let is_other = path != self.unpacked && path.join(MARK).is_file();
            if is_other && !system::is_in_use(&path) {
                let _ = discard(&path);
            }
        }
    }

    fn entries(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.place.folder).into_iter().flatten();
        entries.filter_map(|entry| Some(entry.ok()?.path())).collect()
    }
}

/// Removes a folder that has a name by which programs are started. It loses its name first, since a part of it must never
/// be taken for all of it.
fn discard(folder: &Path) -> io::Result<()> {
    let renamed = partial(folder);
    fs::rename(folder, &renamed)?;
    fs::remove_dir_all(&renamed)
}

fn partial(folder: &Path) -> PathBuf {
    let mut name = folder.file_name().unwrap_or_default().to_owned();
    name.push(PARTIAL);
    folder.with_file_name(name)
}

fn ends_in_partial(path: &Path) -> bool {
    path.file_name().and_then(OsStr::to_str).is_some_and(|name| name.ends_with(PARTIAL))
}

pub fn unusable(path: &Path, error: &io::Error) -> Failure {
    Failure::Place(text(path, error))
}

fn text(path: &Path, error: &io::Error) -> String {
    format!("`{}`: {error}", shown(path))
}
