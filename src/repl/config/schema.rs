//! Every key of the configuration, described once: parsing, `--print-config`, errors and documentation follow it.

use super::{ColorChoice, Config, EditMode};
use crate::repl::invalid::Invalid;
use crate::repl::keys::{self, Action};
use crate::repl::theme::{Theme, Token, style};
use std::path::PathBuf;

#[derive(Debug)]
pub struct Key {
    /// The name with its tables, such as `history.size`. Keys are printed in the order of `KEYS`.
    pub name: &'static str,
    pub kind: ValueKind,
    pub standard: Standard,
    /// Variables that set the key where the file does not, each with the value for it. An empty variable is ignored.
    pub variables: &'static [(&'static str, &'static str)],
    pub meaning: &'static str,
}

#[derive(Clone, Copy, Debug)]
pub enum ValueKind {
    Choice {
        words: &'static [&'static str],
        set: fn(&mut Config, &str) -> Option<()>,
    },
    Flag(fn(&mut Config, bool)),
    Number {
        most: usize,
        set: fn(&mut Config, usize),
    },
    File(fn(&mut Config, PathBuf)),
    /// A table whose members the user names.
    Table {
        wanted: &'static str,
        set: fn(&mut Config, &str, &str) -> Result<(), Invalid>,
    },
}

#[derive(Clone, Copy, Debug)]
pub enum Standard {
    /// A value in TOML.
    Value(&'static str),
    /// A file of this name in the state folder.
    State(&'static str),
    Nothing,
    Empty,
}

/// All keys. `theme.name` comes before `theme.styles`, which change the chosen theme.
pub static KEYS: [Key; 12] = [
    Key {
        name: "edit_mode",
        kind: ValueKind::Choice {
            words: &["emacs", "vi"],
            set: |config, word| EditMode::named(word).map(|mode| config.edit_mode = mode),
        },
        standard: Standard::Value("\"emacs\""),
        variables: &[],
        meaning: "key bindings: emacs or vi",
    },
    Key {
        name: "startup_file",
        kind: ValueKind::File(|config, path| config.startup_file = Some(path)),
        standard: Standard::Nothing,
        variables: &[],
        meaning: "a Python file to run before the first input",
    },
    Key {
        name: "hints",
        kind: ValueKind::Flag(|config, flag| config.hints = flag),
        standard: Standard::Value("true"),
        variables: &[],
        meaning: "offer the rest of an earlier input behind the cursor, and show signatures there",
    },
    Key {
        name: "banner",
        kind: ValueKind::Flag(|config, flag| config.banner = flag),
        standard: Standard::Value("true"),
        variables: &[],
        meaning: "print the version banner at startup",
    },
    Key {
        name: "color",
        kind: ValueKind::Choice {
            words: &["auto", "always", "never"],
            set: |config, word| ColorChoice::named(word).map(|choice| config.color = choice),
        },
        standard: Standard::Value("\"auto\""),
        variables: &[("NO_COLOR", "\"never\""), ("FORCE_COLOR", "\"always\"")],
        meaning: "when to use colours: on a terminal, always or never",
    },
    Key {
        name: "history.size",
        kind: ValueKind::Number { most: 1_000_000, set: |config, number| config.history_size = number },
        standard: Standard::Value("10000"),
        variables: &[],
        meaning: "how many inputs the history keeps; 0 for none",
    },
    Key {
        name: "history.file",
        kind: ValueKind::File(|config, path| config.history_file = Some(path)),
        standard: Standard::State("history"),
        variables: &[],
        meaning: "where the history is kept",
    },
    Key {
        name: "output.max_items",
        kind: ValueKind::Number { most: 1_000_000_000, set: |config, number| config.max_items = number },
        standard: Standard::Value("500"),
        variables: &[],
        meaning: "how many items of a collection are shown; 0 for all",
    },
    Key {
        name: "output.max_chars",
        kind: ValueKind::Number { most: 1_000_000_000, set: |config, number| config.max_chars = number },
        standard: Standard::Value("10000"),
        variables: &[],
        meaning: "how many characters of a value are shown; 0 for all",
    },
    Key {
        name: "theme.name",
        kind: ValueKind::Choice {
            words: &Theme::NAMES,
            set: |config, word| Theme::named(word).map(|theme| config.theme = theme),
        },
        standard: Standard::Value("\"default\""),
        variables: &[],
        meaning: "the styles to start from",
    },
    Key {
        name: "theme.styles",
        kind: ValueKind::Table { wanted: "a style in quotes", set: set_style },
        standard: Standard::Empty,
        variables: &[],
        meaning: "a style of your own for a token: `keyword = \"bold blue\"`",
    },
    Key {
        name: "keys",
        kind: ValueKind::Table { wanted: "an action in quotes", set: bind },
        standard: Standard::Empty,
        variables: &[],
        meaning: "an action for a chord: `\"ctrl-o\" = \"accept-hint\"`",
    },
];

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl ValueKind {
    pub fn wanted(&self) -> String {
        match self {
            ValueKind::Choice { words, .. } => {
                let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
                let (last, others) = quoted.split_last().expect("a choice has words");
                format!("{} or {last}", others.join(", "))
            }
            ValueKind::Flag(_) => "true or false".into(),
            ValueKind::Number { most, .. } => format!("a whole number from 0 to {most}"),
            ValueKind::File(_) => "the path of a file in quotes".into(),
            ValueKind::Table { .. } => "a table".into(),
        }
    }
}

pub fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// Returns the tables that only hold keys.
pub fn tables() -> impl Iterator<Item = &'static str> {
    KEYS.iter().filter_map(|key| key.name.split_once('.')).map(|(table, _)| table)
}

pub fn unknown(name: &str) -> Invalid {
    Invalid::unknown("key", name, KEYS.iter().map(|key| key.name).chain(tables()))
}

fn set_style(config: &mut Config, token: &str, text: &str) -> Result<(), Invalid> {
    let token = Token::named(token)?;
    config.theme.set_style(token, style::parse(text)?);
    Ok(())
}

/// Binds a chord to an action. Two spellings of one chord are an error: a table has no order by which one could win.
fn bind(config: &mut Config, text: &str, action: &str) -> Result<(), Invalid> {
    let (modifiers, code) = keys::chord(text)?;
    let action = Action::named(action)?;
    if config.keys.iter().any(|binding| (binding.0, binding.1) == (modifiers, code)) {
        let why = "wanted one binding of a chord, found another spelling of this one";
        return Err(Invalid::new(format!("`{text}` is bound twice"), why));
    }
    config.keys.push((modifiers, code, action));
    Ok(())
}
