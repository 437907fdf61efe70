//! CPython's pointer to the hook, a symbol of libpython.

use std::ffi::c_int;
use std::ptr::addr_of;

pub type Hook = unsafe extern "C" fn() -> c_int;

unsafe extern "C" {
    /// CPython's pointer to the hook, which PyO3 does not bind.
    static mut PyOS_InputHook: Option<Hook>;
}

pub fn hook() -> Option<Hook> {
    // SAFETY: the pointer is read in one access, and CPython also reads it without a lock.
    unsafe { addr_of!(PyOS_InputHook).read_volatile() }
}
