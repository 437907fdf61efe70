//! Keeps what was typed ahead. Reedline handles the keys that came together as one batch, and when one of them leaves
//! `read_line` it drops those behind it: here they wait for the next call.

use reedline::{EditMode, Highlighter, PromptEditMode, ReedlineEvent, ReedlineRawEvent, StyledText};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

#[derive(Clone, Default)]
pub struct Ahead(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// A key of this batch leaves `read_line`.
    leaving: bool,
    waiting: VecDeque<ReedlineEvent>,
}

impl Ahead {
    /// The oldest of what waits.
    pub fn next(&self) -> Option<ReedlineEvent> {
        let mut state = self.state();
        state.leaving = false;
        state.waiting.pop_front()
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

fn leaves(event: &ReedlineEvent) -> bool {
    match event {
        ReedlineEvent::ExecuteHostCommand(_) | ReedlineEvent::CtrlC => true,
        ReedlineEvent::UntilFound(events) | ReedlineEvent::Multiple(events) => events.iter().any(leaves),
        _ => false,
    }
}

/// Reedline paints when it has handled a batch and goes on reading.
struct Painted {
    ahead: Ahead,
    inner: Box<dyn Highlighter>,
}

impl Highlighter for Painted {
    fn highlight(&self, line: &str, cursor: usize) -> StyledText {
        self.ahead.state().leaving = false;
        self.inner.highlight(line, cursor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reedline::{EditCommand, Emacs, KeyCode, KeyModifiers, Keybindings};

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
