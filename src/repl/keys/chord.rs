//! Translates chords as people write them into what the terminal reports.

use crate::repl::invalid::Invalid;
use reedline::{KeyCode, KeyModifiers};

const MODIFIERS: [(&str, KeyModifiers); 3] =
    [("ctrl", KeyModifiers::CONTROL), ("alt", KeyModifiers::ALT), ("shift", KeyModifiers::SHIFT)];

#[rustfmt::skip]
const KEYS: [(&str, KeyCode); 27] = [
    ("enter", KeyCode::Enter), ("tab", KeyCode::Tab), ("backspace", KeyCode::Backspace), ("delete", KeyCode::Delete),
    ("insert", KeyCode::Insert), ("esc", KeyCode::Esc), ("space", KeyCode::Char(' ')), ("up", KeyCode::Up),
    ("down", KeyCode::Down), ("left", KeyCode::Left), ("right", KeyCode::Right), ("home", KeyCode::Home),
    ("end", KeyCode::End), ("pageup", KeyCode::PageUp), ("pagedown", KeyCode::PageDown), ("f1", KeyCode::F(1)),
    ("f2", KeyCode::F(2)), ("f3", KeyCode::F(3)), ("f4", KeyCode::F(4)), ("f5", KeyCode::F(5)), ("f6", KeyCode::F(6)),
    ("f7", KeyCode::F(7)), ("f8", KeyCode::F(8)), ("f9", KeyCode::F(9)), ("f10", KeyCode::F(10)),
    ("f11", KeyCode::F(11)), ("f12", KeyCode::F(12)),
];

pub fn key_names() -> impl Iterator<Item = &'static str> {
    KEYS.iter().map(|(name, _)| *name)
}

/// Parses `ctrl-o` and the like into what the terminal will report.
pub fn chord(text: &str) -> Result<(KeyModifiers, KeyCode), Invalid> {
    let (mut modifiers, mut rest) = (KeyModifiers::NONE, text);
    while let Some((word, behind)) =
        rest.split_once('-').filter(|(word, behind)| !word.is_empty() && !behind.is_empty())
    {
        let known = MODIFIERS.iter().find(|(name, _)| *name == word).map(|(_, modifier)| *modifier);
        modifiers |= known.ok_or_else(|| Invalid::unknown("modifier", word, MODIFIERS.map(|(name, _)| name)))?;
        rest = behind;
    }
    reported(text, modifiers, key(rest)?)
}

fn key(word: &str) -> Result<KeyCode, Invalid> {
    let mut characters = word.chars();
    match (characters.next(), characters.next()) {
        (Some(character), None) if !character.is_whitespace() => Ok(KeyCode::Char(character)),
        _ => {
            let known = KEYS.iter().find(|(name, _)| *name == word).map(|(_, code)| *code);
            known.ok_or_else(|| Invalid::unknown("key", word, key_names()))
        }
    }
}

/// Returns what the terminal reports for the chord: it has no byte of its own for some chords.
fn reported(text: &str, modifiers: KeyModifiers, code: KeyCode) -> Result<(KeyModifiers, KeyCode), Invalid> {
    let control = modifiers.contains(KeyModifiers::CONTROL);
    let same_as =
        |other| Err(Invalid::new(format!("unusable chord `{text}`"), format!("terminals send `{other}` for it")));
    match code {
        KeyCode::Char('i') if control => same_as("tab"),
        KeyCode::Char('m') if control => same_as("enter"),
        KeyCode::Char('[') if control => same_as("esc"),
        // The terminal sends the bytes 0x1C to 0x1F, which the line editor reads as the digits 4 to 7 with Ctrl.
        KeyCode::Char('\\') if control => Ok((modifiers, KeyCode::Char('4'))),
        KeyCode::Char(']') if control => Ok((modifiers, KeyCode::Char('5'))),
        KeyCode::Char('^') if control => Ok((modifiers, KeyCode::Char('6'))),
        KeyCode::Char('_' | '/') if control => Ok((modifiers, KeyCode::Char('7'))),
        KeyCode::Char(_) if !control && !modifiers.contains(KeyModifiers::ALT) => {
            let why = "wanted `ctrl-` or `alt-` before it, found a key that types text";
            Err(Invalid::new(format!("unusable chord `{text}`"), why))
        }
        KeyCode::Tab if modifiers.contains(KeyModifiers::SHIFT) => Ok((modifiers, KeyCode::BackTab)),
        // The line editor looks letters up in lower case.
        KeyCode::Char(character) => Ok((modifiers, KeyCode::Char(character.to_ascii_lowercase()))),
        _ => Ok((modifiers, code)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_chord_is_what_the_terminal_will_report() {
        let control = KeyModifiers::CONTROL;
        for (text, modifiers, code) in [
            ("ctrl-o", control, KeyCode::Char('o')),
            ("ctrl-O", control, KeyCode::Char('o')),
            ("ctrl-space", control, KeyCode::Char(' ')),
            ("ctrl--", control, KeyCode::Char('-')),
            ("alt--", KeyModifiers::ALT, KeyCode::Char('-')),
            ("ctrl-_", control, KeyCode::Char('7')),
            ("ctrl-\\", control, KeyCode::Char('4')),
            ("alt-shift-ctrl-up", KeyModifiers::ALT | KeyModifiers::SHIFT | control, KeyCode::Up),
            ("alt-enter", KeyModifiers::ALT, KeyCode::Enter),
            ("shift-tab", KeyModifiers::SHIFT, KeyCode::BackTab),
            ("f12", KeyModifiers::NONE, KeyCode::F(12)),
            ("pageup", KeyModifiers::NONE, KeyCode::PageUp),
        ] {
            assert_eq!(chord(text), Ok((modifiers, code)), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused_with_the_nearest_or_the_reason() {
        for (text, what, why) in [
            ("ctl-o", "modifier `ctl`", "`ctrl`"),
            ("pgup", "key `pgup`", "`pageup`"),
            ("ctrl-entr", "key `entr`", "`enter`"),
            ("ctrl-", "key `ctrl-`", "the nearest"),
            ("", "key ``", "the nearest"),
            ("alt- ", "key ` `", "the nearest"),
            ("ctrl-i", "`ctrl-i`", "`tab`"),
            ("ctrl-m", "`ctrl-m`", "`enter`"),
            ("ctrl-[", "`ctrl-[`", "`esc`"),
            ("a", "`a`", "types text"),
            ("-a", "key `-a`", "the nearest"),
            ("-", "`-`", "types text"),
            ("shift-a", "`shift-a`", "types text"),
        ] {
            let wrong = chord(text).unwrap_err();
            assert!(wrong.what.contains(what) && wrong.why.contains(why), "{text}: {wrong:?}");
        }
    }
}
