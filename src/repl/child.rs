//! Programs that the session starts on its terminal: Ctrl-C is theirs while they run.

use crate::problem::Problem;
use pyo3::prelude::*;
use std::io;
use std::mem::MaybeUninit;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitStatus};

pub fn run(py: Python<'_>, command: &mut Command) -> io::Result<ExitStatus> {
    let _ours = Ignored::interrupt();
    // SAFETY: only resets a signal's action, which is allowed between fork and exec.
    unsafe {
        command.pre_exec(|| {
            libc::signal(libc::SIGINT, libc::SIG_DFL);
            Ok(())
        });
    }
    py.detach(|| command.status())
}

/// Runs it for the user to watch, and says what he could not see: a status, or why it does not start.
pub fn show(py: Python<'_>, command: &mut Command, hint: &str) {
    match run(py, command) {
        Ok(status) if status.success() => {}
        Ok(status) => eprintln!("{status}"),
        Err(error) => {
            let what = format!("`{}` does not start", command.get_program().display());
            eprintln!("error: {}", Problem::new(what, error.to_string(), hint));
        }
    }
}

/// The terminal sends SIGINT to us, too; Python would raise it after the program has ended.
struct Ignored(libc::sigaction);

impl Ignored {
    fn interrupt() -> Self {
        // SAFETY: plain calls with structures that live as long as the calls.
        unsafe {
            let mut ignore = MaybeUninit::<libc::sigaction>::zeroed().assume_init();
            ignore.sa_sigaction = libc::SIG_IGN;
            let mut before = MaybeUninit::<libc::sigaction>::zeroed().assume_init();
            libc::sigaction(libc::SIGINT, &ignore, &mut before);
            Ignored(before)
        }
    }
}

impl Drop for Ignored {
    fn drop(&mut self) {
        // SAFETY: gives back the action that `interrupt` got.
        unsafe { libc::sigaction(libc::SIGINT, &self.0, std::ptr::null_mut()) };
    }
}
