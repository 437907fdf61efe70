//! Finds paths of the build machine in the bytes of a file, text or not. The policy decides which of them matter.

use super::facts::Named;
use memchr::memmem::Finder;
use std::collections::BTreeSet;
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Limit for the different words with a path that are kept of a file. A report shows one.
pub const MOST_WORDS: usize = 16;
/// Limit for the bytes of a word behind the path.
const LONGEST_REST: usize = 80;

pub struct BuildPaths {
    needles: Vec<Needle>,
}

struct Needle {
    finder: Finder<'static>,
    path: String,
    rule: Rule,
}

/// Which bytes may be around a path, so that it is that path and not a part of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// For a path of several parts: any in front of it. Rust puts strings side by side without anything between them.
    Anywhere,
    /// For a path of one part, like `/base`: something has to be below it, and it must not be the end of `</base>`.
    WithSomethingBelow,
}

impl BuildPaths {
    /// Looks for the places of this run, which a file could have taken over from the build.
    pub fn of_environment(checkout: &Path, texts: impl IntoIterator<Item = String>) -> Self {
        Self::new(places(checkout, |name| env::var_os(name)), texts)
    }

    fn new(places: Vec<PathBuf>, texts: impl IntoIterator<Item = String>) -> Self {
        let written = places.iter().filter(|path| path.is_absolute());
        let written = written.filter_map(|path| path.to_str().map(|text| text.trim_end_matches('/').to_owned()));
        let mut texts: Vec<String> = written.chain(texts).filter(|text| !text.is_empty()).collect();
        texts.sort();
        texts.dedup();
        let mut needles: Vec<Needle> = Vec::new();
        for path in texts {
            let several = path.trim_start_matches('/').contains('/');
            let rule = if several { Rule::Anywhere } else { Rule::WithSomethingBelow };
            // The texts are sorted, so a folder comes before the folders in it.
            let covered = |known: &Needle| known.rule == rule && Path::new(&path).starts_with(&known.path);
            if !needles.iter().any(covered) {
                needles.push(Needle { finder: Finder::new(&path).into_owned(), path, rule });
            }
        }
        BuildPaths { needles }
    }

    pub fn find(&self, data: &[u8]) -> Vec<Named> {
        self.needles.iter().filter_map(|needle| needle.find(data)).collect()
    }
}

impl Needle {
    fn find(&self, data: &[u8]) -> Option<Named> {
        let (mut words, mut times) = (BTreeSet::new(), 0);
        for start in self.finder.find_iter(data) {
            let end = start + self.path.len();
            let (before, after) = (start.checked_sub(1).map(|at| data[at]), data.get(end).copied());
            let fits = match self.rule {
                Rule::Anywhere => !after.is_some_and(is_of_a_name),
                Rule::WithSomethingBelow => {
                    after == Some(b'/') && !before.is_some_and(|byte| is_of_a_name(byte) || b"<>)}*%".contains(&byte))
                }
            };
            if fits {
                times += 1;
                if words.len() < MOST_WORDS {
                    words.insert(word(data, start, end));
                }
            }
        }
        (times > 0).then(|| Named { path: self.path.clone(), words: words.into_iter().collect(), times })
    }
}

fn is_of_a_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-.".contains(&byte)
}

/// The path with what follows up to a space, a quote or the like.
fn word(data: &[u8], start: usize, end: usize) -> String {
    let ends = |byte: &u8| !byte.is_ascii_graphic() || b"\"'`<>|;".contains(byte);
    let rest = &data[end..data.len().min(end + LONGEST_REST)];
    let length = rest.iter().position(ends).unwrap_or(rest.len());
    String::from_utf8_lossy(&data[start..end + length]).into_owned()
}

/// The places as written and with links resolved: either may have got into a file.
fn places(checkout: &Path, variable: impl Fn(&str) -> Option<OsString>) -> Vec<PathBuf> {
    let path = |name| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = path("HOME");
    let python = path("PYO3_PYTHON").map(|interpreter| checkout.join(interpreter));
    let prefix = |interpreter: &Path| Some(interpreter.parent()?.parent()?.to_path_buf());
    let installed = python.as_ref().and_then(|interpreter| prefix(&interpreter.canonicalize().ok()?));
    let mut places = vec![checkout.to_path_buf()];
    places.extend(path("CARGO_HOME").or_else(|| Some(home.as_ref()?.join(".cargo"))));
    places.extend(path("CARGO_TARGET_DIR").map(|target| checkout.join(target)));
    places.extend(python.and_then(|interpreter| prefix(&interpreter)));
    places.extend(home);
    let resolved: Vec<PathBuf> = places.iter().filter_map(|place| place.canonicalize().ok()).collect();
    places.into_iter().chain(resolved).chain(installed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(places: &[&str], data: &[u8]) -> Vec<Named> {
        BuildPaths::new(places.iter().map(PathBuf::from).collect(), []).find(data)
    }

    #[test]
    fn a_path_is_found_in_text_and_between_other_bytes() {
        let named = found(&["/zone/app"], b"\0prefix='/zone/app/.local' \xff/zone/app\0x/zone/app/src");
        assert_eq!(named.len(), 1);
        assert_eq!((named[0].path.as_str(), named[0].times), ("/zone/app", 3));
        assert_eq!(named[0].words, ["/zone/app", "/zone/app/.local", "/zone/app/src"]);
    }

    #[test]
    fn the_name_of_another_folder_is_not_it() {
        assert_eq!(found(&["/zone/app"], b"/zone/app2/x /zone/app-old /zone/application"), []);
        assert_eq!(found(&["/base"], b"<a></base>/x '/base' tree/base/x ${D}/base/x"), []);
        assert_eq!(found(&["/base"], b"'/base/.cargo/registry'").len(), 1);
        assert_eq!(found(&["/"], b"/usr/lib"), []);
    }

    #[test]
    fn a_file_full_of_paths_keeps_few_words() {
        let data: String = (0..1000).map(|number| format!("/zone/app/{number} ")).collect();
        let named = found(&["/zone/app"], data.as_bytes());
        assert_eq!((named[0].words.len(), named[0].times), (MOST_WORDS, 1000));
        let long = format!("/zone/app/{}", "x".repeat(1000));
        assert_eq!(found(&["/zone/app"], long.as_bytes())[0].words, [&long[.."/zone/app".len() + LONGEST_REST]]);
    }

    #[test]
    fn places_are_those_of_the_run_and_one_within_another_counts_once() {
        let variable = |name: &str| match name {
            "HOME" => Some("/home/u".into()),
            "CARGO_TARGET_DIR" => Some("/big/target".into()),
            "PYO3_PYTHON" => Some("/zone/app/.local/python/bin/python3".into()),
            _ => None,
        };
        let places = places(Path::new("/zone/app"), variable);
        let wanted = ["/zone/app", "/home/u/.cargo", "/big/target", "/zone/app/.local/python", "/home/u"];
        assert_eq!(places, wanted.map(PathBuf::from));
        let paths = BuildPaths::new(places, ["/install".to_owned()]);
        let needles: Vec<&str> = paths.needles.iter().map(|needle| needle.path.as_str()).collect();
        assert_eq!(needles, ["/big/target", "/home/u", "/install", "/zone/app"]);
    }
}
