//! Runs what a block shows: a session on a terminal, or command lines by `sh`; each in a fresh home of its own, where
//! only `HOME` says where things are kept.

use super::blocks::Block;
use crate::repl::program;
use crate::support::{NAME, stdout};
use crate::terminal::{Home, Terminal, keys};
use std::process::Command;

/// How a command line begins, and how one of the program: where one is, all of the block is run.
const SHELL: &str = "$ ";
pub const CALL: &str = concat!("$ ", env!("CARGO_PKG_NAME"));

/// Wide enough for the lines of the documents, and so tall that nothing of a block scrolls away.
const ROWS: u16 = 200;
const COLUMNS: u16 = 120;

/// What the documents have for the path of the home.
const HOME: &str = "/home/me";

const LEAVING: [&str; 3] = ["/quit", "exit", "quit"];

/// Command lines of `sh`, with the program in its search path.
fn sh(home: &Home, script: &str) -> Command {
    let folder = program().parent().expect("the program stands in a dist").display().to_string();
    let mut sh = home.command("sh");
    sh.args(["-c", script]).env("PATH", format!("{folder}:/usr/bin:/bin"));
    for name in ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"] {
        sh.env_remove(name);
    }
    sh
}

/// The rows of the screen when the last input has been run, without the prompt that follows it. The session is that of
/// `pychat_ai -q`, or of the last command line that the block begins with.
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
    // While the input is painted for the last time the cursor passes behind its own prompt.
    let below = start + input.lines().count() as u16;
    terminal.wait_for(&format!("the prompt after {input:?}"), |screen| {
        let (row, column) = screen.cursor_position();
        row >= below && column == 4 && screen.contents_between(row, 0, row, COLUMNS).trim_end() == ">>>"
    });
}

/// Pasted, so that the lines are as they stand in the document; the empty line at the end closes a block.
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

/// The block again, as the shell prints it.
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
