//! `docs/session.svg`, the session that the README shows, has to be what the program shows now.

use super::run;
use crate::repl::program;
use crate::support::checkout;
use crate::terminal::{Home, Terminal, keys};
use nu_ansi_term::{AnsiStrings, Color, Style};
use std::fs;

/// `scripts/dev/picture.sh` sets this variable to have the picture written first.
const WRITE: &str = "WRITE_PICTURE";
const UPDATE: &str = "scripts/dev/picture.sh";

const ROWS: u16 = 30;
const COLUMNS: u16 = 84;

const INPUTS: [&str; 5] = [
    "import asyncio",
    "async def greet(name, seconds=0.1):\n    \"\"\"Say hello, and take your time.\"\"\"\n    \
     await asyncio.sleep(seconds)\n    return f\"Hello, {name}!\"  # at last",
    "await asyncio.gather(greet(\"Ada\"), greet(\"Grace\", seconds=0.2))",
    "len(_) / len([])",
    "greet?",
];

fn picture() -> String {
    let home = Home::new();
    let mut command = home.command(program());
    command.arg("-q");
    let mut terminal = Terminal::spawn(command, ROWS, COLUMNS);
    terminal.wait_for_prompt(">>> ");
    for input in INPUTS {
        run::run(&mut terminal, input);
    }
    terminal.send("asyncio.ti");
    terminal.wait_for_line(">>> asyncio.ti");
    terminal.send(keys::TAB);
    // Tab writes the common beginning of all candidates, then opens the menu.
    terminal.wait_for_line(">>> asyncio.timeout");
    terminal.wait_for_text("function (delay)");
    anstyle_svg::Term::new().palette(anstyle_svg::WIN10_CONSOLE).render_svg(&written(&terminal.screen()))
}

/// Writes the screen as a program without a cursor would: rows of text with colors.
fn written(screen: &vt100::Screen) -> String {
    let row = |row| {
        let cells = (0..screen.size().1.get()).filter_map(|column| screen.cell(row, column));
        let cells = cells.filter(|cell| !cell.is_wide_continuation());
        let text = |cell: &vt100::Cell| if cell.has_contents() { cell.contents().to_owned() } else { " ".to_owned() };
        let cells: Vec<_> = cells.map(|cell| style(cell).paint(text(cell))).collect();
        let used = cells.iter().rposition(|cell| cell.as_str() != " ").map_or(0, |last| last + 1);
        AnsiStrings(&cells[..used]).to_string()
    };
    let rows: Vec<String> = (0..screen.size().0.get()).map(row).collect();
    rows.join("\n").trim_end().to_owned()
}

fn style(cell: &vt100::Cell) -> Style {
    let color = |color| match color {
        vt100::Color::Default => None,
        vt100::Color::Idx(index) => Some(Color::Fixed(index)),
        vt100::Color::Rgb(red, green, blue) => Some(Color::Rgb(red, green, blue)),
    };
    Style {
        foreground: color(cell.fgcolor()),
        background: color(cell.bgcolor()),
        is_bold: cell.bold(),
        is_dimmed: cell.dim(),
        is_italic: cell.italic(),
        is_underline: cell.underline(),
        is_reverse: cell.inverse(),
        ..Style::default()
    }
}

#[test]
fn the_picture_of_the_readme_is_what_a_session_looks_like() {
    let (file, shown) = (checkout().join("docs/session.svg"), picture());
    if std::env::var_os(WRITE).is_some() {
        fs::write(&file, &shown).unwrap();
    }
    let kept = fs::read_to_string(&file).unwrap_or_default();
    assert!(kept == shown, "`{}` is not what a session looks like now; hint: {UPDATE}", file.display());
}
