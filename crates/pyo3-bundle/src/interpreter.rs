//! A started CPython that its owner finalizes, for applications that are a Python themselves.
//! `start` starts it, and the caller decides what runs.

use crate::home::Home;
use crate::object::Attached;
use crate::start::{self, CommandLine, Stop};
use anyhow::{Result, bail};
use pyo3_ffi as ffi;
use std::ffi::OsString;
use std::marker::PhantomData;
use std::path::Path;

/// CPython's exit status when the last flush of stdout fails.
const FLUSH_FAILED: i32 = 120;

/// A started CPython, attached to the thread that started it.
pub struct Interpreter {
    not_send: PhantomData<*const ()>,
}

/// The outcome of a start with arguments.
pub enum Start {
    Running(Interpreter),
    /// CPython ended because of its arguments, has said why on stderr, and wants this exit status.
    Ended(i32),
}

impl Interpreter {
    /// Starts CPython without arguments.
    pub fn start(home: &Home) -> Result<Self> {
        match Self::start_with(home, &[], false)? {
            Start::Running(interpreter) => Ok(interpreter),
            Start::Ended(status) => bail!("CPython ended with status {status}, though it had no arguments"),
        }
    }

    /// Starts CPython with the arguments of a `python3` command line, which `run_main` then carries out. With `quiet`
    /// CPython prints no banner before an interactive session.
    pub fn start_with(home: &Home, arguments: &[OsString], quiet: bool) -> Result<Start> {
        match start::start(home, &CommandLine::OfPython { arguments, quiet }) {
            Ok(()) => Ok(Start::Running(Interpreter { not_send: PhantomData })),
            Err(Stop::Ended(status)) => Ok(Start::Ended(status)),
            Err(Stop::Failed(error)) => Err(error),
        }
    }

    /// Makes a folder of packages importable, with its `.pth` files, as `site` does. A missing folder is ignored.
    pub fn add_packages(&self, folder: &Path) -> Result<()> {
        start::add_packages(folder)
    }

    /// Calls Python code in this thread.
    pub(crate) fn with<T>(&self, work: impl FnOnce(Attached<'_>) -> T) -> T {
        // SAFETY: the interpreter is started, and finalizing takes this value.
        unsafe { Attached::with(work) }
    }

    /// Does what `python3` does with the arguments of the start, then finalizes. Returns the status for
    /// `std::process::exit`, of which POSIX systems take the low eight bits.
    pub fn run_main(self) -> i32 {
        // SAFETY: CPython is started and this thread is attached to it, as `PhantomData` keeps the interpreter in its
        // thread.
        unsafe { ffi::Py_RunMain() }
    }

    /// Flushes and finalizes. `Python::initialize` never does, so text that `print` buffered for a pipe would be lost
    /// (<https://github.com/PyO3/pyo3/issues/1490>).
    pub fn finish(self, status: i32) -> i32 {
        // SAFETY: as in `run_main`.
        match unsafe { ffi::Py_FinalizeEx() } {
            0 => status,
            _ => FLUSH_FAILED,
        }
    }
}
