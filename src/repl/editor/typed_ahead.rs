//! Handles keys that were typed ahead as reedline would have. Those that only reedline's own loop can handle, such as
//! `up` and Tab, are given back to it, with all that follow them.

use super::Editor;
use crate::repl::{line_state, vi};
use reedline::{EditCommand, ReedlineEvent, Signal};

impl Editor {
    pub(super) fn handle(&mut self, event: ReedlineEvent) -> Option<Signal> {
        match event {
            event if line_state::is_backspace(&event) && self.is_indentation() => self.dedent(),
            ReedlineEvent::Edit(commands) => self.line().run_edit_commands(&commands),
            ReedlineEvent::Multiple(events) => self.shared.put_back(events),
            event if vi::is_change(&event) => self.shared.state().modes.go_on(),
            ReedlineEvent::Left => self.line().run_edit_commands(&[EditCommand::MoveLeft { select: false }]),
            ReedlineEvent::Right => self.line().run_edit_commands(&[EditCommand::MoveRight { select: false }]),
            ReedlineEvent::UntilFound(events) => match events.iter().find(|event| has_effect(event)) {
                Some(event) => return self.handle(event.clone()),
                None => self.shared.leave_to_reedline(ReedlineEvent::UntilFound(events)),
            },
            ReedlineEvent::CtrlC => return Some(Signal::CtrlC),
            ReedlineEvent::CtrlD if self.line().current_buffer_contents().is_empty() => return Some(Signal::CtrlD),
            ReedlineEvent::CtrlD => self.line().run_edit_commands(&[EditCommand::Delete]),
            ReedlineEvent::ExecuteHostCommand(command) => return Some(Signal::HostCommand(command)),
            // No menu is open, and the line is painted when all keys are handled.
            ReedlineEvent::Esc | ReedlineEvent::Repaint | ReedlineEvent::None => {}
            event => self.shared.leave_to_reedline(event),
        }
        None
    }
}

/// Whether `Editor::handle` does something for the event itself. Keys typed ahead meet no hint and no menu.
fn has_effect(event: &ReedlineEvent) -> bool {
    use ReedlineEvent::*;
    matches!(event, Edit(_) | Left | Right | ExecuteHostCommand(_))
}
