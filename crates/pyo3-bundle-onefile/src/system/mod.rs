//! What the stub asks of the system: the same functions for POSIX systems and for Windows.

#[cfg(unix)]
mod posix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub use posix::*;
#[cfg(windows)]
pub use windows::*;
