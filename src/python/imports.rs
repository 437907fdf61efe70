//! Makes the program's own Python sources import from the runtime, although the user's folder comes first on
//! `sys.path`: a `traceback.py` in the current folder is for the user's own imports only.

use super::source;
use pyo3::exceptions::PyModuleNotFoundError;
use pyo3::prelude::*;
use pyo3::types::{PyCFunction, PyDict, PyList, PyString, PyTuple};

/// Returns a copy of `sys.path` for a later call of [`prefer`].
pub(super) fn search_path(py: Python<'_>) -> PyResult<Py<PyList>> {
    let path = py.import("sys")?.getattr("path")?.cast_into::<PyList>()?;
    Ok(path.get_slice(0, path.len()).unbind())
}

/// Makes every import that the user's code did not ask for look into these folders first. The finder comes before the
/// one that searches `sys.path`, so it is not asked for built-in or frozen modules.
pub(super) fn prefer(runtime: &Bound<'_, PyList>) -> PyResult<()> {
    let py = runtime.py();
    let sys = py.import("sys")?;
    let finders = sys.getattr("meta_path")?.cast_into::<PyList>()?;
    let of_path = py.import("_frozen_importlib_external")?.getattr("PathFinder")?;
    let Ok(place) = finders.index(&of_path) else { return Ok(()) };
    let standard_library: String = sys.getattr("_stdlib_dir")?.extract()?;
    let (frame, runtime) = (sys.getattr("_getframe")?.unbind(), runtime.clone().unbind());
    let (of_path, names) = (of_path.unbind(), sys.getattr("stdlib_module_names")?.unbind());
    let find_spec = move |arguments: &Bound<'_, PyTuple>, _: Option<&Bound<'_, PyDict>>| {
        let py = arguments.py();
        let is_submodule = arguments.get_item(1).is_ok_and(|path| !path.is_none());
        if is_submodule || !asked_by_the_program(frame.bind(py), &standard_library)? {
            return Ok(py.None());
        }
        let name = arguments.get_item(0)?;
        let found = of_path.call_method1(py, "find_spec", (&name, &runtime))?;
        // The standard library tries modules of other systems (`msvcrt`); the user's folder must not supply them
        // either.
        if found.is_none(py) && names.bind(py).contains(&name)? {
            return Err(no_such_module(&name)?);
        }
        Ok(found)
    };
    // The finder is not an instance of a new class: making a class would take longer than all the rest.
    let attributes = PyDict::new(py);
    attributes.set_item("find_spec", PyCFunction::new_closure(py, Some(c"find_spec"), None, find_spec)?)?;
    let finder = sys.getattr("implementation")?.get_type().call((), Some(&attributes))?;
    finders.insert(place, finder)
}

fn no_such_module(name: &Bound<'_, PyAny>) -> PyResult<PyErr> {
    let py = name.py();
    let keywords = PyDict::new(py);
    keywords.set_item("name", name)?;
    let error = py.get_type::<PyModuleNotFoundError>().call((format!("No module named '{name}'"),), Some(&keywords))?;
    Ok(PyErr::from_value(error))
}

/// Whether an import comes from one of the program's sources, through the import system and the standard library only.
/// Any other frame is the user's code. Without a frame CPython itself imports.
fn asked_by_the_program(innermost: &Bound<'_, PyAny>, standard_library: &str) -> PyResult<bool> {
    let Ok(mut frame) = innermost.call0() else { return Ok(true) };
    while !frame.is_none() {
        let file = frame.getattr("f_code")?.getattr("co_filename")?;
        let is_of_the_runtime = |file: &str| {
            file.starts_with("<frozen ")
                || file.strip_prefix(standard_library).is_some_and(|rest| rest.starts_with(std::path::is_separator))
        };
        // A file whose name is not UTF-8 is the user's.
        if !file.cast::<PyString>()?.to_str().is_ok_and(is_of_the_runtime) {
            return source::is_of_the_program(&frame.getattr("f_globals")?);
        }
        frame = frame.getattr("f_back")?;
    }
    Ok(true)
}
