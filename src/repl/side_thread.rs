//! Threads beside the one that Python runs in. They block signals: a signal that another thread gets wakes no `input()`
//! or `sleep` in Python. Joining waits until the kernel no longer counts the thread, because `os.fork()` warns when the
//! kernel counts more than one.

use super::system::signals::Blocked;
use std::io;
use std::thread::{Builder, JoinHandle};

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

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_joined_thread_is_gone_for_the_kernel() {
        // Without the wait, the kernel still counted a few of these threads.
        for _ in 0..20_000 {
            let number = spawn(kernel::number).unwrap().join().unwrap();
            assert!(!kernel::is_there(number));
        }
    }
}
