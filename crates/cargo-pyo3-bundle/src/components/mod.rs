//! Gathers the components of a dist: the facts that `sbom` writes down, and the texts that `licenses` ships. Each kind
//! of component has its file here; nothing in this folder judges or changes the dist.

mod bundled;
mod cpython;
mod crates;
mod graph;
mod libraries;
mod native;
mod packages;
mod purl;
mod rust;

use crate::closure::Closed;
use crate::config::Application;
use crate::metadata::Provenance;
use crate::platform::Platform;
use crate::problem::{About, Problem};
use crate::shown::visible;
use crate::threads;
use crate::tree::{self, Leaf};
use anyhow::{Context, Result};
use pyo3_bundle_layout::metadata::Metadata;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

pub use packages::dist_infos;
pub use purl::pypi_name;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Component {
    pub name: String,
    pub version: Option<String>,
    pub purl: Option<String>,
    pub cpe: Option<String>,
    pub license: License,
    pub texts: Vec<Text>,
    pub origin: Option<Origin>,
    /// Its files, relative to the dist. Empty for a component that is linked into a file of another one.
    pub files: Vec<String>,
    /// The distribution's source package that it was built from: name, version, purl.
    pub source_package: Option<(String, String, String)>,
    pub patches: Vec<String>,
    pub patches_source: Option<String>,
    /// Third-party code vendored in this component and covered by its licence files.
    pub contents: Vec<Component>,
    /// References of the components that it uses.
    pub needs: BTreeSet<String>,
}

impl Component {
    /// Its reference in the SBOM, the same for the same component of any dist.
    pub fn reference(&self) -> String {
        self.purl.clone().unwrap_or_else(|| format!("{}@{}", self.name, self.version.as_deref().unwrap_or_default()))
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum License {
    /// An SPDX expression that the component's author or packager declares.
    Declared(String),
    /// An SPDX expression from the table in `libraries`, which says why.
    Concluded(String),
    /// The packager's own words, where they are not an SPDX expression.
    Named(Vec<String>),
    #[default]
    Unknown,
}

impl License {
    /// Reads a declared licence. Crates still have `MIT/Apache-2.0`, the form that Cargo once documented.
    pub fn declared(text: &str) -> Self {
        let canonical = spdx::Expression::canonicalize(text).ok().flatten().unwrap_or_else(|| text.to_owned());
        match spdx::Expression::parse(&canonical) {
            Ok(_) => License::Declared(canonical),
            Err(_) if text.trim().is_empty() => License::Unknown,
            Err(_) => License::Named(vec![text.trim().to_owned()]),
        }
    }
}

/// The address of the component's own archive, and its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    pub url: Option<String>,
    pub sha256: Option<String>,
}

/// One licence text: its name below the component's folder, or below the folder that several components share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    pub name: PathBuf,
    pub shared: bool,
    pub content: Content,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    File(PathBuf),
    Known(&'static str),
}

impl Text {
    fn file(name: impl Into<PathBuf>, path: impl Into<PathBuf>) -> Self {
        Text { name: name.into(), shared: false, content: Content::File(path.into()) }
    }

    fn known(name: impl Into<PathBuf>, text: &'static str) -> Self {
        Text { name: name.into(), shared: false, content: Content::Known(text) }
    }
}

/// A dist that is filled and closed, and what is known about it.
pub struct Staged<'a> {
    pub dist: &'a Path,
    pub application: &'a Application,
    pub provenance: &'a Provenance,
    pub closed: &'a Closed,
    pub metadata: &'a Metadata,
    pub platform: &'static dyn Platform,
}

/// Returns all components: the application first, the others in the order of their references.
pub fn gather(staged: &Staged) -> Result<Vec<Component>> {
    let Staged { dist, application, provenance, closed, metadata, platform } = staged;
    let stdlib = platform.stdlib(&crate::layout::runtime(dist), provenance.series()?);
    // Each of these waits for another program.
    let (linked, std, native, versions) = thread::scope(|scope| {
        let linked = threads::spawn(scope, || crates::linked(application, &metadata.target))?;
        let native = threads::spawn(scope, || native::packages(&closed.vendored, *platform))?;
        let versions = threads::spawn(scope, || bundled::versions(dist, *platform))?;
        let std = rust::standard_library(&metadata.rustc);
        anyhow::Ok((threads::join(linked)?, std?, threads::join(native)?, threads::join(versions)?))
    })?;
    let (mut own, mut others) = linked;
    own.needs.insert(std.reference());
    own.files = std::iter::once(&metadata.binary).chain(metadata.others.iter().map(|it| &it.binary)).cloned().collect();
    let python = cpython::component(&crate::layout::runtime(dist), &stdlib, provenance)?;
    others.extend(packages::installed(dist, &stdlib)?);
    others.extend(native);
    let bundled = bundled::libraries(dist, provenance, &versions, *platform)?;
    let inside = bundled.iter().filter(|library| library.files.is_empty()).map(Component::reference).collect();
    others.extend(bundled);
    others.push(Component { needs: inside, ..python });
    others.push(std);
    let mut components = vec![own];
    others.sort_by_key(Component::reference);
    components.append(&mut others);
    graph::connect(dist, closed, &mut components, *platform)?;
    Ok(components)
}

/// Runs a program and returns its standard output.
pub fn ask<A: AsRef<OsStr>>(program: impl AsRef<OsStr>, arguments: &[A]) -> Result<String> {
    let name = program.as_ref().to_string_lossy().into_owned();
    let path = which::which(&program).map_err(|error| {
        Problem::new(format!("`{name}` is not on PATH"), error.to_string(), format!("command -v {name}"))
    })?;
    let output = Command::new(&path).args(arguments).output().about("cannot run", &path)?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        let said = said.trim().lines().map(visible).collect::<Vec<_>>().join("\n  ");
        return Err(Problem::without_hint(format!("`{name}` failed"), said).into());
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{name}` does not speak UTF-8"))
}

/// Finds the licence texts of a folder by their names, and all files of its `LICENSES` folder
/// (<https://reuse.software>).
fn license_files(folder: &Path) -> Result<Vec<Text>> {
    const STARTS: [&str; 7] = ["licen", "copying", "copyright", "notice", "unlicense", "authors", "patents"];
    // `license.rs` is a module, not a text.
    const CODE: [&str; 6] = ["rs", "py", "c", "h", "toml", "sh"];
    let mut texts = Vec::new();
    for entry in tree::entries(folder)? {
        let name = PathBuf::from(entry.file_name());
        let lower = name.to_string_lossy().to_lowercase();
        let is_code = name.extension().is_some_and(|end| CODE.iter().any(|code| end == *code));
        if entry.path().is_dir() && lower == "licenses" {
            texts.extend(below(&entry.path(), &name)?);
        } else if entry.path().is_file() && !is_code && STARTS.iter().any(|start| lower.starts_with(start)) {
            texts.push(Text::file(name, entry.path()));
        }
    }
    texts.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(texts)
}

/// All files below a folder, as texts whose names begin with that name.
fn below(folder: &Path, name: &Path) -> Result<Vec<Text>> {
    let text = |Leaf { path, .. }: Leaf| {
        let within = path.strip_prefix(folder).expect("it was found below");
        Text::file(name.join(within), &path)
    };
    Ok(tree::leaves(folder)?.into_iter().map(text).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_license_fields_become_expressions_and_free_text_stays_text() {
        let declared = |text: &str| License::Declared(text.to_owned());
        assert_eq!(License::declared("MIT/Apache-2.0"), declared("MIT OR Apache-2.0"));
        assert_eq!(License::declared("Apache-2.0 WITH LLVM-exception"), declared("Apache-2.0 WITH LLVM-exception"));
        assert_eq!(License::declared(" my own "), License::Named(vec!["my own".into()]));
        assert_eq!(License::declared(" "), License::Unknown);
    }

    #[test]
    fn licence_texts_are_known_by_name_and_modules_are_not_texts() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["LICENSE-MIT", "COPYING", "Licence.md", "UNLICENSE", "license.rs", "README.md"] {
            std::fs::write(folder.path().join(name), "text").unwrap();
        }
        std::fs::create_dir(folder.path().join("LICENSES")).unwrap();
        std::fs::write(folder.path().join("LICENSES/MIT.txt"), "text").unwrap();
        let names = license_files(folder.path()).unwrap().into_iter().map(|text| text.name);
        let wanted = ["COPYING", "LICENSE-MIT", "LICENSES/MIT.txt", "Licence.md", "UNLICENSE"].map(PathBuf::from);
        assert_eq!(names.collect::<Vec<_>>(), wanted);
    }
}
