//! `docs/session.svg`, the session that the README shows, has to be what the program shows now.

use super::run;
use crate::picture::svg;
use crate::repl::program;
use crate::support::{NAME, checkout};
use crate::terminal::{Home, Terminal, keys};
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
    svg(&terminal.screen(), NAME)
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
