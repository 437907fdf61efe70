//! The grey text behind the cursor: the signature, where a call is opened or where completion has inserted the name of
//! a function; elsewhere the rest of an earlier input.

use super::complete::SessionCompleter;
use super::input::Input;
use super::terminal;
use nu_ansi_term::Style;
use reedline::{Completer, CompletionResult, CompletionStatus, DefaultHinter, Hinter, History};

/// Completes for reedline, which knows of one completer only, and has it show the signatures that come late.
pub struct WithSignatures {
    pub completer: SessionCompleter,
    pub signatures: SessionCompleter,
}

impl Completer for WithSignatures {
    fn complete(&mut self, line: &str, position: usize) -> CompletionResult {
        self.completer.complete(line, position)
    }

    fn poll_completion(&mut self) -> CompletionStatus {
        let status = self.completer.poll_completion();
        match self.signatures.poll() {
            CompletionStatus::Ready => terminal::wake_reader(),
            CompletionStatus::Pending if status == CompletionStatus::Idle => return CompletionStatus::Pending,
            _ => {}
        }
        status
    }
}

pub struct SignatureHinter {
    earlier: DefaultHinter,
    style: Style,
    completer: SessionCompleter,
    signatures: SessionCompleter,
    /// The signature that is shown.
    signature: Option<String>,
}

impl SignatureHinter {
    pub fn new(style: Style, completer: SessionCompleter, signatures: SessionCompleter) -> Self {
        let earlier = DefaultHinter::default().with_style(style);
        SignatureHinter { earlier, style, completer, signatures, signature: None }
    }

    fn signature(&self, line: &str) -> Option<String> {
        if !matches!(Input::of(line), Input::Python(_)) {
            return None;
        }
        let is_open = line.ends_with('(');
        if !is_open && !self.completer.has_completed(line) {
            return None;
        }
        let open = if is_open { line.to_owned() } else { format!("{line}(") };
        let signature = self.signatures.only(&open)?;
        let start = signature.find('(')?;
        Some(signature[start + usize::from(is_open)..].to_owned())
    }
}

impl Hinter for SignatureHinter {
    fn handle(&mut self, line: &str, cursor: usize, history: &dyn History, colored: bool, folder: &str) -> String {
        let earlier = self.earlier.handle(line, cursor, history, colored, folder);
        self.signature = if cursor == line.len() { self.signature(line) } else { None };
        match &self.signature {
            Some(text) if colored => self.style.paint(text).to_string(),
            Some(text) => text.clone(),
            None => earlier,
        }
    }

    /// Returns the text that the key for hints inserts: nothing for a signature, which is only shown.
    fn complete_hint(&self) -> String {
        if self.signature.is_some() { String::new() } else { self.earlier.complete_hint() }
    }

    fn next_hint_token(&self) -> String {
        if self.signature.is_some() { String::new() } else { self.earlier.next_hint_token() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repl::testing::engine;
    use reedline::{FileBackedHistory, HistoryItem};

    /// Checks the text that is shown behind each of these lines.
    #[test]
    fn a_signature_stands_where_a_call_is_opened_and_where_a_name_was_completed() {
        let engine = engine();
        let mut completer = SessionCompleter::new(engine.clone());
        let signatures = SessionCompleter::of_signatures(engine);
        let mut hinter = SignatureHinter::new(Style::new(), completer.clone(), signatures.clone());
        let mut history = FileBackedHistory::new(10).unwrap();
        history.save(HistoryItem::from_command_line("sorted(earlier)")).unwrap();
        let mut shown = |line: &str, cursor: usize| loop {
            let hint = hinter.handle(line, cursor, &history, false, "");
            if !signatures.is_waiting() {
                return (hint, hinter.complete_hint(), hinter.next_hint_token());
            }
        };
        let text = |text: &str| text.to_owned();
        for line in ["sorted(", "x = [sorted("] {
            let parameters = text("iterable, /, *, key=None, reverse=False)");
            assert_eq!(shown(line, line.len()), (parameters, text(""), text("")), "{line}");
        }
        let earlier = (text("ted(earlier)"), text("ted(earlier)"), text("ted"));
        assert_eq!(shown("sor", 3), earlier);
        for (line, cursor) in [("print('sorted(", 14), ("sorted(", 3), ("/time sorted(", 13), ("nothing(", 8)] {
            assert_ne!(shown(line, cursor).0, "iterable, /, *, key=None, reverse=False)", "{line}");
        }
        while let reedline::CompletionResult::Pending = completer.complete("x = sorte", 9) {
            completer.poll_completion();
        }
        assert_eq!(shown("x = sorted", 10).0, "(iterable, /, *, key=None, reverse=False)");
    }
}
