//! What reaches the program: it is started as it would be from its folder.

use crate::support::{Case, Said, TOP, said};
use std::ffi::OsStr;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, Stdio};

/// A script that prints its arguments, one in a line.
const SHOW: &str = "for word; do printf '<%s>' \"$word\"; done";

#[test]
fn arguments_variables_and_the_working_folder_are_those_of_the_user() {
    let case = Case::new();
    let mut command = case.command(SHOW);
    command.args(["zero", "", "a b", "--help", "--version"]).arg(OsStr::from_bytes(b"\xff\n"));
    let output = command.output().unwrap();
    assert_eq!(output.stdout, b"<><a b><--help><--version><\xff\n>");
    let script = "pwd -P; env | grep -v '^_=' | sort";
    let direct = said(case.command(script).env("A", "1"));
    assert!(direct.out.contains("\nA=1\n") && direct.out.contains("\nHOME="), "{}", direct.out);
    let mut plain = Command::new("/bin/sh");
    plain.args(["-c", script]).current_dir(case.at("")).env_clear().env("A", "1");
    plain.env("PATH", "/usr/bin:/bin").env("HOME", case.at("home")).env("TMPDIR", case.at("tmp"));
    assert_eq!(direct.fine(), said(&mut plain).fine());
}

#[test]
fn the_program_has_the_name_by_which_it_was_started() {
    let case = Case::new();
    let name = "tr '\\0' '\\n' </proc/$$/cmdline | head -n 1; readlink /proc/$$/exe";
    let mut command = case.command(name);
    let out = said(command.arg0("my name")).fine();
    let program = case.unpacked().join(TOP).join("bin/app-bin");
    assert_eq!(out, format!("my name\n{}\n", program.display()));
    // By a link on PATH.
    std::os::unix::fs::symlink(case.at("app"), case.at("tool")).unwrap();
    let mut command = Command::new("env");
    command.args(["tool", "-c", name]).env_clear().env("HOME", case.at("home"));
    let out = said(command.env("PATH", format!("{}:/usr/bin:/bin", case.at("").display()))).fine();
    assert!(out.starts_with("tool\n"), "{out}");
}

#[test]
fn the_status_and_the_signal_of_the_program_are_those_of_the_one_file() {
    let case = Case::new();
    for status in [0, 1, 2, 77, 255] {
        assert_eq!(case.run(&format!("exit {status}")).status, Some(status));
    }
    for (name, number) in [("TERM", 15), ("KILL", 9), ("ABRT", 6)] {
        let status = case.command(&format!("kill -{name} $$")).status().unwrap();
        assert_eq!(status.signal(), Some(number));
    }
    let mut child = case
        .command("trap 'echo asked; exit 5' TERM; echo up; read x")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut up = [0; 3];
    std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut up).unwrap();
    assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), &output.stdout[..]), (Some(5), &b"asked\n"[..]));
}

#[test]
fn streams_are_passed_on_as_they_are() {
    let case = Case::new();
    let mut child = case
        .command("cat; echo error >&2")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"input").unwrap();
    let said = Said::of(&child.wait_with_output().unwrap());
    assert_eq!((said.out.as_str(), said.error.as_str()), ("input", "error\n"));
}

/// Whoever starts a program may have closed streams, ignored signals or blocked them.
#[test]
fn signals_and_closed_streams_are_as_the_caller_left_them() {
    let case = Case::new();
    case.run("true").fine();
    let look = "'grep -E \"^Sig(Ign|Blk)\" /proc/self/status; ls /proc/self/fd'";
    let program = case.unpacked().join(TOP).join("bin/app-bin");
    for before in ["true", "trap '' PIPE", "trap '' INT QUIT", "exec <&-", "exec 7</dev/null"] {
        let of = |program: &std::path::Path| {
            let mut command = Command::new("sh");
            command.args(["-c", &format!("{before}; exec \"$0\" -c {look}")]).arg(program);
            said(command.env("HOME", case.at("home"))).fine()
        };
        assert_eq!(of(&case.at("app")), of(&program), "{before}");
    }
}
