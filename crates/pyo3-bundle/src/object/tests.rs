//! References, exceptions and names that are not Unicode, against a started Python.

use super::*;
use std::sync::OnceLock;

/// `a`, what is not Unicode, and a line feed.
#[cfg(unix)]
fn no_unicode() -> OsString {
    std::os::unix::ffi::OsStringExt::from_vec(b"a\xff\n".to_vec())
}

#[cfg(windows)]
fn no_unicode() -> OsString {
    std::os::windows::ffi::OsStringExt::from_wide(&[0x61, 0xd800, 0xa])
}

fn python<T>(work: impl FnOnce(Attached<'_>) -> T) -> T {
    static PYTHON: OnceLock<crate::Guard> = OnceLock::new();
    PYTHON.get_or_init(|| crate::init().unwrap());
    // SAFETY: the interpreter was started above, and nothing finalizes it.
    unsafe { Attached::with(work) }
}

#[test]
fn an_exception_becomes_words_and_is_gone() {
    python(|py| {
        let raised = |source| py.run(source, c"<test>").err().unwrap().into_error(py).to_string();
        assert_eq!(raised(c"raise ValueError('in words')"), "ValueError: in words");
        assert_eq!(raised(c"int('x'"), "SyntaxError: '(' was never closed (<test>, line 1)");
        assert_eq!(raised(c"class E(Exception): __str__ = None\nraise E"), "E: exception");
        assert!(py.import(c"sys").is_ok());
    });
}

#[test]
fn an_exception_that_was_taken_comes_back() {
    python(|py| {
        let taken = py.import(c"no_such_module").err().unwrap().take(py);
        assert!(py.import(c"sys").is_ok());
        let raised = taken.restore();
        assert!(raised.is_import_error());
        assert_eq!(raised.into_error(py).to_string(), "ModuleNotFoundError: No module named 'no_such_module'");
    });
}

#[test]
fn a_path_that_is_not_unicode_comes_through() {
    python(|py| {
        let name = &no_unicode();
        let object = py.text(name).ok().unwrap();
        assert_eq!(object.os_string().ok().unwrap(), *name);
        assert_eq!((object.known_text(), object.text().ok().unwrap()), (None, name.to_string_lossy().into_owned()));
        // SAFETY: plain call of an attached thread.
        assert!(unsafe { ffi::PyErr_Occurred() }.is_null());
        assert_eq!((py.none().known_text(), py.text(OsStr::new("ü")).ok().unwrap().known_text()), (None, Some("ü")));
    });
}

#[test]
fn no_reference_is_lost_and_none_is_kept() {
    python(|py| {
        let globals = py.run(c"class A: pass\nclass M(list): pass\na = A()\nitems = M([a])", c"<test>").ok().unwrap();
        let (a, items) = (globals.item(c"a").ok().unwrap(), globals.item(c"items").ok().unwrap());
        // SAFETY: an object.
        let count = || unsafe { ffi::Py_REFCNT(a.pointer()) };
        let before = count();
        for _ in 0..100 {
            assert!(items.items().is_ok() && items.contains(&a).is_ok());
            items.unpack::<2>().err().unwrap().forget();
            let same = items.call_method(c"index", &[&a]).and_then(|found| found.is_true());
            assert!(!same.ok().unwrap());
            assert!(a.set(c"itself", &a).and_then(|()| a.set(c"itself", &py.none())).is_ok());
            assert!(py.namespace(&[(c"a", &a)]).and_then(|space| space.get(c"a")).is_ok());
        }
        assert_eq!(count(), before);
    });
}
