//! The places of an application that is not packed: what `cargo run` and `cargo test` use instead of a dist.
//! std-only and pure; `pyo3-bundle` reads these places, and the subcommand and build scripts write them.

#[cfg(feature = "integrity")]
use crate::integrity::digest_of;
use std::path::{Path, PathBuf};

/// The folder in cargo's target folder with a folder for each package. Also in it are the names of their binaries.
///
/// cargo's target folder is the one above a build script's `OUT_DIR` ([`target_of_out_dir`]), because programs are not
/// always below it: rustdoc links doc tests in the system's folder for temporary files. With cargo's `build.build-dir` it
/// is that folder instead (`build_directory` of `cargo metadata`).
const FOLDER: &str = "pyo3-bundle";

/// The folder in a build script's `OUT_DIR` with a link to libpython. cargo puts it on the loader's path for `run` and
/// `test`, because the build script prints it as a search path and it is below the target folder. With a
/// `build.build-dir` elsewhere it is not, and then only debug builds find libpython, by an absolute path.
pub const LIBRARY: &str = "libpython";

/// `<target>/pyo3-bundle`
pub fn all(target: &Path) -> PathBuf {
    target.join(FOLDER)
}

/// `<target>/pyo3-bundle/<package>-<digest>`: what a package that is not packed uses beside the managed Python. It has the
/// shape of a dist's root: each `include` of the manifest is at its `to`. Also in it are the packages.
///
/// Members of a workspace share cargo's target folder, and workspaces can (`CARGO_TARGET_DIR`). So the name has the
/// digest of the folder of the package's `Cargo.toml`, which is given with its links resolved.
#[cfg(feature = "integrity")]
pub fn root(target: &Path, package: &str, manifest_folder: &Path) -> PathBuf {
    let digest = digest_of(manifest_folder.as_os_str().as_encoded_bytes());
    all(target).join(format!("{package}-{}", &digest[..8]))
}

/// `<target>/pyo3-bundle/binaries/<name>`: a file with the name of the package's folder in [`all`], for a program that is
/// started without cargo. Two packages with a binary of one name overwrite it, as cargo does with the binary itself.
pub fn entry(target: &Path, binary: &str) -> PathBuf {
    all(target).join("binaries").join(binary)
}

/// `<root>/site-packages`: the packages and projects that the dist gets.
pub fn packages(root: &Path) -> PathBuf {
    root.join("site-packages")
}

/// The target folder above `<target>/[<triple>/]<profile>/build/…/out`.
pub fn target_of_out_dir<'a>(out_dir: &'a Path, triple: &str) -> Option<&'a Path> {
    let build = out_dir.ancestors().skip(1).find(|folder| folder.file_name().is_some_and(|name| name == "build"))?;
    let above = build.parent()?.parent()?;
    if above.file_name().is_some_and(|name| name == triple) { above.parent() } else { Some(above) }
}

/// The `OUT_DIR` of the build script that made a link to this libpython, if one did.
pub fn out_dir_of_library(library: &Path) -> Option<&Path> {
    let folder = library.parent()?;
    let out_dir = folder.parent()?;
    (folder.ends_with(LIBRARY) && out_dir.ends_with("out")).then_some(out_dir)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRIPLE: &str = "x86_64-unknown-linux-gnu";

    #[test]
    fn the_target_folder_is_found_in_each_of_cargos_shapes() {
        for (out_dir, target) in [
            ("/w/target/debug/build/app-0123/out", Some("/w/target")),
            ("/w/target/x86_64-unknown-linux-gnu/release/build/app-0123/out", Some("/w/target")),
            ("/w/build/debug/build/app/0123/out", Some("/w/build")),
            ("/build/own/build/app-0123/out", Some("/build")),
            ("/build/out", None),
            ("/w/out", None),
        ] {
            assert_eq!(target_of_out_dir(Path::new(out_dir), TRIPLE), target.map(Path::new), "{out_dir}");
        }
    }

    #[cfg(feature = "integrity")]
    #[test]
    fn packages_of_one_name_in_other_folders_have_other_places() {
        let place = |package, folder: &str| packages(&root(Path::new("/t"), package, Path::new(folder)));
        assert_eq!(place("app", "/w/app"), Path::new("/t/pyo3-bundle/app-ece9371b/site-packages"));
        assert_ne!(place("app", "/w/app"), place("app", "/v/app"));
        assert_eq!(entry(Path::new("/t"), "app"), Path::new("/t/pyo3-bundle/binaries/app"));
    }

    #[test]
    fn only_a_link_of_a_build_script_leads_to_its_folder() {
        let found = |path| out_dir_of_library(Path::new(path));
        assert_eq!(
            found("/t/debug/build/a-0/out/libpython/libpython3.13.so.1.0"),
            Some(Path::new("/t/debug/build/a-0/out"))
        );
        for other in ["/d/python/runtime/lib/libpython3.13.so.1.0", "/out/lib/x.so", "/x/libpython/x.so", "x.so"] {
            assert_eq!(found(other), None, "{other}");
        }
    }
}
