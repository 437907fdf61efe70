//! `/edit`, and the key for it: the user's own editor on an input.

use crate::problem::Problem;
use crate::repl::session::{Next, Session};
use crate::repl::{child, history};
use pyo3::prelude::*;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::process::Command;

pub fn run(session: &mut Session, py: Python<'_>, rest: &str) -> PyResult<Next> {
    let text = match rest {
        "" => last_input(session),
        text => text.to_owned(),
    };
    edit(session, py, &text)?;
    Ok(Next::Input)
}

/// The newest input that is no command.
fn last_input(session: &mut Session) -> String {
    let inputs = history::newest(session.editor().history(), 100, None);
    inputs.into_iter().rev().find(|text| !text.trim_start().starts_with('/')).unwrap_or_default()
}

/// What was saved stands in the line, for a last look before Enter runs it.
pub fn edit(session: &mut Session, py: Python<'_>, text: &str) -> PyResult<()> {
    let file = Scratch::with(text)?;
    // The variables may hold a command with options, as for git and sudoedit.
    let mut shell = Command::new("sh");
    shell.args(["-c", "eval \"${VISUAL:-${EDITOR:-vi}} \\\"\\$1\\\"\"", "sh"]).arg(&file.0);
    match child::run(py, &mut shell) {
        Ok(status) if status.success() => session.editor().prefill(file.text()?.trim_end()),
        outcome => {
            let why = outcome.map_or_else(|error| error.to_string(), |status| status.to_string());
            let hint = "export EDITOR=<an editor that is installed>";
            eprintln!("error: {}", Problem::new("the editor failed, so the input is as it was", why, hint));
            session.editor().prefill(text);
        }
    }
    Ok(())
}

/// A file that only the user reads, gone when it is dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn with(text: &str) -> io::Result<Self> {
        for number in 0.. {
            let name = format!("{}-{}-{number}.py", env!("CARGO_PKG_NAME"), std::process::id());
            let path = std::env::temp_dir().join(name);
            match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
                Ok(mut file) => {
                    let scratch = Scratch(path);
                    writeln!(file, "{text}")?;
                    return Ok(scratch);
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        unreachable!("there are more numbers than files")
    }

    fn text(&self) -> io::Result<String> {
        fs::read_to_string(&self.0)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}
