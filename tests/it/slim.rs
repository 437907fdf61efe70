//! A slim dist works, and imports all modules that a full one does, except those that the rules name.

use crate::support::{Copy, bare, checkout, packager, release_binary, scratch, stderr, stdout};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use tempfile::TempDir;

/// One slim dist for all tests, moved after it was staged: none of them may write into it.
pub fn slim() -> PathBuf {
    static MOVED: OnceLock<TempDir> = OnceLock::new();
    let folder = MOVED.get_or_init(|| {
        let folder = scratch();
        stage_slim(&folder.path().join("staged"));
        std::fs::rename(folder.path().join("staged"), folder.path().join("slim")).unwrap();
        folder
    });
    folder.path().join("slim")
}

fn stage_slim(out: &Path) {
    let output = Command::new(packager())
        .args(["stage", "--profile", "slim", "--json", "--binary"])
        .arg(release_binary())
        .arg("--python")
        .arg(checkout().join(".local/python/runtime"))
        .arg("--provenance")
        .arg(checkout().join(".local/python/provenance.json"))
        .arg("--out")
        .arg(out)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let report: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    let saved: u64 = report["slimmed"].as_array().unwrap().iter().map(|rule| rule["bytes"].as_u64().unwrap()).sum();
    assert!(saved > 20_000_000, "{report}");
}

fn sweep(dist: &Path, stdlib: &Path) -> BTreeSet<String> {
    let script = checkout().join("tests/it/data/sweep.py");
    let output =
        bare(dist.join("python/runtime/bin/python3")).args(["-I", "-B"]).arg(script).arg(stdlib).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    stdout(&output).lines().map(str::to_owned).collect()
}

/// `idlelib.*` is the package and all below it; `_test*` stands for names.
fn named(rules: &[String], module: &str) -> bool {
    rules.iter().any(|rule| match (rule.strip_suffix(".*"), rule.strip_suffix('*')) {
        (Some(package), _) => module == package || module.starts_with(&format!("{package}.")),
        (None, Some(start)) => module.starts_with(start),
        (None, None) => module == rule,
    })
}

#[test]
fn it_imports_what_a_full_one_does_but_for_what_the_rules_name() {
    let slim = slim();
    let full = Copy::new();
    let stdlib = full.stdlib();
    let (before, after) = (sweep(&full.root, &stdlib), sweep(&slim, &stdlib));
    assert!(before.len() > 600, "only {} modules were found", before.len());
    let rules: toml::Table = toml::from_str(include_str!("../../crates/cargo-pyo3-bundle/src/slim.toml")).unwrap();
    let rules = rules["rule"].as_array().unwrap().iter();
    let rules: Vec<String> = rules
        .flat_map(|rule| rule["modules"].as_array().unwrap())
        .map(|name| name.as_str().unwrap().to_owned())
        .collect();
    let lost: Vec<&String> = before.difference(&after).filter(|module| !named(&rules, module)).collect();
    assert!(lost.is_empty(), "slim.toml takes away more than it names: {lost:?}");
    let kept: Vec<&String> = after.iter().filter(|module| named(&rules, module)).collect();
    assert!(kept.is_empty() && before.len() > after.len(), "slim.toml names more than it takes away: {kept:?}");
    assert!(after.is_subset(&before), "{:?}", after.difference(&before));

    for argument in ["--smoke-python", "--verify"] {
        let output = bare(slim.join(crate::support::NAME)).arg(argument).output().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
    }
}

#[test]
fn names_of_rules_match_what_they_say() {
    let rules = ["idlelib.*", "_test*", "turtle"].map(str::to_owned);
    assert!(["idlelib", "idlelib.run", "_testcapi", "turtle"].iter().all(|module| named(&rules, module)));
    assert!(["idlelibs", "turtledemo", "test"].iter().all(|module| !named(&rules, module)));
}
