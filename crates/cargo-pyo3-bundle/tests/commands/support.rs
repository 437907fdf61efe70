//! An application in a scratch folder, and programs that stand in for real ones.

use serde_json::Value;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// Writes an executable file. Another process does: a child that another test starts meanwhile would keep a file of this
/// process open for writing, and Linux starts no such file (ETXTBSY).
pub fn write_program(path: &Path, text: &str) {
    let mut writer = Command::new("sh");
    writer.args(["-c", "cat >\"$1\" && chmod 755 \"$1\"", "sh"]).arg(path).stdin(Stdio::piped());
    let mut writer = writer.spawn().unwrap();
    writer.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    assert!(writer.wait().unwrap().success(), "{path:?}");
}

pub struct App {
    folder: TempDir,
}

pub struct Said {
    pub status: Option<i32>,
    pub out: String,
    pub error: String,
}

impl Said {
    pub fn of(output: &Output) -> Said {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Said { status: output.status.code(), out: text(&output.stdout), error: text(&output.stderr) }
    }

    /// Expects success, and nothing on stderr.
    pub fn fine(self) -> String {
        assert_eq!((self.status, self.error.as_str()), (Some(0), ""), "{}", self.out);
        self.out
    }

    /// Expects an error in three parts, and returns it.
    pub fn refused(self, status: i32) -> String {
        let error = self.error;
        assert_eq!(self.status, Some(status), "{error}");
        let what = error.lines().position(|line| line.starts_with("error: ")).unwrap_or_else(|| panic!("{error}"));
        assert!(error.lines().nth(what + 1).is_some_and(|why| why.starts_with("  ")), "{error}");
        error
    }
}

impl App {
    pub fn new() -> App {
        let app = App { folder: tempfile::Builder::new().prefix("it ü ").tempdir().unwrap() };
        app.write("Cargo.toml", "[package]\nname = \"app\"\nversion = \"1.2.3\"\nedition = \"2024\"\n");
        app.write("src/main.rs", "fn main() {}\n");
        app.write(".python-version", "3.13.5\n");
        app
    }

    /// The workspace, as cargo names it.
    pub fn path(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap()
    }

    pub fn at(&self, relative: &str) -> PathBuf {
        self.path().join(relative)
    }

    pub fn write(&self, relative: &str, text: &str) {
        let path = self.at(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn read(&self, relative: &str) -> String {
        fs::read_to_string(self.at(relative)).unwrap_or_else(|error| panic!("{relative}: {error}"))
    }

    pub fn read_bytes(&self, relative: &str) -> Vec<u8> {
        fs::read(self.at(relative)).unwrap_or_else(|error| panic!("{relative}: {error}"))
    }

    /// Puts a script of `sh` into the folder that is first on PATH, or at a place with a slash in it.
    pub fn stand_in(&self, name: &str, script: &str) {
        let relative = if name.contains('/') { name.to_owned() } else { format!("on-path/{name}") };
        fs::create_dir_all(self.at(&relative).parent().unwrap()).unwrap();
        write_program(&self.at(&relative), &format!("#!/bin/sh\n{script}\n"));
    }

    pub fn run(&self, arguments: &[&str]) -> Said {
        Said::of(&self.command(arguments).output().unwrap())
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-pyo3-bundle"));
        command.arg("pyo3-bundle").args(arguments).current_dir(self.path()).env_clear();
        let rest = std::env::var("PATH").unwrap_or_default();
        command.env("PATH", format!("{}:{rest}", self.at("on-path").display()));
        for name in ["HOME", "CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"] {
            command.envs(std::env::var_os(name).map(|value| (name, value)));
        }
        // Cargo itself is the real one, unless a test has one that stands in.
        let cargo = std::env::var_os("CARGO").unwrap_or("cargo".into());
        command.env("CARGO", &cargo).env("REAL_CARGO", &cargo);
        command
    }

    pub fn names(&self, relative: &str) -> Vec<String> {
        let entries = fs::read_dir(self.at(relative)).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    pub fn exists(&self, relative: &str) -> bool {
        self.at(relative).symlink_metadata().is_ok()
    }
}

pub fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The sha256 of a file.
pub fn sum(path: &Path) -> String {
    let output = Command::new("sha256sum").stdin(fs::File::open(path).unwrap()).output().unwrap();
    String::from_utf8(output.stdout).unwrap()[..64].to_owned()
}

/// The command that runs another in a mount namespace, if this machine allows one.
pub fn namespace() -> Option<Vec<&'static str>> {
    let ways = [vec!["unshare", "--mount"], vec!["unshare", "--mount", "--user", "--map-root-user"]];
    let works =
        |way: &Vec<&str>| Command::new(way[0]).args(&way[1..]).arg("true").output().is_ok_and(|o| o.status.success());
    let way = ways.into_iter().find(works);
    if way.is_none() {
        left_out("this machine allows no mount namespace");
    }
    way
}

/// Says aloud that a test, or a part of it, was left out. It is in the list of `scripts/dev/test.sh`.
pub fn left_out(why: &str) {
    let text = format!("{}: {why}", std::thread::current().name().unwrap_or_default());
    eprintln!("left out: {text}");
    if let Some(list) = std::env::var_os("LEFT_OUT_LIST") {
        let list = fs::OpenOptions::new().append(true).create(true).open(list);
        list.and_then(|mut list| list.write_all(format!("{text}\n").as_bytes())).unwrap();
    }
}
