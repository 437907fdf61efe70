//! Has hints repeat the arguments that chose the application, so that a hint can be pasted where the command was typed.

use crate::config::Selection;
use crate::shown::word;
use std::ffi::{OsStr, OsString};
use std::path::Path;

/// What the user gave, each as an option with its value.
#[derive(Default)]
pub struct Given {
    options: Vec<(&'static str, String)>,
    /// The command `try` with its arguments: it builds by itself, so a hint to build is one to try again.
    again: Option<String>,
    /// The subcommand with its own arguments, empty for the whole pipeline.
    command: String,
}

impl Given {
    pub fn of(selection: &Selection, again: Option<String>, words: &[OsString]) -> Given {
        let text = |text: &String| word(Path::new(text));
        let manifest = selection.manifest_path.iter().map(|path| ("--manifest-path", word(path)));
        let package = selection.package.iter().map(|name| ("--package", text(name)));
        let settings = selection.settings.iter().map(|setting| ("--config", text(setting)));
        let command: Vec<String> = without_selection(words).map(typed).collect();
        Given { options: manifest.chain(package).chain(settings).collect(), again, command: command.join(" ") }
    }

    /// An error's text, with each command of its hint completed.
    pub fn in_error(&self, text: &str) -> String {
        match text.rsplit_once("\nhint: ") {
            Some((before, hint)) => format!("{before}\nhint: {}", self.in_commands(hint)),
            None => text.to_owned(),
        }
    }

    /// Commands, joined by `&&`, of which those of cargo get the options that they take and do not have.
    pub fn in_commands(&self, commands: &str) -> String {
        commands.split(" && ").map(|command| self.in_command(command)).collect::<Vec<_>>().join(" && ")
    }

    fn in_command(&self, command: &str) -> String {
        // Before the command, variables may be set.
        let Some(at) = command.find("cargo ").filter(|at| *at == 0 || command[..*at].ends_with(' ')) else {
            return command.to_owned();
        };
        let (before, rest) = command.split_at(at + "cargo ".len());
        let (name, rest) = rest.split_once(' ').map_or((rest, ""), |(name, rest)| (name, rest));
        let is_ours = name == "pyo3-bundle";
        let rest = match &self.again {
            Some(again) if is_ours && rest == "build" => again,
            _ => rest,
        };
        // Another package is for the same command.
        let command = if is_ours && rest.starts_with("--package ") { self.command.as_str() } else { "" };
        // `clean` with a package would clean no other.
        let takes = |option: &str| is_ours || option == "--manifest-path" || (option == "--package" && name == "add");
        let missing = self.options.iter().filter(|(option, _)| takes(option) && !rest.contains(option));
        let options = missing.flat_map(|(option, value)| [*option, value.as_str()]);
        let words: Vec<&str> =
            std::iter::once(name).chain(options).chain([rest, command]).filter(|word| !word.is_empty()).collect();
        format!("{before}{}", words.join(" "))
    }
}

/// A word as it can be pasted. An option is no path, which would get a `./` before it.
fn typed(found: &OsStr) -> String {
    match found.to_str().filter(|text| text.starts_with('-')) {
        Some(option) => match option.split_once('=') {
            Some((name, value)) => format!("{name}={}", word(Path::new(value))),
            None => option.to_owned(),
        },
        None => word(Path::new(found)),
    }
}

/// The words of a command line without the options of the selection and their values.
fn without_selection(words: &[OsString]) -> impl Iterator<Item = &OsStr> {
    let mut words = words.iter();
    std::iter::from_fn(move || {
        loop {
            let found = words.next()?;
            let text = found.to_string_lossy();
            let joined = |option: &str| text.strip_prefix(option).is_some_and(|rest| rest.starts_with('='));
            match text.as_ref() {
                "-p" | "--package" | "--manifest-path" | "--config" => drop(words.next()),
                short if short.starts_with("-p") => {}
                _ if ["--package", "--manifest-path", "--config"].into_iter().any(joined) => {}
                _ => return Some(found.as_os_str()),
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(again: Option<&str>) -> Given {
        let selection = Selection {
            manifest_path: Some("a b/Cargo.toml".into()),
            package: Some("one".into()),
            settings: vec!["python=3.13.5".into(), "profile=slim".into()],
        };
        let words = [
            "-p",
            "one",
            "--config",
            "python=3.13.5",
            "stage",
            "-ptwo",
            "--out=a b",
            "--json",
            "--config=profile=slim",
        ];
        Given::of(&selection, again.map(Into::into), &words.map(Into::into))
    }

    #[test]
    fn a_hint_repeats_what_chose_the_application_and_nothing_twice() {
        let hint = |hint: &str| given(None).in_error(&format!("what\n  why: cargo clean\nhint: {hint}"));
        let all = "--manifest-path 'a b/Cargo.toml' --package one --config python=3.13.5 --config profile=slim";
        for (before, after) in [
            ("cargo pyo3-bundle build", format!("cargo pyo3-bundle {all} build")),
            ("cargo pyo3-bundle", format!("cargo pyo3-bundle {all}")),
            ("X=1 cargo pyo3-bundle build", format!("X=1 cargo pyo3-bundle {all} build")),
            (
                "cargo clean --release -p x && cargo pyo3-bundle build",
                format!("cargo clean --manifest-path 'a b/Cargo.toml' --release -p x && cargo pyo3-bundle {all} build"),
            ),
            (
                "cargo pyo3-bundle --package other",
                format!(
                    "cargo pyo3-bundle {} --package other stage --out='a b' --json",
                    all.replace(" --package one", "")
                ),
            ),
            ("cargo add pyo3@0.30", "cargo add --manifest-path 'a b/Cargo.toml' --package one pyo3@0.30".into()),
            ("cargo metadata --no-deps --manifest-path x", "cargo metadata --no-deps --manifest-path x".into()),
            ("ls -la '/a/cargo b'", "ls -la '/a/cargo b'".into()),
        ] {
            assert_eq!(hint(before), format!("what\n  why: cargo clean\nhint: {after}"));
        }
        assert_eq!(given(None).in_error("what\n  cargo clean"), "what\n  cargo clean");
        assert_eq!(
            Given::default().in_error("what\n  why\nhint: cargo pyo3-bundle"),
            "what\n  why\nhint: cargo pyo3-bundle"
        );
    }

    #[test]
    fn who_tries_is_told_to_try_again() {
        let again = Given { again: Some("try --python 3.12.1".into()), ..Given::default() };
        let hint = |hint: &str| again.in_commands(hint);
        assert_eq!(
            hint("cargo clean && cargo pyo3-bundle build"),
            "cargo clean && cargo pyo3-bundle try --python 3.12.1"
        );
        assert_eq!(hint("cargo pyo3-bundle init"), "cargo pyo3-bundle init");
    }
}
