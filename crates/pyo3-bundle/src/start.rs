//! Starts CPython in isolation; no other module uses its configuration.
//! `home` finds the home. What is started stays attached to the thread that started it.

use crate::home::Home;
use crate::object::{Attached, Result as Raising};
use crate::system::{self, Word};
use crate::{LINKED, SERIES, openssl};
use anyhow::Result;
use pyo3_bundle_layout::problem::Problem;
use pyo3_bundle_layout::shown::{shown, word};
use pyo3_ffi as ffi;
use std::ffi::{CStr, OsString};
use std::mem::MaybeUninit;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether CPython was started: a process cannot start it again, not even after it was finalized.
static STARTED: AtomicBool = AtomicBool::new(false);

/// Whose arguments those of this process are.
pub(crate) enum CommandLine<'a> {
    /// CPython's: it parses these, and handles signals as `python3` does.
    OfPython { arguments: &'a [OsString], quiet: bool },
    /// The program's: CPython puts them into `sys.argv`, and leaves signals alone, as `Python::initialize` does.
    OfProgram,
}

/// Why CPython is not running after a step of its start.
pub(crate) enum Stop {
    Ended(i32),
    Failed(anyhow::Error),
}

impl<E: Into<anyhow::Error>> From<E> for Stop {
    fn from(error: E) -> Self {
        Stop::Failed(error.into())
    }
}

/// Starts CPython and prepares it for this home.
pub(crate) fn start(home: &Home, line: &CommandLine) -> Result<(), Stop> {
    check_series(&library_version(), home)?;
    home.check()?;
    claim()?;
    // The black box keeps the text in every program that starts Python, and in one piece, so that the packager finds it.
    std::hint::black_box(LINKED);
    system::take_back_faults();
    // SAFETY: CPython has not been started before, as was just checked.
    unsafe { initialize(home, line)? };
    attached(openssl::install_finder)?;
    match home.packages() {
        Some(folder) if folder.is_dir() && !is_without_site()? => Ok(add_packages(&folder)?),
        _ => Ok(()),
    }
}

/// Gives the caller the right to start CPython, which nobody else gets afterwards.
fn claim() -> Result<(), Problem> {
    check_unclaimed()?;
    if STARTED.swap(true, Ordering::SeqCst) { Err(started_before()) } else { Ok(()) }
}

/// Fails if CPython was started in this process.
pub(crate) fn check_unclaimed() -> Result<(), Problem> {
    if STARTED.load(Ordering::SeqCst) {
        return Err(started_before());
    }
    // SAFETY: plain call, valid at any time.
    if unsafe { ffi::Py_IsInitialized() } != 0 {
        return Err(Problem::without_hint(
            "other code has started Python in this process, with another home",
            "wanted pyo3-bundle to start it: call `pyo3_bundle::init()` in the first line of `main`, before \
             `Python::initialize` and before the first use of PyO3 with its feature `auto-initialize`",
        ));
    }
    Ok(())
}

fn started_before() -> Problem {
    let why = "CPython can be started only once in a process";
    Problem::without_hint("Python was started before in this process", why)
}

/// Calls Python code after the start.
fn attached<T>(work: impl FnOnce(Attached<'_>) -> Raising<T>) -> Result<T> {
    // SAFETY: callers have started the interpreter.
    unsafe { Attached::with(|py| work(py).map_err(|raised| raised.into_error(py))) }
}

/// Makes a folder of packages importable. CPython is running.
pub(crate) fn add_packages(folder: &Path) -> Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    attached(|py| py.import(c"site")?.call_method(c"addsitedir", &[&py.text(folder.as_os_str())?]).map(drop))
}

/// Whether CPython was started with `-S`.
fn is_without_site() -> Result<bool> {
    attached(|py| py.import(c"sys")?.get(c"flags")?.get(c"no_site")?.is_true())
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

unsafe fn initialize(home: &Home, line: &CommandLine) -> Result<(), Stop> {
    let mut words: Vec<OsString> = std::env::args_os().collect();
    let (is_of_python, quiet) = match line {
        CommandLine::OfPython { arguments, quiet } => {
            words.resize(1, OsString::new());
            words.extend_from_slice(arguments);
            (true, *quiet)
        }
        CommandLine::OfProgram => (false, false),
    };
    let words = words.iter().map(|word| Word::new(word)).collect::<Result<Vec<_>>>()?;
    let mut argv: Vec<_> = words.iter().map(Word::start).collect();
    // SAFETY: CPython's own initializers fill both structures before anything reads them, the strings outlive the calls
    // that copy them, and `PyConfig_Clear` frees the copies whether or not the start succeeded.
    unsafe {
        let mut pre = MaybeUninit::<ffi::PyPreConfig>::zeroed().assume_init();
        ffi::PyPreConfig_InitIsolatedConfig(&mut pre);
        system::adapt(&mut pre);
        // As `python3` does: readline and curses ask the C library how wide a character is.
        pre.configure_locale = 1;
        pre.coerce_c_locale = -1;
        // `-X dev` chooses the allocator.
        pre.parse_argv = is_of_python.into();
        pre.dev_mode = -1;
        check(system::pre_initialize(&pre, &mut argv), home)?;

        // As `python3 -E -s`, not `-I`: a script can import modules from its own folder.
        let mut config = MaybeUninit::<ffi::PyConfig>::zeroed().assume_init();
        ffi::PyConfig_InitPythonConfig(&mut config);
        config.use_environment = 0;
        config.user_site_directory = 0;
        config.write_bytecode = 0;
        config.quiet = quiet.into();
        config.parse_argv = is_of_python.into();
        config.install_signal_handlers = is_of_python.into();
        let started = check(system::set_arguments(&mut config, &mut argv), home)
            .and_then(|()| set_paths(&mut config, home))
            .and_then(|()| check(ffi::Py_InitializeFromConfig(&config), home));
        ffi::PyConfig_Clear(&mut config);
        started
    }
}

unsafe fn set_paths(config: &mut ffi::PyConfig, home: &Home) -> Result<(), Stop> {
    let interpreter = Word::new(home.interpreter().as_os_str())?;
    let runtime = Word::new(home.runtime().as_os_str())?;
    // SAFETY: `config` is initialized, and each field belongs to it.
    unsafe {
        let config: *mut ffi::PyConfig = config;
        let mut fields = vec![
            // `multiprocessing` and every `subprocess` of `sys.executable` start this interpreter.
            (&raw mut (*config).program_name, &interpreter),
            (&raw mut (*config).executable, &interpreter),
        ];
        // CPython splits its home at a delimiter; without a home it searches from the executable.
        if !home.runtime().as_os_str().as_encoded_bytes().contains(&(system::HOME_DELIMITER as u8)) {
            fields.push((&raw mut (*config).home, &runtime));
        }
        for (field, value) in fields {
            check(system::set_string(config, field, value), home)?;
        }
    }
    Ok(())
}

fn check(status: ffi::PyStatus, home: &Home) -> Result<(), Stop> {
    // SAFETY: reads the status it is given. CPython has printed to stderr what is wrong with its arguments.
    if unsafe { ffi::PyStatus_IsExit(status) } != 0 {
        return Err(Stop::Ended(status.exitcode));
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
}
