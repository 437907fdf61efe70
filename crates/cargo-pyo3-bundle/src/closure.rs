//! Closes a staged dist over its native libraries. A library that a file needs and neither the system nor the dist has is
//! copied from this machine into the runtime's library folder, unless the policy leaves it to the system. The program's
//! DT_RPATH leads there, so no file is edited. For Windows nothing is copied, so such a library is an error.

use crate::object::Version;
use crate::platform::{Files, Platform};
use crate::problem::Problem;
use crate::shown::{shown, word};
use crate::tree::{self, Leaf};
use crate::verify::Policy;
use crate::{copy, layout};
use anyhow::Result;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The native files of a staged dist that has every library they need.
#[derive(Debug, Default)]
pub struct Closed {
    pub files: Files,
    /// The libraries that were copied from this machine: the file there, by the soname that it has in the dist.
    pub vendored: BTreeMap<String, PathBuf>,
    /// The sonames that the dist takes from the machine it runs on.
    pub left: BTreeSet<String>,
}

pub fn close(dist: &Path, policy: &Policy, platform: &dyn Platform) -> Result<Closed> {
    let libraries = platform.libraries(&layout::runtime(dist));
    let mut files = native_files(dist, platform)?;
    let mut unseen: Vec<PathBuf> = files.keys().cloned().collect();
    let mut vendored = BTreeMap::new();
    let mut system = None;
    let mut left = BTreeSet::new();
    while let Some(path) = unseen.pop() {
        let name = shown(path.strip_prefix(dist).unwrap_or(&path));
        for soname in files[&path].libraries.clone() {
            let target = libraries.join(&soname);
            if platform.find(&libraries, &soname).is_some() || platform.finds(&files, &files[&path], &soname) {
                continue;
            }
            if platform.provides(&soname) || policy.leaves_to_the_system(platform.format(), &name, &soname) {
                left.insert(soname);
                continue;
            }
            if system.is_none() {
                system = Some(platform.machine_libraries()?);
            }
            let known = system.as_ref().expect("it was just set");
            let source = known.find(&soname, files[&path].machine).ok_or_else(|| missing(&path, &soname, platform))?;
            copy::file(&source, &target)?;
            let found = platform.needs(&target)?.ok_or_else(|| missing(&path, &soname, platform))?;
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
    /// The oldest version of the system's libc that lets the program start.
    pub floor: Option<Version>,
}

pub fn needed_to_start(dist: &Path, binary: &Path, platform: &dyn Platform) -> Result<Start> {
    let libraries = platform.start_libraries(dist);
    let mut start = Start { files: vec![binary.to_path_buf()], system: BTreeSet::new(), floor: None };
    let mut next = 0;
    while let Some(path) = start.files.get(next) {
        next += 1;
        let needs = platform.needs(path)?.ok_or_else(|| {
            let what = format!("`{}` is not native code for {}", shown(path), platform.target());
            Problem::without_hint(what, "the loader could not start it")
        })?;
        start.floor = start.floor.max(needs.floor);
        for soname in needs.libraries {
            match platform.find(&libraries, &soname) {
                None if Path::new(&soname).is_absolute() => {} // no file of the dist can stand in for it
                None => drop(start.system.insert(soname)),
                Some(library) if start.files.contains(&library) => {}
                Some(library) => start.files.push(library),
            }
        }
    }
    Ok(start)
}

fn missing(path: &Path, soname: &str, platform: &dyn Platform) -> Problem {
    // A load command of macOS can be a place.
    if Path::new(soname).is_absolute() {
        let why = format!("`{}` needs it by that path, which a copy in the dist would not change", shown(path));
        let what = format!("`{soname}` is neither in the dist nor of the system");
        return Problem::new(what, why, format!("otool -L {}", word(path)));
    }
    Problem::new(
        format!("`{soname}` is neither in the dist nor on this machine"),
        format!("`{}` needs it, the dist does not have it, and no policy leaves it to the system", shown(path)),
        platform.hint_for(soname),
    )
}

fn native_files(folder: &Path, platform: &dyn Platform) -> Result<Files> {
    let mut found = Files::new();
    for Leaf { path, kind } in tree::leaves(folder)? {
        if kind.is_file()
            && let Some(needs) = platform.needs(&path)?
        {
            found.insert(path, needs);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::fixture;
    use crate::platform;
    use crate::verify::policy::DEFAULT;
    use std::fs;

    #[test]
    fn a_file_finds_its_own_libraries_as_the_loader_would() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("pack")).unwrap();
        fs::create_dir(at("pack.libs")).unwrap();
        fs::write(at("pack.libs/libown.so"), "").unwrap();
        let finds = |paths: &[(u64, &str)]| {
            fs::write(at("pack/core.so"), fixture::elf_of(paths)).unwrap();
            let needs = platform::testing().needs(&at("pack/core.so")).unwrap().unwrap();
            platform::testing().finds(&Files::new(), &needs, "libown.so")
        };
        let (rpath, runpath) = (fixture::RPATH, fixture::RUNPATH);
        for spelling in ["$ORIGIN/../pack.libs", "${ORIGIN}/../pack.libs"] {
            assert!(finds(&[(rpath, spelling)]) && finds(&[(runpath, spelling)]), "{spelling}");
        }
        for other in ["$ORIGINAL/../pack.libs", "../pack.libs", "$ORIGIN"] {
            assert!(!finds(&[(rpath, other)]), "{other}");
        }
        let both = [(rpath, "$ORIGIN/../pack.libs"), (runpath, "$ORIGIN")];
        assert!(!finds(&both), "the loader ignores an RPATH beside a RUNPATH");
    }

    #[test]
    fn a_library_of_a_fixed_place_on_macos_is_the_systems_or_an_error() {
        let dist = tempfile::tempdir().unwrap();
        let (binary, libraries) = (dist.path().join("bin/app-bin"), layout::runtime(dist.path()).join("lib"));
        fs::create_dir_all(&libraries).unwrap();
        fs::create_dir(dist.path().join("bin")).unwrap();
        fs::write(libraries.join("libpython3.13.dylib"), fixture::MachO::default().bytes()).unwrap();
        let macos = platform::of("aarch64-apple-darwin").unwrap();
        let policy = Policy::parse(DEFAULT, "app").unwrap();
        let needing = |library: &str| {
            let needed = ["@rpath/libpython3.13.dylib", "/usr/lib/libSystem.B.dylib", library];
            fs::write(&binary, fixture::MachO { needed: &needed, ..fixture::MachO::default() }.bytes()).unwrap();
            close(dist.path(), &policy, macos)
        };
        let closed = needing("/System/Library/Frameworks/Tk.framework/Tk").unwrap();
        assert_eq!((closed.files.len(), closed.left.len(), closed.vendored.len()), (2, 2, 0));
        let start = needed_to_start(dist.path(), &binary, macos).unwrap();
        assert_eq!((start.files.len(), start.system.len()), (2, 0), "no file in the dist stands in for the system's");
        // A file that is there on the build machine is not on others.
        let library = dist.path().join("libssl.3.dylib");
        fs::write(&library, "").unwrap();
        let text = needing(library.to_str().unwrap()).unwrap_err().to_string();
        assert!(text.contains("libssl.3.dylib` is neither in the dist nor of the system\n"), "{text}");
        assert!(text.contains("/app-bin` needs it by that path") && text.contains("\nhint: otool -L "), "{text}");
        let nowhere = needing("@rpath/libnowhere.dylib").unwrap_err().to_string();
        assert!(nowhere.contains("`libnowhere.dylib` is neither in the dist nor on this machine"), "{nowhere}");
    }

    /// A library of the machine that makes the dist would be of another system.
    #[test]
    fn a_dll_that_is_imported_and_nowhere_is_an_error_and_one_of_windows_is_not() {
        let dist = tempfile::tempdir().unwrap();
        let write = |name: &str, imports: &[&str]| {
            let path = dist.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, fixture::Pe { imports, ..fixture::Pe::default() }.bytes()).unwrap();
        };
        let policy = Policy::parse(DEFAULT, "app").unwrap();
        let closed = || close(dist.path(), &policy, &platform::windows::GNU);
        write("bin/app-bin.exe", &["python313.dll", "KERNEL32.dll"]);
        write("bin/python313.dll", &["ntdll.dll"]);
        write("python/runtime/python313.dll", &[]);
        let left = closed().unwrap().left;
        assert_eq!(left.iter().map(String::as_str).collect::<Vec<_>>(), ["kernel32.dll", "ntdll.dll"]);
        write("python/runtime/DLLs/_x.pyd", &["Strange.dll"]);
        let text = closed().unwrap_err().to_string();
        assert!(text.starts_with("`strange.dll` is neither in the dist nor on this machine\n"), "{text}");
        assert!(text.contains("/DLLs/_x.pyd` needs it") && text.ends_with("\nhint: where.exe strange.dll"), "{text}");
        write("python/runtime/DLLs/strange.dll", &[]);
        assert!(closed().unwrap().vendored.is_empty());
    }

    /// A driver's library is the machine's, wherever it is: it has to fit the kernel there.
    #[test]
    fn what_a_policy_leaves_to_the_system_neither_stops_staging_nor_is_copied() {
        let dist = tempfile::tempdir().unwrap();
        let at = |name: &str| dist.path().join(name);
        fs::create_dir_all(layout::runtime(dist.path()).join("lib")).unwrap();
        fs::create_dir(at("bin")).unwrap();
        fs::write(at("bin/app-bin"), fixture::elf(fixture::NEEDED, 1, "libno-such-driver.so.1")).unwrap();
        let closed = |more: &str| {
            let policy = Policy::parse(&format!("{DEFAULT}\n{more}"), "app").unwrap();
            close(dist.path(), &policy, platform::testing())
        };
        let text = closed("").unwrap_err().to_string();
        assert!(text.contains("`libno-such-driver.so.1` is neither in the dist nor on this machine"), "{text}");
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
}
