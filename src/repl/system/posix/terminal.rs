//! The terminal's modes by `termios`, kept for signals that end the program, and job control.

use crate::repl::terminal::RESTORE;
use std::cell::UnsafeCell;
use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicBool, Ordering};

/// Signals that end the program by default, sent from outside or by a fault in a thread beside the editor.
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

struct Saved(UnsafeCell<MaybeUninit<libc::termios>>);

// SAFETY: the only thread that edits writes it before `EDITING` is set, and it is read only while `EDITING` is set.
unsafe impl Sync for Saved {}

static SAVED: Saved = Saved(UnsafeCell::new(MaybeUninit::uninit()));
static EDITING: AtomicBool = AtomicBool::new(false);

/// A raw terminal, until the value is dropped or the program ends.
pub struct Raw {
    before: Vec<(c_int, libc::sigaction)>,
}

impl Raw {
    pub fn new() -> Self {
        save();
        let raw = Raw { before: DEADLY.iter().filter_map(|&signal| Some((signal, watch(signal)?))).collect() };
        set_raw(true);
        raw
    }
}

impl Drop for Raw {
    /// Restores the terminal, also when `work` panics.
    fn drop(&mut self) {
        if std::thread::panicking() {
            restore();
        }
        set_raw(false);
        EDITING.store(false, Ordering::SeqCst);
        for (signal, action) in &self.before {
            // SAFETY: restores the action that `watch` got.
            unsafe { libc::sigaction(*signal, action, std::ptr::null_mut()) };
        }
    }
}

/// Notes how the terminal is.
fn save() {
    EDITING.store(false, Ordering::SeqCst);
    // SAFETY: fills the termios in SAVED, which is read only while EDITING is set.
    let known = unsafe { libc::tcgetattr(libc::STDIN_FILENO, (*SAVED.0.get()).as_mut_ptr()) } == 0;
    EDITING.store(known, Ordering::SeqCst);
}

/// Makes the terminal raw, or as it was.
fn set_raw(raw: bool) {
    if EDITING.load(Ordering::SeqCst) {
        // SAFETY: EDITING says that SAVED is filled; the copy lives as long as the calls.
        unsafe {
            let mut modes = (*SAVED.0.get()).assume_init();
            if raw {
                libc::cfmakeraw(&mut modes);
            }
            libc::tcsetattr(libc::STDIN_FILENO, libc::TCSANOW, &modes);
        }
    }
}

/// Installs the handler of this module where the default action would end the program. A signal that is handled or
/// ignored stays so.
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
    // SAFETY: both functions may be called in a signal handler. The program ends with the status of the signal.
    unsafe {
        libc::signal(signal, libc::SIG_DFL);
        libc::raise(signal);
    }
}

/// Restores the terminal after an editor that left it as it was, only by calls that are allowed in a signal handler.
pub fn restore() {
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

/// Stops the whole foreground process group, as Ctrl-Z does in a terminal's normal mode. Returns when the program goes
/// on.
///
/// The signal may be delivered to another thread, and this thread would make the terminal raw again before the stop; so
/// it waits until the program is continued. If the kernel discards the stop, because no shell would notice it, the wait
/// ends after a while.
pub fn suspend() {
    const PATIENCE: u32 = 100;
    set_raw(false);
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
    save();
    set_raw(true);
}

/// Tells this process that the terminal's size may have changed: the only event that can be made without a key.
pub fn tell_size() {
    // SAFETY: sends this process a signal that is ignored by default.
    unsafe { libc::kill(libc::getpid(), libc::SIGWINCH) };
}

/// Whether the terminal can put the cursor anywhere.
pub fn can_position() -> bool {
    std::env::var_os("TERM").is_some_and(|kind| !kind.is_empty() && kind != "dumb")
}

/// Makes the terminal translate line ends until the value is dropped: in raw mode output would not return to column one.
pub struct Printing(Option<libc::termios>);

impl Printing {
    pub fn new() -> Self {
        let mut state = MaybeUninit::<libc::termios>::uninit();
        // SAFETY: the state is read only after `tcgetattr` has filled it.
        unsafe {
            if libc::tcgetattr(libc::STDIN_FILENO, state.as_mut_ptr()) != 0 {
                return Printing(None);
            }
            let raw = state.assume_init();
            let printing = libc::termios { c_oflag: raw.c_oflag | libc::OPOST | libc::ONLCR, ..raw };
            libc::tcsetattr(libc::STDIN_FILENO, libc::TCSANOW, &printing);
            Printing(Some(raw))
        }
    }
}

impl Drop for Printing {
    fn drop(&mut self) {
        if let Some(raw) = &self.0 {
            // SAFETY: restores the state that `new` got.
            unsafe { libc::tcsetattr(libc::STDIN_FILENO, libc::TCSANOW, raw) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repl::fault;
    use crate::repl::terminal::while_raw;
    use std::fs::File;
    use std::io::Read;
    use std::os::fd::{AsRawFd, FromRawFd};
    use std::process::Command;
    use std::ptr::null_mut;

    const ON_TERMINAL: &str = "TEST_ON_A_TERMINAL";

    fn modes(terminal: c_int) -> libc::termios {
        // SAFETY: the structure is filled before it is read.
        unsafe {
            let mut modes = MaybeUninit::zeroed().assume_init();
            assert_eq!(libc::tcgetattr(terminal, &mut modes), 0);
            modes
        }
    }

    /// Opens a pseudo-terminal and returns its two ends.
    fn terminal() -> (File, File) {
        let (mut master, mut slave) = (0, 0);
        // SAFETY: fills both descriptors, which have no other owner; the other arguments may be null.
        unsafe {
            assert_eq!(libc::openpty(&mut master, &mut slave, null_mut(), null_mut(), null_mut()), 0);
            (File::from_raw_fd(master), File::from_raw_fd(slave))
        }
    }

    fn panic_in_raw_mode() {
        let _noted = fault::note_panics();
        let survived = fault::survive(|| {
            while_raw(|| {
                assert_eq!(modes(libc::STDIN_FILENO).c_lflag & (libc::ICANON | libc::ISIG), 0);
                panic!("a fault\nmade by a test")
            })
        });
        assert!(survived.is_none());
        fault::tell();
        fault::tell();
        // This exits before the test harness writes its report.
        std::process::exit(0);
    }

    /// Starts this test again, on a new terminal.
    #[test]
    fn a_panic_in_raw_mode_leaves_the_terminal_as_it_was_and_is_told_in_one_line() {
        if std::env::var_os(ON_TERMINAL).is_some() {
            panic_in_raw_mode();
        }
        let (mut master, slave) = terminal();
        let name =
            concat!(module_path!(), "::a_panic_in_raw_mode_leaves_the_terminal_as_it_was_and_is_told_in_one_line");
        let status = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name.split_once("::").unwrap().1, "--nocapture"])
            .env(ON_TERMINAL, "1")
            .stdin(slave.try_clone().unwrap())
            .stdout(slave.try_clone().unwrap())
            .stderr(slave.try_clone().unwrap())
            .status()
            .unwrap();
        let modes = modes(slave.as_raw_fd());
        drop(slave);
        let mut shown = Vec::new();
        // On Linux reading ends with an error when the other end is closed.
        let _ = master.read_to_end(&mut shown);
        let shown = String::from_utf8(shown).unwrap();
        assert!(status.success(), "{shown}");
        assert_eq!(modes.c_lflag & (libc::ICANON | libc::ECHO | libc::ISIG), libc::ICANON | libc::ECHO | libc::ISIG);
        let (before, told) = shown.split_once("error: ").unwrap();
        // The terminal is in its normal mode again, in which it writes a line feed as two bytes.
        let restore = std::str::from_utf8(RESTORE).unwrap().replace('\n', "\r\n");
        assert!(before.ends_with(&restore), "{shown:?}");
        let line = concat!("itself, which the session survives: a fault made by a test (", file!(), ":");
        assert!(told.contains(line) && told.matches('\n').count() == 1, "{shown:?}");
    }
}
