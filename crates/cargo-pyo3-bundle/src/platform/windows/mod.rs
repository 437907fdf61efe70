//! Windows: PE files, which have no search path, so the libraries of the Python also stand beside the program; a launcher
//! for `cmd`; no package manager.

mod launcher;
mod system;

pub use system::SYSTEM;

use super::{Files, Libraries, Needs, Package, Platform};
use crate::config::LauncherStyle;
use crate::object::Native;
use crate::problem::{About, Problem};
use crate::shown::{shown, word};
use crate::tree;
use anyhow::Result;
use pyo3_bundle_layout::{layout, metadata};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::DirEntry;
use std::path::{Path, PathBuf};

pub struct Windows {
    target: &'static str,
    /// The toolchain, as rustc's `target_env` has it.
    env: &'static str,
}

pub static MSVC: Windows = Windows { target: "x86_64-pc-windows-msvc", env: "msvc" };
pub static GNU: Windows = Windows { target: "x86_64-pc-windows-gnu", env: "gnu" };

impl Platform for Windows {
    fn target(&self) -> &'static str {
        self.target
    }

    fn described(&self, _files: &Files) -> metadata::Platform {
        metadata::Platform {
            os: "windows".into(),
            arch: "x86_64".into(),
            libc: self.env.into(),
            ..metadata::Platform::default()
        }
    }

    fn binary(&self, dist: &Path, name: &str) -> PathBuf {
        layout::windows::binary(dist, name)
    }

    fn launcher(&self, dist: &Path, name: &str) -> PathBuf {
        layout::windows::launcher(dist, name)
    }

    fn built(&self, name: &str) -> String {
        format!("{name}.exe")
    }

    fn launcher_text(&self, dist: &Path, name: &str, style: LauncherStyle) -> Result<String> {
        launcher::text(dist, name, style, self)
    }

    fn interpreter(&self, runtime: &Path) -> PathBuf {
        layout::windows::interpreter(runtime)
    }

    fn stdlib(&self, runtime: &Path, series: &str) -> PathBuf {
        layout::windows::stdlib(runtime, series)
    }

    fn libraries(&self, runtime: &Path) -> PathBuf {
        runtime.to_path_buf()
    }

    /// What stands beside `python.exe`: `python313.dll`, its runtime libraries, and `python3.dll` for modules of the stable
    /// ABI, which may be installed later.
    fn beside_program(&self, runtime: &Path) -> Result<Vec<PathBuf>> {
        let files = tree::entries(runtime)?.into_iter().map(|entry| entry.path());
        Ok(files.filter(|path| path.is_file() && has_ending(path, "dll")).collect())
    }

    /// `Scripts` has programs that name the interpreter by a path of the machine that installed them. `python -m` starts
    /// the same modules.
    fn leaves_out(&self, relative: &Path) -> bool {
        relative == Path::new("Scripts")
    }

    fn libpython(&self, series: &str) -> String {
        layout::windows::libpython(series)
    }

    fn is_libpython(&self, library: &str) -> bool {
        library.starts_with("python3") && library != "python3.dll"
    }

    fn is_library(&self, name: &str) -> bool {
        has_ending(Path::new(name), "dll")
    }

    fn provides(&self, library: &str) -> bool {
        system::has(library)
    }

    /// The names are in lower case, because Windows finds a file by any case of its name.
    fn needs(&self, path: &Path) -> Result<Option<Needs>> {
        match Native::of(&std::fs::read(path).about("cannot read", path)?) {
            Native::Pe(pe) => Ok(Some(Needs {
                machine: pe.machine,
                libraries: pe.imports.iter().map(|name| name.to_lowercase()).collect(),
                folders: path.parent().into_iter().map(Path::to_path_buf).collect(),
                floor: None,
            })),
            Native::Damaged(crate::object::Format::Pe, why) => {
                let hint = format!("llvm-readobj --file-headers --coff-imports {}", word(path));
                Err(Problem::new(format!("`{}` is a damaged PE file", shown(path)), why, hint).into())
            }
            _ => Ok(None),
        }
    }

    fn find(&self, folder: &Path, library: &str) -> Option<PathBuf> {
        let exact = folder.join(library);
        if exact.is_file() {
            return Some(exact);
        }
        let fits = |entry: &DirEntry| entry.file_name().eq_ignore_ascii_case(library) && entry.path().is_file();
        tree::entries(folder).ok()?.iter().find(|entry| fits(entry)).map(DirEntry::path)
    }

    /// A wheel adds the folders of its libraries when it is imported (`os.add_dll_directory`), so a file cannot tell them:
    /// `verify` asks the policy.
    fn finds(&self, files: &Files, _needs: &Needs, library: &str) -> bool {
        files.keys().any(|path| path.file_name().is_some_and(|name| name.eq_ignore_ascii_case(library)))
    }

    fn start_libraries(&self, dist: &Path) -> PathBuf {
        dist.join(layout::BIN)
    }

    fn machine_libraries(&self) -> Result<Box<dyn Libraries>> {
        Ok(Box::new(Nothing))
    }

    fn hint_for(&self, library: &str) -> String {
        format!("where.exe {}", word(Path::new(library)))
    }

    fn packages(&self, _files: &BTreeSet<&Path>) -> Result<BTreeMap<PathBuf, Package>> {
        Ok(BTreeMap::new())
    }
}

/// Windows has no list of libraries that are meant for others, so none is copied from the machine.
struct Nothing;

impl Libraries for Nothing {
    fn find(&self, _library: &str, _machine: u16) -> Option<PathBuf> {
        None
    }
}

fn has_ending(path: &Path, wanted: &str) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::fixture;
    use std::fs;

    #[test]
    fn what_stands_beside_the_interpreter_comes_beside_the_program() {
        let runtime = tempfile::tempdir().unwrap();
        for name in ["python.exe", "python3.dll", "python313.DLL", "vcruntime140.dll", "LICENSE.txt"] {
            fs::write(runtime.path().join(name), "").unwrap();
        }
        fs::create_dir(runtime.path().join("DLLs")).unwrap();
        let found = MSVC.beside_program(runtime.path()).unwrap();
        let names: Vec<_> = found.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
        assert_eq!(names, ["python3.dll", "python313.DLL", "vcruntime140.dll"]);
    }

    #[test]
    fn libraries_are_known_and_found_in_any_case() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.pyd");
        fs::write(&path, fixture::Pe { imports: &["VCRUNTIME140.dll"], ..fixture::Pe::default() }.bytes()).unwrap();
        assert_eq!(GNU.needs(&path).unwrap().unwrap().libraries, ["vcruntime140.dll"]);
        assert_eq!(GNU.find(folder.path(), "vcruntime140.dll"), None);
        fs::write(folder.path().join("VCRuntime140.dll"), "").unwrap();
        assert_eq!(GNU.find(folder.path(), "vcruntime140.dll"), Some(folder.path().join("VCRuntime140.dll")));
        assert!(
            GNU.is_libpython("python313.dll") && !GNU.is_libpython("python3.dll") && !GNU.is_libpython("pythoncom.dll")
        );
        fs::write(&path, "text").unwrap();
        assert_eq!(GNU.needs(&path).unwrap(), None);
        fs::write(&path, &fixture::Pe::default().bytes()[..200]).unwrap();
        let text = GNU.needs(&path).unwrap_err().to_string();
        assert!(text.contains("/x.pyd` is a damaged PE file") && text.contains("\nhint: llvm-readobj "), "{text}");
    }
}
