//! Decides what a slim dist leaves out. The rules are data (`slim.toml`, and the changes of the configuration); this file
//! matches paths and counts what each rule saved. `copy` asks it about each path; what is installed later is pruned.

use crate::config::Slim;
use crate::problem::{About, Problem};
use crate::shown::visible;
use anyhow::{Context, Result};
use glob::{MatchOptions, Pattern};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

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
    #[serde(rename = "modules", default)]
    _modules: Vec<String>,
    reason: String,
}

/// One row of the table that is printed at the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Saving {
    pub reason: String,
    pub files: u64,
    pub bytes: u64,
    /// What was left out, relative to the runtime: files, links and whole folders.
    pub paths: Vec<String>,
}

/// The rules that apply to one installed Python, and what they have saved so far.
#[derive(Default)]
pub struct Slimming {
    rules: Vec<Applying>,
    /// Paths that stay although a rule names them.
    keep: Vec<Counted>,
    /// Files that only an explicit `drop` leaves out.
    needed: Option<BTreeSet<PathBuf>>,
    /// The rules are for the Python itself, and packages were installed since.
    only_drops: bool,
}

struct Applying {
    patterns: Vec<Pattern>,
    saving: Saving,
    /// The pattern is one of the configuration's `drop`.
    is_drop: bool,
}

/// A pattern of the configuration, and whether it has matched anything.
struct Counted {
    pattern: Pattern,
    matches: bool,
}

pub const WITHIN_A_FOLDER: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: false };

impl Slimming {
    /// Leaves nothing out.
    pub fn none() -> Self {
        Slimming::default()
    }

    pub fn by_rules(python: &Path) -> Result<Self> {
        let mut slimming = Slimming::none();
        slimming.add_rules(include_str!("slim.toml"), python)?;
        Ok(slimming)
    }

    /// Adds the patterns of the configuration. `keep` comes before every rule, and `drop` is a rule of its own.
    pub fn change(&mut self, changes: &Slim) -> Result<()> {
        let parse = |pattern: &String| {
            Pattern::new(pattern).map_err(|error| {
                let what = format!("`{}` of `slim` is not a pattern", visible(pattern));
                Problem::without_hint(what, format!("{} at its character {}", error.msg, error.pos))
            })
        };
        for pattern in &changes.keep {
            self.keep.push(Counted { pattern: parse(pattern)?, matches: false });
        }
        for (at, pattern) in changes.drop.iter().enumerate() {
            let saving = Saving::new(format!("`slim.drop` of the configuration: `{}`", visible(pattern)));
            self.rules.insert(at, Applying { patterns: vec![parse(pattern)?], saving, is_drop: true });
        }
        Ok(())
    }

    /// Adds the rules of a data file behind those that are there.
    pub fn add_rules(&mut self, text: &str, python: &Path) -> Result<()> {
        let rules: Rules = toml::from_str(text).context("the rules are not as expected")?;
        for rule in rules.rule {
            if rule.unless.as_deref().map(|pattern| exists(python, pattern)).transpose()? == Some(true) {
                continue;
            }
            let patterns: Result<Vec<Pattern>, _> = rule.paths.iter().map(|path| Pattern::new(path)).collect();
            let patterns = patterns.context("the rules have a wrong pattern")?;
            self.rules.push(Applying { patterns, saving: Saving::new(rule.reason), is_drop: false });
        }
        Ok(())
    }

    /// Names the files that no rule leaves out. Then files are asked about one by one, and no folder as a whole.
    pub fn need(&mut self, files: BTreeSet<PathBuf>) {
        self.needed = Some(files);
    }

    /// Whether a file, link or whole folder is left out. The first rule that matches counts it.
    pub fn leaves_out(&mut self, relative: &Path, place: &Path) -> bool {
        let is_kept = !self.keep.is_empty() && self.keeps(relative);
        let Some(at) = self.rule_of(relative).filter(|_| !is_kept) else { return false };
        let is_folder = !place.is_symlink() && place.is_dir();
        if is_folder && (self.needed.is_some() || self.keeps_below(relative, place)) {
            return false;
        }
        let (files, bytes) = size(place);
        let saving = &mut self.rules[at].saving;
        saving.files += files;
        saving.bytes += bytes;
        saving.paths.push(relative.to_string_lossy().into_owned());
        true
    }

    /// Whether a pattern of `keep` names the path or a folder around it.
    fn keeps(&mut self, relative: &Path) -> bool {
        let mut kept = false;
        for keep in &mut self.keep {
            if matches_in(&keep.pattern, relative) {
                keep.matches = true;
                kept = true;
            }
        }
        kept
    }

    /// Whether a pattern of `keep` names anything in a folder, which then cannot be left out as a whole.
    fn keeps_below(&mut self, relative: &Path, place: &Path) -> bool {
        if self.keep.is_empty() {
            return false;
        }
        let entries = std::fs::read_dir(place).into_iter().flatten().flatten();
        let mut names: Vec<_> = entries.map(|entry| (relative.join(entry.file_name()), entry.path())).collect();
        names.sort();
        // Not `any`, which would stop before every pattern has been tried.
        names.into_iter().fold(false, |kept, (relative, place)| {
            let below = !place.is_symlink() && place.is_dir() && self.keeps_below(&relative, &place);
            self.keeps(&relative) | below | kept
        })
    }

    fn rule_of(&self, relative: &Path) -> Option<usize> {
        let is_needed = self.needed.as_ref().is_some_and(|needed| needed.contains(relative));
        // A folder that a rule names was left out as a whole, unless something in it stays.
        let looks_up = !self.keep.is_empty() || self.needed.is_some();
        let applies = |rule: &Applying| {
            let matches = |pattern: &Pattern| match looks_up {
                true => matches_in(pattern, relative),
                false => pattern.matches_path_with(relative, WITHIN_A_FOLDER),
            };
            (rule.is_drop || !is_needed && !self.only_drops) && rule.patterns.iter().any(matches)
        };
        self.rules.iter().position(applies)
    }

    /// Removes what is left out from a runtime in which packages were installed.
    pub fn prune(&mut self, runtime: &Path) -> Result<()> {
        self.only_drops = self.needed.is_none();
        self.prune_folder(runtime, Path::new("")).map(drop)
    }

    /// Returns whether the folder is empty now.
    fn prune_folder(&mut self, runtime: &Path, folder: &Path) -> Result<bool> {
        let place = runtime.join(folder);
        let mut is_empty = true;
        for entry in std::fs::read_dir(&place).about("cannot list", &place)? {
            let entry = entry.about("cannot list", &place)?;
            let (relative, path) = (folder.join(entry.file_name()), entry.path());
            let is_folder = entry.file_type().about("cannot read", &path)?.is_dir();
            if self.leaves_out(&relative, &path) {
                let removed = if is_folder { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
                removed.about("cannot remove", &path)?;
            } else if is_folder && self.prune_folder(runtime, &relative)? {
                std::fs::remove_dir(&path).about("cannot remove", &path)?;
            } else {
                is_empty = false;
            }
        }
        Ok(is_empty)
    }

    /// Whether the configuration changes the rules.
    pub fn is_changed(&self) -> bool {
        !self.keep.is_empty() || self.rules.iter().any(|rule| rule.is_drop)
    }

    /// Fails if a pattern of the configuration has matched nothing, with the pattern of the rules that is nearest to it.
    pub fn require_matches(&self) -> Result<()> {
        let drops = self.rules.iter().filter(|rule| rule.is_drop);
        let unused = |rule: &Applying| (rule.saving.paths.is_empty()).then(|| rule.patterns[0].as_str().to_owned());
        let keeps = self.keep.iter().filter(|keep| !keep.matches).map(|keep| keep.pattern.as_str().to_owned());
        let Some(pattern) = drops.filter_map(unused).chain(keeps).next() else { return Ok(()) };
        let known = self.rules.iter().filter(|rule| !rule.is_drop).flat_map(|rule| &rule.patterns).map(Pattern::as_str);
        let nearest = known.min_by_key(|known| strsim::damerau_levenshtein(known, &pattern)).unwrap_or("**");
        let what = format!("`{}` of `slim` matches nothing in the runtime", visible(&pattern));
        Err(Problem::without_hint(what, format!("the nearest pattern of the rules is `{nearest}`")).into())
    }

    /// The rules that saved something.
    pub fn savings(self) -> Vec<Saving> {
        let mut savings: Vec<Saving> = self.rules.into_iter().map(|rule| rule.saving).collect();
        savings.retain(|saving| saving.files > 0);
        savings.iter_mut().for_each(|saving| saving.paths.sort());
        savings
    }
}

impl Saving {
    fn new(reason: String) -> Self {
        Saving { reason, files: 0, bytes: 0, paths: Vec::new() }
    }
}

/// Whether a pattern names a path or a folder around it.
fn matches_in(pattern: &Pattern, relative: &Path) -> bool {
    relative.ancestors().any(|path| pattern.matches_path_with(path, WITHIN_A_FOLDER))
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

    fn parsed(rules: &str, python: &Path) -> Slimming {
        let mut slimming = Slimming::none();
        slimming.add_rules(rules, python).unwrap();
        slimming
    }

    /// A copy of a small Python with these changes: the files that it has, and the report.
    fn slimmed(keep: &[&str], drop: &[&str]) -> Result<(Vec<String>, Vec<Saving>), String> {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["test/a/b.py", "test/c.py", "json/tool.py", "json/__init__.py", "x.a"] {
            create(&at("from/lib/python3.13").join(name));
        }
        let mut slimming = parsed(RULES, &at("from"));
        let owned = |patterns: &[&str]| patterns.iter().map(|text| String::from(*text)).collect();
        let changes = Slim { keep: owned(keep), drop: owned(drop) };
        slimming.change(&changes).map_err(|error| error.to_string())?;
        crate::copy::tree(&at("from"), &at("to"), |relative, place| slimming.leaves_out(relative, place)).unwrap();
        // As a package that is installed into it.
        create(&at("to/lib/python3.13/site/pack/tests/t.py"));
        create(&at("to/lib/python3.13/site/pack/own.a"));
        slimming.prune(&at("to")).unwrap();
        slimming.require_matches().map_err(|error| error.to_string())?;
        let (mut folders, mut files) = (vec![at("to")], Vec::new());
        while let Some(path) = folders.pop() {
            if path.is_dir() {
                folders.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            } else {
                let name = path.strip_prefix(at("to/lib/python3.13")).unwrap();
                files.push(name.to_str().unwrap().to_owned());
            }
        }
        files.sort();
        Ok((files, slimming.savings()))
    }

    #[test]
    fn keep_comes_before_a_rule_and_drop_removes_more() {
        let (files, _) = slimmed(&[], &[]).unwrap();
        assert_eq!(files, ["json/__init__.py", "json/tool.py", "site/pack/own.a", "site/pack/tests/t.py"]);
        let keep = ["lib/python3.*/test/a", "lib/**/x.a"];
        let (files, savings) = slimmed(&keep, &["lib/**/tool.py", "lib/**/tests"]).unwrap();
        assert_eq!(files, ["json/__init__.py", "site/pack/own.a", "test/a/b.py", "x.a"]);
        let report: Vec<_> = savings.iter().map(|saving| (saving.reason.as_str(), saving.paths.concat())).collect();
        let drop = |pattern: &str| format!("`slim.drop` of the configuration: `{pattern}`");
        let wanted = [
            (&*drop("lib/**/tool.py"), "lib/python3.13/json/tool.py".to_owned()),
            (&*drop("lib/**/tests"), "lib/python3.13/site/pack/tests".to_owned()),
            ("tests and archives", "lib/python3.13/test/c.py".to_owned()),
        ];
        assert_eq!(report, wanted);
        let (files, _) = slimmed(&["lib/**/tool.py"], &["lib/python3.*/json"]).unwrap();
        assert!(files.contains(&"json/tool.py".to_owned()) && !files.contains(&"json/__init__.py".to_owned()));
    }

    #[test]
    fn a_pattern_that_matches_nothing_is_told_with_the_nearest_one() {
        for (keep, drop) in [(&["lib/python3.*/tests"][..], &[][..]), (&[], &["lib/python3.*/tests"])] {
            let error = slimmed(keep, drop).unwrap_err();
            let wanted = "`lib/python3.*/tests` of `slim` matches nothing in the runtime\n  the nearest pattern of the \
                rules is `lib/python3.*/test`";
            assert_eq!(error, wanted);
        }
        let error = slimmed(&[], &["lib/[x"]).unwrap_err();
        assert!(error.starts_with("`lib/[x` of `slim` is not a pattern\n  invalid range"), "{error}");
    }

    fn create(path: &Path) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "12345").unwrap();
    }

    #[test]
    fn rules_match_whole_folders_and_count_what_they_save() {
        let python = tempfile::tempdir().unwrap();
        create(&python.path().join("lib/python3.13/test/a/b.py"));
        create(&python.path().join("lib/x/libx.a"));
        let mut slimming = parsed(RULES, python.path());
        let mut leaves = |path: &str| slimming.leaves_out(Path::new(path), &python.path().join(path));
        assert!(leaves("lib/python3.13/test") && leaves("lib/x/libx.a"));
        assert!(!leaves("lib/python3.13/testing") && !leaves("lib/python3.13/unittest/test") && !leaves("lib"));
        let paths = vec!["lib/python3.13/test".to_owned(), "lib/x/libx.a".to_owned()];
        assert_eq!(slimming.savings(), [Saving { reason: "tests and archives".into(), files: 2, bytes: 10, paths }]);
    }

    #[test]
    fn an_exception_keeps_a_rule_from_applying() {
        let python = tempfile::tempdir().unwrap();
        let tk = Path::new("lib/tk");
        assert!(parsed(RULES, python.path()).leaves_out(tk, tk));
        create(&python.path().join("lib/_tk.cpython.so"));
        assert!(!parsed(RULES, python.path()).leaves_out(tk, tk));
    }

    #[test]
    fn the_shipped_rules_parse_and_have_reasons() {
        let slimming = Slimming::by_rules(Path::new("/nowhere")).unwrap();
        assert!(slimming.rules.len() > 5, "only {} rules", slimming.rules.len());
        assert!(slimming.rules.iter().all(|rule| !rule.patterns.is_empty() && !rule.saving.reason.is_empty()));
        assert!(
            Slimming::none().add_rules("[[rule]]\npath = []\n", Path::new("/")).is_err(),
            "unknown keys are refused"
        );
    }
}
