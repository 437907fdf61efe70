//! Closes a staged dist over its native libraries. A library that an ELF file needs and neither glibc nor the dist has
//! is copied from this machine into the runtime's library folder. The program's DT_RPATH leads there, so no file is
//! edited.

use crate::object::elf;
use crate::problem::{About, Problem};
use crate::shown::{shown, word};
use crate::{copy, layout};
use anyhow::Result;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The ELF files of a staged dist that has every library they need.
#[derive(Debug, Default)]
pub struct Closed {
    pub files: BTreeMap<PathBuf, elf::Elf>,
    /// The libraries that were copied from this machine: the file there, by the soname that it has in the dist.
    pub vendored: BTreeMap<String, PathBuf>,
}

pub fn close(dist: &Path) -> Result<Closed> {
    let libraries = layout::runtime(dist).join("lib");
    let mut files = elf_files(dist)?;
    let mut unseen: Vec<PathBuf> = files.keys().cloned().collect();
    let mut vendored = BTreeMap::new();
    let mut system = None;
    while let Some(path) = unseen.pop() {
        for soname in files[&path].needed.clone() {
            let target = libraries.join(&soname);
            if layout::is_glibc(&soname) || target.exists() || finds_by_itself(&path, &files[&path], &soname) {
                continue;
            }
            if system.is_none() {
                system = Some(SystemLibraries::of_loader_cache()?);
            }
            let known = system.as_ref().expect("it was just set");
            let source = known.find(&soname, files[&path].machine).ok_or_else(|| missing(&path, &soname))?;
            copy::file(&source, &target)?;
            let found = elf::read(&target)?.ok_or_else(|| missing(&path, &soname))?;
            files.insert(target.clone(), found);
            unseen.push(target);
            vendored.insert(soname, source);
        }
    }
    Ok(Closed { files, vendored })
}

/// The files that the loader opens before a program runs.
pub struct Start {
    /// In the dist: the program and the libraries that it needs, directly or not.
    pub files: Vec<PathBuf>,
    /// Libraries of the system, by soname.
    pub system: BTreeSet<String>,
}

pub fn needed_to_start(dist: &Path, binary: &Path) -> Result<Start> {
    let libraries = layout::runtime(dist).join("lib");
    let mut start = Start { files: vec![binary.to_path_buf()], system: BTreeSet::new() };
    let mut next = 0;
    while let Some(path) = start.files.get(next) {
        next += 1;
        let facts = elf::read(path)?.ok_or_else(|| {
            Problem::without_hint(format!("`{}` is not an ELF file", shown(path)), "the loader could not start it")
        })?;
        for soname in facts.needed {
            let library = libraries.join(&soname);
            if !library.is_file() {
                start.system.insert(soname);
            } else if !start.files.contains(&library) {
                start.files.push(library);
            }
        }
    }
    Ok(start)
}

/// Whether a file's own search path leads to the library, as in a wheel that brings its own libraries.
fn finds_by_itself(path: &Path, facts: &elf::Elf, soname: &str) -> bool {
    let Some(folder) = path.parent() else { return false };
    let mut own = facts.search_path().filter_map(elf::origin);
    own.any(|rest| folder.join(rest.trim_start_matches('/')).join(soname).is_file())
}

fn missing(path: &Path, soname: &str) -> Problem {
    Problem::new(
        format!("`{soname}` is not on this machine"),
        format!("`{}` needs it, and neither glibc nor the dist has it", shown(path)),
        format!("ldconfig -p | grep -F {}", word(Path::new(soname))),
    )
}

fn elf_files(folder: &Path) -> Result<BTreeMap<PathBuf, elf::Elf>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).about("cannot list", folder)? {
        let entry = entry.about("cannot list", folder)?;
        let kind = entry.file_type().about("cannot read", &entry.path())?;
        if kind.is_dir() {
            found.append(&mut elf_files(&entry.path())?);
        } else if kind.is_file()
            && let Some(facts) = elf::read(&entry.path())?
        {
            found.insert(entry.path(), facts);
        }
    }
    Ok(found)
}

/// The libraries that this machine's loader finds, as its cache lists them.
struct SystemLibraries {
    by_soname: Vec<(String, PathBuf)>,
}

impl SystemLibraries {
    fn of_loader_cache() -> Result<Self> {
        let path = std::env::var("PATH").unwrap_or_default();
        // Debian keeps ldconfig in a folder that is not on a plain user's PATH.
        let ldconfig = which::which_in("ldconfig", Some(format!("{path}:/sbin:/usr/sbin")), "/").map_err(|error| {
            Problem::new(
                "cannot find `ldconfig`",
                format!("it lists this machine's native libraries: {error}"),
                "apt-get install libc-bin",
            )
        })?;
        let output = Command::new(&ldconfig).arg("-p").output().about("cannot run", &ldconfig)?;
        Ok(SystemLibraries { by_soname: parse(&String::from_utf8_lossy(&output.stdout)) })
    }

    fn find(&self, soname: &str, machine: u16) -> Option<PathBuf> {
        let candidates = self.by_soname.iter().filter(|(name, _)| name == soname);
        let fits = |path: &&PathBuf| matches!(elf::read(path), Ok(Some(facts)) if facts.machine == machine);
        candidates.map(|(_, path)| path).find(fits).and_then(|path| path.canonicalize().ok())
    }
}

/// `libz.so.1 (libc6,x86-64) => /lib/x86_64-linux-gnu/libz.so.1`
fn parse(cache: &str) -> Vec<(String, PathBuf)> {
    let entry = |line: &str| {
        let (left, path) = line.split_once(" => ")?;
        Some((left.split_whitespace().next()?.to_owned(), PathBuf::from(path)))
    };
    cache.lines().filter_map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loader_cache_is_read() {
        let cache = "2 libs found in cache `/etc/ld.so.cache'\n\
            \tlibz.so.1 (libc6,x86-64) => /lib/x86_64-linux-gnu/libz.so.1\n\
            \tlibc.so.6 (libc6,x86-64, OS ABI: Linux 3.2.0) => /lib/libc.so.6\n";
        let pairs = [("libz.so.1", "/lib/x86_64-linux-gnu/libz.so.1"), ("libc.so.6", "/lib/libc.so.6")];
        assert_eq!(parse(cache), pairs.map(|(name, path)| (name.to_owned(), PathBuf::from(path))));
    }

    #[test]
    fn a_file_finds_its_own_libraries_as_the_loader_would() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("pack")).unwrap();
        fs::create_dir(at("pack.libs")).unwrap();
        fs::write(at("pack.libs/libown.so"), "").unwrap();
        let path = |text: &str| Some(vec![text.to_owned()]);
        let finds = |rpath, runpath| {
            let facts = elf::Elf { rpath, runpath, ..elf::Elf::default() };
            finds_by_itself(&at("pack/core.so"), &facts, "libown.so")
        };
        for spelling in ["$ORIGIN/../pack.libs", "${ORIGIN}/../pack.libs"] {
            assert!(finds(path(spelling), None) && finds(None, path(spelling)), "{spelling}");
        }
        for other in ["$ORIGINAL/../pack.libs", "../pack.libs", "$ORIGIN"] {
            assert!(!finds(path(other), None), "{other}");
        }
        assert!(!finds(path("$ORIGIN/../pack.libs"), path("$ORIGIN")), "the loader ignores an RPATH beside a RUNPATH");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_library_of_another_machine_is_passed_over() {
        let own = std::env::current_exe().unwrap();
        let machine = elf::read(&own).unwrap().unwrap().machine;
        let system = SystemLibraries { by_soname: vec![("libown.so".into(), own.clone())] };
        assert_eq!(system.find("libown.so", machine), own.canonicalize().ok());
        assert_eq!(system.find("libown.so", machine + 1), None);
        assert_eq!(system.find("libother.so", machine), None);
    }
}
