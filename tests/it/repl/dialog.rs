//! Gives inputs to the session and reads its answers: the rows between an input and the next prompt.

use super::Session;
use crate::terminal::keys;

/// Beginnings of statements that an empty line has to end although they are one line.
const STATEMENTS: [&str; 7] = ["for ", "while ", "if ", "with ", "def ", "class ", "async "];

impl Session {
    /// Gives one input, pasted if it has several lines, and returns what was shown. The rows must fit on the screen.
    #[track_caller]
    pub fn answer(&mut self, input: &str) -> Vec<String> {
        self.tell(input);
        let rows = self.rows();
        let last = input.trim_end().lines().next_back().unwrap_or_default();
        let echo = |row: &String| [">>> ", "... "].iter().any(|prompt| row.strip_prefix(prompt) == Some(last));
        let from = rows.iter().rposition(echo).unwrap_or_else(|| panic!("no echo of {last:?}: {rows:#?}"));
        let to = rows.iter().rposition(|row| row == ">>>").unwrap();
        rows[from + 1..to].iter().filter(|row| *row != "...").cloned().collect()
    }

    /// Gives one input and waits for its answer without reading it.
    #[track_caller]
    pub fn tell(&mut self, input: &str) {
        self.give(input);
        self.wait_for_prompt(">>> ");
    }

    /// Gives one input without waiting for its answer.
    #[track_caller]
    pub fn give(&mut self, input: &str) {
        if input.contains('\n') {
            let last = input.trim_end_matches('\n').lines().next_back().unwrap_or_default().trim_end().to_owned();
            self.paste(input);
            // The prompt before the input must not be taken for the prompt after it.
            self.wait_for("the pasted text", |screen| {
                let row = screen.rows(0, screen.size().1.get()).nth(screen.cursor_position().0.into()).unwrap();
                row.starts_with("...") && screen.contents().contains(&last)
            });
            self.send(keys::ENTER);
        } else {
            self.enter(input);
            if STATEMENTS.iter().any(|word| input.starts_with(word)) {
                self.wait_for_prompt("... ");
                self.send(keys::ENTER);
            }
        }
    }

    /// Gives each input and compares its whole answer.
    #[track_caller]
    pub fn converse(&mut self, dialog: &[(&str, &[&str])]) {
        for (input, shown) in dialog {
            assert_eq!(self.answer(input), *shown, "{input}");
        }
    }
}
