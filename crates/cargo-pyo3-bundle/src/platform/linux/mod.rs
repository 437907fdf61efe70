//! Linux with glibc: ELF files, the loader's cache, and the packages of dpkg and rpm.

mod packages;

use super::{Files, Libraries, Needs, Package, Platform};
use crate::config::LauncherStyle;
use crate::object::elf;
use crate::problem::{About, Problem};
use crate::shown::word;
use crate::stage;
use anyhow::Result;
use pyo3_bundle_layout::{layout, metadata};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

pub struct Linux {
    target: &'static str,
    arch: &'static str,
}

pub static X86_64: Linux = Linux { target: "x86_64-unknown-linux-gnu", arch: "x86_64" };
pub static AARCH64: Linux = Linux { target: "aarch64-unknown-linux-gnu", arch: "aarch64" };

impl Platform for Linux {
    fn target(&self) -> &'static str {
        self.target
    }

    fn described(&self, files: &Files) -> metadata::Platform {
        // The newest version that any file needs: an older glibc's loader refuses that file.
        let floor = files.values().filter_map(|needs| needs.floor).max();
        metadata::Platform {
            os: "linux".into(),
            arch: self.arch.into(),
            libc: "gnu".into(),
            libc_floor: floor.map(|(major, minor)| format!("{major}.{minor}")),
            ..metadata::Platform::default()
        }
    }

    fn launcher_text(&self, dist: &Path, name: &str, style: LauncherStyle) -> Result<String> {
        let system = stage::launcher::System { name: "linux", sum: "sha256sum" };
        stage::launcher::text(dist, name, style, &system, self)
    }

    fn libpython(&self, series: &str) -> String {
        layout::libpython(series)
    }

    fn provides(&self, library: &str) -> bool {
        layout::is_glibc(library)
    }

    fn needs(&self, path: &Path) -> Result<Option<Needs>> {
        let Some(facts) = elf::read(path)? else { return Ok(None) };
        let folder = path.parent().unwrap_or(path);
        let own = facts.search_path().filter_map(elf::origin);
        let folders = own.map(|rest| folder.join(rest.trim_start_matches('/'))).collect();
        Ok(Some(Needs { machine: facts.machine, floor: facts.glibc, folders, libraries: facts.needed }))
    }

    fn machine_libraries(&self) -> Result<Box<dyn Libraries>> {
        Ok(Box::new(LoaderCache::read()?))
    }

    fn hint_for(&self, library: &str) -> String {
        format!("ldconfig -p | grep -F {}", word(Path::new(library)))
    }

    fn packages(&self, files: &BTreeSet<&Path>) -> Result<BTreeMap<PathBuf, Package>> {
        packages::of(files)
    }
}

/// The libraries that this machine's loader finds, as its cache lists them.
struct LoaderCache {
    by_soname: Vec<(String, PathBuf)>,
}

impl LoaderCache {
    fn read() -> Result<Self> {
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
        Ok(LoaderCache { by_soname: parse(&String::from_utf8_lossy(&output.stdout)) })
    }
}

impl Libraries for LoaderCache {
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
    fn the_floor_is_the_newest_over_all_files() {
        let files = [("a", Some((2, 4))), ("b", Some((2, 17))), ("c", None)];
        let files = files.map(|(name, floor)| (PathBuf::from(name), Needs { floor, ..Needs::default() }));
        assert_eq!(X86_64.described(&files.into()).libc_floor, Some("2.17".into()));
        assert_eq!(AARCH64.described(&Files::new()).libc_floor, None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_library_of_another_machine_is_passed_over() {
        let own = std::env::current_exe().unwrap();
        let machine = elf::read(&own).unwrap().unwrap().machine;
        let cache = LoaderCache { by_soname: vec![("libown.so".into(), own.clone())] };
        assert_eq!(cache.find("libown.so", machine), own.canonicalize().ok());
        assert_eq!(cache.find("libown.so", machine + 1), None);
        assert_eq!(cache.find("libother.so", machine), None);
    }
}
