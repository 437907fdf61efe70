//! The terminal is raw only while a line is edited, and is put right again when the program ends in the midst of it.
//! Editing itself is `editor`'s.

use std::cell::UnsafeCell;
use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicBool, Ordering};

/// Signals that end the program by default, from outside or by a fault in a thread that runs beside the editor.
const DEADLY: [c_int; 8] = [
    libc::SIGHUP,
    libc::SIGTERM,
    libc::SIGQUIT,
    libc::SIGABRT,
    libc::SIGSEGV,
    libc::SIGBUS,
    libc::SIGFPE,
    libc::SIGILL,
];

/// Leaves bracketed paste, shows the cursor in the terminal's own shape, ends the line.
const RESTORE: &[u8] = b"\x1b[?2004l\x1b[?25h\x1b[0 q\x1b[0m\r\n";

struct Saved(UnsafeCell<MaybeUninit<libc::termios>>);

// SAFETY: written by the only thread that edits before `EDITING` is set, and read only while it is.
unsafe impl Sync for Saved {}

static SAVED: Saved = Saved(UnsafeCell::new(MaybeUninit::uninit()));
static EDITING: AtomicBool = AtomicBool::new(false);

/// Does `work`, which may make the terminal raw; however the program ends meanwhile, the terminal is as it was before.
pub fn while_raw<T>(work: impl FnOnce() -> T) -> T {
    let guard = Guard::new();
    let outcome = work();
    drop(guard);
    outcome
}

struct Guard {
    before: Vec<(c_int, libc::sigaction)>,
}

impl Guard {
    fn new() -> Self {
        // SAFETY: fills the termios that SAVED has room for; nobody reads it before EDITING is set.
        let known = unsafe { libc::tcgetattr(libc::STDIN_FILENO, (*SAVED.0.get()).as_mut_ptr()) } == 0;
        EDITING.store(known, Ordering::SeqCst);
        Guard { before: DEADLY.iter().filter_map(|&signal| Some((signal, watch(signal)?))).collect() }
    }
}

impl Drop for Guard {
    /// Also when `work` panics.
    fn drop(&mut self) {
        if std::thread::panicking() {
            restore();
        }
        EDITING.store(false, Ordering::SeqCst);
        for (signal, action) in &self.before {
            // SAFETY: gives back the action that `watch` got.
            unsafe { libc::sigaction(*signal, action, std::ptr::null_mut()) };
        }
    }
}

/// Puts our handler where the default would end the program; who handles or ignores a signal keeps doing so.
fn watch(signal: c_int) -> Option<libc::sigaction> {
    // SAFETY: plain calls with structures that live as long as the calls; the handler is async-signal-safe.
    unsafe {
        let mut before = MaybeUninit::<libc::sigaction>::zeroed().assume_init();
        libc::sigaction(signal, std::ptr::null(), &mut before);
        if before.sa_sigaction != libc::SIG_DFL {
            return None;
        }
        let mut ours = MaybeUninit::<libc::sigaction>::zeroed().assume_init();
        ours.sa_sigaction = restore_and_die as *const () as usize;
        ours.sa_flags = libc::SA_ONSTACK;
        libc::sigaction(signal, &ours, std::ptr::null_mut());
        Some(before)
    }
}

extern "C" fn restore_and_die(signal: c_int) {
    restore();
    // SAFETY: both may be called in a signal handler. The status is that of the signal.
    unsafe {
        libc::signal(signal, libc::SIG_DFL);
        libc::raise(signal);
    }
}

/// Only calls that are allowed in a signal handler.
fn restore() {
    if EDITING.load(Ordering::SeqCst) {
        // SAFETY: EDITING says that SAVED is filled; `tcsetattr` and `write` are async-signal-safe.
        unsafe {
            libc::tcsetattr(libc::STDIN_FILENO, libc::TCSANOW, (*SAVED.0.get()).as_ptr());
            libc::write(libc::STDOUT_FILENO, RESTORE.as_ptr().cast(), RESTORE.len());
        }
    }
}

static CONTINUED: AtomicBool = AtomicBool::new(false);

extern "C" fn note_continued(_: c_int) {
    CONTINUED.store(true, Ordering::SeqCst);
}

/// What Ctrl-Z does where it is no key of the editor: stops the whole foreground group. Returns when it goes on.
///
/// The signal may be delivered to another thread than this one, which would make the terminal raw again before the stop:
/// it has to wait for the going on. Where the kernel discards the stop (no shell would notice it) the wait ends, too.
pub fn suspend() {
    const PATIENCE: u32 = 100;
    println!();
    CONTINUED.store(false, Ordering::SeqCst);
    // SAFETY: plain calls with structures that live as long as the calls; the handler only stores a flag.
    unsafe {
        let mut note = MaybeUninit::<libc::sigaction>::zeroed().assume_init();
        note.sa_sigaction = note_continued as *const () as usize;
        let mut before = MaybeUninit::<libc::sigaction>::zeroed().assume_init();
        libc::sigaction(libc::SIGCONT, &note, &mut before);
        libc::kill(0, libc::SIGTSTP);
        for _ in 0..PATIENCE {
            if CONTINUED.load(Ordering::SeqCst) {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        libc::sigaction(libc::SIGCONT, &before, std::ptr::null_mut());
    }
}

/// Whether lines can be edited here at all: otherwise CPython's plain loop does.
pub fn can_edit() -> bool {
    use std::io::IsTerminal;
    let dumb = std::env::var_os("TERM").is_none_or(|kind| kind.is_empty() || kind == "dumb");
    std::io::stdin().is_terminal() && std::io::stdout().is_terminal() && !dumb
}
