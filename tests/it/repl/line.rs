//! Helpers for tests of the editor: the rows of an input and the cursor in them.

use super::Session;
use crate::terminal::keys;
use std::fs;

/// The mark of the cursor in the rows that a test expects.
const CARET: char = '‸';

impl Session {
    /// Waits for these rows, the last ones on the screen, with the cursor where one of them has its mark `‸`.
    #[track_caller]
    pub fn wait_for_view(&self, view: &[&str]) {
        let marked = view.iter().position(|row| row.contains(CARET)).expect("a mark for the cursor");
        let column = view[marked].chars().position(|character| character == CARET).unwrap();
        let wanted: Vec<String> = view.iter().map(|row| row.replace(CARET, "").trim_end().to_owned()).collect();
        self.wait_for(&format!("{view:#?}"), |screen| {
            let (row, at) = screen.cursor_position();
            let rows: Vec<String> =
                screen.rows(0, screen.size().1.get()).map(|row| row.trim_end().to_owned()).collect();
            let Some(top) = usize::from(row).checked_sub(marked) else { return false };
            let (shown, below) = rows[top..].split_at(wanted.len().min(rows.len() - top));
            usize::from(at) == column && shown == wanted && below.iter().all(String::is_empty)
        });
    }

    /// Waits for one row, the last on the screen.
    #[track_caller]
    pub fn wait_for_row(&self, row: &str) {
        self.wait_for_view(&[row]);
    }

    /// Drops the input with Ctrl-C.
    #[track_caller]
    pub fn drop_input(&mut self) {
        self.send(keys::CTRL_C);
        self.wait_for_prompt(">>> ");
    }

    /// Waits for an output line and for the prompt behind it.
    #[track_caller]
    pub fn wait_for_result(&self, line: &str) {
        self.wait_for(&format!("the result {line:?} and a prompt"), |screen| {
            let (row, column) = screen.cursor_position();
            let rows: Vec<String> =
                screen.rows(0, screen.size().1.get()).map(|row| row.trim_end().to_owned()).collect();
            let row = usize::from(row);
            column == 4 && rows[row] == ">>>" && row > 0 && rows[row - 1] == line
        });
    }

    /// Starts a session with this `config.toml`.
    #[track_caller]
    pub fn start_configured(config: &str) -> Self {
        let home = crate::terminal::Home::new();
        fs::create_dir_all(home.config_file().parent().unwrap()).unwrap();
        fs::write(home.config_file(), config).unwrap();
        Self::start_in(home, |_| {})
    }
}
