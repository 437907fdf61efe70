//! Arguments, keys and pins that cannot be meant: each is refused before any work, by the same exit status everywhere.

use crate::python::UV;
use crate::support::App;
use std::fs;

const KEYS: &str = "[package.metadata.pyo3-bundle]\n";

fn with_keys(keys: &str) -> App {
    let app = App::new();
    app.write("Cargo.toml", &(app.read("Cargo.toml") + keys));
    app
}

#[test]
fn a_managed_python_of_another_series_is_not_staged() {
    let app = with_keys(&format!("{KEYS}python = \"3.12.3\"\n"));
    app.stand_in(".local/python/bin/python3", "echo 3.13.5");
    let record = r#"{"provider": "uv", "version": "3.13.5", "pinned_version": "3.13.5", "patches": []}"#;
    app.write(".local/python/provenance.json", record);
    app.write("program", "");
    let text = app.run(&["stage", "--binary", "program"]).refused(2);
    assert!(text.contains("wanted CPython 3.12.3, which the key `python` pins, found 3.13.5"), "{text}");
    assert!(text.ends_with("\nhint: cargo pyo3-bundle python\n"), "{text}");
    // A Python that is named is the user's choice.
    let text = app.run(&["stage", "--binary", "program", "--python", "runtime"]).refused(2);
    assert!(text.contains("`runtime`") && !text.contains("pins"), "{text}");
}

#[test]
fn a_name_that_no_archive_can_have_is_refused_by_every_command() {
    for name in ["a/b", "", "-rf", ".app", "an app"] {
        let app = with_keys(&format!("{KEYS}name = \"{name}\"\n"));
        for command in [&["build"][..], &["python"], &["archive", "dist"]] {
            let text = app.run(command).refused(2);
            assert!(text.contains("the key `name`") && text.contains(&format!("found `{name}`")), "{text}");
        }
    }
    let text = App::new().run(&["build", "--config", "name=a/b"]).refused(2);
    assert!(text.contains("the key `name`"), "{text}");
}

#[test]
fn a_table_that_is_misspelt_is_refused_with_the_right_name() {
    for (table, level) in [("package.metadata.pyo3-bundel", "package"), ("workspace.metadata.pyo3_bundle", "workspace")]
    {
        let text = with_keys(&format!("[{table}]\npython = \"3.13.5\"\n")).run(&["build"]).refused(2);
        let wanted = format!("`[{table}]` in `");
        assert!(text.contains(&wanted), "{text}");
        assert!(text.contains(&format!("wanted `[{level}.metadata.pyo3-bundle]`")), "{text}");
    }
    // Other tools have tables too.
    let text =
        with_keys("[package.metadata.bundle]\nx = 1\n[package.metadata.pyo3-build]\n").run(&["build"]).refused(2);
    assert!(text.contains("there is no managed Python"), "{text}");
}

#[test]
fn two_series_in_one_workspace_are_refused_also_by_their_keys() {
    let app = App::new();
    let member = |name: &str, keys: &str| {
        let package = format!("[package]\nname = \"{name}\"\nversion = \"1.2.3\"\nedition = \"2024\"\n{keys}");
        app.write(&format!("{name}/Cargo.toml"), &package);
        app.write(&format!("{name}/src/main.rs"), "fn main() {}\n");
    };
    let workspace = "[workspace]\nmembers = [\"one\", \"two\"]\nresolver = \"3\"\n";
    app.write("Cargo.toml", workspace);
    member("one", &format!("{KEYS}python = \"3.13.5\"\n"));
    member("two", &format!("{KEYS}python = \"3.12.4\"\n"));
    let text = app.run(&["build", "-p", "one"]).refused(2);
    assert!(text.contains("pins two series") && text.contains("has 3.13.5"), "{text}");
    assert!(text.contains("the key `python` in `") && text.contains("two/Cargo.toml` has 3.12.4"), "{text}");
    let text = app.run(&["build", "-p", "one", "--config", "python=3.13.5"]).refused(2);
    assert!(text.contains("there is no managed Python"), "{text}");
    // A file that a key goes before pins nothing.
    member("two", &format!("{KEYS}python = \"3.13.4\"\n"));
    app.write("two/.python-version", "3.12.4\n");
    let text = app.run(&["build", "-p", "one"]).refused(2);
    assert!(text.contains("there is no managed Python"), "{text}");
    member("two", "");
    assert!(app.run(&["build", "-p", "one"]).refused(2).contains("two/.python-version` has 3.12.4"));
    // The workspace's key is that of a member without one.
    app.write("Cargo.toml", &format!("{workspace}[workspace.metadata.pyo3-bundle]\npython = \"3.14.1\"\n"));
    let text = app.run(&["build", "-p", "one"]).refused(2);
    assert!(text.contains("the key `python` in `") && text.contains("/Cargo.toml` has 3.14.1"), "{text}");
}

#[test]
fn the_hint_for_another_package_is_the_same_command() {
    let app = App::new();
    for (typed, hint) in [
        (&["-p", "nosuch", "init", "--path", "a b"][..], "cargo pyo3-bundle --package app init --path 'a b'"),
        (
            &["build", "--package=nosuch", "--config", "profile=slim"],
            "cargo pyo3-bundle --config profile=slim --package app build",
        ),
        (&["-pnosuch"], "cargo pyo3-bundle --package app"),
    ] {
        let text = app.run(typed).refused(2);
        assert!(text.ends_with(&format!("\nhint: {hint}\n")), "{text}");
    }
}

#[test]
fn an_argument_that_is_not_there_is_a_usage_error_of_every_command() {
    let app = App::new();
    app.write("program", "");
    app.write("empty/file", "");
    app.write("dist/metadata.json", r#"{"schema_version": 1, "launcher": "app"}"#);
    for (command, hint) in [
        (&["verify", "nosuch"][..], "cargo pyo3-bundle"),
        (&["archive", "nosuch"], "cargo pyo3-bundle"),
        (&["archive", "empty"], "cargo pyo3-bundle"),
        (&["summary", "nosuch"], "cargo pyo3-bundle"),
        (&["summary", "empty"], "cargo pyo3-bundle"),
        (&["summary", "dist", "--archives", "nosuch"], "ls -la ."),
        (&["python", "--record", "nosuch"], "ls -la ."),
        (&["stage", "--python", "nosuch", "--binary", "program"], "ls -la ."),
        (&["stage", "--python", "empty", "--binary", "nosuch"], "ls -la ."),
        (&["stage", "--python", "empty", "--binary", "program", "--provenance", "nosuch"], "ls -la ."),
        (&["compare", "nosuch", "program"], "ls -la ."),
    ] {
        let text = app.run(command).refused(2);
        assert!(text.ends_with(&format!("\nhint: {hint}\n")), "{command:?}: {text}");
        assert!(text.contains("`nosuch") || text.contains("`empty`"), "{command:?}: {text}");
    }
}

#[test]
fn equal_files_that_are_not_archives_are_not_compared() {
    let app = App::new();
    for (one, other) in [("x", "x"), ("", ""), ("x", "PK\x03\x04")] {
        app.write("one.tar.gz", one);
        app.write("other.tar.gz", other);
        let text = app.run(&["compare", "one.tar.gz", "other.tar.gz"]).refused(2);
        assert!(text.contains("`one.tar.gz` is not an archive"), "{text}");
    }
}

#[test]
fn init_says_what_every_later_step_would_refuse() {
    for pin in ["3.13\n", "", "hello\n"] {
        let app = App::new();
        app.write(".python-version", pin);
        let text = app.run(&["init", "--yes", "--path", concat!(env!("CARGO_MANIFEST_DIR"), "/..")]).refused(2);
        assert!(text.contains(&format!("found `{}`", pin.trim())), "{text}");
        let hint = text.trim_end().rsplit_once("\nhint: ").unwrap().1;
        assert!(hint.starts_with("cargo pyo3-bundle init --python 3."), "{text}");
        assert!(app.run(&["python"]).refused(2).ends_with(&format!("\nhint: {hint}\n")));
    }
    // A key is the user's: `init` does not change it.
    let app = with_keys(&format!("{KEYS}python = \"3.13\"\n"));
    let text = app.run(&["init", "--yes", "--path", concat!(env!("CARGO_MANIFEST_DIR"), "/..")]).refused(2);
    assert!(text.contains("the key `python` does not pin a version") && !text.contains("\nhint: "), "{text}");
}

#[test]
fn init_asks_the_uv_that_will_install() {
    let app = App::new();
    fs::remove_file(app.at(".python-version")).unwrap();
    let list = |version: &str| {
        format!(
            "case $1 in --version) echo uv {version} ;; \
             *) echo '[{{\"version\": \"3.13.99\", \"implementation\": \"cpython\", \"variant\": \"default\"}}]' ;; esac"
        )
    };
    let planned = || app.run(&["init", "--path", concat!(env!("CARGO_MANIFEST_DIR"), "/..")]).out;
    app.stand_in("uv", &list("0.1.0"));
    assert!(planned().contains("\n+3.13.") && !planned().contains("\n+3.13.99"), "{}", planned());
    app.stand_in("uv", &list("99.0.0"));
    assert!(planned().contains("\n+3.13.99\n"), "{}", planned());
    assert!(!app.exists(".local"));
}

#[test]
fn a_record_of_an_interrupted_installation_does_not_come_back() {
    let app = App::new();
    app.stand_in("uv", UV);
    app.run(&["python"]).fine();
    fs::rename(app.at(".local/python/provenance.json"), app.at(".local/python/provenance.json.before")).unwrap();
    app.stand_in("uv", "[ $1 != --version ] || { echo uv 99.0.0; exit; }; exit 2");
    app.run(&["python"]).refused(1);
    assert!(
        !app.names(".local/python").iter().any(|name| name.starts_with("provenance")),
        "the tree may be half replaced"
    );
}
