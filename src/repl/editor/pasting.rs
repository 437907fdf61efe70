//! Cleans a pasted text at Enter, before it is judged: the line keeps only the code in it.

use super::Editor;
use crate::repl::pasted;
use crate::repl::theme::Token;

impl Editor {
    /// Replaces a pasted text by the code in it, so that the screen and the history show what runs. Returns whether the
    /// code is only a guess: the next Enter runs it, once it was seen.
    pub(super) fn clean(&mut self) -> bool {
        let line = self.line();
        let (text, cursor) = (line.current_buffer_contents().to_owned(), line.current_insertion_point());
        // In the middle of several lines Enter breaks the line.
        if text[cursor..].contains('\n') {
            return false;
        }
        let Some(cleaned) = pasted::clean(&text, |text| self.engine.verdict(text)) else { return false };
        // The empty line ends a block at the end of the text.
        let ended = format!("{}\n", cleaned.code);
        let code = if self.engine.is_whole(&ended) { ended } else { cleaned.code };
        self.prefill(&code);
        if cleaned.is_guess {
            let note = format!("  … {}; Enter runs this", cleaned.done);
            self.shared.state().note = Some((code, self.theme.style(Token::Hint).paint(note).to_string()));
        } else {
            self.done = Some(cleaned.done);
        }
        cleaned.is_guess
    }

    /// Prints what was done to the input that runs now.
    pub(super) fn tell_done(&mut self) {
        if let Some(done) = self.done.take() {
            println!("{}", self.theme.style(Token::Hint).paint(format!("… {done}")));
        }
    }
}
