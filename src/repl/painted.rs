//! The highlighter and the hinter that reedline calls: they record in `line_state` what is painted, and show a search.

use super::line_state::LineState;
use super::terminal;
use crossterm::QueueableCommand;
use crossterm::cursor::MoveTo;
use crossterm::terminal::{Clear, ClearType};
use nu_ansi_term::Style;
use reedline::{Highlighter, Hinter, History, StyledText};
use std::io::{self, Write};
use std::mem::replace;

/// A cursor position that is at no bracket.
const NOWHERE: usize = usize::MAX;

/// The highlighter. Reedline paints when it has handled a batch of keys, before it reads on.
pub struct Painted {
    pub shared: LineState,
    pub inner: Box<dyn Highlighter>,
    /// The style of the term that a search has found.
    pub found: Style,
}

impl Highlighter for Painted {
    fn highlight(&self, line: &str, cursor: usize) -> StyledText {
        let is_tall = crossterm::terminal::size().is_ok_and(|(columns, rows)| fills(line, columns, rows));
        let mut state = self.shared.state();
        let has_keys = state.painted(line.get(..cursor));
        let was_tall = replace(&mut state.is_tall, is_tall);
        let lines_above = line.get(..cursor).map_or(0, |before| before.matches('\n').count());
        let lines_above = replace(&mut state.lines_above, lines_above);
        let found = state.search.as_ref().map_or(0..0, |search| search.found.clone());
        let cursor = if state.accepting { NOWHERE } else { cursor };
        drop(state);
        let _unseen = match (was_tall, is_tall) {
            (true, true) => go_home(),
            (false, true) => make_room(lines_above),
            (_, false) => Ok(()),
        };
        if has_keys {
            terminal::wake_reader();
        }
        let mut text = self.inner.highlight(line, cursor);
        if !found.is_empty() {
            text.style_range(found.start, found.end, self.found);
        }
        text
    }
}

/// Moves the cursor to the first row. Before each painting of an input that fills the screen reedline prints line
/// breaks from the cursor's row, to make room above the input once; at every later painting they push the input's own
/// first rows into the scrollback (<https://github.com/nushell/reedline/pull/900>). Printed from the first row they
/// push nothing. Wrapped lines are still painted too often: reedline counts them as one row
/// (<https://github.com/nushell/reedline/issues/948>).
fn go_home() -> io::Result<()> {
    let mut output = io::stdout();
    output.queue(MoveTo(0, 0))?;
    output.flush()
}

/// Makes room for an input that fills the screen, which is painted from the first row on: pushes the rows of earlier
/// text into the scrollback. Reedline does so only if the cursor is not at the end of the input.
fn make_room(lines_above: usize) -> io::Result<()> {
    let (_, rows) = crossterm::terminal::size()?;
    let (_, row) = crossterm::cursor::position()?;
    let start = row.saturating_sub(lines_above as u16);
    let mut output = io::stdout();
    output
        .queue(MoveTo(0, start))?
        .queue(Clear(ClearType::FromCursorDown))?
        .queue(MoveTo(0, rows.saturating_sub(1)))?;
    output.write_all("\n".repeat(start.into()).as_bytes())?;
    output.queue(MoveTo(0, 0))?;
    output.flush()
}

/// Whether the line certainly has as many rows as the screen, whose size some terminals give as zero. Characters
/// outside of ASCII may have no width.
fn fills(line: &str, columns: u16, rows: u16) -> bool {
    if columns == 0 || rows == 0 {
        return false;
    }
    let width = usize::from(columns);
    let rows_of = |line: &str| line.bytes().filter(u8::is_ascii_graphic).count().div_ceil(width).max(1);
    line.split('\n').map(rows_of).sum::<usize>() >= usize::from(rows)
}

/// The hinter, which is silent during a search, and shows the note about the line if there is one.
pub struct Quiet {
    pub shared: LineState,
    /// The hinter for all other lines, if hints are wanted.
    pub inner: Option<Box<dyn Hinter>>,
}

impl Quiet {
    /// Returns the hinter whose hint is shown. A note is never inserted.
    fn heard(&self) -> Option<&dyn Hinter> {
        self.inner.as_deref().filter(|_| self.shared.state().note.is_none())
    }
}

impl Hinter for Quiet {
    fn handle(&mut self, line: &str, position: usize, history: &dyn History, colors: bool, folder: &str) -> String {
        let mut state = self.shared.state();
        if state.search.is_some() {
            return String::new();
        }
        state.note.take_if(|(about, _)| about != line);
        if let Some((_, note)) = &state.note {
            return note.clone();
        }
        drop(state);
        let inner = self.inner.as_mut();
        inner.map_or_else(String::new, |inner| inner.handle(line, position, history, colors, folder))
    }

    fn complete_hint(&self) -> String {
        self.heard().map_or_else(String::new, |inner| inner.complete_hint())
    }

    fn next_hint_token(&self) -> String {
        self.heard().map_or_else(String::new, |inner| inner.next_hint_token())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repl::line_state::Shown;
    use reedline::{DefaultHinter, FileBackedHistory, HistoryItem, SimpleMatchHighlighter};

    #[test]
    fn a_line_fills_the_screen_when_its_rows_surely_do() {
        for (line, expected) in [
            ("a\nb", false),
            ("a\nb\n", true),
            ("0123456789\n0123456789", false),
            ("0123456789a\n0123456789", true),
            ("e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}\nb", false),
        ] {
            assert_eq!(fills(line, 10, 3), expected, "{line:?}");
        }
        assert!(!fills("a", 0, 0) && !fills("a", 10, 0) && !fills("a", 0, 3));
    }

    #[test]
    fn a_search_is_marked_and_has_no_hint() {
        let shared = LineState::default();
        let inner = Box::new(SimpleMatchHighlighter::default());
        let found = Style::new().bold();
        let highlighter = Painted { shared: shared.clone(), inner, found };
        let mut hinter = Quiet { shared: shared.clone(), inner: Some(Box::new(DefaultHinter::default())) };
        let mut history = FileBackedHistory::new(5).unwrap();
        history.save(HistoryItem::from_command_line("abcd")).unwrap();
        assert_eq!(hinter.handle("ab", 2, &history, false, ""), "cd");
        shared.state().note = Some(("ab".into(), " note".into()));
        assert_eq!((hinter.handle("ab", 2, &history, false, ""), hinter.complete_hint()), (" note".into(), "".into()));
        assert_eq!(hinter.handle("abc", 3, &history, false, ""), "d");
        assert_eq!(hinter.handle("ab", 2, &history, false, ""), "cd");
        shared.show_search(Some(Shown { label: String::new(), found: 1..2 }));
        assert_eq!(hinter.handle("ab", 2, &history, false, ""), "");
        let marked = highlighter.highlight("abc", 1).buffer.into_iter().find(|(style, _)| *style == found);
        assert_eq!(marked, Some((found, "b".into())));
    }
}
