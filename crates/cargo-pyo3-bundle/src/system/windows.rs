//! Windows: no modes, links to folders by junctions, and a lock in the folder for temporary files.

use std::collections::hash_map::DefaultHasher;
use std::fs::{self, File, FileType, Metadata, Permissions};
use std::hash::{Hash, Hasher};
use std::io;
use std::path::Path;
use std::process::Command;
use std::time::UNIX_EPOCH;

pub fn set_usual_mask() {}

pub fn mode(metadata: &Metadata) -> u32 {
    if metadata.is_dir() { 0o755 } else { 0o644 }
}

pub fn set_mode(_path: &Path, _mode: u32) -> io::Result<()> {
    Ok(())
}

/// The permissions of a new file: those of any that may be written to.
pub fn of_new_file() -> Permissions {
    let folder = fs::metadata(std::env::temp_dir()).expect("the folder for temporary files is there");
    folder.permissions()
}

pub fn is_superuser() -> bool {
    false
}

/// Makes a junction: symbolic links need a privilege. It leads to a folder, by an absolute path.
pub fn symlink(target: impl AsRef<Path>, link: impl AsRef<Path>) -> io::Result<()> {
    let link = link.as_ref();
    let target = link.parent().unwrap_or(link).join(target);
    let output = Command::new("cmd").args(["/d", "/c", "mklink", "/J"]).arg(link).arg(target).output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(io::Error::other(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
}

/// Opens a file to be locked for the folder. Windows locks no folders, and a file in it would keep the folder from being
/// renamed.
pub fn open_folder(path: &Path) -> io::Result<File> {
    let mut hasher = DefaultHasher::new();
    path.hash(&mut hasher);
    let name = format!("cargo-pack-{:016x}.lock", hasher.finish());
    if !path.is_dir() || path.is_symlink() {
        return Err(io::ErrorKind::NotADirectory.into());
    }
    File::options().create(true).truncate(false).write(true).open(std::env::temp_dir().join(name))
}

pub fn is_no_folder(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotADirectory
}

pub fn is_still(_opened: &File, path: &Path) -> io::Result<bool> {
    Ok(path.is_dir())
}

pub fn changed(metadata: &Metadata) -> (i64, i64) {
    let since = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    (since.as_secs() as i64, since.subsec_nanos().into())
}

pub fn special(_kind: FileType) -> &'static str {
    "a device"
}

/// Takes the variables from a program that has to start on its own, but for the one by which Windows finds its own
/// libraries.
pub fn clear_environment(command: &mut Command) -> &mut Command {
    let root = std::env::var_os("SystemRoot");
    command.env_clear().envs(root.map(|root| ("SystemRoot", root)))
}
