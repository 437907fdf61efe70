//! Finds the libraries inside CPython's own files. `bundled.toml` names them, the staged Python knows their versions.

use super::{Component, License, Text, purl::purl};
use crate::layout;
use crate::metadata::{Provenance, Provider};
use crate::problem::{About, Problem};
use crate::shown::visible;
use anyhow::{Context, Result};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

const TEXTS: [(&str, &str); 17] = [
    ("berkeley-db", include_str!("texts/berkeley-db.txt")),
    ("blake2", include_str!("texts/blake2.txt")),
    ("bzip2", include_str!("texts/bzip2.txt")),
    ("expat", include_str!("texts/expat.txt")),
    ("hacl-star", include_str!("texts/hacl-star.txt")),
    ("libedit", include_str!("texts/libedit.txt")),
    ("libffi", include_str!("texts/libffi.txt")),
    ("libmpdec", include_str!("texts/libmpdec.txt")),
    ("libuuid", include_str!("texts/libuuid.txt")),
    ("mimalloc", include_str!("texts/mimalloc.txt")),
    ("ncurses", include_str!("texts/ncurses.txt")),
    ("openssl", include_str!("texts/openssl.txt")),
    ("sqlite", include_str!("texts/sqlite.txt")),
    ("tcl", include_str!("texts/tcl.txt")),
    ("tk", include_str!("texts/tk.txt")),
    ("xz", include_str!("texts/xz.txt")),
    ("zlib", include_str!("texts/zlib.txt")),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    library: Vec<Library>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Library {
    name: String,
    providers: Vec<Provider>,
    spdx: String,
    /// `vendor:product`
    cpe: Option<String>,
    unless: Option<String>,
    /// The start of the names of its own files.
    files: Option<String>,
    #[expect(dead_code, reason = "written for the reader of the table, and required by it")]
    reason: String,
}

fn table() -> Result<Vec<Library>> {
    let table: Table = toml::from_str(include_str!("bundled.toml")).context("`bundled.toml` is not as expected")?;
    Ok(table.library)
}

/// Asks the modules of the staged Python for the versions of their libraries.
pub fn versions(dist: &Path) -> Result<BTreeMap<String, String>> {
    let interpreter = layout::interpreter(&layout::runtime(dist));
    let interpreter = interpreter.canonicalize().about("cannot find", &interpreter)?;
    let mut command = Command::new(&interpreter);
    command.args(["-I", "-S", "-B", "-c", include_str!("versions.py")]).env_clear();
    let output = command.output().about("cannot run", &interpreter)?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        let said = said.trim().lines().map(visible).collect::<Vec<_>>().join("\n  ");
        let what = "the Python to pack cannot tell the versions of its libraries";
        return Err(Problem::new(what, said, "scripts/python/install-managed-python.sh").into());
    }
    serde_json::from_slice(&output.stdout).context("the versions of the libraries are not JSON")
}

pub fn libraries(dist: &Path, provenance: &Provenance, versions: &BTreeMap<String, String>) -> Result<Vec<Component>> {
    let folder = layout::runtime(dist).join("lib");
    let names: Vec<String> = std::fs::read_dir(&folder)
        .about("cannot list", &folder)?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    let found = table()?.into_iter().filter(|library| library.providers.contains(&provenance.provider));
    Ok(found.filter_map(|library| library.component(&names, versions.get(&library.name))).collect())
}

impl Library {
    /// Makes the component. `names` are those of the files in the runtime's library folder.
    fn component(&self, names: &[String], version: Option<&String>) -> Option<Component> {
        if self.unless.as_ref().is_some_and(|start| names.iter().any(|name| name.starts_with(start))) {
            return None;
        }
        let mut files = Vec::new();
        if let Some(start) = &self.files {
            let own = names.iter().filter(|name| name.starts_with(start) && name.contains(".so"));
            files.extend(own.map(|name| format!("{}/lib/{name}", layout::RUNTIME)));
            files.sort();
            if files.is_empty() {
                return None;
            }
        }
        let cpe = |cpe: &String| format!("cpe:2.3:a:{cpe}:{}:*:*:*:*:*:*:*", version.map_or("*", |version| version));
        let texts = TEXTS.iter().filter(|(name, _)| *name == self.name);
        Some(Component {
            name: self.name.clone(),
            version: version.cloned(),
            purl: Some(purl("generic", &[&self.name], version.map(String::as_str), &[])),
            cpe: self.cpe.as_ref().map(cpe),
            license: License::Concluded(self.spdx.clone()),
            texts: texts.map(|(_, text)| Text::known("LICENSE.txt", text)).collect(),
            files,
            ..Component::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_library_of_the_table_has_a_text_and_a_licence_of_spdx() {
        let table = table().unwrap();
        assert_eq!(table.len(), TEXTS.len(), "one text each");
        for library in table {
            spdx::Expression::parse(&library.spdx).unwrap_or_else(|error| panic!("{}: {error}", library.name));
            assert!(TEXTS.iter().any(|(name, text)| *name == library.name && text.len() > 200), "{}", library.name);
        }
    }

    #[test]
    fn a_library_of_the_machine_stands_for_the_bundled_one() {
        let table = table().unwrap();
        let library = |name: &str| table.iter().find(|library| library.name == name).unwrap();
        let version = "2.7.1".to_owned();
        let found = library("expat").component(&[], Some(&version)).unwrap();
        assert_eq!(found.reference(), "pkg:generic/expat@2.7.1");
        assert_eq!(found.cpe.as_deref(), Some("cpe:2.3:a:libexpat_project:libexpat:2.7.1:*:*:*:*:*:*:*"));
        assert_eq!(library("expat").component(&["libexpat.so.1".into()], Some(&version)), None);
        assert_eq!(library("tk").component(&[], None), None);
        let found = library("tk").component(&["libtk8.6.so".into(), "libtcl8.6.so".into()], None).unwrap();
        assert_eq!(found.files, ["python/runtime/lib/libtk8.6.so"]);
    }
}
