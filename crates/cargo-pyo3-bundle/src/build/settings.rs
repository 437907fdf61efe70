//! What cargo's own configuration decides about a build: the files `.cargo/config.toml` from the package's folder
//! upwards. Only what changes a step of this crate is read.

use std::fs;
use std::path::{Path, PathBuf};

pub struct Settings {
    /// Each file's folder, with its content. The nearest one is first.
    files: Vec<(PathBuf, toml::Table)>,
}

impl Settings {
    pub fn of(folder: &Path) -> Settings {
        let folders = folder.ancestors().map(|folder| folder.join(".cargo"));
        let read = |folder: PathBuf| {
            // Cargo takes the name without an ending first.
            let mut texts = ["config", "config.toml"].iter().map(|name| fs::read_to_string(folder.join(name)));
            let text = texts.find_map(Result::ok)?;
            Some((folder, toml::from_str(&text).ok()?))
        };
        Settings { files: folders.filter_map(read).collect() }
    }

    /// Whether one of the files includes this file, so that cargo reads it in any case.
    pub fn include(&self, file: &Path) -> bool {
        let same =
            |place: PathBuf| place.canonicalize().is_ok_and(|place| file.canonicalize().is_ok_and(|f| f == place));
        self.files.iter().any(|(folder, table)| {
            let entries = match table.get("include") {
                Some(toml::Value::Array(entries)) => entries.clone(),
                other => other.cloned().into_iter().collect(),
            };
            let path = |entry: &toml::Value| Some(folder.join(entry.get("path").unwrap_or(entry).as_str()?));
            entries.iter().filter_map(path).any(same)
        })
    }

    /// The system to build for, if it is not simply this one.
    pub fn target(&self, variable: Option<String>) -> Option<String> {
        let of_file = |(_, table): &(PathBuf, toml::Table)| {
            let target = table.get("build")?.get("target")?;
            Some(target.as_str().or_else(|| target.as_array()?.first()?.as_str())?.to_owned())
        };
        variable.filter(|value| !value.is_empty()).or_else(|| self.files.iter().find_map(of_file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(folder: &Path, text: &str) -> Settings {
        fs::create_dir_all(folder.join(".cargo")).unwrap();
        fs::create_dir_all(folder.join(".local")).unwrap();
        fs::create_dir_all(folder.join("member")).unwrap();
        fs::write(folder.join(".local/cargo.toml"), "").unwrap();
        fs::write(folder.join(".cargo/config.toml"), text).unwrap();
        Settings::of(&folder.join("member"))
    }

    #[test]
    fn an_include_is_found_in_each_of_its_shapes() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(".local/cargo.toml");
        for (text, includes) in [
            ("include = \"../.local/cargo.toml\"", true),
            ("include = [\"../.local/cargo.toml\"]", true),
            ("include = [{ path = \"../.local/cargo.toml\", optional = true }]", true),
            ("include = [\"../other.toml\"]", false),
            ("[env]\nA = \"1\"", false),
            ("not TOML", false),
        ] {
            assert_eq!(settings(folder.path(), text).include(&file), includes, "{text}");
        }
    }

    #[test]
    fn the_environment_goes_before_the_nearest_file() {
        let folder = tempfile::tempdir().unwrap();
        let settings = settings(folder.path(), "[build]\ntarget = \"x86_64-unknown-linux-musl\"");
        assert_eq!(settings.target(None).as_deref(), Some("x86_64-unknown-linux-musl"));
        assert_eq!(settings.target(Some("other".into())).as_deref(), Some("other"));
        assert_eq!(settings.target(Some(String::new())).as_deref(), Some("x86_64-unknown-linux-musl"));
    }
}
