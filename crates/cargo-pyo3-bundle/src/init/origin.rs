//! Where the crates that are released with this one come from: pyo3-bundle and pyo3-bundle-build, when `init` adds them to
//! a manifest, and the others by name.

use super::Arguments;
use super::manifest::{self, BUILD, RUNTIME};
use crate::Misuse;
use crate::config::Application;
use crate::problem::Problem;
use crate::shown::shown;
use anyhow::Result;
use std::path::{Path, PathBuf};

#[derive(Debug, PartialEq, Eq)]
pub enum Origin {
    Registry,
    /// A folder that has both, relative to the manifest or absolute.
    Folder(PathBuf),
}

/// The folder of this crate's sources when it was compiled. The two crates are released together with it: a registry has
/// them for sure only if this crate came from one, and without asking one nobody else's crate of that name is taken.
const SOURCES: &str = env!("CARGO_MANIFEST_DIR");

/// Returns nothing if nobody says where the crates are. `workspace` is the text of the workspace's manifest.
pub fn find(arguments: &Arguments, application: &Application, workspace: &str) -> Result<Option<Origin>> {
    if let Some(folder) = &arguments.path {
        return Ok(Some(Origin::Folder(folder_of(folder, &application.root)?)));
    }
    let manifest = application.workspace.join("Cargo.toml");
    let patched = |name| manifest::is_patched(&manifest, workspace, name);
    let is_in_registry = is_of_registry(Path::new(SOURCES)) || patched(RUNTIME)? && patched(BUILD)?;
    Ok(is_in_registry.then_some(Origin::Registry))
}

/// Says that nobody knows where the crates are. Where this program was built in a checkout, that has them.
pub fn unknown(arguments: &Arguments) -> Misuse {
    let what = format!("`init` does not know where the crates `{RUNTIME}` and `{BUILD}` are");
    let why = "wanted their folder by `--path`, both crates in a manifest, or a `cargo pyo3-bundle` that was installed \
               from a registry, which then has them; found none of these";
    let beside = Path::new(SOURCES).parent().filter(|folder| missing_in(folder).is_none());
    Misuse::new(match beside {
        Some(folder) => {
            Problem::new(what, why, Arguments { path: Some(folder.to_owned()), ..arguments.clone() }.command())
        }
        None => Problem::without_hint(what, why),
    })
}

/// Where another crate of this release is: in a registry if this one is from there, else in the folder beside it.
pub fn released_with_this(name: &str) -> Option<Origin> {
    if is_of_registry(Path::new(SOURCES)) {
        return Some(Origin::Registry);
    }
    let folder = Path::new(SOURCES).parent()?.join(name);
    folder.join("Cargo.toml").is_file().then_some(Origin::Folder(folder))
}

/// Cargo unpacks the crates of a registry below `registry/src` of its home.
fn is_of_registry(sources: &Path) -> bool {
    sources.ancestors().any(|folder| folder.ends_with("registry/src"))
}

/// The folder of the crates as a dependency names it: relative to the manifest where it was given so.
fn folder_of(path: &Path, root: &Path) -> Result<PathBuf> {
    if let Some(name) = missing_in(path) {
        let what = format!("`{}` has no crate `{name}`", shown(path));
        let why = format!("wanted the folder with `{RUNTIME}` and `{BUILD}` in it");
        return Err(Misuse::new(Problem::without_hint(what, why)).into());
    }
    let folder = path.canonicalize()?;
    Ok(if path.is_absolute() { folder } else { relative(&folder, &root.canonicalize()?) })
}

fn missing_in(folder: &Path) -> Option<&'static str> {
    [RUNTIME, BUILD].into_iter().find(|name| !folder.join(name).join("Cargo.toml").is_file())
}

fn relative(to: &Path, from: &Path) -> PathBuf {
    let common = to.components().zip(from.components()).take_while(|(a, b)| a == b).count();
    let up = from.components().skip(common).map(|_| std::path::Component::ParentDir);
    up.chain(to.components().skip(common)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_named_relative_to_the_manifest() {
        assert_eq!(relative(Path::new("/a/crates"), Path::new("/a/b/c")), Path::new("../../crates"));
    }

    #[test]
    fn a_crate_beside_this_one_is_found_and_no_other() {
        let Some(Origin::Folder(folder)) = released_with_this(BUILD) else { panic!("it is beside this one") };
        assert!(folder.join("src").is_dir());
        assert_eq!(released_with_this("no-such-crate"), None);
    }

    #[test]
    fn only_a_program_from_a_registry_takes_the_crates_from_one() {
        let index = "/cargo/registry/src/index-0123456789abcdef/cargo-pyo3-bundle-0.1.0";
        assert!(is_of_registry(Path::new(index)));
        assert!(!is_of_registry(Path::new("/cargo/git/checkouts/x/crates/cargo-pyo3-bundle")));
        assert!(!is_of_registry(Path::new(SOURCES)));
    }
}
