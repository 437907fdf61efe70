//! What cargo's own configuration decides about a build: the files `.cargo/config.toml` from the package's folder
//! upwards, and that of cargo's home. Only what changes a step of this crate is read.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

pub struct Settings {
    /// Each file's folder, with its content. The nearest one is first.
    files: Vec<(PathBuf, toml::Table)>,
}

impl Settings {
    pub fn of(folder: &Path) -> Settings {
        Settings::with(folder, &crate::remap::cargo_home(folder, env::var_os("CARGO_HOME"), env::home_dir()))
    }

    fn with(folder: &Path, home: &Path) -> Settings {
        let above = folder.ancestors().map(|folder| folder.join(".cargo"));
        let mut folders: Vec<PathBuf> = above.collect();
        // The home may be a folder above, and cargo reads it once.
        if !folders.iter().any(|folder| folder == home) {
            folders.push(home.to_owned());
        }
        let read = |folder: PathBuf| {
            // Cargo takes the name without an ending first.
            let mut texts = ["config", "config.toml"].iter().map(|name| fs::read_to_string(folder.join(name)));
            let text = texts.find_map(Result::ok)?;
            Some((folder, toml::from_str(&text).ok()?))
        };
        Settings { files: folders.into_iter().filter_map(read).collect() }
    }

    /// The flags of `build.rustflags`. Cargo joins the lists of all files and of the variable, and of several texts the
    /// nearest one counts.
    pub fn build_flags(&self, variable: Option<String>) -> Vec<String> {
        let mut flags = Vec::new();
        for (_, table) in self.files.iter().rev() {
            match table.get("build").and_then(|build| build.get("rustflags")) {
                Some(toml::Value::Array(found)) => {
                    flags.extend(found.iter().filter_map(|flag| flag.as_str()).map(str::to_owned))
                }
                Some(toml::Value::String(found)) => flags = words(found),
                _ => {}
            }
        }
        flags.extend(variable.iter().flat_map(|text| words(text)));
        flags
    }

    /// The keys of the tables `target.*` that have flags.
    pub fn targets_with_flags(&self) -> impl Iterator<Item = &str> {
        let tables = self.files.iter().filter_map(|(_, table)| table.get("target")?.as_table());
        let rows = tables.flat_map(|targets| targets.iter());
        rows.filter(|(_, target)| target.get("rustflags").is_some()).map(|(key, _)| key.as_str())
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

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
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

    #[test]
    fn the_configuration_of_cargos_home_is_the_last_one() {
        let folder = tempfile::tempdir().unwrap();
        let near = settings(folder.path(), "[build]\nrustflags = [\"-O\"]\n");
        assert_eq!(near.build_flags(None), ["-O"]);
        let home = folder.path().join("home");
        fs::create_dir(&home).unwrap();
        fs::write(home.join("config.toml"), "[build]\ntarget = \"far\"\nrustflags = [\"-g\"]\n").unwrap();
        let both = Settings::with(&folder.path().join("member"), &home);
        assert_eq!(both.target(None).as_deref(), Some("far"));
        assert_eq!(both.build_flags(Some(" -C  lto ".into())), ["-g", "-O", "-C", "lto"]);
        let twice = Settings::with(&folder.path().join("member"), &folder.path().join(".cargo"));
        assert_eq!(twice.build_flags(None), ["-O"]);
        let text = settings(folder.path(), "[build]\nrustflags = \"-C lto\"\n[target.x]\nrustflags = []\n[target.y]\n");
        assert_eq!(
            (text.build_flags(None), text.targets_with_flags().collect()),
            (vec!["-C".into(), "lto".into()], vec!["x"])
        );
    }
}
