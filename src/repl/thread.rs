//! Threads beside the one Python runs in. Signals are not for them: one that lands elsewhere wakes no `input()` or `sleep`.

use std::mem::MaybeUninit;
use std::thread::JoinHandle;

/// A thread is at fault itself for these; blocked, they would end the program without being handled.
const FAULTS: [libc::c_int; 7] =
    [libc::SIGABRT, libc::SIGBUS, libc::SIGFPE, libc::SIGILL, libc::SIGSEGV, libc::SIGSYS, libc::SIGTRAP];

pub fn spawn<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    // The new thread inherits what is blocked, so there is no moment in which it could be chosen.
    let _blocked = Blocked::all();
    std::thread::spawn(work)
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
        let seen = spawn(|| [libc::SIGINT, libc::SIGALRM, libc::SIGTSTP, libc::SIGSEGV].map(is_blocked));
        assert_eq!(seen.join().unwrap(), [true, true, true, false]);
        assert!(!is_blocked(libc::SIGINT));
    }
}
