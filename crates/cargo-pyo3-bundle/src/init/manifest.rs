//! The edits of `Cargo.toml` and of cargo's configuration. Comments and the order of keys stay.

use super::origin::Origin;
use crate::problem::Problem;
use crate::shown::{shown, visible};
use std::path::Path;
use toml_edit::{DocumentMut, InlineTable, Item, Table, TableLike, Value};

pub const RUNTIME: &str = "pyo3-bundle";
pub const BUILD: &str = "pyo3-bundle-build";

/// The version of both crates, which are released together with this one: `0.1`.
const VERSION: &str = concat!(env!("CARGO_PKG_VERSION_MAJOR"), ".", env!("CARGO_PKG_VERSION_MINOR"));

/// The variable by which PyO3 finds its Python, and the place of the managed one, relative to the workspace.
pub const VARIABLE: &str = "PYO3_PYTHON";
pub const INTERPRETER: &str = ".local/python/bin/python3";

/// A manifest with both crates, and the names by which Rust code knows them.
#[derive(Debug, PartialEq, Eq)]
pub struct Named {
    pub text: String,
    pub runtime: String,
    pub build: String,
}

/// Adds the two dependencies that are missing. `workspace` is the text of the workspace's manifest. Without an origin, it
/// returns nothing if one of them is neither there nor in the workspace.
pub fn add_crates(path: &Path, text: &str, workspace: &str, origin: Option<&Origin>) -> Result<Option<Named>, Problem> {
    let mut manifest = parse(path, text)?;
    let inherited = parse(path, workspace)?;
    let mut add = |table: &str, package: &'static str| -> Result<Option<String>, Problem> {
        if let Some(name) = name_of(manifest.get(table), package) {
            return Ok(Some(name.replace('-', "_")));
        }
        let shared = inherited.get("workspace").and_then(|found| found.get("dependencies"));
        let shared = name_of(shared, package);
        let value = match (&shared, origin) {
            (Some(_), _) => inline("workspace", true.into()),
            (None, None) => return Ok(None),
            (None, Some(Origin::Registry)) => VERSION.into(),
            (None, Some(Origin::Folder(folder))) => {
                let place = folder.join(package);
                let place = place.to_str().ok_or_else(|| {
                    let what = format!("`{}` cannot be a path of a dependency", shown(&place));
                    Problem::without_hint(what, "wanted a path in UTF-8")
                })?;
                inline("path", place.into())
            }
        };
        let name = shared.unwrap_or_else(|| package.to_owned());
        // An empty line before a new table would be one line more to keep.
        insert(table_of(path, &mut manifest, table)?, &name, value);
        Ok(Some(name.replace('-', "_")))
    };
    let names = (add("dependencies", RUNTIME)?, add("build-dependencies", BUILD)?);
    let (Some(runtime), Some(build)) = names else { return Ok(None) };
    Ok(Some(Named { text: manifest.to_string(), runtime, build }))
}

/// Whether the workspace has cargo take this crate from another place than the registry.
pub fn is_patched(path: &Path, workspace: &str, package: &str) -> Result<bool, Problem> {
    let manifest = parse(path, workspace)?;
    Ok(name_of(manifest.get("patch").and_then(|patch| patch.get("crates-io")), package).is_some())
}

/// What cargo's configuration says of the Python to build with.
pub enum Configured {
    Edited(String),
    /// The variable is set, to something else.
    Otherwise(String),
}

pub fn set_python(path: &Path, text: &str) -> Result<Configured, Problem> {
    let mut config = parse(path, text)?;
    if let Some(found) = config.get("env").and_then(|env| env.get(VARIABLE)) {
        let value = found.get("value").unwrap_or(found).as_str().unwrap_or_default();
        let is_relative = found.get("relative").and_then(Item::as_bool).unwrap_or_default();
        let is_ours = value == INTERPRETER && is_relative;
        let found = found.to_string().trim().to_owned();
        return Ok(if is_ours { Configured::Edited(text.to_owned()) } else { Configured::Otherwise(found) });
    }
    let mut value = InlineTable::new();
    value.insert("value", INTERPRETER.into());
    value.insert("relative", true.into());
    insert(table_of(path, &mut config, "env")?, VARIABLE, value.into());
    Ok(Configured::Edited(config.to_string()))
}

fn parse(path: &Path, text: &str) -> Result<DocumentMut, Problem> {
    text.parse().map_err(|error: toml_edit::TomlError| {
        Problem::without_hint(format!("`{}` is not TOML", shown(path)), visible(error.message()))
    })
}

/// The name that a table of dependencies gives to a package.
fn name_of(table: Option<&Item>, package: &str) -> Option<String> {
    let table = table?.as_table_like()?;
    let of = |item: &Item| item.get("package").and_then(Item::as_str).map(str::to_owned);
    let is_it = |name: &str, item: &Item| of(item).map_or(name == package, |found| found == package);
    table.iter().find(|(name, item)| is_it(name, item)).map(|(name, _)| name.to_owned())
}

fn table_of<'a>(path: &Path, document: &'a mut DocumentMut, name: &str) -> Result<&'a mut dyn TableLike, Problem> {
    let new = || {
        let mut table = Table::new();
        table.decor_mut().set_prefix("");
        Item::Table(table)
    };
    let item = document.entry(name).or_insert_with(new);
    item.as_table_like_mut().ok_or_else(|| {
        let what = format!("`{name}` in `{}` is not as expected", shown(path));
        Problem::without_hint(what, "wanted a table")
    })
}

/// Adds a key: in its place where the keys are sorted, else at the end.
fn insert(table: &mut dyn TableLike, key: &str, value: Value) {
    let keys: Vec<String> = table.iter().map(|(key, _)| key.to_owned()).collect();
    table.insert(key, Item::Value(value));
    if keys.is_sorted() {
        table.sort_values();
    }
}

fn inline(key: &str, value: Value) -> Value {
    InlineTable::from_iter([(key, value)]).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str, workspace: &str, origin: &Origin) -> Named {
        add_crates(Path::new("Cargo.toml"), text, workspace, Some(origin)).unwrap().unwrap()
    }

    fn added(text: &str, workspace: &str, origin: &Origin) -> String {
        named(text, workspace, origin).text
    }

    #[test]
    fn a_plain_manifest_gets_three_lines() {
        let text = "[package]\nname = \"app\"\n\n[dependencies]\npyo3 = \"0.30\" # ours\nzip  =  \"1\"\n";
        let wanted = "[package]\nname = \"app\"\n\n[dependencies]\npyo3 = \"0.30\" # ours\npyo3-bundle = \"0.1\"\n\
                      zip  =  \"1\"\n[build-dependencies]\npyo3-bundle-build = \"0.1\"\n";
        assert_eq!(added(text, text, &Origin::Registry), wanted);
        assert_eq!(added(wanted, wanted, &Origin::Registry), wanted);
    }

    #[test]
    fn comments_and_an_order_of_ones_own_stay() {
        let text = "# about zip\n[dependencies]\n# first\nzip = \"1\"\npyo3 = \"0.30\"\n\n[build-dependencies]\ncc = \"1\"\n# end\n";
        let after = added(text, "", &Origin::Folder("../a b".into()));
        let wanted = text
            .replace("\"0.30\"\n", "\"0.30\"\npyo3-bundle = { path = \"../a b/pyo3-bundle\" }\n")
            .replace("cc = \"1\"\n", "cc = \"1\"\npyo3-bundle-build = { path = \"../a b/pyo3-bundle-build\" }\n");
        assert_eq!(after, wanted);
    }

    #[test]
    fn every_way_to_write_dependencies_is_understood() {
        let after = added("[dependencies.pyo3]\nversion = \"0.30\"\n", "", &Origin::Registry);
        let parsed: toml::Table = toml::from_str(&after).unwrap();
        assert_eq!(parsed["dependencies"][RUNTIME].as_str(), Some("0.1"), "{after}");
        assert_eq!(parsed["dependencies"]["pyo3"]["version"].as_str(), Some("0.30"), "{after}");
        let after = added("dependencies = { pyo3 = \"0.30\" }\n[package]\nname = \"a\"\n", "", &Origin::Registry);
        let parsed: toml::Table = toml::from_str(&after).unwrap();
        assert_eq!(parsed["dependencies"][RUNTIME].as_str(), Some("0.1"), "{after}");
        let renamed = "[dependencies]\nbundle = { package = \"pyo3-bundle\", version = \"0.1\" }\n";
        assert!(!added(renamed, "", &Origin::Registry).contains("\npyo3-bundle ="));
        let inherited = "[workspace.dependencies]\npyo3-bundle = \"0.1.2\"\n";
        let after = added("[dependencies]\n", inherited, &Origin::Registry);
        assert!(after.starts_with("[dependencies]\npyo3-bundle = { workspace = true }\n"), "{after}");
        let inherited = "[workspace.dependencies]\nmy-bundle = { package = \"pyo3-bundle\", version = \"0.1\" }\n";
        let found = named("[dependencies]\n", inherited, &Origin::Registry);
        assert!(found.text.starts_with("[dependencies]\nmy-bundle = { workspace = true }\n"), "{}", found.text);
        assert_eq!((found.runtime.as_str(), found.build.as_str()), ("my_bundle", "pyo3_bundle_build"));
        assert_eq!(named(&found.text, inherited, &Origin::Registry), found);
        // Another crate under this name is not the crate.
        let other = "[dependencies]\npyo3-bundle-build = { package = \"other\", version = \"1\" }\n";
        assert!(added(other, "", &Origin::Registry).contains("[build-dependencies]\npyo3-bundle-build = \"0.1\"\n"));
        for (text, named) in [("[dependencies", "is not TOML"), ("dependencies = 1", "wanted a table")] {
            let error = add_crates(Path::new("Cargo.toml"), text, "", Some(&Origin::Registry)).unwrap_err().to_string();
            assert!(error.contains(named), "{error}");
        }
    }

    #[test]
    fn crates_that_come_from_nowhere_have_to_be_there_already() {
        let at = Path::new("Cargo.toml");
        assert_eq!(add_crates(at, "[dependencies]\npyo3-bundle = \"0.1\"\n", "", None), Ok(None));
        let inherited = "[workspace.dependencies]\npyo3-bundle = \"0.1\"\npyo3-bundle-build = \"0.1\"\n";
        assert!(add_crates(at, "", inherited, None).unwrap().unwrap().text.contains("{ workspace = true }"));
        let patch = "[patch.crates-io]\npyo3-bundle = { path = \"x\" }\n";
        assert_eq!((is_patched(at, patch, RUNTIME), is_patched(at, patch, BUILD)), (Ok(true), Ok(false)));
    }

    #[test]
    fn cargos_configuration_names_the_managed_python_and_no_other_is_replaced() {
        let set = |text: &str| match set_python(Path::new("config.toml"), text).unwrap() {
            Configured::Edited(after) => after,
            Configured::Otherwise(found) => format!("otherwise {found}"),
        };
        let lines = "[env]\nPYO3_PYTHON = { value = \".local/python/bin/python3\", relative = true }\n";
        assert_eq!(set(""), lines);
        assert_eq!(set(lines), lines);
        // An empty line would be a tenth one.
        for text in ["[alias]\nb = \"build\"\n", "[alias]\nb = \"build\"", "paths = [\"x\"]\n"] {
            assert_eq!(set(text), format!("{}\n{lines}", text.trim_end()));
        }
        let env = "[env]\nA = \"1\" # a\n\n[alias]\nb = \"build\"\n";
        assert_eq!(set(env), env.replace("# a\n", &format!("# a\n{}", lines.trim_start_matches("[env]\n"))));
        assert_eq!(set("[env]\nPYO3_PYTHON = \"/usr/bin/python3\"\n"), "otherwise \"/usr/bin/python3\"");
        let absolute = "[env]\nPYO3_PYTHON = { value = \".local/python/bin/python3\" }\n";
        assert!(set(absolute).starts_with("otherwise "));
    }
}
