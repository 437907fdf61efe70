//! Owned Python objects over the C API: as much of it as starting, preparing and checking an interpreter needs.
//! An error is the exception that CPython keeps for the thread, so that a function called by Python can pass it on.

use crate::system;
use anyhow::anyhow;
use pyo3_ffi as ffi;
use std::ffi::{CStr, OsStr, OsString};
use std::marker::PhantomData;
use std::ptr::{self, NonNull};

/// Proof that this thread is attached to the interpreter, and so may use objects.
#[derive(Clone, Copy)]
pub(crate) struct Attached<'py>(PhantomData<(&'py (), *const ())>);

/// An exception is set in this thread.
#[derive(Debug)]
#[must_use]
pub(crate) struct Raised;

/// An exception that was taken out of its thread: its type, its value and its traceback.
pub(crate) struct Taken<'py>([Option<Object<'py>>; 3]);

pub(crate) type Result<T> = std::result::Result<T, Raised>;

/// A strong reference.
pub(crate) struct Object<'py> {
    pointer: NonNull<ffi::PyObject>,
    py: Attached<'py>,
}

impl<'py> Attached<'py> {
    /// # Safety
    ///
    /// This thread is attached to the interpreter for the whole of `'py`.
    pub unsafe fn assume() -> Self {
        Attached(PhantomData)
    }

    /// Attaches this thread, unless it is attached.
    ///
    /// # Safety
    ///
    /// The interpreter is started and not finalized.
    pub unsafe fn with<T>(work: impl FnOnce(Attached<'_>) -> T) -> T {
        struct Attachment(ffi::PyGILState_STATE);
        impl Drop for Attachment {
            fn drop(&mut self) {
                // SAFETY: each call belongs to one of `PyGILState_Ensure` in this thread.
                unsafe { ffi::PyGILState_Release(self.0) };
            }
        }
        // SAFETY: the caller guarantees an interpreter.
        let _attachment = Attachment(unsafe { ffi::PyGILState_Ensure() });
        work(Attached(PhantomData))
    }

    /// Takes what a function of the C API returned: a new reference, or null with an exception.
    ///
    /// # Safety
    ///
    /// The pointer is such a result, and nothing else owns its reference.
    pub unsafe fn own(self, pointer: *mut ffi::PyObject) -> Result<Object<'py>> {
        NonNull::new(pointer).map(|pointer| Object { pointer, py: self }).ok_or(Raised)
    }

    /// Takes a new reference to an object that somebody else owns.
    ///
    /// # Safety
    ///
    /// The pointer is null, with an exception set, or an object.
    pub unsafe fn borrow(self, pointer: *mut ffi::PyObject) -> Result<Object<'py>> {
        // SAFETY: the caller guarantees an object or null, which `Py_XINCREF` takes.
        unsafe {
            ffi::Py_XINCREF(pointer);
            self.own(pointer)
        }
    }

    pub fn import(self, module: &CStr) -> Result<Object<'py>> {
        // SAFETY: a string of C; the result is a new reference or null.
        unsafe { self.own(ffi::PyImport_ImportModule(module.as_ptr())) }
    }

    pub fn none(self) -> Object<'py> {
        // SAFETY: `None` is an object that is never freed.
        unsafe { self.borrow(ffi::Py_None()) }.expect("`None` is an object")
    }

    /// A `str` as `os.fsdecode` makes it.
    pub fn text(self, text: &OsStr) -> Result<Object<'py>> {
        system::text(self, text)
    }

    /// Runs a source of this crate outside `sys.modules`, and returns its globals. Tracebacks show the given name.
    pub fn run(self, source: &CStr, name: &CStr) -> Result<Object<'py>> {
        // SAFETY: strings of C and objects; each result is a new reference or null, except for the builtins.
        unsafe {
            let code = self.own(ffi::Py_CompileString(source.as_ptr(), name.as_ptr(), ffi::Py_file_input))?;
            let globals = self.own(ffi::PyDict_New())?;
            globals.put(c"__builtins__", &self.borrow(ffi::PyEval_GetBuiltins())?)?;
            globals.put(c"__name__", &self.own(ffi::PyUnicode_FromString(name.as_ptr()))?)?;
            self.own(ffi::PyEval_EvalCode(code.pointer(), globals.pointer(), globals.pointer()))?;
            Ok(globals)
        }
    }

    /// A namespace with these attributes. It is not an instance of a new class, because making a class takes longer than
    /// everything else at the start.
    pub fn namespace(self, attributes: &[(&CStr, &Object<'py>)]) -> Result<Object<'py>> {
        let example = self.import(c"sys")?.get(c"implementation")?;
        // SAFETY: objects; each result is a new reference or null, and every object has a type.
        unsafe {
            let kind = self.borrow(ffi::Py_TYPE(example.pointer()).cast())?;
            let (nothing, keywords) = (self.own(ffi::PyTuple_New(0))?, self.own(ffi::PyDict_New())?);
            attributes.iter().try_for_each(|(name, value)| keywords.put(name, value))?;
            self.own(ffi::PyObject_Call(kind.pointer(), nothing.pointer(), keywords.pointer()))
        }
    }
}

impl<'py> Object<'py> {
    pub fn py(&self) -> Attached<'py> {
        self.py
    }

    pub fn pointer(&self) -> *mut ffi::PyObject {
        self.pointer.as_ptr()
    }

    /// Hands the reference over to who called from Python.
    pub fn into_pointer(self) -> *mut ffi::PyObject {
        std::mem::ManuallyDrop::new(self).pointer()
    }

    pub fn is_none(&self) -> bool {
        // SAFETY: `Py_None` returns the address of a static object.
        self.pointer() == unsafe { ffi::Py_None() }
    }

    pub fn get(&self, attribute: &CStr) -> Result<Object<'py>> {
        // SAFETY: an object and a string of C; the result is a new reference or null.
        unsafe { self.py.own(ffi::PyObject_GetAttrString(self.pointer(), attribute.as_ptr())) }
    }

    pub fn set(&self, attribute: &CStr, value: &Object<'py>) -> Result<()> {
        // SAFETY: objects and a string of C.
        done(unsafe { ffi::PyObject_SetAttrString(self.pointer(), attribute.as_ptr(), value.pointer()) })
    }

    pub fn has(&self, attribute: &CStr) -> bool {
        // SAFETY: an object and a string of C; the function never fails.
        unsafe { ffi::PyObject_HasAttrString(self.pointer(), attribute.as_ptr()) != 0 }
    }

    /// `object[key]`
    pub fn item(&self, key: &CStr) -> Result<Object<'py>> {
        // SAFETY: an object and a string of C; the result is a new reference or null.
        unsafe { self.py.own(ffi::PyMapping_GetItemString(self.pointer(), key.as_ptr())) }
    }

    /// Sets an item of a dict.
    pub fn put(&self, key: &CStr, value: &Object<'py>) -> Result<()> {
        // SAFETY: objects and a string of C; what is not a dict raises an exception.
        done(unsafe { ffi::PyDict_SetItemString(self.pointer(), key.as_ptr(), value.pointer()) })
    }

    /// `object[key] = value`
    pub fn set_item(&self, key: &Object<'py>, value: &Object<'py>) -> Result<()> {
        // SAFETY: objects.
        done(unsafe { ffi::PyObject_SetItem(self.pointer(), key.pointer(), value.pointer()) })
    }

    /// `value in object`
    pub fn contains(&self, value: &Object<'py>) -> Result<bool> {
        // SAFETY: objects.
        let found = unsafe { ffi::PySequence_Contains(self.pointer(), value.pointer()) };
        done(found.min(0)).map(|()| found == 1)
    }

    pub fn is_true(&self) -> Result<bool> {
        // SAFETY: an object.
        let found = unsafe { ffi::PyObject_IsTrue(self.pointer()) };
        done(found.min(0)).map(|()| found == 1)
    }

    pub fn call(&self, arguments: &[&Object<'py>]) -> Result<Object<'py>> {
        // SAFETY: objects; `PyTuple_SetItem` takes over the reference that `borrow` made, even when it fails.
        unsafe {
            let tuple = self.py.own(ffi::PyTuple_New(arguments.len() as ffi::Py_ssize_t))?;
            for (at, argument) in (0..).zip(arguments) {
                let argument = self.py.borrow(argument.pointer())?.into_pointer();
                done(ffi::PyTuple_SetItem(tuple.pointer(), at, argument))?;
            }
            self.py.own(ffi::PyObject_Call(self.pointer(), tuple.pointer(), ptr::null_mut()))
        }
    }

    pub fn call_method(&self, name: &CStr, arguments: &[&Object<'py>]) -> Result<Object<'py>> {
        self.get(name)?.call(arguments)
    }

    /// The items of any iterable.
    pub fn items(&self) -> Result<Vec<Object<'py>>> {
        // SAFETY: objects; the list is new, so nobody changes it, and its items are borrowed.
        unsafe {
            let list = self.py.own(ffi::PySequence_List(self.pointer()))?;
            let length = ffi::PyList_Size(list.pointer());
            (0..length).map(|at| self.py.borrow(ffi::PyList_GetItem(list.pointer(), at))).collect()
        }
    }

    /// The items as a fixed number of values.
    pub fn unpack<const N: usize>(&self) -> Result<[Object<'py>; N]> {
        let wrong = |items: Vec<_>| raise(format!("wanted {N} values, found {}", items.len()));
        self.items()?.try_into().map_err(wrong)
    }

    /// The text of a `str`, as `os.fsencode` has it.
    pub fn os_string(&self) -> Result<OsString> {
        system::os_string(self)
    }

    /// The text of a `str`, with what is not Unicode replaced.
    pub fn text(&self) -> Result<String> {
        Ok(self.os_string()?.to_string_lossy().into_owned())
    }

    /// The text, if this is a `str` in Unicode.
    pub fn known_text(&self) -> Option<&str> {
        let mut length = 0;
        // SAFETY: an object that is a `str`; the text belongs to it and lives as long.
        unsafe {
            if ffi::PyUnicode_Check(self.pointer()) == 0 {
                return None;
            }
            let start = ffi::PyUnicode_AsUTF8AndSize(self.pointer(), &mut length);
            if start.is_null() {
                Raised.forget();
                return None;
            }
            std::str::from_utf8(std::slice::from_raw_parts(start.cast(), length as usize)).ok()
        }
    }

    /// `object.insert(0, value)` of a list
    pub fn insert_first(&self, value: &Object<'py>) -> Result<()> {
        // SAFETY: objects; what is not a list raises an exception.
        done(unsafe { ffi::PyList_Insert(self.pointer(), 0, value.pointer()) })
    }
}

impl Drop for Object<'_> {
    fn drop(&mut self) {
        // SAFETY: this reference is owned, and `py` proves that the thread is attached.
        unsafe { ffi::Py_DECREF(self.pointer()) };
    }
}

impl Raised {
    /// Whether the exception is an `ImportError`.
    pub fn is_import_error(&self) -> bool {
        // SAFETY: an exception is set, and the type is one of CPython's own.
        unsafe { ffi::PyErr_ExceptionMatches(ffi::PyExc_ImportError) != 0 }
    }

    pub fn forget(self) {
        // SAFETY: plain call of an attached thread, as the exception is this thread's.
        unsafe { ffi::PyErr_Clear() };
    }

    /// Takes the exception out of the thread, so that Python can be called.
    #[allow(deprecated, reason = "the functions that replace these are in Python 3.12 and later")]
    pub fn take<'py>(self, py: Attached<'py>) -> Taken<'py> {
        let (mut kind, mut value, mut trace) = (ptr::null_mut(), ptr::null_mut(), ptr::null_mut());
        // SAFETY: an exception is set, and its three references, which may be null, are handed over.
        unsafe {
            ffi::PyErr_Fetch(&mut kind, &mut value, &mut trace);
            // Before Python 3.12 the value can be the arguments of an exception that does not exist yet.
            ffi::PyErr_NormalizeException(&mut kind, &mut value, &mut trace);
            Taken([kind, value, trace].map(|part| py.own(part).ok()))
        }
    }

    /// Turns the exception into an error such as `ValueError: in words`.
    pub fn into_error(self, py: Attached<'_>) -> anyhow::Error {
        let Taken([kind, value, _]) = self.take(py);
        let told = |part: Option<Result<String>>| {
            let text = part.and_then(|part| part.map_err(Raised::forget).ok());
            text.unwrap_or_else(|| "exception".to_owned())
        };
        let name = told(kind.map(|kind| kind.get(c"__qualname__")?.text()));
        // SAFETY: an object; the result is a new reference or null.
        let text = told(value.map(|value| unsafe { py.own(ffi::PyObject_Str(value.pointer())) }?.text()));
        anyhow!("{name}: {text}")
    }
}

impl Taken<'_> {
    /// Sets the exception again.
    #[allow(deprecated, reason = "as in `Raised::take`")]
    pub fn restore(self) -> Raised {
        let [kind, value, trace] = self.0.map(|part| part.map_or(ptr::null_mut(), Object::into_pointer));
        // SAFETY: the references are those of `PyErr_Fetch`, and are handed back.
        unsafe { ffi::PyErr_Restore(kind, value, trace) };
        Raised
    }
}

fn raise(why: String) -> Raised {
    let why = std::ffi::CString::new(why).unwrap_or_default();
    // SAFETY: the type is one of CPython's own, and the text is copied.
    unsafe { ffi::PyErr_SetString(ffi::PyExc_ValueError, why.as_ptr()) };
    Raised
}

/// Reads the result of a function that returns -1 with an exception.
fn done(status: std::ffi::c_int) -> Result<()> {
    if status == -1 { Err(Raised) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
