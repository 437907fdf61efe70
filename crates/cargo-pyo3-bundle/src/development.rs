//! What `cargo run` and `cargo test` use in the place of a dist: the packages of the manifest, and what it includes, in
//! cargo's target folder. pyo3-bundle-layout names the places, and the runtime crate reads them.

use crate::config::{Application, Include};
use crate::install::site;
use crate::managed::Places;
use crate::problem::About;
use crate::stage::include;
use crate::system::symlink;
use anyhow::Result;
use pyo3_bundle_layout::development;
use std::fs;
use std::path::{Component, Path};

/// The file that lists the names which `include` has in the folder: an earlier manifest's are removed.
const INCLUDED: &str = ".included";

/// What else is in the folder, where no `include` may go.
const OWN: [&str; 3] = ["site-packages", "try", INCLUDED];

pub fn provide(application: &Application) -> Result<()> {
    site::install(application, &Places::of(application).runtime())?;
    let entries = application.keys.include.as_deref().unwrap_or_default();
    include_for(entries, &development::root(&application.target))
}

fn include_for(entries: &[Include], root: &Path) -> Result<()> {
    let entries: Vec<Include> = entries.iter().map(plain).collect();
    let tops = include::check(&entries, &OWN)?;
    let list = root.join(INCLUDED);
    let text = fs::read_to_string(&list).unwrap_or_default();
    let is_name = |line: &&str| Path::new(line).components().eq([Component::Normal(line.as_ref())]);
    for earlier in text.lines().filter(is_name).filter(|line| !OWN.contains(line)) {
        let place = root.join(earlier);
        match place.symlink_metadata() {
            Ok(found) if found.is_dir() => fs::remove_dir_all(&place).about("cannot remove", &place)?,
            Ok(_) => fs::remove_file(&place).about("cannot remove", &place)?,
            Err(_) => {}
        }
    }
    if entries.is_empty() {
        let _is_gone = fs::remove_file(&list);
        return Ok(());
    }
    fs::create_dir_all(root).about("cannot create", root)?;
    let text: String = tops.iter().map(|top| format!("{top}\n")).collect();
    fs::write(&list, text).about("cannot write", &list)?;
    let meets = |one: &Include, other: &Include| !std::ptr::eq(one, other) && one.to.starts_with(&other.to);
    if entries.iter().any(|one| entries.iter().any(|other| meets(one, other))) {
        return include::copy(&entries, root);
    }
    // A link always has what its source has now.
    for entry in &entries {
        let from = entry.from.canonicalize().about("cannot find what `include` names:", &entry.from)?;
        let to = root.join(&entry.to);
        let above = to.parent().unwrap_or(root);
        fs::create_dir_all(above).about("cannot create", above)?;
        symlink(&from, &to).about("cannot link", &to)?;
    }
    Ok(())
}

/// The entry with its place in one spelling: `./a` is `a`.
fn plain(entry: &Include) -> Include {
    let to = entry.to.components().filter(|part| *part != Component::CurDir).collect();
    Include { to, ..entry.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_included_is_at_its_place_and_what_an_earlier_manifest_included_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let (root, data) = (folder.path().join("target/pyo3-bundle"), folder.path().join("data"));
        fs::create_dir_all(data.join("sub")).unwrap();
        fs::write(data.join("text"), "one").unwrap();
        fs::create_dir_all(root.join("site-packages")).unwrap();
        let entry = |from: &str, to: &str| Include { from: folder.path().join(from), to: to.into() };
        include_for(&[entry("data", "share/data"), entry("data/text", "notes")], &root).unwrap();
        fs::write(data.join("text"), "two").unwrap();
        assert_eq!(fs::read_to_string(root.join("share/data/text")).unwrap(), "two");
        assert_eq!(fs::read_to_string(root.join("notes")).unwrap(), "two");

        // One entry inside of another would be put into the sources through the link.
        include_for(&[entry("data", "share"), entry("data/text", "./share/more/text")], &root).unwrap();
        assert!(root.join("share/more/text").is_file() && !data.join("more").exists());
        assert!(!root.join("notes").exists());

        for own in OWN {
            assert!(include_for(&[entry("data", &format!("{own}/x"))], &root).is_err(), "{own}");
        }
        fs::write(root.join(INCLUDED), "share\nsite-packages\n..\n\n").unwrap();
        include_for(&[], &root).unwrap();
        let left: Vec<_> = fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["site-packages"]);
        assert_eq!(fs::read_to_string(data.join("text")).unwrap(), "two");
    }
}
