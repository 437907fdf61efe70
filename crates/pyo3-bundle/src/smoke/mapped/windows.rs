//! Windows: the modules of this process. A module's path is as the loader was given it; letter case does not count.

use crate::system::file_of;
use std::ffi::OsString;
use std::os::windows::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::{io, mem, ptr};
use windows_sys::Win32::Foundation::{HMODULE, MAX_PATH};
use windows_sys::Win32::System::ProcessStatus::EnumProcessModules;
use windows_sys::Win32::System::SystemInformation::GetSystemWindowsDirectoryW;
use windows_sys::Win32::System::Threading::GetCurrentProcess;

/// What the machine may give to a dist.
pub(in crate::smoke) const SYSTEM: &str = "Windows";

/// How the names of the libraries begin that a dist brings, and that other programs put into the folder of the system.
const NEVER_OF_THE_SYSTEM: [&str; 3] = ["python", "vcruntime", "msvcp"];

pub(in crate::smoke) fn objects_of_this_process() -> io::Result<Vec<PathBuf>> {
    let mut modules: Vec<HMODULE> = vec![ptr::null_mut(); 512];
    loop {
        let (room, mut needed) = (modules.len() * mem::size_of::<HMODULE>(), 0);
        // SAFETY: the function writes at most as much as there is room for.
        if unsafe { EnumProcessModules(GetCurrentProcess(), modules.as_mut_ptr(), room as u32, &mut needed) } == 0 {
            return Err(io::Error::last_os_error());
        }
        let count = needed as usize / mem::size_of::<HMODULE>();
        if count <= modules.len() {
            return Ok(modules[..count].iter().filter_map(|module| file_of(*module)).collect());
        }
        modules.resize(count, ptr::null_mut());
    }
}

/// Whether an object is in the folder of Windows and not one that other programs put there.
pub(in crate::smoke) fn is_system(object: &Path) -> bool {
    let mut folder = [0; MAX_PATH as usize];
    // SAFETY: the function writes at most as much as there is room for, and returns how much it has written.
    let length = unsafe { GetSystemWindowsDirectoryW(folder.as_mut_ptr(), MAX_PATH) } as usize;
    let folder = PathBuf::from(OsString::from_wide(&folder[..length.min(folder.len())]));
    let name = object.file_name().map(|name| name.to_ascii_lowercase()).unwrap_or_default();
    let is_brought = NEVER_OF_THE_SYSTEM.iter().any(|start| name.as_encoded_bytes().starts_with(start.as_bytes()));
    length > 0 && is_within(object, &folder) && !is_brought
}

/// The loader writes a path in one way.
pub(in crate::smoke) fn other_reading(path: &Path) -> PathBuf {
    path.to_path_buf()
}

pub(in crate::smoke) fn is_within(path: &Path, folder: &Path) -> bool {
    let plain = |path: &Path| PathBuf::from(path.to_string_lossy().to_lowercase());
    plain(path).starts_with(plain(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_windows_own_libraries_are_allowed() {
        let folder = std::env::var("SystemRoot").unwrap();
        let at = |name: &str| PathBuf::from(format!(r"{folder}\{name}"));
        assert!(is_system(&at(r"SYSTEM32\kernel32.dll")) && is_system(&at(r"WinSxS\x\comctl32.dll")));
        assert!(!is_system(&at(r"System32\Python313.dll")) && !is_system(&at(r"System32\vcruntime140.dll")));
        assert!(!is_system(Path::new(r"C:\OpenSSL\libssl-3.dll")));
    }

    #[test]
    fn this_process_maps_its_own_program() {
        let own = std::env::current_exe().unwrap();
        assert!(objects_of_this_process().unwrap().iter().any(|object| is_within(object, &own)));
    }
}
