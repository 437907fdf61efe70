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

/// `<runtime>/bin/python3`, what `sys.executable` names.
pub fn interpreter(runtime: &Path) -> PathBuf {
    runtime.join("bin").join("python3")
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
}
