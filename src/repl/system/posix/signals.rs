//! Blocks the signals of a thread.

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
