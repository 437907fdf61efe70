//! Key bindings: chords and actions as people write them → what the line editor understands.

use crate::repl::words::Wrong;
use reedline::{EditCommand, KeyCode, KeyModifiers, ReedlineEvent};

pub type Binding = (KeyModifiers, KeyCode, Action);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Submit,
    Newline,
    Complete,
    AcceptHint,
    AcceptHintWord,
    HistorySearch,
    PreviousHistory,
    NextHistory,
    ClearScreen,
    Undo,
    Redo,
    Edit,
    Suspend,
    Cancel,
    Leave,
    LineStart,
    LineEnd,
    WordLeft,
    WordRight,
    DeleteWordLeft,
    DeleteWordRight,
    KillLine,
    None,
}

/// What is known of an action: its name in the configuration, the chord that has it in Emacs mode (empty for none), and
/// what it does.
pub struct Row {
    pub action: Action,
    pub name: &'static str,
    pub chord: &'static str,
    pub meaning: &'static str,
}

#[rustfmt::skip]
pub const ACTIONS: [Row; 23] = {
    use Action::*;
    [
        row(Submit, "submit", "enter", "run the input if it is complete, else start a new line"),
        row(Newline, "newline", "alt-enter", "start a new line, indented"),
        row(Complete, "complete", "tab", "open the completion menu, or go to its next entry"),
        row(AcceptHint, "accept-hint", "ctrl-f", "take the whole hint"),
        row(AcceptHintWord, "accept-hint-word", "alt-f", "take the next word of the hint"),
        row(HistorySearch, "history-search", "ctrl-r", "search the history"),
        row(PreviousHistory, "previous-history", "", "the input before this one; `up` in the first line does so too"),
        row(NextHistory, "next-history", "", "the input after this one; `down` in the last line does so too"),
        row(ClearScreen, "clear-screen", "ctrl-l", "clear the screen"),
        row(Undo, "undo", "ctrl-_", "take back the last change"),
        row(Redo, "redo", "ctrl-g", "make the change again that was taken back"),
        row(Edit, "edit", "f2", "edit the input in `$EDITOR`"),
        row(Suspend, "suspend", "ctrl-z", "go back to the shell; `fg` returns"),
        row(Cancel, "cancel", "ctrl-c", "drop the input"),
        row(Leave, "leave", "ctrl-d", "leave when the input is empty, else delete the character at the cursor"),
        row(LineStart, "line-start", "ctrl-a", "go to the start of the line"),
        row(LineEnd, "line-end", "ctrl-e", "go to the end of the line"),
        row(WordLeft, "word-left", "alt-b", "go one word to the left"),
        row(WordRight, "word-right", "alt-f", "go one word to the right"),
        row(DeleteWordLeft, "delete-word-left", "alt-backspace", "delete the word to the left"),
        row(DeleteWordRight, "delete-word-right", "alt-delete", "delete the word to the right"),
        row(KillLine, "kill-line", "ctrl-k", "cut from the cursor to the end of the line"),
        row(None, "none", "", "nothing: takes the chord's usual action away"),
    ]
};

/// Those that differ from the line editor's own.
const STANDARD: [Action; 6] =
    [Action::Submit, Action::Newline, Action::Complete, Action::Undo, Action::Edit, Action::Suspend];

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

const fn row(action: Action, name: &'static str, chord: &'static str, meaning: &'static str) -> Row {
    Row { action, name, chord, meaning }
}

/// The program's own bindings, to be added to the line editor's before those of the configuration.
pub fn standard() -> impl Iterator<Item = Binding> {
    let own = ACTIONS.iter().filter(|row| STANDARD.contains(&row.action)).map(|row| {
        let (modifiers, code) = chord(row.chord).expect("every chord of the table is parsed by a test");
        (modifiers, code, row.action)
    });
    // The line editor has it for an editor of its own, which this program does not use.
    own.chain([(KeyModifiers::CONTROL, KeyCode::Char('o'), Action::Edit)])
}

pub fn key_names() -> impl Iterator<Item = &'static str> {
    KEYS.iter().map(|(name, _)| *name)
}

/// `ctrl-o` and its like, as the terminal will report it.
pub fn chord(text: &str) -> Result<(KeyModifiers, KeyCode), Wrong> {
    let (mut modifiers, mut rest) = (KeyModifiers::NONE, text);
    while let Some((word, behind)) =
        rest.split_once('-').filter(|(word, behind)| !word.is_empty() && !behind.is_empty())
    {
        let known = MODIFIERS.iter().find(|(name, _)| *name == word).map(|(_, modifier)| *modifier);
        modifiers |= known.ok_or_else(|| Wrong::unknown("modifier", word, MODIFIERS.map(|(name, _)| name)))?;
        rest = behind;
    }
    reported(text, modifiers, key(rest)?)
}

fn key(word: &str) -> Result<KeyCode, Wrong> {
    let mut characters = word.chars();
    match (characters.next(), characters.next()) {
        (Some(character), None) if !character.is_whitespace() => Ok(KeyCode::Char(character)),
        _ => {
            let known = KEYS.iter().find(|(name, _)| *name == word).map(|(_, code)| *code);
            known.ok_or_else(|| Wrong::unknown("key", word, key_names()))
        }
    }
}

/// A terminal has no byte of its own for some chords.
fn reported(text: &str, modifiers: KeyModifiers, code: KeyCode) -> Result<(KeyModifiers, KeyCode), Wrong> {
    let control = modifiers.contains(KeyModifiers::CONTROL);
    let same_as =
        |other| Err(Wrong::new(format!("unusable chord `{text}`"), format!("terminals send `{other}` for it")));
    match code {
        KeyCode::Char('i') if control => same_as("tab"),
        KeyCode::Char('m') if control => same_as("enter"),
        KeyCode::Char('[') if control => same_as("esc"),
        // The bytes 0x1C to 0x1F, which the line editor reads as the digits that older keyboards had there.
        KeyCode::Char('\\') if control => Ok((modifiers, KeyCode::Char('4'))),
        KeyCode::Char(']') if control => Ok((modifiers, KeyCode::Char('5'))),
        KeyCode::Char('^') if control => Ok((modifiers, KeyCode::Char('6'))),
        KeyCode::Char('_' | '/') if control => Ok((modifiers, KeyCode::Char('7'))),
        KeyCode::Char(_) if !control && !modifiers.contains(KeyModifiers::ALT) => {
            Err(Wrong::new(format!("unusable chord `{text}`"), "the key types text; wanted it with `ctrl-` or `alt-`"))
        }
        KeyCode::Tab if modifiers.contains(KeyModifiers::SHIFT) => Ok((modifiers, KeyCode::BackTab)),
        // The line editor looks letters up in lower case.
        KeyCode::Char(character) => Ok((modifiers, KeyCode::Char(character.to_ascii_lowercase()))),
        _ => Ok((modifiers, code)),
    }
}

impl Action {
    pub fn named(name: &str) -> Result<Action, Wrong> {
        let found = ACTIONS.iter().find(|row| row.name == name).map(|row| row.action);
        found.ok_or_else(|| Wrong::unknown("action", name, ACTIONS.iter().map(|row| row.name)))
    }

    pub fn event(&self) -> ReedlineEvent {
        let host = |command: &str| ReedlineEvent::ExecuteHostCommand(command.into());
        let edit = |command| ReedlineEvent::Edit(vec![command]);
        match self {
            // An open menu takes the key first.
            Action::Submit => ReedlineEvent::UntilFound(vec![ReedlineEvent::MenuAccept, host("submit")]),
            Action::Newline => host("newline"),
            Action::Edit => host("edit"),
            Action::Suspend => host("suspend"),
            Action::Complete => {
                ReedlineEvent::UntilFound(vec![ReedlineEvent::Menu("completion".into()), ReedlineEvent::MenuNext])
            }
            Action::AcceptHint => ReedlineEvent::HistoryHintComplete,
            Action::AcceptHintWord => ReedlineEvent::HistoryHintWordComplete,
            Action::HistorySearch => ReedlineEvent::SearchHistory,
            Action::PreviousHistory => ReedlineEvent::PreviousHistory,
            Action::NextHistory => ReedlineEvent::NextHistory,
            Action::ClearScreen => ReedlineEvent::ClearScreen,
            Action::Cancel => ReedlineEvent::CtrlC,
            Action::Leave => ReedlineEvent::CtrlD,
            Action::Undo => edit(EditCommand::Undo),
            Action::Redo => edit(EditCommand::Redo),
            Action::LineStart => edit(EditCommand::MoveToLineStart { select: false }),
            Action::LineEnd => edit(EditCommand::MoveToLineEnd { select: false }),
            Action::WordLeft => edit(EditCommand::MoveWordLeft { select: false }),
            Action::WordRight => edit(EditCommand::MoveWordRight { select: false }),
            Action::DeleteWordLeft => edit(EditCommand::BackspaceWord),
            Action::DeleteWordRight => edit(EditCommand::DeleteWord),
            Action::KillLine => edit(EditCommand::KillLine),
            Action::None => ReedlineEvent::None,
        }
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
    fn what_is_no_chord_is_refused_with_the_nearest_or_the_reason() {
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

    #[test]
    fn every_action_is_found_by_its_name_and_an_unknown_one_refused_with_the_nearest() {
        for row in &ACTIONS {
            assert_eq!(Action::named(row.name), Ok(row.action));
            assert_eq!(row.name.replace('-', ""), format!("{:?}", row.action).to_lowercase());
        }
        assert_eq!(Action::named("accept-hnt").unwrap_err().why, "the nearest known action is `accept-hint`");
    }

    #[test]
    fn the_chord_of_each_action_leads_to_it() {
        let mut bindings = reedline::default_emacs_keybindings();
        for (modifiers, code, action) in standard() {
            assert_ne!(bindings.find_binding(modifiers, code), Some(action.event()), "the line editor has {action:?}");
            bindings.add_binding(modifiers, code, action.event());
        }
        for row in ACTIONS.iter().filter(|row| !row.chord.is_empty()) {
            let (modifiers, code) = chord(row.chord).unwrap();
            let found = bindings.find_binding(modifiers, code).unwrap();
            let includes = matches!(&found, ReedlineEvent::UntilFound(events) if events.contains(&row.action.event()));
            assert!(found == row.action.event() || includes, "{}: {found:?}", row.name);
        }
    }
}
