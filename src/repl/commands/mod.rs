//! The commands that begin with `/`, and the other inputs that are not Python. The table is also the text of `/help`.

mod editing;
mod files;
mod looking;
mod packages;
#[cfg(test)]
mod tests;

use super::habits::{self, Advice, Failure};
use super::session::{Next, Session};
use super::system::programs;
use super::{child, history, pasted};
use crate::problem::Problem;
use pyo3::prelude::*;

pub use editing::edit;
pub use looking::describe;
pub use packages::folder as packages;

pub struct Command {
    pub name: &'static str,
    pub arguments: Arguments,
    pub about: &'static str,
    pub completes: Completes,
    run: fn(&mut Session, Python<'_>, &str) -> PyResult<Next>,
}

/// The arguments of a command, as `usage` shows them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Arguments {
    None,
    Optional(&'static str),
    Needed(&'static str),
}

/// What Tab offers behind the name of a command.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Completes {
    Nobody,
    Code,
    Files,
    Commands,
}

use Arguments::{Needed, None as Nothing, Optional};
use Completes::{Code, Commands, Files, Nobody};

#[rustfmt::skip]
pub const ALL: [Command; 15] = [
    command("clear", Nothing, Nobody, "clear the screen and its scrollback", clear),
    command("edit", Optional("TEXT"), Code, "open $EDITOR on the last input, or on TEXT; what is saved becomes the next input", editing::run),
    command("help", Optional("COMMAND"), Commands, "list the commands, or show one", help),
    command("history", Optional("N"), Nobody, "show the last N inputs (20), also those of earlier sessions", show_history),
    command("include", Needed("FILE"), Files, "run a file in this session, as if it had been typed", files::include),
    command("inspect", Needed("EXPR"), Code, "describe a value: type, size, members, signature, documentation", looking::inspect),
    command("last_error", Nothing, Nobody, "show the last traceback again", looking::last_error),
    command("pip", Needed("ARGUMENTS"), Nobody, "run pip on the packages of this session", packages::pip),
    command("quit", Optional("STATUS"), Nobody, "leave the session, with an exit status (0)", quit),
    command("run", Needed("FILE [ARGUMENTS]"), Files, "run a file as a program of its own, as python3 does", files::run),
    command("save", Needed("[-f] FILE"), Files, "write the inputs of this session as a script; -f replaces a file", files::save),
    command("show", Optional("EXPR"), Code, "print the last value, or the value of EXPR, in full", looking::show),
    command("show_source", Needed("NAME"), Code, "show the source of a function, class, method or module", looking::show_source),
    command("time", Needed("CODE"), Code, "run code and say how long it took", looking::time),
    command("version", Nothing, Nobody, "show the versions of this program, its Python and pip", version),
];

/// The names of all commands, for the highlighter and completion.
pub const NAMES: &[&str] = &{
    let mut names = [""; ALL.len()];
    let mut at = 0;
    while at < names.len() {
        names[at] = ALL[at].name;
        at += 1;
    }
    names
};

const fn command(
    name: &'static str,
    arguments: Arguments,
    completes: Completes,
    about: &'static str,
    run: fn(&mut Session, Python<'_>, &str) -> PyResult<Next>,
) -> Command {
    Command { name, arguments, completes, about, run }
}

impl Command {
    pub fn usage(&self) -> String {
        match self.arguments {
            Nothing => format!("/{}", self.name),
            Optional(what) => format!("/{} [{what}]", self.name),
            Needed(what) => format!("/{} {what}", self.name),
        }
    }
}

pub fn named(name: &str) -> Option<&'static Command> {
    ALL.iter().find(|command| command.name == name)
}

pub fn run(session: &mut Session, py: Python<'_>, name: &str, rest: &str) -> PyResult<Next> {
    let rest = rest.trim_end();
    let Some(command) = named(name) else {
        return fail(&unknown(name, rest));
    };
    match command.arguments {
        Nothing if !rest.is_empty() => fail(&misused(command, &format!("found `{rest}` behind it"))),
        Needed(_) if rest.is_empty() => fail(&misused(command, "found no argument")),
        _ => (command.run)(session, py, rest),
    }
}

fn misused(command: &Command, found: &str) -> Problem {
    let what = format!("`/{}` cannot run", command.name);
    Problem::new(what, format!("wanted `{}`, {found}", command.usage()), format!("/help {}", command.name))
}

fn unknown(name: &str, rest: &str) -> Problem {
    let (why, hint) = match habits::of_command(name, rest) {
        Some(Advice::Input(input)) => (NOT_PYTHON, input),
        Some(Advice::Words(words)) => (words, "/help".to_owned()),
        None => (NOT_PYTHON, "/help".to_owned()),
    };
    Problem::new(format!("unknown command `/{name}`"), why, hint)
}

const NOT_PYTHON: &str = "Python code never starts with `/`, so it was read as a command";

/// Shows the error of a command; the session goes on.
fn fail(problem: &Problem) -> PyResult<Next> {
    eprintln!("error: {problem}");
    Ok(Next::Input)
}

/// Runs Python. A bare `exit`, `quit` or `clear` does what it does in CPython's REPL, unless the user defined the name.
pub fn python(session: &mut Session, py: Python<'_>, source: &str) -> PyResult<Next> {
    let word = source.trim();
    if matches!(word, "exit" | "quit" | "clear") && !session.engine.namespace(py)?.contains(word)? {
        return if word == "clear" { clear(session, py, "") } else { Ok(Next::End) };
    }
    if !session.engine.run(py, source)? {
        advise(session, py, source)?;
    }
    Ok(Next::Input)
}

/// Shows below the error what to type here instead, when the input looks like one for another program.
fn advise(session: &Session, py: Python<'_>, source: &str) -> PyResult<()> {
    let (is_syntax, missing): (bool, Option<String>) = session.engine.session(py, "failure", ())?.extract()?;
    let failure = match &missing {
        _ if is_syntax => Failure::Syntax,
        Some(name) => Failure::Name(name),
        None => return Ok(()),
    };
    if let Some((character, form, line)) = pasted::typographic(source).filter(|_| is_syntax) {
        let code = u32::from(character);
        eprintln!("note: `{character}` (U+{code:04X}) is typographic; Python's character is `{form}`\nhint: {line}");
        return Ok(());
    }
    match habits::of_input(source, failure) {
        Some(Advice::Input(input)) => eprintln!("hint: {input}"),
        Some(Advice::Words(words)) => eprintln!("note: {words}"),
        None => {}
    }
    Ok(())
}

/// Refuses `f()?`: a question mark asks about a name only.
pub fn question(expression: &str) {
    let what = format!("`{expression}` is not a name");
    let why = "`?` takes `name` or `name.attribute`, so that asking runs no code; `/inspect` evaluates an expression";
    eprintln!("error: {}", Problem::new(what, why, format!("/inspect {expression}")));
}

pub fn shell(py: Python<'_>, line: &str) -> PyResult<()> {
    if line.is_empty() {
        eprintln!("error: {}", Problem::new("`!` cannot run", "wanted `!COMMAND`, found no command", "/help"));
        return Ok(());
    }
    let is_cd = line == "cd" || line.starts_with("cd ") && !line.contains(['&', '|', ';']);
    if let Some(Advice::Input(input)) = is_cd.then(|| habits::find("cd", line["cd".len()..].trim())).flatten() {
        let why = "each command runs in a new shell, so a `cd` in it does not change the folder of the session";
        eprintln!("error: {}", Problem::new(format!("`!{line}` changes nothing"), why, input));
        return Ok(());
    }
    child::show(py, &mut programs::shell(line), programs::SHELL_HINT);
    Ok(())
}

fn help(_: &mut Session, _: Python<'_>, rest: &str) -> PyResult<Next> {
    let name = rest.trim_start_matches('/');
    if name.is_empty() {
        for command in &ALL {
            println!("{:26} {}", command.usage(), command.about);
        }
        println!("{:26} documentation of a name; with its source", "NAME? NAME??");
        println!("{:26} run a command of the shell", "!COMMAND");
        println!("\nTab completes, Ctrl-R searches the history, Ctrl-C drops the input, Ctrl-D leaves. `await` works.");
        return Ok(Next::Input);
    }
    match ALL.iter().find(|command| command.name == name) {
        Some(command) => println!("{}\n  {}", command.usage(), command.about),
        None => return fail(&unknown(name, "")),
    }
    Ok(Next::Input)
}

fn clear(session: &mut Session, _: Python<'_>, _: &str) -> PyResult<Next> {
    session.editor().clear_screen()?;
    Ok(Next::Input)
}

fn show_history(session: &mut Session, _: Python<'_>, rest: &str) -> PyResult<Next> {
    const USUAL: usize = 20;
    let Ok(count) = (if rest.is_empty() { Ok(USUAL) } else { rest.parse() }) else {
        let what = format!("`{rest}` is not a number of inputs");
        return fail(&Problem::new(what, "wanted `/history [N]` with a whole number", "/help history"));
    };
    for text in history::newest(session.editor().history(), count, None) {
        println!("{text}");
    }
    Ok(Next::Input)
}

/// Ends the session. An impossible status is refused, so that a typing error does not end it.
fn quit(_: &mut Session, _: Python<'_>, rest: &str) -> PyResult<Next> {
    if rest.is_empty() {
        return Ok(Next::End);
    }
    match rest.parse::<u8>() {
        Ok(status) => Err(pyo3::exceptions::PySystemExit::new_err(status)),
        Err(_) => {
            let what = format!("`{rest}` is not an exit status");
            fail(&Problem::new(what, "wanted `/quit [STATUS]` with a number from 0 to 255", "/help quit"))
        }
    }
}

fn version(session: &mut Session, py: Python<'_>, _: &str) -> PyResult<Next> {
    println!("{} {}", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
    session.engine.tools(py, "versions", ())?;
    Ok(Next::Input)
}
