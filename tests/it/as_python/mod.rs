//! Compares the program with `python3`: both get the same arguments in the same environment and folder, one through the
//! launcher of a moved dist, the other as its Python. A test that allows a difference says why.

mod endings;
mod environments;
mod options;
mod packages;
mod processes;
mod programs;
mod terminal;
mod venv;

use crate::repl;
use crate::support::{bare, scratch};
use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use tempfile::TempDir;

pub fn python3() -> PathBuf {
    repl::program().with_file_name("python/runtime/bin/python3")
}

/// A folder to run programs in, which is also their home.
pub struct Place(TempDir);

#[derive(Debug, PartialEq)]
pub struct Outcome {
    pub stdout: String,
    pub stderr: String,
    pub status: ExitStatus,
}

impl Outcome {
    pub fn says(&self, text: &str) -> bool {
        match text {
            "" => self.stdout.is_empty() && self.stderr.is_empty(),
            text => self.stdout.contains(text) || self.stderr.contains(text),
        }
    }
}

impl Place {
    pub fn new() -> Self {
        Place(scratch())
    }

    pub fn with(files: &[(&str, &str)]) -> Self {
        let place = Place::new();
        for (name, text) in files {
            place.write(name, text);
        }
        place
    }

    pub fn path(&self, relative: &str) -> PathBuf {
        self.0.path().join(relative)
    }

    pub fn write(&self, relative: &str, text: impl AsRef<[u8]>) {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Makes a command in this folder. `python3` has to be told not to write bytecode into the dist, which the program
    /// never does; `PWD` is set because the launcher's shell would set it.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = bare(program);
        command.current_dir(self.0.path()).env("HOME", self.0.path()).env("PWD", self.0.path());
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        command
    }

    /// Runs the same Python program by both, and compares all that can be seen from outside.
    #[track_caller]
    pub fn same<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Outcome {
        self.same_with(|command| command.args(arguments), "")
    }

    #[track_caller]
    pub fn same_with(&self, prepare: impl Fn(&mut Command) -> &mut Command, input: &str) -> Outcome {
        let run = |program: PathBuf| outcome(prepare(&mut self.command(&program)), input);
        let (wanted, found) = (run(python3()), run(repl::program()));
        assert_eq!(found, wanted, "the outcome of the program is on the left");
        found
    }

    /// Does the same for a line of the shell, in which `"$@"` is the program.
    #[track_caller]
    pub fn same_in_shell(&self, line: &str, arguments: &[&str]) -> Outcome {
        let run = |program: PathBuf| {
            let mut command = self.command(Path::new("/bin/sh"));
            outcome(command.args(["-c", line, "sh"]).arg(program).args(arguments), "")
        };
        let (wanted, found) = (run(python3()), run(repl::program()));
        assert_eq!(found, wanted, "the outcome of the program is on the left");
        found
    }
}

/// Runs a command with this input in a pipe, and returns what can be seen of it.
pub fn outcome(command: &mut Command, input: &str) -> Outcome {
    let mut child = spawn(command);
    // A program that does not read its input may have ended before all of it is written.
    let _gone = child.stdin.take().unwrap().write_all(input.as_bytes());
    finish(child)
}

pub fn spawn(command: &mut Command) -> Child {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

pub fn finish(child: Child) -> Outcome {
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap_or_else(|no| no.into_bytes().escape_ascii().to_string());
    Outcome { stdout: text(output.stdout), stderr: text(output.stderr), status: output.status }
}

/// One Python program of a table, and what it has to print for the comparison to mean something.
pub struct Case {
    pub arguments: &'static [&'static str],
    pub status: i32,
    /// Part of stdout or stderr; an empty text means that both are empty.
    pub says: &'static str,
}

pub const fn case(arguments: &'static [&'static str], status: i32, says: &'static str) -> Case {
    Case { arguments, status, says }
}

impl Place {
    #[track_caller]
    pub fn same_for_each(&self, cases: &[Case]) {
        for Case { arguments, status, says } in cases {
            let found = self.same(arguments);
            assert_eq!(found.status.code(), Some(*status), "{arguments:?}: {found:?}");
            assert!(found.says(says), "{arguments:?}: {found:?}");
        }
    }
}
