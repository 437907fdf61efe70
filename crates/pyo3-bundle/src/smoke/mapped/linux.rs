//! Reads from `/proc/self/maps` which shared objects and programs this process has mapped. Knows no rules.
//! The kernel writes a line feed in a path as `\012` and a backslash as it is, so a path has two readings.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

pub(super) fn objects_of_this_process() -> io::Result<Vec<PathBuf>> {
    Ok(objects(&std::fs::read("/proc/self/maps")?))
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

/// The other reading of a path as the kernel writes it: each `\012` is a line feed.
pub(super) fn with_line_feeds(path: &Path) -> PathBuf {
    let mut rest = path.as_os_str().as_bytes();
    let mut bytes = Vec::with_capacity(rest.len());
    while let Some((first, after)) = rest.split_first() {
        let (byte, after) = rest.strip_prefix(br"\012").map_or((*first, after), |after| (b'\n', after));
        bytes.push(byte);
        rest = after;
    }
    PathBuf::from(OsString::from_vec(bytes))
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
            assert_eq!(with_line_feeds(Path::new(written)), Path::new(read));
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_maps_its_own_program() {
        let own = std::env::current_exe().unwrap();
        assert!(objects_of_this_process().unwrap().contains(&own));
    }
}
