//! Runs the tests of the program's Python sources, `tests/python`, by the runtime's own interpreter.

use crate::support::{checkout, stderr, stdout};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn interpreter() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let places = [target.to_owned(), checkout().join("target")].map(|target| target.join("python/runtime/bin/python3"));
    let found = places.iter().find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("none of {places:?}; hint: scripts/dist/package-all.sh")).clone()
}

/// The N of unittest's `Ran N tests in …`.
fn ran(report: &str) -> usize {
    let line = report.lines().find_map(|line| line.strip_prefix("Ran ")).unwrap_or_default();
    line.split(' ').next().unwrap_or_default().parse().unwrap_or(0)
}

/// Counts the tests in the files: unittest does not report a test that it does not find.
fn written() -> usize {
    let files = fs::read_dir(checkout().join("tests/python")).unwrap().map(|entry| entry.unwrap().path());
    let tests = files.filter(|path| path.extension().is_some_and(|end| end == "py"));
    let count = |path: PathBuf| {
        fs::read_to_string(path).unwrap().lines().filter(|line| line.trim_start().starts_with("def test_")).count()
    };
    tests.map(count).sum()
}

#[test]
fn the_tests_written_in_python_pass() {
    let output = Command::new(interpreter())
        .args(["-I", "-B", "-m", "unittest", "discover", "-s"])
        .arg(checkout().join("tests/python"))
        .output()
        .unwrap();
    let report = stderr(&output);
    assert!(output.status.success(), "{}{report}", stdout(&output));
    assert_eq!(ran(&report), written(), "not every test was run: {report}");
    assert_eq!(stdout(&output), "", "completion and its tests print nothing");
}

#[test]
fn the_number_of_tests_is_read() {
    assert_eq!(ran("....\n---\nRan 36 tests in 1.0s\n\nOK\n"), 36);
    assert_eq!(ran("Ran 1 test in 1.0s"), 1);
    assert_eq!(ran("\nRan 0 tests in 0.000s\n\nNO TESTS RAN\n"), 0);
    assert_eq!(ran(""), 0);
}
