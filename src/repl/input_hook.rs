//! Calls `PyOS_InputHook` while a line is edited, as CPython does: libraries that draw windows (tkinter, matplotlib,
//! Qt) set the hook and draw in it. The hook returns at once or when the terminal has input.

use super::system::input_hook::hook;
use super::system::terminal::Printing;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, ThreadId};
use std::time::Duration;

/// Whether the hook is running in the editor's thread.
static RUNNING: AtomicBool = AtomicBool::new(false);
/// Whether a text waits to be shown above the line.
static WAITING: AtomicBool = AtomicBool::new(false);

pub fn is_set() -> bool {
    hook().is_some()
}

/// Has the editor show a text, and makes the hook wait for it. Returns false if the hook already runs in the editor's
/// thread: the caller then writes to the terminal itself.
pub fn unless_running(show: impl FnOnce() -> bool) -> bool {
    WAITING.store(true, Ordering::SeqCst);
    if RUNNING.load(Ordering::SeqCst) {
        return false;
    }
    let shown = show();
    // The editor may have finished a turn before the text was queued.
    WAITING.store(true, Ordering::SeqCst);
    shown
}

/// Calls the hook, only in the thread that Python runs in: the hook may be called in no other.
#[derive(Clone)]
pub struct Caller {
    thread: ThreadId,
    paused: Arc<AtomicBool>,
}

impl Caller {
    /// Makes a caller for the current thread.
    pub fn new() -> Self {
        Caller { thread: thread::current().id(), paused: Arc::default() }
    }

    /// Pauses the calls while no key is awaited: the hook would wait for one.
    pub fn pause(&self, paused: bool) {
        self.paused.store(paused, Ordering::SeqCst);
    }

    /// Calls the hook. The thread must be detached from Python, as where CPython calls it: tkinter's hook attaches
    /// again.
    pub fn call(&self) {
        let is_due = thread::current().id() == self.thread && !self.paused.load(Ordering::SeqCst) && !has_keys();
        let Some(hook) = hook().filter(|_| is_due) else { return };
        RUNNING.store(true, Ordering::SeqCst);
        if !WAITING.swap(false, Ordering::SeqCst) {
            let _terminal = Printing::new();
            // SAFETY: the hook keeps to CPython's contract, and is called under the conditions of CPython's own call.
            unsafe { hook() };
        }
        RUNNING.store(false, Ordering::SeqCst);
    }
}

/// Whether keys have been read that reedline has not handled yet; the hook cannot see them.
fn has_keys() -> bool {
    crossterm::event::poll(Duration::ZERO).unwrap_or(false)
}
