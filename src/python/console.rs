//! Puts an interactive session of one's own in the place of CPython's, so that `Py_RunMain` starts it when `python3` would
//! start its own: on a terminal without a program, and after one with `-i`. What the session does is the caller's.

use super::Interpreter;
use pyo3::prelude::*;
use pyo3::types::{PyCFunction, PyDict, PyModule, PyTuple};

/// The module whose `interactive_console` CPython 3.13 calls then (`pymain_start_pyrepl` in its Modules/main.c).
const MODULE: &str = "_pyrepl.main";

impl Interpreter {
    /// An exception that leaves the session ends the program as one that leaves `__main__` would: `SystemExit` gives the status.
    pub fn set_console(&self, console: impl Fn(Python<'_>) -> PyResult<()> + Send + Sync + 'static) -> PyResult<()> {
        self.with(|py| {
            let modules = py.import("sys")?.getattr("modules")?;
            let stand_in = PyModule::new(py, MODULE)?;
            let start = move |arguments: &Bound<'_, PyTuple>, _: Option<&Bound<'_, PyDict>>| {
                let py = arguments.py();
                // Whoever imports it from now on (`asyncio.__main__` does) gets CPython's.
                py.import("sys")?.getattr("modules")?.del_item(MODULE)?;
                console(py)
            };
            stand_in.setattr("interactive_console", PyCFunction::new_closure(py, None, None, start)?)?;
            modules.set_item(MODULE, stand_in)
        })
    }
}
