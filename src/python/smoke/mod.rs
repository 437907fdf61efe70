//! `--smoke-python`: checks that the Python of this program works and that nothing is loaded from elsewhere.
//! `facts.py` and `maps` gather facts, `judge` finds, and this file calls them and shows the report.

mod judge;
mod maps;

use super::source::{call, load};
use super::{Home, Interpreter};
use crate::shown::shown;
use anyhow::{Context, Result};
use judge::{Facts, Finding, Native};
use pyo3::prelude::*;
use serde::Serialize;
use std::ffi::OsString;
use std::path::Path;

#[derive(Serialize)]
pub struct Report {
    ok: bool,
    linked: &'static str,
    findings: Vec<Finding>,
    #[serde(flatten)]
    facts: Facts,
}

impl Report {
    pub fn of(interpreter: &Interpreter, home: &Home) -> Result<Self> {
        let mut facts = interpreter.with(gather).context("Python failed to report on itself")?;
        // The maps are read last, when everything that can be loaded is loaded.
        let mapped = maps::objects_of_this_process().context("cannot read `/proc/self/maps`")?;
        facts.mapped = mapped.into_iter().map(|path| Native(path.into())).collect();
        let findings = judge::judge(&facts, &judge::Places::of(home));
        // The black box keeps the text in the program in one piece, so that the packager finds it.
        let linked = std::hint::black_box(super::LINKED);
        Ok(Report { ok: findings.is_empty(), linked, findings, facts })
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

fn gather(py: Python<'_>) -> PyResult<Facts> {
    let source = load(py, include_str!("facts.py"), "<facts>")?;
    let facts = call(&source, "gather")?;
    let native = |key| Ok::<_, PyErr>(Native(facts.get_item(key)?.extract()?));
    let natives = |texts: Vec<OsString>| texts.into_iter().map(Native).collect::<Vec<_>>();
    let identity = |key| {
        let (identity, error): (Option<Vec<OsString>>, Option<String>) = facts.get_item(key)?.extract()?;
        Ok::<_, PyErr>((identity.map(natives), error))
    };
    Ok(Facts {
        version: facts.get_item("version")?.extract()?,
        prefix: native("prefix")?,
        executable: native("executable")?,
        path: natives(facts.get_item("path")?.extract()?),
        imports: facts.get_item("imports")?.extract()?,
        exercises: facts.get_item("exercises")?.extract()?,
        child: identity("child")?,
        worker: identity("worker")?,
        mapped: Vec::new(),
    })
}
