//! `.local/cargo.toml`, which an application's `.cargo/config.toml` may include: then a plain `cargo build` embeds no
//! path of this machine either. The workspace, cargo's home, an outside target folder, packages outside the workspace
//! and the standard library's sources get fixed names in the binary.

use crate::build;
use crate::config::Application;
use crate::managed::Places;
use crate::problem::About;
use anyhow::Result;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Writes the file. It is not rewritten when nothing changed.
pub fn write(application: &Application) -> Result<()> {
    let file = Places::of(application).cargo_config();
    let text = Machine::of(application).config(&build::flags_of_user(&application.root));
    if fs::read_to_string(&file).is_ok_and(|found| found == text) {
        return Ok(());
    }
    let partial = file.with_extension("toml.partial");
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).about("cannot create", folder)?;
    }
    fs::write(&partial, text).about("cannot write", &partial)?;
    Ok(fs::rename(&partial, &file).about("cannot write", &file)?)
}

/// The folders of this machine whose names end up in a binary.
#[derive(Default)]
pub struct Machine {
    cargo_home: PathBuf,
    root: PathBuf,
    target: PathBuf,
    outside: Vec<PathBuf>,
    /// The standard library's sources with the commit that they have. Where they are not installed, the compiler has
    /// given them their fixed name already.
    library: Option<(PathBuf, String)>,
    /// What the link to the managed Python leads to.
    python: Option<PathBuf>,
}

impl Machine {
    pub fn of(application: &Application) -> Machine {
        let places = Places::of(application);
        let outside: Vec<PathBuf> = application.path_dependencies.iter().map(|path| workspace_of(path)).collect();
        Machine {
            cargo_home: cargo_home(&places.root, env::var_os("CARGO_HOME"), env::home_dir()),
            library: library(&places.root),
            python: fs::read_link(places.runtime()).ok(),
            root: places.root,
            target: places.target,
            outside,
        }
    }

    /// The flags of rustc. It takes the last mapping that matches.
    pub fn flags(&self) -> Vec<String> {
        let mut flags = Vec::new();
        let mut add = |folder: &Path, name: &str| {
            // As written, and with links resolved: rustc compares text.
            let resolved = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
            for place in [Some(folder), Some(resolved.as_path()).filter(|resolved| *resolved != folder)] {
                if let Some(place) = place.and_then(Path::to_str) {
                    let flag = format!("--remap-path-prefix={place}={name}");
                    if !flags.contains(&flag) {
                        flags.push(flag);
                    }
                }
            }
        };
        add(&self.cargo_home, "/cargo");
        add(&self.root, "/src");
        if !self.target.starts_with(&self.root) {
            add(&self.target, "/target");
        }
        for folder in &self.outside {
            let name = folder.file_name().unwrap_or_default().to_string_lossy();
            add(folder, &format!("/path/{name}"));
        }
        if let Some((sources, commit)) = &self.library {
            add(sources, &format!("/rustc/{commit}"));
        }
        flags
    }

    /// The option of the C compiler, quoted for a shell: assertions in the C code of crates contain file names.
    fn c_flags(&self) -> String {
        format!("'-ffile-prefix-map={}=/cargo'", self.cargo_home.to_string_lossy().replace('\'', r"'\''"))
    }

    /// The variables that cargo sets for what it runs.
    pub fn variables(&self) -> [(&'static str, String); 3] {
        // PyO3 asks the interpreter again when this variable changes: the interpreter's own path never does.
        let python = self.python.as_ref().map_or("none".into(), |link| link.to_string_lossy().into_owned());
        [("PYO3_ENVIRONMENT_SIGNATURE", python), ("CC_SHELL_ESCAPED_FLAGS", "1".into()), ("CFLAGS", self.c_flags())]
    }

    /// The table is `target.'cfg(all())'` because cargo drops the flags of `build` when the user's own configuration has
    /// flags for the target (a faster linker, say), but adds those of `target.'cfg(all())'` to them:
    /// <https://doc.rust-lang.org/cargo/reference/config.html#buildrustflags>. `own` are the user's flags of `build`.
    fn config(&self, own: &[String]) -> String {
        let mut text = "# Written by `cargo pyo3-bundle python`.\n[target.'cfg(all())']\nrustflags = [\n".to_owned();
        own.iter().chain(&self.flags()).for_each(|flag| text.push_str(&format!("  {},\n", quoted(flag))));
        text.push_str("]\n\n[env]\n");
        self.variables().iter().for_each(|(name, value)| text.push_str(&format!("{name} = {}\n", quoted(value))));
        text
    }
}

/// A basic string of TOML. JSON has the same escapes.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('\x7f', "\\u007f")
}

/// Cargo's home as cargo finds it: a relative CARGO_HOME counts from where cargo runs.
pub fn cargo_home(root: &Path, variable: Option<OsString>, home: Option<PathBuf>) -> PathBuf {
    match variable.filter(|value| !value.is_empty()) {
        Some(value) => root.join(value),
        None => home.unwrap_or_default().join(".cargo"),
    }
}

fn library(root: &Path) -> Option<(PathBuf, String)> {
    let rustc = env::var_os("RUSTC").unwrap_or("rustc".into());
    let ask = |arguments: &[&str]| {
        let output = Command::new(&rustc).args(arguments).current_dir(root).output().ok()?;
        String::from_utf8(output.stdout).ok().filter(|_| output.status.success())
    };
    let sources = Path::new(ask(&["--print", "sysroot"])?.trim()).join("lib/rustlib/src/rust");
    let version = ask(&["-vV"])?;
    let commit = version.lines().find_map(|line| line.strip_prefix("commit-hash: "))?;
    sources.is_dir().then(|| (sources, commit.to_owned()))
}

/// The workspace of a package, whose other packages it may depend on, or else its own folder.
fn workspace_of(package: &Path) -> PathBuf {
    let declares = |folder: &&Path| {
        let text = fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
        text.lines().any(|line| line.starts_with("[workspace"))
    };
    package.ancestors().find(declares).unwrap_or(package).to_owned()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn machine(folder: &Path) -> Machine {
        Machine {
            cargo_home: folder.join("it's \"home\""),
            root: folder.join("app"),
            target: folder.join("app/target"),
            ..Machine::default()
        }
    }

    #[test]
    fn what_cargo_reads_is_what_was_meant() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().canonicalize().unwrap();
        let config: toml::Table = toml::from_str(&machine(&place).config(&[])).unwrap();
        let flags = config["target"]["cfg(all())"]["rustflags"].as_array().unwrap();
        let shown = place.display();
        assert_eq!(flags[0].as_str().unwrap(), format!("--remap-path-prefix={shown}/it's \"home\"=/cargo"));
        assert_eq!(flags[1].as_str().unwrap(), format!("--remap-path-prefix={shown}/app=/src"));
        assert_eq!(flags.len(), 2);
        let c = config["env"]["CFLAGS"].as_str().unwrap();
        assert_eq!(c, format!("'-ffile-prefix-map={shown}/it'\\''s \"home\"=/cargo'"));
        assert_eq!(config["env"]["PYO3_ENVIRONMENT_SIGNATURE"].as_str(), Some("none"));
    }

    #[test]
    fn a_link_a_target_folder_and_a_package_outside_have_names_too() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().canonicalize().unwrap();
        fs::create_dir_all(place.join("real/crates/one")).unwrap();
        fs::write(place.join("real/Cargo.toml"), "[workspace]\n").unwrap();
        fs::write(place.join("real/crates/one/Cargo.toml"), "[package]\n").unwrap();
        std::os::unix::fs::symlink(place.join("real"), place.join("app")).unwrap();
        let machine = Machine {
            target: place.join("out"),
            outside: vec![workspace_of(&place.join("real/crates/one"))],
            library: Some((place.join("rust"), "abc".into())),
            ..machine(&place)
        };
        let flags = machine.flags();
        let place = place.display();
        for wanted in [
            format!("{place}/app=/src"),
            format!("{place}/real=/src"),
            format!("{place}/out=/target"),
            format!("{place}/real=/path/real"),
            format!("{place}/rust=/rustc/abc"),
        ] {
            assert!(flags.contains(&format!("--remap-path-prefix={wanted}")), "{wanted}: {flags:?}");
        }
    }

    #[test]
    fn the_home_of_cargo_is_where_cargo_looks_for_it() {
        let home = |variable: Option<&str>| cargo_home(Path::new("/w"), variable.map(Into::into), Some("/h".into()));
        assert_eq!(home(None), Path::new("/h/.cargo"));
        assert_eq!(home(Some("")), Path::new("/h/.cargo"));
        assert_eq!(home(Some("rel")), Path::new("/w/rel"));
        assert_eq!(home(Some("/abs")), Path::new("/abs"));
    }
}
