//! What `init` would change, and what it leaves to the user: a file a function. Reads, and writes nothing.

use super::manifest::{self, Configured, Named};
use super::program::{self, Edit};
use super::text::{Change, Text};
use super::{Arguments, origin, pin};
use crate::Misuse;
use crate::config::Application;
use crate::managed::{PIN, Pin, Places};
use crate::problem::Problem;
use crate::shown::{shown, visible, word};
use anyhow::Result;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The whole build script. It is in one line because an application keeps it for ever; rustfmt would make three of it.
fn build_script(build: &str) -> String {
    format!("#[rustfmt::skip] fn main() {{ {} }}\n", program::call(build))
}

/// The folders of dists, also of unfinished ones: git would count them as changes of what they are made of. The folder
/// of the managed Python ignores itself.
const IGNORED: &str = "/dist*/";

/// The folder of archives, which no line keeps out of git: it would be a tenth one.
const ARCHIVES: &str = "/archives/";

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
        let names = plan.add_crates(arguments, application)?;
        plan.add_build_script(application, &names.build)?;
        plan.add_start(application, &names.runtime)?;
        plan.add_pin(arguments, application)?;
        plan.add_ignored(application)?;
        plan.add_python(application)?;
        Ok(plan)
    }

    fn edit(&mut self, text: &Text, content: &str) {
        self.changes.extend(text.edited(content));
    }

    fn add_crates(&mut self, arguments: &Arguments, application: &Application) -> Result<Named> {
        let text = Text::read(&application.root.join("Cargo.toml"))?;
        let workspace = Text::read(&application.workspace.join("Cargo.toml"))?.content();
        let origin = origin::find(arguments, application, &workspace)?;
        let named = manifest::add_crates(&text.path, &text.content(), &workspace, origin.as_ref())?;
        let named = named.ok_or_else(|| origin::unknown(arguments))?;
        self.edit(&text, &named.text);
        Ok(named)
    }

    fn add_build_script(&mut self, application: &Application, build: &str) -> Result<()> {
        let default = application.root.join("build.rs");
        let text = Text::read(application.build_script.as_deref().unwrap_or(&default))?;
        if !text.is_there() {
            self.edit(&text, &build_script(build));
        } else if !program::links(&text.content(), build) {
            let (place, call) = (within(application, &text.path), program::call(build));
            self.notes.push(format!("`{place}` stays as it is; add to its `main`:\n    {call}"));
        }
        Ok(())
    }

    /// Adds the line to each binary that goes into the dist, unless code that they share has it.
    fn add_start(&mut self, application: &Application, runtime: &str) -> Result<()> {
        let named = application.binaries.iter().zip(&application.mains);
        let mains = named.filter(|(name, _)| is_packed(application, name)).map(|(_, path)| path);
        let is_shared = sources(&application.root.join("src"))
            .iter()
            .filter(|path| !application.mains.contains(path))
            .any(|path| Text::read(path).is_ok_and(|text| program::starts(&text.content(), runtime)));
        if is_shared {
            return Ok(());
        }
        for path in mains {
            let text = Text::read(path)?;
            match program::edit(&text.content(), runtime) {
                Edit::Done => {}
                Edit::Changed(content) => self.edit(&text, &content),
                Edit::ByHand { why, line } => {
                    let place = within(application, path);
                    self.notes.push(format!("`{place}` stays as it is: {why}\n    {line}"));
                }
            }
        }
        Ok(())
    }

    fn add_pin(&mut self, arguments: &Arguments, application: &Application) -> Result<()> {
        let own = application.root.join(PIN);
        let path = if own.is_file() { own } else { application.workspace.join(PIN) };
        let text = Text::read(&path)?;
        if let Some(key) = &application.keys.python {
            Pin::of_key(key)?;
            return check_key(arguments.python.as_deref(), key);
        }
        if arguments.python.is_some() || !text.is_there() {
            self.edit(
                &text,
                &format!(
                    "{}\n",
                    pin::choose(arguments.python.as_deref(), &Places::of(application), |version| arguments
                        .with_python(version)
                        .command())?
                ),
            );
        } else {
            Pin::of_file(&path)?;
        }
        Ok(())
    }

    fn add_ignored(&mut self, application: &Application) -> Result<()> {
        let text = Text::read(&application.root.join(".gitignore"))?;
        let content = text.content();
        let bare = |line: &str| line.trim().trim_matches('/').to_owned();
        // A file further up or the user's own may ignore them, finished and unfinished.
        let are_ignored = || ["dist/", "dist.partial/"].iter().all(|name| is_ignored(application, name) == Some(true));
        if !content.lines().any(|line| bare(line) == bare(IGNORED)) && !are_ignored() {
            // Behind a last line without an end, git would count that line as changed.
            let last =
                if content.ends_with('\n') { content.len() } else { content.rfind('\n').map_or(0, |end| end + 1) };
            self.edit(&text, &format!("{}{IGNORED}\n{}", &content[..last], &content[last..]));
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

/// Refuses another release than that of the key `python`, which goes before the file: writing the file would change
/// nothing, and the key is the user's.
fn check_key(asked: Option<&str>, key: &str) -> Result<()> {
    match asked.filter(|asked| *asked != key) {
        None => Ok(()),
        Some(asked) => {
            let what = format!("`--python {}` would change nothing", visible(asked));
            let why = format!(
                "wanted no key `python` or one with the same release, found `{}`: the key goes before `{PIN}`",
                visible(key)
            );
            Err(Misuse::new(Problem::without_hint(what, why)).into())
        }
    }
}

/// The command that has git ignore the archives, if there is a repository that does not.
pub fn ignore_archives(application: &Application) -> Option<String> {
    let file = application.root.join(".gitignore");
    // The line must not become a part of a last line that has no end.
    let has_end = std::fs::read_to_string(&file).map_or(true, |text| text.is_empty() || text.ends_with('\n'));
    let line = if has_end { format!("echo {ARCHIVES}") } else { format!("printf '\\n{ARCHIVES}\\n'") };
    (is_ignored(application, ARCHIVES.trim_start_matches('/')) == Some(false))
        .then(|| format!("{line} >>{}", word(&file)))
}

/// Whether git ignores a path in the package's folder; `None` outside of a repository.
fn is_ignored(application: &Application, name: &str) -> Option<bool> {
    let mut git = Command::new("git");
    git.args(["check-ignore", "--quiet", name]).current_dir(&application.root);
    let status = git.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().ok()?;
    match status.code() {
        Some(0) => Some(true),
        Some(1) => Some(false),
        _ => None,
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
