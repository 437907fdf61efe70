//! CPython's pointer to the hook. PyO3 does not bind it, and the name of the library that has it is only known to PyO3.

use pyo3::ffi::Py_GetVersion;
use std::ffi::c_int;
use std::ptr;
use std::sync::OnceLock;
use windows_sys::Win32::System::LibraryLoader::{
    GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT, GetModuleHandleExW,
    GetProcAddress,
};

pub type Hook = unsafe extern "C" fn() -> c_int;

pub fn hook() -> Option<Hook> {
    static PLACE: OnceLock<Option<usize>> = OnceLock::new();
    let place = (*PLACE.get_or_init(place))? as *const Option<Hook>;
    // SAFETY: CPython's pointer to a function, or null, is read in one access. CPython also reads it without a lock.
    unsafe { place.read_volatile() }
}

/// The address of the pointer, in the library that has a function of CPython.
fn place() -> Option<usize> {
    let mut library = ptr::null_mut();
    let flags = GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT;
    let inside = Py_GetVersion as *const u16;
    // SAFETY: with this flag the first function takes an address in place of a name; the second gets a string of C.
    unsafe {
        if GetModuleHandleExW(flags, inside, &mut library) == 0 {
            return None;
        }
        GetProcAddress(library, c"PyOS_InputHook".as_ptr().cast()).map(|place| place as usize)
    }
}
