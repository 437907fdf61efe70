//! Gives a staged standard library its bytecode, so that nothing is compiled or written at run time. The staged Python
//! compiles, by `bytecode.py`; what it compiled before is taken from a cache beside this program, file by file.

use crate::{copy, layout};
use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A part of the name of every cached file: another recipe makes other bytes.
const RECIPE: &[u8] = include_bytes!("bytecode.py");

struct Source {
    /// Seen from the standard library.
    name: String,
    bytecode: PathBuf,
    cached: PathBuf,
}

pub fn compile(dist: &Path, series: &str) -> Result<()> {
    let runtime = layout::runtime(dist).canonicalize()?;
    let stdlib = layout::stdlib(&runtime, series);
    let cache = cache()?;
    let tag = format!("cpython-{}", series.replace('.', ""));
    let mut compiler = Sha256::new();
    compiler.update(RECIPE);
    compiler.update(fs::read(runtime.join("lib").join(layout::libpython(series)))?);
    let mut missing = Vec::new();
    for name in sources(&stdlib)? {
        let mut digest = compiler.clone();
        digest.update(&name);
        digest.update(fs::read(stdlib.join(&name)).with_context(|| format!("cannot read `{name}`"))?);
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
    run(&runtime, &stdlib, &missing)?;
    // What is wrong on purpose has none.
    missing
        .iter()
        .filter(|source| source.bytecode.is_file())
        .try_for_each(|source| keep(&source.bytecode, &source.cached))
}

fn run(runtime: &Path, stdlib: &Path, sources: &[Source]) -> Result<()> {
    let interpreter = layout::interpreter(runtime);
    let mut python = Command::new(&interpreter)
        // Without `site`: what an installed package runs at every start has no business here.
        .args(["-I", "-S", "-B", "-c", include_str!("bytecode.py")])
        .arg(stdlib)
        .env_clear()
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot run `{}`", interpreter.display()))?;
    let names: Vec<&str> = sources.iter().map(|source| source.name.as_str()).collect();
    python.stdin.take().expect("it is piped").write_all(names.join("\0").as_bytes())?;
    let output = python.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "the standard library does not compile: {}", said.trim());
    Ok(())
}

/// Beside this program, in cargo's target folder: `cargo clean` takes it away.
fn cache() -> Result<PathBuf> {
    let cache = std::env::current_exe()?.with_file_name("bytecode");
    fs::create_dir_all(&cache).with_context(|| format!("cannot create `{}`", cache.display()))?;
    Ok(cache)
}

/// Whole or not at all, also when two runs keep the same.
fn keep(bytecode: &Path, cached: &Path) -> Result<()> {
    let partial = cached.with_extension(std::process::id().to_string());
    copy::file(bytecode, &partial)?;
    fs::rename(&partial, cached).with_context(|| format!("cannot create `{}`", cached.display()))
}

/// `a/b.py` → `a/__pycache__/b.cpython-313.pyc`
fn bytecode_of(source: &Path, tag: &str) -> Result<PathBuf> {
    let stem = source.file_stem().context("a source has a name")?.to_string_lossy();
    Ok(source.with_file_name("__pycache__").join(format!("{stem}.{tag}.pyc")))
}

/// Sorted, so that the compiler is asked the same way every time.
fn sources(stdlib: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let mut folders = vec![stdlib.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| format!("cannot list `{}`", folder.display()))? {
            let entry = entry?;
            let path = entry.path();
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "py") {
                let name = path.strip_prefix(stdlib).expect("it was found below").to_str();
                found.push(name.with_context(|| format!("the name of `{}` is not UTF-8", path.display()))?.to_owned());
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
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
