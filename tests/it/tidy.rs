//! The rules of the house as tests: each says which file to edit.

use crate::support::checkout;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const MOST_LINES: usize = 400;
const MOST_LINES_OF_BUILD_SCRIPT: usize = 60;

fn tracked() -> Vec<PathBuf> {
    let output = Command::new("git").args(["ls-files", "-z"]).current_dir(checkout()).output().unwrap();
    let names = String::from_utf8(output.stdout).unwrap();
    let files: Vec<PathBuf> =
        names.split_terminator('\0').map(PathBuf::from).filter(|path| checkout().join(path).is_file()).collect();
    assert!(files.len() > 20, "git lists only {files:?}");
    files
}

fn text(path: &Path) -> String {
    String::from_utf8_lossy(&fs::read(checkout().join(path)).unwrap()).into_owned()
}

fn ends_with(path: &Path, ends: &[&str]) -> bool {
    path.extension().and_then(|end| end.to_str()).is_some_and(|end| ends.contains(&end))
}

/// Finds the lines of tracked files below a folder that contain one of the words.
fn having(folder: &str, words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    let files: Vec<PathBuf> = tracked().into_iter().filter(|path| path.starts_with(folder)).collect();
    assert!(!files.is_empty(), "`{folder}` has no tracked file: edit tests/it/tidy.rs");
    for path in &files {
        for (number, line) in text(path).lines().enumerate() {
            if words.iter().any(|word| line.contains(word)) {
                found.push(format!("{}:{}: {line}", path.display(), number + 1));
            }
        }
    }
    found
}

#[test]
fn no_file_is_too_long_to_have_one_job() {
    let sources = |path: &&PathBuf| ends_with(path, &["rs", "sh", "py", "ps1", "yml", "md"]);
    let files = tracked();
    let long: Vec<_> = files.iter().filter(sources).map(|path| (text(path).lines().count(), path)).collect();
    let long: Vec<_> = long.iter().filter(|(lines, _)| *lines > MOST_LINES).collect();
    assert!(long.is_empty(), "split by jobs: {long:?}");
    let lines = text(Path::new("build.rs")).lines().count();
    assert!(lines <= MOST_LINES_OF_BUILD_SCRIPT, "build.rs has {lines} lines: decisions belong in pyo3-bundle-build");
}

#[test]
fn every_source_opens_with_its_role() {
    let opens = |path: &Path| {
        let text = text(path);
        let mut lines = text.lines();
        let first = lines.next().unwrap_or_default();
        match path.extension().and_then(|end| end.to_str()) {
            Some("rs") => first.starts_with("//! "),
            Some("py") => first.starts_with("\"\"\"") || first.starts_with('#'),
            _ => first.starts_with("# ") || lines.next().unwrap_or_default().starts_with("# "),
        }
    };
    let files = tracked();
    let silent: Vec<_> = files.iter().filter(|path| ends_with(path, &["rs", "sh", "py"]) && !opens(path)).collect();
    assert!(silent.is_empty(), "open with one to four lines that say the role: {silent:?}");
}

#[test]
fn the_packager_is_compiled_without_any_python() {
    let manifest = text(Path::new("crates/cargo-pyo3-bundle/Cargo.toml"));
    assert!(
        !manifest.contains("pyo3 =") && !manifest.contains("pyo3-ffi"),
        "the packager is compiled without any Python"
    );
}

#[test]
fn the_crates_know_nothing_of_the_application() {
    let found = having("crates", &["pychat"]);
    assert!(found.is_empty(), "any application must be able to use the crates as they are: {found:#?}");
}

#[test]
fn the_runtime_crate_fits_every_version_of_pyo3() {
    let found = having("crates/pyo3-bundle/src", &["use pyo3::", "pyo3::prelude"]);
    assert!(found.is_empty(), "pyo3-bundle uses pyo3-ffi alone, of which it accepts a range: {found:#?}");
}

#[test]
fn what_only_posix_has_is_in_the_parts_for_it() {
    let places =
        ["src/repl/system/posix/", "crates/pyo3-bundle/src/system/posix.rs", "crates/pyo3-bundle/src/smoke/mapped/"];
    let posix = ["libc::", "std::os::unix", "std::os::fd"];
    let is_elsewhere = |line: &String| !places.iter().any(|place| line.starts_with(place));
    // The tests of what only POSIX has are modules, whose lines are indented.
    let is_of_a_test = |line: &String| line.contains(":     use ") || line.contains("/tests.rs:");
    let found = ["src", "crates/pyo3-bundle/src"].into_iter().flat_map(|place| having(place, &posix));
    let found: Vec<_> = found.filter(|line| is_elsewhere(line) && !is_of_a_test(line)).collect();
    assert!(found.is_empty(), "the program has to compile for Windows as well: {found:#?}");
}

#[test]
fn sources_are_shared_by_crates_alone() {
    let found: Vec<_> = ["src", "crates", "tests", "build.rs"]
        .iter()
        .flat_map(|place| having(place, &[concat!("#[", "path")]))
        .collect();
    assert!(found.is_empty(), "a file belongs to one crate: {found:#?}");
}

#[test]
fn the_embedding_knows_nothing_of_the_program_around_it() {
    let found = having("src/python", &["crate::repl", "crate::assistant", "crate::cli", "pychat"]);
    assert!(found.is_empty(), "src/python takes the session as a function from its caller: {found:#?}");
}

#[test]
fn the_build_script_has_no_network_and_writes_nothing() {
    let found = having("build.rs", &["std::net", "fs::write", "File::create", "Command", "create_dir"]);
    assert!(found.is_empty(), "build.rs reads, and pyo3-bundle-build prints: {found:#?}");
}

/// Whether a line of a workflow's step is a script, or one command of cargo, and nothing around it.
fn is_one_call(run: &str) -> bool {
    let joins = ["&&", "||", ";", "|", ">", "<", "`", "$(", "${{"];
    (run.starts_with("scripts/") || run.starts_with("cargo ")) && !joins.iter().any(|join| run.contains(join))
}

#[test]
fn workflows_only_call_scripts_and_cargo() {
    let is_workflow = |path: &PathBuf| path.starts_with(".github") && ends_with(path, &["yml", "yaml"]);
    let mut steps = 0;
    for path in tracked().into_iter().filter(is_workflow) {
        for line in text(&path).lines().map(str::trim) {
            if let Some(run) = line.trim_start_matches("- ").strip_prefix("run:").map(str::trim) {
                steps += 1;
                let why = "a step calls one script, or runs one command of cargo";
                assert!(is_one_call(run), "{}: `{run}`: {why}", path.display());
            }
        }
    }
    assert!(steps > 0, "no workflow has a step that runs something");
    for wrong in
        ["|", "echo x", "cargo build && echo x", "cargo build | tail", "cargo run -- ${{ inputs.x }}", "x scripts/a.sh"]
    {
        assert!(!is_one_call(wrong), "{wrong}");
    }
}

/// `scripts/dev/test.sh` and the script that it calls run the tests of every crate.
#[test]
fn each_test_of_a_crate_is_run_by_a_script() {
    let scripts = text(Path::new("scripts/dev/check.sh")) + &text(Path::new("scripts/dev/test.sh"));
    let name = |path: PathBuf| {
        let below = path.to_str()?.strip_prefix("crates/")?.split_once('/')?.1.strip_prefix("tests/")?;
        let alone = below.strip_suffix(".rs").filter(|name| !name.contains('/'));
        below.strip_suffix("/main.rs").or(alone).map(str::to_owned)
    };
    let names: Vec<_> = tracked().into_iter().filter_map(name).collect();
    assert!(names.len() > 2, "{names:?}");
    for name in names {
        assert!(scripts.contains(&format!("--test {name}\n")), "no script runs the tests `{name}`");
    }
}

/// CI calls the script that CONTRIBUTING says it calls.
#[test]
fn ci_calls_what_contributing_says() {
    let contributing = text(Path::new("CONTRIBUTING.md"));
    let line = contributing.lines().find(|line| line.ends_with("CI calls exactly this"));
    let script = line.and_then(|line| line.strip_prefix("$ ")?.split(' ').next()).expect("CONTRIBUTING names it");
    let step = format!("run: {script}");
    let workflow = text(Path::new(".github/workflows/ci.yml"));
    let called = workflow.lines().any(|line| line.trim().trim_start_matches("- ") == step);
    assert!(called, "CONTRIBUTING.md says that CI calls `{script}`: .github/workflows/ci.yml wants a step `{step}`");
    let run = text(Path::new(".ci/run"));
    assert!(
        run.contains(&format!("/../{script}\"")),
        "CONTRIBUTING.md says that CI calls `{script}`: .ci/run does not"
    );
}

/// Programs of Debian's essential packages, of the packages that the README asks for, and of cargo.
const EVERYWHERE: [&str; 10] = ["bash", "cat", "cp", "git", "mkfifo", "sh", "sha256sum", "tar", "true", "unshare"];

#[test]
fn a_program_that_a_test_starts_is_installed_by_test_sh() {
    let table = text(Path::new("scripts/dev/test-tools.txt"));
    let rows = table.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_whitespace().next());
    let installed: Vec<&str> = rows.chain(EVERYWHERE).collect();
    let calls = ["Command::new(\"", "bare(\"", ".command(\"", "which::which(\""];
    let mut started = Vec::new();
    for path in tracked().iter().filter(|path| path.starts_with("tests/it")) {
        for line in text(path).lines() {
            let after =
                calls.iter().filter_map(|call| line.split_once(call)).filter_map(|(_, rest)| rest.split_once('"'));
            started.extend(after.map(|(program, _)| (program.trim_start_matches("/bin/").to_owned(), path.clone())));
        }
    }
    assert!(started.len() > 10, "{started:?}");
    started.retain(|(program, _)| !program.contains('/') && !installed.contains(&program.as_str()));
    assert!(started.is_empty(), "add the program and its package to scripts/dev/test-tools.txt: {started:?}");
}

#[test]
fn a_script_removes_only_what_it_names_when_it_removes() {
    // A trap in double quotes contains the folder's name unquoted, so that the shell runs parts of it as commands.
    let found = having("scripts", &[" trap \""]);
    assert!(found.is_empty(), "call `make_scratch`, or put the command in single quotes: {found:#?}");
}

#[test]
fn files_are_never_patched_after_the_link() {
    let words = ["patchelf", "chrpath", "--set-rpath", "objcopy"];
    let found: Vec<_> =
        ["scripts", "src", "crates", "build.rs", ".github"].iter().flat_map(|place| having(place, &words)).collect();
    assert!(found.is_empty(), "the linker writes the search path: {found:#?}");
}

#[test]
fn bytecode_is_not_tracked() {
    let found: Vec<_> = tracked().into_iter().filter(|path| ends_with(path, &["pyc"])).collect();
    assert!(
        found.is_empty(),
        "git rm --cached what Python left, which names the machine it was compiled on: {found:?}"
    );
}

/// Whoever relies on how the pinned series behaves names it, and docs/architecture.md lists them all.
#[test]
fn what_depends_on_the_series_of_python_is_in_its_list() {
    let pin = text(Path::new(".python-version"));
    let series = pin.rsplit_once('.').expect("a version such as 3.13.5").0;
    let names = [format!("CPython {series}"), format!("Python-{series}.")];
    let is_own = |path: &&PathBuf| !path.iter().any(|part| part == "tests") && !ends_with(path, &["md"]);
    let files = tracked();
    let found = files.iter().filter(is_own).filter(|path| {
        let text = text(path);
        let own = text.split("#[cfg(test)]").next().unwrap_or_default();
        names.iter().any(|name| own.contains(name.as_str()))
    });
    let found: BTreeSet<String> = found.map(|path| path.display().to_string()).collect();
    let text = text(Path::new("docs/architecture.md"));
    let chapter = text.split("## Another series of Python").nth(1).and_then(|rest| rest.split("\n## ").next()).unwrap();
    let row = |line: &str| Some(line.strip_prefix("| [`")?.split_once('`')?.0.to_owned());
    let listed: BTreeSet<String> = chapter.lines().filter_map(row).collect();
    assert_eq!(listed, found, "docs/architecture.md, `Another series of Python`");
}

#[test]
fn links_of_documents_lead_to_files_that_are_there() {
    let documents: Vec<_> = tracked().into_iter().filter(|path| ends_with(path, &["md"])).collect();
    let mut broken = Vec::new();
    for document in &documents {
        let text = text(document);
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
        let inside = targets.filter(|target| !target.contains("://") && !target.starts_with('#'));
        for target in inside.map(|target| target.split('#').next().unwrap_or_default()) {
            if !checkout().join(document).parent().unwrap().join(target).exists() {
                broken.push(format!("{}: {target}", document.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}
