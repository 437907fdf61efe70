//! Linux: reads from `/proc/self/maps` which shared objects and programs this process has mapped. The kernel writes a line
//! feed in a path as `\012` and a backslash as it is, so a path has two readings.

use pyo3_bundle_layout::layout;
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// What the machine may give to a dist.
pub(in crate::smoke) const SYSTEM: &str = "glibc";

pub(in crate::smoke) fn objects_of_this_process() -> io::Result<Vec<PathBuf>> {
    let maps = "/proc/self/maps";
    let read = std::fs::read(maps).map_err(|error| io::Error::new(error.kind(), format!("`{maps}`: {error}")))?;
    Ok(objects(&read))
}

/// Whether an object is part of the system's glibc, by name and place: a `libc.so.6` in a home folder is not.
pub(in crate::smoke) fn is_system(object: &Path) -> bool {
    let folders = ["/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib32", "/usr/lib64", "/nix/store", "/gnu/store"];
    let name = object.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    folders.iter().any(|folder| object.starts_with(folder)) && layout::is_glibc_file(name)
}

/// The other reading of a path as the kernel writes it: each `\012` is a line feed.
pub(in crate::smoke) fn other_reading(path: &Path) -> PathBuf {
    let mut rest = path.as_os_str().as_bytes();
    let mut bytes = Vec::with_capacity(rest.len());
    while let Some((first, after)) = rest.split_first() {
        let (byte, after) = rest.strip_prefix(br"\012").map_or((*first, after), |after| (b'\n', after));
        bytes.push(byte);
        rest = after;
    }
    PathBuf::from(OsString::from_vec(bytes))
}

pub(in crate::smoke) fn is_within(path: &Path, folder: &Path) -> bool {
    path.starts_with(folder)
}

/// Lists the files that are mapped executable. Data files (locale archives, caches) are not, and are not linked.
fn objects(maps: &[u8]) -> Vec<PathBuf> {
    let found: BTreeSet<PathBuf> = maps.split(|byte| *byte == b'\n').filter_map(object).collect();
    found.into_iter().collect()
}

/// Reads a line `address perms offset device inode   path`. The path is the rest of the line and may have spaces.
fn object(line: &[u8]) -> Option<PathBuf> {
    let mut fields = line.splitn(6, |byte| *byte == b' ');
    let permissions = fields.nth(1)?;
    let path = fields.nth(3)?.trim_ascii_start();
    let is_code = permissions.get(2) == Some(&b'x');
    (is_code && path.starts_with(b"/")).then(|| PathBuf::from(OsStr::from_bytes(path)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_mapped_code_counts_and_spaces_stay() {
        let maps = b"\
5563c0a00000-5563c0b00000 r--p 00000000 08:01 1   /d p/bin/app
5563c0a00000-5563c0b00000 r-xp 00000000 08:01 1   /d p/bin/app
7f00c0a00000-7f00c0b00000 r-xp 00000000 08:01 2   /lib/libc.so.6 (deleted)
7f00c0a00000-7f00c0b00000 r--p 00000000 08:01 3   /usr/lib/locale/locale-archive
7f00c0a00000-7f00c0b00000 r-xp 00000000 00:00 0
7fff00000000-7fff00001000 r-xp 00000000 00:00 0   [vdso]
";
        assert_eq!(objects(maps), [PathBuf::from("/d p/bin/app"), PathBuf::from("/lib/libc.so.6 (deleted)")]);
    }

    #[test]
    fn a_line_feed_is_read_as_the_kernel_writes_it() {
        for (written, read) in [(r"/a\012b\012", "/a\nb\n"), (r"/a\\012", "/a\\\n"), (r"/a\01", r"/a\01"), ("/a", "/a")]
        {
            assert_eq!(other_reading(Path::new(written)), Path::new(read));
        }
    }

    #[test]
    fn only_the_systems_own_glibc_is_allowed() {
        assert!(is_system(Path::new("/lib64/ld-linux-x86-64.so.2")));
        assert!(!is_system(Path::new("/home/somebody/libc.so.6")));
        assert!(!is_system(Path::new("/usr/lib/x86_64-linux-gnu/libcrypto.so.3")));
    }

    #[test]
    fn this_process_maps_its_own_program() {
        let own = std::env::current_exe().unwrap();
        assert!(objects_of_this_process().unwrap().contains(&own));
    }
}
