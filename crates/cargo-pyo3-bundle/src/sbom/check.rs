//! Checks that the SBOM of a dist is sound and agrees with the files, and that every component has its licence text.
//! `read` gathers the facts, `judge` only judges them. Runs nothing.

use super::model::{Component, Document};
use super::{FORMAT, SPECIFICATION};
use crate::components::{dist_infos, pypi_name};
use crate::finding::{Finding, Id};
use crate::platform::is_library;
use crate::problem::About;
use crate::{layout, licenses};
use anyhow::Result;
use pyo3_bundle_layout::metadata::Metadata;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Limit for the size of an SBOM: more than any honest one has, and little enough to be read at once.
const MOST_BYTES: u64 = 64 << 20;

pub fn check(dist: &Path) -> Result<Vec<Finding>> {
    Ok(judge(&read(dist)?))
}

struct Facts {
    document: Result<Document, String>,
    /// `None` where `metadata.json` is not metadata, which is a finding of other modules.
    metadata: Option<Metadata>,
    /// Shared libraries beside libpython.
    libraries: Vec<String>,
    /// The folder, the name and the version of each installed Python package.
    packages: Vec<(String, String, String)>,
    /// Files that the document names and the dist does not have.
    absent: Vec<String>,
    /// Folders of licences that have a text.
    documented: BTreeSet<String>,
}

fn read(dist: &Path) -> Result<Facts> {
    let document = parse(&dist.join(layout::SBOM));
    let components = || document.iter().flat_map(|it| it.components.iter().chain([&it.metadata.component]));
    let locations = components().flat_map(|it| &it.evidence.occurrences).map(|it| &it.location);
    // A location that leads out of the dist is not one of its files, whatever is there.
    let is_there = |location: &String| {
        let plain = Path::new(location).components().all(|part| matches!(part, std::path::Component::Normal(_)));
        plain && dist.join(location).symlink_metadata().is_ok()
    };
    let absent = locations.filter(|location| !is_there(location)).cloned().collect();
    let documented = components().map(folder).filter(|folder| licenses::has_text(&dist.join(folder))).collect();
    Ok(Facts {
        metadata: Metadata::of_dist(dist).ok().filter(|it| it.needs(&["name", "version", "python.version"]).is_ok()),
        libraries: libraries(dist)?,
        packages: packages(dist)?,
        absent,
        documented,
        document,
    })
}

fn parse(path: &Path) -> Result<Document, String> {
    let found = path.symlink_metadata().map_err(|error| error.to_string())?;
    if !found.is_file() {
        return Err("it is not a file".into());
    }
    if found.len() > MOST_BYTES {
        return Err(format!("it has {} bytes, wanted {MOST_BYTES} at most", found.len()));
    }
    let text = fs::read(path).map_err(|error| error.to_string())?;
    serde_json::from_slice(&text).map_err(|error| error.to_string())
}

fn folder(component: &Component) -> String {
    licenses::folder(&component.name, component.version.as_deref()).to_string_lossy().into_owned()
}

fn libraries(dist: &Path) -> Result<Vec<String>> {
    let folder = layout::runtime(dist).join("lib");
    let mut found = Vec::new();
    // Without the folder there is no Python, which is a finding of other modules.
    for entry in fs::read_dir(&folder).into_iter().flatten() {
        let entry = entry.about("cannot list", &folder)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_file = || entry.file_type().about("cannot read", &entry.path()).map(|kind| kind.is_file());
        if is_library(&name) && !name.starts_with("libpython") && is_file()? {
            found.push(format!("{}/lib/{name}", layout::RUNTIME));
        }
    }
    found.sort();
    Ok(found)
}

/// The folder of a package says its name and version: <https://packaging.python.org/en/latest/specifications/recording-installed-packages/>
fn packages(dist: &Path) -> Result<Vec<(String, String, String)>> {
    let mut found = Vec::new();
    let runtime = layout::runtime(dist);
    let series = fs::read_dir(runtime.join("lib")).into_iter().flatten().flatten().map(|entry| entry.path());
    // On Windows the standard library has no folder of its series.
    for stdlib in series.chain([runtime.join("Lib")]) {
        for path in dist_infos(&stdlib.join("site-packages"))? {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let (name, version) = stem.split_once('-').unwrap_or((&stem, ""));
            let within = path.strip_prefix(dist).unwrap_or(&path).to_string_lossy().into_owned();
            found.push((within, pypi_name(name), version.to_owned()));
        }
    }
    Ok(found)
}

fn judge(facts: &Facts) -> Vec<Finding> {
    let document = match &facts.document {
        Ok(document) => document,
        Err(why) => return vec![Finding::at(Id::BadSbom, layout::SBOM, why)],
    };
    let mut findings: Vec<Finding> =
        flaws(document).into_iter().map(|why| Finding::at(Id::BadSbom, layout::SBOM, why)).collect();
    findings.extend(
        disagreements(facts, document).into_iter().map(|(path, why)| Finding::at(Id::SbomDisagrees, &path, why)),
    );
    // An application of one's own has no licence, unless its manifest says so.
    let own = Some(&document.metadata.component).filter(|own| !own.licenses.is_empty());
    for component in document.components.iter().chain(own) {
        let folder = folder(component);
        if !facts.documented.contains(&folder) {
            findings.push(Finding::at(
                Id::MissingLicense,
                &folder,
                format!("`{}` has no licence text", named(component)),
            ));
        }
    }
    findings
}

/// Tells a component by its purl: there is also a crate called `cpython`.
fn is_of(component: &Component, start: &str) -> bool {
    component.purl.as_deref().is_some_and(|purl| purl.starts_with(start))
}

fn named(component: &Component) -> &str {
    component.reference.as_deref().unwrap_or(&component.name)
}

/// Finds what the document of any dist must not have.
fn flaws(document: &Document) -> Vec<String> {
    let mut flaws = Vec::new();
    let Document { bom_format, spec_version, .. } = document;
    if (bom_format.as_str(), spec_version.as_str()) != (FORMAT, SPECIFICATION) {
        flaws.push(format!("wanted {FORMAT} {SPECIFICATION}, found {bom_format} {spec_version}"));
    }
    let mut known = BTreeSet::new();
    for component in document.components.iter().chain([&document.metadata.component]) {
        match &component.reference {
            _ if component.name.is_empty() => flaws.push("a component has no name".into()),
            None => flaws.push(format!("`{}` has no `bom-ref`", component.name)),
            Some(reference) if !known.insert(reference) => flaws.push(format!("two components are `{reference}`")),
            Some(_) => {}
        }
    }
    for dependency in &document.dependencies {
        let named = [&dependency.reference].into_iter().chain(&dependency.depends_on);
        flaws.extend(named.filter(|it| !known.contains(it)).map(|it| format!("no component is `{it}`")));
    }
    flaws
}

/// Finds the paths that the document is wrong about, and how.
fn disagreements(facts: &Facts, document: &Document) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut wrong = |path: &str, why: String| found.push((path.to_owned(), why));
    if let Some(metadata) = &facts.metadata {
        let own = &document.metadata.component;
        let (wanted, said) = ((&metadata.name, Some(&metadata.version)), (&own.name, own.version.as_ref()));
        if wanted != said {
            wrong(layout::METADATA, format!("the SBOM is for {} {}", own.name, own.version.as_deref().unwrap_or("?")));
        }
        let python = document.components.iter().find(|it| is_of(it, "pkg:generic/cpython@"));
        let version = python.and_then(|component| component.version.as_ref());
        if version != Some(&metadata.python.version) {
            let said = version.map_or("no CPython", |version| version);
            wrong(layout::METADATA, format!("it has CPython {}, but the SBOM has {said}", metadata.python.version));
        }
    }
    let located: BTreeSet<&str> = document
        .components
        .iter()
        .flat_map(|component| component.evidence.occurrences.iter().map(|it| it.location.as_str()))
        .collect();
    for library in facts.libraries.iter().filter(|library| !located.contains(library.as_str())) {
        wrong(library, "no component of the SBOM has this library".into());
    }
    let pypi = document.components.iter().filter(|it| is_of(it, "pkg:pypi/"));
    let said: BTreeMap<String, &str> =
        pypi.map(|it| (pypi_name(&it.name), it.version.as_deref().unwrap_or_default())).collect();
    for (folder, name, version) in &facts.packages {
        match said.get(name) {
            None => wrong(folder, "no component of the SBOM is this package".into()),
            Some(said) if said != version => wrong(folder, format!("the SBOM has version {said} of this package")),
            Some(_) => {}
        }
    }
    for location in &facts.absent {
        wrong(location, "the SBOM names this file, but the dist does not have it".into());
    }
    found
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const LIBRARY: &str = "python/runtime/lib/libz.so.1";

    fn sound() -> Value {
        let component = |reference: &str, name: &str, version: &str| json!({"type": "library", "bom-ref": reference, "name": name, "version": version, "purl": reference});
        let mut zlib = component("pkg:deb/z@1", "z", "1");
        zlib["evidence"] = json!({"occurrences": [{"location": LIBRARY}]});
        json!({"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
            "metadata": {"component": component("app", "app", "1.0")},
            "components": [component("pkg:generic/cpython@3.13.5", "cpython", "3.13.5"), zlib, component("pkg:pypi/a@2", "A", "2")],
            "dependencies": [{"ref": "app", "dependsOn": ["pkg:generic/cpython@3.13.5"]}]})
    }

    fn facts(document: &Value) -> Facts {
        let document: Result<Document, String> =
            serde_json::from_value(document.clone()).map_err(|error| error.to_string());
        let metadata = json!({"name": "app", "version": "1.0", "python": {"version": "3.13.5"}});
        let documented = ["app-1.0", "cpython-3.13.5", "z-1", "A-2"].map(|name| format!("licenses/{name}"));
        Facts {
            document,
            metadata: serde_json::from_value(metadata).unwrap(),
            libraries: vec![LIBRARY.into()],
            packages: vec![("site/a-2.dist-info".into(), "a".into(), "2".into())],
            absent: vec![],
            documented: documented.into(),
        }
    }

    /// The one finding of a sound dist with a changed document.
    fn finding(change: impl FnOnce(&mut Value)) -> (&'static str, String) {
        let mut document = sound();
        change(&mut document);
        let found = judge(&facts(&document));
        assert_eq!(found.len(), 1, "{found:?}");
        (found[0].id.as_str(), format!("{}: {}", found[0].path, found[0].why))
    }

    #[test]
    fn a_sound_document_has_no_finding() {
        assert_eq!(judge(&facts(&sound())), []);
    }

    #[test]
    fn a_document_that_is_none_is_bad() {
        let bad = |change: fn(&mut Value)| {
            let (id, text) = finding(change);
            assert_eq!(id, "bad-sbom", "{text}");
            text
        };
        assert!(bad(|it| it["specVersion"] = json!("1.5")).contains("found CycloneDX 1.5"));
        assert!(bad(|it| it["components"] = json!("many")).contains("expected a sequence"));
        assert!(bad(|it| it["dependencies"][0]["dependsOn"] = json!(["ghost"])).contains("no component is `ghost`"));
        assert!(bad(|it| it["components"][0] = it["components"][1].clone()["x"].take()).contains("invalid type"));
    }

    #[test]
    fn a_reference_names_one_component() {
        let mut document = sound();
        let twin = document["components"][0].clone();
        document["components"].as_array_mut().unwrap().push(twin);
        let found = judge(&facts(&document));
        assert_eq!(
            (found[0].id.as_str(), found[0].why.as_str()),
            ("bad-sbom", "two components are `pkg:generic/cpython@3.13.5`")
        );
    }

    #[test]
    fn what_the_document_is_wrong_about_is_told() {
        let disagrees = |change: fn(&mut Facts)| {
            let mut facts = facts(&sound());
            change(&mut facts);
            let found = judge(&facts);
            assert_eq!((found.len(), found[0].id.as_str()), (1, "sbom-disagrees"), "{found:?}");
            found[0].path.clone()
        };
        assert_eq!(disagrees(|it| it.metadata.as_mut().unwrap().version = "2.0".into()), "metadata.json");
        assert_eq!(disagrees(|it| it.metadata.as_mut().unwrap().python.version = "3.12.1".into()), "metadata.json");
        assert_eq!(
            disagrees(|it| it.libraries.push("python/runtime/lib/libq.so".into())),
            "python/runtime/lib/libq.so"
        );
        assert_eq!(disagrees(|it| it.packages.push(("b-1".into(), "b".into(), "1".into()))), "b-1");
        assert_eq!(disagrees(|it| it.packages[0].2 = "3".into()), "site/a-2.dist-info");
        assert_eq!(disagrees(|it| it.absent.push("gone".into())), "gone");
    }

    #[test]
    fn every_component_needs_a_text() {
        let mut undocumented = facts(&sound());
        undocumented.documented.remove("licenses/z-1");
        let found = judge(&undocumented);
        assert_eq!((found.len(), found[0].id.as_str(), found[0].path.as_str()), (1, "missing-license", "licenses/z-1"));

        let mut document = sound();
        let without_own = |document: &Value| {
            let mut facts = facts(document);
            facts.documented.remove("licenses/app-1.0");
            judge(&facts).len()
        };
        assert_eq!(without_own(&document), 0, "it claims no licence");
        document["metadata"]["component"]["licenses"] = json!([{"license": {"id": "MIT"}}]);
        assert_eq!(without_own(&document), 1);
    }

    #[test]
    fn hostile_documents_are_findings_and_lead_nowhere() {
        let dist = tempfile::tempdir().unwrap();
        let ids = || check(dist.path()).unwrap().into_iter().map(|it| (it.id.as_str(), it.path)).collect::<Vec<_>>();
        let path = dist.path().join(layout::SBOM);
        assert_eq!(ids(), [("bad-sbom", layout::SBOM.to_owned())], "there is none");
        fs::write(&path, "[".repeat(100_000)).unwrap();
        assert_eq!(ids()[0].0, "bad-sbom", "nesting without end");
        fs::write(&path, b"\xff\xfe").unwrap();
        assert_eq!(ids()[0].0, "bad-sbom");
        let mut document = sound();
        document["components"][1]["evidence"]["occurrences"][0]["location"] = json!("../../../../../../etc/passwd");
        fs::write(&path, document.to_string()).unwrap();
        assert!(ids().contains(&("sbom-disagrees", "../../../../../../etc/passwd".into())));
        fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink("/dev/zero", &path).unwrap();
        assert_eq!(ids(), [("bad-sbom", layout::SBOM.to_owned())], "a link is not followed");
    }
}
