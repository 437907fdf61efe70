//! The components of the native libraries that were vendored from this machine, by the packages that they belong to. The
//! table in `libraries` has licences by soname.

use super::libraries::license_of;
use super::{Component, License, Text, purl::purl};
use crate::platform::{Package, Platform};
use crate::problem::About;
use anyhow::{Context, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

const SHARED_LICENSES: &str = "/usr/share/common-licenses";

/// Returns the components of the vendored libraries: the file of this machine, by the soname that it has in the dist.
pub fn packages(vendored: &BTreeMap<String, PathBuf>, platform: &dyn Platform) -> Result<Vec<Component>> {
    if vendored.is_empty() {
        return Ok(Vec::new());
    }
    let paths: BTreeSet<&Path> = vendored.values().map(PathBuf::as_path).collect();
    let owners = platform.packages(&paths)?;
    let mut files: BTreeMap<Package, Vec<&str>> = BTreeMap::new();
    let mut components = Vec::new();
    for (soname, path) in vendored {
        match owners.get(path) {
            Some(package) => files.entry(package.clone()).or_default().push(soname),
            None => components.push(unpackaged(soname, platform)),
        }
    }
    for (package, sonames) in files {
        components.push(package.component(&sonames, platform)?);
    }
    Ok(components)
}

/// A library that no package has. The SBOM names it, and its missing licence text is a finding.
fn unpackaged(soname: &str, platform: &dyn Platform) -> Component {
    Component { name: soname.to_owned(), files: vec![platform.in_dist(soname)], ..Component::default() }
}

impl Package {
    fn component(&self, sonames: &[&str], platform: &dyn Platform) -> Result<Component> {
        let Package { kind, name, version, .. } = self;
        let reference = |name: &str, version: &str, architecture: &str| {
            let qualifiers = [("arch", architecture), ("distro", self.distro.as_str())];
            purl(kind, &[&self.namespace, name], Some(version), &qualifiers)
        };
        let source = reference(&self.source, &self.source_version, if *kind == "deb" { "source" } else { "src" });
        let mut texts = Vec::new();
        for path in &self.texts {
            let file = path.file_name().context("a licence text is a file")?;
            texts.push(Text::file(file, path));
            texts.extend(referred(&read(path)?));
        }
        Ok(Component {
            name: name.clone(),
            version: Some(version.clone()),
            purl: Some(reference(name, version, &self.architecture)),
            license: self.license(sonames)?,
            texts,
            files: sonames.iter().map(|soname| platform.in_dist(soname)).collect(),
            source_package: Some((self.source.clone(), self.source_version.clone(), source)),
            ..Component::default()
        })
    }

    fn license(&self, sonames: &[&str]) -> Result<License> {
        let known: Option<BTreeSet<&str>> = sonames.iter().map(|soname| license_of(soname)).collect();
        if let Some(known) = known {
            return Ok(License::Concluded(Vec::from_iter(known).join(" AND ")));
        }
        if !self.license.is_empty() {
            return Ok(License::declared(&self.license));
        }
        let mut names = BTreeSet::new();
        for path in &self.texts {
            names.append(&mut names_in_copyright(&read(path)?));
        }
        Ok(if names.is_empty() { License::Unknown } else { License::Named(names.into_iter().collect()) })
    }
}

/// Reads a copyright file. Not all old ones are UTF-8.
fn read(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path).about("cannot read", path)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Finds short names of licences, except that of the packaging:
/// <https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/>
fn names_in_copyright(text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for paragraph in text.split("\n\n") {
        let field = |name: &str| paragraph.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        if let (Some(files), Some(license)) = (field("Files:"), field("License:"))
            && !files.starts_with("debian/")
            && !license.is_empty()
        {
            names.insert(license.to_owned());
        }
    }
    names
}

/// Finds the texts that a copyright file only names: `/usr/share/common-licenses/GPL-2`, or several: `{MPL-1.1,GPL-2}`.
fn referred(text: &str) -> Vec<Text> {
    let mut names = BTreeSet::new();
    for rest in text.split("common-licenses/").skip(1) {
        match rest.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
            Some((several, _)) => names.extend(several.split(',')),
            None => {
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !".-".contains(c)).unwrap_or(rest.len());
                names.insert(rest[..end].trim_end_matches(['.', '-']));
            }
        }
    }
    let is_plain = |name: &&str| !name.is_empty() && !name.contains('/');
    let file = |name| (PathBuf::from(name), Path::new(SHARED_LICENSES).join(name));
    let files = names.into_iter().filter(is_plain).map(file).filter(|(_, path)| path.is_file());
    files.map(|(name, path)| Text { shared: true, ..Text::file(name, path) }).collect()
}

#[cfg(test)]
mod tests;
