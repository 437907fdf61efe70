//! The SBOM and the licence texts of the packaged dist: CycloneDX's own schema judges the document, and the dist's own files
//! judge what it says.

use crate::support::{NAME, checkout, dist};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn read(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn sbom() -> Value {
    read(&dist().join("sbom.cdx.json"))
}

fn components(sbom: &Value) -> Vec<&Value> {
    let others = sbom["components"].as_array().unwrap().iter();
    others.chain([&sbom["metadata"]["component"]]).collect()
}

fn component<'a>(sbom: &'a Value, name: &str) -> &'a Value {
    let found: Vec<_> = components(sbom).into_iter().filter(|component| component["name"] == name).collect();
    assert_eq!(found.len(), 1, "{name}: {found:?}");
    found[0]
}

fn locations(sbom: &Value) -> BTreeSet<String> {
    let occurrences = components(sbom).into_iter().filter_map(|it| it["evidence"]["occurrences"].as_array());
    occurrences.flatten().map(|it| it["location"].as_str().unwrap().to_owned()).collect()
}

/// The errors that the schema of CycloneDX 1.6 finds in a document.
fn flaws(document: &Value) -> Vec<String> {
    let schema = |name: &str| read(&checkout().join(format!("tests/it/data/cyclonedx/{name}.SNAPSHOT.schema.json")));
    let at = |name: &str| format!("http://cyclonedx.org/schema/{name}.SNAPSHOT.schema.json");
    let registry = jsonschema::Registry::new()
        .add(at("spdx"), schema("spdx"))
        .and_then(|registry| registry.add(at("jsf-0.82"), schema("jsf-0.82")))
        .and_then(|registry| registry.prepare())
        .unwrap();
    let options = jsonschema::options().with_registry(&registry).should_validate_formats(true);
    let validator = options.build(&schema("bom-1.6")).unwrap();
    validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn the_schema_of_cyclonedx_has_nothing_against_the_sbom() {
    assert_eq!(flaws(&sbom()), Vec::<String>::new());
}

#[test]
fn the_schema_of_cyclonedx_sees_a_broken_document() {
    let flaws = |change: fn(&mut Value)| {
        let mut document = sbom();
        change(&mut document);
        flaws(&document)
    };
    let breaks: [fn(&mut Value); 7] = [
        |it| it["specVersion"] = json!(1.6),
        |it| it["components"][0]["type"] = json!("crate"),
        |it| drop(it["components"][0].as_object_mut().unwrap().remove("name")),
        |it| it["components"][0]["hashes"] = json!([{"alg": "SHA-256", "content": "none"}]),
        |it| it["components"][0]["licenses"] = json!([{"license": {"id": "My-Own"}}]),
        |it| it["serialNumber"] = json!("urn:uuid:1"),
        |it| it["metadata"]["timestamp"] = json!("yesterday"),
    ];
    for (number, change) in breaks.into_iter().enumerate() {
        assert!(!flaws(change).is_empty(), "break {number} was not seen");
    }
}

#[test]
fn the_crates_are_those_of_the_binary_and_not_of_its_build() {
    let sbom = sbom();
    let crates: BTreeSet<&str> = components(&sbom)
        .into_iter()
        .filter(|it| it["purl"].as_str().is_some_and(|purl| purl.starts_with("pkg:cargo/")))
        .map(|it| it["name"].as_str().unwrap())
        .collect();
    for linked in [NAME, "anyhow", "pyo3", "pyo3-ffi", "serde", "serde_json"] {
        assert!(crates.contains(linked), "{linked} is linked: {crates:?}");
    }
    // Crates that only the packager, the build script, macros or these tests use.
    for other in ["clap", "spdx", "tar", "pyo3-build-config", "syn", "serde_derive", "jsonschema", "tempfile"] {
        assert!(!crates.contains(other), "{other} is not linked: {crates:?}");
    }
    let lock: String = fs::read_to_string(checkout().join("Cargo.lock")).unwrap();
    let anyhow = component(&sbom, "anyhow");
    let (version, hash) = (anyhow["version"].as_str().unwrap(), anyhow["hashes"][0]["content"].as_str().unwrap());
    assert!(lock.contains(&format!("name = \"anyhow\"\nversion = \"{version}\"\n")));
    assert!(lock.contains(&format!("checksum = \"{hash}\"")));
    assert_eq!(anyhow["licenses"][0]["expression"], "MIT OR Apache-2.0");
}

#[test]
fn cpython_is_named_with_its_source_and_every_patch() {
    let sbom = sbom();
    let said = &read(&dist().join("metadata.json"))["python"];
    let python = component(&sbom, "cpython");
    let version = said["version"].as_str().unwrap();
    assert_eq!(python["version"], said["version"]);
    assert_eq!(python["cpe"], format!("cpe:2.3:a:python:python:{version}:*:*:*:*:*:*:*"));
    assert_eq!(python["externalReferences"][0]["url"], said["source_url"]);
    assert_eq!(python["externalReferences"][0]["hashes"][0]["content"], said["source_sha256"]);
    let patches = said["patches"].as_array().unwrap();
    let resolved = python["pedigree"]["patches"].as_array().map_or(&[][..], Vec::as_slice);
    assert_eq!(resolved.len(), patches.len());
    for (patch, resolved) in patches.iter().zip(resolved) {
        let issue = &resolved["resolves"][0];
        assert_eq!(&issue["name"], patch);
        if patch.as_str().unwrap().starts_with("CVE-") {
            assert_eq!(issue["type"], "security");
            assert!(patch.as_str().unwrap().starts_with(issue["id"].as_str().unwrap()), "{issue}");
        }
    }
}

#[test]
fn every_native_library_of_the_dist_is_a_component_with_its_package() {
    let sbom = sbom();
    let (located, mut seen) = (locations(&sbom), 0);
    for entry in fs::read_dir(dist().join("python/runtime/lib")).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        if name.contains(".so") && !name.starts_with("libpython") && entry.file_type().unwrap().is_file() {
            assert!(located.contains(&format!("python/runtime/lib/{name}")), "{name}");
            seen += 1;
        }
    }
    let vendored = components(&sbom).into_iter().filter(|it| {
        let location = it["evidence"]["occurrences"][0]["location"].as_str().unwrap_or_default();
        location.starts_with("python/runtime/lib/lib") && !it["pedigree"].is_null()
    });
    let packaged: Vec<_> = vendored.collect();
    // A Python that uv installs contains its libraries; one that was built here needs those of the machine.
    let provider = &read(&dist().join("metadata.json"))["python"]["provider"];
    assert!(provider == "uv" || seen > 0, "{provider}");
    assert!(seen == 0 || !packaged.is_empty(), "none of {seen} libraries has a package");
    for component in packaged {
        let purl = component["purl"].as_str().unwrap();
        assert!(purl.contains("?arch=") && purl.contains("&distro="), "{purl}");
        assert!(component["pedigree"]["ancestors"][0]["purl"].is_string(), "{purl} has a source package");
    }
}

#[test]
fn every_edge_leads_to_a_component_and_the_program_reaches_its_python() {
    let sbom = sbom();
    let known: BTreeSet<&str> = components(&sbom).into_iter().map(|it| it["bom-ref"].as_str().unwrap()).collect();
    assert_eq!(known.len(), components(&sbom).len(), "a reference names one component");
    let edges = |reference: &str| {
        let node = sbom["dependencies"].as_array().unwrap().iter().find(|node| node["ref"] == reference).unwrap();
        let needs = node["dependsOn"].as_array().cloned().unwrap_or_default();
        needs.into_iter().map(|it| it.as_str().unwrap().to_owned()).collect::<BTreeSet<_>>()
    };
    for reference in &known {
        assert!(edges(reference).iter().all(|it| known.contains(it.as_str())), "{reference}");
    }
    let reference = |name: &str| component(&sbom, name)["bom-ref"].as_str().unwrap();
    assert!(edges(reference(NAME)).contains(reference("cpython")), "its binary needs libpython");
    assert!(edges(reference("cpython")).contains(reference("expat")));
}

#[test]
fn every_component_has_a_licence_and_a_text_of_it() {
    let sbom = sbom();
    for component in components(&sbom) {
        let name = component["name"].as_str().unwrap();
        let version = component["version"].as_str().map(|version| format!("-{}", version.replace(':', "_")));
        let folder = dist().join("licenses").join(format!("{name}{}", version.unwrap_or_default()));
        assert!(!files(&folder).is_empty(), "{} has no file", folder.display());
        assert!(component["licenses"].is_array(), "{name}");
    }
    for file in files(&dist().join("licenses")) {
        assert!(fs::metadata(&file).unwrap().len() > 0, "{}", file.display());
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()) {
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

#[test]
fn no_path_of_this_machine_is_told() {
    let sbom = fs::read_to_string(dist().join("sbom.cdx.json")).unwrap();
    let home = std::env::var("HOME").unwrap_or_default();
    let places = [checkout().to_str().unwrap().to_owned(), format!("{home}/."), "/.cargo/".into(), "path+file".into()];
    for place in places {
        assert!(!sbom.contains(&place), "{place}");
    }
    let locations = locations(&read(&dist().join("sbom.cdx.json")));
    assert!(locations.len() > 10, "{locations:?}");
    for location in locations {
        assert!(Path::new(&location).is_relative() && dist().join(&location).exists(), "{location}");
    }
}
