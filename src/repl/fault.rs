//! Panics of this program itself: the session survives them, and reports each in one line when the terminal is in its
//! normal mode. The caller of `survive` decides how to continue.

use std::mem::take;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook, take_hook};
use std::sync::{Mutex, PoisonError};

/// Panics that have not been reported.
static UNTOLD: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Makes panics of every thread be noted, instead of printed at once, as long as it lives: the terminal may be raw.
pub struct Noted(());

pub fn note_panics() -> Noted {
    set_hook(Box::new(|panic| {
        let line = line(panic);
        UNTOLD.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }));
    Noted(())
}

impl Drop for Noted {
    fn drop(&mut self) {
        // `take_hook` panics in a thread that is panicking.
        if !std::thread::panicking() {
            drop(take_hook());
        }
        tell();
    }
}

fn line(panic: &PanicHookInfo<'_>) -> String {
    let message = panic.payload_as_str().unwrap_or("no message").replace('\n', " ");
    let place = panic.location().map(|place| format!(" ({place})")).unwrap_or_default();
    format!("error: a fault of {} itself, which the session survives: {message}{place}", env!("CARGO_PKG_NAME"))
}

/// Does `work` and returns its result, or None if it panicked.
pub fn survive<T>(work: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).ok()
}

/// Reports the noted panics, once.
pub fn tell() {
    for line in take(&mut *UNTOLD.lock().unwrap_or_else(PoisonError::into_inner)) {
        eprintln!("{line}");
    }
}
