//! Gives a staged standard library its bytecode, so that nothing is compiled or written at run time. The staged Python
//! compiles it with `bytecode.py`, except for files that are in a cache beside this program.

use crate::platform::Platform;
use crate::problem::{About, Problem};
use crate::shown::{shown, visible, word};
use crate::stage::python::Interpreter;
use crate::system;
use crate::tree::{self, Leaf};
use crate::{copy, layout};
use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Part of every cached file's name, because another recipe makes other bytes.
const RECIPE: &[u8] = include_bytes!("bytecode.py");

/// What `bytecode.py` prints before it does anything else.
const STARTED: &[u8] = b"started\n";

struct Source {
    /// Relative to the standard library.
    name: String,
    bytecode: PathBuf,
    cached: PathBuf,
}

/// Compiles with the given interpreter: that of the dist, the one that it was copied from, or one of the same series if
/// neither runs here. The bytecode of a series is the same on every system.
pub fn compile(dist: &Path, series: &str, interpreter: &Interpreter, platform: &dyn Platform) -> Result<()> {
    let runtime = layout::runtime(dist);
    let runtime = runtime.canonicalize().about("cannot find", &runtime)?;
    let stdlib = platform.stdlib(&runtime, series);
    let cache = cache()?;
    let tag = format!("cpython-{}", series.replace('.', ""));
    let mut compiler = Sha256::new();
    compiler.update(RECIPE);
    compiler.update(fs::read(&interpreter.library).about("cannot read", &interpreter.library)?);
    let mut missing = Vec::new();
    for name in sources(&stdlib)? {
        let mut digest = compiler.clone();
        digest.update(&name);
        let source = stdlib.join(&name);
        digest.update(fs::read(&source).about("cannot read", &source)?);
        let key: String = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        let source = Source { bytecode: bytecode_of(&stdlib.join(&name), &tag)?, cached: cache.join(key), name };
        if source.cached.is_file() {
            copy::create_folder(source.bytecode.parent().expect("it stands in a folder"))?;
            copy::file(&source.cached, &source.bytecode)?;
        } else {
            missing.push(source);
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    run(&interpreter.path, &stdlib, &missing)?;
    // Sources that are wrong on purpose have no bytecode.
    missing
        .iter()
        .filter(|source| source.bytecode.is_file())
        .try_for_each(|source| keep(&source.bytecode, &source.cached))
}

fn run(interpreter: &Path, stdlib: &Path, sources: &[Source]) -> Result<()> {
    let mut command = Command::new(interpreter);
    let python = system::clear_environment(&mut command)
        // Without `site`, which would run the start-up code of installed packages.
        .args(["-I", "-S", "-B", "-c", include_str!("bytecode.py")])
        .arg(stdlib)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut python = python.spawn().about("cannot run", interpreter)?;
    let names: Vec<&str> = sources.iter().map(|source| source.name.as_str()).collect();
    // If Python ends before it has read the names, its own message says why; the broken pipe does not.
    let sent = python.stdin.take().expect("it is piped").write_all(names.join("\0").as_bytes());
    let output = python.wait_with_output().about("cannot wait for", interpreter)?;
    if !output.status.success() {
        return Err(failed(&output).into());
    }
    Ok(sent.about("cannot send the names of the sources to", interpreter)?)
}

fn failed(output: &Output) -> Problem {
    let what = if output.stdout.starts_with(STARTED) {
        "the standard library does not compile"
    } else {
        "the Python to pack does not start"
    };
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.trim().lines().map(visible).collect::<Vec<_>>().join("\n  ");
    Problem::new(what, format!("{}: {said}", output.status), "cargo pyo3-bundle python")
}

/// The cache is beside this program, in cargo's target folder, so `cargo clean` removes it.
fn cache() -> Result<PathBuf> {
    let cache = std::env::current_exe()?.with_file_name("bytecode");
    fs::create_dir_all(&cache).about("cannot create", &cache)?;
    Ok(cache)
}

/// Puts a file into the cache, complete or not at all, also when two runs keep the same file.
fn keep(bytecode: &Path, cached: &Path) -> Result<()> {
    let partial = cached.with_extension(std::process::id().to_string());
    copy::file(bytecode, &partial)?;
    Ok(fs::rename(&partial, cached).about("cannot create", cached)?)
}

/// `a/b.py` → `a/__pycache__/b.cpython-313.pyc`
fn bytecode_of(source: &Path, tag: &str) -> Result<PathBuf> {
    let stem = source.file_stem().context("a source has a name")?.to_string_lossy();
    Ok(source.with_file_name("__pycache__").join(format!("{stem}.{tag}.pyc")))
}

/// All sources, sorted so that the compiler gets them in the same order every time.
fn sources(stdlib: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for Leaf { path, .. } in tree::leaves(stdlib)? {
        if path.extension().is_none_or(|ending| ending != "py") {
            continue;
        }
        let name = path.strip_prefix(stdlib).expect("it was found below").to_str();
        let not_text = || {
            let hint = format!("ls -lb {}", word(path.parent().unwrap_or(&path)));
            Problem::new(format!("`{}` cannot be compiled", shown(&path)), "its name is not UTF-8", hint)
        };
        found.push(name.ok_or_else(not_text)?.to_owned());
    }
    found.sort();
    Ok(found)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn bytecode_stands_where_python_looks_for_it() {
        let found = bytecode_of(Path::new("/lib/a/__init__.py"), "cpython-313").unwrap();
        assert_eq!(found, Path::new("/lib/a/__pycache__/__init__.cpython-313.pyc"));
    }

    #[test]
    fn sources_are_found_in_every_folder_and_in_order() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("b/c")).unwrap();
        for name in ["z.py", "b/a.py", "b/c/x.py", "b/data.txt"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        assert_eq!(sources(folder.path()).unwrap(), ["b/a.py", "b/c/x.py", "z.py"]);
    }

    #[test]
    fn a_python_that_does_not_start_is_told_in_its_own_words() {
        let runtime = tempfile::tempdir().unwrap();
        let interpreter = layout::interpreter(runtime.path());
        fs::create_dir_all(interpreter.parent().unwrap()).unwrap();
        // A pipe holds so few names also when nobody reads them.
        let sources = [Source { name: "x.py".into(), bytecode: PathBuf::new(), cached: PathBuf::new() }];
        let text = |script: &str| {
            crate::system::write_program(&interpreter, &format!("#!/bin/sh\n{script}\n"));
            run(&interpreter, runtime.path(), &sources).unwrap_err().to_string()
        };
        let dead = text("echo 'libz.so.1: not found' >&2; exit 127");
        assert!(dead.contains("does not start") && dead.contains("status: 127: libz.so.1: not found"), "{dead}");
        let wrong = text("echo started; cat >/dev/null; echo 'cannot compile x.py' >&2; exit 1");
        assert!(wrong.contains("does not compile") && wrong.contains("cannot compile x.py"), "{wrong}");
    }

    #[test]
    fn what_is_kept_is_whole_and_replaces() {
        let folder = tempfile::tempdir().unwrap();
        let (made, cached) = (folder.path().join("made"), folder.path().join("key"));
        for content in ["one", "two"] {
            fs::write(&made, content).unwrap();
            keep(&made, &cached).unwrap();
            assert_eq!(fs::read_to_string(&cached).unwrap(), content);
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
