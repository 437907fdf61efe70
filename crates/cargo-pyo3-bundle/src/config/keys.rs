//! The keys of `[package.metadata.pyo3-bundle]`, of `[workspace.metadata.pyo3-bundle]`, which gives their defaults, and
//! of `--config KEY=VALUE`, which goes before both. Paths are relative to the manifest that has the key, and in
//! `--config` to the current folder.

use crate::metadata::Profile;
use crate::problem::Problem;
use crate::shown::visible;
use serde::de::value::Error as Unnamed;
use serde::de::{DeserializeOwned, Deserializer, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};
use std::path::{Path, PathBuf};

pub const TABLE: &str = "pyo3-bundle";

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub struct Keys {
    /// The binaries that go into the dist; the first one gets the launcher. All of the package if it is missing.
    pub bins: Option<Vec<String>>,
    /// The first part of an archive's name, `<name>-<version>-<os>-<arch>`, and of no other. The package's name if it is
    /// missing.
    pub name: Option<String>,
    /// The version of CPython, such as `3.13.5`. The content of `.python-version` if it is missing.
    pub python: Option<String>,
    /// The features that the application is built with, besides its default ones.
    pub features: Option<Vec<String>>,
    /// Locked Python packages: a requirements file with hashes, or a `uv.lock`.
    pub requirements: Option<PathBuf>,
    /// Folders of local Python projects. Each is built to a wheel and installed without its dependencies.
    pub projects: Option<Vec<PathBuf>>,
    /// Files and folders of the application's own.
    pub include: Option<Vec<Include>>,
    /// How much of the Python goes in: `full`, `slim` or `minimal`.
    pub profile: Option<Profile>,
    /// What can be imported in the profile `minimal`, besides what Python needs itself.
    pub modules: Option<Vec<String>>,
    pub slim: Option<Slim>,
    pub launcher: Option<LauncherStyle>,
    /// A policy for `verify`, in the place of the built-in one.
    pub policy: Option<PathBuf>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub struct Include {
    pub from: PathBuf,
    /// Relative to the dist.
    pub to: PathBuf,
}

/// Changes to the rules of the profile `slim`, as patterns of paths in the runtime.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
pub struct Slim {
    pub keep: Vec<String>,
    pub drop: Vec<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LauncherStyle {
    /// A script in the root of the dist that starts the binary.
    #[default]
    Script,
    /// None: the binary finds its Python by itself.
    None,
    /// The script, and the environment that a Python needs which a dependency starts before `main`.
    Environment,
}

/// Where keys are written, for messages, and what their paths are relative to.
pub struct Source<'a> {
    pub name: String,
    pub base: &'a Path,
}

impl Keys {
    pub fn parse(value: &serde_json::Value, source: &Source) -> Result<Keys, Problem> {
        let keys = Keys::deserialize(value).map_err(|error| explain(&error.to_string(), value, source))?;
        Ok(keys.relative_to(source.base))
    }

    /// Parses `KEY=VALUE`. The value is TOML, or else a text: `profile=minimal`, `modules=["json"]`, `slim.keep=["**"]`.
    pub fn parse_argument(argument: &str, base: &Path) -> Result<Keys, Problem> {
        let source = Source { name: format!("`--config {}`", visible(argument)), base };
        let (key, value) = argument.split_once('=').ok_or_else(|| {
            Problem::new(
                format!("{} has no value", source.name),
                "wanted KEY=VALUE",
                "cargo pyo3-bundle --config profile=slim",
            )
        })?;
        let of_toml = toml::from_str::<toml::Table>(argument);
        let table = of_toml.or_else(|_| toml::from_str(&format!("{key}={}", serde_json::Value::from(value))));
        let table = table.map_err(|error| wrong(&source, error.message().to_owned()))?;
        let json = serde_json::to_value(table).map_err(|error| wrong(&source, error.to_string()))?;
        Keys::parse(&json, &source)
    }

    fn relative_to(mut self, base: &Path) -> Keys {
        let place = |path: &mut PathBuf| *path = base.join(&*path);
        self.requirements.iter_mut().for_each(place);
        self.policy.iter_mut().for_each(place);
        self.projects.iter_mut().flatten().for_each(place);
        self.include.iter_mut().flatten().for_each(|include| place(&mut include.from));
        self
    }

    /// Takes the keys that are missing here from `defaults`.
    pub fn or(self, defaults: Keys) -> Keys {
        Keys {
            bins: self.bins.or(defaults.bins),
            name: self.name.or(defaults.name),
            python: self.python.or(defaults.python),
            features: self.features.or(defaults.features),
            requirements: self.requirements.or(defaults.requirements),
            projects: self.projects.or(defaults.projects),
            include: self.include.or(defaults.include),
            profile: self.profile.or(defaults.profile),
            modules: self.modules.or(defaults.modules),
            slim: self.slim.or(defaults.slim),
            launcher: self.launcher.or(defaults.launcher),
            policy: self.policy.or(defaults.policy),
        }
    }
}

/// Words an error: for an unknown key with the nearest one, else with the key whose value is wrong.
fn explain(error: &str, value: &serde_json::Value, source: &Source) -> Problem {
    let tables = [("", Some(value), names_of::<Keys>()), ("slim.", value.get("slim"), names_of::<Slim>())];
    let included = value.get("include").and_then(|list| list.as_array()).into_iter().flatten();
    let included = included.map(|table| ("include.", Some(table), names_of::<Include>()));
    for (before, table, known) in tables.into_iter().chain(included) {
        let mut keys = table.and_then(|table| table.as_object()).into_iter().flat_map(|table| table.keys());
        if let Some(key) = keys.find(|key| !known.contains(&key.as_str())) {
            let what = format!("{} has no key `{before}{}`", source.name, visible(key));
            let nearest = nearest(key, known).map(|name| format!("the nearest is `{before}{name}`; "));
            let why = format!("{}there are: {}", nearest.unwrap_or_default(), known.join(", "));
            return Problem::without_hint(what, why);
        }
    }
    let is_wrong = |key: &&String| Keys::deserialize(serde_json::json!({ *key: value[*key] })).is_err();
    let key = value.as_object().and_then(|table| table.keys().find(is_wrong));
    let key = key.map(|key| format!("the key `{key}`: "));
    wrong(source, key.unwrap_or_default() + &in_our_words(error))
}

/// The name that was probably meant: one that begins so, or that differs in a third of its letters at most.
fn nearest<'a>(key: &str, known: &[&'a str]) -> Option<&'a str> {
    let distance = |name: &str| strsim::damerau_levenshtein(name, key);
    let begins = |name: &str| key.len() > 2 && name.starts_with(key);
    let near = known.iter().filter(|name| begins(name) || distance(name) * 3 <= name.len());
    near.min_by_key(|name| distance(name) * 100 / name.len().max(1)).copied()
}

/// Translates serde's words to those of TOML.
fn in_our_words(error: &str) -> String {
    const WORDS: [(&str, &str); 8] = [
        ("unknown variant ", "found "),
        ("invalid type: ", "found "),
        ("missing field ", "found no key "),
        (", expected one of ", ", wanted one of "),
        (", expected ", ", wanted "),
        ("a sequence", "a list"),
        ("sequence,", "a list,"),
        ("map,", "a table,"),
    ];
    WORDS.iter().fold(error.to_owned(), |text, (theirs, ours)| text.replace(theirs, ours))
}

fn wrong(source: &Source, why: String) -> Problem {
    Problem::without_hint(format!("{} is not as expected", source.name), visible(&why))
}

/// The names of a structure's fields, as serde knows them.
fn names_of<T: DeserializeOwned>() -> &'static [&'static str] {
    struct Names<'a>(&'a mut &'static [&'static str]);
    impl<'de> Deserializer<'de> for Names<'_> {
        type Error = Unnamed;
        fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Unnamed> {
            Err(serde::de::Error::custom("only structures have names"))
        }
        fn deserialize_struct<V: Visitor<'de>>(
            self,
            _: &'static str,
            fields: &'static [&'static str],
            visitor: V,
        ) -> Result<V::Value, Unnamed> {
            *self.0 = fields;
            self.deserialize_any(visitor)
        }
        forward_to_deserialize_any! {
            bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct
            newtype_struct seq tuple tuple_struct map enum identifier ignored_any
        }
    }
    let mut names: &'static [&'static str] = &[];
    let _known = T::deserialize(Names(&mut names));
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn argument(text: &str) -> Result<Keys, String> {
        Keys::parse_argument(text, Path::new("/here")).map_err(|problem| problem.to_string())
    }

    #[test]
    fn an_argument_is_toml_or_a_text() {
        assert_eq!(argument("profile=minimal").unwrap().profile, Some(Profile::Minimal));
        assert_eq!(argument("python=3.13.5").unwrap().python.as_deref(), Some("3.13.5"));
        assert_eq!(argument("modules=[\"json\", \"ssl\"]").unwrap().modules.unwrap(), ["json", "ssl"]);
        assert_eq!(argument("slim.keep=[\"**/test\"]").unwrap().slim.unwrap().keep, ["**/test"]);
        assert_eq!(argument("requirements=a b.txt").unwrap().requirements.unwrap(), Path::new("/here/a b.txt"));
        assert_eq!(argument("launcher=environment").unwrap().launcher, Some(LauncherStyle::Environment));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place_and_the_nearest_key() {
        for (text, named) in [
            ("profil=slim", "the nearest is `profile`"),
            ("require=x", "the nearest is `requirements`"),
            ("profile", "wanted KEY=VALUE"),
            ("profile=thin", "the key `profile`: found `thin`, wanted one of `full`, `slim`, `minimal`"),
            ("modules=json", "the key `modules`: found string \"json\", wanted a list"),
            ("slim=x", "the key `slim`: found string \"x\", wanted a table"),
            ("python=3", "the key `python`: found integer `3`, wanted a string"),
            ("include=[{from=\"x\"}]", "the key `include`: found no key `to`"),
            ("include=[\"x\"]", "the key `include`: found string \"x\", wanted a table"),
            ("include={from=\"x\"}", "the key `include`: found a table, wanted a list"),
            ("include=[{form=\"x\"}]", "no key `include.form`\n  the nearest is `include.from`; there are: from, to"),
            ("a b=c", "`--config a b=c`"),
            ("slim.kep=[]", "no key `slim.kep`\n  the nearest is `slim.keep`; there are: keep, drop"),
            ("foo=1", "no key `foo`\n  there are: bins, name,"),
            ("x=1", "no key `x`\n  there are: bins, name,"),
            ("pithon=1", "the nearest is `python`"),
        ] {
            let error = argument(text).unwrap_err();
            assert!(error.contains(named), "{text}: {error}");
        }
        let source = Source { name: "a test".into(), base: Path::new("/") };
        let error = Keys::parse(&"text".into(), &source).unwrap_err().to_string();
        assert_eq!(error, "a test is not as expected\n  found string \"text\", wanted a table");
    }

    #[test]
    fn the_document_for_adopters_has_every_key_and_no_other() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/adopting.md");
        let text = std::fs::read_to_string(&path).unwrap();
        let chapter = text.split_once("\n## Keys\n").unwrap().1.split("\n## ").next().unwrap();
        let rows = chapter.lines().filter_map(|line| line.strip_prefix("| `"));
        let documented: Vec<&str> = rows.filter_map(|row| Some(row.split_once('`')?.0)).collect();
        assert_eq!(documented, names_of::<Keys>(), "edit the table in docs/adopting.md");
    }

    #[test]
    fn what_is_missing_comes_from_the_defaults_and_paths_from_their_own_manifest() {
        let keys = |text: &str, base| {
            let value = serde_json::to_value(toml::from_str::<toml::Table>(text).unwrap()).unwrap();
            Keys::parse(&value, &Source { name: "a test".into(), base: Path::new(base) }).unwrap()
        };
        let own =
            keys("name = \"own\"\nprojects = [\"py\"]\ninclude = [{ from = \"data\", to = \"share\" }]\n", "/own");
        let all = own.or(keys("name = \"all\"\nrequirements = \"lock.txt\"\n", "/all"));
        assert_eq!(all.name.as_deref(), Some("own"));
        assert_eq!(all.requirements.unwrap(), Path::new("/all/lock.txt"));
        assert_eq!(all.projects.unwrap(), [Path::new("/own/py")]);
        let include = Include { from: "/own/data".into(), to: "share".into() };
        assert_eq!(all.include.unwrap(), [include]);
    }
}
