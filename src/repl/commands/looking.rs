//! `name?`, `/inspect`, `/show`, `/show_source`, `/last_error`, `/time`: show values, sources, errors and durations.

use crate::repl::highlight::PythonHighlighter;
use crate::repl::session::{Next, Session};
use pyo3::prelude::*;
use reedline::Highlighter;

pub fn describe(session: &Session, py: Python<'_>, subject: &str, detail: bool) -> PyResult<()> {
    let namespace = session.engine.namespace(py)?;
    let form = if detail { "{}??" } else { "{}?" };
    session.engine.tools(py, "printed", (session.engine.look(py, "describe")?, (subject, namespace, detail), form))?;
    Ok(())
}

pub fn inspect(session: &mut Session, py: Python<'_>, rest: &str) -> PyResult<Next> {
    let namespace = session.engine.namespace(py)?;
    let function = session.engine.look(py, "inspect_value")?;
    session.engine.tools(py, "printed", (function, (rest, namespace), "/inspect {}"))?;
    Ok(Next::Input)
}

pub fn show_source(session: &mut Session, py: Python<'_>, rest: &str) -> PyResult<Next> {
    let namespace = session.engine.namespace(py)?;
    let found = session.engine.tools(py, "source", (session.engine.look(py, "source")?, rest, namespace))?;
    if let Some(text) = found.extract::<Option<String>>()? {
        let highlighter = PythonHighlighter::new(session.theme.clone(), &[]);
        println!("{}", highlighter.highlight(text.trim_end(), text.len()).render_simple());
    }
    Ok(Next::Input)
}

pub fn show(session: &mut Session, py: Python<'_>, rest: &str) -> PyResult<Next> {
    session.engine.tools(py, "show", (rest,))?;
    Ok(Next::Input)
}

pub fn last_error(session: &mut Session, py: Python<'_>, _: &str) -> PyResult<Next> {
    session.engine.tools(py, "last_error", ())?;
    Ok(Next::Input)
}

pub fn time(session: &mut Session, py: Python<'_>, rest: &str) -> PyResult<Next> {
    session.engine.tools(py, "timed", (rest,))?;
    Ok(Next::Input)
}
