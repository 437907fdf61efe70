//! The programs of a dist: several of them, named otherwise than the package, and the styles of their launchers.

use crate::contents::Other;
use crate::support::{bare, release_binary, stderr, stdout, write_program};
use std::fs;
use std::path::Path;

const BINS: &str =
    "\n[[bin]]\nname = \"tool\"\npath = \"src/main.rs\"\n[[bin]]\nname = \"helper\"\npath = \"src/main.rs\"\n";

fn metadata(dist: &Path) -> serde_json::Value {
    serde_json::from_slice(&fs::read(dist.join("metadata.json")).unwrap()).unwrap()
}

#[track_caller]
fn runs(program: &Path) {
    let output = bare(program).args(["-c", "import sys; print(sys.prefix)"]).output().unwrap();
    assert!(stdout(&output).trim().ends_with("/python/runtime"), "{program:?}: {}", stderr(&output));
}

#[test]
fn two_programs_share_a_dist() {
    let other = Other::new(&format!("profile = \"slim\"\nbins = [\"tool\", \"helper\"]\n{BINS}"));
    let dist = other.staged(&["--binary", release_binary().to_str().unwrap()]);
    for name in ["tool", "helper", "bin/tool-bin", "bin/helper-bin"] {
        runs(&dist.join(name));
    }
    let metadata = metadata(&dist);
    let found = ["name", "launcher", "binary"].map(|key| metadata[key].as_str().unwrap().to_owned());
    assert_eq!(found, ["other", "tool", "bin/tool-bin"]);
    assert_eq!(metadata["others"], serde_json::json!([{ "launcher": "helper", "binary": "bin/helper-bin" }]));
    let findings = other.findings(&dist);
    assert!(findings.starts_with("verify: ok: "), "{findings}");
    fs::rename(&dist, other.path("dist")).unwrap();
    other.staged(&["--binary", release_binary().to_str().unwrap()]);
}

#[test]
fn a_dist_without_a_launcher_is_started_by_its_program() {
    let other = Other::new(&format!("profile = \"slim\"\nbins = [\"tool\"]\nlauncher = \"none\"\n{BINS}"));
    let dist = other.staged(&[]);
    runs(&dist.join("bin/tool-bin"));
    assert!(!dist.join("tool").exists());
    assert_eq!(metadata(&dist)["launcher"], "bin/tool-bin");
    let findings = other.findings(&dist);
    assert!(findings.starts_with("verify: ok: "), "{findings}");
}

/// A program that a shell script stands in for shows what a Python of a constructor would find.
#[test]
fn the_environment_says_all_that_an_early_python_needs() {
    let other = Other::new(&format!("profile = \"slim\"\nbins = [\"tool\"]\nlauncher = \"environment\"\n{BINS}"));
    let dist = other.staged(&[]);
    runs(&dist.join("tool"));
    let findings = other.findings(&dist);
    assert!(findings.starts_with("verify: ok: "), "{findings}");
    let program = dist.join("bin/tool-bin");
    fs::remove_file(&program).unwrap();
    write_program(&program, "#!/bin/sh\nenv\n");
    let mut command = bare(dist.join("tool"));
    command.envs([("PATH", "/usr/bin:/bin"), ("PYTHONPATH", "/hostile"), ("_PYTHON_SYSCONFIGDATA_NAME", "hostile")]);
    let output = command.output().unwrap();
    let text = stdout(&output);
    let home = dist.join("python/runtime");
    let mut found: Vec<&str> = text.lines().filter(|line| line.contains("PYTHON")).collect();
    found.sort_unstable();
    let wanted = [
        "PYTHONDONTWRITEBYTECODE=1".to_owned(),
        format!("PYTHONEXECUTABLE={}/bin/python3", home.display()),
        format!("PYTHONHOME={}", home.display()),
        "PYTHONNOUSERSITE=1".to_owned(),
        "PYTHONSAFEPATH=1".to_owned(),
    ];
    assert_eq!(found, wanted, "{}", stderr(&output));
}
