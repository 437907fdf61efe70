//! Metadata as a fact: there, missing, or not to be used.

use pyo3_bundle_layout::metadata::Metadata;

#[derive(Debug, Default)]
pub enum Document {
    #[default]
    Missing,
    /// A file that cannot be used, with the reason.
    Unusable(String),
    Read(Box<Metadata>),
}

impl Document {
    pub fn claims(&self) -> Option<&Metadata> {
        match self {
            Document::Read(metadata) => Some(metadata),
            _ => None,
        }
    }

    pub fn parse(data: &[u8]) -> Self {
        match Metadata::parse(data).and_then(|it| it.needs_claims().map(|()| it)) {
            Ok(metadata) => Document::Read(Box::new(metadata)),
            Err(why) => Document::Unusable(why),
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
        let text = r#"{"schema_version": 2, "name": "a", "version": "v", "target": "t", "launcher": "a", "binary": "b",
            "platform": {"os": "o", "arch": "a"}, "python": {"version": "v"}}"#;
        assert!(why(text).contains("found 2"));
        assert!(matches!(Document::parse(text.replace('2', "1").as_bytes()), Document::Read(_)));
    }
}
