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
pub struct LineState(Arc<Mutex<State>>);

#[derive(Default)]
pub struct State {
    /// Whether a key of this batch ends `read_line`.
    leaving: bool,
    waiting: VecDeque<ReedlineEvent>,
    /// Whether the queued events go to reedline, because only it can handle the oldest.
    for_reedline: bool,
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
    /// A line, and what is shown behind it as long as it stays the same.
    pub note: Option<(String, String)>,
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

impl LineState {
    /// Takes the oldest queued event that does not go to reedline.
    pub fn next(&self) -> Option<ReedlineEvent> {
        let mut state = self.state();
        state.leaving = false;
        if state.for_reedline { None } else { state.waiting.pop_front() }
    }

    /// Queues an event before all that are queued, and has reedline handle them.
    pub fn leave_to_reedline(&self, event: ReedlineEvent) {
        self.put_back(vec![event]);
        self.state().for_reedline = true;
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
        (state.is_tall, state.lines_above, state.for_reedline, state.note) = (false, 0, false, None);
        drop(state);
        Box::new(Mode { shared: self.clone(), inner })
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("nothing panics with the lock")
    }
}

struct Mode {
    shared: LineState,
    inner: Box<dyn EditMode>,
}

impl EditMode for Mode {
    fn parse_event(&mut self, event: ReedlineRawEvent) -> ReedlineEvent {
        let was = self.inner.edit_mode();
        let event = self.inner.parse_event(event);
        if let ReedlineEvent::Resize(..) = event {
            return self.shared.state().behind(event);
        }
        if matches!(event, ReedlineEvent::None | ReedlineEvent::Mouse { .. }) {
            return event;
        }
        let event = with_own_search(event);
        if event == Action::HistorySearch.host_command() && matches!(was, PromptEditMode::Vi(_)) {
            // Letters are typed into the term, also when the search starts from vi's normal mode.
            self.switch_mode(&ReedlineEvent::SwitchMode(PromptViMode::Insert.into()));
        }
        self.switch_mode(&event);
        let is = self.inner.edit_mode();
        let mut state = self.shared.state();
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
        let current = self.shared.state().modes.current();
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
    /// Called by the painter, when all keys so far have been handled. Returns whether queued events wait for reedline.
    pub fn painted(&mut self, before: Option<&str>) -> bool {
        (self.leaving, self.is_batch) = (false, false);
        self.modes.keep(None);
        self.beginning = before.filter(|_| !self.accepting).map(str::to_owned);
        self.before = before.filter(|_| !self.selecting && self.search.is_none()).map(str::to_owned);
        !self.waiting.is_empty() && !self.accepting && self.search.is_none()
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
        // The keys are left to reedline, or the key before them did not end `read_line`: an open menu had taken it.
        self.waiting.push_back(event);
        ReedlineEvent::Multiple(self.delivered())
    }

    /// Returns a resizing, which may have been made only to wake reedline, with the queued events behind it.
    pub fn behind(&mut self, resize: ReedlineEvent) -> ReedlineEvent {
        if self.waiting.is_empty() || self.leaving || self.search.is_some() {
            return resize;
        }
        let mut events = self.delivered();
        events.insert(0, resize);
        ReedlineEvent::Multiple(events)
    }

    /// Takes the queued events for reedline, up to the first that ends `read_line`.
    fn delivered(&mut self) -> Vec<ReedlineEvent> {
        let end = self.waiting.iter().position(leaves);
        (self.leaving, self.for_reedline) = (end.is_some(), false);
        self.waiting.drain(..end.map_or(self.waiting.len(), |end| end + 1)).map(with_menu_closed).collect()
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
/// upstream issue is known. Commands that an open menu handles first are not affected.
fn with_menu_closed(event: ReedlineEvent) -> ReedlineEvent {
    match event {
        ReedlineEvent::ExecuteHostCommand(_) => ReedlineEvent::Multiple(vec![ReedlineEvent::Esc, event]),
        event => event,
    }
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
mod tests;
