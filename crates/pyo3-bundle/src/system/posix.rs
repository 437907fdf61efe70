//! POSIX systems: texts are bytes, and files that are loaded can be links.

use crate::object::{Attached, Object, Result as Raising};
use anyhow::Result;
use pyo3_bundle_layout::problem::Problem;
use pyo3_bundle_layout::shown::shown;
use pyo3_ffi as ffi;
use std::ffi::{CStr, CString, OsStr, OsString, c_char};
use std::io;
use std::mem::MaybeUninit;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

pub(crate) use pyo3_bundle_layout::layout::{interpreter, stdlib};

/// Splits a home into `prefix:exec_prefix`.
pub(crate) const HOME_DELIMITER: char = ':';

/// The real path of this program, so links, `PATH` and the current folder do not matter.
pub(crate) fn program() -> io::Result<PathBuf> {
    std::env::current_exe()?.canonicalize()
}

/// Makes the error for a program that does not find its own path.
pub(crate) fn lost(what: &str, why: String) -> Problem {
    // Only Linux takes the path from there.
    if cfg!(target_os = "linux") {
        Problem::new(what, why, "mount -t proc proc /proc")
    } else {
        Problem::without_hint(what, why)
    }
}

/// The path by which the loader has found libpython, which may be a link.
pub(crate) fn loaded_library() -> Option<PathBuf> {
    let mut found = MaybeUninit::<libc::Dl_info>::zeroed();
    let inside = ffi::Py_GetVersion as *const libc::c_void;
    // SAFETY: `dladdr` takes any address, and fills the structure when it returns another value than 0. The name is a
    // string of the loader, which never unloads libpython.
    unsafe {
        if libc::dladdr(inside, found.as_mut_ptr()) == 0 {
            return None;
        }
        let name = found.assume_init().dli_fname;
        (!name.is_null()).then(|| PathBuf::from(OsStr::from_bytes(CStr::from_ptr(name).to_bytes())))
    }
}

/// Fails if no Python starts in a folder of this name.
pub(crate) fn check_name(root: &Path, runtime: &Path) -> Result<(), Problem> {
    // https://github.com/python/cpython/issues/155247
    if runtime.to_str().is_none() {
        return Err(Problem::without_hint(
            format!("the name of `{}` is not UTF-8", shown(root)),
            "CPython cannot load extension modules from such a folder: rename it",
        ));
    }
    // dyld replaces nothing in a path that is absolute.
    let token = expanded_by_the_loader(runtime.as_os_str().as_bytes()).filter(|_| !cfg!(target_os = "macos"));
    match token {
        Some(token) => Err(Problem::without_hint(
            format!("the name of `{}` contains `{token}`", shown(root)),
            "the dynamic loader replaces that text and does not find the extension modules: rename the folder",
        )),
        None => Ok(()),
    }
}

/// The first token in a path that `dlopen` replaces. By ld.so(8) a token is in braces or ends where the name ends.
fn expanded_by_the_loader(path: &[u8]) -> Option<&'static str> {
    const TOKENS: [(&str, &str); 3] = [("$ORIGIN", "${ORIGIN}"), ("$LIB", "${LIB}"), ("$PLATFORM", "${PLATFORM}")];
    let is_of_a_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    (0..path.len()).filter(|at| path[*at] == b'$').find_map(|at| {
        let rest = &path[at..];
        TOKENS.into_iter().find_map(|(bare, braced)| {
            let ends = rest.strip_prefix(bare.as_bytes()).is_some_and(|after| !after.first().is_some_and(is_of_a_name));
            if rest.starts_with(braced.as_bytes()) { Some(braced) } else { ends.then_some(bare) }
        })
    })
}

/// Rust's runtime reports an overflowing stack by these signals. Python code would see `signal.getsignal()` return None
/// and could not restore them, so both are reset to the default.
pub(crate) fn take_back_faults() {
    for signal in [libc::SIGSEGV, libc::SIGBUS] {
        // SAFETY: plain call; the default action needs no handler.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
}

/// Removes a variable from the environment.
///
/// # Safety
///
/// No other thread uses the environment during the call.
pub(crate) unsafe fn remove_variable(name: &str) {
    // SAFETY: the caller guarantees it.
    unsafe { std::env::remove_var(name) };
}

/// A text for CPython's configuration.
pub(crate) struct Word(CString);

pub(crate) type Character = c_char;

impl Word {
    pub fn new(text: &OsStr) -> Result<Self> {
        Ok(Word(CString::new(text.as_bytes())?))
    }

    pub fn start(&self) -> *const Character {
        self.0.as_ptr()
    }
}

/// Changes CPython's first configuration, before everything else.
///
/// Without UTF-8 mode importing `_ssl` fails from a non-ASCII path, even under C.UTF-8
/// (<https://github.com/python/cpython/issues/155247>).
pub(crate) fn adapt(pre: &mut ffi::PyPreConfig) {
    pre.utf8_mode = 1;
}

/// # Safety
///
/// As of `Py_PreInitializeFromArgs`.
pub(crate) unsafe fn pre_initialize(pre: &ffi::PyPreConfig, words: &mut [*const Character]) -> ffi::PyStatus {
    // SAFETY: the caller guarantees it.
    unsafe { ffi::Py_PreInitializeFromBytesArgs(pre, words.len() as ffi::Py_ssize_t, words.as_mut_ptr().cast()) }
}

/// # Safety
///
/// As of `PyConfig_SetArgv`.
pub(crate) unsafe fn set_arguments(config: *mut ffi::PyConfig, words: &mut [*const Character]) -> ffi::PyStatus {
    // SAFETY: the caller guarantees it.
    unsafe { ffi::PyConfig_SetBytesArgv(config, words.len() as ffi::Py_ssize_t, words.as_mut_ptr()) }
}

/// # Safety
///
/// As of `PyConfig_SetString`.
pub(crate) unsafe fn set_string(
    config: *mut ffi::PyConfig,
    field: *mut *mut libc::wchar_t,
    word: &Word,
) -> ffi::PyStatus {
    // SAFETY: the caller guarantees it.
    unsafe { ffi::PyConfig_SetBytesString(config, field, word.start()) }
}

/// A `str` as `os.fsdecode` makes it.
pub(crate) fn text<'py>(py: Attached<'py>, text: &OsStr) -> Raising<Object<'py>> {
    let bytes = text.as_bytes();
    // SAFETY: the pointer and the length are those of the same bytes, and the result is a new reference or null.
    unsafe {
        let length = bytes.len() as ffi::Py_ssize_t;
        py.own(ffi::PyUnicode_DecodeFSDefaultAndSize(bytes.as_ptr().cast::<c_char>(), length))
    }
}

/// The text of a `str`, as `os.fsencode` has it.
pub(crate) fn os_string(text: &Object<'_>) -> Raising<OsString> {
    // SAFETY: objects; the bytes are copied while their object lives.
    unsafe {
        let bytes = text.py().own(ffi::PyUnicode_EncodeFSDefault(text.pointer()))?;
        let (start, length) = (ffi::PyBytes_AsString(bytes.pointer()), ffi::PyBytes_Size(bytes.pointer()));
        let slice = std::slice::from_raw_parts(start.cast::<u8>(), length as usize);
        Ok(OsString::from_vec(slice.to_vec()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn what_the_loader_would_replace_is_refused() {
        for (path, token) in [
            ("/d$ORIGIN", "$ORIGIN"),
            ("/a/$ORIGIN/b", "$ORIGIN"),
            ("/$LIB-1", "$LIB"),
            ("/$LIBé", "$LIB"),
            ("/x${PLATFORM}y", "${PLATFORM}"),
            ("/$LIBX/$$PLATFORM", "$PLATFORM"),
        ] {
            let text = check_name(Path::new(path), Path::new(path)).unwrap_err().to_string();
            assert!(text.contains(&format!("contains `{token}`")) && !text.contains("hint:"), "{text}");
        }
    }

    #[test]
    fn what_no_loader_replaces_is_taken() {
        for path in ["/$ORIGINAL", "/$LIB_", "/$LIB2", "/{LIB}", "/$", "/$HOME", "/${LIB", "/$origin", "/ORIGIN"] {
            assert_eq!(check_name(Path::new(path), Path::new(path)), Ok(()), "{path}");
        }
        let text = check_name(Path::new("/d"), Path::new(OsStr::from_bytes(b"/\xff"))).unwrap_err().to_string();
        assert!(text.contains("is not UTF-8"), "{text}");
    }
}
