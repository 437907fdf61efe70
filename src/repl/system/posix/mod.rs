//! POSIX systems: signals, `termios`, modes of files, and the folders of XDG.

pub mod files;
pub mod input_hook;
pub mod programs;
pub mod terminal;
pub mod threads;
pub mod words;
