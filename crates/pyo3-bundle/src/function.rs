//! Functions of this crate that Python calls. CPython keeps the address of a function's description, so each is static.

use crate::object::{Attached, Object, Raised, Result};
use pyo3_ffi as ffi;
use std::ffi::CStr;
use std::ptr;

/// The signature of a function that takes a tuple and a dict of keywords.
pub(crate) type Body = extern "C" fn(*mut ffi::PyObject, *mut ffi::PyObject, *mut ffi::PyObject) -> *mut ffi::PyObject;

pub(crate) struct Function(ffi::PyMethodDef);

// SAFETY: the description is never changed; its pointers are those of a static string and a function.
unsafe impl Sync for Function {}

impl Function {
    pub const fn new(name: &'static CStr, body: Body) -> Self {
        Function(ffi::PyMethodDef {
            ml_name: name.as_ptr(),
            ml_meth: ffi::PyMethodDefPointer { PyCFunctionWithKeywords: body },
            ml_flags: ffi::METH_VARARGS | ffi::METH_KEYWORDS,
            ml_doc: ptr::null(),
        })
    }

    pub fn object<'py>(&'static self, py: Attached<'py>) -> Result<Object<'py>> {
        // SAFETY: the description is static and CPython only reads it; a function needs neither `self` nor a module.
        unsafe { py.own(ffi::PyCFunction_NewEx(ptr::from_ref(&self.0).cast_mut(), ptr::null_mut(), ptr::null_mut())) }
    }
}

/// Does the work of a [`Body`] with its first argument, without which it raises IndexError.
///
/// # Safety
///
/// CPython has called the function with this tuple.
pub(crate) unsafe fn answer(
    arguments: *mut ffi::PyObject,
    work: impl for<'py> FnOnce(&Object<'py>) -> Result<Object<'py>>,
) -> *mut ffi::PyObject {
    // SAFETY: a thread that calls is attached until the function returns, and the items of the tuple are borrowed.
    let first = unsafe { Attached::assume().borrow(ffi::PyTuple_GetItem(arguments, 0)) };
    match first.and_then(|first| work(&first)) {
        Ok(result) => result.into_pointer(),
        Err(Raised) => ptr::null_mut(),
    }
}
