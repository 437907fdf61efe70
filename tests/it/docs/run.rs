//! Runs a block: a session on a terminal, or command lines by `sh`. Each has a new home, and only `HOME` says where the
//! program keeps its files.

use super::blocks::Block;
use crate::repl::program;
use crate::support::{NAME, stdout};
use crate::terminal::{Home, Terminal, keys};
use std::process::Command;

/// The beginning of a command line, and that of a call of the program. A block with such a call is run as a whole.
const SHELL: &str = "$ ";
pub const CALL: &str = concat!("$ ", env!("CARGO_PKG_NAME"));

/// The screen is as wide as the documents' lines, and so tall that no block scrolls away.
const ROWS: u16 = 200;
const COLUMNS: u16 = 120;

/// The path of the home in the documents.
const HOME: &str = "/home/me";

const LEAVING: [&str; 3] = ["/quit", "exit", "quit"];

/// Makes a command that runs a script by `sh`, with the program on PATH.
fn sh(home: &Home, script: &str) -> Command {
    let folder = program().parent().expect("the program stands in a dist").display().to_string();
    let mut sh = home.command("sh");
    sh.args(["-c", script]).env("PATH", format!("{folder}:/usr/bin:/bin"));
    for name in ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"] {
        sh.env_remove(name);
    }
    sh
}

/// Returns the rows of the screen after the last input has run, without the prompt that follows. The session is started
/// by `pychat_ai -q`, or by the command lines that the block begins with.
pub fn session(block: &Block) -> Vec<String> {
    let before: Vec<&String> = block.lines.iter().take_while(|line| line.starts_with(SHELL)).collect();
    let script: Vec<&str> = before.iter().map(|line| &line[SHELL.len()..]).collect();
    let script = if script.is_empty() { format!("{NAME} -q") } else { script.join("\n") };
    let home = Home::new();
    let mut terminal = Terminal::spawn(sh(&home, &script), ROWS, COLUMNS);
    terminal.wait_for_prompt(">>> ");
    let inputs = inputs(block);
    let (last, others) = inputs.split_last().unwrap_or_else(|| panic!("{}: nothing to run", block.place));
    others.iter().for_each(|input| run(&mut terminal, input));
    if LEAVING.iter().any(|word| last.split(' ').next() == Some(word)) {
        enter(&mut terminal, last);
        terminal.wait_for_exit();
    } else {
        run(&mut terminal, last);
    }
    let (row, _) = terminal.cursor();
    before.into_iter().cloned().chain(terminal.rows().into_iter().take(row.into())).collect()
}

fn inputs(block: &Block) -> Vec<String> {
    let mut inputs: Vec<String> = Vec::new();
    for line in &block.lines {
        let more = line.strip_prefix("... ").or_else(|| line.strip_prefix("...").filter(|rest| rest.is_empty()));
        if let Some(first) = line.strip_prefix(">>> ") {
            inputs.push(first.to_owned());
        } else if let (Some(more), Some(input)) = (more, inputs.last_mut()) {
            *input += &format!("\n{more}");
        }
    }
    inputs
}

/// Runs one input, and waits for the prompt after it.
pub fn run(terminal: &mut Terminal, input: &str) {
    let (start, _) = terminal.cursor();
    enter(terminal, input);
    // While the input is painted for the last time, the cursor is behind its own prompt for a moment.
    let below = start + input.lines().count() as u16;
    terminal.wait_for(&format!("the prompt after {input:?}"), |screen| {
        let (row, column) = screen.cursor_position();
        row >= below && column == 4 && screen.contents_between(row, 0, row, COLUMNS).trim_end() == ">>>"
    });
}

/// Pastes an input, so that its lines are exactly the document's. The empty line at the end closes a block.
fn enter(terminal: &mut Terminal, input: &str) {
    let text = if input.contains('\n') { format!("{input}\n") } else { input.to_owned() };
    let echo = match text.rsplit_once('\n') {
        Some((_, last)) => format!("... {last}"),
        None => format!(">>> {text}"),
    };
    terminal.paste(&text);
    terminal.wait_for(&format!("the echo of {text:?}"), |screen| {
        let (row, column) = screen.cursor_position();
        screen.contents_between(row, 0, row, column) == echo
    });
    terminal.send(keys::ENTER);
}

/// Returns the block as the shell prints it.
pub fn shell(block: &Block) -> Vec<String> {
    let home = Home::new();
    let mut script = "exec 2>&1\n".to_owned();
    for line in block.lines.iter().filter_map(|line| line.strip_prefix(SHELL)) {
        script += &format!("cat <<'EOF'\n{SHELL}{line}\nEOF\n{line}\n");
    }
    let output = sh(&home, &script).output().unwrap();
    let own = home.path("").display().to_string();
    stdout(&output).replace(own.trim_end_matches('/'), HOME).lines().map(str::to_owned).collect()
}
