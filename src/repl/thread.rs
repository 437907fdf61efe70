//! Threads beside the one Python runs in. Signals are not for them: one that lands elsewhere wakes no `input()` or `sleep`.
//! A joined thread is gone for the kernel too, because `os.fork()` warns when the kernel counts more than one.

use std::io;
use std::mem::MaybeUninit;
use std::thread::{Builder, JoinHandle};

/// A thread is at fault itself for these; blocked, they would end the program without being handled.
const FAULTS: [libc::c_int; 7] =
    [libc::SIGABRT, libc::SIGBUS, libc::SIGFPE, libc::SIGILL, libc::SIGSEGV, libc::SIGSYS, libc::SIGTRAP];

/// Rust's default, whatever `RUST_MIN_STACK` says: the programs it is set for are others.
const STACK: usize = 2 << 20;

pub struct Thread<T>(JoinHandle<(kernel::Number, T)>);

/// Fails where the system gives no more threads or no memory for one.
pub fn spawn<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> io::Result<Thread<T>> {
    // The new thread inherits what is blocked, so there is no moment in which it could be chosen.
    let _blocked = Blocked::all();
    Builder::new().stack_size(STACK).spawn(|| (kernel::number(), work())).map(Thread)
}

impl<T> Thread<T> {
    /// Waits for the thread. An error is what it panicked with.
    pub fn join(self) -> std::thread::Result<T> {
        let (number, value) = self.0.join()?;
        kernel::wait_until_gone(number);
        Ok(value)
    }

    pub fn is_finished(&self) -> bool {
        self.0.is_finished()
    }
}

/// `pthread_join` returns a moment before the kernel counts the thread out.
#[cfg(target_os = "linux")]
mod kernel {
    use std::time::Duration;

    pub type Number = libc::pid_t;

    pub fn number() -> Number {
        // SAFETY: no memory is passed.
        unsafe { libc::gettid() }
    }

    /// Only a tracer that does not let the thread go makes this take all of its time.
    pub fn wait_until_gone(number: Number) {
        for _ in 0..1000 {
            if !is_there(number) {
                return;
            }
            std::thread::sleep(Duration::from_micros(50));
        }
    }

    pub fn is_there(number: Number) -> bool {
        // SAFETY: no memory is passed, and signal 0 is none: the call only looks for the thread.
        unsafe { libc::syscall(libc::SYS_tgkill, libc::getpid(), number, 0) == 0 }
    }
}

/// Elsewhere nobody looks at the kernel's count.
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
        // SAFETY: fills both sets before they are read.
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
        // SAFETY: gives back the set that `all` got.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &self.before, std::ptr::null_mut()) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_blocked(signal: libc::c_int) -> bool {
        // SAFETY: fills the set before it is read.
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
        // Without the wait, a few of these were still there.
        for _ in 0..20_000 {
            let number = spawn(kernel::number).unwrap().join().unwrap();
            assert!(!kernel::is_there(number));
        }
    }
}
