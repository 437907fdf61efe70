//! Only one run installs a Python, or packages for it, at a time. The kernel releases the lock when its holder ends, so a lock is never stale.

use super::Places;
use crate::problem::About;
use crate::say::warn;
use anyhow::Result;
use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;

/// Waits for the lock, which is held until the file is dropped.
pub fn hold(places: &Places) -> Result<File> {
    let path = places.lock();
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).about("cannot create", parent)?;
    }
    let file = match File::options().create(true).append(true).open(&path) {
        // Where all is installed, a checkout need not be writable.
        Err(error) if matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem) => {
            File::open(&path).map_err(|_| error)
        }
        opened => opened,
    };
    let file = file.about("cannot open", &path)?;
    match file.try_lock() {
        Ok(()) => return Ok(file),
        Err(TryLockError::WouldBlock) => warn("another run is installing Python or packages: waiting for its end"),
        Err(TryLockError::Error(error)) => return Err(error).about("cannot lock", &path).map_err(Into::into),
    }
    file.lock().about("cannot lock", &path)?;
    Ok(file)
}
