//! The dist contract as names and joined paths. std-only.
//! What is written to those places is decided elsewhere.

use std::path::{Path, PathBuf};

/// The place of the embedded Python, relative to the root of a dist and to cargo's target folder.
pub const RUNTIME: &str = "python/runtime";

/// The folder of the program in a dist. In cargo's target folder the profile's folder is in its place.
pub const BIN: &str = "bin";

/// Where the loader looks for libpython and the native libraries, relative to the program's folder.
pub const LIBRARIES_FROM_BINARY: &str = "../python/runtime/lib";

/// The file in which a dist describes itself.
pub const METADATA: &str = "metadata.json";

/// The file with the sha256 of every other file of a dist.
pub const SUMS: &str = "SHA256SUMS";

/// The bill of materials of a dist, in CycloneDX.
pub const SBOM: &str = "sbom.cdx.json";

/// The folder of the licence texts of its components.
pub const LICENSES: &str = "licenses";

/// The text in a program that comes before the sha256 of the libpython that it was linked against.
pub const LINKED_LIBRARY: &str = "linked-libpython:sha256:";

/// The variable by which a program that calls `pyo3_bundle::init()` checks its Python instead of running: `1`, or
/// `json` for the whole report.
pub const SMOKE_VARIABLE: &str = "PYO3_BUNDLE_SMOKE";

/// The command that installs the Python that an application is built with.
pub const INSTALL_PYTHON: &str = "cargo pyo3-bundle python";

/// `<dist>/bin/<name>-bin`. The launcher has the name that users type, so the program needs another.
pub fn binary(dist: &Path, name: &str) -> PathBuf {
    dist.join(BIN).join(format!("{name}-bin"))
}

/// `<dist>/<name>`
pub fn launcher(dist: &Path, name: &str) -> PathBuf {
    dist.join(name)
}

/// `<root>/python/runtime`
pub fn runtime(root: &Path) -> PathBuf {
    // Name by name, because what runs in it compares paths by their texts, and Windows has a separator of its own.
    root.join(Path::new(RUNTIME).components().collect::<PathBuf>())
}

/// The root of the dist (or cargo's target folder) that a program belongs to: the parent of its folder.
pub fn root_of_binary(binary: &Path) -> Option<&Path> {
    binary.parent()?.parent()
}

/// `<runtime>/lib/python3.13`
pub fn stdlib(runtime: &Path, series: &str) -> PathBuf {
    runtime.join("lib").join(format!("python{series}"))
}

/// `<stdlib>/ensurepip/_bundled`, whose wheels `python -m venv` installs.
pub fn bundled_wheels(stdlib: &Path) -> PathBuf {
    stdlib.join("ensurepip/_bundled")
}

/// `libpython3.13.so.1.0`, the soname that the program needs.
pub fn libpython(series: &str) -> String {
    format!("libpython{series}.so.1.0")
}

/// `<runtime>/bin/python3`, the value of `sys.executable`.
pub fn interpreter(runtime: &Path) -> PathBuf {
    runtime.join("bin").join("python3")
}

/// The places that differ in a dist for Windows. The functions above have the same names and are for all other systems.
pub mod windows {
    use super::{BIN, Path, PathBuf};

    /// `<dist>\bin\<name>-bin.exe`, with the libraries that it loads beside it: PE has no search path.
    pub fn binary(dist: &Path, name: &str) -> PathBuf {
        dist.join(BIN).join(format!("{name}-bin.exe"))
    }

    /// `<dist>\<name>.cmd`
    pub fn launcher(dist: &Path, name: &str) -> PathBuf {
        dist.join(format!("{name}.cmd"))
    }

    /// `<runtime>\Lib`, which has no series in its name.
    pub fn stdlib(runtime: &Path, _series: &str) -> PathBuf {
        runtime.join("Lib")
    }

    /// `python313.dll`, which the program imports.
    pub fn libpython(series: &str) -> String {
        format!("python{}.dll", series.replace('.', ""))
    }

    /// `<runtime>\python.exe`, the value of `sys.executable`.
    pub fn interpreter(runtime: &Path) -> PathBuf {
        runtime.join("python.exe")
    }
}

/// The libraries that a dist takes from the machine it runs on: those of glibc with its loader. No other list has them;
/// a policy calls them `{glibc}` and may add others.
pub const GLIBC: [&str; 12] = [
    "ld-linux-aarch64.so.1",
    "ld-linux-x86-64.so.2",
    "libanl.so.1",
    "libc.so.6",
    "libdl.so.2",
    "libm.so.6",
    "libmvec.so.1",
    "libnss_files.so.2",
    "libpthread.so.0",
    "libresolv.so.2",
    "librt.so.1",
    "libutil.so.1",
];

/// Whether a soname, as in DT_NEEDED, is one of glibc's.
pub fn is_glibc(soname: &str) -> bool {
    GLIBC.contains(&soname)
}

/// Whether the name of a mapped file is one of glibc's. Before 2.34 its files had names such as `libm-2.31.so`.
pub fn is_glibc_file(name: &str) -> bool {
    let versioned = |soname: &str| {
        let stem = if soname.starts_with("ld-") { "ld" } else { soname.split(".so").next().unwrap_or(soname) };
        name.strip_prefix(stem).is_some_and(|rest| rest.starts_with("-2.") && rest.ends_with(".so"))
    };
    is_glibc(name) || GLIBC.iter().any(|soname| versioned(soname))
}

/// The folders of the libraries that a dist takes from macOS, which protects them. A policy calls them `{macos}`.
pub const MACOS: [&str; 2] = ["/usr/lib/", "/System/Library/"];

/// Whether a library, by its place, is one of macOS.
pub fn is_of_macos(place: &str) -> bool {
    MACOS.iter().any(|folder| place.starts_with(folder))
}

/// `libpython3.13.dylib`, the name of the library on macOS.
pub fn libpython_of_macos(series: &str) -> String {
    format!("libpython{series}.dylib")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_search_path_leads_from_the_binary_to_the_runtime() {
        let binary = binary(Path::new("/d"), "app");
        let root = root_of_binary(&binary).unwrap();
        assert_eq!(root, Path::new("/d"));
        assert_eq!(LIBRARIES_FROM_BINARY, format!("../{RUNTIME}/lib"));
        assert_eq!(runtime(root), Path::new("/d/python/runtime"));
    }

    #[test]
    fn a_dist_for_windows_has_what_a_python_of_windows_has_at_its_places() {
        let (dist, runtime) = (Path::new("d"), Path::new("r"));
        assert_eq!(windows::binary(dist, "app"), Path::new("d/bin/app-bin.exe"));
        assert_eq!(windows::launcher(dist, "app"), Path::new("d/app.cmd"));
        assert_eq!(windows::stdlib(runtime, "3.13"), Path::new("r/Lib"));
        assert_eq!(windows::interpreter(runtime), Path::new("r/python.exe"));
        assert_eq!(windows::libpython("3.13"), "python313.dll");
        assert_eq!(root_of_binary(&windows::binary(dist, "app")), Some(dist));
    }

    #[test]
    fn glibc_is_known_by_soname_and_by_its_older_file_names() {
        assert!(is_glibc("libc.so.6") && is_glibc("ld-linux-x86-64.so.2"));
        assert!(is_glibc_file("libc.so.6") && is_glibc_file("libm-2.31.so") && is_glibc_file("ld-2.31.so"));
        for other in ["libgcc_s.so.1", "libcrypto.so.3", "libc.so.6 (deleted)", "libm-2.31.txt", ""] {
            assert!(!is_glibc(other) && !is_glibc_file(other), "{other}");
        }
    }
}
