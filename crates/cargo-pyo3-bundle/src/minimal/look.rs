//! Asks the runtime's own interpreter what modules import, and proves that a staged one imports them.

use super::{Runtime, Table};
use crate::platform::Platform;
use crate::problem::{About, Problem};
use crate::shown::visible;
use crate::threads;
use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// What `look.py` is asked.
#[derive(Serialize)]
struct Question<'a> {
    modules: &'a [String],
    start: &'a [String],
    skipped: &'a [String],
    not_followed: &'a [String],
    needs: BTreeMap<&'a str, Vec<String>>,
    /// Sources of the installed packages, whose imports are all followed.
    sources: Vec<PathBuf>,
    site: PathBuf,
    /// The code that imports one module.
    load: &'static str,
    /// A folder for bytecode, so that each source is compiled once.
    cache: &'a Path,
}

/// What `look.py` answers.
#[derive(Deserialize)]
pub struct Found {
    /// Files of the runtime, each with the module whose import has led to it.
    pub files: BTreeMap<PathBuf, String>,
    pub reached: BTreeSet<String>,
    /// The listed modules that cannot be imported, and why.
    errors: BTreeMap<String, String>,
    /// The top modules of the standard library.
    known: Vec<String>,
}

pub fn look(runtime: &Runtime, modules: &[String], table: &Table, installed: &BTreeSet<&PathBuf>) -> Result<Found> {
    let cache = tempfile::tempdir()?;
    let place = runtime.place.canonicalize().about("cannot find", runtime.place)?;
    let stdlib = runtime.platform.stdlib(&place, runtime.series);
    let needs = table.needs.iter().map(|(module, needed)| {
        let named = |name: &String| if name == "@sysconfigdata" { sysconfigdata(&stdlib) } else { Some(name.clone()) };
        (module.as_str(), needed.iter().filter_map(named).collect())
    });
    let question = Question {
        modules,
        start: &table.start,
        skipped: &table.skipped,
        not_followed: &table.not_followed,
        needs: needs.collect(),
        sources: installed.iter().filter(|path| is_followed(path)).map(|path| place.join(path)).collect(),
        site: stdlib.join("site-packages"),
        load: include_str!("load.py"),
        cache: cache.path(),
    };
    let output = python(
        &runtime.platform.interpreter(&place),
        &["-c", include_str!("look.py")],
        &serde_json::to_vec(&question)?,
    )?;
    if !output.status.success() {
        let hint = "cargo pyo3-bundle python";
        bail!(Problem::new("the Python to pack cannot tell what modules import", said(&output), hint));
    }
    let found: Found = serde_json::from_slice(&output.stdout).context("what modules import is not told as expected")?;
    if let Some((module, why)) = found.errors.first_key_value() {
        bail!(unknown(module, why, &found.known));
    }
    Ok(found)
}

/// Sources of packages, without their tests.
fn is_followed(path: &Path) -> bool {
    let is_test =
        |part: &str| matches!(part, "test" | "tests" | "testing" | "conftest.py") || part.starts_with("test_");
    path.extension().is_some_and(|end| end == "py") && !path.iter().any(|part| part.to_str().is_none_or(is_test))
}

/// The module with the variables of the build, whose name has the platform in it.
fn sysconfigdata(stdlib: &Path) -> Option<String> {
    let names = std::fs::read_dir(stdlib).ok()?.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let mut names = names.filter_map(|name| Some(name.strip_suffix(".py")?.to_owned()));
    names.find(|name| name.starts_with("_sysconfigdata_"))
}

fn unknown(module: &str, why: &str, known: &[String]) -> Problem {
    let nearest = known.iter().min_by_key(|known| strsim::damerau_levenshtein(known, module));
    let nearest = nearest.map(|name| format!("; the nearest of the standard library is `{name}`"));
    let what = format!("`modules` names `{}`, which this Python cannot import", visible(module));
    Problem::without_hint(what, visible(why) + &nearest.unwrap_or_default())
}

/// Imports each listed module in a process of its own, with the staged runtime as it is delivered.
pub fn prove(runtime: &Path, modules: &[String], platform: &dyn Platform) -> Result<()> {
    const IMPORT: &str = "import sys\nif sys.argv[1:]: __import__(sys.argv[1])";
    let interpreter = platform.interpreter(&runtime.canonicalize().about("cannot find", runtime)?);
    let start = std::iter::once(None).chain(modules.iter().map(Some));
    let proofs: Vec<Option<&String>> = start.collect();
    for few in proofs.chunks(std::thread::available_parallelism().map_or(2, usize::from)) {
        std::thread::scope(|scope| {
            let run = |module: Option<&String>| {
                let arguments: Vec<&str> = ["-c", IMPORT].into_iter().chain(module.map(String::as_str)).collect();
                python(&interpreter, &arguments, b"")
            };
            let started = few.iter().map(|module| threads::spawn(scope, move || run(*module)));
            for (module, thread) in few.iter().zip(started.collect::<Result<Vec<_>>>()?) {
                let output = threads::join(thread)?;
                if !output.status.success() {
                    let what = match module {
                        Some(module) => format!("`{}` cannot be imported in the profile `minimal`", visible(module)),
                        None => "the Python of the profile `minimal` does not start".to_owned(),
                    };
                    bail!(Problem::without_hint(what, said(&output)));
                }
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// Runs an interpreter in an empty environment, with this input.
fn python(interpreter: &Path, arguments: &[&str], input: &[u8]) -> Result<Output> {
    let mut command = Command::new(interpreter);
    command.args(["-I", "-B"]).args(arguments).env_clear().current_dir("/");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().about("cannot run", interpreter)?;
    // If it ends before it has read everything, its own message says why; the broken pipe does not.
    let _ended = child.stdin.take().expect("it is piped").write_all(input);
    Ok(child.wait_with_output().about("cannot wait for", interpreter)?)
}

/// The last line of a traceback says what is wrong.
fn said(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let last = text.trim().lines().next_back().unwrap_or_default();
    format!("{}: {}", output.status, visible(last))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::platform::testing;
    use std::fs;

    #[test]
    fn a_module_that_is_not_there_is_told_with_the_nearest_one() {
        let known = ["json", "jinja", "ssl"].map(String::from);
        let text = unknown("jsn", "ModuleNotFoundError: No module named 'jsn'", &known).to_string();
        let wanted = "`modules` names `jsn`, which this Python cannot import\n  ModuleNotFoundError: No module named 'jsn'; \
            the nearest of the standard library is `json`";
        assert_eq!(text, wanted);
    }

    #[test]
    fn the_tests_of_packages_are_not_followed() {
        let followed = |path: &str| is_followed(Path::new(path));
        assert!(followed("site-packages/a/b.py") && followed("a/latest.py") && followed("a/contests.py"));
        for path in ["a/tests/b.py", "a/test/b.py", "a/test_b.py", "conftest.py", "a/b.pyi", "a/b.so", "a/testing/x.py"]
        {
            assert!(!followed(path), "{path}");
        }
    }

    #[test]
    fn a_module_that_cannot_be_imported_any_more_stops_the_staging() {
        let folder = tempfile::tempdir().unwrap();
        let interpreter = testing().interpreter(folder.path());
        fs::create_dir_all(interpreter.parent().unwrap()).unwrap();
        let script = "#!/bin/sh\n[ \"$5\" != ssl ] || { echo Traceback >&2; echo 'ImportError: gone' >&2; exit 1; }\n";
        crate::system::write_program(&interpreter, script);
        let proved = |modules: &[&str]| {
            let modules: Vec<String> = modules.iter().map(|name| String::from(*name)).collect();
            prove(folder.path(), &modules, testing()).map_err(|error| error.to_string())
        };
        assert_eq!(proved(&["json", "re"]), Ok(()));
        let text = proved(&["json", "ssl"]).unwrap_err();
        assert_eq!(text, "`ssl` cannot be imported in the profile `minimal`\n  exit status: 1: ImportError: gone");
        fs::write(&interpreter, "#!/bin/sh\nexit 3\n").unwrap();
        assert!(
            proved(&[])
                .unwrap_err()
                .starts_with("the Python of the profile `minimal` does not start\n  exit status: 3")
        );
    }
}
