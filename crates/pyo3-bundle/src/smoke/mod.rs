//! The smoke: checks that the Python of this program works and that nothing is loaded from elsewhere.
//! `facts.py` and `mapped` gather facts, `judge` finds, and this file calls them and shows the report.

mod judge;
mod mapped;

use crate::object::{Attached, Object, Result as Raising};
use crate::{Home, Interpreter, LINKED, system};
use anyhow::{Context, Result};
use judge::{Facts, Native};
use pyo3_bundle_layout::finding::Finding;
use pyo3_bundle_layout::layout::SMOKE_VARIABLE;
use pyo3_bundle_layout::shown::shown;
use serde::Serialize;
use std::collections::BTreeMap;
use std::ffi::CStr;
use std::io::{self, Write};
use std::path::Path;

const FACTS: &CStr = match CStr::from_bytes_with_nul(concat!(include_str!("facts.py"), "\0").as_bytes()) {
    Ok(source) => source,
    Err(_) => panic!("facts.py has a null byte"),
};

/// How a report is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One line, or a line for each finding.
    Lines,
    /// The whole report.
    Json,
}

/// Reads the request in the environment to check the Python, and removes it, so that no child gets it.
///
/// # Safety
///
/// As of [`scrub`](crate::scrub): no other thread may use the environment during the call.
pub unsafe fn take_request() -> Option<Format> {
    let value = std::env::var_os(SMOKE_VARIABLE)?;
    // SAFETY: the caller guarantees that no other thread uses the environment.
    unsafe { system::remove_variable(SMOKE_VARIABLE) };
    match value.to_str() {
        Some("" | "0") => None,
        Some("json") => Some(Format::Json),
        _ => Some(Format::Lines),
    }
}

/// Starts the Python, checks it and finalizes it. Prints the report, and findings to stderr. Returns the exit status: 0,
/// or 1 if there are findings.
pub fn run(home: &Home, format: Format) -> Result<i32> {
    let interpreter = Interpreter::start(home)?;
    let report = Report::of(&interpreter, home)?;
    let status = interpreter.finish(if report.ok() { 0 } else { 1 });
    match format {
        Format::Json => print(&report.json())?,
        Format::Lines if report.ok() => print(&report.summary())?,
        Format::Lines => {}
    }
    for finding in report.findings() {
        eprintln!("{finding}");
    }
    Ok(status)
}

/// Prints to stdout. A reader that closes the pipe early (`| head`) is not an error.
fn print(text: &str) -> io::Result<()> {
    match writeln!(io::stdout(), "{text}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}

#[derive(Serialize)]
pub struct Report {
    ok: bool,
    linked: &'static str,
    findings: Vec<Finding>,
    #[serde(flatten)]
    facts: Facts,
}

impl Report {
    /// Checks a started Python.
    pub fn of(interpreter: &Interpreter, home: &Home) -> Result<Self> {
        let gathered = interpreter.with(|py| gather(py).map_err(|raised| raised.into_error(py)));
        let mut facts = gathered.context("Python failed to report on itself")?;
        // Read last, when everything that can be loaded is loaded.
        let mapped = mapped::objects_of_this_process().context("cannot read what this process has mapped")?;
        facts.mapped = mapped.into_iter().map(|path| Native(path.into())).collect();
        let findings = judge::judge(&facts, &judge::Places::of(home));
        Ok(Report { ok: findings.is_empty(), linked: LINKED, findings, facts })
    }

    pub fn ok(&self) -> bool {
        self.ok
    }

    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).expect("strings, numbers and lists always serialize")
    }

    /// The line for a report without findings.
    pub fn summary(&self) -> String {
        format!("smoke-python: ok version='{}' prefix='{}'", self.facts.version, shown(Path::new(&self.facts.prefix.0)))
    }

    /// The findings, each as a line.
    pub fn findings(&self) -> impl Iterator<Item = String> {
        self.findings.iter().map(Finding::to_string)
    }
}

fn gather(py: Attached<'_>) -> Raising<Facts> {
    let facts = py.run(FACTS, c"<facts>")?.item(c"gather")?.call(&[])?;
    Ok(Facts {
        version: facts.item(c"version")?.text()?,
        prefix: native(&facts.item(c"prefix")?)?,
        executable: native(&facts.item(c"executable")?)?,
        path: natives(&facts.item(c"path")?)?,
        imports: named(&facts.item(c"imports")?, |error| optional(error, |error| error.text()))?,
        exercises: named(&facts.item(c"exercises")?, |outcome| {
            let [result, error] = outcome.unpack()?;
            Ok((optional(result, |result| result.is_true())?, optional(error, |error| error.text())?))
        })?,
        child: identity(&facts.item(c"child")?)?,
        worker: identity(&facts.item(c"worker")?)?,
        mapped: Vec::new(),
    })
}

fn native(text: &Object<'_>) -> Raising<Native> {
    text.os_string().map(Native)
}

fn natives(texts: &Object<'_>) -> Raising<Vec<Native>> {
    texts.items()?.iter().map(native).collect()
}

fn identity(outcome: &Object<'_>) -> Raising<judge::Outcome<Vec<Native>>> {
    let [identity, error] = outcome.unpack()?;
    Ok((optional(identity, |identity| natives(&identity))?, optional(error, |error| error.text())?))
}

/// Reads a dict with names as keys.
fn named<'py, T>(dict: &Object<'py>, read: impl Fn(Object<'py>) -> Raising<T>) -> Raising<BTreeMap<String, T>> {
    let pairs = dict.call_method(c"items", &[])?.items()?;
    let entry = |pair: Object<'py>| {
        let [name, value] = pair.unpack()?;
        Ok((name.text()?, read(value)?))
    };
    pairs.into_iter().map(entry).collect()
}

/// Reads a value, unless it is `None`.
fn optional<'py, T>(value: Object<'py>, read: impl FnOnce(Object<'py>) -> Raising<T>) -> Raising<Option<T>> {
    if value.is_none() { Ok(None) } else { read(value).map(Some) }
}
