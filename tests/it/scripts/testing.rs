//! The scripts that test, with stand-ins for the tests: what they install, list at their end and leave behind.

use super::Fake;
use crate::support::{stderr, stdout};
use std::fs;
use std::io::Read;
use std::process::Stdio;

/// A checkout whose checks note what they leave out, and lack a tool that exists only as a builtin of bash.
fn leaving_out() -> Fake {
    let fake = Fake::new();
    fake.stand_in("scripts/dev/check.sh", "");
    fake.stand_in("scripts/dist/package-all.sh", ". scripts/lib/common.sh; left_out 'a namespace'");
    fake.stand_in("scripts/dev/minimal-root.sh", ". scripts/lib/common.sh; left_out 'another root'");
    fake.stand_in("cargo", "echo 'a namespace' >>\"$LEFT_OUT_LIST\"");
    fake.stand_in("apt-get", "echo \"$*\" >>asked");
    fake.write("scripts/dev/test-tools.txt", "# comment\nsh dash a shell\nshopt a-package for a test\n");
    fake
}

#[test]
fn what_a_run_left_out_is_listed_at_its_end() {
    let fake = leaving_out();
    fake.stand_in("id", "echo 1000");
    let output = fake.run("scripts/dev/test.sh", &[]);
    let text = stdout(&output);
    assert!(output.status.success(), "{}", stderr(&output));
    let (_, list) = text.split_once("left out on this machine:\n").unwrap_or_else(|| panic!("{text}"));
    let lacking = "  - `shopt` (for a test): sudo apt-get install -y a-package\n";
    assert_eq!(list, format!("{lacking}  - a namespace\n  - another root\n"));
    assert!(!fake.path().join("asked").exists());
}

#[test]
fn root_gets_the_tools_that_are_missing_and_no_other() {
    let fake = leaving_out();
    fake.stand_in("id", "echo 0");
    let output = fake.run("scripts/dev/test.sh", &[]);
    assert!(output.status.success() && !stdout(&output).contains("shopt"), "{}", stderr(&output));
    assert!(fake.read("asked").ends_with(" install -y --no-install-recommends a-package\n"), "{}", fake.read("asked"));
    fake.stand_in("apt-get", "exit 1");
    let output = fake.run("scripts/dev/test.sh", &[]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(stderr(&output).contains("hint: apt-get update && apt-get install"), "{}", stderr(&output));
}

#[test]
fn a_run_that_left_nothing_out_says_so() {
    let fake = leaving_out();
    for script in ["scripts/dist/package-all.sh", "scripts/dev/minimal-root.sh", "cargo"] {
        fake.stand_in(script, "");
    }
    fake.write("scripts/dev/test-tools.txt", "sh dash a shell\n");
    let output = fake.run("scripts/dev/test.sh", &[]);
    assert_eq!(stdout(&output), "all checks and tests were run\n", "{}", stderr(&output));
}

/// Stands in for the tests: in runs 2 and 4 tests fail, and run 3 ends before its tests.
const CARGO: &str = r#"case $* in *--no-run*) exit ;; esac
echo x >>runs
echo "$*" >asked
case $(wc -l <runs) in
  *2) printf 'test one::fails ... FAILED\ntest often ... FAILED\n'; exit 101 ;;
  *3) printf 'error: could not compile\n'; exit 101 ;;
  *4) printf 'test often ... FAILED\ntest fine ... ok\n'; exit 101 ;;
esac
printf 'test one::fails ... ok\ntest often ... ok\n'"#;

#[test]
fn what_failed_in_many_runs_is_counted() {
    let fake = Fake::new();
    fake.stand_in("cargo", CARGO);
    let output = fake.run("scripts/dev/flaky.sh", &["5", "repl::"]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let text = stdout(&output);
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    assert_eq!(lines, ["2 often", "1 run 3 failed", "1 one::fails"]);
    assert!(fake.read("asked").ends_with(" -- repl::\n"), "{}", fake.read("asked"));
    assert!(fake.read("target/flaky/run-3.log").contains("could not compile"));
    fs::remove_file(fake.path().join("runs")).unwrap();
    let output = fake.run("scripts/dev/flaky.sh", &["1"]);
    assert_eq!(stdout(&output), "nothing failed in 1 runs\n", "{}", stderr(&output));
    assert!(output.status.success() && !fake.path().join("target/flaky/run-3.log").exists());
    fake.stand_in("cargo", "echo 'running 0 tests'");
    let output = fake.run("scripts/dev/flaky.sh", &["1", "no::such"]);
    assert!(output.status.code() == Some(2) && stderr(&output).contains("`no::such`"), "{}", stderr(&output));
    for wrong in ["0", "many", ""] {
        assert_eq!(fake.run("scripts/dev/flaky.sh", &[wrong]).status.code(), Some(2), "{wrong:?}");
    }
}

/// A checkout in which making a Debian takes no time, and `unshare` stands in for all that is run in it.
fn fresh_root(unshare: &str) -> Fake {
    let fake = Fake::new();
    fake.write(
        "README.md",
        "# It\n\n```console\n$ one\n```\n\n```console\n$ two --all   # why\n$ scripts/dev/test.sh\n```\n",
    );
    fake.write("toolchain/bin/cargo", "");
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(fake.path().join("toolchain/bin/cargo"), executable).unwrap();
    let programs = [
        ("id", "echo 0"),
        ("rustc", "echo toolchain"),
        ("apt-get", ""),
        ("debootstrap", "mkdir \"$4/root\""),
        ("git", "[ \"$1\" != clone ] || mkdir \"$5\""),
        ("unshare", unshare),
    ];
    programs.iter().for_each(|(name, script)| fake.stand_in(name, script));
    fake
}

/// The names that a finished run left in `.local`.
fn left_behind(fake: &Fake) -> Vec<String> {
    let entries = fs::read_dir(fake.path().join(".local")).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).filter(|name| name != "cache").collect()
}

#[test]
fn a_fresh_debian_runs_the_commands_of_the_readme_and_ends_with_their_status() {
    let fake = fresh_root("for last do :; done; echo \"$last\" >commands; exit 7");
    let output = fake.run("scripts/dev/fresh-root.sh", &[]);
    assert_eq!(output.status.code(), Some(7), "{}", stderr(&output));
    assert_eq!(fake.read("commands"), "two --all   # why\nscripts/dev/test.sh\n");
    assert_eq!(left_behind(&fake), [""; 0]);
    assert!(fake.path().join(".local/cache/trixie-fresh/root").is_dir());
    fake.stand_in("unshare", "");
    assert!(fake.run("scripts/dev/fresh-root.sh", &[]).status.success());
    fake.write("README.md", "nothing\n");
    assert!(stderr(&fake.run("scripts/dev/fresh-root.sh", &[])).contains("README.md has no block"));
}

#[test]
fn a_fresh_debian_that_is_stopped_leaves_no_process_and_no_folder() {
    for signal in [libc::SIGTERM, libc::SIGINT, libc::SIGHUP] {
        let fake = fresh_root("echo started; exec sleep 1000");
        let mut run = fake.command("scripts/dev/fresh-root.sh").stdout(Stdio::piped()).spawn().unwrap();
        let mut output = run.stdout.take().unwrap();
        output.read_exact(&mut [0; "started\n".len()]).unwrap();
        // SAFETY: no memory is passed, and the child is not reaped yet.
        assert_eq!(unsafe { libc::kill(run.id() as libc::pid_t, signal) }, 0);
        assert!(!run.wait().unwrap().success());
        assert_eq!(left_behind(&fake), [""; 0]);
        // The pipe ends when no process has it open any more.
        assert_eq!(output.read(&mut [0]).unwrap(), 0);
    }
}
