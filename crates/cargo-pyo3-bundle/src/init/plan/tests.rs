//! `init` on whole packages, as cargo reads them.

use super::*;
use crate::config::Selection;
use crate::init::write::write;
use std::fs;

const PACKAGE: &str = "[package]\nname = \"app\"\nversion = \"1.0.0\"\nedition = \"2024\"\n\n[dependencies]\n";
const MAIN: &str = "fn main() -> Result<(), Box<dyn std::error::Error>> {\n    println!(\"x\");\n    Ok(())\n}\n";

/// Puts files into a folder, which is a workspace of its own.
fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::Builder::new().prefix("an é ").tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn plan_of(folder: &Path, arguments: &Arguments, package: Option<&str>) -> Result<Plan, String> {
    let manifest_path = Some(folder.join("Cargo.toml"));
    let selection = Selection { manifest_path, package: package.map(Into::into), ..Selection::default() };
    let application = selection.application().map_err(|error| format!("{error:#}"))?;
    Plan::of(arguments, &application).map_err(|error| format!("{error:#}"))
}

fn order() -> Arguments {
    Arguments { python: Some("3.13.5".into()), ..unpinned() }
}

fn unpinned() -> Arguments {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    Arguments { path: Some(crates.to_owned()), ..Arguments::default() }
}

/// What a diff would count: the lines that are added and those that are removed.
fn lines(plan: &Plan, root: &Path) -> usize {
    let is_line = |line: &&str| line.starts_with(['+', '-']) && !line.starts_with("+++ ") && !line.starts_with("--- ");
    plan.changes.iter().map(|change| change.diff(root).lines().filter(is_line).count()).sum()
}

#[test]
fn a_plain_application_gets_nine_lines_and_the_second_run_has_nothing_to_do() {
    let folder = tree(&[
        ("Cargo.toml", &format!("{PACKAGE}pyo3 = \"0.30\"\n")),
        ("src/main.rs", MAIN),
        (".gitignore", "/target\n"),
    ]);
    let plan = plan_of(folder.path(), &order(), None).unwrap();
    let root = folder.path().canonicalize().unwrap();
    assert_eq!((lines(&plan, &root), plan.notes.len()), (9, 0));
    write(&plan.changes).unwrap();
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(read("build.rs"), "#[rustfmt::skip] fn main() { pyo3_bundle_build::link(); }\n");
    assert_eq!(read(".python-version"), "3.13.5\n");
    assert_eq!(read(".gitignore"), "/target\n/dist*/\n");
    assert!(read("src/main.rs").contains("{\n    let _python = pyo3_bundle::init()?;\n    println"));
    // Cargo would now look for the crates in the registry; `--no-deps` does not.
    let again = plan_of(folder.path(), &order(), None).unwrap();
    assert_eq!((again.changes, again.notes), (vec![], vec![]));
}

#[test]
fn nine_lines_are_nine_lines_beside_what_is_there_already() {
    let folder = tree(&[
        ("Cargo.toml", &format!("{PACKAGE}pyo3 = \"0.30\"")),
        ("src/main.rs", MAIN),
        (".gitignore", "# ours\n/target"),
        (".cargo/config.toml", "[alias]\nb = \"build\"\n"),
    ]);
    let plan = plan_of(folder.path(), &order(), None).unwrap();
    // The manifest's last line gets its end.
    assert_eq!(lines(&plan, &folder.path().canonicalize().unwrap()), 9 + 2);
    write(&plan.changes).unwrap();
    assert_eq!(fs::read_to_string(folder.path().join(".gitignore")).unwrap(), "# ours\n/dist*/\n/target");
    assert!(plan_of(folder.path(), &order(), None).unwrap().changes.is_empty());
}

#[test]
fn crates_that_have_another_name_in_the_workspace_are_called_so() {
    let workspace = "[workspace]\nmembers = [\"app\"]\n[workspace.dependencies]\n\
                     bundle = { package = \"pyo3-bundle\", version = \"0.1\" }\n\
                     link-bundle = { package = \"pyo3-bundle-build\", version = \"0.1\" }\n";
    let folder = tree(&[
        ("Cargo.toml", workspace),
        ("app/Cargo.toml", PACKAGE),
        ("app/src/main.rs", MAIN),
        (".gitignore", "dist*\n"),
    ]);
    // They need no place to come from.
    let plan = plan_of(folder.path(), &Arguments { path: None, ..order() }, Some("app")).unwrap();
    let after = |name: &str| &plan.changes.iter().find(|change| change.path.ends_with(name)).unwrap().after;
    assert!(after("Cargo.toml").contains("\nbundle = { workspace = true }\n"), "{}", after("Cargo.toml"));
    assert!(after("Cargo.toml").ends_with("[build-dependencies]\nlink-bundle = { workspace = true }\n"));
    assert!(after("build.rs").contains(" link_bundle::link(); "), "{}", after("build.rs"));
    assert!(after("main.rs").contains("let _python = bundle::init()?;"), "{}", after("main.rs"));
    write(&plan.changes).unwrap();
    assert_eq!(plan_of(folder.path(), &Arguments { path: None, ..order() }, Some("app")).unwrap().changes, vec![]);
}

#[test]
fn crates_that_nobody_knows_a_place_of_are_asked_for_by_their_folder() {
    let folder = tree(&[("Cargo.toml", PACKAGE), ("src/main.rs", MAIN)]);
    let order = Arguments { path: None, ..order() };
    let text = plan_of(folder.path(), &order, None).err().unwrap();
    let hint = text.split_once("\nhint: cargo pyo3-bundle init --path ").unwrap().1;
    // A path with a blank is quoted.
    assert!(hint.replace('\'', "").ends_with("/crates --python 3.13.5"), "{text}");
    let patch = "[patch.crates-io]\npyo3-bundle = { path = \"x\" }\nbuild = { path = \"x\", package = \"pyo3-bundle-build\" }\n";
    fs::write(folder.path().join("Cargo.toml"), format!("{PACKAGE}{patch}")).unwrap();
    let plan = plan_of(folder.path(), &order, None).unwrap();
    assert!(plan.changes[0].after.contains("\npyo3-bundle = \"0.1\"\n"), "{}", plan.changes[0].after);
}

#[test]
fn a_release_that_the_key_overrules_is_refused() {
    let manifest = format!("{PACKAGE}[package.metadata.pyo3-bundle]\npython = \"3.12.1\"\n");
    let folder = tree(&[("Cargo.toml", &manifest), ("src/main.rs", MAIN)]);
    let text = plan_of(folder.path(), &order(), None).err().unwrap();
    assert!(text.contains("`--python 3.13.5` would change nothing") && text.contains("found `3.12.1`"), "{text}");
    for python in [None, Some("3.12.1".to_owned())] {
        let plan = plan_of(folder.path(), &Arguments { python, ..unpinned() }, None).unwrap();
        assert!(!plan.changes.iter().any(|change| change.path.ends_with(PIN)), "the key is the pin");
    }
}

#[test]
fn a_build_script_a_pin_and_a_python_that_are_there_stay() {
    let folder = tree(&[
        ("Cargo.toml", &PACKAGE.replace("edition", "build = \"script/b.rs\"\nedition")),
        ("script/b.rs", "fn main() {}\n"),
        ("src/main.rs", "#[tokio::main]\nasync fn main() {}\n"),
        (".python-version", "3.12.1\n"),
        (".cargo/config.toml", "[env]\nPYO3_PYTHON = \"/usr/bin/python3\"\n"),
        (".gitignore", "dist*\n"),
    ]);
    let plan = plan_of(folder.path(), &unpinned(), None).unwrap();
    let names: Vec<_> = plan.changes.iter().map(|change| change.path.file_name().unwrap().to_owned()).collect();
    assert_eq!(names, ["Cargo.toml"]);
    let [script, main, python] = plan.notes.as_slice() else { panic!("{:?}", plan.notes) };
    assert!(
        script.starts_with("`script/b.rs` stays") && script.ends_with(":\n    pyo3_bundle_build::link();"),
        "{script}"
    );
    assert!(main.starts_with("`src/main.rs` stays") && main.contains("\n    fn main() { let _python = "), "{main}");
    assert!(python.contains("`.cargo/config.toml` stays") && python.contains("`\"/usr/bin/python3\"`"), "{python}");
    // Only who asks for another release gets it.
    let asked = plan_of(folder.path(), &order(), None).unwrap();
    let pin = asked.changes.iter().find(|change| change.path.ends_with(PIN)).unwrap();
    assert_eq!((pin.before.as_deref(), pin.after.as_str()), (Some("3.12.1\n"), "3.13.5\n"));
}

#[test]
fn a_member_gets_its_lines_and_the_workspace_the_shared_ones() {
    let member = "[package]\nname = \"member\"\nversion.workspace = true\nedition = \"2024\"\n[dependencies]\npyo3.workspace = true\n";
    let workspace = "[workspace]\nmembers = [\"apps/*\"]\n[workspace.package]\nversion = \"1.0.0\"\n\
                     [workspace.dependencies]\npyo3 = \"0.30\"\npyo3-bundle = \"0.1\"\n";
    let other = member.replace("member", "other");
    let folder = tree(&[
        ("Cargo.toml", workspace),
        ("apps/member/Cargo.toml", member),
        ("apps/member/src/main.rs", MAIN),
        ("apps/other/Cargo.toml", &other),
        ("apps/other/src/main.rs", MAIN),
    ]);
    let root = folder.path().canonicalize().unwrap();
    let plan = plan_of(folder.path(), &order(), Some("member")).unwrap();
    let names: Vec<String> =
        plan.changes.iter().map(|change| shown(change.path.strip_prefix(&root).unwrap())).collect();
    let wanted = [
        "apps/member/Cargo.toml",
        "apps/member/build.rs",
        "apps/member/src/main.rs",
        ".python-version",
        "apps/member/.gitignore",
        ".cargo/config.toml",
    ];
    assert_eq!(names, wanted);
    assert!(plan.changes[0].after.contains("pyo3-bundle = { workspace = true }\n"), "{}", plan.changes[0].after);
}

#[test]
fn every_binary_that_is_packed_gets_the_line_and_code_that_they_share_is_enough() {
    let bins = "[[bin]]\nname = \"one\"\npath = \"src/one.rs\"\n[[bin]]\nname = \"two\"\npath = \"src/two.rs\"\n";
    let manifest = format!("{PACKAGE}{bins}");
    let mut files = vec![("Cargo.toml", manifest.as_str()), ("src/one.rs", MAIN), ("src/two.rs", MAIN)];
    let mains = |files: &[(&str, &str)]| {
        let folder = tree(files);
        let plan = plan_of(folder.path(), &order(), None).unwrap();
        plan.changes
            .iter()
            .filter(|change| {
                change.path.extension().is_some_and(|end| end == "rs") && !change.path.ends_with("build.rs")
            })
            .count()
    };
    assert_eq!(mains(&files), 2);
    let one = format!("{manifest}[package.metadata.pyo3-bundle]\nbins = [\"two\"]\n");
    files[0] = ("Cargo.toml", &one);
    assert_eq!(mains(&files), 1);
    files.push(("src/lib/start.rs", "pub fn start() { let _python = pyo3_bundle::init(); }\n"));
    assert_eq!(mains(&files), 0);
}

#[test]
fn the_crates_of_a_folder_are_named_relative_to_the_manifest() {
    let folder = tree(&[
        ("Cargo.toml", PACKAGE),
        ("src/main.rs", MAIN),
        ("k/pyo3-bundle/Cargo.toml", ""),
        ("k/pyo3-bundle-build/Cargo.toml", ""),
    ]);
    let order = Arguments { path: Some(folder.path().join("k")), ..order() };
    let plan = plan_of(folder.path(), &order, None).unwrap();
    let crates = folder.path().canonicalize().unwrap().join("k");
    assert!(
        plan.changes[0].after.contains(&format!("pyo3-bundle = {{ path = \"{}/pyo3-bundle\" }}\n", crates.display()))
    );
    fs::remove_file(folder.path().join("k/pyo3-bundle-build/Cargo.toml")).unwrap();
    let error = plan_of(folder.path(), &order, None).err().unwrap();
    assert!(error.contains("has no crate `pyo3-bundle-build`"), "{error}");
}

#[test]
fn what_the_lines_could_not_help_is_refused() {
    let refused = |dependency: &str, file: &str| {
        let folder = tree(&[("Cargo.toml", &format!("{PACKAGE}{dependency}\n")), (file, "fn main() {}\n")]);
        plan_of(folder.path(), &order(), None).err().unwrap_or_default()
    };
    assert!(refused("pyo3 = \"0.30\"", "src/lib.rs").contains("has no binary\n"));
    for version in ["0.22", "=0.21.2", "0.31", "1"] {
        let error = refused(&format!("pyo3 = \"{version}\""), "src/main.rs");
        assert!(error.contains("wanted one of PyO3 0.23 to 0.30") && error.contains("\nhint: cargo add "), "{error}");
    }
    for version in ["0.23", "=0.25.1", "0.30.1", ">=0.22", "*", "0.28.*", "~0.26.0"] {
        assert_eq!(refused(&format!("pyo3 = \"{version}\""), "src/main.rs"), "", "{version}");
    }
}

#[test]
fn archives_that_git_would_see_are_told_with_a_command() {
    let folder = tree(&[("Cargo.toml", PACKAGE), ("src/main.rs", MAIN), (".gitignore", "/target\n")]);
    let command = || {
        let selection = Selection { manifest_path: Some(folder.path().join("Cargo.toml")), ..Selection::default() };
        ignore_archives(&selection.application().unwrap())
    };
    assert_eq!(command(), None, "no repository");
    let git = std::process::Command::new("git").args(["init", "--quiet"]).current_dir(folder.path()).status();
    assert!(git.unwrap().success());
    let told = command().unwrap();
    let root = folder.path().canonicalize().unwrap();
    assert_eq!(told, format!("echo /archives/ >>{}", word(&root.join(".gitignore"))));
    assert!(std::process::Command::new("sh").args(["-c", &told]).status().unwrap().success());
    assert_eq!(command(), None);
    // A last line without an end stays a line of its own.
    fs::write(root.join(".gitignore"), "/dist*/\n/target").unwrap();
    assert!(std::process::Command::new("sh").args(["-c", &command().unwrap()]).status().unwrap().success());
    assert_eq!(fs::read_to_string(root.join(".gitignore")).unwrap(), "/dist*/\n/target\n/archives/\n");
    assert_eq!(command(), None);
}

#[test]
fn the_hint_for_another_release_keeps_the_other_arguments() {
    let folder = tree(&[("Cargo.toml", PACKAGE), ("src/main.rs", MAIN)]);
    let text = plan_of(folder.path(), &Arguments { python: Some("3.13".into()), ..unpinned() }, None).err().unwrap();
    let hint = text.split_once("\nhint: cargo pyo3-bundle init --path ").unwrap().1;
    assert!(hint.replace('\'', "").contains("/crates --python 3.13."), "{text}");
}

#[test]
fn git_may_ignore_the_dists_already_by_a_file_further_up() {
    let folder = tree(&[("app/Cargo.toml", PACKAGE), ("app/src/main.rs", MAIN)]);
    let edits = || {
        let plan = plan_of(&folder.path().join("app"), &order(), None).unwrap();
        plan.changes.iter().any(|change| change.path.ends_with(".gitignore"))
    };
    let git = std::process::Command::new("git").args(["init", "--quiet"]).current_dir(folder.path()).status();
    assert!(git.unwrap().success() && edits());
    // The folder of an unfinished dist would count as a change.
    fs::write(folder.path().join(".gitignore"), "dist/\n").unwrap();
    assert!(edits());
    fs::write(folder.path().join(".gitignore"), "dist*/\n").unwrap();
    assert!(!edits());
}
