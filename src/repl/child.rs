//! Programs that the session starts on its terminal: while one runs, Ctrl-C and Ctrl-\ end it and not the session.

use crate::problem::Problem;
use crate::shown::shown;
use pyo3::prelude::*;
use std::ffi::c_int;
use std::io;
use std::mem::MaybeUninit;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitStatus};

/// The signals that the terminal sends to the session and the program alike, as `system(3)` treats them.
const OF_THE_KEYBOARD: [c_int; 2] = [libc::SIGINT, libc::SIGQUIT];

/// Runs the program to its end. Ctrl-C and Ctrl-\ end the program even if the session was started with them ignored.
pub fn run(py: Python<'_>, command: &mut Command) -> io::Result<ExitStatus> {
    let _ours = OF_THE_KEYBOARD.map(Ignored::new);
    // SAFETY: `signal` may be called between fork and exec.
    unsafe {
        command.pre_exec(|| {
            for signal in OF_THE_KEYBOARD {
                libc::signal(signal, libc::SIG_DFL);
            }
            Ok(())
        });
    }
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

/// A signal that this process ignores until the value is dropped. Otherwise SIGINT would be raised in Python after the
/// program has ended, and SIGQUIT would also end the session.
struct Ignored {
    signal: c_int,
    before: libc::sigaction,
}

impl Ignored {
    fn new(signal: c_int) -> Self {
        // SAFETY: plain calls with structures that live as long as the calls.
        unsafe {
            let mut ignore = MaybeUninit::<libc::sigaction>::zeroed().assume_init();
            ignore.sa_sigaction = libc::SIG_IGN;
            let mut before = MaybeUninit::<libc::sigaction>::zeroed().assume_init();
            libc::sigaction(signal, &ignore, &mut before);
            Ignored { signal, before }
        }
    }
}

impl Drop for Ignored {
    fn drop(&mut self) {
        // SAFETY: restores the action that `new` got.
        unsafe { libc::sigaction(self.signal, &self.before, std::ptr::null_mut()) };
    }
}
