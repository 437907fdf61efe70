//! POSIX: the program takes the place of this process, and folders have owners.

use std::ffi::CString;
use std::fs::{self, DirBuilder, File, Metadata};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

pub use std::os::unix::fs::symlink;

pub type Status = libc::c_int;

/// The command line as the system has given it.
pub struct Words(*const *const libc::c_char);

impl Words {
    /// # Safety
    ///
    /// `words` ends in a null pointer and lives as long as the process, as the second argument of `main` does.
    pub unsafe fn of_main(words: *const *const libc::c_char) -> Self {
        Words(words)
    }
}

/// The variable for the folder for temporary files, and the folder that is meant without it.
pub const TEMPORARY: &str = "TMPDIR";
pub const SHARED: Option<&str> = Some("/tmp");

/// The user's cache. `variable` gives absolute paths only.
pub fn cache(variable: &dyn Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    if cfg!(target_os = "macos") {
        return Some(variable("HOME")?.join("Library/Caches"));
    }
    variable("XDG_CACHE_HOME").or_else(|| Some(variable("HOME")?.join(".cache")))
}

/// A name that no two users have in a folder that they share.
pub fn name_for_user(application: &str) -> String {
    format!("{application}-{}", user())
}

fn user() -> u32 {
    // SAFETY: it only asks.
    unsafe { libc::geteuid() }
}

/// Opens the file that this process runs, even if it has another name by now.
pub fn own_file(path: &Path) -> io::Result<File> {
    File::open(if cfg!(target_os = "linux") { Path::new("/proc/self/exe") } else { path })
}

/// Says why a program from that folder could be somebody else's. A shared one may have the bit by which only owners
/// remove and rename.
pub fn distrust(found: &Metadata, is_shared: bool) -> Option<String> {
    const OTHERS: u32 = 0o022;
    const OWNERS_ONLY: u32 = 0o1000;
    if found.uid() != user() && found.uid() != 0 {
        return Some(format!("belongs to another user (uid {})", found.uid()));
    }
    let is_safe = found.mode() & OTHERS == 0 || is_shared && found.mode() & OWNERS_ONLY != 0;
    (!is_safe).then(|| format!("can be changed by other users (mode {:04o})", found.mode() & 0o7777))
}

/// Creates a folder and those above it, where only this user looks.
pub fn create_private(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

pub fn create_file(path: &Path, is_program: bool) -> io::Result<File> {
    let mode = if is_program { 0o755 } else { 0o644 };
    File::options().write(true).create_new(true).mode(mode).open(path)
}

/// Whether no program can be run from there. Where the system does not tell, the start fails and says it.
pub fn is_noexec(folder: &Path) -> bool {
    #[cfg(target_os = "linux")]
    if let Ok(path) = CString::new(folder.as_os_str().as_bytes()) {
        // SAFETY: zeros are a value of this type, and the path ends in one.
        let mut found: libc::statvfs = unsafe { std::mem::zeroed() };
        // SAFETY: as above.
        let status = unsafe { libc::statvfs(path.as_ptr(), &raw mut found) };
        return status == 0 && found.f_flag & libc::ST_NOEXEC != 0;
    }
    let _ = folder;
    false
}

/// Has the file system write all that it keeps in memory.
pub fn sync(folder: &Path) -> io::Result<()> {
    let opened = File::open(folder)?;
    #[cfg(target_os = "linux")]
    {
        use std::os::fd::AsRawFd;
        // SAFETY: the descriptor is open.
        if unsafe { libc::syncfs(opened.as_raw_fd()) } != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    opened.sync_all()
}

/// Whether a process runs a program of that folder. Only Linux tells.
pub fn is_in_use(folder: &Path) -> bool {
    // The kernel tells programs by their real places.
    let Ok(folder) = fs::canonicalize(folder) else { return false };
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let programs = processes.filter_map(|process| fs::read_link(process.path().join("exe")).ok());
    programs.into_iter().any(|program| program.starts_with(&folder))
}

/// Becomes the program, with this command line. Returns only if that failed.
pub fn become_program(program: &Path, words: &Words) -> io::Error {
    let path = match CString::new(program.as_os_str().as_bytes()) {
        Ok(path) => path,
        Err(error) => return error.into(),
    };
    // SAFETY: the path ends in a zero, and whoever made the words has promised that they end in a null pointer.
    unsafe { libc::execv(path.as_ptr(), words.0) };
    io::Error::last_os_error()
}
