//! `--verify`: the person who unpacked a dist learns what differs from what was packed.

use crate::support::{Copy, bare, stderr, stdout};
use std::fs;
use std::os::unix::fs::PermissionsExt;

#[test]
fn a_whole_dist_is_ok() {
    let copy = Copy::new();
    let output = bare(copy.launcher()).arg("--verify").output().unwrap();
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
    assert!(stdout(&output).starts_with("verify: ok '"), "{}", stdout(&output));
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
    let output = bare(copy.binary()).arg("--verify").output().unwrap();
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    for (id, name) in [
        ("altered", "/json/decoder.py"),
        ("missing", "/this.py"),
        ("extra", "python/added"),
        ("wrong-mode", "pychat_ai"),
    ] {
        assert!(
            text.lines().any(|line| line.starts_with(&format!("{id}: `")) && line.contains(name)),
            "{id} {name}: {text}"
        );
    }
    assert_eq!(text.lines().count(), 4, "{text}");

    let output = bare(copy.launcher()).args(["--verify", "--json"]).output().unwrap();
    let report: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(report["ok"], false);
    assert_eq!(report["findings"].as_array().unwrap().len(), 4);
}

#[test]
fn it_answers_when_the_python_is_what_is_damaged() {
    let copy = Copy::new();
    fs::remove_dir_all(copy.stdlib().join("encodings")).unwrap();
    let output = bare(copy.binary()).arg("--verify").output().unwrap();
    assert!(stderr(&output).contains("missing: `python/runtime/lib/"), "{}", stderr(&output));
}

#[test]
fn sha256sum_agrees() {
    let copy = Copy::new();
    let check = || {
        std::process::Command::new("sha256sum")
            .args(["-c", "--quiet", "SHA256SUMS"])
            .current_dir(&copy.root)
            .output()
            .unwrap()
    };
    assert!(check().status.success(), "{}", stdout(&check()));
    copy.replace(&copy.path("metadata.json"), b"{}");
    assert!(!check().status.success());
}

#[test]
fn outside_a_dist_there_is_nothing_to_verify() {
    let output = bare(env!("CARGO_BIN_EXE_pychat_ai")).arg("--verify").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("is not a dist"), "{}", stderr(&output));
}
