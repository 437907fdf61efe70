//! What `init` would change, and what it leaves to the user: a file a function. Reads, and writes nothing.

use super::manifest::{self, Configured, Origin};
use super::program::{self, Edit};
use super::text::{Change, Text};
use super::{Arguments, pin};
use crate::Misuse;
use crate::config::Application;
use crate::managed::PIN;
use crate::problem::Problem;
use crate::shown::{shown, visible};
use anyhow::Result;
use std::path::{Path, PathBuf};

/// The whole build script. It is in one line because an application keeps it for ever; rustfmt would make three of it.
const BUILD_SCRIPT: &str = "#[rustfmt::skip] fn main() { pyo3_bundle_build::link(); }\n";
const CALL: &str = "pyo3_bundle_build::link();";

/// The folders of dists, also of unfinished ones: git would count them as changes of what they are made of. The folder
/// of the managed Python ignores itself.
const IGNORED: &str = "/dist*/";

#[derive(Default)]
pub struct Plan {
    pub changes: Vec<Change>,
    /// What the user has to do.
    pub notes: Vec<String>,
}

impl Plan {
    pub fn of(arguments: &Arguments, application: &Application) -> Result<Self> {
        check(application)?;
        let mut plan = Plan::default();
        plan.add_crates(arguments, application)?;
        plan.add_build_script(application)?;
        plan.add_start(application)?;
        plan.add_pin(arguments, application)?;
        plan.add_ignored(application)?;
        plan.add_python(application)?;
        Ok(plan)
    }

    fn edit(&mut self, text: &Text, content: &str) {
        self.changes.extend(text.edited(content));
    }

    fn add_crates(&mut self, arguments: &Arguments, application: &Application) -> Result<()> {
        let text = Text::read(&application.root.join("Cargo.toml"))?;
        let workspace = Text::read(&application.workspace.join("Cargo.toml"))?;
        let folder = arguments.path.as_deref().map(|path| origin(path, &application.root)).transpose()?;
        let origin = folder.as_deref().map_or(Origin::Registry, Origin::Folder);
        let content = manifest::add_crates(&text.path, &text.content(), &workspace.content(), &origin)?;
        self.edit(&text, &content);
        Ok(())
    }

    fn add_build_script(&mut self, application: &Application) -> Result<()> {
        let default = application.root.join("build.rs");
        let text = Text::read(application.build_script.as_deref().unwrap_or(&default))?;
        if !text.is_there() {
            self.edit(&text, BUILD_SCRIPT);
        } else if !program::names(&text.content(), program::BUILD) {
            let place = within(application, &text.path);
            self.notes.push(format!("`{place}` stays as it is; add to its `main`:\n    {CALL}"));
        }
        Ok(())
    }

    /// Adds the line to each binary that goes into the dist, unless code that they share has it.
    fn add_start(&mut self, application: &Application) -> Result<()> {
        let named = application.binaries.iter().zip(&application.mains);
        let mains = named.filter(|(name, _)| is_packed(application, name)).map(|(_, path)| path);
        let is_shared = sources(&application.root.join("src"))
            .iter()
            .filter(|path| !application.mains.contains(path))
            .any(|path| Text::read(path).is_ok_and(|text| program::starts(&text.content())));
        if is_shared {
            return Ok(());
        }
        for path in mains {
            let text = Text::read(path)?;
            match program::edit(&text.content()) {
                Edit::Done => {}
                Edit::Changed(content) => self.edit(&text, &content),
                Edit::ByHand { why, line } => {
                    let place = within(application, path);
                    self.notes
                        .push(format!("`{place}` stays as it is: {why}; what `main` has to do first is\n    {line}"));
                }
            }
        }
        Ok(())
    }

    fn add_pin(&mut self, arguments: &Arguments, application: &Application) -> Result<()> {
        let own = application.root.join(PIN);
        let path = if own.is_file() { own } else { application.workspace.join(PIN) };
        let text = Text::read(&path)?;
        let is_pinned = text.is_there() || application.keys.python.is_some();
        if arguments.python.is_some() || !is_pinned {
            self.edit(&text, &format!("{}\n", pin::choose(arguments.python.as_deref())?));
        }
        Ok(())
    }

    fn add_ignored(&mut self, application: &Application) -> Result<()> {
        let text = Text::read(&application.root.join(".gitignore"))?;
        let content = text.content();
        let bare = |line: &str| line.trim().trim_matches('/').to_owned();
        if !content.lines().any(|line| bare(line) == bare(IGNORED)) {
            let end = if content.is_empty() || content.ends_with('\n') { "" } else { "\n" };
            self.edit(&text, &format!("{content}{end}{IGNORED}\n"));
        }
        Ok(())
    }

    fn add_python(&mut self, application: &Application) -> Result<()> {
        // Cargo prefers the name that it had before 1.39, and warns where both are there.
        let folder = application.workspace.join(".cargo");
        let old = folder.join("config");
        let text = Text::read(&if old.is_file() { old } else { folder.join("config.toml") })?;
        match manifest::set_python(&text.path, &text.content())? {
            Configured::Edited(content) => self.edit(&text, &content),
            Configured::Otherwise(found) => {
                let place = within(application, &text.path);
                self.notes.push(format!(
                    "`{place}` stays as it is: it sets {} to `{}`; for `cargo run` with the Python of the dist it would be\n    \
                     {0} = {{ value = \"{}\", relative = true }}",
                    manifest::VARIABLE,
                    visible(&found),
                    manifest::INTERPRETER
                ));
            }
        }
        Ok(())
    }
}

/// A path as messages name it.
fn within(application: &Application, path: &Path) -> String {
    shown(path.strip_prefix(&application.workspace).unwrap_or(path))
}

fn is_packed(application: &Application, name: &str) -> bool {
    application.keys.bins.as_ref().is_none_or(|bins| bins.is_empty() || bins.iter().any(|bin| bin == name))
}

/// Refuses what the lines could not help.
fn check(application: &Application) -> Result<()> {
    application.binary()?;
    // A requirement admits a release of a series if it admits its last one.
    let supported = |wanted: &cargo_metadata::semver::VersionReq| {
        (23..=30).any(|minor| wanted.matches(&cargo_metadata::semver::Version::new(0, minor, 999)))
            || wanted.comparators.iter().any(|part| part.minor.is_some_and(|minor| (23..=30).contains(&minor)))
    };
    match &application.pyo3 {
        Some(wanted) if !supported(wanted) => Err(Misuse::new(Problem::new(
            format!("the package `{}` uses PyO3 {wanted}", visible(&application.name)),
            "wanted one of PyO3 0.23 to 0.30, with which pyo3-bundle works",
            "cargo add pyo3@0.30",
        ))
        .into()),
        _ => Ok(()),
    }
}

/// The folder of the crates as a dependency names it: relative to the manifest where it was given so.
fn origin(path: &Path, root: &Path) -> Result<PathBuf> {
    for name in [manifest::RUNTIME, manifest::BUILD] {
        if !path.join(name).join("Cargo.toml").is_file() {
            let what = format!("`{}` has no crate `{name}`", shown(path));
            let why = format!("wanted the folder with `{}` and `{}` in it", manifest::RUNTIME, manifest::BUILD);
            return Err(Misuse::new(Problem::without_hint(what, why)).into());
        }
    }
    let folder = path.canonicalize()?;
    Ok(if path.is_absolute() { folder } else { relative(&folder, &root.canonicalize()?) })
}

fn relative(to: &Path, from: &Path) -> PathBuf {
    let common = to.components().zip(from.components()).take_while(|(a, b)| a == b).count();
    let up = from.components().skip(common).map(|_| std::path::Component::ParentDir);
    up.chain(to.components().skip(common)).collect()
}

/// The Rust files below a folder. Nothing is read through a link to a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => found.append(&mut sources(&path)),
            _ if path.extension().is_some_and(|end| end == "rs") => found.push(path),
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests;
