//! What the session answers to an input: the rows between it and the next prompt.

use super::Session;
use crate::terminal::keys;

/// What has to be ended by an empty line though it is one line.
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

    /// The same where the answer does not matter.
    #[track_caller]
    pub fn tell(&mut self, input: &str) {
        self.give(input);
        self.wait_for_prompt(">>> ");
    }

    /// The same without waiting for an answer.
    #[track_caller]
    pub fn give(&mut self, input: &str) {
        if input.contains('\n') {
            let last = input.trim_end_matches('\n').lines().next_back().unwrap_or_default().trim_end().to_owned();
            self.paste(input);
            // The prompt of before must not be taken for the one after.
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

    /// Each input with all that is shown of it.
    #[track_caller]
    pub fn converse(&mut self, dialog: &[(&str, &[&str])]) {
        for (input, shown) in dialog {
            assert_eq!(self.answer(input), *shown, "{input}");
        }
    }
}
