//! A new home for each program, so that no test reads or writes the home of the user who runs it.

use crate::support::{NAME, bare, scratch};
use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use tempfile::TempDir;

const FOLDERS: [(&str, &str); 5] = [
    ("XDG_CONFIG_HOME", "config"),
    ("XDG_DATA_HOME", "data"),
    ("XDG_STATE_HOME", "state"),
    ("XDG_CACHE_HOME", "cache"),
    ("XDG_RUNTIME_DIR", "runtime"),
];

pub struct Home(TempDir);

impl Home {
    pub fn new() -> Self {
        let home = Home(scratch());
        for (_, folder) in FOLDERS {
            fs::create_dir(home.path(folder)).unwrap();
        }
        home
    }

    pub fn path(&self, relative: &str) -> PathBuf {
        self.0.path().join(relative)
    }

    pub fn config_file(&self) -> PathBuf {
        self.path(&format!("config/{NAME}/config.toml"))
    }

    pub fn data(&self) -> PathBuf {
        self.path(&format!("data/{NAME}"))
    }

    pub fn history_file(&self) -> PathBuf {
        self.path(&format!("state/{NAME}/history"))
    }

    /// Returns a command whose environment has only this home, the terminal and the path of the system's programs.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = bare(program);
        command.current_dir(self.0.path()).env("HOME", self.0.path());
        command.envs(FOLDERS.map(|(variable, folder)| (variable, self.path(folder))));
        command.envs([("TERM", "xterm-256color"), ("LANG", "C.UTF-8"), ("PATH", "/usr/bin:/bin")]);
        command
    }
}
