//! The configuration: the values of `config.toml`, the environment and the defaults, each with its source.

mod document;
mod print;
pub mod schema;
#[cfg(test)]
mod tests;
mod value;

use crate::problem::Problem;
use crate::repl::directories::{self, Environment};
use crate::repl::keys::Binding;
use crate::repl::system::files::STATE;
use crate::repl::theme::Theme;
use document::Document;
use schema::{Key, Standard, ValueKind};
use std::path::{Path, PathBuf};
use toml::de::DeValue;

#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    pub edit_mode: EditMode,
    pub startup_file: Option<PathBuf>,
    pub hints: bool,
    pub banner: bool,
    pub color: ColorChoice,
    pub history_size: usize,
    /// None when no home folder is known.
    pub history_file: Option<PathBuf>,
    /// 0 means no limit; the same is true of `max_chars`.
    pub max_items: usize,
    pub max_chars: usize,
    pub theme: Theme,
    /// The bindings of the file; `keys::standard` has the program's own.
    pub keys: Vec<Binding>,
    file: PathBuf,
    settings: Vec<Setting>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EditMode {
    Emacs,
    Vi,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColorChoice {
    Auto,
    Always,
    Never,
}

/// One value for `--print-config`.
#[derive(Clone, Debug, PartialEq)]
struct Setting {
    key: &'static Key,
    /// The user's name for the value, in a table whose members the user names.
    member: Option<String>,
    text: Written,
    source: Source,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Default,
    Variable(&'static str),
    Line(usize),
}

/// A value in TOML, or why there is none.
type Written = Result<String, &'static str>;

/// The folders that paths in the file start from.
struct Place {
    folder: PathBuf,
    home: Option<PathBuf>,
}

/// Loads the configuration. A missing file is an error only if `--config` names it.
pub fn load(explicit: Option<&Path>, environment: &Environment) -> Result<Config, Problem> {
    let document = Document::read(explicit, environment)?;
    let entries = document.entries()?;
    let folder = document.path.parent().unwrap_or(Path::new("")).to_owned();
    let place = Place { folder, home: directories::user_home(environment) };
    let mut config = Config::blank(&document.path);
    for key in &schema::KEYS {
        let mut written = entries.iter().filter(|entry| entry.key == key).peekable();
        if written.peek().is_none() {
            config.fall_back(key, environment, &place);
        }
        for entry in written {
            let member = entry.member.clone();
            let text = value::take(key, &mut config, member.as_deref(), &entry.value, &place)
                .map_err(|wrong| document.problem(entry.line, wrong))?;
            config.settings.push(Setting { key, member, text, source: Source::Line(entry.line) });
        }
    }
    Ok(config)
}

impl Config {
    /// Returns a configuration to be filled: each field gets its value, also a default, by a row of the table.
    fn blank(file: &Path) -> Config {
        Config {
            edit_mode: EditMode::Emacs,
            startup_file: None,
            hints: false,
            banner: false,
            color: ColorChoice::Auto,
            history_size: 0,
            history_file: None,
            max_items: 0,
            max_chars: 0,
            theme: Theme::plain(),
            keys: Vec::new(),
            file: file.to_owned(),
            settings: Vec::new(),
        }
    }

    /// Sets a key that the file does not have, from the environment or else to its default.
    fn fall_back(&mut self, key: &'static Key, environment: &Environment, place: &Place) {
        let given = |name: &str| environment(name).is_some_and(|value| !value.is_empty());
        let variable = key.variables.iter().find(|(name, _)| given(name));
        let (text, source) = match (variable, key.standard) {
            (Some((name, text)), _) => (self.take_known(key, text, place), Source::Variable(name)),
            (None, Standard::Value(text)) => (self.take_known(key, text, place), Source::Default),
            (None, Standard::State(name)) => self.take_state(key, name, environment),
            (None, Standard::Nothing) => (Err("is not set"), Source::Default),
            (None, Standard::Empty) => return,
        };
        self.settings.push(Setting { key, member: None, text, source });
    }

    fn take_known(&mut self, key: &Key, text: &str, place: &Place) -> Written {
        let value = DeValue::parse(text).expect("the values of the table are TOML").into_inner();
        value::take(key, self, None, &value, place).expect("the values of the table are of their kind")
    }

    fn take_state(&mut self, key: &Key, name: &str, environment: &Environment) -> (Written, Source) {
        let source = match directories::absolute(STATE.0, environment) {
            Some(_) => Source::Variable(STATE.0),
            None => Source::Default,
        };
        match (key.kind, directories::state_home(environment)) {
            (ValueKind::File(set), Some(folder)) => {
                let path = folder.join(name);
                let text = value::write_path(&path);
                set(self, path);
                (text, source)
            }
            _ => (Err("is not set, because no home folder is known"), source),
        }
    }
}

impl EditMode {
    pub fn named(name: &str) -> Option<EditMode> {
        match name {
            "emacs" => Some(EditMode::Emacs),
            "vi" => Some(EditMode::Vi),
            _ => None,
        }
    }
}

impl ColorChoice {
    pub fn named(name: &str) -> Option<ColorChoice> {
        match name {
            "auto" => Some(ColorChoice::Auto),
            "always" => Some(ColorChoice::Always),
            "never" => Some(ColorChoice::Never),
            _ => None,
        }
    }
}
