//! What has to happen before OpenSSL is used: a finder notices the first import of the modules that load it. A program
//! without TLS pays for nothing but the comparison of names.
//!
//! OpenSSL's configuration is kept from being read where the build distribution's stands on the machine: what it names are
//! providers and engines of another build. The user's own `OPENSSL_CONF` counts. Where the modules are files, they see to
//! it themselves (scripts/python/openssl-config.c); those of python-build-standalone are part of libpython, with OpenSSL.

use super::certificates;
use pyo3::prelude::*;
use pyo3::types::{PyAny, PyCFunction, PyDict, PyString, PyTuple};
use std::sync::atomic::{AtomicBool, Ordering};

/// The path to the configuration, or the empty string for none (config(5)).
const CONFIGURATION: &str = "OPENSSL_CONF";

/// Puts a finder before all others. No class: making one would be the dearest part of the start.
pub fn install_finder(py: Python<'_>) -> PyResult<()> {
    let (certified, configured) = (AtomicBool::new(false), AtomicBool::new(false));
    let first = |noticed: &AtomicBool| !noticed.swap(true, Ordering::SeqCst);
    let find_spec = move |arguments: &Bound<'_, PyTuple>, _: Option<&Bound<'_, PyDict>>| {
        let name = arguments.get_item(0)?;
        let text = name.cast::<PyString>().ok().and_then(|name| name.to_str().ok()).unwrap_or_default();
        match text {
            "ssl" if first(&certified) => certificates::use_system_store(name.py())?,
            "_ssl" | "_hashlib" if first(&configured) => return find_unconfigured(&name).map(Bound::unbind),
            _ => {}
        }
        PyResult::Ok(name.py().None())
    };
    let sys = py.import("sys")?;
    let finder = namespace(py, [("find_spec", function(py, c"find_spec", find_spec)?)])?;
    sys.getattr("meta_path")?.call_method1("insert", (0, finder)).map(drop)
}

/// The spec of a built-in module, with a loader that has OpenSSL initialize itself while the variable says that there is
/// no configuration. The variable is never in `os.environ`, and the thread that imports starts no child meanwhile.
fn find_unconfigured<'py>(name: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = name.py();
    let none = py.None().into_bound(py);
    let environment = py.import("os")?.getattr("environ")?;
    if !py.import("sys")?.getattr("builtin_module_names")?.contains(name)? || environment.contains(CONFIGURATION)? {
        return Ok(none);
    }
    let importer = py.import("_frozen_importlib")?.getattr("BuiltinImporter")?;
    let spec = importer.call_method1("find_spec", (name, none))?;
    let real = importer.clone().unbind();
    let exec_module = move |arguments: &Bound<'_, PyTuple>, _: Option<&Bound<'_, PyDict>>| {
        let (module, real) = (arguments.get_item(0)?, real.bind(arguments.py()));
        module.setattr("__loader__", real)?;
        module.getattr("__spec__")?.setattr("loader", real)?;
        let os = module.py().import("os")?;
        os.call_method1("putenv", (CONFIGURATION, ""))?;
        let done = real.call_method1("exec_module", (&module,)).and_then(|_| initialize(&module));
        os.call_method1("unsetenv", (CONFIGURATION,))?;
        done
    };
    let create_module = importer.getattr("create_module")?;
    let exec_module = function(py, c"exec_module", exec_module)?;
    spec.setattr("loader", namespace(py, [("create_module", create_module), ("exec_module", exec_module)])?)?;
    Ok(spec)
}

/// `_hashlib` uses OpenSSL when it is loaded; `_ssl` has to be asked for something that does.
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
