//! Windows: texts are UTF-16, and the loader takes libraries from the program's own folder, by the path that started it.

use crate::object::{Attached, Object, Result as Raising};
use anyhow::{Result, ensure};
use pyo3_bundle_layout::problem::Problem;
use pyo3_ffi as ffi;
use std::ffi::{OsStr, OsString, c_int};
use std::os::windows::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::{io, ptr};
use windows_sys::Win32::Foundation::HMODULE;
use windows_sys::Win32::System::LibraryLoader::{
    GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT, GetModuleFileNameW,
    GetModuleHandleExW,
};

pub(crate) use pyo3_bundle_layout::layout::windows::{interpreter, stdlib};

/// Splits a home into `prefix;exec_prefix`.
pub(crate) const HOME_DELIMITER: char = ';';

/// The longest path that Windows has, in UTF-16.
const LONGEST_PATH: usize = 1 << 15;

#[link(name = "api-ms-win-crt-environment-l1-1-0", kind = "raw-dylib")]
unsafe extern "C" {
    /// The function of the C library that CPython uses, whichever this program is linked against.
    fn _wputenv_s(name: *const u16, value: *const u16) -> c_int;
}

/// The path of this program. It is not resolved: the loader has taken libpython from the folder in this path, and CPython
/// takes no path with the prefix `\\?\`, which resolving adds.
pub(crate) fn program() -> io::Result<PathBuf> {
    std::env::current_exe()
}

/// Makes the error for a program that does not find its own path.
pub(crate) fn lost(what: &str, why: String) -> Problem {
    Problem::without_hint(what, why)
}

/// The file of libpython that is loaded.
pub(crate) fn loaded_library() -> Option<PathBuf> {
    let mut module = ptr::null_mut();
    let flags = GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT;
    let inside = ffi::Py_GetVersion as *const u16;
    // SAFETY: with this flag the function takes an address in place of a name, and writes the handle.
    let found = unsafe { GetModuleHandleExW(flags, inside, &mut module) };
    if found == 0 { None } else { file_of(module) }
}

/// The path of a loaded module.
pub(crate) fn file_of(module: HMODULE) -> Option<PathBuf> {
    let mut path = vec![0; LONGEST_PATH];
    // SAFETY: the function writes at most as much as there is room for, and returns how much it has written.
    let length = unsafe { GetModuleFileNameW(module, path.as_mut_ptr(), path.len() as u32) } as usize;
    (length > 0).then(|| OsString::from_wide(&path[..length]).into())
}

/// Any folder will do.
pub(crate) fn check_name(_root: &Path, _runtime: &Path) -> Result<(), Problem> {
    Ok(())
}

/// There are no signals that Rust's runtime takes.
pub(crate) fn take_back_faults() {}

/// Removes a variable from the environment, and from the copy of it that CPython's C library may have made already:
/// `os.environ` is made from that copy, and children get what a program passes on from `os.environ`.
///
/// # Safety
///
/// No other thread uses the environment during the call.
pub(crate) unsafe fn remove_variable(name: &str) {
    let [wide_name, nothing] = [name, ""].map(|text| wide(OsStr::new(text)));
    // SAFETY: both texts end with a null; the caller guarantees the rest.
    unsafe {
        std::env::remove_var(name);
        _wputenv_s(wide_name.as_ptr(), nothing.as_ptr());
    }
}

fn wide(text: &OsStr) -> Vec<u16> {
    text.encode_wide().chain([0]).collect()
}

/// A text for CPython's configuration.
pub(crate) struct Word(Vec<u16>);

pub(crate) type Character = u16;

impl Word {
    pub fn new(text: &OsStr) -> Result<Self> {
        ensure!(!text.encode_wide().any(|unit| unit == 0), "`{}` has a null character", text.display());
        Ok(Word(wide(text)))
    }

    pub fn start(&self) -> *const Character {
        self.0.as_ptr()
    }
}

/// Changes CPython's first configuration, before everything else: nothing here. Paths are Unicode without UTF-8 mode, and
/// with it `subprocess` could not read what children write in the code page of the machine.
pub(crate) fn adapt(_pre: &mut ffi::PyPreConfig) {}

/// # Safety
///
/// As of `Py_PreInitializeFromArgs`.
pub(crate) unsafe fn pre_initialize(pre: &ffi::PyPreConfig, words: &mut [*const Character]) -> ffi::PyStatus {
    // SAFETY: the caller guarantees it.
    unsafe { ffi::Py_PreInitializeFromArgs(pre, words.len() as ffi::Py_ssize_t, words.as_mut_ptr().cast()) }
}

/// # Safety
///
/// As of `PyConfig_SetArgv`.
pub(crate) unsafe fn set_arguments(config: *mut ffi::PyConfig, words: &mut [*const Character]) -> ffi::PyStatus {
    // SAFETY: the caller guarantees it.
    unsafe { ffi::PyConfig_SetArgv(config, words.len() as ffi::Py_ssize_t, words.as_mut_ptr()) }
}

/// # Safety
///
/// As of `PyConfig_SetString`.
pub(crate) unsafe fn set_string(config: *mut ffi::PyConfig, field: *mut *mut u16, word: &Word) -> ffi::PyStatus {
    // SAFETY: the caller guarantees it.
    unsafe { ffi::PyConfig_SetString(config, field, word.start()) }
}

/// A `str` as `os.fsdecode` makes it.
pub(crate) fn text<'py>(py: Attached<'py>, text: &OsStr) -> Raising<Object<'py>> {
    let units: Vec<u16> = text.encode_wide().collect();
    // SAFETY: the pointer and the length are those of the same units, and the result is a new reference or null.
    unsafe { py.own(ffi::PyUnicode_FromWideChar(units.as_ptr(), units.len() as ffi::Py_ssize_t)) }
}

/// The text of a `str`, as Windows has it.
pub(crate) fn os_string(text: &Object<'_>) -> Raising<OsString> {
    let mut length = 0;
    // SAFETY: an object; the units are copied before they are freed, and null means that an exception is set.
    unsafe {
        let start = ffi::PyUnicode_AsWideCharString(text.pointer(), &mut length);
        if start.is_null() {
            return Err(crate::object::Raised);
        }
        let copy = OsString::from_wide(std::slice::from_raw_parts(start, length as usize));
        ffi::PyMem_Free(start.cast());
        Ok(copy)
    }
}
