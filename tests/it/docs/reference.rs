//! Compares `docs/command-reference.md` and `docs/keys.md` with the tables of the program.

use crate::support::checkout;
use pychat_ai::repl::commands::ALL;
use pychat_ai::repl::keys::ACTIONS;
use std::fs;

fn document(name: &str) -> String {
    fs::read_to_string(checkout().join("docs").join(name)).unwrap()
}

/// The lines below a heading, up to the next heading of its level.
fn chapter<'a>(text: &'a str, heading: &str) -> Vec<&'a str> {
    let lines = text.lines().skip_while(|line| *line != heading).skip(1);
    let found: Vec<&str> = lines.take_while(|line| !line.starts_with("## ")).collect();
    assert!(!found.is_empty(), "there is no chapter `{heading}`");
    found
}

#[test]
fn the_reference_has_every_command_and_no_other() {
    let text = document("command-reference.md");
    let commands = chapter(&text, "## Commands");
    let headings: Vec<&str> = commands.iter().filter_map(|line| line.strip_prefix("### ")).collect();
    let known: Vec<String> = ALL.iter().map(|command| format!("`{}`", command.usage())).collect();
    assert_eq!(headings, known);
    for command in &ALL {
        let heading = format!("### `{}`", command.usage());
        let at = commands.iter().position(|line| *line == heading).unwrap();
        assert_eq!(commands[at + 2], sentence(command.about), "{heading}");
    }
}

/// The text of `/help` as a sentence, as the document has it.
fn sentence(about: &str) -> String {
    let (first, rest) = about.split_at(1);
    format!("{}{rest}.", first.to_uppercase())
}

#[test]
fn the_reference_has_every_key_and_no_other() {
    let text = document("keys.md");
    let rows: Vec<&str> = chapter(&text, "## Emacs mode").into_iter().filter(|line| line.starts_with("| `")).collect();
    let bound = ACTIONS.iter().filter(|row| !row.chords.is_empty());
    let known: Vec<String> = bound.map(|row| format!("| `{}` | {} |", row.chords.join("`, `"), row.meaning)).collect();
    assert_eq!(rows, known);
}
