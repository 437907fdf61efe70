//! Decides what a slim dist leaves out. The rules are data (`slim.toml`); this file matches paths and counts what each
//! rule saved. It removes nothing: `copy` asks it about each path.

use anyhow::{Context, Result};
use glob::{MatchOptions, Pattern};
use serde::{Deserialize, Serialize};
use std::path::Path;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rules {
    rule: Vec<Rule>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    paths: Vec<String>,
    unless: Option<String>,
    /// For the import sweep of the tests; matching needs the paths only.
    #[serde(rename = "modules")]
    _modules: Vec<String>,
    reason: String,
}

/// One row of the table that is printed at the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Saving {
    pub reason: String,
    pub files: u64,
    pub bytes: u64,
}

/// The rules that apply to one installed Python, and what they have saved so far.
pub struct Slimming {
    rules: Vec<(Vec<Pattern>, Saving)>,
}

const WITHIN_A_FOLDER: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: false };

impl Slimming {
    /// Leaves nothing out.
    pub fn none() -> Self {
        Slimming { rules: Vec::new() }
    }

    pub fn by_rules(python: &Path) -> Result<Self> {
        Self::parse(include_str!("slim.toml"), python)
    }

    fn parse(text: &str, python: &Path) -> Result<Self> {
        let rules: Rules = toml::from_str(text).context("`slim.toml` is not as expected")?;
        let mut applying = Vec::new();
        for rule in rules.rule {
            if rule.unless.as_deref().map(|pattern| exists(python, pattern)).transpose()? == Some(true) {
                continue;
            }
            let patterns: Result<Vec<Pattern>, _> = rule.paths.iter().map(|path| Pattern::new(path)).collect();
            let saving = Saving { reason: rule.reason, files: 0, bytes: 0 };
            applying.push((patterns.context("`slim.toml` has a wrong pattern")?, saving));
        }
        Ok(Slimming { rules: applying })
    }

    /// Whether a file, link or whole folder is left out. The first rule that matches counts it.
    pub fn leaves_out(&mut self, relative: &Path, place: &Path) -> bool {
        let applies = |patterns: &[Pattern]| patterns.iter().any(|p| p.matches_path_with(relative, WITHIN_A_FOLDER));
        let Some((_, saving)) = self.rules.iter_mut().find(|(patterns, _)| applies(patterns)) else { return false };
        let (files, bytes) = size(place);
        saving.files += files;
        saving.bytes += bytes;
        true
    }

    /// The rules that saved something.
    pub fn savings(self) -> Vec<Saving> {
        self.rules.into_iter().map(|(_, saving)| saving).filter(|saving| saving.files > 0).collect()
    }
}

fn exists(python: &Path, pattern: &str) -> Result<bool> {
    let place = format!("{}/{pattern}", Pattern::escape(&python.to_string_lossy()));
    Ok(glob::glob_with(&place, WITHIN_A_FOLDER)?.next().is_some())
}

fn size(place: &Path) -> (u64, u64) {
    let Ok(metadata) = place.symlink_metadata() else { return (0, 0) };
    if !metadata.is_dir() {
        return (1, metadata.len());
    }
    let entries = std::fs::read_dir(place).into_iter().flatten().flatten();
    entries.map(|entry| size(&entry.path())).fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const RULES: &str = r#"
        [[rule]]
        paths = ["lib/python3.*/test", "lib/**/*.a"]
        modules = []
        reason = "tests and archives"
        [[rule]]
        paths = ["lib/tk"]
        unless = "lib/_tk.*.so"
        modules = []
        reason = "no tk"
    "#;

    fn create(path: &Path) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "12345").unwrap();
    }

    #[test]
    fn rules_match_whole_folders_and_count_what_they_save() {
        let python = tempfile::tempdir().unwrap();
        create(&python.path().join("lib/python3.13/test/a/b.py"));
        create(&python.path().join("lib/x/libx.a"));
        let mut slimming = Slimming::parse(RULES, python.path()).unwrap();
        let mut leaves = |path: &str| slimming.leaves_out(Path::new(path), &python.path().join(path));
        assert!(leaves("lib/python3.13/test") && leaves("lib/x/libx.a"));
        assert!(!leaves("lib/python3.13/testing") && !leaves("lib/python3.13/unittest/test") && !leaves("lib"));
        assert_eq!(slimming.savings(), [Saving { reason: "tests and archives".into(), files: 2, bytes: 10 }]);
    }

    #[test]
    fn an_exception_keeps_a_rule_from_applying() {
        let python = tempfile::tempdir().unwrap();
        let tk = Path::new("lib/tk");
        assert!(Slimming::parse(RULES, python.path()).unwrap().leaves_out(tk, tk));
        create(&python.path().join("lib/_tk.cpython.so"));
        assert!(!Slimming::parse(RULES, python.path()).unwrap().leaves_out(tk, tk));
    }

    #[test]
    fn the_shipped_rules_parse_and_have_reasons() {
        let slimming = Slimming::by_rules(Path::new("/nowhere")).unwrap();
        assert!(slimming.rules.len() > 5, "only {} rules", slimming.rules.len());
        assert!(slimming.rules.iter().all(|(patterns, saving)| !patterns.is_empty() && !saving.reason.is_empty()));
        assert!(Slimming::parse("[[rule]]\npath = []\n", Path::new("/")).is_err(), "unknown keys are refused");
    }
}
