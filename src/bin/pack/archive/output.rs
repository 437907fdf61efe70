//! The folder that archives are put into: nothing stands under its name before it is whole, and their sums come last.

use crate::problem::Problem;
use anyhow::{Context, Result};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

const SUMS: &str = "SHA256SUMS";
const SUM: &str = ".sha256";
const PARTIAL: &str = ".partial";

/// Ours alone until it is dropped, or the process ends however it ends: the kernel holds the lock on the folder itself.
pub struct Output {
    folder: PathBuf,
    _lock: File,
}

/// An archive that was read back.
#[derive(Serialize)]
pub struct Made {
    pub name: String,
    pub size: u64,
    pub sha256: String,
}

impl Output {
    pub fn open(folder: &Path, dist: &Path) -> Result<Self> {
        refuse_inside(&std::path::absolute(folder)?, dist)?; // before it is created
        fs::create_dir_all(folder).with_context(|| format!("cannot create `{}`", folder.display()))?;
        let folder = folder.canonicalize()?;
        refuse_inside(&folder, dist)?;
        let lock = File::open(&folder).with_context(|| format!("cannot open `{}`", folder.display()))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Problem::new(
                    format!("another run writes archives into `{}`", folder.display()),
                    "the folder is locked",
                    format!("fuser '{}'", folder.display()),
                )
                .into());
            }
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("cannot lock `{}`", folder.display()));
            }
        }
        let output = Output { folder, _lock: lock };
        output.clean()?; // a killed run may have left something
        let partial = output.folder.join(PARTIAL);
        fs::create_dir(&partial).with_context(|| format!("cannot create `{}`", partial.display()))?;
        Ok(output)
    }

    pub fn partial(&self, name: &str) -> PathBuf {
        self.folder.join(PARTIAL).join(name)
    }

    /// The sums over all go first and come last: of every archive that stands here, also of other runs.
    pub fn publish(&self, made: &[Made]) -> Result<()> {
        let publish = || -> io::Result<()> {
            remove_file(&self.folder.join(SUMS))?;
            for Made { name, sha256, .. } in made {
                let sum = format!("{name}{SUM}");
                remove_file(&self.folder.join(&sum))?;
                fs::rename(self.partial(name), self.folder.join(name))?;
                self.put(&sum, &format!("{sha256}  {name}\n"))?;
            }
            self.put(SUMS, &self.all_sums()?)
        };
        publish().with_context(|| format!("cannot finish the archives in `{}`", self.folder.display()))
    }

    fn all_sums(&self) -> io::Result<String> {
        let entries: io::Result<Vec<_>> = fs::read_dir(&self.folder)?.map(|entry| Ok(entry?.path())).collect();
        let mut sums: Vec<PathBuf> = entries?;
        sums.retain(|path| path.to_string_lossy().ends_with(SUM) && path.with_extension("").is_file());
        sums.sort();
        sums.iter().map(fs::read_to_string).collect()
    }

    fn put(&self, name: &str, text: &str) -> io::Result<()> {
        fs::write(self.partial(name), text)?;
        fs::rename(self.partial(name), self.folder.join(name))
    }

    fn clean(&self) -> Result<()> {
        let partial = self.folder.join(PARTIAL);
        match fs::remove_dir_all(&partial) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("cannot remove `{}`", partial.display()))
            }
            _ => Ok(()),
        }
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        // What went wrong before is what is reported, and the next run tries again.
        let _ = self.clean();
    }
}

fn refuse_inside(folder: &Path, dist: &Path) -> Result<()> {
    if !folder.starts_with(dist) {
        return Ok(());
    }
    Err(Problem::new(
        format!("`{}` is inside the dist", folder.display()),
        "an archive cannot hold itself",
        format!("cargo pack archive '{}' --out archives", dist.display()),
    )
    .into())
}

fn remove_file(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

impl Made {
    /// Of the bytes as they are read from the disk.
    pub fn new(name: String, path: &Path) -> Result<Self> {
        let mut hasher = Hasher(Sha256::new());
        let size = File::open(path).and_then(|mut file| io::copy(&mut file, &mut hasher));
        let size = size.with_context(|| format!("cannot read `{}`", path.display()))?;
        let sha256 = hasher.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Made { name, size, sha256 })
    }
}

struct Hasher(Sha256);

impl Write for Hasher {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.0.update(data);
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_runs_exclude_each_other_and_leave_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (out, dist) = (folder.path().join("out"), folder.path().join("dist"));
        let first = Output::open(&out, &dist).unwrap();
        fs::write(first.partial("x"), "half").unwrap();
        let error = Output::open(&out, &dist).err().unwrap().to_string();
        assert!(error.contains("another run"), "{error}");
        assert!(first.partial("x").exists(), "the second must not clean up after the first");
        drop(first);
        assert_eq!(fs::read_dir(&out).unwrap().count(), 0);
    }

    #[test]
    fn what_a_killed_run_left_goes() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join(PARTIAL)).unwrap();
        fs::write(folder.path().join(PARTIAL).join("old"), "").unwrap();
        let output = Output::open(folder.path(), Path::new("/no/dist")).unwrap();
        assert!(!output.partial("old").exists());
    }

    #[test]
    fn an_archive_does_not_hold_itself() {
        let dist = tempfile::tempdir().unwrap();
        let root = dist.path().canonicalize().unwrap();
        for out in [root.clone(), root.join("out")] {
            assert!(Output::open(&out, &root).err().unwrap().to_string().contains("inside the dist"));
            assert_eq!(fs::read_dir(&root).unwrap().count(), 0);
        }
    }
}
