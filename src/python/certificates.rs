//! Notices the first import of `ssl`, and has `certificates.py` find the system's certificates then: a program without TLS
//! pays nothing, not even for compiling that.

use super::source;
use pyo3::prelude::*;
use pyo3::types::{PyCFunction, PyDict, PyTuple};
use std::sync::atomic::{AtomicBool, Ordering};

/// Puts a finder that finds nothing before all others. No class: making one would be the dearest part of the start.
pub fn install_finder(py: Python<'_>) -> PyResult<()> {
    let noticed = AtomicBool::new(false);
    let find_spec = move |arguments: &Bound<'_, PyTuple>, _: Option<&Bound<'_, PyDict>>| {
        let name = arguments.get_item(0)?;
        if name.eq("ssl")? && !noticed.swap(true, Ordering::SeqCst) {
            let source = source::load(name.py(), include_str!("certificates.py"), "<certificates>")?;
            source::call(&source, "use_system_store")?;
        }
        PyResult::Ok(name.py().None())
    };
    let sys = py.import("sys")?;
    let attributes = PyDict::new(py);
    attributes.set_item("find_spec", PyCFunction::new_closure(py, Some(c"find_spec"), None, find_spec)?)?;
    let finder = sys.getattr("implementation")?.get_type().call((), Some(&attributes))?;
    sys.getattr("meta_path")?.call_method1("insert", (0, finder)).map(drop)
}
