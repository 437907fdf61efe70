//! Finds the libraries inside CPython's own files. The table in `libraries` names them, the staged Python knows their
//! versions.

use super::libraries::{LIBRARIES, Library};
use super::{Component, License, Text, purl::purl};
use crate::layout;
use crate::metadata::Provenance;
use crate::platform::{self, Platform};
use crate::problem::{About, Problem};
use crate::shown::visible;
use crate::{system, tree};
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// Asks the modules of the staged Python for the versions of their libraries. One that does not run here tells none.
pub fn versions(dist: &Path, platform: &dyn Platform) -> Result<BTreeMap<String, String>> {
    if !platform::runs_here(platform) {
        return Ok(BTreeMap::new());
    }
    let interpreter = platform.interpreter(&layout::runtime(dist));
    let interpreter = interpreter.canonicalize().about("cannot find", &interpreter)?;
    let mut command = Command::new(&interpreter);
    system::clear_environment(&mut command).args(["-I", "-S", "-B", "-c", include_str!("versions.py")]);
    for Library { name, version, .. } in LIBRARIES {
        command.args(version.map(|(module, attribute)| format!("{name}={module}.{attribute}")));
    }
    let output = command.output().about("cannot run", &interpreter)?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        let said = said.trim().lines().map(visible).collect::<Vec<_>>().join("\n  ");
        let what = "the Python to pack cannot tell the versions of its libraries";
        return Err(Problem::new(what, said, "cargo pyo3-bundle python").into());
    }
    serde_json::from_slice(&output.stdout).context("the versions of the libraries are not JSON")
}

pub fn libraries(
    dist: &Path,
    provenance: &Provenance,
    versions: &BTreeMap<String, String>,
    platform: &dyn Platform,
) -> Result<Vec<Component>> {
    let folder = platform.libraries(&layout::runtime(dist));
    let entries = tree::entries(&folder)?;
    let names: Vec<String> = entries.iter().filter_map(|entry| entry.file_name().into_string().ok()).collect();
    let found = LIBRARIES.iter().filter(|library| library.inside.contains(&provenance.provider));
    Ok(found.filter_map(|library| library.component(&names, versions.get(library.name), platform)).collect())
}

impl Library {
    /// Makes the component of a library inside CPython. `names` are those of the files in the runtime's library folder.
    fn component(&self, names: &[String], version: Option<&String>, platform: &dyn Platform) -> Option<Component> {
        if self.unless.is_some_and(|start| names.iter().any(|name| name.starts_with(start))) {
            return None;
        }
        let mut files = Vec::new();
        if let Some(start) = self.files {
            let own = names.iter().filter(|name| name.starts_with(start) && platform.is_library(name));
            files.extend(own.map(|name| platform.in_dist(name)));
            files.sort();
            if files.is_empty() {
                return None;
            }
        }
        let cpe = |cpe: &str| format!("cpe:2.3:a:{cpe}:{}:*:*:*:*:*:*:*", version.map_or("*", |version| version));
        Some(Component {
            name: self.name.to_owned(),
            version: version.cloned(),
            purl: Some(purl("generic", &[self.name], version.map(String::as_str), &[])),
            cpe: self.cpe.map(cpe),
            license: License::Concluded(self.spdx.to_owned()),
            texts: self.text.map(|text| Text::known("LICENSE.txt", text)).into_iter().collect(),
            files,
            ..Component::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::testing;

    #[test]
    fn a_library_of_the_machine_stands_for_the_bundled_one() {
        let library = |name: &str| LIBRARIES.iter().find(|library| library.name == name).unwrap();
        let version = "2.7.1".to_owned();
        let found = library("expat").component(&[], Some(&version), testing()).unwrap();
        assert_eq!(found.reference(), "pkg:generic/expat@2.7.1");
        assert_eq!(found.cpe.as_deref(), Some("cpe:2.3:a:libexpat_project:libexpat:2.7.1:*:*:*:*:*:*:*"));
        assert_eq!(library("expat").component(&["libexpat.so.1".into()], Some(&version), testing()), None);
        assert_eq!(library("tk").component(&[], None, testing()), None);
        let found = library("tk").component(&["libtk8.6.so".into(), "libtcl8.6.so".into()], None, testing()).unwrap();
        assert_eq!(found.files, ["python/runtime/lib/libtk8.6.so"]);
    }
}
