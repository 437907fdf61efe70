//! macOS: Mach-O files, read here and never asked of `otool`, so a dist can be staged on any machine. Nothing is edited,
//! and a load command names a place, so a library of the build machine is never copied: it would not be found.

mod install_name;

use super::{Files, Libraries, Needs, Package, Platform};
use crate::config::LauncherStyle;
use crate::object::macho::{self, MachO};
use crate::shown::word;
use crate::stage;
use anyhow::Result;
use pyo3_bundle_layout::{layout, metadata};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

pub struct Macos {
    target: &'static str,
    arch: &'static str,
    cpu: u32,
}

pub static AARCH64: Macos =
    Macos { target: "aarch64-apple-darwin", arch: "aarch64", cpu: object::macho::CPU_TYPE_ARM64.0 };
pub static X86_64: Macos =
    Macos { target: "x86_64-apple-darwin", arch: "x86_64", cpu: object::macho::CPU_TYPE_X86_64.0 };

impl Platform for Macos {
    fn target(&self) -> &'static str {
        self.target
    }

    fn described(&self, files: &Files) -> metadata::Platform {
        // The newest version that any file needs: an older macOS refuses that file.
        let floor = files.values().filter_map(|needs| needs.floor).max();
        metadata::Platform {
            os: "macos".into(),
            arch: self.arch.into(),
            os_floor: floor.map(|(major, minor)| format!("{major}.{minor}")),
            ..metadata::Platform::default()
        }
    }

    fn launcher_text(&self, dist: &Path, name: &str, style: LauncherStyle) -> Result<String> {
        let system = stage::launcher::System { name: "macos", sum: "shasum -a 256" };
        stage::launcher::text(dist, name, style, &system, self)
    }

    fn libpython(&self, series: &str) -> String {
        layout::libpython_of_macos(series)
    }

    /// The load commands of the system's libraries are their places. Most of them are no files: dyld has them in a cache.
    fn provides(&self, library: &str) -> bool {
        layout::is_of_macos(library)
    }

    fn needs(&self, path: &Path) -> Result<Option<Needs>> {
        let parts = macho::read(path)?.unwrap_or_default();
        Ok(parts.iter().find(|part| part.cpu == self.cpu).map(|part| needs(path, part)))
    }

    fn settle(&self, libpython: &Path) -> Result<()> {
        install_name::restore(libpython)
    }

    /// A load command that is no name from a search path is a place outside of the dist.
    fn find(&self, folder: &Path, library: &str) -> Option<PathBuf> {
        Some(folder.join(library)).filter(|path| Path::new(library).is_relative() && path.is_file())
    }

    fn machine_libraries(&self) -> Result<Box<dyn Libraries>> {
        Ok(Box::new(Nowhere))
    }

    fn hint_for(&self, library: &str) -> String {
        let name = Path::new(library).file_name().unwrap_or_default();
        format!("mdfind -name {}", word(Path::new(name)))
    }

    fn packages(&self, _files: &BTreeSet<&Path>) -> Result<BTreeMap<PathBuf, Package>> {
        Ok(BTreeMap::new())
    }
}

/// What one architecture of a file needs. A path from the file's own place becomes a folder and a name.
fn needs(path: &Path, part: &MachO) -> Needs {
    let folder = path.parent().unwrap_or(path);
    let resolved = |path: &str| {
        let (place, rest) = path.split_once('/').unwrap_or((path, ""));
        let is_own = place == "@loader_path" || place == "@executable_path" && folder.ends_with(layout::BIN);
        is_own.then(|| folder.join(rest))
    };
    let mut needs = Needs {
        floor: part.minos,
        folders: part.rpaths.iter().filter_map(|path| resolved(path)).collect(),
        ..Needs::default()
    };
    for library in &part.needed {
        let by_place = resolved(library);
        let by_name = by_place.as_ref().and_then(|path| Some((path.parent()?, path.file_name()?.to_str()?)));
        let (place, name) = by_name.unzip();
        needs.folders.extend(place.map(Path::to_path_buf));
        let name = name.or_else(|| library.strip_prefix("@rpath/")).unwrap_or(library);
        needs.libraries.push(name.to_owned());
    }
    needs
}

/// No library of the build machine is taken.
struct Nowhere;

impl Libraries for Nowhere {
    fn find(&self, _library: &str, _machine: u16) -> Option<PathBuf> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::fixture;

    #[test]
    fn a_library_is_needed_by_name_or_by_its_place_from_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().join("bin/app");
        std::fs::create_dir(at.parent().unwrap()).unwrap();
        let file = fixture::MachO {
            rpaths: &["@executable_path/../python/runtime/lib", "@loader_path/x", "/opt/lib"],
            needed: &["@rpath/libpython3.13.dylib", "@loader_path/../own/libz.dylib", "/usr/lib/libSystem.B.dylib"],
            minos: 12,
            ..fixture::MachO::default()
        };
        std::fs::write(&at, file.bytes()).unwrap();
        let own = at.parent().unwrap();
        let needs = AARCH64.needs(&at).unwrap().unwrap();
        assert_eq!(needs.libraries, ["libpython3.13.dylib", "libz.dylib", "/usr/lib/libSystem.B.dylib"]);
        assert_eq!(needs.folders, ["../python/runtime/lib", "x", "../own"].map(|path| own.join(path)));
        assert_eq!(needs.floor, Some((12, 0)));
        assert_eq!(X86_64.needs(&at).unwrap(), None, "the file is for the other architecture");
        // `@executable_path` is the folder of another file, as long as a library is not beside its program.
        std::fs::rename(&at, folder.path().join("app")).unwrap();
        let needs = AARCH64.needs(&folder.path().join("app")).unwrap().unwrap();
        assert_eq!(needs.folders.len(), 2);
        assert!(AARCH64.provides("/usr/lib/libSystem.B.dylib") && !AARCH64.provides("/usr/local/lib/libz.dylib"));
    }

    #[test]
    fn the_floor_is_the_newest_macos_over_all_files() {
        let files = [("a", Some((11, 0))), ("b", Some((12, 3))), ("c", None)];
        let files = files.map(|(name, floor)| (PathBuf::from(name), Needs { floor, ..Needs::default() }));
        let described = X86_64.described(&files.into());
        assert_eq!((described.os.as_str(), described.os_floor.as_deref()), ("macos", Some("12.3")));
        assert_eq!((described.libc, described.libc_floor), (String::new(), None));
    }
}
