//! What the session asks of the system, in two parts with the same functions: POSIX systems and Windows.
//!
//! - `files`: files and folders that only the user can read, and where a user's folders are
//! - `input_hook`: where CPython's pointer to the hook is
//! - `programs`: the shell, the editor, and who gets the keyboard's signals
//! - `terminal`: its modes, and what wakes its reader
//! - `threads`: the signals of a thread, and its end
//! - `words`: names of files in a command's line

#[cfg(not(windows))]
mod posix;
#[cfg(windows)]
mod windows;

#[cfg(not(windows))]
pub use posix::*;
#[cfg(windows)]
pub use windows::*;
