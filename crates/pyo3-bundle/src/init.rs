//! `init`: the one line by which an application starts its Python and leaves it to all threads.
//! What is started, and how, is decided in `start`.

use crate::home::Home;
use crate::object::{Attached, Result as Raising};
use crate::start::{self, CommandLine, Stop};
use crate::{environment, smoke};
use anyhow::{Result, bail};
use pyo3_ffi as ffi;
use std::ffi::CStr;

/// Keeps the output of Python code: flushes `sys.stdout` and `sys.stderr` when it is dropped, at the end of `main`. It
/// does not finalize Python, which other threads may be using. `std::process::exit` drops nothing.
#[must_use = "bind it to a name such as `_python`, so that it is dropped at the end of `main`"]
#[derive(Debug)]
pub struct Guard(());

/// Starts the Python that this program carries, for use by `Python::attach` (PyO3 ≥ 0.26) or `Python::with_gil` from any
/// thread. Call it in the first line of `main`: no other thread may use the environment during the call.
///
/// - Python ignores its environment variables and the machine's Python. Children do not get `PYTHONHOME`.
/// - `sys.executable` is the interpreter of the runtime, and `sys.argv` has this program's arguments.
/// - Signals are left alone, as `Python::initialize` leaves them: Ctrl-C ends the program, unless Python code imports
///   `signal`, which makes it a `KeyboardInterrupt`.
/// - `Python::initialize` and PyO3's feature `auto-initialize` do nothing afterwards.
/// - With `PYO3_BUNDLE_SMOKE=1` (or `json`) in the environment this checks the Python instead, prints what it finds and
///   ends the program, with status 1 if there are findings.
///
/// It fails if Python was started before, and if the runtime is damaged.
pub fn init() -> Result<Guard> {
    start::check_unclaimed()?;
    // SAFETY: the caller was told that no other thread may use the environment.
    let request = unsafe {
        environment::scrub();
        smoke::take_request()
    };
    let home = Home::locate()?;
    if let Some(format) = request {
        std::process::exit(smoke::run(&home, format)?);
    }
    match start::start(&home, &CommandLine::OfProgram) {
        Ok(()) => {}
        Err(Stop::Failed(error)) => return Err(error),
        Err(Stop::Ended(status)) => bail!("CPython ended with status {status}, though it had no arguments"),
    }
    // SAFETY: this thread is attached. It can attach again at any time, because CPython keeps its state.
    unsafe { ffi::PyEval_SaveThread() };
    Ok(Guard(()))
}

impl Drop for Guard {
    fn drop(&mut self) {
        // SAFETY: plain call, valid at any time. Whoever has finalized Python has flushed as well.
        if unsafe { ffi::Py_IsInitialized() } != 0 {
            // SAFETY: Python is started.
            unsafe { Attached::with(|py| [c"stdout", c"stderr"].into_iter().for_each(|name| flush(py, name))) }
        }
    }
}

/// Flushes a stream, and reports a failure as CPython does when it finalizes.
fn flush(py: Attached<'_>, name: &CStr) {
    let stream = py.import(c"sys").and_then(|sys| sys.get(name));
    let flushed = || -> Raising<()> {
        match &stream {
            Ok(stream) if !stream.is_none() && !stream.get(c"closed")?.is_true()? => {
                stream.call_method(c"flush", &[]).map(drop)
            }
            _ => Ok(()),
        }
    };
    if flushed().is_err() || stream.is_err() {
        // SAFETY: an exception is set, and null stands for no object.
        unsafe { ffi::PyErr_WriteUnraisable(stream.as_ref().map_or(std::ptr::null_mut(), |stream| stream.pointer())) };
    }
}
