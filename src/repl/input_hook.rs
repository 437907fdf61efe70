//! `PyOS_InputHook`: what draws windows (tkinter, matplotlib, Qt) has CPython call it while a line is edited, and draws
//! then. Such a hook returns at once or when the terminal has input.

use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::ptr::addr_of;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, ThreadId};
use std::time::Duration;

type Hook = unsafe extern "C" fn() -> c_int;

unsafe extern "C" {
    /// Not among PyO3's bindings.
    static mut PyOS_InputHook: Option<Hook>;
}

/// The hook has the thread that edits.
static RUNNING: AtomicBool = AtomicBool::new(false);
/// A text is to be shown above the line.
static WAITING: AtomicBool = AtomicBool::new(false);

pub fn is_set() -> bool {
    hook().is_some()
}

/// Has the editor show a text, and the hook wait for that. False where the hook already has the editor's thread: then
/// whoever prints writes to the terminal itself.
pub fn unless_running(show: impl FnOnce() -> bool) -> bool {
    WAITING.store(true, Ordering::SeqCst);
    if RUNNING.load(Ordering::SeqCst) {
        return false;
    }
    let shown = show();
    // A turn of the editor may have gone by before the text was there.
    WAITING.store(true, Ordering::SeqCst);
    shown
}

/// Calls the hook from the thread that Python runs in, which is the only one that it may be called in.
#[derive(Clone)]
pub struct Caller {
    thread: ThreadId,
    paused: Arc<AtomicBool>,
}

impl Caller {
    /// For the current thread.
    pub fn new() -> Self {
        Caller { thread: thread::current().id(), paused: Arc::default() }
    }

    /// Paused where nobody waits for a key: the hook would wait for one.
    pub fn pause(&self, paused: bool) {
        self.paused.store(paused, Ordering::SeqCst);
    }

    /// Python must be detached from the thread, as it is where CPython calls the hook: tkinter's attaches it again.
    pub fn call(&self) {
        let is_due = thread::current().id() == self.thread && !self.paused.load(Ordering::SeqCst) && !has_keys();
        let Some(hook) = hook().filter(|_| is_due) else { return };
        RUNNING.store(true, Ordering::SeqCst);
        if !WAITING.swap(false, Ordering::SeqCst) {
            let _terminal = Terminal::for_printing();
            // SAFETY: whoever set it promises what CPython asks of it, and it runs where CPython would call it.
            unsafe { hook() };
        }
        RUNNING.store(false, Ordering::SeqCst);
    }
}

/// Whether keys have been read that reedline has not seen yet; the hook cannot know of them.
fn has_keys() -> bool {
    crossterm::event::poll(Duration::ZERO).unwrap_or(false)
}

fn hook() -> Option<Hook> {
    // SAFETY: the pointer is read as a whole, and CPython also reads it without a lock.
    unsafe { addr_of!(PyOS_InputHook).read_volatile() }
}

/// A raw terminal would not go back to the first column where the hook's code prints a line.
struct Terminal(Option<libc::termios>);

impl Terminal {
    fn for_printing() -> Self {
        let mut state = MaybeUninit::<libc::termios>::uninit();
        // SAFETY: `tcgetattr` fills the state, and only then it is read.
        unsafe {
            if libc::tcgetattr(libc::STDIN_FILENO, state.as_mut_ptr()) != 0 {
                return Terminal(None);
            }
            let raw = state.assume_init();
            let printing = libc::termios { c_oflag: raw.c_oflag | libc::OPOST | libc::ONLCR, ..raw };
            libc::tcsetattr(libc::STDIN_FILENO, libc::TCSANOW, &printing);
            Terminal(Some(raw))
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if let Some(raw) = &self.0 {
            // SAFETY: gives back what `for_printing` got.
            unsafe { libc::tcsetattr(libc::STDIN_FILENO, libc::TCSANOW, raw) };
        }
    }
}
