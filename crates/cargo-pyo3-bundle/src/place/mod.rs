//! The output folder of a command. The result is made in a working folder beside it, and renamed when it is complete.
//! An existing folder is replaced only if it is empty or an earlier result. Everything else stays.

use crate::problem::{About, Problem};
use crate::shown::{shown, word};
use crate::system;
use anyhow::Result;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// Marks a working folder as one of these. Without the mark, a folder of that name belongs to somebody else.
const MARK: &str = ".cargo-pack";
const MARK_TEXT: &str =
    "The working folder of a run of `cargo pyo3-bundle`. The next run removes what an interrupted one left.\n";

/// The kind of result that a place is for.
#[derive(Clone, Copy)]
pub struct Replaceable {
    /// `a dist`, for messages.
    pub name: &'static str,
    /// Checks that a folder is such a result and nothing else. The error says what is wrong with it.
    pub check: fn(&Path) -> Result<(), String>,
}

/// An output folder that one run holds until it drops it or ends: the kernel keeps the lock on the working folder.
pub struct Place {
    out: PathBuf,
    work: PathBuf,
    kind: Replaceable,
    _lock: File,
}

/// Resolves all of a path but its last name, where a link stays a link.
pub fn resolve(out: &Path) -> Result<PathBuf> {
    let Some(name) = out.file_name() else {
        let why = "wanted a path that ends in the name of a folder";
        return Err(Problem::without_hint(format!("cannot write to `{}`", shown(out)), why).into());
    };
    let parent = out.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let resolved = parent.canonicalize().map_err(|error| {
        let hint = format!("mkdir -p {}", word(parent));
        Problem::new(format!("cannot write to `{}`", shown(out)), format!("`{}`: {error}", shown(parent)), hint)
    })?;
    Ok(resolved.join(name))
}

impl Place {
    /// Claims the place. Fails before anything is made if the existing folder may not be replaced.
    pub fn open(out: &Path, kind: Replaceable) -> Result<Self> {
        let out = resolve(out)?;
        check(&out, &out, kind)?;
        let mut name = out.file_name().unwrap_or_default().to_owned();
        name.push(".partial");
        let work = out.with_file_name(name);
        let lock = claim(&work, &out)?;
        let place = Place { out, work, kind, _lock: lock };
        place.require_movable()?;
        place.restore()?;
        place.clear()?; // a killed run may have left something
        Ok(place)
    }

    /// The folder to make the result in. It does not exist yet.
    pub fn new_folder(&self) -> PathBuf {
        self.work.join("new")
    }

    /// The folder of the earlier result while the new one takes its place.
    fn old(&self) -> PathBuf {
        self.work.join("old")
    }

    /// Fails if the folder cannot be moved aside later, for example because a file system is mounted there. The working
    /// folder is not empty, so this renaming always fails. Any error but that one tells why.
    fn require_movable(&self) -> Result<()> {
        use io::ErrorKind::{AlreadyExists, DirectoryNotEmpty, NotFound, ResourceBusy};
        let Err(error) = fs::rename(&self.out, &self.work) else { return Ok(()) };
        let why = match error.kind() {
            NotFound | DirectoryNotEmpty | AlreadyExists => return Ok(()),
            ResourceBusy => "wanted a folder that can be renamed, found a mount point".to_owned(),
            _ => format!("it cannot be renamed: {error}"),
        };
        Err(Problem::without_hint(format!("`{}` is not replaced", shown(&self.out)), why).into())
    }

    /// Puts the new folder in its place. If that fails, the earlier result is put back, or the error names its place.
    pub fn publish(self) -> Result<()> {
        let Err(error) = self.replace() else { return self.clear() };
        if self.restore().is_ok() && !is_there(&self.old()) {
            return Err(error);
        }
        Err(self.kept(&format!("{error:#}")).into())
    }

    fn replace(&self) -> Result<()> {
        match fs::rename(&self.out, self.old()) {
            // Nobody else sees the folder any more, so this check decides.
            Ok(()) => check(&self.old(), &self.out, self.kind)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error).about("cannot move aside", &self.out).map_err(Into::into),
        }
        Ok(fs::rename(self.new_folder(), &self.out).about("cannot create", &self.out)?)
    }

    /// Says that the folder which was moved aside is neither removed nor put back.
    fn kept(&self, why: &str) -> Problem {
        let mut kept = self.out.as_os_str().to_owned();
        kept.push(".kept");
        let hint = format!("mv {} {}", word(&self.old()), word(Path::new(&kept)));
        let what = format!("what was at `{}` is now at `{}`", shown(&self.out), shown(&self.old()));
        Problem::new(what, why, hint)
    }

    /// Puts the earlier result back where a run was killed or failed between the two renames.
    fn restore(&self) -> Result<()> {
        if is_there(&self.old()) && !is_there(&self.out) {
            fs::rename(self.old(), &self.out).about("cannot put back", &self.out)?;
        }
        Ok(())
    }

    /// Removes the earlier result and an unfinished new one. Anything else in the earlier one's place stays.
    fn clear(&self) -> Result<()> {
        self.remove_new()?;
        if is_there(&self.old()) {
            check(&self.old(), &self.out, self.kind).map_err(|error| self.kept(&format!("{error:#}")))?;
            // A run that is killed here leaves a part of it, which is an earlier result no more.
            fs::rename(self.old(), self.new_folder()).about("cannot rename", &self.old())?;
        }
        self.remove_new()
    }

    fn remove_new(&self) -> Result<()> {
        match fs::remove_dir_all(self.new_folder()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(error).about("cannot remove", &self.new_folder()).map_err(Into::into)
            }
            _ => Ok(()),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // An earlier error matters more, and the next run tries again. The mark goes last. Whatever was moved aside and
        // cannot be put back stays: only a whole new result makes it needless.
        let gone = self.restore().and_then(|()| self.remove_new());
        if gone.is_ok() && !is_there(&self.old()) && fs::remove_file(self.work.join(MARK)).is_ok() {
            let _ = fs::remove_dir(&self.work);
        }
    }
}

fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// Checks that the folder at `path`, which is or was the one at `out`, may be replaced.
fn check(path: &Path, out: &Path, kind: Replaceable) -> Result<()> {
    let found = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error).about("cannot read", out).map_err(Into::into),
        Ok(metadata) if metadata.is_symlink() => "a link".to_owned(),
        Ok(metadata) if !metadata.is_dir() => "a file".to_owned(),
        Ok(_) if fs::read_dir(path).about("cannot list", out)?.next().is_none() => return Ok(()),
        Ok(_) => match (kind.check)(path) {
            Ok(()) => return Ok(()),
            Err(why) => format!("a folder of another kind: {why}"),
        },
    };
    let why = format!("wanted {}, an empty folder or nothing, found {found}", kind.name);
    // Without a hint: it may be a home or a source tree, which should not be moved.
    Err(Problem::without_hint(format!("`{}` is not replaced", shown(out)), why).into())
}

/// Says that something has the name of the working folder.
fn in_the_way(path: &Path, why: &str) -> Problem {
    let mut kept = path.as_os_str().to_owned();
    kept.push(".kept");
    let hint = format!("mv {} {}", word(path), word(Path::new(&kept)));
    Problem::new(format!("`{}` is not replaced", shown(path)), why, hint)
}

/// Creates the working folder, or takes over the one that a killed run left, and locks it.
fn claim(work: &Path, out: &Path) -> Result<File> {
    loop {
        match fs::create_dir(work) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(error).about("cannot create", work).map_err(Into::into);
            }
            _ => {}
        }
        let lock = match system::open_folder(work) {
            Ok(lock) => lock,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue, // another run has just ended
            Err(error) if system::is_no_folder(&error) => {
                return Err(in_the_way(work, "wanted a folder to work in, found a link or a file").into());
            }
            Err(error) => return Err(error).about("cannot open", work).map_err(Into::into),
        };
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let what = format!("`{}` is being made by another run", shown(out));
                let why = format!("`{}` is locked", shown(work));
                return Err(Problem::new(what, why, format!("fuser -v {}", word(work))).into());
            }
            Err(TryLockError::Error(error)) => return Err(error).about("cannot lock", work).map_err(Into::into),
        }
        // The run that held the lock before may have removed the folder that we opened.
        if system::is_still(&lock, work).about("cannot read", work)? {
            mark(work)?;
            return Ok(lock);
        }
    }
}

/// Marks the working folder. One without a mark has to be empty: then its run was killed before it marked the folder.
fn mark(work: &Path) -> Result<()> {
    let mark = work.join(MARK);
    let is_ours = mark.symlink_metadata().is_ok_and(|found| found.is_file())
        && fs::read_to_string(&mark).is_ok_and(|text| MARK_TEXT.starts_with(&text)); // writing it may have been interrupted
    if is_ours {
        return Ok(());
    }
    if let Some(entry) = fs::read_dir(work).about("cannot list", work)?.next() {
        let found = shown(Path::new(&entry.about("cannot list", work)?.file_name()));
        let why = format!("wanted an empty folder or one that an interrupted run left, found `{found}` in it");
        return Err(in_the_way(work, &why).into());
    }
    Ok(fs::write(&mark, MARK_TEXT).about("cannot write", &mark)?)
}

#[cfg(all(test, unix))]
mod tests;
