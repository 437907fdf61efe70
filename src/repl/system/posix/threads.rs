//! The signals of a thread, and its end for the kernel.

use std::mem::MaybeUninit;

/// Signals that a thread causes by its own fault; blocked, they would end the program without being handled.
const FAULTS: [libc::c_int; 7] =
    [libc::SIGABRT, libc::SIGBUS, libc::SIGFPE, libc::SIGILL, libc::SIGSEGV, libc::SIGSYS, libc::SIGTRAP];

/// Blocks all signals but faults in this thread, and in those that it starts, until the value is dropped.
pub struct Blocked {
    before: libc::sigset_t,
}

impl Blocked {
    pub fn all() -> Self {
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

/// Waits for the kernel: `pthread_join` returns a moment before the kernel stops counting the thread.
#[cfg(target_os = "linux")]
pub mod kernel {
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
pub mod kernel {
    pub type Number = ();

    pub fn number() -> Number {}

    pub fn wait_until_gone((): Number) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repl::side_thread::spawn;

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
}

#[cfg(all(test, target_os = "linux"))]
mod tests_on_linux {
    use super::*;
    use crate::repl::side_thread::spawn;

    #[test]
    fn a_joined_thread_is_gone_for_the_kernel() {
        // Without the wait, the kernel still counted a few of these threads.
        for _ in 0..20_000 {
            let number = spawn(kernel::number).unwrap().join().unwrap();
            assert!(!kernel::is_there(number));
        }
    }
}
