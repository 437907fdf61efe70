//! Runs programs on the session's terminal, which get the keyboard's signals.

use super::system::programs::give_keyboard;
use crate::problem::Problem;
use crate::shown::shown;
use pyo3::prelude::*;
use std::io;
use std::process::{Command, ExitStatus};

/// Runs the program to its end. The keyboard ends the program even if the session was started with them ignored.
pub fn run(py: Python<'_>, command: &mut Command) -> io::Result<ExitStatus> {
    let _ours = give_keyboard(command);
    py.detach(|| command.status())
}

/// Runs the program on the terminal, and afterwards prints a status that is not success, or why it did not start.
pub fn show(py: Python<'_>, command: &mut Command, hint: &str) {
    match run(py, command) {
        Ok(status) if status.success() => {}
        Ok(status) => eprintln!("{status}"),
        Err(error) => {
            let what = format!("`{}` does not start", shown(command.get_program().as_ref()));
            eprintln!("error: {}", Problem::new(what, error.to_string(), hint));
        }
    }
}
