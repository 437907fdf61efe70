//! Finds the Python packages in the runtime by the folders that their installer left: `*.dist-info`.

use super::{Component, License, below, license_files, purl::purl, purl::pypi_name};
use crate::platform::is_library;
use crate::problem::About;
use crate::tree;
use anyhow::Result;
use std::collections::BTreeSet;
use std::fs::DirEntry;
use std::path::{Path, PathBuf};

pub fn installed(dist: &Path, stdlib: &Path) -> Result<Vec<Component>> {
    let site = stdlib.join("site-packages");
    let mut components = Vec::new();
    for folder in dist_infos(&site)? {
        components.push(component(dist, &site, &folder)?);
    }
    let installed: BTreeSet<String> = components.iter().map(|component| pypi_name(&component.name)).collect();
    for (component, folder) in components.iter_mut().zip(dist_infos(&site)?) {
        let wanted = CoreMetadata::read(&folder)?.requires();
        component.needs = wanted.intersection(&installed).cloned().collect();
    }
    let references: Vec<_> = components.iter().map(|it| (pypi_name(&it.name), it.reference())).collect();
    for component in &mut components {
        let by_name = |name: &String| references.iter().find(|(known, _)| known == name).map(|(_, it)| it.clone());
        component.needs = component.needs.iter().filter_map(by_name).collect();
    }
    Ok(components)
}

/// Lists the `*.dist-info` folders, sorted. A runtime without packages may have no `site-packages`.
pub fn dist_infos(site: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    if site.is_dir() {
        for path in tree::entries(site)?.iter().map(DirEntry::path) {
            if path.extension().is_some_and(|end| end == "dist-info") && path.is_dir() {
                found.push(path);
            }
        }
    }
    Ok(found)
}

fn component(dist: &Path, site: &Path, folder: &Path) -> Result<Component> {
    let metadata = CoreMetadata::read(folder)?;
    let (name, version) = (metadata.one("Name").unwrap_or_default(), metadata.one("Version").unwrap_or_default());
    let mut texts = license_files(folder)?;
    // Before <https://peps.python.org/pep-0639/> some backends had a folder of another name.
    if folder.join("license_files").is_dir() {
        texts.extend(below(&folder.join("license_files"), Path::new("license_files"))?);
    }
    let vendored = std::fs::read_to_string(site.join(name).join("_vendor/vendor.txt")).unwrap_or_default();
    Ok(Component {
        license: metadata.license(),
        texts,
        files: native_files(dist, site, folder),
        contents: vendored.lines().filter_map(pinned).collect(),
        ..named(name, version)
    })
}

/// Makes the component of a package of which only the name and the version are known.
pub fn named(name: &str, version: &str) -> Component {
    Component {
        name: name.to_owned(),
        version: Some(version.to_owned()),
        purl: Some(purl("pypi", &[&pypi_name(name)], Some(version), &[])),
        ..Component::default()
    }
}

/// Parses a line like `requests==2.32.3`.
fn pinned(line: &str) -> Option<Component> {
    let line = line.split('#').next()?.trim();
    let (name, version) = line.split_once("==")?;
    Some(named(name.trim(), version.split([' ', ';']).next()?))
}

/// The package's folder of metadata, and the native libraries among its files.
fn native_files(dist: &Path, site: &Path, folder: &Path) -> Vec<String> {
    let within = |path: &Path| Some(path.strip_prefix(dist).ok()?.to_str()?.to_owned());
    let record = std::fs::read_to_string(folder.join("RECORD")).unwrap_or_default();
    let listed = record.lines().filter_map(|line| line.split(',').next());
    let native = listed.filter(|path| is_library(path)).map(|path| site.join(path));
    std::iter::once(folder.to_path_buf()).chain(native).filter_map(|path| within(&path)).collect()
}

/// The headers of <https://packaging.python.org/en/latest/specifications/core-metadata/>.
struct CoreMetadata {
    headers: Vec<(String, String)>,
}

impl CoreMetadata {
    fn read(folder: &Path) -> Result<Self> {
        let path = folder.join("METADATA");
        let bytes = std::fs::read(&path).about("cannot read", &path)?;
        Ok(Self::parse(&String::from_utf8_lossy(&bytes)))
    }

    fn parse(text: &str) -> Self {
        let mut headers: Vec<(String, String)> = Vec::new();
        for line in text.lines().take_while(|line| !line.is_empty()) {
            match (line.split_once(':'), headers.last_mut()) {
                (_, Some((_, value))) if line.starts_with([' ', '\t']) => *value += &format!("\n{}", line.trim()),
                (Some((key, value)), _) => headers.push((key.to_owned(), value.trim().to_owned())),
                _ => {}
            }
        }
        CoreMetadata { headers }
    }

    fn all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(known, _)| known.eq_ignore_ascii_case(key)).map(|(_, value)| value.as_str())
    }

    fn one<'a>(&'a self, key: &'a str) -> Option<&'a str> {
        self.all(key).next()
    }

    /// The licence. The field `License` is free text, often the whole licence; then the classifiers have a shorter one.
    fn license(&self) -> License {
        let short = |text: &&str| !text.is_empty() && !text.contains('\n') && *text != "UNKNOWN";
        if let Some(text) = self.one("License-Expression").or_else(|| self.one("License").filter(short)) {
            return License::declared(text);
        }
        let classifiers = self.all("Classifier").filter_map(|text| text.strip_prefix("License :: "));
        let names: Vec<String> = classifiers.filter_map(|text| text.rsplit(" :: ").next()).map(str::to_owned).collect();
        if names.is_empty() { License::Unknown } else { License::Named(names) }
    }

    /// The required packages, without those of extras, which nobody asked for.
    fn requires(&self) -> BTreeSet<String> {
        let wanted = self.all("Requires-Dist").filter(|text| !text.contains("extra =="));
        let is_name = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        wanted.map(|text| pypi_name(text.split(|c| !is_name(c)).next().unwrap_or_default())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_tells_the_licence_in_one_of_three_ways() {
        let license = |text: &str| CoreMetadata::parse(text).license();
        let declared = |text: &str| License::Declared(text.to_owned());
        assert_eq!(license("License-Expression: MIT OR Apache-2.0\nLicense: x\n"), declared("MIT OR Apache-2.0"));
        assert_eq!(license("License: MIT\n"), declared("MIT"));
        let classified = "License: Copyright (c) me\n  all of it\nClassifier: License :: OSI Approved :: BSD License\n";
        assert_eq!(license(classified), License::Named(vec!["BSD License".into()]));
        assert_eq!(license("Name: x\n\nLicense: MIT in the description\n"), License::Unknown);
    }

    #[test]
    fn requirements_are_names_and_extras_are_left_out() {
        let text = "Requires-Dist: Foo_Bar>=1\nRequires-Dist: baz[x] (>2)\nRequires-Dist: q ; extra == 'test'\n";
        assert_eq!(CoreMetadata::parse(text).requires(), ["foo-bar".to_owned(), "baz".to_owned()].into());
    }

    #[test]
    fn a_package_is_gathered_with_its_texts_and_what_it_carries() {
        let dist = tempfile::tempdir().unwrap();
        let site = dist.path().join("python/runtime/lib/python3.13/site-packages");
        let write = |name: &str, text: &str| {
            std::fs::create_dir_all(site.join(name).parent().unwrap()).unwrap();
            std::fs::write(site.join(name), text).unwrap();
        };
        write("a-1.dist-info/METADATA", "Name: a\nVersion: 1\nLicense: MIT\nRequires-Dist: B.c\nRequires-Dist: no\n");
        write("a-1.dist-info/licenses/LICENSE.txt", "text");
        write("a-1.dist-info/RECORD", "a/x.so,sha256=,1\na/y.py,,\n../../../../bin/a,,\n");
        write("a/_vendor/vendor.txt", "urllib3==1.2  # why\n    idna==3\n");
        write("b_c-2.dist-info/METADATA", "Name: b_c\nVersion: 2\n");
        let found = installed(dist.path(), site.parent().unwrap()).unwrap();
        assert_eq!(found[0].reference(), "pkg:pypi/a@1");
        assert_eq!(found[0].texts.len(), 1);
        assert_eq!(found[0].needs, ["pkg:pypi/b-c@2".to_owned()].into());
        let site = "python/runtime/lib/python3.13/site-packages";
        assert_eq!(found[0].files, [format!("{site}/a-1.dist-info"), format!("{site}/a/x.so")]);
        let contents: Vec<_> = found[0].contents.iter().map(Component::reference).collect();
        assert_eq!(contents, ["pkg:pypi/urllib3@1.2", "pkg:pypi/idna@3"]);
    }
}
