//! `release-check.sh`, with stand-ins for its parts.

use super::Fake;
use crate::support::{stderr, stdout};

const PARTS: [&str; 4] = ["installer", "packages", "image", "managers"];

/// A checkout with a dist, a release, and parts of which each prints two rows.
fn released() -> Fake {
    let fake = Fake::new();
    fake.write("dist/metadata.json", "{}");
    fake.write("release/dist-manifest.json", "{}");
    for part in PARTS {
        let rows = "printf 'one\\trun\\tso\\t1\\ntwo\\tleft-out\\tno such thing\\t-\\n'";
        fake.stand_in(&format!("scripts/dev/release-check/{part}.sh"), rows);
    }
    fake.stand_in("cargo", "echo \"$*\" >>asked");
    fake
}

#[test]
fn rows_are_shown_and_what_was_left_out_is_listed_at_the_end() {
    let fake = released();
    let output = fake.run("scripts/dev/release-check.sh", &[]);
    assert!(output.status.success(), "{}", stderr(&output));
    let row = "one\trun\tso\t1\ntwo\tleft-out\tno such thing\t-\n";
    let count = |part: &str| format!("{part}: 1 run, 1 left out, 0 failed\n  - left out: two: no such thing\n");
    assert_eq!(stdout(&output), row.repeat(PARTS.len()) + &PARTS.map(count).concat());
    assert!(!fake.path().join("asked").exists(), "there is a release");
}

#[test]
fn a_check_that_fails_is_listed_and_the_other_parts_are_run() {
    let fake = released();
    fake.stand_in("scripts/dev/release-check/packages.sh", "printf 'x\\tfailed\\tso\\t2\\n'; exit 1");
    let output = fake.run("scripts/dev/release-check.sh", &["packages", "managers"]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(
        stdout(&output).contains("packages: 0 run, 0 left out, 1 failed\n  - FAILED: x: so\n"),
        "{}",
        stdout(&output)
    );
    assert!(stdout(&output).contains("managers: 1 run") && !stdout(&output).contains("image"), "{}", stdout(&output));
    assert!(stderr(&output).ends_with("/release-check.sh packages\n"), "{}", stderr(&output));
    let output = fake.run("scripts/dev/release-check.sh", &["msi"]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("no part `msi`\n  wanted one of: installer packages image managers\n"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_release_that_is_missing_is_made_of_the_dist() {
    let fake = released();
    std::fs::remove_dir_all(fake.path().join("release")).unwrap();
    let output = fake.run("scripts/dev/release-check.sh", &["image"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(fake.read("asked"), "pack formats\n");
}
