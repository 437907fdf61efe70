//! Archives as users meet them: the same bytes twice, unpacked by plain tar into what was packed, with sums that match.

use crate::support::{packager, scratch, stderr, stdout};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Output};

const TOP: &str = "pychat-ai-1.2.3-linux-x86_64-slim";

fn pack(arguments: &[&str]) -> Output {
    let mut command = Command::new(packager());
    command.args(arguments).env_remove("SOURCE_DATE_EPOCH").output().unwrap()
}

/// Makes a small dist with all that is hard for archives. `names` are created in their order.
fn make_dist(dist: &Path, names: &[&str]) {
    let metadata = r#"{"name": "pychat_ai", "version": "1.2.3", "platform": {"os": "linux", "arch": "x86_64"},
        "created": "2026-01-02T03:04:05Z", "profile": "slim"}"#;
    fs::create_dir_all(dist).unwrap();
    fs::write(dist.join("metadata.json"), metadata).unwrap();
    for name in names {
        let path = dist.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, name.repeat(100)).unwrap();
        let mode = if name.ends_with("tool") { 0o700 } else { 0o600 };
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }
    symlink("bin/tool", dist.join("link")).unwrap();
}

fn names() -> Vec<String> {
    vec!["bin/tool".into(), "ö/ß".into(), format!("deep/{}/{}", "d".repeat(120), "n".repeat(200))]
}

fn archive(dist: &Path, out: &Path) {
    let output = pack(&["archive", dist.to_str().unwrap(), "--out", out.to_str().unwrap()]);
    assert!(output.status.success(), "{}", stderr(&output));
    // Each archive is printed with its sum and its path.
    let sums = fs::read_to_string(out.join("SHA256SUMS")).unwrap();
    let told = |line: &str| line.rsplit_once("  ").unwrap().0.replace(&format!("{}/", out.display()), "");
    let mut told: Vec<String> = stdout(&output).lines().map(told).collect();
    told.sort_by_key(|line| line.split_once("  ").unwrap().1.to_owned());
    assert_eq!(told, sums.lines().collect::<Vec<_>>());
}

#[test]
fn the_same_dist_gives_the_same_archives_whenever_and_however_it_was_made() {
    let folder = scratch();
    let at = |name: &str| folder.path().join(name);
    let names = names();
    let mut order: Vec<&str> = names.iter().map(String::as_str).collect();
    make_dist(&at("one"), &order);
    order.reverse();
    make_dist(&at("two"), &order);
    let old = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1);
    fs::File::options().write(true).open(at("two/bin/tool")).unwrap().set_modified(old).unwrap();
    archive(&at("one"), &at("first"));
    archive(&at("two"), &at("second"));
    for ending in ["tar.zst", "tar.gz"] {
        let name = format!("{TOP}.{ending}");
        let (first, second) = (at("first").join(&name), at("second").join(&name));
        assert!(fs::read(&first).unwrap() == fs::read(&second).unwrap(), "{name}");
        assert!(pack(&["compare", first.to_str().unwrap(), second.to_str().unwrap()]).status.success());
    }
    assert!(
        Command::new("sha256sum")
            .args(["--quiet", "-c", "SHA256SUMS"])
            .current_dir(at("first"))
            .status()
            .unwrap()
            .success()
    );
}

#[test]
fn plain_tar_unpacks_what_was_packed() {
    let folder = scratch();
    let at = |name: &str| folder.path().join(name);
    let names = names();
    make_dist(&at("dist"), &names.iter().map(String::as_str).collect::<Vec<_>>());
    archive(&at("dist"), &at("out"));
    let gz = at("out").join(format!("{TOP}.tar.gz"));
    let done = Command::new("tar").arg("-C").arg(folder.path()).arg("-xpzf").arg(&gz).status().unwrap();
    assert!(done.success());
    for name in &names {
        assert_eq!(fs::read(at(TOP).join(name)).unwrap(), name.repeat(100).as_bytes(), "{name}");
    }
    let mode = |name: &str| fs::metadata(at(TOP).join(name)).unwrap().permissions().mode() & 0o7777;
    assert_eq!((mode("bin/tool"), mode("ö/ß"), mode("bin")), (0o755, 0o644, 0o755));
    assert_eq!(fs::read_link(at(TOP).join("link")).unwrap(), Path::new("bin/tool"));
    let listing = stdout(&Command::new("tar").arg("--numeric-owner").arg("-tvzf").arg(gz).output().unwrap());
    assert!(listing.lines().all(|line| line.contains(" 0/0 ") && line.contains("2026-01-02 ")), "{listing}");
}

#[test]
fn what_differs_between_two_archives_is_named() {
    let folder = scratch();
    let at = |name: &str| folder.path().join(name);
    make_dist(&at("one"), &["a/same", "a/other"]);
    make_dist(&at("two"), &["a/same", "a/other"]);
    fs::write(at("two/a/other"), "changed").unwrap();
    archive(&at("one"), &at("first"));
    archive(&at("two"), &at("second"));
    let name = format!("{TOP}.tar.gz");
    let output =
        pack(&["compare", at("first").join(&name).to_str().unwrap(), at("second").join(&name).to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("a/other") && !stdout(&output).contains("a/same"), "{}", stdout(&output));
}

#[test]
fn what_cannot_be_archived_is_refused_by_name() {
    let folder = scratch();
    let at = |name: &str| folder.path().join(name);
    make_dist(&at("dist"), &["a/b"]);
    assert!(Command::new("mkfifo").arg(at("dist/a/pipe")).status().unwrap().success());
    let output = pack(&["archive", at("dist").to_str().unwrap(), "--out", at("out").to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("a/pipe"), "{}", stderr(&output));
    assert!(!at("out").join("SHA256SUMS").exists());
}

#[test]
fn archives_replace_archives_and_nothing_else() {
    let folder = scratch();
    let at = |name: &str| folder.path().join(name);
    make_dist(&at("dist"), &["a/b"]);
    archive(&at("dist"), &at("out"));
    archive(&at("dist"), &at("out"));
    fs::write(at("out/letters"), "dear").unwrap();
    let output = pack(&["archive", at("dist").to_str().unwrap(), "--out", at("out").to_str().unwrap()]);
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("`letters`") && !text.contains("\nhint: "), "{text}");
    assert!(at("out/letters").exists() && at("out").join(format!("{TOP}.tar.gz")).exists());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "no working folder is left");
}
