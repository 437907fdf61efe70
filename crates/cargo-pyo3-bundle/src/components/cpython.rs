//! The component of CPython itself: what its installer recorded, and its licence texts.

use super::{Component, License, Origin, Text, purl::purl};
use crate::layout;
use crate::metadata::Provenance;
use anyhow::Result;
use std::path::Path;

/// The notices of the software in CPython. They are in its documentation, which an installed tree does not have.
const INCORPORATED: &str = include_str!("texts/cpython-license.rst");

/// Makes the component of the CPython that has this standard library.
pub fn component(runtime: &Path, stdlib: &Path, provenance: &Provenance) -> Result<Component> {
    let version = &provenance.version;
    let mut texts = vec![Text::known("incorporated-software.rst", INCORPORATED)];
    // On Windows it stands beside `python.exe`, and has the terms of Microsoft's libraries as well.
    let text = [stdlib, runtime].map(|folder| folder.join("LICENSE.txt")).into_iter().find(|path| path.is_file());
    texts.extend(text.map(|path| Text::file("LICENSE.txt", path)));
    let checksum = provenance.source_sha256.as_ref().map(|hash| format!("sha256:{hash}")).unwrap_or_default();
    let url = provenance.source_url.as_deref().unwrap_or_default();
    let qualifiers = [("checksum", checksum.as_str()), ("download_url", url)];
    Ok(Component {
        name: "cpython".into(),
        version: Some(version.clone()),
        purl: Some(purl("generic", &["cpython"], Some(version), &qualifiers)),
        cpe: Some(format!("cpe:2.3:a:python:python:{version}:*:*:*:*:*:*:*")),
        license: License::declared("PSF-2.0"),
        texts,
        origin: Some(Origin { url: provenance.source_url.clone(), sha256: provenance.source_sha256.clone() }),
        files: vec![layout::RUNTIME.into()],
        patches: provenance.patches.clone(),
        patches_source: provenance.patches_source.clone(),
        contents: wheels(&layout::bundled_wheels(stdlib)),
        ..Component::default()
    })
}

/// The wheels that `ensurepip` would install: `pip-25.1.1-py3-none-any.whl`.
fn wheels(folder: &Path) -> Vec<Component> {
    let names = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.file_name());
    let mut found: Vec<Component> = names.filter_map(|name| wheel(name.to_str()?)).collect();
    found.sort_by_key(Component::reference);
    found
}

fn wheel(file: &str) -> Option<Component> {
    let mut parts = file.strip_suffix(".whl")?.split('-');
    let (name, version) = (parts.next()?, parts.next()?);
    Some(super::packages::named(name, version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wheel_is_known_by_its_file_name() {
        let found = wheel("pip-25.1.1-py3-none-any.whl").unwrap();
        assert_eq!(found.reference(), "pkg:pypi/pip@25.1.1");
        assert_eq!(wheel("__init__.py"), None);
    }
}
