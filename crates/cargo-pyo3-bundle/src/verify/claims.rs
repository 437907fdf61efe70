//! Reads those claims of `metadata.json` that can be compared with the files. `metadata` has the whole schema.

use crate::metadata::SCHEMA_VERSION;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Debug, Default)]
pub enum Document {
    #[default]
    Missing,
    /// A file that cannot be used, with the reason.
    Unusable(String),
    Read(Box<Claims>),
}

#[derive(Debug, Default, Clone, Deserialize)]
pub struct Claims {
    pub schema_version: u32,
    pub name: String,
    pub version: String,
    pub target: String,
    pub launcher: String,
    pub binary: String,
    pub platform: Platform,
    pub python: Python,
    /// The names at the top of the dist that the application's `include` has put there.
    #[serde(default)]
    pub included: Vec<String>,
    #[serde(default)]
    pub links: BTreeMap<String, String>,
}

#[derive(Debug, Default, Clone, Deserialize)]
pub struct Platform {
    pub os: String,
    pub arch: String,
    pub libc_floor: Option<String>,
}

#[derive(Debug, Default, Clone, Deserialize)]
pub struct Python {
    pub version: String,
}

impl Document {
    pub fn claims(&self) -> Option<&Claims> {
        match self {
            Document::Read(claims) => Some(claims),
            _ => None,
        }
    }

    pub fn parse(data: &[u8]) -> Self {
        match serde_json::from_slice::<Claims>(data) {
            Ok(claims) if claims.schema_version == SCHEMA_VERSION => Document::Read(Box::new(claims)),
            Ok(claims) => {
                let found = claims.schema_version;
                Document::Unusable(format!("wanted schema version {SCHEMA_VERSION}, found {found}"))
            }
            Err(error) => Document::Unusable(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_says_why() {
        let why = |text: &str| match Document::parse(text.as_bytes()) {
            Document::Unusable(why) => why,
            other => panic!("{other:?}"),
        };
        assert!(why("{").contains("EOF"));
        assert!(why("{}").contains("schema_version"));
        assert!(why(&format!("{{\"x\": {}", "[".repeat(1_000_000))).contains("EOF"));
        let text = r#"{"schema_version": 2, "name": "", "version": "", "target": "", "launcher": "", "binary": "",
            "platform": {"os": "", "arch": ""}, "python": {"version": ""}}"#;
        assert!(why(text).contains("found 2"));
        assert!(matches!(Document::parse(text.replace('2', "1").as_bytes()), Document::Read(_)));
    }
}
