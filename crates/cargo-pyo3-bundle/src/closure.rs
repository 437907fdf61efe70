//! Closes a staged dist over its native libraries. A library that an ELF file needs and neither glibc nor the dist has
//! is copied from this machine into the runtime's library folder, unless the policy leaves it to the system. The program's DT_RPATH leads there, so no file is
//! edited.

use crate::object::elf;
use crate::problem::{About, Problem};
use crate::shown::{shown, word};
use crate::tree::{self, Leaf};
use crate::verify::Policy;
use crate::{copy, layout};
use anyhow::Result;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The ELF files of a staged dist that has every library they need.
#[derive(Debug, Default)]
pub struct Closed {
    pub files: BTreeMap<PathBuf, elf::Elf>,
    /// The libraries that were copied from this machine: the file there, by the soname that it has in the dist.
    pub vendored: BTreeMap<String, PathBuf>,
    /// The sonames that the dist takes from the machine it runs on.
    pub left: BTreeSet<String>,
}

pub fn close(dist: &Path, policy: &Policy) -> Result<Closed> {
    let libraries = layout::runtime(dist).join("lib");
    let mut files = elf_files(dist)?;
    let mut unseen: Vec<PathBuf> = files.keys().cloned().collect();
    let mut vendored = BTreeMap::new();
    let mut system = None;
    let mut left = BTreeSet::new();
    while let Some(path) = unseen.pop() {
        let name = shown(path.strip_prefix(dist).unwrap_or(&path));
        for soname in files[&path].needed.clone() {
            let target = libraries.join(&soname);
            if target.exists() || finds_by_itself(&path, &files[&path], &soname) {
                continue;
            }
            if policy.leaves_to_the_system(&name, &soname) {
                left.insert(soname);
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
    Ok(Closed { files, vendored, left })
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
        format!("`{}` needs it, the dist does not have it, and no policy leaves it to the system", shown(path)),
        format!("ldconfig -p | grep -F {}", word(Path::new(soname))),
    )
}

fn elf_files(folder: &Path) -> Result<BTreeMap<PathBuf, elf::Elf>> {
    let mut found = BTreeMap::new();
    for Leaf { path, kind } in tree::leaves(folder)? {
        if kind.is_file()
            && let Some(facts) = elf::read(&path)?
        {
            found.insert(path, facts);
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
    use crate::object::fixture;
    use crate::verify::policy::DEFAULT;
    use std::fs;

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

    /// A driver's library is the machine's, wherever it is: it has to fit the kernel there.
    #[test]
    fn what_a_policy_leaves_to_the_system_neither_stops_staging_nor_is_copied() {
        let dist = tempfile::tempdir().unwrap();
        let at = |name: &str| dist.path().join(name);
        fs::create_dir_all(layout::runtime(dist.path()).join("lib")).unwrap();
        fs::create_dir(at("bin")).unwrap();
        fs::write(at("bin/app-bin"), fixture::elf(fixture::NEEDED, 1, "libno-such-driver.so.1")).unwrap();
        let closed = |more: &str| close(dist.path(), &Policy::parse(&format!("{DEFAULT}\n{more}"), "app").unwrap());
        let text = closed("").unwrap_err().to_string();
        assert!(text.contains("`libno-such-driver.so.1` is not on this machine"), "{text}");
        let of_all = "[[elf.system]]\nnames = [\"libno-such-*\"]\nreason = \"a driver\"\n";
        let of_one = "[[allow]]\nid = \"foreign-needed\"\nfiles = [\"bin/*\"]\ntext = \"libno-such-driver.so.1 \"\n\
            reason = \"a driver\"\n";
        for more in [of_all, of_one] {
            let closed = closed(more).unwrap();
            assert_eq!((closed.vendored, closed.left), ([].into(), ["libno-such-driver.so.1".to_owned()].into()));
        }
        assert!(closed(&of_one.replace("bin/*", "lib/*")).is_err(), "another file is not allowed to need it");
        // This machine has it: rustc's programs need it.
        fs::write(at("bin/app-bin"), fixture::elf(fixture::NEEDED, 1, "libgcc_s.so.1")).unwrap();
        assert!(closed(&of_all.replace("libno-such-*", "libgcc_s.so.*")).unwrap().vendored.is_empty());
        assert_eq!(fs::read_dir(layout::runtime(dist.path()).join("lib")).unwrap().count(), 0);
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
