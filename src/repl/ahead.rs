//! Keys between the terminal and reedline. It handles those that came together as one batch, and when one of them leaves
//! `read_line` it drops those behind it: here they wait for the next call. And Backspace goes back by indentation, for
//! which what was painted last tells what it meets: reedline shows an edit mode the keys alone.

use super::indent;
use reedline::{EditCommand, EditMode, Highlighter, PromptEditMode, ReedlineEvent, ReedlineRawEvent, StyledText};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

#[derive(Clone, Default)]
pub struct Ahead(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// A key of this batch leaves `read_line`.
    leaving: bool,
    waiting: VecDeque<ReedlineEvent>,
    /// What stands left of the cursor, as long as no key but such a Backspace came since it was painted.
    before: Option<String>,
    /// The last key selected text, which is what Backspace takes then.
    selecting: bool,
    /// What was painted last is the search through the history.
    searching: bool,
    /// The line is painted for the last time.
    accepting: bool,
}

impl Ahead {
    /// The oldest of what waits.
    pub fn next(&self) -> Option<ReedlineEvent> {
        let mut state = self.state();
        state.leaving = false;
        state.waiting.pop_front()
    }

    pub fn searching(&self) -> bool {
        self.state().searching
    }

    /// Reedline tells it to nobody but the prompt it paints.
    pub fn set_searching(&self, searching: bool) {
        self.state().searching = searching;
    }

    /// A bracket is marked for who is at it, and nobody is from then on.
    pub fn set_accepting(&self, accepting: bool) {
        self.state().accepting = accepting;
    }

    pub fn mode(&self, inner: Box<dyn EditMode>) -> Box<dyn EditMode> {
        Box::new(Mode { ahead: self.clone(), inner })
    }

    pub fn highlighter(&self, inner: Box<dyn Highlighter>) -> Box<dyn Highlighter> {
        Box::new(Painted { ahead: self.clone(), inner })
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().expect("nothing panics with the lock")
    }
}

struct Mode {
    ahead: Ahead,
    inner: Box<dyn EditMode>,
}

impl EditMode for Mode {
    fn parse_event(&mut self, event: ReedlineRawEvent) -> ReedlineEvent {
        let event = self.inner.parse_event(event);
        let mut state = self.ahead.state();
        let event = state.by_indentation(event);
        state.selecting = selects(&event);
        let event = if state.searching { for_search(event) } else { event };
        if state.leaving {
            state.waiting.push_back(event);
            return ReedlineEvent::None;
        }
        state.leaving = leaves(&event);
        if state.waiting.is_empty() {
            return event;
        }
        // The key did not leave after all: an open menu had taken it.
        let mut events: Vec<_> = state.waiting.drain(..).collect();
        events.push(event);
        ReedlineEvent::Multiple(events)
    }

    fn edit_mode(&self) -> PromptEditMode {
        self.inner.edit_mode()
    }
}

/// A paste would end reedline's search and be lost.
fn for_search(event: ReedlineEvent) -> ReedlineEvent {
    match event {
        event if is_for_lines(&event) => ReedlineEvent::None,
        ReedlineEvent::Edit(commands) => ReedlineEvent::Edit(commands.into_iter().flat_map(typed).collect()),
        event => event,
    }
}

fn typed(command: EditCommand) -> Vec<EditCommand> {
    match command {
        EditCommand::InsertString(text) => {
            text.lines().next().unwrap_or_default().chars().map(EditCommand::InsertChar).collect()
        }
        command => vec![command],
    }
}

/// Commands of ours that a search has no use for.
fn is_for_lines(event: &ReedlineEvent) -> bool {
    match event {
        ReedlineEvent::ExecuteHostCommand(command) => !matches!(command.as_str(), "submit" | "suspend"),
        ReedlineEvent::UntilFound(events) => events.iter().any(is_for_lines),
        _ => false,
    }
}

impl State {
    fn by_indentation(&mut self, event: ReedlineEvent) -> ReedlineEvent {
        let before = self.before.take().filter(|_| is_backspace(&event));
        let Some((mut before, bytes)) = before.and_then(|before| indent::dedent(&before).map(|bytes| (before, bytes)))
        else {
            return event;
        };
        before.truncate(before.len() - bytes);
        self.before = Some(before);
        ReedlineEvent::Edit(vec![EditCommand::Backspace; bytes])
    }
}

pub fn is_backspace(event: &ReedlineEvent) -> bool {
    matches!(event, ReedlineEvent::Edit(commands) if commands[..] == [EditCommand::Backspace])
}

fn selects(event: &ReedlineEvent) -> bool {
    use EditCommand::*;
    let selects = |command: &EditCommand| {
        matches!(
            command,
            SelectAll
                | MoveLeft { select: true }
                | MoveRight { select: true }
                | MoveWordLeft { select: true }
                | MoveWordRight { select: true }
                | MoveToLineStart { select: true }
                | MoveToLineEnd { select: true }
                | MoveToStart { select: true }
                | MoveToEnd { select: true }
                | MoveLineUp { select: true }
                | MoveLineDown { select: true }
        )
    };
    matches!(event, ReedlineEvent::Edit(commands) if commands.iter().any(selects))
}

fn leaves(event: &ReedlineEvent) -> bool {
    match event {
        ReedlineEvent::ExecuteHostCommand(_) | ReedlineEvent::CtrlC => true,
        ReedlineEvent::UntilFound(events) | ReedlineEvent::Multiple(events) => events.iter().any(leaves),
        _ => false,
    }
}

/// A cursor that is at no bracket.
const NOWHERE: usize = usize::MAX;

/// Reedline paints when it has handled a batch and goes on reading.
struct Painted {
    ahead: Ahead,
    inner: Box<dyn Highlighter>,
}

impl Highlighter for Painted {
    fn highlight(&self, line: &str, cursor: usize) -> StyledText {
        let mut state = self.ahead.state();
        state.leaving = false;
        state.before = line.get(..cursor).filter(|_| !state.selecting).map(str::to_owned);
        let cursor = if state.accepting { NOWHERE } else { cursor };
        drop(state);
        self.inner.highlight(line, cursor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reedline::{Emacs, KeyCode, KeyModifiers, Keybindings};

    fn keys() -> Keybindings {
        let mut keys = reedline::default_emacs_keybindings();
        keys.add_binding(KeyModifiers::NONE, KeyCode::Enter, ReedlineEvent::ExecuteHostCommand("submit".into()));
        keys
    }

    fn press(mode: &mut Box<dyn EditMode>, code: KeyCode) -> ReedlineEvent {
        let event = crossterm::event::KeyEvent::new(code, KeyModifiers::NONE);
        mode.parse_event(ReedlineRawEvent::try_from(crossterm::event::Event::Key(event)).unwrap())
    }

    fn inserted(character: char) -> ReedlineEvent {
        ReedlineEvent::Edit(vec![EditCommand::InsertChar(character)])
    }

    #[test]
    fn what_follows_a_key_that_leaves_waits() {
        let ahead = Ahead::default();
        let mut mode = ahead.mode(Box::new(Emacs::new(keys())));
        assert_eq!(press(&mut mode, KeyCode::Char('a')), inserted('a'));
        press(&mut mode, KeyCode::Enter);
        assert_eq!(press(&mut mode, KeyCode::Char('b')), ReedlineEvent::None);
        assert_eq!((ahead.next(), ahead.next()), (Some(inserted('b')), None));
        assert_eq!(press(&mut mode, KeyCode::Char('c')), inserted('c'));
    }

    #[test]
    fn backspace_goes_back_one_level_of_what_was_painted_and_only_of_that() {
        let ahead = Ahead::default();
        let mut mode = ahead.mode(Box::new(Emacs::new(keys())));
        let highlighter = ahead.highlighter(Box::new(reedline::SimpleMatchHighlighter::default()));
        let mut backspaces = || match press(&mut mode, KeyCode::Backspace) {
            ReedlineEvent::Edit(commands) => commands.len(),
            other => panic!("{other:?}"),
        };
        for (line, cursor, expected) in [
            ("if x:\n    y", 10, [4, 1, 1]),
            ("if x:\n    y", 11, [1, 1, 1]),
            ("if x:\n    y", 5, [1, 1, 1]),
            ("if x:\n    if y:\n        ", 24, [4, 4, 1]),
        ] {
            highlighter.highlight(line, cursor);
            assert_eq!([backspaces(), backspaces(), backspaces()], expected, "{line:?} at {cursor}");
        }
    }

    #[test]
    fn backspace_takes_no_more_than_what_is_selected() {
        let ahead = Ahead::default();
        let mut mode = ahead.mode(Box::new(Emacs::new(keys())));
        let highlighter = ahead.highlighter(Box::new(reedline::SimpleMatchHighlighter::default()));
        let left = crossterm::event::KeyEvent::new(KeyCode::Left, KeyModifiers::SHIFT);
        mode.parse_event(ReedlineRawEvent::try_from(crossterm::event::Event::Key(left)).unwrap());
        highlighter.highlight("    ", 3);
        assert_eq!(press(&mut mode, KeyCode::Backspace), ReedlineEvent::Edit(vec![EditCommand::Backspace]));
    }

    #[test]
    fn what_follows_a_key_that_a_menu_took_comes_with_the_next() {
        let ahead = Ahead::default();
        let mut mode = ahead.mode(Box::new(Emacs::new(keys())));
        let highlighter = ahead.highlighter(Box::new(reedline::SimpleMatchHighlighter::default()));
        press(&mut mode, KeyCode::Enter);
        press(&mut mode, KeyCode::Char('a'));
        highlighter.highlight("", 0);
        assert_eq!(press(&mut mode, KeyCode::Char('b')), ReedlineEvent::Multiple(vec![inserted('a'), inserted('b')]));
    }
}
