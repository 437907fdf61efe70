//! Starts CPython in isolation and finalizes it; no other module uses its configuration.
//! `home` finds the home, and the caller decides what runs.

use super::{Home, SERIES, openssl};
use crate::problem::Problem;
use crate::shown::{shown, word};
use anyhow::{Result, bail};
use pyo3::ffi;
use pyo3::prelude::*;
use std::ffi::{CStr, CString, NulError, OsString, c_char};
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

/// CPython's exit status when the last flush of stdout fails.
const FLUSH_FAILED: u8 = 120;

/// A started CPython, attached to the thread that started it.
pub struct Interpreter {
    not_send: PhantomData<*const ()>,
    /// The exit status that the session asked for when it ended.
    pub(super) asked: Arc<OnceLock<u8>>,
}

/// The outcome of a start with arguments.
pub enum Start {
    Running(Interpreter),
    /// CPython ended because of its arguments, has said why on stderr, and wants this exit status.
    Ended(u8),
}

/// Whether CPython was started: a process cannot start it again, not even after it was finalized.
static STARTED: AtomicBool = AtomicBool::new(false);

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
        check_series(&library_version(), home)?;
        home.check()?;
        // SAFETY: plain call, valid at any time; other code may have started CPython.
        if STARTED.swap(true, Ordering::SeqCst) || unsafe { ffi::Py_IsInitialized() } != 0 {
            bail!(Problem::without_hint(
                "Python was started before in this process",
                "CPython can be started only once in a process"
            ));
        }
        take_back_faults();
        // SAFETY: CPython has not been started before, as was just checked.
        match unsafe { initialize(home, arguments, quiet) } {
            Ok(()) => {}
            Err(Stop::Ended(status)) => return Ok(Start::Ended(status)),
            Err(Stop::Failed(error)) => return Err(error),
        }
        let interpreter = Interpreter { not_send: PhantomData, asked: Arc::default() };
        interpreter.with(openssl::install_finder)?;
        Ok(Start::Running(interpreter))
    }

    /// Makes a folder of packages importable, with its `.pth` files, as `site` does. A missing folder is ignored.
    pub fn add_packages(&self, folder: &Path) -> Result<()> {
        if folder.is_dir() {
            self.with(|py| py.import("site")?.call_method1("addsitedir", (folder,)).map(drop))?;
        }
        Ok(())
    }

    pub fn with<T>(&self, work: impl FnOnce(Python<'_>) -> T) -> T {
        Python::attach(work)
    }

    /// Does what `python3` does with the arguments of the start, then finalizes. Returns the exit status.
    pub fn run_main(self) -> u8 {
        // SAFETY: CPython is started and this thread is attached to it, as `PhantomData` keeps the interpreter in its
        // thread.
        let status = unsafe { ffi::Py_RunMain() };
        match status as u8 {
            // CPython 3.13 returns 1 for every status that ends a session after a program (`pymain_repl`,
            // https://github.com/python/cpython/issues/125880).
            1 => self.asked.get().copied().unwrap_or(1),
            other => other,
        }
    }

    /// Flushes and finalizes. `Python::initialize` never does, so text that `print` buffered for a pipe would be lost
    /// (<https://github.com/PyO3/pyo3/issues/1490>).
    pub fn finish(self, status: u8) -> u8 {
        // SAFETY: as in `run_main`.
        match unsafe { ffi::Py_FinalizeEx() } {
            0 => status,
            _ => FLUSH_FAILED,
        }
    }
}

/// Rust's runtime reports an overflowing stack by these signals. Python code would see `signal.getsignal()` return None
/// and could not restore them, so both are reset to the default.
fn take_back_faults() {
    for signal in [libc::SIGSEGV, libc::SIGBUS] {
        // SAFETY: plain call; the default action needs no handler.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
}

/// The version of the libpython in this process, such as `3.13.5`. Works before CPython is started.
pub fn library_version() -> String {
    // SAFETY: `Py_GetVersion` returns a static string and needs no started interpreter.
    let text = unsafe { CStr::from_ptr(ffi::Py_GetVersion()) }.to_string_lossy();
    text.split_whitespace().next().unwrap_or_default().to_owned()
}

/// Checks the minor version: the layout of CPython's configuration structures depends on it.
fn check_series(version: &str, home: &Home) -> Result<(), Problem> {
    if version.strip_prefix(SERIES).is_some_and(|rest| rest.starts_with('.')) {
        return Ok(());
    }
    Err(home.damaged(
        format!("the libpython in this process has version {version}"),
        format!("this program is built for Python {SERIES} and starts on no other; LD_PRELOAD can also be the cause"),
    ))
}

/// Why CPython is not running after a step of its start.
enum Stop {
    Ended(u8),
    Failed(anyhow::Error),
}

impl<E: std::error::Error + Send + Sync + 'static> From<E> for Stop {
    fn from(error: E) -> Self {
        Stop::Failed(error.into())
    }
}

unsafe fn initialize(home: &Home, arguments: &[OsString], quiet: bool) -> Result<(), Stop> {
    let program = std::env::args_os().next().unwrap_or_default();
    let words = std::iter::once(&program).chain(arguments).map(|word| CString::new(word.as_bytes()));
    let words = words.collect::<Result<Vec<_>, _>>()?;
    let mut argv: Vec<*const c_char> = words.iter().map(|word| word.as_ptr()).collect();
    let count = argv.len() as ffi::Py_ssize_t;
    // SAFETY: CPython's own initializers fill both structures before anything reads them, the strings outlive the calls
    // that copy them, and `PyConfig_Clear` frees the copies whether or not the start succeeded.
    unsafe {
        let mut pre = MaybeUninit::<ffi::PyPreConfig>::zeroed().assume_init();
        ffi::PyPreConfig_InitIsolatedConfig(&mut pre);
        // Without UTF-8 mode importing `_ssl` fails from a non-ASCII path, even under C.UTF-8
        // (https://github.com/python/cpython/issues/155247).
        pre.utf8_mode = 1;
        // As `python3` does: readline and curses ask the C library how wide a character is.
        pre.configure_locale = 1;
        pre.coerce_c_locale = -1;
        // `-X dev` chooses the allocator.
        pre.parse_argv = 1;
        pre.dev_mode = -1;
        check(ffi::Py_PreInitializeFromBytesArgs(&pre, count, argv.as_mut_ptr().cast()), home)?;

        // As `python3 -E -s`, not `-I`: a script can import modules from its own folder.
        let mut config = MaybeUninit::<ffi::PyConfig>::zeroed().assume_init();
        ffi::PyConfig_InitPythonConfig(&mut config);
        config.use_environment = 0;
        config.user_site_directory = 0;
        config.write_bytecode = 0;
        config.quiet = quiet.into();
        let started = check(ffi::PyConfig_SetBytesArgv(&mut config, count, argv.as_mut_ptr()), home)
            .and_then(|()| set_paths(&mut config, home))
            .and_then(|()| check(ffi::Py_InitializeFromConfig(&config), home));
        ffi::PyConfig_Clear(&mut config);
        started
    }
}

unsafe fn set_paths(config: &mut ffi::PyConfig, home: &Home) -> Result<(), Stop> {
    let interpreter = c_string(&home.interpreter())?;
    let runtime = c_string(home.runtime())?;
    // SAFETY: `config` is initialized, and each field belongs to it.
    unsafe {
        let config: *mut ffi::PyConfig = config;
        let mut fields = vec![
            // `multiprocessing` and every `subprocess` of `sys.executable` start this interpreter.
            (&raw mut (*config).program_name, &interpreter),
            (&raw mut (*config).executable, &interpreter),
        ];
        // CPython splits its home at a colon into `prefix:exec_prefix`; without a home it searches from the executable.
        if !runtime.as_bytes().contains(&b':') {
            fields.push((&raw mut (*config).home, &runtime));
        }
        for (field, value) in fields {
            check(ffi::PyConfig_SetBytesString(config, field, value.as_ptr()), home)?;
        }
    }
    Ok(())
}

fn c_string(path: &Path) -> Result<CString, NulError> {
    CString::new(path.as_os_str().as_bytes())
}

fn check(status: ffi::PyStatus, home: &Home) -> Result<(), Stop> {
    // SAFETY: reads the status it is given. CPython has printed to stderr what is wrong with its arguments.
    if unsafe { ffi::PyStatus_IsExit(status) } != 0 {
        return Err(Stop::Ended(status.exitcode as u8));
    }
    // SAFETY: reads the status it is given.
    if unsafe { ffi::PyStatus_Exception(status) } == 0 {
        return Ok(());
    }
    let why = if status.err_msg.is_null() {
        "CPython gave no reason".into()
    } else {
        // SAFETY: CPython's messages are static strings.
        unsafe { CStr::from_ptr(status.err_msg) }.to_string_lossy()
    };
    let what = format!("Python does not start in `{}`", shown(home.runtime()));
    Err(Stop::from(match why.strip_prefix("-X ") {
        Some(_) => Problem::new(what, why, format!("{} --help-xoptions", word(&home.interpreter()))),
        None => home.damaged(what, why),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_own_series_is_accepted() {
        let home = Home::locate().unwrap();
        assert_eq!(check_series(&format!("{SERIES}.5"), &home), Ok(()));
        for other in ["3.12.9", "3.130.0", "2.7.18", "", SERIES] {
            let text = check_series(other, &home).unwrap_err().to_string();
            assert!(text.contains(SERIES), "{text}");
        }
    }

    #[test]
    fn a_second_start_is_an_error_and_the_first_goes_on() {
        crate::python::testing::start();
        let home = Home::locate().unwrap();
        let text = Interpreter::start(&home).err().unwrap().to_string();
        assert!(text.starts_with("Python was started before"), "{text}");
        let prefix = Python::attach(|py| py.import("sys")?.getattr("prefix")?.extract::<String>());
        assert_eq!(Path::new(&prefix.unwrap()), home.runtime());
    }
}
