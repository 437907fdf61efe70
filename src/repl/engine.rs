//! The session's Python side, called from Rust. The parts for the first prompt are loaded at once, the others when
//! used.

use super::pasted::Verdict;
use crate::python::source;
use pyo3::call::PyCallArgs;
use pyo3::exceptions::{PyKeyboardInterrupt, PySystemExit};
use pyo3::prelude::*;
use pyo3::sync::{OnceExt, PyOnceLock};
use pyo3::types::PyDict;
use std::sync::{Mutex, Once, PoisonError};

pub struct Engine {
    warm: Once,
    raised: Mutex<Option<PyErr>>,
    session: Py<PyDict>,
    complete: PyOnceLock<Py<PyDict>>,
    look: PyOnceLock<Py<PyDict>>,
    tools: PyOnceLock<Py<PyDict>>,
}

/// A source and its name in tracebacks and as `__name__`.
const SESSION: (&str, &str) = (include_str!("python/session.py"), "<session>");
const DISPLAY: (&str, &str) = (include_str!("python/display.py"), "<display>");
const COMPLETE: (&str, &str) = (
    concat!(
        include_str!("python/lookup.py"),
        include_str!("python/signatures.py"),
        include_str!("python/scan.py"),
        include_str!("python/modules.py"),
        include_str!("python/complete.py"),
    ),
    "<complete>",
);
const LOOK: (&str, &str) = (include_str!("python/look.py"), "<look>");
const TOOLS: (&str, &str) = (include_str!("python/tools.py"), "<tools>");

impl Engine {
    pub fn load(py: Python<'_>, most_items: usize, most_characters: usize) -> PyResult<Self> {
        let display = source::load(py, DISPLAY.0, DISPLAY.1)?;
        display.as_any().get_item("configure")?.call1((most_items, most_characters))?;
        let session = loaded(py, SESSION)?;
        let (complete, look, tools) = (PyOnceLock::new(), PyOnceLock::new(), PyOnceLock::new());
        Ok(Engine { warm: Once::new(), raised: Mutex::new(None), session, complete, look, tools })
    }

    /// Calls a function of `session.py`.
    pub fn session<'py, A: PyCallArgs<'py>>(
        &self,
        py: Python<'py>,
        function: &str,
        arguments: A,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.session.bind(py).as_any().get_item(function)?.call1(arguments)
    }

    /// Calls a function of `complete.py`.
    pub fn complete<'py, A: PyCallArgs<'py>>(
        &self,
        py: Python<'py>,
        function: &str,
        arguments: A,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.completion(py)?.bind(py).as_any().get_item(function)?.call1(arguments)
    }

    /// Loads the modules that inputs need, from the runtime alone and before any of the user's code runs, which
    /// completion must not trust. If that fails, the parts that need them fail later.
    pub fn warm_up(&self) {
        Python::attach(|py| {
            self.warm.call_once_py_attached(py, || {
                let _ = self.session(py, "prepare", ());
                let _ = self.completion(py);
            });
        });
    }

    /// Whether `warm_up` has done its work.
    pub fn is_warm(&self) -> bool {
        self.warm.is_completed()
    }

    fn completion(&self, py: Python<'_>) -> PyResult<&Py<PyDict>> {
        self.complete.get_or_try_init(py, || loaded(py, COMPLETE))
    }

    /// Returns a function of `look.py`.
    pub fn look<'py>(&self, py: Python<'py>, function: &str) -> PyResult<Bound<'py, PyAny>> {
        let source = self.look.get_or_try_init(py, || loaded(py, LOOK))?;
        source.bind(py).as_any().get_item(function)
    }

    /// Calls a function of `tools.py`, which knows `session.py` as `session`.
    pub fn tools<'py, A: PyCallArgs<'py>>(
        &self,
        py: Python<'py>,
        function: &str,
        arguments: A,
    ) -> PyResult<Bound<'py, PyAny>> {
        let source = self.tools.get_or_try_init(py, || {
            let source = loaded(py, TOOLS)?;
            source.bind(py).set_item("session", &self.session)?;
            Ok::<_, PyErr>(source)
        })?;
        source.bind(py).as_any().get_item(function)?.call1(arguments)
    }

    /// Returns the namespace of `__main__`.
    pub fn namespace<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.session.bind(py).as_any().get_item("main")
    }

    pub fn prompts(&self, py: Python<'_>) -> PyResult<(String, String)> {
        self.session(py, "prompts", ())?.extract()
    }

    /// Whether Enter runs the source, for the editor in any thread. If Python fails to tell, the source is run, and
    /// shows the error.
    pub fn is_whole(&self, source: &str) -> bool {
        self.warm_up();
        Python::attach(|py| {
            self.handle_signals(py);
            self.session(py, "is_whole", (source,))?.extract()
        })
        .unwrap_or(true)
    }

    /// Calls the handlers of signals that came while a line was edited, so that none of them answers another question. An
    /// interrupt has nothing to interrupt here; what else a handler raises is the session's.
    fn handle_signals(&self, py: Python<'_>) {
        if let Err(error) = py.check_signals()
            && !error.is_instance_of::<PyKeyboardInterrupt>(py)
        {
            self.keep(py, error);
        }
    }

    /// Keeps what a handler of a signal has raised for the session. Nothing takes the place of a `SystemExit`.
    pub fn keep(&self, py: Python<'_>, error: PyErr) {
        let mut raised = self.raised.lock().unwrap_or_else(PoisonError::into_inner);
        if !raised.as_ref().is_some_and(|first| first.is_instance_of::<PySystemExit>(py)) {
            *raised = Some(error);
        }
    }

    /// Returns what a handler of a signal has raised since the last call.
    pub fn raised(&self) -> Option<PyErr> {
        self.raised.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Returns how the compiler judges a text. If Python fails to tell, the verdict leaves the text as it is.
    pub fn verdict(&self, source: &str) -> Verdict {
        self.warm_up();
        let verdict = Python::attach(|py| {
            self.handle_signals(py);
            self.session(py, "verdict", (source,))?.extract::<String>()
        });
        match verdict.as_deref() {
            Ok("wrong") => Verdict::Invalid,
            Ok("open") => Verdict::Open,
            _ => Verdict::Whole,
        }
    }

    /// Runs an input, and returns whether it succeeded. Only an exception that ends the session is an error.
    pub fn run(&self, py: Python<'_>, source: &str) -> PyResult<bool> {
        self.session(py, "run", (source,))?.extract()
    }
}

fn loaded(py: Python<'_>, (text, name): (&str, &str)) -> PyResult<Py<PyDict>> {
    Ok(source::load(py, text, name)?.unbind())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repl::testing::engine;

    #[test]
    fn an_input_is_whole_where_cpython_runs_it_or_finds_it_wrong() {
        let engine = engine();
        for (source, whole) in [
            ("", true),
            ("# only a comment", true),
            ("1; 2", true),
            ("a = 1\nb = 2", true),
            ("if x: y", false),
            ("if x: y\n", true),
            ("if x:\n    y", false),
            ("if x:\n    y\n", true),
            ("a = 1\nif x:\n    y", false),
            ("print(", false),
            ("'''open", false),
            ("@decorator", false),
            ("x = \\", false),
            ("await x", true),
            ("x = = 1", true),
            ("1 +", true),
            ("\0", true),
        ] {
            assert_eq!(engine.is_whole(source), whole, "{source:?}");
        }
    }

    #[test]
    fn what_inputs_need_is_loaded_once() {
        let engine = engine();
        assert!(!engine.is_warm());
        engine.warm_up();
        engine.warm_up();
        assert!(engine.is_warm());
    }

    #[test]
    fn a_function_that_is_missing_is_an_error_of_python() {
        let engine = engine();
        Python::attach(|py| {
            assert!(engine.session(py, "no_such_function", ()).is_err());
            assert!(engine.tools(py, "no_such_function", ()).is_err());
            assert!(engine.look(py, "no_such_function").is_err());
            assert!(engine.complete(py, "no_such_function", ()).is_err());
        });
    }
}
