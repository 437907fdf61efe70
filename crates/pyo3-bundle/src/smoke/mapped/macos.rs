//! macOS: dyld tells which images it has loaded. Those of the system are in its shared cache and not on the disk.

use std::ffi::{CStr, OsStr, c_char};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

// https://developer.apple.com/library/archive/documentation/System/Conceptual/ManPages_iPhoneOS/man3/dyld.3.html
unsafe extern "C" {
    fn _dyld_image_count() -> u32;
    fn _dyld_get_image_name(index: u32) -> *const c_char;
}

/// What the machine may give to a dist.
pub(in crate::smoke) const SYSTEM: &str = "macOS";

pub(in crate::smoke) fn objects_of_this_process() -> io::Result<Vec<PathBuf>> {
    // SAFETY: plain calls. Nothing else loads or unloads images meanwhile, and an index that is gone gives null.
    let names = (0..unsafe { _dyld_image_count() }).map(|at| unsafe { _dyld_get_image_name(at) });
    // SAFETY: a name that is not null is a string of dyld, which is copied at once.
    let paths = names.filter(|name| !name.is_null()).map(|name| unsafe { CStr::from_ptr(name) });
    Ok(paths.map(|path| PathBuf::from(OsStr::from_bytes(path.to_bytes()))).collect())
}

/// Whether an object is in one of the folders that only the system itself can write.
pub(in crate::smoke) fn is_system(object: &Path) -> bool {
    // Libraries of the simulator and of Rosetta are in other folders below `/usr/libexec` and `/Library/Apple`.
    let folders = ["/System", "/usr/lib", "/usr/libexec", "/Library/Apple"];
    folders.iter().any(|folder| object.starts_with(folder))
}

/// dyld writes a path in one way.
pub(in crate::smoke) fn other_reading(path: &Path) -> PathBuf {
    path.to_path_buf()
}

pub(in crate::smoke) fn is_within(path: &Path, folder: &Path) -> bool {
    path.starts_with(folder) || path.canonicalize().is_ok_and(|path| path.starts_with(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_systems_own_folders_are_allowed() {
        assert!(is_system(Path::new("/usr/lib/libSystem.B.dylib")));
        for other in ["/usr/local/lib/libssl.dylib", "/opt/homebrew/lib/libssl.dylib", "/usr/library/x"] {
            assert!(!is_system(Path::new(other)), "{other}");
        }
    }

    #[test]
    fn this_process_maps_its_own_program() {
        let own = std::env::current_exe().unwrap();
        assert!(objects_of_this_process().unwrap().iter().any(|object| is_within(object, &own)));
    }
}
