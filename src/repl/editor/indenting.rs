//! The editor's changes of indentation: breaking a line, Backspace by levels. `repl::indent` computes the widths.

use super::Editor;
use crate::repl::indent;
use reedline::EditCommand;

impl Editor {
    pub(super) fn break_line(&mut self) {
        let before = self.before_cursor();
        if let Some(bytes) = indent::wants_dedent(&before) {
            self.take_from_line_start(bytes);
        }
        let (before, after) = self.around_cursor();
        let (white, surplus) = indent::broken(&before, &after);
        self.line().run_edit_commands(&vec![EditCommand::Delete; surplus]);
        self.line().run_edit_commands(&[EditCommand::InsertNewline, EditCommand::InsertString(white)]);
    }

    pub(super) fn dedent(&mut self) {
        if let Some(bytes) = indent::dedent(&self.before_cursor()) {
            self.line().run_edit_commands(&vec![EditCommand::Backspace; bytes]);
        }
    }

    pub(super) fn is_indentation(&mut self) -> bool {
        indent::dedent(&self.before_cursor()).is_some()
    }

    fn before_cursor(&mut self) -> String {
        self.around_cursor().0
    }

    fn around_cursor(&mut self) -> (String, String) {
        let line = self.line();
        let (before, after) = line.current_buffer_contents().split_at(line.current_insertion_point());
        (before.to_owned(), after.to_owned())
    }

    fn take_from_line_start(&mut self, bytes: usize) {
        let position = self.line().current_insertion_point();
        self.line().run_edit_commands(&[EditCommand::MoveToLineStart { select: false }]);
        self.line().run_edit_commands(&vec![EditCommand::Delete; bytes]);
        let move_back = EditCommand::MoveToPosition { position: position - bytes, select: false };
        self.line().run_edit_commands(&[move_back]);
    }
}
