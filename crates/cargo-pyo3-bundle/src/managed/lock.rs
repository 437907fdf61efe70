//! Only one run installs at a time. The kernel releases the lock when its holder ends, so a lock is never stale.

use super::Places;
use crate::problem::About;
use crate::say::warn;
use anyhow::Result;
use std::fs::{self, File, TryLockError};

/// Waits for the lock, which is held until the file is dropped.
pub fn hold(places: &Places) -> Result<File> {
    let path = places.lock();
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).about("cannot create", parent)?;
    }
    let file = File::options().create(true).append(true).open(&path).about("cannot open", &path)?;
    match file.try_lock() {
        Ok(()) => return Ok(file),
        Err(TryLockError::WouldBlock) => warn("another installation of Python is running: waiting for its end"),
        Err(TryLockError::Error(error)) => return Err(error).about("cannot lock", &path).map_err(Into::into),
    }
    file.lock().about("cannot lock", &path)?;
    Ok(file)
}
