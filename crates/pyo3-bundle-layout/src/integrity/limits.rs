//! Tests of the limits of `integrity`: which bits and lines count, what is not read and what is not packed.

use super::tests::{found, packed, set_mode};
use super::*;

#[test]
fn each_bit_that_was_added_is_found_and_none_that_was_taken() {
    let mode = |name: &'static str, mode| found(|dist| set_mode(&dist.join(name), mode));
    for bit in [0o4000, 0o2000, 0o1000, 0o020, 0o002] {
        assert_eq!(mode("a/b/plain", 0o644 | bit), [("wrong-mode", "a/b/plain".to_owned())], "{bit:o}");
        assert_eq!(mode("a/tool", 0o755 | bit), [("wrong-mode", "a/tool".to_owned())], "{bit:o}");
    }
    assert_eq!(mode("a/b/plain", 0o755), [("wrong-mode", "a/b/plain".to_owned())]);
    assert_eq!(mode(SUMS, 0o755), [("wrong-mode", SUMS.to_owned())]);
    for (name, narrower) in [("a/b/plain", 0o640), ("a/b/plain", 0o600), ("a/tool", 0o700), ("a/tool", 0o711)] {
        assert_eq!(mode(name, narrower), [], "{name} {narrower:o}");
    }
}

#[test]
fn a_file_that_was_not_packed_is_extra_and_nothing_hides_the_rest() {
    let change = |dist: &Path| {
        fs::write(dist.join("a/new"), "").unwrap();
        fs::write(dist.join("a/tool"), "x").unwrap();
        fs::remove_file(dist.join("a/link")).unwrap();
        fs::write(dist.join("a\\b"), "").unwrap();
    };
    let wanted = [("missing", "a/link"), ("extra", "a/new"), ("altered", "a/tool"), ("extra", "a\\\\b")];
    assert_eq!(found(change), wanted.map(|(id, path)| (id, path.to_owned())));
}

#[test]
fn a_folder_that_cannot_be_listed_is_a_difference_and_a_dist_that_cannot_an_error() {
    let tower = |dist: &Path, first: &str| dist.join(first).join(vec!["d".repeat(200); 15].join("/"));
    let deeper_than_a_path_can_say = |dist: &Path| {
        fs::create_dir_all(tower(dist, "low")).unwrap();
        fs::create_dir_all(tower(dist, "high")).unwrap();
        fs::rename(dist.join("high"), tower(dist, "low").join("high")).unwrap();
    };
    let found = found(deeper_than_a_path_can_say);
    assert_eq!(found.iter().filter(|(id, _)| *id == "unreadable-file").count(), 1, "{found:?}");
    assert!(compare(Path::new("/nowhere/at/all")).unwrap_err().to_string().contains("cannot list"));
}

#[test]
fn what_cannot_be_recorded_is_not_packed() {
    for (name, shown) in [("a\nb", "`a\\nb`"), ("a\\b", "`a\\\\b`")] {
        let dist = packed();
        fs::write(dist.path().join(name), "").unwrap();
        for error in [record(dist.path(), &mut Metadata::default()).unwrap_err(), write_sums(dist.path()).unwrap_err()]
        {
            assert!(error.to_string().starts_with(&format!("{shown} cannot be packed")), "{error:#}");
        }
    }
}

#[test]
fn sums_are_sorted_lines_of_every_file_but_their_own() {
    let dist = packed();
    let sums = fs::read_to_string(dist.path().join(SUMS)).unwrap();
    let names: Vec<&str> = sums.lines().map(|line| line.split_once("  ").unwrap().1).collect();
    assert_eq!(names, ["a/b/plain", "a/tool", "metadata.json"]);
    // `printf a/tool | sha256sum`
    let digest = "3e69b7a0da1e7163137a709f668a4af2d60504659c51e2328dd716ed36959dbb";
    assert_eq!(sums.lines().nth(1).unwrap(), format!("{digest}  a/tool"));
}

#[test]
fn only_lines_of_sums_are_sums() {
    let digest = "0123456789abcdefABCDEF".repeat(3)[..64].to_owned();
    let parsed = parse_sums(&format!("{digest}  a b\n{digest}  c  d\n")).unwrap();
    assert_eq!(
        parsed.into_iter().collect::<Vec<_>>(),
        [("a b".into(), digest.clone()), ("c  d".into(), digest.clone())]
    );
    for bad in [&digest[1..], &format!("{digest}0"), &digest.replace('a', "g")] {
        assert_eq!(parse_sums(&format!("{bad}  x\n")).unwrap_err(), format!("{bad}  x"));
    }
    assert!(parse_sums(&format!("{digest} x\n")).is_err(), "one space");
}

#[test]
fn a_record_of_any_size_is_not_read() {
    let of_size =
        |size| move |dist: &Path| fs::File::options().write(true).open(dist.join(SUMS)).unwrap().set_len(size).unwrap();
    assert_eq!(found(of_size(metadata::LARGEST + 1)), [("unreadable-file", SUMS.to_owned())]);
    assert_eq!(found(of_size(100)), [("altered", SUMS.to_owned())], "it is read, and its line is cut");
}
