//! The interactive session: the packaged program, moved to another place, on a terminal with a home of its own.

mod awaiting;
mod commands;
mod completion;
mod crash;
mod dialog;
mod editing;
mod errors;
mod habits;
mod history;
mod interrupt;
mod keys;
mod line;
mod packages;
mod paste;
mod pasted;
mod programs;
mod running;
mod screen;
mod settings;
mod start;
mod values;
mod windows;

use crate::support::Copy;
use crate::terminal::{Home, Terminal};
use std::ops::{Deref, DerefMut};
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// Returns the program of one moved dist that all of these tests share: none of them may write into it.
pub fn program() -> PathBuf {
    static MOVED: OnceLock<Copy> = OnceLock::new();
    MOVED.get_or_init(Copy::new).launcher()
}

pub struct Session {
    terminal: Terminal,
    pub home: Home,
}

impl Session {
    /// Starts a session and waits for its first prompt, in a home without a configuration.
    #[track_caller]
    pub fn start() -> Self {
        Self::start_in(Home::new(), |_| {})
    }

    /// Starts a session in a prepared home, with the test's arguments and variables, and waits for its first prompt.
    #[track_caller]
    pub fn start_in(home: Home, prepare: impl FnOnce(&mut Command)) -> Self {
        let session = Self::spawn(home, prepare);
        session.wait_for_prompt(">>> ");
        session
    }

    /// Starts a session in a prepared home without waiting for the prompt.
    pub fn spawn(home: Home, prepare: impl FnOnce(&mut Command)) -> Self {
        let mut command = home.command(program());
        prepare(&mut command);
        Session { terminal: Terminal::spawn(command, 24, 80), home }
    }

    /// Types an input of one line, runs it, and waits for the next prompt.
    #[track_caller]
    pub fn run(&mut self, line: &str) {
        self.enter(line);
        self.wait_for_prompt(">>> ");
    }

    /// Leaves with Ctrl-D, and gives the home back.
    #[track_caller]
    pub fn leave(mut self) -> Home {
        self.send(crate::terminal::keys::CTRL_D);
        assert!(self.wait_for_exit().success(), "{}", self.screen_text());
        self.home
    }
}

impl Deref for Session {
    type Target = Terminal;

    fn deref(&self) -> &Terminal {
        &self.terminal
    }
}

impl DerefMut for Session {
    fn deref_mut(&mut self) -> &mut Terminal {
        &mut self.terminal
    }
}
