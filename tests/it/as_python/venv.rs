//! Virtual environments and pip, without a network.

use super::{Outcome, Place, outcome, python3};
use crate::repl;
use std::fs;
use std::path::{Path, PathBuf};

/// Lists a folder: links with their targets, and files with their text where `text` says so.
fn tree(folder: &Path, text: impl Fn(&Path) -> bool + Copy) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        let kind = entry.file_type().unwrap();
        if kind.is_symlink() {
            found.push((path.clone(), fs::read_link(&path).unwrap().display().to_string()));
        } else if kind.is_dir() {
            found.extend(tree(&path, text));
        } else {
            let content = if text(&path) { fs::read(&path).unwrap().escape_ascii().to_string() } else { String::new() };
            found.push((path, content));
        }
    }
    found.sort();
    found
}

/// Makes the same environment at the same place by python3 and by the program, and leaves the program's there.
fn created(place: &Place, options: &[&str]) -> Outcome {
    let folder = place.path("env");
    let make = |program: &Path| {
        let done = outcome(place.command(program).args(["-m", "venv"]).args(options).arg("env"), "");
        assert!(done.status.success(), "{done:?}");
        let own = |path: &Path| path.parent().unwrap().ends_with("bin") || path.ends_with("pyvenv.cfg");
        (done, tree(&folder, own))
    };
    let wanted = make(&python3());
    fs::remove_dir_all(&folder).unwrap();
    let found = make(&repl::program());
    let names = |of: &[(PathBuf, String)]| of.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>();
    assert_eq!(names(&found.1), names(&wanted.1));
    for (found, wanted) in found.1.iter().zip(&wanted.1) {
        assert_eq!(found, wanted);
    }
    assert_eq!(found.0, wanted.0);
    found.0
}

#[test]
fn an_environment_without_pip_is_that_of_python() {
    let place = Place::new();
    created(&place, &["--without-pip"]);
    let code = "import sys; print(sys.prefix, sys.base_prefix, sys.path[1:])";
    let found = outcome(place.command(&place.path("env/bin/python")).args(["-c", code]), "");
    let runtime = python3().parent().unwrap().parent().unwrap().to_owned();
    assert!(found.stdout.starts_with(&format!("{} {} ", place.path("env").display(), runtime.display())), "{found:?}");
    let folders: Vec<&str> = found.stdout.split('\'').filter(|text| text.ends_with("/site-packages")).collect();
    assert_eq!(folders.len(), 1, "{found:?}");
    assert!(folders[0].starts_with(place.path("env").to_str().unwrap()), "{found:?}");
    let config = fs::read_to_string(place.path("env/pyvenv.cfg")).unwrap();
    assert!(config.contains(&format!("executable = {}/bin/python3", runtime.display())), "{config}");
}

#[test]
fn an_environment_with_pip_is_that_of_python_and_has_one() {
    let place = Place::new();
    created(&place, &[]);
    let found = outcome(place.command(&place.path("env/bin/pip")).arg("--version"), "");
    assert!(found.stdout.contains(place.path("env").to_str().unwrap()), "{found:?}");
}

#[test]
fn an_environment_with_a_copied_interpreter_is_that_of_python() {
    let place = Place::new();
    created(&place, &["--copies"]);
    let found = outcome(place.command(&place.path("env/bin/python")).args(["-c", "import ssl; print('imported')"]), "");
    assert_eq!((found.stdout.as_str(), found.stderr.as_str()), ("imported\n", ""));
}

#[test]
fn pip_answers() {
    let place = Place::new();
    for (arguments, says) in [
        (&["-m", "pip", "--version"][..], "pip "),
        (&["-m", "pip", "list", "--disable-pip-version-check"], "Package"),
        (&["-m", "pip", "show", "pip", "--disable-pip-version-check"], "Name: pip"),
        (&["-m", "pip", "config", "debug"], "env_var:"),
    ] {
        let found = place.same(arguments);
        assert!(found.status.success() && found.stdout.contains(says), "{arguments:?}: {found:?}");
    }
    let found = place.same(&["-m", "pip", "no-such-command"]);
    assert!(!found.status.success() && found.stderr.contains("no-such-command"), "{found:?}");
}
