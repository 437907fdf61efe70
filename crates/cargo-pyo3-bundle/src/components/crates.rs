//! The crates that are linked into the program, as cargo resolves them for its target: normal dependencies of the
//! default features and of those of the key `features`. Asks cargo twice: `cargo tree` knows what is built, and
//! `cargo metadata` knows the packages.

use super::{Component, License, Origin, ask, license_files, purl::purl};
use crate::config::Application;
use crate::problem::{About, Problem};
use crate::shown::shown;
use crate::threads;
use anyhow::{Context, Result};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::thread;

type Key = (String, String);
type Graph = BTreeMap<Key, BTreeSet<Key>>;

/// Returns the application, and the crates that are linked into it.
pub fn linked(application: &Application, target: &str) -> Result<(Component, Vec<Component>)> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let manifest = application.root.join("Cargo.toml");
    let not_text = || {
        let what = format!("cargo cannot be asked about `{}`", shown(&manifest));
        Problem::without_hint(what, "wanted a path in UTF-8")
    };
    let manifest = manifest.to_str().ok_or_else(not_text)?;
    let features = application.keys.features.iter().flatten().flat_map(|name| ["--features", name]);
    let common: Vec<&str> = ["--locked", "--manifest-path", manifest].into_iter().chain(features).collect();
    // `cargo metadata` alone would not do: its features include those of the tests.
    let tree = ["tree", "--edges", "normal,no-proc-macro", "--prefix", "depth", "--format", " {p}", "--target", target];
    let packages = ["metadata", "--format-version", "1"];
    let (tree, packages) = thread::scope(|scope| {
        let tree = threads::spawn(scope, || ask(&cargo, &[&tree[..], &common].concat()))?;
        let packages = ask(&cargo, &[&packages[..], &common].concat());
        anyhow::Ok((threads::join(tree), packages))
    })?;
    let unknown = |error| {
        let why = format!("{error:#}");
        Problem::new("cargo cannot tell which crates are linked into the program", why, "cargo fetch --locked")
    };
    let (tree, packages) = (tree.map_err(unknown)?, packages.map_err(unknown)?);
    let (own, graph) = parse(&tree).context("`cargo tree` says something else than it used to")?;
    let packages: Packages = serde_json::from_str(&packages).context("`cargo metadata` is not as expected")?;
    // A workspace has one lock, in its root.
    let lock = application.workspace.join("Cargo.lock");
    let lock = std::fs::read_to_string(&lock).about("cannot read", &lock)?;
    let lock: Lock = toml::from_str(&lock).context("`Cargo.lock` is not as expected")?;
    let mut components = Vec::new();
    for (key, needs) in &graph {
        let known = packages.packages.iter().find(|package| key == &(package.name.clone(), package.version.clone()));
        let known = known.with_context(|| format!("`cargo metadata` does not know `{} {}`", key.0, key.1))?;
        components.push((key == &own, known.component(needs, &lock, &packages.packages)?));
    }
    let own = components.iter().position(|(own, _)| *own).context("the application is not among its crates")?;
    let own = components.remove(own).1;
    Ok((own, components.into_iter().map(|(_, component)| component).collect()))
}

/// Parses lines like `2 libc v0.2.191`: the depth, the name and the version of a crate. A repeated one ends in `(*)`.
fn parse(tree: &str) -> Option<(Key, Graph)> {
    let mut graph = Graph::new();
    let mut above: Vec<Key> = Vec::new();
    for line in tree.lines().filter(|line| !line.trim().is_empty()) {
        let mut words = line.split_whitespace();
        let depth: usize = words.next()?.parse().ok()?;
        let key = (words.next()?.to_owned(), words.next()?.strip_prefix('v')?.to_owned());
        above.truncate(depth);
        if let Some(parent) = above.last() {
            graph.get_mut(parent)?.insert(key.clone());
        }
        graph.entry(key.clone()).or_default();
        above.push(key);
    }
    Some((above.first()?.clone(), graph))
}

#[derive(Deserialize)]
struct Packages {
    packages: Vec<CargoPackage>,
}

#[derive(Deserialize)]
struct CargoPackage {
    name: String,
    version: String,
    license: Option<String>,
    license_file: Option<PathBuf>,
    repository: Option<String>,
    /// A path of this machine. It is read, and never written into a dist.
    manifest_path: PathBuf,
}

#[derive(Deserialize)]
struct Lock {
    package: Vec<Locked>,
}

#[derive(Deserialize)]
struct Locked {
    name: String,
    version: String,
    checksum: Option<String>,
}

impl CargoPackage {
    fn component(&self, needs: &BTreeSet<Key>, lock: &Lock, packages: &[CargoPackage]) -> Result<Component> {
        let folder = self.manifest_path.parent().context("a manifest stands in a folder")?;
        let mut texts = license_files(folder)?;
        if let Some(named) = self.license_file.as_deref() {
            let unnamed = || {
                let what = format!("`license-file` in `{}` does not name a file", shown(&self.manifest_path));
                Problem::without_hint(what, format!("wanted the path of a text, found `{}`", shown(named)))
            };
            let name = Path::new(named.file_name().ok_or_else(unnamed)?);
            if !texts.iter().any(|text| text.name == name) {
                texts.push(super::Text::file(name, folder.join(named)));
            }
        }
        if texts.is_empty() {
            texts = self.texts_of_its_repository(packages)?;
        }
        let locked = lock.package.iter().find(|locked| locked.name == self.name && locked.version == self.version);
        let sha256 = locked.and_then(|locked| locked.checksum.clone());
        Ok(Component {
            name: self.name.clone(),
            version: Some(self.version.clone()),
            purl: Some(reference(&self.name, &self.version)),
            license: License::declared(self.license.as_deref().unwrap_or_default()),
            texts,
            origin: sha256.map(|sha256| Origin { url: None, sha256: Some(sha256) }),
            needs: needs.iter().map(|(name, version)| reference(name, version)).collect(),
            ..Component::default()
        })
    }
}

impl CargoPackage {
    /// The texts of another crate of the same sources under the same licence: parts of one, such as the import libraries
    /// of `winapi`, come without them.
    fn texts_of_its_repository(&self, packages: &[CargoPackage]) -> Result<Vec<super::Text>> {
        let is_of_it = |other: &&CargoPackage| {
            other.repository.is_some() && (&other.repository, &other.license) == (&self.repository, &self.license)
        };
        for other in packages.iter().filter(is_of_it) {
            let texts = license_files(other.manifest_path.parent().context("a manifest stands in a folder")?)?;
            if !texts.is_empty() {
                return Ok(texts);
            }
        }
        Ok(Vec::new())
    }
}

fn reference(name: &str, version: &str) -> String {
    purl("cargo", &[name], Some(version), &[])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_without_a_text_has_that_of_its_repository() {
        let folder = tempfile::tempdir().unwrap();
        let package = |name: &str, license: &str, repository: Option<&str>| {
            std::fs::create_dir_all(folder.path().join(name)).unwrap();
            CargoPackage {
                name: name.into(),
                version: "1.0.0".into(),
                license: Some(license.into()),
                license_file: None,
                repository: repository.map(str::to_owned),
                manifest_path: folder.path().join(name).join("Cargo.toml"),
            }
        };
        let packages = [
            package("other", "MIT", Some("https://other")),
            package("terms", "BSD-2-Clause", Some("https://own")),
            package("whole", "MIT", Some("https://own")),
            package("nowhere", "MIT", None),
        ];
        for name in ["other", "terms", "whole", "nowhere"] {
            std::fs::write(folder.path().join(name).join("LICENSE"), name).unwrap();
        }
        let texts = |part: CargoPackage| {
            let component = part.component(&BTreeSet::new(), &Lock { package: Vec::new() }, &packages).unwrap();
            component.texts.into_iter().map(|text| text.content).collect::<Vec<_>>()
        };
        let of_whole = super::super::Content::File(folder.path().join("whole/LICENSE"));
        assert_eq!(texts(package("part", "MIT", Some("https://own"))), [of_whole]);
        assert_eq!(texts(package("part", "Apache-2.0", Some("https://own"))), []);
        assert_eq!(texts(package("part", "MIT", None)), []);
    }

    #[test]
    fn a_tree_is_read_with_what_was_listed_before() {
        let tree = "0 app v0.1.0 (/src/app)\n1 a v1.0.0\n2 c v3.0.0+x\n1 b v2.0.0\n2 a v1.0.0 (*)\n";
        let (own, graph) = parse(tree).unwrap();
        let key = |name: &str, version: &str| (name.to_owned(), version.to_owned());
        assert_eq!(own, key("app", "0.1.0"));
        assert_eq!(graph[&own], [key("a", "1.0.0"), key("b", "2.0.0")].into());
        assert_eq!(graph[&key("a", "1.0.0")], [key("c", "3.0.0+x")].into());
        assert_eq!(graph[&key("b", "2.0.0")], [key("a", "1.0.0")].into());
        assert_eq!(parse("error: nothing\n"), None);
        assert_eq!(parse(""), None);
    }
}
