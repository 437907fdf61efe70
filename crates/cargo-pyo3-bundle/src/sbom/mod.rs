//! Makes `sbom.cdx.json`, the components of a dist as a CycloneDX document. `components` gathers the facts; `check` has
//! the promises that `verify` checks.

mod check;
mod model;

use crate::components::{self, Origin};
use anyhow::{Result, ensure};
use model::{Component, Dependency, Document, Evidence, ExternalReference, Hash, Issue, License, Named};
use model::{DocumentMetadata, Lifecycle, Occurrence, Patch, Pedigree, Tools};
use sha2::{Digest, Sha256};

pub use check::check;

const SCHEMA: &str = "http://cyclonedx.org/schema/bom-1.6.schema.json";
const FORMAT: &str = "CycloneDX";
const SPECIFICATION: &str = "1.6";

/// Makes the document. The application has to come first. The same components give the same bytes: neither the clock
/// nor chance decides any of them.
pub fn document(components: &[components::Component], created: &str) -> Result<Document> {
    let own = components.first().map(|own| Component { kind: "application".into(), scope: None, ..written(own) });
    ensure!(own.is_some(), "nothing is known of the dist");
    let mut document = Document {
        schema: SCHEMA.into(),
        bom_format: FORMAT.into(),
        spec_version: SPECIFICATION.into(),
        serial_number: String::new(),
        version: 1,
        metadata: DocumentMetadata {
            timestamp: created.into(),
            lifecycles: vec![Lifecycle { phase: "build".into() }],
            tools: Tools { components: vec![tool()] },
            component: own.unwrap_or_default(),
        },
        components: components.iter().skip(1).map(written).collect(),
        dependencies: components.iter().map(dependency).collect(),
    };
    document.serial_number = serial_number(&serde_json::to_vec(&document)?);
    Ok(document)
}

/// Derives the document's name from its content: a UUID of version 8,
/// <https://www.rfc-editor.org/rfc/rfc9562#section-5.8>.
fn serial_number(content: &[u8]) -> String {
    let digest = Sha256::digest(content);
    let mut bytes: [u8; 16] = std::array::from_fn(|index| digest[index]);
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("urn:uuid:{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

fn tool() -> Component {
    Component {
        kind: "application".into(),
        name: env!("CARGO_BIN_NAME").into(),
        version: Some(env!("CARGO_PKG_VERSION").into()),
        ..Component::default()
    }
}

fn written(known: &components::Component) -> Component {
    let hash = known.origin.as_ref().and_then(|origin| origin.sha256.as_deref()).map(sha256);
    let located = known.origin.as_ref().is_some_and(|origin| origin.url.is_some());
    Component {
        kind: "library".into(),
        reference: Some(known.reference()),
        name: known.name.clone(),
        version: known.version.clone(),
        scope: Some("required".into()),
        // The hash is that of the component's own archive. If the archive has an address, the hash goes with the
        // address.
        hashes: Vec::from_iter(hash.filter(|_| !located)),
        licenses: licenses(&known.license),
        cpe: known.cpe.clone(),
        purl: known.purl.clone(),
        pedigree: pedigree(known),
        external_references: Vec::from_iter(known.origin.as_ref().and_then(source)),
        components: known.contents.iter().map(inside).collect(),
        evidence: Evidence {
            occurrences: known.files.iter().map(|file| Occurrence { location: file.clone() }).collect(),
        },
    }
}

/// Leaves out the reference, which names one thing only: the same package can also be a component of its own.
fn inside(known: &components::Component) -> Component {
    Component { reference: None, ..written(known) }
}

fn sha256(content: &str) -> Hash {
    Hash { alg: "SHA-256".into(), content: content.to_owned() }
}

fn licenses(license: &components::License) -> Vec<License> {
    let expression = |text: &String, acknowledgement: &str| {
        vec![License::Expression { expression: text.clone(), acknowledgement: acknowledgement.into() }]
    };
    let named =
        |name: &String| License::Named { license: Named { name: name.clone(), acknowledgement: "declared".into() } };
    match license {
        components::License::Declared(text) => expression(text, "declared"),
        components::License::Concluded(text) => expression(text, "concluded"),
        components::License::Named(names) => names.iter().map(named).collect(),
        components::License::Unknown => Vec::new(),
    }
}

fn pedigree(known: &components::Component) -> Option<Pedigree> {
    let ancestors = known.source_package.iter().map(|(name, version, purl)| Component {
        kind: "library".into(),
        name: name.clone(),
        version: Some(version.clone()),
        purl: Some(purl.clone()),
        ..Component::default()
    });
    let pedigree = Pedigree {
        ancestors: ancestors.collect(),
        patches: known.patches.iter().map(|name| patch(name)).collect(),
        notes: known.patches_source.as_ref().map(|source| format!("the patches are those of {source}")),
    };
    (!pedigree.ancestors.is_empty() || !pedigree.patches.is_empty()).then_some(pedigree)
}

/// `CVE-2026-6019-2.patch` is the second patch of CVE-2026-6019.
fn patch(name: &str) -> Patch {
    let mut parts = name.trim_end_matches(".patch").trim_end_matches(".diff").split('-');
    let mut number = || parts.next().filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()) && part.len() >= 4);
    let id = match (name.starts_with("CVE-"), number(), number(), number()) {
        (true, None, Some(year), Some(number)) => Some(format!("CVE-{year}-{number}")),
        _ => None,
    };
    let kind = if id.is_some() { "security" } else { "defect" };
    Patch { kind: "backport".into(), resolves: vec![Issue { kind: kind.into(), id, name: name.into() }] }
}

fn source(origin: &Origin) -> Option<ExternalReference> {
    let url = origin.url.clone()?;
    let hashes = Vec::from_iter(origin.sha256.as_deref().map(sha256));
    Some(ExternalReference { kind: "distribution".into(), url, hashes })
}

fn dependency(known: &components::Component) -> Dependency {
    Dependency { reference: known.reference(), depends_on: known.needs.iter().cloned().collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_is_known_by_the_hole_it_closes() {
        let id = |name: &str| patch(name).resolves[0].id.clone();
        assert_eq!(id("CVE-2025-6069.patch").as_deref(), Some("CVE-2025-6069"));
        assert_eq!(id("CVE-2026-6019-2.patch").as_deref(), Some("CVE-2026-6019"));
        assert_eq!(id("CVE-2025-15282.patch").as_deref(), Some("CVE-2025-15282"));
        assert_eq!(id("ssl-fix.patch"), None);
        assert_eq!(id("CVE-fix.patch"), None);
        assert_eq!(patch("ssl-fix.patch").resolves[0].kind, "defect");
    }

    #[test]
    fn a_serial_number_says_its_version_and_variant() {
        // sha256 of nothing is e3b0c442 98fc 1c14 9afb f4c8996fb924…
        assert_eq!(serial_number(b""), "urn:uuid:e3b0c442-98fc-8c14-9afb-f4c8996fb924");
    }

    #[test]
    fn the_serial_number_is_that_of_the_content() {
        let own = |version: &str| components::Component {
            name: "app".into(),
            version: Some(version.into()),
            ..components::Component::default()
        };
        let serial = |version: &str, created: &str| document(&[own(version)], created).unwrap().serial_number;
        assert_eq!(serial("1", "2026-01-01T00:00:00Z"), serial("1", "2026-01-01T00:00:00Z"));
        assert_ne!(serial("1", "2026-01-01T00:00:00Z"), serial("2", "2026-01-01T00:00:00Z"));
        assert_ne!(serial("1", "2026-01-01T00:00:00Z"), serial("1", "2026-01-02T00:00:00Z"));
        assert!(document(&[], "").is_err());
    }
}
