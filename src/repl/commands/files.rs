//! `/run`, `/include`, `/save`: run and write files of Python.

use crate::repl::session::{Next, Session};
use pyo3::prelude::*;

pub fn run(session: &mut Session, py: Python<'_>, rest: &str) -> PyResult<Next> {
    session.engine.tools(py, "run_script", (rest,))?;
    Ok(Next::Input)
}

pub fn include(session: &mut Session, py: Python<'_>, rest: &str) -> PyResult<Next> {
    session.engine.tools(py, "include", (rest,))?;
    Ok(Next::Input)
}

pub fn save(session: &mut Session, py: Python<'_>, rest: &str) -> PyResult<Next> {
    session.engine.tools(py, "save", (rest,))?;
    Ok(Next::Input)
}
