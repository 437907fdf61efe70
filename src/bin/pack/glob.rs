//! Patterns over paths, as the data files write them: `*` within a name, `**` over any number of folders.

use serde::Deserialize;

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub struct Glob(String);

impl From<String> for Glob {
    fn from(pattern: String) -> Self {
        Glob(pattern)
    }
}

impl Glob {
    pub fn matches(&self, path: &str) -> bool {
        let pattern: Vec<&str> = self.0.split('/').collect();
        let path: Vec<&str> = path.split('/').collect();
        wild(&pattern, &path, |part| *part == "**", |part, name| of_name(part, name))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn of_name(pattern: &str, name: &str) -> bool {
    wild(pattern.as_bytes(), name.as_bytes(), |byte| *byte == b'*', |left, right| left == right)
}

/// Remembers only the last wildcard, so no path is long enough to make it slow.
fn wild<P, T>(pattern: &[P], text: &[T], is_wild: impl Fn(&P) -> bool, fits: impl Fn(&P, &T) -> bool) -> bool {
    let (mut p, mut t, mut retry) = (0, 0, None);
    while t < text.len() {
        match pattern.get(p) {
            Some(part) if is_wild(part) => {
                retry = Some((p, t));
                p += 1;
            }
            Some(part) if fits(part, &text[t]) => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((wild, from)) = retry else { return false };
                retry = Some((wild, from + 1));
                p = wild + 1;
                t = from + 1;
            }
        }
    }
    pattern[p..].iter().all(is_wild)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, path: &str) -> bool {
        Glob::from(pattern.to_owned()).matches(path)
    }

    #[test]
    fn a_star_stays_within_a_name_and_two_cross_folders() {
        assert!(matches("bin/*", "bin/app") && !matches("bin/*", "bin/a/b") && !matches("bin/*", "bin"));
        assert!(matches("**", "a") && matches("**", "a/b/c") && matches("a/**", "a/b/c") && matches("**/c", "a/b/c"));
        assert!(matches("a/**/d", "a/d") && matches("a/**/d", "a/b/c/d") && !matches("a/**/d", "a/b/c"));
        assert!(matches("lib/libpython3.*.so.1.0", "lib/libpython3.13.so.1.0"));
        assert!(!matches("lib/libpython3.*.so", "lib/libpython3.13.so.1.0"));
        assert!(matches("*", "") && !matches("a", "b") && !matches("", "b"));
    }

    #[test]
    fn many_wildcards_over_a_long_name_take_no_time() {
        assert!(!matches(&format!("{}b", "*a".repeat(200)), &"a".repeat(5_000)));
    }
}
