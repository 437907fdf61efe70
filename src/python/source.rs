//! Runs the Python sources that are part of the program by `include_str!`, each in a dict of its own.

use pyo3::prelude::*;
use pyo3::types::PyDict;

/// The key that marks the globals of such a source.
const MARK: &str = "__program__";

/// Runs a source outside `sys.modules`, so user code neither sees nor shadows it. Tracebacks show the given name.
pub fn load<'py>(py: Python<'py>, source: &str, name: &str) -> PyResult<Bound<'py, PyDict>> {
    let globals = PyDict::new(py);
    globals.set_item("__name__", name)?;
    globals.set_item(MARK, true)?;
    let builtins = py.import("builtins")?;
    let code = builtins.call_method1("compile", (source, name, "exec"))?;
    builtins.call_method1("exec", (code, &globals))?;
    Ok(globals)
}

/// Whether these are the globals of a source that [`load`] ran.
pub(super) fn is_of_the_program(globals: &Bound<'_, PyAny>) -> PyResult<bool> {
    globals.contains(MARK)
}
