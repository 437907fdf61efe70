//! State shared by the edit mode, the highlighter and the prompt. Reedline drops keys that arrive in one batch behind a
//! key that ends `read_line` (no upstream issue is known); they are queued here for the next call. During a search of
//! the history every key is queued for the search. Reedline shows an edit mode only keys, not text, so `painted`
//! records the text on the left of the cursor: from it Backspace knows how far to dedent, and a walk through the
//! history what to look for.

use super::indent;
use super::keys::Action;
use super::vi::Modes;
use reedline::{EditCommand, EditMode, PromptEditMode, PromptViMode, ReedlineEvent, ReedlineRawEvent};
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard};

#[derive(Clone, Default)]
pub struct Ahead(Arc<Mutex<State>>);

#[derive(Default)]
pub struct State {
    /// Whether a key of this batch ends `read_line`.
    leaving: bool,
    waiting: VecDeque<ReedlineEvent>,
    /// Whether keys have come since the line was painted.
    is_batch: bool,
    pub modes: Modes,
    /// The text on the left of the cursor; None after any key other than a Backspace that dedents.
    before: Option<String>,
    /// The same text; None after any key that does not walk through the history.
    beginning: Option<String>,
    /// Whether the last key selected text: Backspace then deletes the selection.
    selecting: bool,
    pub search: Option<Shown>,
    /// Whether the line is being painted for the last time.
    pub accepting: bool,
    /// Whether the input fills the screen, as it was last painted.
    pub is_tall: bool,
    /// The number of the input's lines above the cursor's line, as it was last painted.
    pub lines_above: usize,
}

/// The visible part of a search: the text in place of the prompt, and the place of the term in the line.
pub struct Shown {
    pub label: String,
    pub found: Range<usize>,
}

impl Ahead {
    /// Takes the oldest queued event.
    pub fn next(&self) -> Option<ReedlineEvent> {
        let mut state = self.state();
        state.leaving = false;
        state.waiting.pop_front()
    }

    /// Queues events before all that are queued.
    pub fn put_back(&self, events: Vec<ReedlineEvent>) {
        let mut state = self.state();
        for event in events.into_iter().rev() {
            state.waiting.push_front(event);
        }
    }

    pub fn show_search(&self, search: Option<Shown>) {
        self.state().search = search;
    }

    /// Once the input is accepted there is no cursor, so no bracket pair is highlighted.
    pub fn set_accepting(&self, accepting: bool) {
        self.state().accepting = accepting;
    }

    /// Returns the text that the entries of a walk through the history begin with.
    pub fn beginning(&self) -> String {
        self.state().beginning.clone().unwrap_or_default()
    }

    /// Returns the edit mode for a new input.
    pub fn mode(&self, inner: Box<dyn EditMode>) -> Box<dyn EditMode> {
        let mut state = self.state();
        state.modes = Modes::default();
        (state.is_tall, state.lines_above) = (false, 0);
        drop(state);
        Box::new(Mode { ahead: self.clone(), inner })
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("nothing panics with the lock")
    }
}

struct Mode {
    ahead: Ahead,
    inner: Box<dyn EditMode>,
}

impl EditMode for Mode {
    fn parse_event(&mut self, event: ReedlineRawEvent) -> ReedlineEvent {
        let was = self.inner.edit_mode();
        let event = self.inner.parse_event(event);
        if matches!(event, ReedlineEvent::None | ReedlineEvent::Resize(..) | ReedlineEvent::Mouse { .. }) {
            return event;
        }
        let event = with_own_search(event);
        if event == Action::HistorySearch.host_command() && matches!(was, PromptEditMode::Vi(_)) {
            // Letters are typed into the term, also when the search starts from vi's normal mode.
            self.switch_mode(&ReedlineEvent::SwitchMode(PromptViMode::Insert.into()));
        }
        self.switch_mode(&event);
        let is = self.inner.edit_mode();
        let mut state = self.ahead.state();
        let event = state.by_indentation(event);
        state.selecting = selects(&event);
        if !walks(&event) {
            state.beginning = None;
        }
        let event = if was != is && state.is_batch { state.modes.change(was, is, event) } else { event };
        state.is_batch = true;
        state.queued(event)
    }

    /// Returns the mode in force. Reedline asks before it handles the keys of a batch, and again before it paints.
    fn edit_mode(&self) -> PromptEditMode {
        let current = self.ahead.state().modes.current();
        current.unwrap_or_else(|| self.inner.edit_mode())
    }
}

impl Mode {
    /// Switches the inner mode. Reedline does so when it handles the event, by a method that only its own modes have.
    fn switch_mode(&mut self, event: &ReedlineEvent) {
        match event {
            ReedlineEvent::SwitchMode(_) => {
                let _handled = self.inner.handle_mode_specific_event(event.clone());
            }
            ReedlineEvent::Multiple(events) => events.iter().for_each(|event| self.switch_mode(event)),
            _ => {}
        }
    }
}

impl State {
    /// Called by the painter, when all keys so far have been handled.
    pub fn painted(&mut self, before: Option<&str>) {
        (self.leaving, self.is_batch) = (false, false);
        self.modes.keep(None);
        self.beginning = before.filter(|_| !self.accepting).map(str::to_owned);
        self.before = before.filter(|_| !self.selecting && self.search.is_none()).map(str::to_owned);
    }

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

    fn queued(&mut self, event: ReedlineEvent) -> ReedlineEvent {
        if self.leaving {
            self.waiting.push_back(event);
            return ReedlineEvent::None;
        }
        self.leaving = leaves(&event);
        if self.search.is_some() && !matches!(event, ReedlineEvent::CtrlC | ReedlineEvent::ClearScreen) {
            self.leaving = true;
            self.waiting.push_back(event);
            return ReedlineEvent::ExecuteHostCommand(QUEUED.into());
        }
        if self.waiting.is_empty() {
            return with_menu_closed(event);
        }
        // The key did not end `read_line` after all: an open menu had taken it.
        let mut events: Vec<_> = self.waiting.drain(..).collect();
        events.push(event);
        ReedlineEvent::Multiple(events)
    }
}

/// The host command that only ends `read_line`, so that the queued events are handled.
pub const QUEUED: &str = "queued";

/// Replaces reedline's own search, which vi's normal mode starts, by the search of this session.
fn with_own_search(event: ReedlineEvent) -> ReedlineEvent {
    match event {
        ReedlineEvent::SearchHistory => Action::HistorySearch.host_command(),
        ReedlineEvent::Multiple(events) if events.contains(&ReedlineEvent::SearchHistory) => {
            Action::HistorySearch.host_command()
        }
        event => event,
    }
}

/// Closes an open menu first: reedline leaves it open when a key ends `read_line`, and Enter would insert its entry. No
/// upstream issue is known.
fn with_menu_closed(event: ReedlineEvent) -> ReedlineEvent {
    if [Action::HistorySearch, Action::Edit].iter().any(|action| event == action.host_command()) {
        return ReedlineEvent::Multiple(vec![ReedlineEvent::Esc, event]);
    }
    event
}

pub fn is_backspace(event: &ReedlineEvent) -> bool {
    matches!(event, ReedlineEvent::Edit(commands) if commands[..] == [EditCommand::Backspace])
}

fn walks(event: &ReedlineEvent) -> bool {
    use ReedlineEvent::*;
    match event {
        Up | Down | PreviousHistory | NextHistory => true,
        UntilFound(events) | Multiple(events) => events.iter().any(walks),
        _ => false,
    }
}

fn selects(event: &ReedlineEvent) -> bool {
    use EditCommand::*;
    let selects = |command: &EditCommand| {
        matches!(
            command,
            SelectAll
                | Extend(_)
                | MoveLeft { select: true }
                | MoveRight { select: true }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repl::vi::{ModeMenu, is_change};
    use reedline::{Emacs, KeyCode, KeyModifiers, Keybindings, Menu, MenuEvent, Vi};

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
            ahead.state().painted(Some(&line[..cursor]));
            assert_eq!([backspaces(), backspaces(), backspaces()], expected, "{line:?} at {cursor}");
        }
    }

    #[test]
    fn backspace_takes_no_more_than_what_is_selected() {
        let ahead = Ahead::default();
        let mut mode = ahead.mode(Box::new(Emacs::new(keys())));
        let left = crossterm::event::KeyEvent::new(KeyCode::Left, KeyModifiers::SHIFT);
        mode.parse_event(ReedlineRawEvent::try_from(crossterm::event::Event::Key(left)).unwrap());
        ahead.state().painted(Some("   "));
        assert_eq!(press(&mut mode, KeyCode::Backspace), ReedlineEvent::Edit(vec![EditCommand::Backspace]));
    }

    #[test]
    fn what_follows_a_key_that_a_menu_took_comes_with_the_next() {
        let ahead = Ahead::default();
        let mut mode = ahead.mode(Box::new(Emacs::new(keys())));
        press(&mut mode, KeyCode::Enter);
        press(&mut mode, KeyCode::Char('a'));
        ahead.state().painted(Some(""));
        assert_eq!(press(&mut mode, KeyCode::Char('b')), ReedlineEvent::Multiple(vec![inserted('a'), inserted('b')]));
    }

    #[test]
    fn while_searching_all_keys_wait_but_those_that_need_no_search() {
        let ahead = Ahead::default();
        let mut mode = ahead.mode(Box::new(Emacs::new(keys())));
        ahead.show_search(Some(Shown { label: String::new(), found: 0..0 }));
        let queued = ReedlineEvent::ExecuteHostCommand(QUEUED.into());
        assert_eq!(
            [press(&mut mode, KeyCode::Char('a')), press(&mut mode, KeyCode::Up)],
            [queued, ReedlineEvent::None]
        );
        assert_eq!(ahead.next(), Some(inserted('a')));
        ahead.put_back(vec![inserted('b'), inserted('c')]);
        assert_eq!((ahead.next(), ahead.next()), (Some(inserted('b')), Some(inserted('c'))));
        assert!(ahead.next().is_some_and(|event| walks(&event)));
        let cancel = crossterm::event::KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        let cancel = ReedlineRawEvent::try_from(crossterm::event::Event::Key(cancel)).unwrap();
        assert_eq!(mode.parse_event(cancel), ReedlineEvent::CtrlC);
    }

    #[test]
    fn the_mode_of_vi_changes_with_the_key_that_changes_it() {
        let ahead = Ahead::default();
        let mut mode = ahead.mode(Box::new(Vi::default()));
        let mut menu = ModeMenu::new(ahead.clone());
        let (insert, normal) = (PromptEditMode::Vi(PromptViMode::Insert), PromptEditMode::Vi(PromptViMode::Normal));
        press(&mut mode, KeyCode::Char('a'));
        for key in [KeyCode::Esc, KeyCode::Char('i'), KeyCode::Esc] {
            let ReedlineEvent::Multiple(events) = press(&mut mode, key) else { panic!("a change of the mode") };
            assert!(is_change(&events[1]), "{events:?}");
        }
        for expected in [insert.clone(), normal.clone(), insert.clone(), normal] {
            assert_eq!(mode.edit_mode(), expected);
            menu.menu_event(MenuEvent::Activate(true));
        }
        ahead.state().painted(Some(""));
        press(&mut mode, KeyCode::Char('i'));
        assert_eq!(mode.edit_mode(), insert, "a key alone is the line editor's");
    }

    #[test]
    fn a_key_of_visual_mode_that_names_another_mode_leads_to_it() {
        let ahead = Ahead::default();
        let mut mode = ahead.mode(Box::new(Vi::default()));
        for (key, expected) in [
            (KeyCode::Esc, PromptViMode::Normal),
            (KeyCode::Char('v'), PromptViMode::Visual),
            (KeyCode::Delete, PromptViMode::Normal),
        ] {
            press(&mut mode, key);
            ahead.state().painted(Some(""));
            assert_eq!(mode.edit_mode(), PromptEditMode::Vi(expected), "{key:?}");
        }
    }

    #[test]
    fn a_walk_goes_by_what_was_painted_until_another_key_comes() {
        let ahead = Ahead::default();
        let mut mode = ahead.mode(Box::new(Emacs::new(keys())));
        ahead.state().painted(Some("imp"));
        press(&mut mode, KeyCode::Up);
        assert_eq!(ahead.beginning(), "imp");
        press(&mut mode, KeyCode::Char('a'));
        assert_eq!(ahead.beginning(), "");
    }
}
