//! POSIX: modes, links, and folders that can be locked.

use std::fs::{self, File, FileType, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::process::Command;

pub use std::os::unix::fs::symlink;

/// Sets the mask of this process, so that a dist has the same modes whoever makes it.
pub fn set_usual_mask() {
    // SAFETY: it only sets the mask.
    unsafe { libc::umask(0o022) };
}

pub fn mode(metadata: &Metadata) -> u32 {
    metadata.permissions().mode()
}

pub fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    fs::set_permissions(path, Permissions::from_mode(mode))
}

/// The permissions of a new file, before the mask takes some of them.
pub fn of_new_file() -> Permissions {
    Permissions::from_mode(0o666)
}

pub fn is_superuser() -> bool {
    // SAFETY: plain call.
    unsafe { libc::geteuid() == 0 }
}

/// Opens a folder to be locked, but not what a link leads to.
pub fn open_folder(path: &Path) -> io::Result<File> {
    File::options().read(true).custom_flags(libc::O_DIRECTORY | libc::O_NOFOLLOW).open(path)
}

/// Whether [`open_folder`] found something else than a folder.
pub fn is_no_folder(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::ELOOP | libc::ENOTDIR))
}

/// Whether a path still leads to the folder that was opened.
pub fn is_still(opened: &File, path: &Path) -> io::Result<bool> {
    let opened = opened.metadata()?;
    let there = fs::symlink_metadata(path).ok();
    Ok(there.is_some_and(|there| (there.dev(), there.ino()) == (opened.dev(), opened.ino())))
}

/// The time of the last change, of the name as well.
pub fn changed(metadata: &Metadata) -> (i64, i64) {
    (metadata.ctime(), metadata.ctime_nsec())
}

/// What an entry is that is neither file nor folder nor link.
pub fn special(kind: FileType) -> &'static str {
    if kind.is_fifo() {
        "a FIFO"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    }
}

/// Takes all variables from a program that has to start on its own.
pub fn clear_environment(command: &mut Command) -> &mut Command {
    command.env_clear()
}
