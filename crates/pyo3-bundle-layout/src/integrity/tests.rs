//! Tests that every difference is found, each on a small dist that is made for it.

use super::*;
use std::os::unix::fs::{PermissionsExt, symlink};

pub fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

pub fn packed() -> tempfile::TempDir {
    let dist = tempfile::tempdir().unwrap();
    let at = |name: &str| dist.path().join(name);
    fs::create_dir_all(at("a/b")).unwrap();
    for (name, mode) in [("a/tool", 0o755), ("a/b/plain", 0o644)] {
        fs::write(at(name), name).unwrap();
        set_mode(&at(name), mode);
    }
    symlink("b/plain", at("a/link")).unwrap();
    let mut metadata = Metadata::default();
    record(dist.path(), &mut metadata).unwrap();
    fs::write(at("metadata.json"), serde_json::to_string(&metadata).unwrap()).unwrap();
    set_mode(&at("metadata.json"), 0o644);
    write_sums(dist.path()).unwrap();
    set_mode(&at(SUMS), 0o644);
    for folder in ["", "a", "a/b"] {
        set_mode(&at(folder), 0o755);
    }
    dist
}

pub fn found(change: impl FnOnce(&Path)) -> Vec<(&'static str, String)> {
    let dist = packed();
    change(dist.path());
    compare(dist.path()).unwrap().into_iter().map(|finding| (finding.id.as_str(), finding.path)).collect()
}

#[test]
fn a_whole_dist_has_no_difference() {
    assert_eq!(found(|_| ()), []);
}

#[test]
fn a_stricter_umask_is_no_difference() {
    assert_eq!(found(|dist| set_mode(&dist.join("a/b/plain"), 0o600)), []);
    assert_eq!(found(|dist| set_mode(&dist.join("a/b"), 0o700)), []);
}

#[test]
fn a_folder_that_others_can_write_is_found() {
    for (folder, name) in [("a/b", "a/b"), ("a", "a"), ("", ".")] {
        for mode in [0o777, 0o775, 0o757, 0o1777] {
            let wanted = [("wrong-mode", name.to_owned())];
            assert_eq!(found(|dist| set_mode(&dist.join(folder), mode)), wanted, "{mode:o}");
        }
    }
}

/// Changes the last digit of the sum of a file.
fn with_another_digit(sums: &str, path: &str) -> String {
    let end = sums.find(&format!("  {path}\n")).unwrap();
    let digit = if sums[..end].ends_with('0') { "1" } else { "0" };
    format!("{}{digit}{}", &sums[..end - 1], &sums[end..])
}

#[test]
fn sums_that_are_damaged_are_not_taken_for_damaged_files() {
    let damaged = |change: &dyn Fn(&str) -> String| {
        found(|dist| {
            let text = fs::read_to_string(dist.join(SUMS)).unwrap();
            assert_ne!(change(&text), text);
            fs::write(dist.join(SUMS), change(&text)).unwrap();
        })
    };
    let sums = [("altered", SUMS.to_owned())];
    for lines in 0..3 {
        assert_eq!(damaged(&|text| text.split_inclusive('\n').take(lines).collect()), sums, "{lines}");
    }
    assert_eq!(damaged(&|text| text.replace("a/tool", "a/took")), sums);
    assert_eq!(damaged(&|text| text.replacen(&text[..8], "00000000", 1)), sums);
    assert_eq!(damaged(&|text| text.replace('\n', "\r\n")), sums);
    assert_eq!(damaged(&|text| text.replace("metadata.json\n", "metadata.json\r\n")), sums);
    // The sum of the metadata is recorded nowhere else.
    let either = [("altered", SUMS.to_owned()), ("altered", layout::METADATA.to_owned())];
    assert_eq!(damaged(&|text| with_another_digit(text, layout::METADATA)), either);
    assert_eq!(damaged(&|text| text.trim_end().to_owned() + "\x0b"), sums);
}

#[test]
fn either_record_of_another_dist_accuses_both() {
    let of_another = |dist: &Path| {
        let mut records: Metadata = serde_json::from_slice(&fs::read(dist.join(layout::METADATA)).unwrap()).unwrap();
        records.sums = Some(hex(Sha256::digest("others")));
        fs::write(dist.join(layout::METADATA), serde_json::to_string(&records).unwrap()).unwrap();
    };
    let either = [("altered", SUMS.to_owned()), ("altered", layout::METADATA.to_owned())];
    assert_eq!(found(of_another), either);
    let sums_of_another = |dist: &Path| {
        let text = fs::read_to_string(dist.join(SUMS)).unwrap();
        let text = ["a/tool", layout::METADATA].iter().fold(text, |text, path| with_another_digit(&text, path));
        fs::write(dist.join(SUMS), text).unwrap();
    };
    let [sums, metadata] = either;
    assert_eq!(found(sums_of_another), [sums, ("altered", "a/tool".to_owned()), metadata]);
}

#[test]
fn a_dist_of_an_older_packager_has_no_record_of_its_sums() {
    let dist = packed();
    let path = dist.path().join(layout::METADATA);
    let mut records: Metadata = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    records.sums = None;
    fs::write(&path, serde_json::to_string(&records).unwrap()).unwrap();
    write_sums(dist.path()).unwrap();
    assert_eq!(compare(dist.path()).unwrap(), []);
}

#[test]
fn a_line_that_is_not_a_sum_is_quoted_in_part() {
    let dist = packed();
    fs::write(dist.path().join(SUMS), "x".repeat(1 << 20)).unwrap();
    let found = compare(dist.path()).unwrap();
    assert!(found.len() == 1 && found[0].why.len() < 300, "{} {}", found.len(), found[0].why.len());
}

#[test]
fn every_kind_of_difference_is_found() {
    let one = |id, path: &str| vec![(id, path.to_owned())];
    assert_eq!(found(|dist| fs::write(dist.join("a/tool"), "x").unwrap()), one("altered", "a/tool"));
    assert_eq!(found(|dist| fs::remove_file(dist.join("a/tool")).unwrap()), one("missing", "a/tool"));
    assert_eq!(found(|dist| fs::remove_file(dist.join("a/link")).unwrap()), one("missing", "a/link"));
    assert_eq!(found(|dist| set_mode(&dist.join("a/tool"), 0o644)), one("wrong-mode", "a/tool"));
    assert_eq!(found(|dist| set_mode(&dist.join("a/b/plain"), 0o666)), one("wrong-mode", "a/b/plain"));
    assert_eq!(found(|dist| set_mode(&dist.join("a/tool"), 0o4755)), one("wrong-mode", "a/tool"));
    assert_eq!(found(|dist| fs::create_dir(dist.join("new")).unwrap()), one("extra", "new"));
    assert_eq!(found(|dist| symlink("x", dist.join("new")).unwrap()), one("extra", "new"));
    assert_eq!(found(|dist| fs::remove_file(dist.join(SUMS)).unwrap()), one("missing", SUMS));
    assert_eq!(found(|dist| fs::write(dist.join(SUMS), "no sums").unwrap()), one("altered", SUMS));
    assert_eq!(found(|dist| fs::write(dist.join("metadata.json"), "{").unwrap()), one("bad-metadata", "metadata.json"));
    let relinked = |dist: &Path| {
        fs::remove_file(dist.join("a/link")).unwrap();
        symlink("tool", dist.join("a/link")).unwrap();
    };
    assert_eq!(found(relinked), one("wrong-link", "a/link"));
    let strange = |dist: &Path| fs::write(dist.join("a\nb"), "").unwrap();
    assert_eq!(found(strange), one("extra", "a\\nb"));
}

#[test]
fn a_record_that_is_no_plain_file_is_not_opened() {
    let linked = |dist: &Path| {
        fs::remove_file(dist.join(SUMS)).unwrap();
        symlink("/dev/zero", dist.join(SUMS)).unwrap();
    };
    assert_eq!(found(linked), [("unreadable-file", SUMS.to_owned())]);
}

#[test]
fn what_is_neither_file_folder_nor_link_is_found_and_not_opened() {
    let socket = |dist: &Path| drop(std::os::unix::net::UnixListener::bind(dist.join("socket")).unwrap());
    assert_eq!(found(socket), [("extra", "socket".to_owned())]);
}
