//! Lines that tell a person at a terminal how far a command is. In a pipe there are none, so that only what matters is
//! in a log.

use std::io::{self, IsTerminal};

/// Prints a step on a terminal, nothing in a pipe.
pub fn say(step: &str) {
    if on_a_terminal() {
        eprintln!("{step}");
    }
}

pub fn on_a_terminal() -> bool {
    io::stderr().is_terminal()
}

pub fn warn(what: &str) {
    eprintln!("warning: {what}");
}
