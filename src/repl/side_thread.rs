//! Threads beside the one that Python runs in. They block signals: a signal that another thread gets wakes no `input()`
//! or `sleep` in Python. Joining waits until the kernel no longer counts the thread, because `os.fork()` warns when the
//! kernel counts more than one.

use super::system::threads::{Blocked, kernel};
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
