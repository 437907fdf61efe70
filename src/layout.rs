//! The dist contract as names and joins, std-only: build.rs, the program and the packager read it from here.
//! What is written into those places is left to them.

use std::path::{Path, PathBuf};

/// Where the embedded Python stands, seen from the root of a dist (and from cargo's target folder).
pub const RUNTIME: &str = "python/runtime";

/// The folder of the binary in a dist. In cargo's target folder the profile's folder stands in its place.
pub const BIN: &str = "bin";

/// Where the loader looks for libpython and the native libraries, seen from the binary's folder.
pub const LIBRARIES_FROM_BINARY: &str = "../python/runtime/lib";

/// What a dist says of itself.
pub const METADATA: &str = "metadata.json";

/// The sha256 of every other file of a dist.
pub const SUMS: &str = "SHA256SUMS";

/// What a dist is made of: CycloneDX.
pub const SBOM: &str = "sbom.cdx.json";

/// The folder of the texts that its components are under.
pub const LICENSES: &str = "licenses";

/// What stands in a program before the sha256 of the libpython that it was linked against.
pub const LINKED_LIBRARY: &str = "linked-libpython:sha256:";

/// `<dist>/bin/<name>-bin`: the name of the launcher is the one people type, so the binary needs another.
pub fn binary(dist: &Path, name: &str) -> PathBuf {
    dist.join(BIN).join(format!("{name}-bin"))
}

/// `<dist>/<name>`
pub fn launcher(dist: &Path, name: &str) -> PathBuf {
    dist.join(name)
}

/// `<root>/python/runtime`
pub fn runtime(root: &Path) -> PathBuf {
    root.join(RUNTIME)
}

/// The root of the dist (or cargo's target folder) that a binary belongs to: the parent of its own folder.
pub fn root_of_binary(binary: &Path) -> Option<&Path> {
    binary.parent()?.parent()
}

/// `<runtime>/lib/python3.13`
pub fn stdlib(runtime: &Path, series: &str) -> PathBuf {
    runtime.join("lib").join(format!("python{series}"))
}

/// `libpython3.13.so.1.0`: the soname that the binary asks for.
pub fn libpython(series: &str) -> String {
    format!("libpython{series}.so.1.0")
}

/// `<runtime>/bin/python3`, what `sys.executable` names.
pub fn interpreter(runtime: &Path) -> PathBuf {
    runtime.join("bin").join("python3")
}

/// What a dist takes from the machine it runs on, and the only thing it does: glibc's libraries and its loader.
const GLIBC: [&str; 12] = [
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

/// By soname, as DT_NEEDED has it.
pub fn is_glibc(soname: &str) -> bool {
    GLIBC.contains(&soname)
}

/// By file name, as a process has it mapped: before 2.34 glibc's files were called `libm-2.31.so`.
pub fn is_glibc_file(name: &str) -> bool {
    let versioned = |soname: &str| {
        let stem = if soname.starts_with("ld-") { "ld" } else { soname.split(".so").next().unwrap_or(soname) };
        name.strip_prefix(stem).is_some_and(|rest| rest.starts_with("-2.") && rest.ends_with(".so"))
    };
    is_glibc(name) || GLIBC.iter().any(|soname| versioned(soname))
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
    fn glibc_is_known_by_soname_and_by_its_older_file_names() {
        assert!(is_glibc("libc.so.6") && is_glibc("ld-linux-x86-64.so.2"));
        assert!(is_glibc_file("libc.so.6") && is_glibc_file("libm-2.31.so") && is_glibc_file("ld-2.31.so"));
        for other in ["libgcc_s.so.1", "libcrypto.so.3", "libc.so.6 (deleted)", "libm-2.31.txt", ""] {
            assert!(!is_glibc(other) && !is_glibc_file(other), "{other}");
        }
    }
}
