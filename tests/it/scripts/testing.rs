//! The scripts that test, with stand-ins for the tests: what they install, list at their end and leave behind.

use super::Fake;
use super::fresh::stop;
use crate::support::{stderr, stdout};
use std::fs;

/// A checkout whose checks note what they leave out, and lack a tool that exists only as a builtin of bash.
fn leaving_out() -> Fake {
    let fake = Fake::new();
    fake.stand_in("scripts/dev/check.sh", "");
    let left_out = |what| format!("exec bash -c \". scripts/lib/common.sh; left_out '{what}'\"");
    fake.stand_in("scripts/dist/package-all.sh", &left_out("a namespace"));
    fake.stand_in("scripts/dev/minimal-root.sh", &left_out("another root"));
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
    for wrong in ["0", "010", "many", ""] {
        let output = fake.run("scripts/dev/flaky.sh", &[wrong]);
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
        assert!(stderr(&output).contains("is not a number of runs"), "{wrong:?}: {}", stderr(&output));
    }
}

#[test]
fn runs_that_are_stopped_leave_no_test_and_no_busy_loop() {
    let fake = Fake::new();
    fake.stand_in("cargo", "case $* in *--no-run*) exit ;; esac\necho started >&3\nsleep 100");
    stop(&fake, "scripts/dev/flaky.sh", &["2"], libc::SIGTERM);
}

#[test]
fn tests_that_are_run_many_times_are_built_with_the_flags_of_the_checkout() {
    let fake = Fake::new();
    fake.stand_in("cargo", "[ -z \"${RUSTFLAGS:-}\" ] || { echo 'test flags ... FAILED'; exit 1; }");
    let output = fake.command("scripts/dev/flaky.sh").arg("1").env("RUSTFLAGS", "-Cdebuginfo=2").output().unwrap();
    assert!(output.status.success(), "{}{}", stdout(&output), stderr(&output));
    assert!(stderr(&output).contains("warning: `RUSTFLAGS` is ignored"), "{}", stderr(&output));
}
