//! The part of CycloneDX 1.6 that these SBOMs use, for writing and reading: <https://cyclonedx.org/docs/1.6/json/>.
//! The fields are CycloneDX's; the files beside this one decide what goes into them.

use serde::{Deserialize, Serialize};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Document {
    #[serde(rename = "$schema", default)]
    pub schema: String,
    pub bom_format: String,
    pub spec_version: String,
    #[serde(default)]
    pub serial_number: String,
    pub version: u32,
    pub metadata: DocumentMetadata,
    #[serde(default)]
    pub components: Vec<Component>,
    #[serde(default)]
    pub dependencies: Vec<Dependency>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
pub struct DocumentMetadata {
    #[serde(default)]
    pub timestamp: String,
    #[serde(default)]
    pub lifecycles: Vec<Lifecycle>,
    #[serde(default)]
    pub tools: Tools,
    pub component: Component,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Lifecycle {
    pub phase: String,
}

#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Tools {
    #[serde(default)]
    pub components: Vec<Component>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Component {
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(rename = "bom-ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hashes: Vec<Hash>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub licenses: Vec<License>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpe: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purl: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pedigree: Option<Pedigree>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub external_references: Vec<ExternalReference>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<Component>,
    #[serde(skip_serializing_if = "Evidence::is_empty")]
    pub evidence: Evidence,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Hash {
    pub alg: String,
    pub content: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum License {
    Expression { expression: String, acknowledgement: String },
    Named { license: Named },
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Named {
    pub name: String,
    pub acknowledgement: String,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Pedigree {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ancestors: Vec<Component>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub patches: Vec<Patch>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Patch {
    #[serde(rename = "type")]
    pub kind: String,
    pub resolves: Vec<Issue>,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Issue {
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The patch's file, which is named after what it resolves.
    pub name: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct ExternalReference {
    #[serde(rename = "type")]
    pub kind: String,
    pub url: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hashes: Vec<Hash>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Evidence {
    #[serde(default)]
    pub occurrences: Vec<Occurrence>,
}

impl Evidence {
    fn is_empty(&self) -> bool {
        self.occurrences.is_empty()
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Occurrence {
    pub location: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Dependency {
    #[serde(rename = "ref")]
    pub reference: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<String>,
}
