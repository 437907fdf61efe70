//! What starting a Python needs to know of the system: the same functions for POSIX systems and for Windows. What the
//! smoke asks of a system is in `smoke::mapped`.

#[cfg(not(windows))]
mod posix;
#[cfg(windows)]
mod windows;

#[cfg(not(windows))]
pub(crate) use posix::*;
#[cfg(windows)]
pub(crate) use windows::*;
