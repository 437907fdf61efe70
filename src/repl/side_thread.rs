//! Threads beside the one that Python runs in. They block signals: a signal that another thread gets wakes no `input()`
//! or `sleep` in Python. Joining waits until the kernel no longer counts the thread, because `os.fork()` warns when the
//! kernel counts more than one.

use std::io;
use std::mem::MaybeUninit;
use std::thread::{Builder, JoinHandle};

/// Signals that a thread causes by its own fault; blocked, they would end the program without being handled.
const FAULTS: [libc::c_int; 7] =
    [libc::SIGABRT, libc::SIGBUS, libc::SIGFPE, libc::SIGILL, libc::SIGSEGV, libc::SIGSYS, libc::SIGTRAP];

/// Rust's default, whatever `RUST_MIN_STACK` says: the programs it is set for are others.
const STACK: usize = 2 << 20;

pub struct SideThread<T>(JoinHandle<(kernel::Number, T)>);

/// Starts a thread. Fails if the system gives no more threads or no memory for one.
pub fn spawn<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> io::Result<SideThread<T>> {
    // The new thread inherits the blocked signals, so it cannot get a signal at any moment.
    let _blocked = Blocked::all();
    Builder::new().stack_size(STACK).spawn(|| (kernel::number(), work())).map(SideThread)
}

impl<T> SideThread<T> {
    /// Waits for the thread. An error is the payload of its panic.
    pub fn join(self) -> std::thread::Result<T> {
        let (number, value) = self.0.join()?;
        kernel::wait_until_gone(number);
        Ok(value)
    }

    pub fn is_finished(&self) -> bool {
        self.0.is_finished()
    }
}

/// Waits for the kernel: `pthread_join` returns a moment before the kernel stops counting the thread.
#[cfg(target_os = "linux")]
mod kernel {
    use std::time::Duration;

    pub type Number = libc::pid_t;

    pub fn number() -> Number {
        // SAFETY: the call takes no arguments.
        unsafe { libc::gettid() }
    }

    /// Waits until the thread is gone. It takes the full time only if a tracer holds the thread.
    pub fn wait_until_gone(number: Number) {
        for _ in 0..1000 {
            if !is_there(number) {
                return;
            }
            std::thread::sleep(Duration::from_micros(50));
        }
    }

    pub fn is_there(number: Number) -> bool {
        // SAFETY: no memory is passed, and signal 0 is not sent: the call only looks for the thread.
        unsafe { libc::syscall(libc::SYS_tgkill, libc::getpid(), number, 0) == 0 }
    }
}

/// Does nothing: on other systems Python does not look at the kernel's count.
#[cfg(not(target_os = "linux"))]
mod kernel {
    pub type Number = ();

    pub fn number() -> Number {}

    pub fn wait_until_gone((): Number) {}
}

struct Blocked {
    before: libc::sigset_t,
}

impl Blocked {
    fn all() -> Self {
        // SAFETY: both sets are filled before they are read.
        unsafe {
            let (mut signals, mut before) = (MaybeUninit::zeroed().assume_init(), MaybeUninit::zeroed().assume_init());
            libc::sigfillset(&mut signals);
            for fault in FAULTS {
                libc::sigdelset(&mut signals, fault);
            }
            libc::pthread_sigmask(libc::SIG_BLOCK, &signals, &mut before);
            Blocked { before }
        }
    }
}

impl Drop for Blocked {
    fn drop(&mut self) {
        // SAFETY: restores the set that `all` got.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &self.before, std::ptr::null_mut()) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_blocked(signal: libc::c_int) -> bool {
        // SAFETY: the set is filled before it is read.
        unsafe {
            let mut blocked = MaybeUninit::zeroed().assume_init();
            libc::pthread_sigmask(libc::SIG_BLOCK, std::ptr::null(), &mut blocked);
            libc::sigismember(&blocked, signal) == 1
        }
    }

    #[test]
    fn the_thread_gets_no_signals_but_its_own_faults_and_the_others_keep_theirs() {
        let seen = spawn(|| [libc::SIGINT, libc::SIGALRM, libc::SIGTSTP, libc::SIGSEGV].map(is_blocked)).unwrap();
        assert_eq!(seen.join().unwrap(), [true, true, true, false]);
        assert!(!is_blocked(libc::SIGINT));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_joined_thread_is_gone_for_the_kernel() {
        // Without the wait, the kernel still counted a few of these threads.
        for _ in 0..20_000 {
            let number = spawn(kernel::number).unwrap().join().unwrap();
            assert!(!kernel::is_there(number));
        }
    }
}
