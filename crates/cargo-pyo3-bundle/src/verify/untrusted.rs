//! Tests on names and tables made to mislead or to fill memory: what a report shows of them, and how much.

use super::facts::What;
use super::{BuildPaths, Expected, Facts, Policy, integrity, judge, layout, policy, recorded, report, scan, walk};
use crate::finding::{Finding, Id};
use crate::object::{Format, Native, fixture};
use pyo3_bundle_layout::metadata::Metadata;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

/// Makes a small folder with the records of a dist.
fn packed() -> tempfile::TempDir {
    let dist = tempfile::tempdir().unwrap();
    fs::create_dir(dist.path().join("a")).unwrap();
    fs::write(dist.path().join("a/tool"), "tool").unwrap();
    symlink("tool", dist.path().join("a/link")).unwrap();
    fs::write(dist.path().join(layout::SBOM), "{}").unwrap();
    let mut metadata = Metadata::default();
    integrity::record(dist.path(), &mut metadata).unwrap();
    fs::write(dist.path().join(layout::METADATA), serde_json::to_string(&metadata).unwrap()).unwrap();
    integrity::write_sums(dist.path()).unwrap();
    dist
}

fn gathered(dist: &Path) -> Facts {
    let (mut facts, files) = walk::walk(dist);
    scan::scan(&mut facts, &files, &BuildPaths::of_environment(Path::new("/no/checkout"), []));
    facts
}

fn judged(facts: &Facts) -> Vec<Finding> {
    let policy = Policy::parse(policy::DEFAULT, "app").unwrap();
    judge::judge(facts, &policy, &Expected { name: "app", version: "1", max_glibc: None })
}

#[test]
fn a_name_or_a_target_cannot_wipe_its_line() {
    let dist = packed();
    fs::write(dist.path().join("x\x1b[2K\rverify: ok"), "").unwrap();
    fs::remove_file(dist.path().join("a/link")).unwrap();
    symlink("\u{202e}nialp\x1b[2K", dist.path().join("a/link")).unwrap();
    let lines =
        |found: Vec<String>, path: &str| found.into_iter().filter(|line| line.contains(path)).collect::<Vec<_>>();
    let differences = integrity::compare(dist.path()).unwrap();
    let texts: Vec<String> = differences.iter().map(ToString::to_string).collect();
    let extra = r"extra: x\u{1b}[2K\rverify: ok: is a file that was not packed";
    let link = r"wrong-link: a/link: leads to `\u{202e}nialp\u{1b}[2K`, packed as `tool`";
    assert_eq!((lines(texts.clone(), "x\\u"), lines(texts, "a/link")), (vec![extra.into()], vec![link.into()]));
    let facts = gathered(dist.path());
    let mut findings = judged(&facts);
    findings.extend(recorded(dist.path(), &facts, &findings));
    let json = serde_json::to_string(&report::Report::new(dist.path(), &facts, findings.clone())).unwrap();
    let texts = findings.iter().map(ToString::to_string).chain([json]).collect::<String>();
    assert!(!texts.contains(['\x1b', '\r', '\u{202e}']), "{texts}");
    assert!(texts.contains(r"dangling-link: a/link: leads to \u{202e}nialp\u{1b}[2K"), "{texts}");
}

/// The folder is deeper than a path can say, so that even root cannot read its end.
#[test]
fn what_cannot_be_read_does_not_hide_what_differs() {
    let dist = packed();
    let root = dist.path().canonicalize().unwrap();
    fs::create_dir(root.join("far")).unwrap();
    symlink("target", root.join("far").join("n".repeat(250))).unwrap();
    let mut tower = root.clone();
    while tower.as_os_str().len() < 3900 {
        tower.push("d".repeat(50));
    }
    fs::create_dir_all(&tower).unwrap();
    fs::rename(root.join("far"), tower.join("far")).unwrap();
    fs::write(root.join("a/tool"), "other").unwrap();
    let found = recorded(&root, &gathered(&root), &[]);
    let of =
        |id: &str| found.iter().filter(|found| found.id == id).map(|found| found.path.as_str()).collect::<Vec<_>>();
    assert_eq!(of("altered"), ["a/tool"]);
    assert_eq!(of("unreadable-file").len(), 1, "{found:?}");
}

#[test]
fn one_long_string_named_again_and_again_is_not_kept_again_and_again() {
    let long = "l".repeat(4000);
    for (count, string) in [(4090, long.as_str()), (40, &long), (4090, "short")] {
        let found = Native::of(&fixture::elf(fixture::NEEDED, count, string));
        assert!(matches!(&found, Native::Damaged(Format::Elf, why) if why.contains("more than")), "{count}");
    }
    let Native::Elf(elf) = Native::of(&fixture::elf(fixture::NEEDED, 30, &long)) else {
        panic!("a file with few names is read")
    };
    assert_eq!(elf.needed.len(), 30);
}

#[test]
fn a_file_has_no_more_findings_than_say_something() {
    let dist = tempfile::tempdir().unwrap();
    for number in 0..10 {
        fs::write(dist.path().join(format!("{number}")), fixture::elf(fixture::NEEDED, 1000, &format!("{number}")))
            .unwrap();
        fs::write(dist.path().join(format!("rpath-{number}")), fixture::elf(fixture::RPATH, 1, &":".repeat(4000)))
            .unwrap();
    }
    let findings = judged(&gathered(dist.path()));
    let of = |path: &str| findings.iter().filter(|finding| finding.path == path).collect::<Vec<_>>();
    for path in ["7", "rpath-7"] {
        assert_eq!(of(path).len(), 51, "{path}");
        let last = of(path).pop().unwrap();
        assert!(last.id == "too-many-findings" && last.why.contains("findings, of which 50 are kept"), "{last}");
    }
    assert!(findings.len() < 20 * 52, "{}", findings.len());
}

#[test]
fn a_dist_has_no_more_findings_than_a_report_shows() {
    let mut facts = Facts::default();
    for number in 0..2 * report::MOST {
        let entry = super::facts::Entry { mode: 0o755, utf8: true, what: What::Special("a FIFO") };
        facts.entries.insert(format!("{number:06}"), entry);
    }
    let findings = judged(&facts);
    assert!(findings.len() <= report::MOST + 1, "{}", findings.len());
    let shown = report::sorted(findings);
    assert_eq!(shown.len(), report::MOST + 1);
    assert_eq!(shown.last().map(|last| (last.id, last.path.as_str())), Some((Id::TooManyFindings, ".")));
}

#[test]
fn the_names_of_all_files_together_are_bounded() {
    let dist = tempfile::tempdir().unwrap();
    for number in 0..10 {
        fs::write(dist.path().join(format!("{number}")), fixture::elf(fixture::NEEDED, 100, &"l".repeat(1000)))
            .unwrap();
    }
    let (mut facts, files) = walk::walk(dist.path());
    let paths = BuildPaths::of_environment(Path::new("/no/checkout"), []);
    scan::scan_at_most(&mut facts, &files, &paths, 350_000);
    let cut = facts.entries.values().filter(|entry| matches!(&entry.what, What::Unread(why) if why.contains("names")));
    assert_eq!(cut.count(), 6, "100,000 bytes each: the fourth is the last that begins below the bound");
}

/// For a library in very many folders, the finding names a few, and the lookup does not visit them all.
#[test]
fn a_library_that_is_everywhere_is_said_to_be_in_some_places() {
    let dist = tempfile::tempdir().unwrap();
    for number in 0..1000 {
        fs::create_dir(dist.path().join(format!("{number}"))).unwrap();
        fs::write(dist.path().join(format!("{number}/libx.so")), "").unwrap();
    }
    fs::write(dist.path().join("program"), fixture::elf(fixture::NEEDED, 1, "libx.so")).unwrap();
    let found = judged(&gathered(dist.path()));
    let why = &found.iter().find(|finding| finding.id == "unresolved-needed").unwrap().why;
    assert!(why.len() < 200 && why.contains(" and 997 more places"), "{why}");
}
