//! A one-file program in a scratch folder, with a home of its own.

use pyo3_bundle_layout::onefile::Trailer;
use sha2::{Digest, Sha256};
use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, lchown, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// A user without rights, for tests that the superuser runs.
const NOBODY: u32 = 65534;

pub const TOP: &str = "app-1.2.3-x86_64-unknown-linux-gnu";

pub struct Case {
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

    pub fn fine(self) -> String {
        assert_eq!((self.status, self.error.as_str()), (Some(0), ""), "{}", self.out);
        self.out
    }

    /// Expects an error in three parts, before anything was started.
    pub fn refused(self) -> String {
        assert_eq!((self.status, self.out.as_str()), (Some(1), ""), "{}", self.error);
        let lines: Vec<&str> = self.error.lines().collect();
        assert!(lines[0].starts_with("error: ") && lines[1].starts_with("  "), "{}", self.error);
        assert!(lines[lines.len() - 1].starts_with("hint: "), "{}", self.error);
        self.error
    }
}

impl Case {
    pub fn new() -> Case {
        let case = Case { folder: tempfile::Builder::new().prefix("it ü ").tempdir().unwrap() };
        for folder in ["home", "tmp"] {
            fs::create_dir(case.at(folder)).unwrap();
            fs::set_permissions(case.at(folder), Permissions::from_mode(0o700)).unwrap();
        }
        case.pack("app", "one");
        case
    }

    pub fn at(&self, relative: &str) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join(relative)
    }

    /// Makes a one-file program whose archive has this text in it.
    pub fn pack(&self, name: &str, text: &str) {
        self.pack_both(name, text, &fs::read("/bin/sh").unwrap());
    }

    /// Makes one whose program has this content.
    pub fn pack_program(&self, name: &str, program: &str) {
        self.pack_both(name, "", program.as_bytes());
    }

    fn pack_both(&self, name: &str, text: &str, program: &[u8]) {
        let top = self.at("tree").join(TOP);
        let put = |relative: &str, content: &[u8]| {
            let path = top.join(relative);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        };
        put("data/text", text.as_bytes());
        put("data/empty", b"");
        put("data/block", &[7; 512]);
        // Nothing that can be compressed, so that unpacking takes its time.
        put("data/noise", &noise(8 << 20));
        let long = "n".repeat(120);
        put(&format!("{long}/{long}"), b"a long name");
        symlink(format!("../{long}/{long}"), top.join("data/long-link")).unwrap();
        symlink("text", top.join("data/link")).unwrap();
        put("bin/app-bin", program);
        fs::set_permissions(top.join("bin/app-bin"), Permissions::from_mode(0o755)).unwrap();
        let tar = Command::new("tar")
            .args(["--format=gnu", "--sort=name", "-cf", "../tree.tar", TOP])
            .current_dir(self.at("tree"))
            .status();
        assert!(tar.unwrap().success());
        let tar = fs::read(self.at("tree.tar")).unwrap();
        fs::remove_dir_all(self.at("tree")).unwrap();
        self.write(name, &zstd::encode_all(&tar[..], 1).unwrap());
    }

    /// Writes a one-file program with that archive.
    pub fn write(&self, name: &str, archive: &[u8]) {
        let sha256 = Sha256::digest(archive).iter().map(|byte| format!("{byte:02x}")).collect();
        let program = format!("{TOP}/bin/app-bin");
        let trailer = Trailer { application: "app".into(), program, length: archive.len() as u64, sha256 };
        let stub = fs::read(env!("CARGO_BIN_EXE_pyo3-bundle-onefile")).unwrap();
        self.put(name, &[&stub[..], archive, &trailer.encode().unwrap()].concat());
    }

    /// Writes an executable file. Another process does: a child that a test starts meanwhile would keep a file of this process
    /// open for writing, and the system starts no such file.
    pub fn put(&self, name: &str, bytes: &[u8]) {
        fs::write(self.at("bytes"), bytes).unwrap();
        fs::set_permissions(self.at("bytes"), Permissions::from_mode(0o755)).unwrap();
        let copied = Command::new("cp").arg(self.at("bytes")).arg(self.at(name)).status().unwrap();
        assert!(copied.success());
    }

    /// Starts the shell with a script.
    pub fn command(&self, script: &str) -> Command {
        self.command_of("app", script)
    }

    pub fn command_of(&self, name: &str, script: &str) -> Command {
        let mut command = Command::new(self.at(name));
        command.args(["-c", script]).current_dir(self.at("")).env_clear();
        command.env("PATH", "/usr/bin:/bin").env("HOME", self.at("home")).env("TMPDIR", self.at("tmp"));
        command
    }

    pub fn run(&self, script: &str) -> Said {
        said(&mut self.command(script))
    }

    /// The same for a user to whom modes apply.
    pub fn run_as_user(&self, script: &str, change: impl FnOnce(&mut Command)) -> Said {
        let mut command = self.command(script);
        change(&mut command);
        if is_superuser() {
            give(&self.at(""));
            command.uid(NOBODY).gid(NOBODY);
        }
        said(&mut command)
    }

    /// Runs a command of the shell in a mount namespace, then the program, from the folder of the case.
    pub fn run_after(&self, prepare: &str, variables: &[(&str, &Path)], script: &str) -> Option<Said> {
        let way = namespace()?;
        let mut command = Command::new(way[0]);
        command.args(&way[1..]).args(["sh", "-c", &format!("{prepare} && exec ./app -c \"$0\""), script]);
        command.current_dir(self.at("")).env_clear().env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin");
        command.env("HOME", self.at("home")).env("TMPDIR", self.at("tmp")).envs(variables.iter().copied());
        Some(said(&mut command))
    }

    /// The names in the application's folder of the user's cache.
    pub fn cached(&self) -> Vec<String> {
        self.names("home/.cache/app")
    }

    pub fn names(&self, relative: &str) -> Vec<String> {
        let entries = fs::read_dir(self.at(relative)).into_iter().flatten();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// The folder that it was unpacked to.
    pub fn unpacked(&self) -> PathBuf {
        let names = self.cached();
        let [digits, lock] = &names[..] else { panic!("{names:?}") };
        assert_eq!((digits.len(), lock.as_str()), (16, "lock"));
        self.at("home/.cache/app").join(digits)
    }
}

pub fn said(command: &mut Command) -> Said {
    Said::of(&command.output().unwrap())
}

pub fn is_superuser() -> bool {
    fs::metadata("/proc/self").is_ok_and(|found| found.uid() == 0)
}

/// Gives a folder and all in it to the user without rights.
fn give(path: &Path) {
    lchown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    if path.symlink_metadata().unwrap().is_dir() {
        fs::read_dir(path).unwrap().for_each(|entry| give(&entry.unwrap().path()));
    }
}

pub fn give_to(path: &Path, user: u32) {
    chown(path, Some(user), None).unwrap();
}

fn noise(size: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    std::iter::repeat_with(&mut next).take(size / 8).flatten().collect()
}

/// The command that runs another in a mount namespace. Where this machine allows none, the test is in the list of
/// `scripts/dev/test.sh` of what was left out.
fn namespace() -> Option<Vec<&'static str>> {
    let ways = [vec!["unshare", "--mount"], vec!["unshare", "--mount", "--user", "--map-root-user"]];
    let works =
        |way: &Vec<&str>| Command::new(way[0]).args(&way[1..]).arg("true").output().is_ok_and(|o| o.status.success());
    let way = ways.into_iter().find(works);
    if way.is_none() {
        leave_out("this machine allows no mount namespace");
    }
    way
}

pub fn leave_out(why: &str) {
    let text = format!("{}: {why}", std::thread::current().name().unwrap_or_default());
    eprintln!("left out: {text}");
    if let Some(list) = std::env::var_os("LEFT_OUT_LIST") {
        let list = fs::OpenOptions::new().append(true).create(true).open(list);
        list.and_then(|mut list| list.write_all(format!("{text}\n").as_bytes())).unwrap();
    }
}
