//! Threads with a stack of a known size. A thread of the standard library would get the size in `RUST_MIN_STACK`.

use crate::problem::Problem;
use anyhow::Result;
pub use pyo3_bundle_layout::cores::STACK;
use std::thread::{Builder, Scope, ScopedJoinHandle};

pub fn spawn<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    work: impl FnOnce() -> T + Send + 'scope,
) -> Result<ScopedJoinHandle<'scope, T>> {
    let started = Builder::new().stack_size(STACK).spawn_scoped(scope, work);
    Ok(started.map_err(|error| Problem::new("cannot start a thread", error.to_string(), "ulimit -a"))?)
}

/// Waits for a thread, and goes on with its panic if it had one.
pub fn join<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
