//! What other versions have unpacked, removed on wish.

use crate::support::{Case, said};
use std::fs;
use std::io::Read;
use std::os::unix::fs::symlink;
use std::process::Stdio;

fn cleaning(case: &Case, name: &str, cache: &str) -> String {
    let mut command = case.command_of(name, "echo started");
    said(command.env("PYO3_BUNDLE_CACHE", cache).env("PYO3_BUNDLE_CACHE_CLEAN", "1")).fine()
}

#[test]
fn other_versions_stay_until_the_user_wants_them_removed() {
    let case = Case::new();
    case.pack("newer", "two");
    case.run("true").fine();
    let older = case.unpacked();
    said(&mut case.command_of("newer", "true")).fine();
    said(case.command_of("newer", "true").env("PYO3_BUNDLE_CACHE_CLEAN", "")).fine();
    assert_eq!(case.cached().len(), 3);
    // What is not of a one-file program is somebody's own.
    fs::create_dir(case.at("home/.cache/app/mine")).unwrap();
    fs::write(case.at("home/.cache/app/notes"), "").unwrap();
    assert_eq!(cleaning(&case, "newer", "home/.cache"), "started\n");
    assert!(!older.exists());
    let names = case.cached();
    assert_eq!(names.len(), 4, "{names:?}");
    assert!(["mine", "notes", "lock"].iter().all(|name| names.contains(&(*name).to_owned())), "{names:?}");
    assert_eq!(case.run("echo back").fine(), "back\n");
    assert!(older.exists());
}

#[test]
fn a_version_that_runs_stays() {
    let case = Case::new();
    case.pack("newer", "two");
    // The system tells programs by their real places.
    fs::create_dir_all(case.at("home/.cache")).unwrap();
    symlink(case.at("home/.cache"), case.at("link")).unwrap();
    for cache in ["home/.cache", "link"] {
        let mut running = case.command("echo up; read x");
        running.env("PYO3_BUNDLE_CACHE", cache).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut running = running.spawn().unwrap();
        running.stdout.as_mut().unwrap().read_exact(&mut [0; 3]).unwrap();
        let both = case.cached();
        cleaning(&case, "newer", cache);
        assert!(both.iter().all(|name| case.cached().contains(name)), "{cache}");
        drop(running.stdin.take());
        running.wait().unwrap();
        cleaning(&case, "newer", cache);
        assert_eq!(case.cached().len(), 2, "{cache}");
    }
}
