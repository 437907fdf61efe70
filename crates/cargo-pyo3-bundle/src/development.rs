//! What `cargo run` and `cargo test` use in the place of a dist: the packages of the manifest, and what it includes, in a
//! folder of the package's own in cargo's target folder. pyo3-bundle-layout names the places, and the runtime crate reads them.

use crate::config::{Application, Include};
use crate::install::site;
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
const OWN: [&str; 2] = ["site-packages", INCLUDED];

pub fn provide(application: &Application) -> Result<()> {
    let target = &application.target;
    let place = application.root.canonicalize().about("cannot find", &application.root)?;
    let root = development::root(target, &application.name, &place);
    // An empty one also tells that this package has neither packages nor includes.
    fs::create_dir_all(&root).about("cannot create", &root)?;
    site::install(application, &root)?;
    include_for(application.keys.include.as_deref().unwrap_or_default(), &root)?;
    for binary in &application.binaries {
        name_folder(&development::entry(target, binary), &root)?;
    }
    Ok(())
}

/// Writes which folder is for a binary that is started without cargo. Two workspaces with one target folder may do so at a
/// time: a reader sees the text of one, never a part.
fn name_folder(entry: &Path, root: &Path) -> Result<()> {
    let text = root.file_name().unwrap_or_default().display().to_string() + "\n";
    if fs::read_to_string(entry).is_ok_and(|found| found == text) {
        return Ok(());
    }
    let above = entry.parent().unwrap_or(entry);
    fs::create_dir_all(above).about("cannot create", above)?;
    let partial = above.join(format!(".{}.partial", std::process::id()));
    fs::write(&partial, text).about("cannot write", &partial)?;
    Ok(fs::rename(&partial, entry).about("cannot write", entry)?)
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
    use crate::config::Keys;

    #[test]
    fn packages_that_share_a_target_folder_do_not_share_what_is_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().canonicalize().unwrap();
        let target = place.join("target");
        // Two members, and a package of the first one's name in another workspace.
        let packages = [("here/app", "app", "tool"), ("here/more", "more", "more"), ("there/app", "app", "tool")];
        for (root, name, binary) in packages {
            let root = place.join(root);
            fs::create_dir_all(&root).unwrap();
            fs::write(root.join("data"), root.display().to_string()).unwrap();
            let include = Some(vec![Include { from: root.join("data"), to: "data".into() }]);
            let application = Application {
                name: name.into(),
                binaries: vec![binary.into()],
                workspace: root.clone(),
                root,
                target: target.clone(),
                keys: Keys { include, ..Keys::default() },
                ..Application::default()
            };
            provide(&application).unwrap();
        }
        for (root, name, _) in packages {
            let text = fs::read_to_string(development::root(&target, name, &place.join(root)).join("data")).unwrap();
            assert_eq!(text, place.join(root).display().to_string());
        }
        // The binary is that of the package which was built last, as far as anybody can tell.
        let of_binary = |name: &str| fs::read_to_string(development::entry(&target, name)).unwrap();
        let folder_of = |(root, name, _): (&str, &str, &str)| development::root(&target, name, &place.join(root));
        for (binary, package) in [("tool", packages[2]), ("more", packages[1])] {
            assert_eq!(development::all(&target).join(of_binary(binary).trim_end()), folder_of(package), "{binary}");
        }
        assert_eq!(fs::read_dir(target.join("pyo3-bundle/binaries")).unwrap().count(), 2);
    }

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
