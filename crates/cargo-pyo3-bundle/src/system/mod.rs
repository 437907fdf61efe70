//! What the packager asks of the system that it runs on: the same functions for POSIX systems and for Windows. What it
//! knows of the system that a dist is for is in `platform`.

#[cfg(unix)]
mod posix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub use posix::*;
#[cfg(windows)]
pub use windows::*;
