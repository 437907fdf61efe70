//! Where the files of a dist stand in a system: the dist below `/usr/lib`, and links to its programs in `/usr/bin`. Packages
//! and images have the same places.
//!
//! `/opt` would be the place for what no distribution packages, but systems that are replaced as a whole keep `/opt` as
//! state: there the program would neither be updated nor rolled back with the packages' database.

use crate::config::LauncherStyle;
use crate::formats::dist::Dist;
use crate::problem::{About, Problem};
use crate::shown::{shown, visible};
use crate::{system, tree};
use anyhow::Result;
use pyo3_bundle_layout::layout;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Something that is installed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Placed {
    /// Absolute.
    pub path: String,
    pub what: What,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    Folder,
    /// A file of this machine.
    File {
        from: PathBuf,
        executable: bool,
    },
    Link(String),
}

impl Placed {
    pub fn file(path: String, from: &Path) -> Self {
        Placed { path, what: What::File { from: from.to_path_buf(), executable: false } }
    }
}

/// Returns the folder of a dist whose package has that name.
pub fn home(name: &str) -> String {
    format!("/usr/lib/{name}")
}

/// Everything that a dist has, and the links to its programs, in the order of the paths.
pub fn of_dist(dist: &Dist, name: &str) -> Result<Vec<Placed>> {
    let home = home(name);
    let mut placed = of_folder(&dist.root, &home)?;
    for binary in programs(dist) {
        placed.push(Placed {
            path: format!("/usr/bin/{}", command(binary)),
            what: What::Link(target(dist, name, binary)),
        });
    }
    placed.sort();
    Ok(placed)
}

/// The programs of a dist, relative to it; the application's own comes first.
pub fn programs<'a>(dist: &'a Dist) -> Vec<&'a str> {
    let others = dist.metadata.others.iter().map(|program| program.binary.as_str());
    [dist.metadata.binary.as_str()].into_iter().chain(others).collect()
}

/// What a user types: `bin/app-bin` is called `app`.
pub fn command(binary: &str) -> &str {
    let name = binary.rsplit('/').next().unwrap_or(binary);
    name.strip_suffix("-bin").unwrap_or(name)
}

/// What the link in `/usr/bin` leads to. A program finds its Python by its real path, so the link needs no launcher, unless
/// the application cannot do without the launcher's environment.
fn target(dist: &Dist, name: &str, binary: &str) -> String {
    match dist.application.launcher() {
        LauncherStyle::Environment => format!("../lib/{name}/{}", command(binary)),
        LauncherStyle::Script | LauncherStyle::None => format!("../lib/{name}/{binary}"),
    }
}

fn of_folder(root: &Path, home: &str) -> Result<Vec<Placed>> {
    let mut folders = BTreeSet::from([home.to_owned()]);
    let mut placed = Vec::new();
    for leaf in tree::leaves(root)? {
        let relative = leaf.path.strip_prefix(root).expect("it was found below");
        let path = format!("{home}/{}", text(relative, "its name")?);
        let above = path.rmatch_indices('/').map(|(at, _)| path[..at].to_owned());
        folders.extend(above.take_while(|above| above.len() > home.len()));
        let what = if leaf.kind.is_symlink() {
            let target = fs::read_link(&leaf.path).about("cannot read", &leaf.path)?;
            What::Link(text(&target, "the target of a link")?.to_owned())
        } else if leaf.kind.is_file() {
            let found = leaf.path.symlink_metadata().about("cannot read", &leaf.path)?;
            What::File { from: leaf.path, executable: system::mode(&found) & 0o111 != 0 }
        } else {
            let why = format!("wanted a file, a folder or a link, found {}", system::special(leaf.kind));
            return Err(Problem::without_hint(format!("`{}` cannot be in a package", shown(&leaf.path)), why).into());
        };
        placed.push(Placed { path, what });
    }
    placed.extend(folders.into_iter().map(|path| Placed { path, what: What::Folder }));
    Ok(placed)
}

/// A name as a package can have it.
fn text<'a>(path: &'a Path, what: &str) -> Result<&'a str> {
    match path.to_str() {
        Some(text) if visible(text) == text => Ok(text),
        _ => {
            let why = format!("{what} is not UTF-8, or has a control character");
            Err(Problem::without_hint(format!("`{}` cannot be in a package", shown(path)), why).into())
        }
    }
}

/// The folder of the application's own licence texts, relative to the dist.
pub fn own_licenses(dist: &Dist) -> PathBuf {
    crate::licenses::folder(&dist.metadata.name, Some(&dist.metadata.version))
}

/// The place of the licence texts of all parts.
pub fn licenses(name: &str) -> String {
    format!("{}/{}", home(name), layout::LICENSES)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn a_program_is_called_without_its_ending() {
        assert_eq!(command("bin/app-bin"), "app");
        assert_eq!(command("bin/app"), "app");
    }

    #[test]
    fn folders_links_and_modes_are_those_of_the_dist() {
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().join(name);
        fs::create_dir_all(at("a/b")).unwrap();
        fs::write(at("a/b/run"), "").unwrap();
        fs::set_permissions(at("a/b/run"), fs::Permissions::from_mode(0o700)).unwrap();
        fs::write(at("text"), "").unwrap();
        symlink("b/run", at("a/link")).unwrap();
        let mut placed = of_folder(root.path(), "/usr/lib/x").unwrap();
        placed.sort();
        let file = |name: &str, executable| What::File { from: at(name), executable };
        let wanted = [
            ("", What::Folder),
            ("/a", What::Folder),
            ("/a/b", What::Folder),
            ("/a/b/run", file("a/b/run", true)),
            ("/a/link", What::Link("b/run".into())),
            ("/text", file("text", false)),
        ];
        assert_eq!(placed, wanted.map(|(path, what)| Placed { path: format!("/usr/lib/x{path}"), what }));
    }

    #[test]
    fn what_cannot_be_in_a_package_is_named() {
        let root = tempfile::tempdir().unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(root.path().join("s")).unwrap();
        let text = of_folder(root.path(), "/x").unwrap_err().to_string();
        assert!(text.contains("/s` cannot be in a package\n") && text.contains("found a socket"), "{text}");
        fs::remove_file(root.path().join("s")).unwrap();
        fs::write(root.path().join("a\nb"), "").unwrap();
        let text = of_folder(root.path(), "/x").unwrap_err().to_string();
        assert!(text.contains("a\\nb` cannot be in a package\n  its name is not UTF-8, or has"), "{text}");
    }
}
