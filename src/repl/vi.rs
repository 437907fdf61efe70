//! The mode of vi in which each key of a batch is handled. Reedline handles all keys of a batch in the mode that the
//! last key leads to: of `abc` and Escape in one batch it makes `bca`, because in normal mode the cursor cannot stand
//! behind the text. No upstream issue is known. An event that changes the mode is therefore preceded by an event that
//! opens a menu, the only event whose handling reaches code of this program. This menu never opens; it moves `line_state` to
//! the next mode.

use super::line_state::LineState;
use reedline::{Completer, Editor, Menu, MenuEvent, MenuSettings, Painter, PromptEditMode, ReedlineEvent, Suggestion};
use std::collections::VecDeque;

const NAME: &str = "vi-mode";

#[derive(Default)]
pub struct Modes {
    /// The mode in force, if it is not the newest.
    current: Option<PromptEditMode>,
    /// The modes that keys of this batch lead to.
    coming: VecDeque<PromptEditMode>,
}

impl Modes {
    pub fn current(&self) -> Option<PromptEditMode> {
        self.current.clone()
    }

    /// Returns the event of a key that changes the mode, preceded by the change. An open menu has to be closed first.
    pub fn change(&mut self, from: PromptEditMode, to: PromptEditMode, event: ReedlineEvent) -> ReedlineEvent {
        self.current.get_or_insert(from);
        self.coming.push_back(to);
        let closes = matches!(&event, ReedlineEvent::Multiple(events) if events.contains(&ReedlineEvent::Esc));
        let close = if closes { ReedlineEvent::Esc } else { ReedlineEvent::None };
        ReedlineEvent::Multiple(vec![close, ReedlineEvent::Menu(NAME.into()), event])
    }

    /// Sets the mode in which every following key is handled; None stands for the newest mode.
    pub fn keep(&mut self, mode: Option<PromptEditMode>) {
        self.current = mode;
        self.coming.clear();
    }

    pub fn go_on(&mut self) {
        self.current = self.coming.pop_front();
    }
}

pub fn is_change(event: &ReedlineEvent) -> bool {
    matches!(event, ReedlineEvent::Menu(name) if name == NAME)
}

pub struct ModeMenu {
    settings: MenuSettings,
    shared: LineState,
}

impl ModeMenu {
    pub fn new(shared: LineState) -> Self {
        ModeMenu { settings: MenuSettings::default().with_name(NAME), shared }
    }
}

impl Menu for ModeMenu {
    fn settings(&self) -> &MenuSettings {
        &self.settings
    }

    fn menu_event(&mut self, event: MenuEvent) {
        if let MenuEvent::Activate(_) = event {
            self.shared.state().modes.go_on();
        }
    }

    fn is_active(&self) -> bool {
        false
    }

    fn can_quick_complete(&self) -> bool {
        false
    }

    fn can_partially_complete(&mut self, _: bool, _: &mut Editor, _: &mut dyn Completer) -> bool {
        false
    }

    fn get_values(&self) -> &[Suggestion] {
        &[]
    }

    fn menu_required_lines(&self, _: u16) -> u16 {
        0
    }

    fn min_rows(&self) -> u16 {
        0
    }

    fn menu_string(&self, _: u16, _: bool) -> String {
        String::new()
    }

    fn set_active(&mut self, _: bool) {}

    fn clear_input(&mut self) {}

    fn update_values(&mut self, _: &mut Editor, _: &mut dyn Completer) {}

    fn reset_position(&mut self) {}

    fn update_working_details(&mut self, _: &mut Editor, _: &mut dyn Completer, _: &Painter) {}

    fn replace_in_buffer(&self, _: &mut Editor) {}
}
