//! The stable names of the managed Python: links that are made where they are missing or stale.

use super::Places;
use crate::problem::{About, Problem};
use crate::shown::{shown, word};
use crate::system::symlink;
use anyhow::Result;
use std::fs;
use std::path::{Path, PathBuf};

/// `.local/python/runtime` and `.local/python/bin/python3`, for the tree with that name in `.local/python`.
pub fn stable_names(places: &Places, tree: &str) -> Result<()> {
    link_to(Path::new(tree), &places.runtime())?;
    if cfg!(windows) {
        return Ok(()); // it has no links to files; the interpreter is known by its place in the runtime
    }
    link_to(&Path::new("..").join(tree).join("bin/python3"), &places.interpreter())
}

/// `python/runtime` in cargo's target folder, which `cargo clean` removes. The link is relative inside the workspace, so
/// that the workspace can be moved.
pub fn in_target(places: &Places) -> Result<()> {
    let (link, runtime) = (places.link(), places.runtime());
    let folder = link.parent().unwrap_or(&link);
    fs::create_dir_all(folder).about("cannot create", folder)?;
    // The target folder can be a link itself, and `..` counts from where it leads.
    let real = |path: &Path| path.canonicalize().about("cannot find", path);
    let (real_folder, real_root) = (real(folder)?, real(&places.root)?);
    let target = match real_folder.strip_prefix(&real_root) {
        Ok(inside) => {
            let up: PathBuf = inside.components().map(|_| "..").collect();
            up.join(runtime.strip_prefix(&places.root).expect("it is below the workspace"))
        }
        Err(_) => runtime,
    };
    link_to(&target, &link)
}

/// Leaves a link alone that is right.
fn link_to(target: &Path, link: &Path) -> Result<()> {
    match link.symlink_metadata() {
        Ok(found) if found.is_symlink() => {
            if fs::read_link(link).is_ok_and(|found| found == target) {
                return Ok(());
            }
            fs::remove_file(link).about("cannot replace", link)?;
        }
        Ok(_) => {
            let what = format!("`{}` is in the way", shown(link));
            let why = "wanted a link to the installed Python, found something else";
            return Err(Problem::new(what, why, format!("rm -r -- {}", word(link))).into());
        }
        Err(_) => {}
    }
    if let Some(parent) = link.parent() {
        fs::create_dir_all(parent).about("cannot create", parent)?;
    }
    Ok(symlink(target, link).about("cannot create", link)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_relative_inside_the_workspace_and_what_is_not_a_link_stays() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("workspace");
        fs::create_dir_all(root.join(".local/python/tree")).unwrap();
        let at = |target: PathBuf| Places { root: root.clone(), target };
        let places = at(root.join("sub/target"));
        fs::create_dir_all(root.join(".local/python/bin")).unwrap();
        for _twice in 0..2 {
            stable_names(&places, "tree").unwrap();
            in_target(&places).unwrap();
        }
        assert_eq!(fs::read_link(places.link()).unwrap(), Path::new("../../../.local/python/runtime"));
        assert_eq!(places.link().canonicalize().unwrap(), root.join(".local/python/tree").canonicalize().unwrap());
        let outside = at(folder.path().join("elsewhere"));
        in_target(&outside).unwrap();
        assert_eq!(fs::read_link(outside.link()).unwrap(), places.runtime());
        fs::remove_file(places.link()).unwrap();
        fs::create_dir(places.link()).unwrap();
        fs::write(places.link().join("letters"), "dear").unwrap();
        let text = in_target(&places).unwrap_err().to_string();
        assert!(text.contains("is in the way") && text.contains("\nhint: rm -r -- "), "{text}");
        assert!(places.link().join("letters").exists());
    }
}
