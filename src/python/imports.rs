//! What the program's own Python sources import comes from the runtime, though the user's folder stands before it on
//! `sys.path`: a `traceback.py` beside the user is for the user's own imports.

use super::source;
use pyo3::exceptions::PyModuleNotFoundError;
use pyo3::prelude::*;
use pyo3::types::{PyCFunction, PyDict, PyList, PyString, PyTuple};

/// `sys.path` as it is now, to be preferred later.
pub(super) fn search_path(py: Python<'_>) -> PyResult<Py<PyList>> {
    let path = py.import("sys")?.getattr("path")?.cast_into::<PyList>()?;
    Ok(path.get_slice(0, path.len()).unbind())
}

/// From now on an import that no code of the user's asked for looks into these folders first. The finder stands before the
/// one that knows `sys.path`, so it is not asked for what is built in or frozen.
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
        // A module of another system (`msvcrt`), which the standard library tries to import, is not the user's either.
        if found.is_none(py) && names.bind(py).contains(&name)? {
            return Err(no_such_module(&name)?);
        }
        Ok(found)
    };
    // No class: making one would take longer than all the rest.
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

/// Whether an import goes back to a source of the program's through nothing but the import system and the standard library.
/// The first other frame is the user's code; where there is no frame at all, CPython asks for itself.
fn asked_by_the_program(innermost: &Bound<'_, PyAny>, standard_library: &str) -> PyResult<bool> {
    let Ok(mut frame) = innermost.call0() else { return Ok(true) };
    while !frame.is_none() {
        let file = frame.getattr("f_code")?.getattr("co_filename")?;
        let is_of_the_runtime = |file: &str| {
            file.starts_with("<frozen ")
                || file.strip_prefix(standard_library).is_some_and(|rest| rest.starts_with('/'))
        };
        // A name that is not UTF-8 is a user's.
        if !file.cast::<PyString>()?.to_str().is_ok_and(is_of_the_runtime) {
            return source::is_of_the_program(&frame.getattr("f_globals")?);
        }
        frame = frame.getattr("f_back")?;
    }
    Ok(true)
}
