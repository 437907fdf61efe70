//! Prepares OpenSSL before its first use: a finder notices the first import of the modules that load it. A program
//! without TLS pays only for comparing names.
//!
//! OpenSSL must not read the configuration of the machine, because it names providers and engines of another build. The
//! user's own `OPENSSL_CONF` is obeyed. Modules in files of their own take care of this themselves if they
//! were built for it; in python-build-standalone they are part of libpython, with OpenSSL. No upstream issue is known.

use crate::certificates;
use crate::function::{Function, answer};
use crate::object::{Attached, Object, Result};
use pyo3_ffi::PyObject;
use std::ffi::OsStr;
use std::sync::atomic::{AtomicBool, Ordering};

/// The variable with the path of the configuration; the empty string means no configuration (config(5)).
const CONFIGURATION: &str = "OPENSSL_CONF";

static FIND_SPEC: Function = Function::new(c"find_spec", find_spec);
static EXEC_MODULE: Function = Function::new(c"exec_module", exec_module);

/// Whether the place of the certificates was chosen.
static CERTIFIED: AtomicBool = AtomicBool::new(false);

/// Whether OpenSSL has read its configuration. A process has one interpreter, so this is known once for all.
static INITIALIZED: AtomicBool = AtomicBool::new(false);

/// Puts a finder before all others.
pub(crate) fn install_finder(py: Attached<'_>) -> Result<()> {
    let finder = py.namespace(&[(c"find_spec", &FIND_SPEC.object(py)?)])?;
    py.import(c"sys")?.get(c"meta_path")?.insert_first(&finder)
}

extern "C" fn find_spec(_: *mut PyObject, arguments: *mut PyObject, _: *mut PyObject) -> *mut PyObject {
    // SAFETY: CPython calls this with a tuple.
    unsafe {
        answer(arguments, |name| {
            let py = name.py();
            match name.known_text().unwrap_or_default() {
                "ssl" if !CERTIFIED.swap(true, Ordering::SeqCst) => certificates::use_system_store(py)?,
                // A module that is found need not be imported (`importlib.util.find_spec`), so only its import ends this.
                "_ssl" | "_hashlib" if !INITIALIZED.load(Ordering::SeqCst) => return find_unconfigured(name),
                _ => {}
            }
            Ok(py.none())
        })
    }
}

/// Returns the spec of a built-in module, with a loader that initializes OpenSSL while the variable is empty.
/// `os.environ` never has the variable, and the importing thread starts no child meanwhile.
fn find_unconfigured<'py>(name: &Object<'py>) -> Result<Object<'py>> {
    let py = name.py();
    let environment = py.import(c"os")?.get(c"environ")?;
    let is_builtin = py.import(c"sys")?.get(c"builtin_module_names")?.contains(name)?;
    if !is_builtin || environment.contains(&py.text(OsStr::new(CONFIGURATION))?)? {
        return Ok(py.none());
    }
    let importer = importer(py)?;
    let spec = importer.call_method(c"find_spec", &[name, &py.none()])?;
    let create_module = importer.get(c"create_module")?;
    let loader = [(c"create_module", &create_module), (c"exec_module", &EXEC_MODULE.object(py)?)];
    spec.set(c"loader", &py.namespace(&loader)?)?;
    Ok(spec)
}

fn importer(py: Attached<'_>) -> Result<Object<'_>> {
    py.import(c"_frozen_importlib")?.get(c"BuiltinImporter")
}

extern "C" fn exec_module(_: *mut PyObject, arguments: *mut PyObject, _: *mut PyObject) -> *mut PyObject {
    // SAFETY: CPython calls this with a tuple.
    unsafe { answer(arguments, execute_unconfigured) }
}

fn execute_unconfigured<'py>(module: &Object<'py>) -> Result<Object<'py>> {
    let py = module.py();
    let real = importer(py)?;
    module.set(c"__loader__", &real)?;
    module.get(c"__spec__")?.set(c"loader", &real)?;
    let (os, variable) = (py.import(c"os")?, py.text(OsStr::new(CONFIGURATION))?);
    os.call_method(c"putenv", &[&variable, &py.text(OsStr::new(""))?])?;
    let done = real.call_method(c"exec_module", &[module]).and_then(|_| initialize(module));
    // The exception of the import is kept: a call with an exception set is not allowed.
    let kept = done.map_err(|raised| raised.take(py));
    os.call_method(c"unsetenv", &[&variable])?;
    INITIALIZED.fetch_or(kept.is_ok(), Ordering::SeqCst);
    kept.map(|()| py.none()).map_err(|kept| kept.restore())
}

/// Initializes OpenSSL: `_hashlib` uses it when it is loaded, `_ssl` only when one of its functions is called.
fn initialize(module: &Object<'_>) -> Result<()> {
    if module.has(c"RAND_status") { module.call_method(c"RAND_status", &[]).map(drop) } else { Ok(()) }
}
