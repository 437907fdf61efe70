//! The first start and the second, several at once, and one that is killed.

use crate::support::{Case, Said, TOP};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::process::{Command, Stdio};
use std::time::Instant;

#[test]
fn the_first_start_unpacks_all_of_it_and_the_second_nothing() {
    let case = Case::new();
    assert_eq!(case.run("echo started").fine(), "started\n");
    let unpacked = case.unpacked();
    let top = unpacked.join(TOP);
    assert_eq!(fs::read_to_string(top.join("data/link")).unwrap(), "one");
    assert_eq!(fs::read_to_string(top.join("data/long-link")).unwrap(), "a long name");
    let size = |name: &str| fs::metadata(top.join(name)).unwrap().len();
    assert_eq!((size("data/empty"), size("data/block"), size("data/noise")), (0, 512, 8 << 20));
    assert_eq!(fs::read(top.join("bin/app-bin")).unwrap(), fs::read("/bin/sh").unwrap());
    let notices = fs::read_to_string(unpacked.join("NOTICES")).unwrap();
    assert!(notices.contains("MIT licence") && notices.contains("GNU LESSER GENERAL PUBLIC LICENSE"));
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&top.join("bin/app-bin")) & 0o711, mode(&top.join("data/text")) & 0o111), (0o711, 0));
    for private in [case.at("home/.cache"), case.at("home/.cache/app"), unpacked.clone()] {
        assert_eq!(mode(&private), 0o700, "{private:?}");
    }
    assert_eq!(case.names("tmp"), [""; 0]);
    let identity = |path: &std::path::Path| fs::metadata(path).map(|found| (found.ino(), found.mtime_nsec())).unwrap();
    let before = (identity(&unpacked), identity(&unpacked.join("whole")), identity(&case.at("home/.cache/app")));
    assert_eq!(case.run("echo again").fine(), "again\n");
    assert_eq!(before, (identity(&unpacked), identity(&unpacked.join("whole")), identity(&case.at("home/.cache/app"))));
}

/// The sum of a payload takes longer than the rest of a start.
#[test]
fn a_second_start_does_not_read_the_payload() {
    let case = Case::new();
    case.run("true").fine();
    let mut bytes = fs::read(case.at("app")).unwrap();
    let payload = bytes.len() - 512 - (4 << 20);
    bytes[payload..payload + 1000].fill(0);
    case.put("app", &bytes);
    assert_eq!(case.run("echo started").fine(), "started\n");
}

#[test]
fn eight_at_once_unpack_it_once() {
    let case = Case::new();
    let start = |number: usize| {
        let mut command = case.command(&format!("echo {number}; stat -c %i {TOP}"));
        command.args(["", "x"]).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.env("CDPATH", "").spawn().unwrap()
    };
    let started: Vec<_> = (0..8).map(start).collect();
    for (number, child) in started.into_iter().enumerate() {
        let said = Said::of(&child.wait_with_output().unwrap());
        assert!(said.out.starts_with(&format!("{number}\n")), "{} {}", said.out, said.error);
    }
    case.unpacked();
}

#[test]
fn a_first_start_that_is_killed_at_any_moment_leaves_nothing_in_the_way() {
    let case = Case::new();
    let begun = Instant::now();
    case.run("true").fine();
    let whole = begun.elapsed();
    fs::remove_dir_all(case.unpacked()).unwrap();
    let mut interrupted = 0;
    for part in 0..24 {
        let mut child = case.command("true").spawn().unwrap();
        std::thread::sleep(whole * part / 20);
        child.kill().unwrap();
        child.wait().unwrap();
        let names = case.cached();
        interrupted += usize::from(names.iter().any(|name| name.ends_with(".partial")));
        for name in names.iter().filter(|name| !name.contains('.') && *name != "lock") {
            let unpacked = case.at("home/.cache/app").join(name);
            assert!(unpacked.join("whole").is_file() && unpacked.join(TOP).join("data/text").is_file());
            fs::remove_dir_all(unpacked).unwrap();
        }
    }
    assert!(interrupted > 0, "none was killed while it unpacked");
    assert_eq!(case.run("echo started").fine(), "started\n");
    case.unpacked();
    assert_eq!(case.names("tmp"), [""; 0]);
}

#[test]
fn what_killed_starts_of_any_version_have_left_is_removed() {
    let case = Case::new();
    case.run("true").fine();
    let unpacked = case.unpacked();
    let own = format!("{}.partial", unpacked.display());
    fs::rename(&unpacked, &own).unwrap();
    fs::create_dir_all(case.at("home/.cache/app/0123456789abcdef.partial/app/data")).unwrap();
    assert_eq!(case.run("echo started").fine(), "started\n");
    assert_eq!((case.unpacked(), case.names("tmp")), (unpacked, vec![]));
}

#[test]
fn what_somebody_has_removed_is_unpacked_again() {
    let case = Case::new();
    case.run("true").fine();
    let unpacked = case.unpacked();
    fs::remove_file(unpacked.join("whole")).unwrap();
    fs::remove_file(unpacked.join(TOP).join("data/text")).unwrap();
    assert_eq!(case.run("echo one").fine(), "one\n");
    assert!(unpacked.join(TOP).join("data/text").is_file());
    fs::remove_file(unpacked.join(TOP).join("bin/app-bin")).unwrap();
    assert_eq!(case.run("echo two").fine(), "two\n");
    fs::write(unpacked.join("whole"), "of something else").unwrap();
    fs::write(unpacked.join("extra"), "").unwrap();
    assert_eq!(case.run("echo three").fine(), "three\n");
    assert!(!unpacked.join("extra").exists());
    fs::remove_dir_all(&unpacked).unwrap();
    fs::write(&unpacked, "a file").unwrap();
    let said = case.run("echo four");
    assert!(said.out == "four\n" && case.names("tmp").len() == 1, "{}", said.error);
}

#[test]
fn the_notices_name_every_crate_of_the_stub() {
    let mut tree = Command::new(env!("CARGO"));
    tree.args([
        "tree",
        "--locked",
        "--offline",
        "--edges",
        "normal",
        "--prefix",
        "none",
        "--no-dedupe",
        "--format",
        "{lib}",
    ]);
    // Cargo says on stderr that it waits for another one.
    let listed = Said::of(&tree.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap()).out;
    let notices = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/NOTICES")).unwrap();
    let words: Vec<&str> = notices.split([' ', ',', '\n']).collect();
    let missing: Vec<_> = listed.lines().filter(|name| !words.contains(&name.replace('_', "-").as_str())).collect();
    assert!(listed.contains("sha2") && missing.is_empty(), "add them and their licences to NOTICES: {missing:?}");
}
