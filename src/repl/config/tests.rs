//! Tests of the configuration's rules and of its document.

use super::schema::{KEYS, Standard};
use super::*;
use crate::repl::keys::{self, ACTIONS, Action};
use crate::repl::theme::{TOKENS, Token, style};
use nu_ansi_term::{Color, Style};
use reedline::{KeyCode, KeyModifiers};
use std::ffi::OsString;
use std::fs;
use tempfile::TempDir;

const NAME: &str = env!("CARGO_PKG_NAME");

fn environment(variables: &[(&str, &str)]) -> impl Fn(&str) -> Option<OsString> {
    let owned: Vec<(String, OsString)> =
        variables.iter().map(|(name, value)| (name.to_string(), value.into())).collect();
    move |name| owned.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
}

fn with_file(text: impl AsRef<[u8]>) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    fs::write(&file, text).unwrap();
    (folder, file)
}

fn loaded(text: &str, variables: &[(&str, &str)]) -> Result<Config, Problem> {
    let (_folder, file) = with_file(text);
    load(Some(&file), &environment(variables))
}

fn defaults() -> Config {
    load(None, &environment(&[])).unwrap()
}

#[test]
fn without_a_file_each_field_has_the_default_of_the_table() {
    let config = defaults();
    assert_eq!((config.edit_mode, config.color), (EditMode::Emacs, ColorChoice::Auto));
    assert!(config.hints && config.banner);
    assert_eq!((config.history_size, config.max_items, config.max_chars), (10_000, 500, 10_000));
    assert_eq!((&config.startup_file, &config.history_file), (&None, &None));
    assert_eq!(config.theme, Theme::default());
    assert_eq!(config.keys, []);
}

#[test]
fn each_key_of_the_file_reaches_its_field() {
    let text = r##"
        edit_mode = "vi"
        startup_file = "/s.py"
        hints = false
        banner = false
        color = "never"
        history = { size = 0x10, file = "/h" }
        output.max_items = 1_000_000
        output.max_chars = 0
        [theme]
        name = "light"
        styles.keyword = "#ff8800"
        [keys]
        "ctrl-." = "undo"
        f2 = "none"
    "##;
    let config = loaded(text, &[]).unwrap();
    assert_eq!((config.edit_mode, config.color), (EditMode::Vi, ColorChoice::Never));
    assert!(!config.hints && !config.banner);
    assert_eq!((config.history_size, config.max_items, config.max_chars), (16, 1_000_000, 0));
    assert_eq!((config.startup_file, config.history_file), (Some("/s.py".into()), Some("/h".into())));
    let mut theme = Theme::named("light").unwrap();
    theme.set_style(Token::Keyword, Color::Rgb(0xff, 0x88, 0).normal());
    assert_eq!(config.theme, theme);
    let undo = (KeyModifiers::CONTROL, KeyCode::Char('.'), Action::Undo);
    assert_eq!(config.keys, [undo, (KeyModifiers::NONE, KeyCode::F(2), Action::None)]);
}

#[test]
fn the_file_is_looked_for_below_the_xdg_folder_then_the_home() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().to_str().unwrap();
    let xdg = format!("{home}/xdg");
    for (place, text) in [("xdg", "history.size = 1"), (".config", "history.size = 2")] {
        fs::create_dir_all(folder.path().join(place).join(NAME)).unwrap();
        fs::write(folder.path().join(place).join(NAME).join("config.toml"), text).unwrap();
    }
    let size = |variables: &[(&str, &str)]| load(None, &environment(variables)).unwrap().history_size;
    assert_eq!(size(&[("HOME", home), ("XDG_CONFIG_HOME", &xdg)]), 1);
    assert_eq!(size(&[("HOME", home), ("XDG_CONFIG_HOME", "xdg")]), 2);
    assert_eq!(size(&[("HOME", &xdg)]), 10_000);
    assert_eq!(size(&[("HOME", "/dev/null")]), 10_000);
}

#[test]
fn the_color_of_the_environment_counts_if_the_file_has_none() {
    let both = [("NO_COLOR", "1"), ("FORCE_COLOR", "1")];
    let color = |text, variables: &[_]| loaded(text, variables).unwrap().color;
    assert_eq!(color("", &both), ColorChoice::Never);
    assert_eq!(color("", &both[1..]), ColorChoice::Always);
    assert_eq!(color("", &[("NO_COLOR", ""), ("FORCE_COLOR", "")]), ColorChoice::Auto);
    assert_eq!(color("color = 'auto'", &both), ColorChoice::Auto);
}

#[test]
fn paths_count_from_the_home_or_the_folder_of_the_file() {
    let (folder, file) = with_file("startup_file = '~/s.py'\nhistory.file = 'h'");
    let config = load(Some(&file), &environment(&[("HOME", "/home/me")])).unwrap();
    assert_eq!(config.startup_file, Some("/home/me/s.py".into()));
    assert_eq!(config.history_file, Some(folder.path().join("h")));
    let state = |variables: &[_]| loaded("", variables).unwrap().history_file.unwrap();
    assert_eq!(state(&[("HOME", "/home/me")]), Path::new("/home/me/.local/state").join(NAME).join("history"));
    assert_eq!(state(&[("XDG_STATE_HOME", "/state")]), Path::new("/state").join(NAME).join("history"));
}

#[test]
fn what_is_wrong_in_the_file_is_said_with_its_line_and_what_would_do() {
    for (text, what, why) in [
        ("\n\nedit_mdoe = 'vi'", "unknown key `edit_mdoe`", "line 3; the nearest known key is `edit_mode`"),
        ("[history]\nsise = 1", "unknown key `history.sise`", "line 2; the nearest known key is `history.size`"),
        ("[histroy]\nsize = 1", "unknown key `histroy`", "line 1; the nearest known key is `history`"),
        ("'history.size' = 1", "unknown key `\"history.size\"`", "is `history.size`"),
        ("hints = 'yes'", "`hints`", "line 1; wanted true or false, found the string `yes`"),
        (
            "history.size = 1000001",
            "`history.size`",
            "wanted a whole number from 0 to 1000000, found the integer `1000001`",
        ),
        ("history.size = -1", "`history.size`", "found the integer `-1`"),
        ("history.size = 1.5", "`history.size`", "found a float"),
        ("history = true", "`history`", "wanted a table, found the boolean `true`"),
        ("keys = []", "`keys`", "wanted a table, found an array"),
        ("edit_mode = 'emcas'", "`edit_mode`", "wanted `emacs` or `vi`, found the string `emcas`"),
        ("color = true", "`color`", "wanted `auto`, `always` or `never`, found the boolean `true`"),
        (
            "theme.name = 'drak'",
            "`theme.name`",
            "wanted `default`, `light` or `high-contrast`, found the string `drak`",
        ),
        ("startup_file = ''", "`startup_file`", "wanted the path of a file in quotes, found the string ``"),
        ("startup_file = '~/s'", "`~/s`", "`HOME`"),
        ("[theme.styles]\nkeywrod = 'bold'", "unknown token `keywrod`", "line 2; the nearest known token is `keyword`"),
        (
            "[theme.styles]\nkeyword = 'blod'",
            "unknown style word `blod`",
            "line 2; the nearest known style word is `bold`",
        ),
        ("[theme.styles]\nkeyword = 1", "`theme.styles.keyword`", "wanted a style in quotes, found the integer `1`"),
        ("[keys]\nctl-o = 'undo'", "unknown modifier `ctl`", "line 2; the nearest known modifier is `ctrl`"),
        ("[keys]\nctrl-o = 'udno'", "unknown action `udno`", "the nearest known action is `undo`"),
        ("[keys]\n'ctrl-_' = 'undo'\n'ctrl-/' = 'redo'", "`ctrl-_` is bound twice", "line 2;"),
        ("[keys]\nctrl-o = \"u\\nd\"", "unknown action `u?d`", "line 2;"),
        ("hints = true\nbanner = tru", "config.toml` is not TOML", "line 2, column 10: "),
        ("hints = true\nhints = true", "config.toml` is not TOML", "line 2, column 1: duplicate key"),
        ("hints = \"", "config.toml` is not TOML", "line 1, column 10: "),
    ] {
        let (_folder, file) = with_file(text);
        let problem = load(Some(&file), &environment(&[])).unwrap_err().to_string();
        let lines: Vec<&str> = problem.lines().collect();
        assert!(lines[0].contains(what) && lines[1].contains(why), "{text}: {problem}");
        assert_eq!(lines[2], format!("hint: ${{EDITOR:-vi}} {}", file.display()));
    }
}

#[test]
fn a_file_that_cannot_be_read_is_named_with_a_command_that_helps() {
    let (folder, file) = with_file(b"hints = true\n# \xE9");
    let problem = load(Some(&file), &environment(&[])).unwrap_err().to_string();
    assert!(problem.contains("is not text") && problem.contains("the byte 0xE9 in line 2"), "{problem}");

    let missing = folder.path().join("it's mine.toml");
    let problem = load(Some(&missing), &environment(&[])).unwrap_err().to_string();
    assert!(problem.contains("it's mine.toml`\n") && problem.contains("No such file"), "{problem}");
    let hint = format!("{NAME} --print-config > '{}/it'\\''s mine.toml'", folder.path().display());
    assert!(problem.ends_with(&hint), "{problem}");

    let problem = load(Some(folder.path()), &environment(&[])).unwrap_err().to_string();
    assert!(problem.contains(&format!("hint: ls -ld {}", folder.path().display())), "{problem}");
}

#[test]
fn every_value_is_printed_with_who_said_it() {
    let (_folder, file) = with_file("hints = false\n\n[keys]\n'ctrl-.' = 'undo'\n[theme.styles]\nkeyword = 'none'\n");
    let variables = [("HOME", "/home/me"), ("XDG_STATE_HOME", "/state"), ("NO_COLOR", "1")];
    let printed = load(Some(&file), &environment(&variables)).unwrap().print();
    let shown = file.display();
    for line in [
        "edit_mode = \"emacs\"  # default".into(),
        "# startup_file is not set  # default".into(),
        format!("hints = false  # {shown}:1"),
        "color = \"never\"  # NO_COLOR".into(),
        format!("[history]\n# {}\nsize = 10000  # default", KEYS[5].meaning),
        format!("file = \"/state/{NAME}/history\"  # XDG_STATE_HOME"),
        format!("keyword = \"none\"  # {shown}:6"),
        format!("\"ctrl-.\" = \"undo\"  # {shown}:4"),
    ] {
        assert!(printed.contains(&format!("\n{line}\n")), "{line} is missing in\n{printed}");
    }
    let home = load(None, &environment(&variables[..1])).unwrap().print();
    assert!(home.contains(&format!("\nfile = \"/home/me/.local/state/{NAME}/history\"  # default\n")), "{home}");
}

/// Prints the configuration, saves it in another folder and reads it in another environment.
fn printed_and_read(config: &Config) -> Config {
    let again = loaded(&config.print(), &[("HOME", "/elsewhere"), ("FORCE_COLOR", "1")]).unwrap();
    Config { file: config.file.clone(), settings: config.settings.clone(), ..again }
}

#[test]
fn what_is_printed_gives_the_same_configuration_again() {
    let text = r##"
        startup_file = "a\"b\\\u0007.py"
        history.file = "h"
        theme.name = "high-contrast"
        theme.styles.error = "on color 9"
        [keys]
        "ctrl-\\" = "none"
        "alt-\"" = "edit"
    "##;
    for config in [loaded(text, &[]).unwrap(), loaded("", &[("HOME", "/home/me"), ("NO_COLOR", "1")]).unwrap()] {
        assert_eq!(printed_and_read(&config), config);
    }
}

#[test]
fn a_line_break_in_a_path_stays_out_of_comments() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a\nb.toml");
    fs::write(&file, "hints = false").unwrap();
    let config = load(Some(&file), &environment(&[("HOME", "/a\nb")])).unwrap();
    assert_eq!(printed_and_read(&config), config);
}

const DOCUMENT: &str = include_str!("../../../docs/config-reference.md");

fn documented_rows() -> Vec<String> {
    let standard = |standard| match standard {
        Standard::Value(text) => format!("`{text}`"),
        Standard::State(name) => format!("`$XDG_STATE_HOME/{NAME}/{name}`"),
        Standard::Nothing => "not set".into(),
        Standard::Empty => "empty".into(),
    };
    let chords = |chords: &[&str]| match chords {
        [] => "–".to_owned(),
        chords => format!("`{}`", chords.join("`, `")),
    };
    let keys = KEYS.iter().map(|key| {
        format!("| `{}` | {} | {} | {} |", key.name, key.kind.wanted(), standard(key.standard), key.meaning)
    });
    let tokens =
        TOKENS.iter().map(|row| format!("| `{}` | {} | `{}` |", row.name, row.meaning, row.styles.join("` | `")));
    let actions = ACTIONS.iter().map(|row| format!("| `{}` | {} | {} |", row.name, chords(row.chords), row.meaning));
    keys.chain(tokens).chain(actions).collect()
}

#[test]
fn the_document_has_every_key_token_action_theme_and_word() {
    for row in documented_rows() {
        assert!(DOCUMENT.lines().any(|line| line == row), "{row}");
    }
    let variables = KEYS.iter().flat_map(|key| key.variables).flat_map(|(name, value)| [*name, *value]);
    for word in Theme::NAMES.into_iter().chain(style::words()).chain(keys::key_names()).chain(variables) {
        assert!(DOCUMENT.contains(&format!("`{word}`")), "{word}");
    }
}

#[test]
fn the_example_of_the_document_is_a_configuration() {
    let (_, behind) = DOCUMENT.split_once("```toml\n").unwrap();
    let (example, _) = behind.split_once("```").unwrap();
    let config = loaded(example, &[]).unwrap();
    assert_ne!(config.theme.style(Token::Error), Style::new());
    assert_eq!(config.keys.len(), 4);
}
