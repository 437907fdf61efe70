//! The terminal's side: the program's output, the screen that it makes, and the answers to the program's queries.

use super::pty::Life;
use std::num::NonZeroU16;

const SCROLLBACK: usize = 10_000;

/// The state that changes while a program runs on the terminal.
pub struct Display {
    parser: vt100::Parser<Answers>,
    pub transcript: Vec<u8>,
    pub life: Life,
    /// Whether no more output can come.
    pub drained: bool,
}

impl Display {
    pub fn new(rows: u16, columns: u16) -> Self {
        let (rows, columns) = nonzero(rows, columns);
        let parser = vt100::Parser::new_with_callbacks(rows, columns, SCROLLBACK, Answers::default());
        Display { parser, transcript: Vec::new(), life: Life::Running, drained: false }
    }

    pub fn screen(&self) -> &vt100::Screen {
        self.parser.screen()
    }

    /// Shows output, and returns the terminal's answers to the queries in it.
    pub fn feed(&mut self, output: &[u8]) -> Vec<u8> {
        self.transcript.extend(output);
        self.parser.process(output);
        std::mem::take(&mut self.parser.callbacks_mut().due)
    }

    pub fn set_size(&mut self, rows: u16, columns: u16) {
        let (rows, columns) = nonzero(rows, columns);
        self.parser.set_size(rows, columns);
    }

    pub fn exit_status(&self) -> Option<std::process::ExitStatus> {
        match self.life {
            Life::Ended(status) if self.drained => Some(status),
            _ => None,
        }
    }

    /// Everything that is needed to understand a failure from a log.
    pub fn report(&self) -> String {
        let (_, columns) = self.screen().size();
        let border = "─".repeat(columns.get().into());
        let rows: String = cells(self.screen()).map(|row| format!("│{row}│\n")).collect();
        let (row, column) = self.screen().cursor_position();
        format!("┌{border}┐\n{rows}└{border}┘\ncursor: row {row}, column {column}; child: {:?}", self.life)
    }
}

fn nonzero(rows: u16, columns: u16) -> (NonZeroU16, NonZeroU16) {
    (NonZeroU16::new(rows).expect("rows"), NonZeroU16::new(columns).expect("columns"))
}

/// The rows in their full width.
fn cells(screen: &vt100::Screen) -> impl Iterator<Item = String> {
    let (rows, columns) = screen.size();
    let shown = |cell: &vt100::Cell| if cell.has_contents() { cell.contents().to_owned() } else { " ".to_owned() };
    (0..rows.get()).map(move |row| {
        let cells = (0..columns.get()).filter_map(|column| screen.cell(row, column));
        cells.filter(|cell| !cell.is_wide_continuation()).map(shown).collect()
    })
}

/// Receives each query at its point of the stream, so that a position is answered for that point. The query of kitty's
/// keyboard protocol is not answered, as by most terminals.
#[derive(Default)]
struct Answers {
    due: Vec<u8>,
}

impl vt100::Callbacks for Answers {
    fn unhandled_csi(
        &mut self,
        screen: &mut vt100::Screen,
        first: Option<u8>,
        _second: Option<u8>,
        parameters: &[&[u16]],
        last: char,
    ) {
        match (first, parameters, last) {
            (None, [[6]], 'n') => {
                let (row, column) = screen.cursor_position();
                // Behind the last column a terminal delays the wrap, and reports the last column.
                let column = column.min(screen.size().1.get() - 1);
                self.due.extend(format!("\x1b[{};{}R", row + 1, column + 1).as_bytes());
            }
            (None, [[0]], 'c') => self.due.extend(b"\x1b[?62;22c"),
            _ => {}
        }
    }
}
