//! Keeps the terminal raw while an input is edited, and restores it when the program ends during that. `editor` does
//! the editing itself.

use super::system::terminal::{Raw, can_position};
use crossterm::event::poll;
use std::io::{self, IsTerminal};
use std::time::Duration;

pub use super::system::terminal::{restore, suspend};

/// Ends bracketed paste, shows the cursor in the terminal's own shape, and ends the line.
pub const RESTORE: &[u8] = b"\x1b[?2004l\x1b[?25h\x1b[0 q\x1b[0m\r\n";

/// Does `work` with a raw terminal, and restores the terminal after it or whenever the program ends. Reedline makes the
/// terminal raw only while it reads: between two keys that it gives back, the terminal would make a signal of Ctrl-C.
pub fn while_raw<T>(work: impl FnOnce() -> T) -> T {
    let raw = Raw::new();
    let outcome = work();
    drop(raw);
    outcome
}

/// Has reedline, which waits for the terminal, look for queued keys. With keys to be read it wakes anyway.
pub fn wake_reader() {
    if !poll(Duration::ZERO).unwrap_or(false) {
        super::system::terminal::tell_size();
    }
}

/// Whether lines can be edited on this terminal; otherwise CPython's plain loop reads them.
pub fn can_edit() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal() && can_position()
}
