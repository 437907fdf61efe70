//! Puts the caller's interactive session in the place of CPython's, so that `Py_RunMain` starts it when `python3` would
//! start its own: on a terminal without a program, and after a program with `-i`. CPython has no documented hook for
//! this, and no upstream issue about it is known.

use super::imports;
use pyo3::exceptions::{PyAttributeError, PySystemExit};
use pyo3::prelude::*;
use pyo3::types::{PyCFunction, PyDict, PyModule, PyString, PyTuple};
use pyo3_bundle::Interpreter;
use std::sync::{Arc, OnceLock};

/// The module whose `interactive_console` CPython 3.13 calls (`pymain_start_pyrepl` in its Modules/main.c).
const MODULE: &str = "_pyrepl.main";

/// The modules that CPython imports before it, for its own session.
const LINE_EDITING: [&str; 2] = ["readline", "rlcompleter"];

/// The function in `sys` that CPython calls before it.
const HOOK: &str = "__interactivehook__";

/// A session in the place of CPython's.
#[derive(Default)]
pub struct Console {
    /// The exit status that the session asked for when it ended.
    asked: Arc<OnceLock<i32>>,
}

impl Console {
    /// Sets the session. An exception that leaves it ends the program as one that leaves `__main__` would; `SystemExit`
    /// gives the status. If the session `comes_first`, no program runs before it. Then CPython's own imports on the way
    /// come from the runtime and not from the current folder, and CPython's line editing, which takes longer to load
    /// than everything else, is not loaded before the session starts.
    pub fn set(
        &self,
        comes_first: bool,
        console: impl Fn(Python<'_>) -> PyResult<()> + Send + Sync + 'static,
    ) -> PyResult<()> {
        Python::attach(|py| {
            let stand_in = PyModule::new(py, MODULE)?;
            let asked = self.asked.clone();
            // `Py_RunMain` will put the user's folder in front, so the path is taken now.
            let runtime = imports::search_path(py)?;
            if comes_first {
                imports::prefer(runtime.bind(py))?;
                LINE_EDITING.iter().try_for_each(|name| modules(py)?.set_item(name, py.None()))?;
            }
            let start = move |arguments: &Bound<'_, PyTuple>, _: Option<&Bound<'_, PyDict>>| {
                let py = arguments.py();
                // Code that imports the module from now on (as `asyncio.__main__` does) gets CPython's.
                modules(py)?.del_item(MODULE)?;
                let_in_line_editing(py)?;
                if !comes_first {
                    imports::prefer(runtime.bind(py))?;
                }
                console(py).inspect_err(|error| {
                    if let Some(status) = status(py, error) {
                        asked.get_or_init(|| status);
                    }
                })
            };
            stand_in.setattr("interactive_console", PyCFunction::new_closure(py, None, None, start)?)?;
            stand_in.setattr("__getattr__", PyCFunction::new_closure(py, None, None, attribute_of_the_original)?)?;
            modules(py)?.set_item(MODULE, stand_in)?;
            forget_readline(py)
        })
    }

    /// Sets CPython's loop without line editing. CPython decides by stdin alone, and would edit into a stdout that is
    /// not a terminal.
    pub fn set_plain(&self) -> PyResult<()> {
        self.set(false, |py| py.import("sys")?.call_method0("_baserepl").map(drop))
    }

    /// Runs CPython's main program with this session. Returns the exit status.
    pub fn run_main(&self, interpreter: Interpreter) -> i32 {
        match interpreter.run_main() {
            // CPython 3.13 returns 1 for every status that ends a session after a program (`pymain_repl`,
            // https://github.com/python/cpython/issues/125880).
            1 => self.asked.get().copied().unwrap_or(1),
            other => other,
        }
    }
}

fn let_in_line_editing(py: Python<'_>) -> PyResult<()> {
    let modules = modules(py)?;
    for name in LINE_EDITING {
        if modules.get_item(name).is_ok_and(|module| module.is_none()) {
            modules.del_item(name)?;
        }
    }
    Ok(())
}

/// The status of a `SystemExit` with a number.
fn status(py: Python<'_>, error: &PyErr) -> Option<i32> {
    let code = error.value(py).cast::<PySystemExit>().ok()?.getattr("code").ok()?;
    code.extract().ok()
}

/// Looks an attribute up in CPython's module: a program before the session (`-i -m asyncio`) may need more of it.
fn attribute_of_the_original(arguments: &Bound<'_, PyTuple>, _: Option<&Bound<'_, PyDict>>) -> PyResult<Py<PyAny>> {
    let py = arguments.py();
    let name = arguments.get_item(0)?.cast_into::<PyString>()?;
    // The import system asks each module for its dunder names, and the stand-in has none of the original's.
    if name.to_str()?.starts_with("__") {
        return Err(PyAttributeError::new_err(name.unbind()));
    }
    let modules = modules(py)?;
    let stand_in = modules.get_item(MODULE)?;
    modules.del_item(MODULE)?;
    let original = py.import(MODULE);
    modules.set_item(MODULE, stand_in)?;
    original?.getattr(name).map(Bound::unbind)
}

/// Removes the hook by which `site` sets up readline's keys and history file: the session has its own.
fn forget_readline(py: Python<'_>) -> PyResult<()> {
    let sys = py.import("sys")?;
    if sys.hasattr(HOOK)? { sys.delattr(HOOK) } else { Ok(()) }
}

fn modules(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    py.import("sys")?.getattr("modules")
}
