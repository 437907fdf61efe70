//! The output folder of a command. The result is made in a working folder beside it, and renamed when it is complete.
//! An existing folder is replaced only if it is empty or an earlier result. Everything else stays.

use crate::problem::{About, Problem};
use crate::shown::{shown, word};
use anyhow::Result;
use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Marks a working folder as one of these. Without the mark, a folder of that name belongs to somebody else.
const MARK: &str = ".cargo-pack";
const MARK_TEXT: &str =
    "The working folder of a run of `cargo pack`. The next run removes what an interrupted one left.\n";

/// The kind of result that a place is for.
#[derive(Clone, Copy)]
pub struct Kind {
    /// `a dist`, for messages.
    pub name: &'static str,
    /// Checks that a folder is such a result and nothing else. The error says what is wrong with it.
    pub check: fn(&Path) -> Result<(), String>,
}

/// An output folder that one run holds until it drops it or ends: the kernel keeps the lock on the working folder.
pub struct Place {
    out: PathBuf,
    work: PathBuf,
    kind: Kind,
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
    pub fn open(out: &Path, kind: Kind) -> Result<Self> {
        let out = resolve(out)?;
        check(&out, &out, kind)?;
        let mut name = out.file_name().unwrap_or_default().to_owned();
        name.push(".partial");
        let work = out.with_file_name(name);
        let lock = claim(&work, &out)?;
        let place = Place { out, work, kind, _lock: lock };
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

    /// Puts the new folder in its place.
    pub fn publish(self) -> Result<()> {
        match fs::rename(&self.out, self.old()) {
            // Nobody else sees the folder any more, so this check decides.
            Ok(()) => check(&self.old(), &self.out, self.kind)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error).about("cannot move aside", &self.out).map_err(Into::into),
        }
        fs::rename(self.new_folder(), &self.out).about("cannot create", &self.out)?;
        self.clear()
    }

    /// Puts the earlier result back where a run was killed or failed between the two renames.
    fn restore(&self) -> Result<()> {
        if is_there(&self.old()) && !is_there(&self.out) {
            fs::rename(self.old(), &self.out).about("cannot put back", &self.out)?;
        }
        Ok(())
    }

    fn clear(&self) -> Result<()> {
        for folder in [self.new_folder(), self.old()] {
            match fs::remove_dir_all(&folder) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(error).about("cannot remove", &folder).map_err(Into::into);
                }
                _ => {}
            }
        }
        Ok(())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // An earlier error matters more, and the next run tries again. The mark goes last.
        let gone = self.restore().and_then(|()| self.clear());
        if gone.is_ok() && fs::remove_file(self.work.join(MARK)).is_ok() {
            let _ = fs::remove_dir(&self.work);
        }
    }
}

fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// Checks that the folder at `path`, which is or was the one at `out`, may be replaced.
fn check(path: &Path, out: &Path, kind: Kind) -> Result<()> {
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
    Err(in_the_way(out, &format!("wanted {}, an empty folder or nothing, found {found}", kind.name)).into())
}

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
        let open = File::options().read(true).custom_flags(libc::O_DIRECTORY | libc::O_NOFOLLOW).open(work);
        let lock = match open {
            Ok(lock) => lock,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue, // another run has just ended
            Err(error) if matches!(error.raw_os_error(), Some(libc::ELOOP | libc::ENOTDIR)) => {
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
        let locked = lock.metadata().about("cannot read", work)?;
        let there = fs::symlink_metadata(work).ok();
        if there.is_some_and(|there| (there.dev(), there.ino()) == (locked.dev(), locked.ino())) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    /// For these tests, a folder with a file `result` in it and nothing else.
    const RESULT: Kind = Kind { name: "a result", check: is_result };

    fn is_result(folder: &Path) -> Result<(), String> {
        let names: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        if names == ["result"] { Ok(()) } else { Err(format!("{names:?}")) }
    }

    fn make(place: &Place, text: &str) {
        fs::create_dir(place.new_folder()).unwrap();
        fs::write(place.new_folder().join("result"), text).unwrap();
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = entries.collect();
        names.sort();
        names
    }

    fn refused(out: &Path) -> String {
        Place::open(out, RESULT).err().unwrap().to_string()
    }

    #[test]
    fn a_result_is_replaced_by_a_whole_one_and_nothing_else_stays() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        for text in ["one", "two"] {
            let place = Place::open(&out, RESULT).unwrap();
            make(&place, text);
            place.publish().unwrap();
            assert_eq!(fs::read_to_string(out.join("result")).unwrap(), text);
            assert_eq!(names(folder.path()), ["out"]);
        }
        drop(Place::open(&out, RESULT).unwrap());
        assert_eq!(fs::read_to_string(out.join("result")).unwrap(), "two");
        assert_eq!(names(folder.path()), ["out"]);
        assert!(Place::open(&out, RESULT).unwrap().publish().is_err(), "nothing was made");
        assert_eq!(fs::read_to_string(out.join("result")).unwrap(), "two");
        assert_eq!(names(folder.path()), ["out"]);
    }

    #[test]
    fn an_empty_folder_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::open(folder.path(), RESULT).unwrap();
        make(&place, "new");
        place.publish().unwrap();
        assert_eq!(names(folder.path()), ["result"]);
    }

    #[test]
    fn anything_else_is_refused_and_stays() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("home")).unwrap();
        fs::write(at("home/letters"), "dear").unwrap();
        fs::write(at("file"), "text").unwrap();
        symlink("home", at("link")).unwrap();
        symlink("nowhere", at("dangling")).unwrap();
        for (name, found) in [("home", "letters"), ("file", "a file"), ("link", "a link"), ("dangling", "a link")] {
            let text = refused(&at(name));
            assert!(text.contains("is not replaced") && text.contains(found) && text.contains("\nhint: mv "), "{text}");
        }
        assert_eq!(names(folder.path()), ["dangling", "file", "home", "link"]);
        assert_eq!(fs::read_to_string(at("home/letters")).unwrap(), "dear");
    }

    #[test]
    fn what_came_into_the_place_meanwhile_stays() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        let place = Place::open(&out, RESULT).unwrap();
        make(&place, "new");
        fs::create_dir(&out).unwrap();
        fs::write(out.join("letters"), "dear").unwrap();
        assert!(place.publish().unwrap_err().to_string().contains("letters"));
        assert_eq!(names(folder.path()), ["out"]);
        assert_eq!(names(&out), ["letters"]);
    }

    #[test]
    fn a_folder_that_only_has_the_name_of_a_working_folder_is_refused_and_stays() {
        let folder = tempfile::tempdir().unwrap();
        let (out, work) = (folder.path().join("out"), folder.path().join("out.partial"));
        fs::create_dir(&work).unwrap();
        fs::write(work.join("new"), "of the user").unwrap();
        assert!(refused(&out).contains("`new` in it"), "{}", refused(&out));
        assert_eq!(names(&work), ["new"]);
        fs::remove_dir_all(&work).unwrap();
        fs::create_dir(folder.path().join("elsewhere")).unwrap();
        symlink("elsewhere", &work).unwrap();
        assert!(refused(&out).contains("found a link"), "{}", refused(&out));
        assert_eq!(names(&folder.path().join("elsewhere")), Vec::<String>::new());
        fs::remove_file(&work).unwrap();
        fs::create_dir(folder.path().join("out.old")).unwrap();
        let place = Place::open(&out, RESULT).unwrap();
        make(&place, "new");
        place.publish().unwrap();
        assert_eq!(names(folder.path()), ["elsewhere", "out", "out.old"]);
    }

    /// As if the process had been killed: nothing is cleaned up, and the kernel gives the lock back.
    fn kill(place: Place) {
        let Place { _lock, .. } = &place;
        _lock.unlock().unwrap();
        std::mem::forget(place);
    }

    #[test]
    fn the_next_run_cleans_up_after_a_killed_one_whenever_that_was() {
        let folder = tempfile::tempdir().unwrap();
        let (out, work) = (folder.path().join("out"), folder.path().join("out.partial"));
        let place = Place::open(&out, RESULT).unwrap();
        make(&place, "one");
        place.publish().unwrap();
        let place = Place::open(&out, RESULT).unwrap();
        make(&place, "two");
        kill(place);
        assert_eq!(names(folder.path()), ["out", "out.partial"]);
        drop(Place::open(&out, RESULT).unwrap());
        assert_eq!((names(folder.path()), names(&out)), (vec!["out".into()], vec!["result".into()]));
        // Between the two renames, only the working folder has the earlier result.
        let place = Place::open(&out, RESULT).unwrap();
        fs::rename(&out, place.old()).unwrap();
        kill(place);
        drop(Place::open(&out, RESULT).unwrap());
        assert_eq!(fs::read_to_string(out.join("result")).unwrap(), "one");
        // Right after the folder was created, and while the mark was written.
        fs::create_dir(&work).unwrap();
        drop(Place::open(&out, RESULT).unwrap());
        fs::create_dir(&work).unwrap();
        fs::write(work.join(MARK), "The").unwrap();
        drop(Place::open(&out, RESULT).unwrap());
        assert_eq!(names(folder.path()), ["out"]);
    }

    #[test]
    fn two_runs_at_once_exclude_each_other_and_leave_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        let first = Place::open(&out, RESULT).unwrap();
        make(&first, "first");
        let text = refused(&out);
        assert!(text.contains("by another run") && text.contains("hint: fuser"), "{text}");
        assert!(first.new_folder().exists(), "the second must not clean up after the first");
        drop(first);
        assert_eq!(names(folder.path()), Vec::<String>::new());
        drop(Place::open(&out, RESULT).unwrap());
    }

    /// Each run gets the place or is told of another run. No run locks a removed folder or removes another run's
    /// folder.
    #[test]
    fn many_runs_at_once_never_share_the_place() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        let inside = std::sync::atomic::AtomicUsize::new(0);
        let run = || {
            let mut done = 0;
            while done < 50 {
                let place = match Place::open(&out, RESULT) {
                    Ok(place) => place,
                    Err(error) if error.to_string().contains("by another run") => continue,
                    Err(error) => panic!("{error:#}"),
                };
                assert_eq!(inside.fetch_add(1, std::sync::atomic::Ordering::SeqCst), 0);
                make(&place, "x");
                inside.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                drop(place);
                done += 1;
            }
        };
        std::thread::scope(|threads| (0..4).for_each(|_| drop(threads.spawn(run))));
        assert_eq!(names(folder.path()), Vec::<String>::new());
    }

    #[test]
    fn a_place_that_cannot_be_is_a_problem_with_its_hint() {
        let text = refused(Path::new("no/such/out"));
        assert!(text.contains("`no/such/out`") && text.ends_with("hint: mkdir -p no/such"), "{text}");
        assert!(refused(Path::new("..")).contains("the name of a folder"));
    }
}
