//! Prepares OpenSSL before its first use: a finder notices the first import of the modules that load it. A program
//! without TLS pays only for comparing names.
//!
//! OpenSSL must not read the configuration of the machine, because it names providers and engines of another build. The
//! user's own `OPENSSL_CONF` is obeyed. Modules in files of their own take care of this themselves
//! (scripts/python/openssl-config.c); in python-build-standalone they are part of libpython, with OpenSSL. No upstream
//! issue is known.

use super::certificates;
use pyo3::prelude::*;
use pyo3::types::{PyAny, PyCFunction, PyDict, PyString, PyTuple};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The variable with the path of the configuration; the empty string means no configuration (config(5)).
const CONFIGURATION: &str = "OPENSSL_CONF";

/// Puts a finder before all others. It is not an instance of a new class: making a class would be the slowest part of
/// the start.
pub fn install_finder(py: Python<'_>) -> PyResult<()> {
    let (certified, initialized) = (AtomicBool::new(false), Arc::new(AtomicBool::new(false)));
    let find_spec = move |arguments: &Bound<'_, PyTuple>, _: Option<&Bound<'_, PyDict>>| {
        let name = arguments.get_item(0)?;
        let text = name.cast::<PyString>().ok().and_then(|name| name.to_str().ok()).unwrap_or_default();
        match text {
            "ssl" if !certified.swap(true, Ordering::SeqCst) => certificates::use_system_store(name.py())?,
            // A module that is found need not be imported (`importlib.util.find_spec`), so only its import ends this.
            "_ssl" | "_hashlib" if !initialized.load(Ordering::SeqCst) => {
                return find_unconfigured(&name, &initialized).map(Bound::unbind);
            }
            _ => {}
        }
        PyResult::Ok(name.py().None())
    };
    let sys = py.import("sys")?;
    let finder = namespace(py, [("find_spec", function(py, c"find_spec", find_spec)?)])?;
    sys.getattr("meta_path")?.call_method1("insert", (0, finder)).map(drop)
}

/// Returns the spec of a built-in module, with a loader that initializes OpenSSL while the variable is empty.
/// `os.environ` never has the variable, and the importing thread starts no child meanwhile.
fn find_unconfigured<'py>(name: &Bound<'py, PyAny>, initialized: &Arc<AtomicBool>) -> PyResult<Bound<'py, PyAny>> {
    let py = name.py();
    let none = py.None().into_bound(py);
    let environment = py.import("os")?.getattr("environ")?;
    if !py.import("sys")?.getattr("builtin_module_names")?.contains(name)? || environment.contains(CONFIGURATION)? {
        return Ok(none);
    }
    let importer = py.import("_frozen_importlib")?.getattr("BuiltinImporter")?;
    let spec = importer.call_method1("find_spec", (name, none))?;
    let (real, initialized) = (importer.clone().unbind(), Arc::clone(initialized));
    let exec_module = move |arguments: &Bound<'_, PyTuple>, _: Option<&Bound<'_, PyDict>>| {
        let (module, real) = (arguments.get_item(0)?, real.bind(arguments.py()));
        module.setattr("__loader__", real)?;
        module.getattr("__spec__")?.setattr("loader", real)?;
        let os = module.py().import("os")?;
        os.call_method1("putenv", (CONFIGURATION, ""))?;
        let done = real.call_method1("exec_module", (&module,)).and_then(|_| initialize(&module));
        os.call_method1("unsetenv", (CONFIGURATION,))?;
        initialized.fetch_or(done.is_ok(), Ordering::SeqCst);
        done
    };
    let create_module = importer.getattr("create_module")?;
    let exec_module = function(py, c"exec_module", exec_module)?;
    spec.setattr("loader", namespace(py, [("create_module", create_module), ("exec_module", exec_module)])?)?;
    Ok(spec)
}

/// Initializes OpenSSL: `_hashlib` uses it when it is loaded, `_ssl` only when one of its functions is called.
fn initialize(module: &Bound<'_, PyAny>) -> PyResult<()> {
    match module.getattr_opt("RAND_status")? {
        Some(asks) => asks.call0().map(drop),
        None => Ok(()),
    }
}

fn function<'py, R>(
    py: Python<'py>,
    name: &'static std::ffi::CStr,
    body: impl Fn(&Bound<'_, PyTuple>, Option<&Bound<'_, PyDict>>) -> PyResult<R> + Send + Sync + 'static,
) -> PyResult<Bound<'py, PyAny>>
where
    R: for<'p> IntoPyObject<'p>,
{
    Ok(PyCFunction::new_closure(py, Some(name), None, body)?.into_any())
}

fn namespace<'py, const N: usize>(
    py: Python<'py>,
    attributes: [(&str, Bound<'py, PyAny>); N],
) -> PyResult<Bound<'py, PyAny>> {
    let kind = py.import("sys")?.getattr("implementation")?.get_type();
    let keywords = PyDict::new(py);
    for (name, value) in attributes {
        keywords.set_item(name, value)?;
    }
    kind.call((), Some(&keywords))
}
