//! Patterns over paths, as the policy writes them: `*` within a name, `**` over any number of folders.

use glob::MatchOptions;
use serde::{Deserialize, Deserializer};

#[derive(Debug, Clone)]
pub struct Pattern(glob::Pattern);

const BY_NAMES: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: false };

impl Pattern {
    pub fn matches(&self, path: &str) -> bool {
        self.0.matches_with(path, BY_NAMES)
    }

    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        glob::Pattern::new(&text).map(Pattern).map_err(serde::de::Error::custom)
    }
}

pub fn any(patterns: &[Pattern], text: &str) -> bool {
    patterns.iter().any(|pattern| pattern.matches(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, path: &str) -> bool {
        Pattern(glob::Pattern::new(pattern).unwrap()).matches(path)
    }

    #[test]
    fn a_star_stays_within_a_name_and_two_cross_folders() {
        assert!(matches("bin/*", "bin/app") && !matches("bin/*", "bin/a/b") && !matches("bin/*", "bin"));
        assert!(matches("**", "a") && matches("**", "a/b/c") && matches("a/**", "a/b/c") && matches("**/c", "a/b/c"));
        assert!(matches("a/**/d", "a/d") && matches("a/**/d", "a/b/c/d") && !matches("a/**/d", "a/b/c"));
        assert!(matches("lib/libpython3.*.so.1.0", "lib/libpython3.13.so.1.0"));
        assert!(!matches("lib/libpython3.*.so", "lib/libpython3.13.so.1.0"));
        assert!(matches("**", ".hidden/x") && !matches("a", "b"));
    }

    /// Trying every way to cut the path would not come to an end.
    #[test]
    fn a_long_path_is_answered() {
        let path = "a/".repeat(2000);
        assert!(!matches("python/runtime/lib/python3.*/site-packages/**", &path));
        assert!(!matches("**/a/**/b*c", &path));
        assert!(matches("**/a/**/b*c", &format!("{path}bc")));
    }
}
