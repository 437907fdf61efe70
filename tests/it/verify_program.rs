//! `--verify` tells the person who unpacked a dist what differs from what was packed, whatever that is.

use crate::decoy::build_decoy;
use crate::support::{Copy, NAME, bare, compile, scratch, socket, stderr, stdout, write_program};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn a_whole_dist_is_ok() {
    let copy = Copy::new();
    for arguments in [&["--verify"][..], &["--verify", "--json"], &["--json", "--verify"]] {
        let output = bare(copy.launcher()).args(arguments).output().unwrap();
        assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
    }
    let output = bare(copy.launcher()).arg("--verify").output().unwrap();
    assert!(stdout(&output).starts_with("verify: ok '"), "{}", stdout(&output));
}

/// Each program prints the name of the dist's own folder, which whoever packs an archive chooses.
#[test]
fn a_folder_whose_name_has_control_characters_is_shown_without_them() {
    let mut copy = Copy::new();
    let root = copy.root.with_file_name("d\x1b[2K\r\u{9b}2K\u{202e}verify: ok");
    fs::rename(&copy.root, &root).unwrap();
    copy.root = root;
    let said = |arguments: &[&str]| {
        let output = bare(copy.launcher()).args(arguments).output().unwrap();
        let text = stdout(&output) + &stderr(&output);
        assert!(!text.contains(['\x1b', '\r', '\u{9b}', '\u{202e}']), "{arguments:?}: {text:?}");
        text
    };
    let name = r"d\u{1b}[2K\r\u{9b}2K\u{202e}verify: ok";
    let verified = said(&["--verify"]);
    assert!(verified.starts_with("verify: ok '") && verified.contains(name), "{verified}");
    let smoke = said(&["--smoke-python"]);
    assert!(smoke.starts_with("smoke-python: ok ") && smoke.contains(name), "{smoke}");
    fs::remove_file(copy.stdlib().join("os.py")).unwrap();
    let damaged = said(&["-c", ""]);
    assert!(damaged.contains(name) && damaged.contains("os.py` is missing"), "{damaged}");
    let records = ["SHA256SUMS", "metadata.json"].map(|record| copy.path(record));
    records.iter().for_each(|record| fs::remove_file(record).unwrap());
    let text = said(&["--verify"]);
    assert!(text.contains(name) && text.contains("is not a dist"), "{text}");
    fs::remove_file(copy.libpython()).unwrap();
    let lacking = said(&["-c", ""]);
    let libpython = lacking.lines().next().unwrap();
    assert!(
        libpython.starts_with("error: `python/runtime/lib/libpython3") && libpython.ends_with("` is missing"),
        "{lacking}"
    );
}

#[test]
fn what_differs_is_named() {
    let copy = Copy::new();
    let module = copy.stdlib().join("json/decoder.py");
    copy.replace(&module, b"# not as it was\n");
    fs::remove_file(copy.stdlib().join("this.py")).unwrap();
    fs::write(copy.path("python/added"), "").unwrap();
    let launcher = copy.launcher();
    let text = fs::read(&launcher).unwrap();
    copy.replace(&launcher, &text);
    fs::set_permissions(&launcher, fs::Permissions::from_mode(0o775)).unwrap();
    fs::set_permissions(copy.path("licenses"), fs::Permissions::from_mode(0o777)).unwrap();
    let output = bare(copy.binary()).arg("--verify").output().unwrap();
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    for (id, name) in [
        ("altered", "/json/decoder.py"),
        ("missing", "/this.py"),
        ("extra", "python/added"),
        ("wrong-mode", "pychat_ai"),
        ("wrong-mode", "licenses"),
    ] {
        assert!(
            text.lines().any(|line| line.starts_with(&format!("{id}: ")) && line.contains(name)),
            "{id} {name}: {text}"
        );
    }
    assert_eq!(text.lines().count(), 5, "{text}");

    let output = bare(copy.launcher()).args(["--verify", "--json"]).output().unwrap();
    let report: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(report["ok"], false);
    assert_eq!(report["findings"].as_array().unwrap().len(), 5);
}

/// What is put in the place of a file or folder that was moved aside before.
struct Damage {
    name: &'static str,
    apply: fn(place: &Path, aside: &Path),
}

const FOR_ALL: [Damage; 5] = [
    Damage { name: "missing", apply: |_, _| {} },
    Damage { name: "a dangling link", apply: |place, _| symlink("nowhere", place).unwrap() },
    Damage { name: "a link to what it was", apply: |place, aside| symlink(aside, place).unwrap() },
    Damage { name: "a socket", apply: |place, _| socket(place) },
    Damage {
        name: "writable for everybody",
        apply: |place, aside| {
            // A file's mode is that of all its hard links.
            let how = if aside.is_dir() { "-al" } else { "-a" };
            assert!(Command::new("cp").arg(how).arg(aside).arg(place).status().unwrap().success());
            fs::set_permissions(place, fs::Permissions::from_mode(0o777)).unwrap();
        },
    },
];

const FOR_FILES: [Damage; 5] = [
    Damage { name: "empty", apply: |place, aside| write_as(place, aside, |_| Vec::new()) },
    Damage { name: "truncated", apply: |place, aside| write_as(place, aside, |data| data[..data.len() / 2].to_vec()) },
    Damage { name: "garbage", apply: |place, aside| write_as(place, aside, |data| vec![b'x'; data.len()]) },
    Damage {
        name: "one bit of it",
        apply: |place, aside| {
            write_as(place, aside, |mut data| {
                *data.last_mut().unwrap() ^= 1;
                data
            });
        },
    },
    Damage { name: "a folder", apply: |place, _| fs::create_dir(place).unwrap() },
];

const FOR_FOLDERS: [Damage; 1] = [Damage { name: "a file", apply: |place, _| fs::write(place, "").unwrap() }];

fn write_as(place: &Path, before: &Path, change: impl FnOnce(Vec<u8>) -> Vec<u8>) {
    fs::write(place, change(fs::read(before).unwrap())).unwrap();
    fs::set_permissions(place, fs::metadata(before).unwrap().permissions()).unwrap();
}

/// Verifies by the launcher, and expects both reports to name the path.
#[track_caller]
fn assert_named(copy: &Copy, name: &str, damage: &str) {
    let output = bare(copy.launcher()).args(["--verify", "--json"]).output().unwrap();
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{name}: {damage}: {text}");
    let names = |line: &str| line.split(": ").nth(1).is_some_and(|path| Path::new(path).starts_with(name));
    assert!(text.lines().any(names), "{name}: {damage}: {text}");
    let report: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(report["ok"], false, "{name}: {damage}");
    let named = |finding: &serde_json::Value| Path::new(finding["path"].as_str().unwrap()).starts_with(name);
    assert!(report["findings"].as_array().unwrap().iter().any(named), "{name}: {damage}: {report}");
}

/// Applies each damage to the path alone, and puts back what was there.
fn assert_each_is_named<'a>(copy: &Copy, name: &str, damages: impl Iterator<Item = &'a Damage>) {
    let folder = scratch();
    let (place, aside) = (copy.path(name), folder.path().join("aside"));
    for damage in damages {
        fs::rename(&place, &aside).unwrap();
        (damage.apply)(&place, &aside);
        assert_named(copy, name, damage.name);
        match fs::symlink_metadata(&place) {
            Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(&place).unwrap(),
            Ok(_) => fs::remove_file(&place).unwrap(),
            Err(_) => {}
        }
        fs::rename(&aside, &place).unwrap();
    }
}

/// The files that the loader maps from the dist before the program runs, as the loader lists them.
fn needed_to_start(copy: &Copy) -> Vec<PathBuf> {
    let root = copy.root.canonicalize().unwrap();
    let output = bare(copy.binary()).env("LD_TRACE_LOADED_OBJECTS", "1").output().unwrap();
    let text = stdout(&output);
    let paths = text.lines().filter_map(|line| line.split_once(" => ")?.1.rsplit_once(" (0x"));
    let paths = paths.map(|(path, _)| Path::new(path).canonicalize().unwrap());
    let mut found: Vec<PathBuf> = paths.filter_map(|path| Some(path.strip_prefix(&root).ok()?.to_path_buf())).collect();
    found.push(copy.binary().strip_prefix(&copy.root).unwrap().to_path_buf());
    assert!(found.len() >= 3 && found.iter().any(|path| path.ends_with("libgcc_s.so.1")), "{text}");
    found
}

#[test]
fn whatever_the_program_needs_to_start_may_be_damaged() {
    let copy = Copy::new();
    for file in needed_to_start(&copy) {
        assert_each_is_named(&copy, file.to_str().unwrap(), FOR_ALL.iter().chain(&FOR_FILES));
    }
    assert!(bare(copy.launcher()).arg("--verify").output().unwrap().status.success(), "all is as it was");
}

#[test]
fn whatever_the_dist_says_of_itself_may_be_damaged() {
    let copy = Copy::new();
    for file in ["SHA256SUMS", "metadata.json", "sbom.cdx.json", "python/runtime/bin/python3.13"] {
        assert_each_is_named(&copy, file, FOR_ALL.iter().chain(&FOR_FILES));
    }
    let sums = fs::read_to_string(copy.path("SHA256SUMS")).unwrap();
    let cut: String = sums.lines().take(5).map(|line| format!("{line}\n")).collect();
    copy.replace(&copy.path("SHA256SUMS"), cut.as_bytes());
    assert_named(&copy, "SHA256SUMS", "cut at the end of a line");
    let own = sums.lines().find(|line| line.ends_with("  metadata.json")).unwrap();
    let other = own.replacen(&own[..1], if own.starts_with('0') { "1" } else { "0" }, 1);
    copy.replace(&copy.path("SHA256SUMS"), sums.replace(own, &other).as_bytes());
    assert_named(&copy, "SHA256SUMS", "one digit of the sum of the metadata");
}

#[test]
fn whatever_folder_may_be_damaged() {
    let copy = Copy::new();
    let stdlib = copy.stdlib().strip_prefix(&copy.root).unwrap().to_str().unwrap().to_owned();
    for folder in ["bin", "python", "python/runtime", "python/runtime/lib", &stdlib, "licenses"] {
        assert_each_is_named(&copy, folder, FOR_ALL.iter().chain(&FOR_FOLDERS));
    }
    fs::set_permissions(&copy.root, fs::Permissions::from_mode(0o777)).unwrap();
    assert_named(&copy, ".", "writable for everybody");
}

#[test]
fn another_python_in_the_place_of_the_own_is_named() {
    let copy = Copy::new();
    let (libpython, aside) = (copy.libpython(), copy.root.with_file_name("aside"));
    let name = libpython.strip_prefix(&copy.root).unwrap().to_str().unwrap().to_owned();
    fs::rename(&libpython, &aside).unwrap();
    compile("int of_another_series;", &libpython, &["-shared", "-fPIC"]);
    assert_named(&copy, &name, "without the symbols of this series");
    fs::remove_file(&libpython).unwrap();
    build_decoy(&copy.binary(), &libpython);
    assert_named(&copy, &name, "with all symbols");
}

/// The loader prefers all of these to what the dist and the system have.
#[test]
fn what_is_added_where_the_loader_looks_first_is_named() {
    let copy = Copy::new();
    for name in ["libc.so.6", "libm.so.6", "glibc-hwcaps/x86-64-v2/libc.so.6", "glibc-hwcaps/x86-64-v2/libgcc_s.so.1"] {
        let place = copy.libraries().join(name);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(&place, "garbage").unwrap();
        let first = Path::new(name).components().next().unwrap().as_os_str().to_str().unwrap();
        assert_named(&copy, &format!("python/runtime/lib/{first}"), "added");
        fs::remove_file(&place).unwrap();
        if place.parent() != Some(&copy.libraries()) {
            fs::remove_dir_all(copy.libraries().join(first)).unwrap();
        }
    }
}

#[test]
fn a_binary_that_cannot_be_executed_is_named() {
    let copy = Copy::new();
    let data = fs::read(copy.binary()).unwrap();
    copy.replace(&copy.binary(), &data);
    for mode in [0o644, 0o000] {
        fs::set_permissions(copy.binary(), fs::Permissions::from_mode(mode)).unwrap();
        assert_named(&copy, &format!("bin/{NAME}-bin"), "without its mode");
    }
}

#[test]
fn a_launcher_that_lost_its_mode_is_named() {
    let copy = Copy::new();
    let text = fs::read(copy.launcher()).unwrap();
    copy.replace(&copy.launcher(), &text);
    fs::set_permissions(copy.launcher(), fs::Permissions::from_mode(0o644)).unwrap();
    let output = bare("sh").arg(copy.launcher()).arg("--verify").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains(&format!("wrong-mode: {NAME}: ")), "{}", stderr(&output));
}

/// In a root without coreutils, the launcher says what it could not do, and the program does the rest.
#[test]
fn without_sha256sum_it_says_so_and_goes_on() {
    let Some(way) = crate::support::namespace() else { return };
    let copy = Copy::new();
    let hidden = scratch();
    for name in ["sh", "dash", "env"] {
        write_program(&hidden.path().join(name), fs::read(which::which(name).unwrap()).unwrap());
    }
    let mount = "mount --bind \"$1\" /usr/bin && { [ -h /bin ] || mount --bind \"$1\" /bin; }";
    let script = format!("{mount} && exec sh \"$2\" --verify");
    let mut command = bare(way[0]);
    command.args(&way[1..]).args(["sh", "-c", &script, "-"]).arg(hidden.path()).arg(copy.launcher());
    let output = command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(stderr(&output).lines().count(), 1);
    assert!(stderr(&output).starts_with("note: sha256sum was not found"), "{}", stderr(&output));
    assert!(stdout(&output).starts_with("verify: ok '"), "{}", stdout(&output));
}

#[test]
fn threads_that_the_environment_makes_too_large_are_not_needed() {
    let copy = Copy::new();
    let output = bare(copy.launcher()).arg("--verify").env("RUST_MIN_STACK", "99999999999999999").output().unwrap();
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
}

#[test]
fn it_answers_when_the_standard_library_is_what_is_damaged() {
    let copy = Copy::new();
    fs::remove_dir_all(copy.stdlib().join("encodings")).unwrap();
    let output = bare(copy.binary()).arg("--verify").output().unwrap();
    assert!(stderr(&output).contains("missing: python/runtime/lib/"), "{}", stderr(&output));
}

#[test]
fn sha256sum_agrees() {
    let copy = Copy::new();
    let check = || {
        let mut command = Command::new("sha256sum");
        command.args(["-c", "--quiet", "SHA256SUMS"]).current_dir(&copy.root).output().unwrap()
    };
    assert!(check().status.success(), "{}", stdout(&check()));
    copy.replace(&copy.path("metadata.json"), b"{}");
    assert!(!check().status.success());
}

#[test]
fn outside_a_dist_there_is_nothing_to_verify() {
    let output = bare(env!("CARGO_BIN_EXE_pychat_ai")).arg("--verify").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = stderr(&output);
    assert!(text.contains("is not a dist") && text.contains("metadata.json") && !text.contains("hint:"), "{text}");
}
