//! The actions that a key can have: their names in the configuration, their usual chords and their meaning. The table
//! is the whole keyboard of Emacs mode; vi mode takes from it the chords that vi leaves free.

mod chord;
mod effect;

pub use chord::{chord, key_names};
pub use effect::edit_mode;

use super::invalid::Invalid;
use reedline::{KeyCode, KeyModifiers};

pub type Binding = (KeyModifiers, KeyCode, Action);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Submit,
    Newline,
    Complete,
    Dedent,
    Close,
    AcceptHint,
    AcceptHintWord,
    HistorySearch,
    HistorySearchForward,
    PreviousHistory,
    NextHistory,
    ClearScreen,
    Undo,
    Redo,
    Edit,
    Suspend,
    Cancel,
    Leave,
    Up,
    Down,
    CharLeft,
    WordLeft,
    WordRight,
    LineStart,
    LineEnd,
    InputStart,
    InputEnd,
    DeleteCharLeft,
    DeleteChar,
    DeleteWordLeft,
    DeleteWordRight,
    DeleteLongWordLeft,
    KillLine,
    KillLineLeft,
    Yank,
    Transpose,
    UppercaseWord,
    LowercaseWord,
    Capitalize,
    SelectLeft,
    SelectRight,
    SelectUp,
    SelectDown,
    SelectWordLeft,
    SelectWordRight,
    SelectLineStart,
    SelectLineEnd,
    SelectInputStart,
    SelectInputEnd,
    SelectAll,
    None,
}

/// One action: its name in the configuration, its chords in Emacs mode, and what it does.
pub struct Row {
    pub action: Action,
    pub name: &'static str,
    pub chords: &'static [&'static str],
    pub meaning: &'static str,
}

/// Nothing can be suspended on Windows.
const SUSPEND: &[&str] = if cfg!(windows) { &[] } else { &["ctrl-z"] };

#[rustfmt::skip]
pub const ACTIONS: [Row; 51] = {
    use Action::*;
    [
        row(Submit, "submit", &["enter", "ctrl-j"], "run the input if it is complete, else start a new line"),
        row(Newline, "newline", &["alt-enter", "shift-enter"], "start a new line, indented"),
        row(Complete, "complete", &["tab"], "open the completion menu, or go to its next entry"),
        row(Dedent, "dedent", &["shift-tab"], "go to the menu's previous entry, else take one level of indentation away"),
        row(Close, "close", &["esc"], "close the completion menu, or leave the search with the input as it was"),
        row(AcceptHint, "accept-hint", &["ctrl-f", "right"], "take the whole hint, else go one character to the right"),
        row(AcceptHintWord, "accept-hint-word", &["alt-f", "ctrl-right", "alt-right"], "take the next word of the hint, else go to the end of the word"),
        row(HistorySearch, "history-search", &["ctrl-r"], "search the history, and go further back in it"),
        row(HistorySearchForward, "history-search-forward", &["ctrl-s"], "go forward again in the search"),
        row(PreviousHistory, "previous-history", &[], "go to the input before this one"),
        row(NextHistory, "next-history", &[], "go to the input after this one"),
        row(ClearScreen, "clear-screen", &["ctrl-l"], "clear the screen"),
        row(Undo, "undo", &["ctrl-_"], "take back the last change"),
        row(Redo, "redo", &["ctrl-g"], "make the last undone change again; leave the search with the input as it was"),
        row(Edit, "edit", &["f2", "ctrl-o"], "edit the input in `$EDITOR`"),
        row(Suspend, "suspend", SUSPEND, "go back to the shell; `fg` returns"),
        row(Cancel, "cancel", &["ctrl-c"], "drop the input"),
        row(Leave, "leave", &["ctrl-d"], "leave when the input is empty, else delete the character at the cursor"),
        row(Up, "up", &["up", "ctrl-p"], "go one line up, from the first line to an earlier input"),
        row(Down, "down", &["down", "ctrl-n"], "go one line down, from the last line to a later input"),
        row(CharLeft, "char-left", &["left", "ctrl-b"], "go one character to the left"),
        row(WordLeft, "word-left", &["alt-b", "ctrl-left", "alt-left"], "go to the start of the word"),
        row(WordRight, "word-right", &[], "go to the end of the word"),
        row(LineStart, "line-start", &["ctrl-a", "home"], "go to the start of the line"),
        row(LineEnd, "line-end", &["ctrl-e", "end"], "go to the end of the line, at the end of the input take the whole hint"),
        row(InputStart, "input-start", &["alt-<", "ctrl-home"], "go to the start of the input"),
        row(InputEnd, "input-end", &["alt->", "ctrl-end"], "go to the end of the input"),
        row(DeleteCharLeft, "delete-char-left", &["backspace", "ctrl-h"], "delete the character to the left, in indentation one level of it"),
        row(DeleteChar, "delete-char", &["delete"], "delete the character at the cursor"),
        row(DeleteWordLeft, "delete-word-left", &["alt-backspace", "ctrl-backspace"], "cut back to the start of the word"),
        row(DeleteWordRight, "delete-word-right", &["alt-d", "alt-delete", "ctrl-delete"], "cut to the end of the word"),
        row(DeleteLongWordLeft, "delete-long-word-left", &["ctrl-w"], "cut back to white space"),
        row(KillLine, "kill-line", &["ctrl-k"], "cut to the end of the line, there the line break"),
        row(KillLineLeft, "kill-line-left", &["ctrl-u"], "cut to the start of the line, there the line break"),
        row(Yank, "yank", &["ctrl-y"], "insert what was cut; cuts that follow each other are one"),
        row(Transpose, "transpose", &["ctrl-t"], "swap the characters around the cursor"),
        row(UppercaseWord, "uppercase-word", &["alt-u"], "put the rest of the word in upper case"),
        row(LowercaseWord, "lowercase-word", &["alt-l"], "put the rest of the word in lower case"),
        row(Capitalize, "capitalize", &["alt-c"], "put the rest of the word in lower case, but its first letter in upper case"),
        row(SelectLeft, "select-left", &["shift-left"], "select one character to the left"),
        row(SelectRight, "select-right", &["shift-right"], "select one character to the right"),
        row(SelectUp, "select-up", &["shift-up"], "select one line up"),
        row(SelectDown, "select-down", &["shift-down"], "select one line down"),
        row(SelectWordLeft, "select-word-left", &["ctrl-shift-left"], "select to the start of the word"),
        row(SelectWordRight, "select-word-right", &["ctrl-shift-right"], "select to the end of the word"),
        row(SelectLineStart, "select-line-start", &["shift-home"], "select to the start of the line"),
        row(SelectLineEnd, "select-line-end", &["shift-end"], "select to the end of the line"),
        row(SelectInputStart, "select-input-start", &["ctrl-shift-home"], "select to the start of the input"),
        row(SelectInputEnd, "select-input-end", &["ctrl-shift-end"], "select to the end of the input"),
        row(SelectAll, "select-all", &["ctrl-shift-a"], "select the whole input"),
        row(None, "none", &[], "nothing: takes the chord's usual action away"),
    ]
};

const fn row(action: Action, name: &'static str, chords: &'static [&'static str], meaning: &'static str) -> Row {
    Row { action, name, chords, meaning }
}

/// Returns the chords of the table, as the terminal reports them.
fn standard() -> impl Iterator<Item = Binding> {
    let chords = ACTIONS.iter().flat_map(|row| row.chords.iter().map(|text| (*text, row.action)));
    chords.map(|(text, action)| {
        let (modifiers, code) = chord(text).expect("every chord of the table is parsed by a test");
        (modifiers, code, action)
    })
}

impl Action {
    pub fn named(name: &str) -> Result<Action, Invalid> {
        let found = ACTIONS.iter().find(|row| row.name == name).map(|row| row.action);
        found.ok_or_else(|| Invalid::unknown("action", name, ACTIONS.iter().map(|row| row.name)))
    }

    pub fn name(self) -> &'static str {
        let row = ACTIONS.iter().find(|row| row.action == self);
        row.expect("a test finds every action in the table").name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_is_found_by_its_name_and_an_unknown_one_refused_with_the_nearest() {
        for row in &ACTIONS {
            assert_eq!((Action::named(row.name), row.action.name()), (Ok(row.action), row.name));
            assert_eq!(row.name.replace('-', ""), format!("{:?}", row.action).to_lowercase());
        }
        assert_eq!(Action::named("accept-hnt").unwrap_err().why, "the nearest known action is `accept-hint`");
    }

    #[test]
    fn every_chord_has_one_action() {
        let mut seen = std::collections::HashSet::new();
        for (modifiers, code, action) in standard() {
            assert!(seen.insert((modifiers, code)), "{action:?}: {modifiers:?} {code:?}");
        }
    }
}
