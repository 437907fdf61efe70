//! Turns arguments into an exit status and prints errors; the library does the rest.

use anyhow::Result;
use pychat_ai::cli::{self, Command, Invocation};
use pychat_ai::python::Console;
use pychat_ai::repl::{self, config::Config};
use pyo3_bundle::{Home, Interpreter, Start, smoke};
use pyo3_bundle_layout::shown::shown;
use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::exit;

const FINDINGS_OR_FAILURE: i32 = 1;
const USAGE: i32 = 2;

fn main() {
    // SAFETY: no other thread exists yet.
    unsafe { pyo3_bundle::scrub() };
    let status = match cli::parse(std::env::args_os().skip(1)).map(run) {
        Ok(Ok(status)) => status,
        Ok(Err(error)) => {
            eprintln!("error: {error:#}");
            FINDINGS_OR_FAILURE
        }
        Err(problem) => {
            eprintln!("error: {problem}");
            USAGE
        }
    };
    // Not `ExitCode`, which has eight bits: a status of Windows has more.
    exit(status)
}

fn run(command: Command) -> Result<i32> {
    match command {
        Command::Help => print(cli::HELP),
        Command::Version => {
            let version = format!("{} {}", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
            print(&format!("{version} (Python {})", pyo3_bundle::library_version()))
        }
        Command::Python(invocation) => run_python(&invocation),
        Command::PrintConfig { config } => print(configuration(config.as_deref()).print().trim_end()),
        Command::Smoke { json } => smoke::run(&home()?, if json { smoke::Format::Json } else { smoke::Format::Lines }),
        Command::Verify { json } => verify(json),
    }
}

fn home() -> Result<Home> {
    Ok(Home::locate()?.verified_by("--verify"))
}

/// Runs CPython's own main program, with this program's session in place of the one that it would start.
fn run_python(invocation: &Invocation) -> Result<i32> {
    let session = invocation.session && repl::can_edit();
    let config = match &invocation.config {
        // A file that was named is read even if no session follows, so that its errors are shown.
        Some(file) => Some(configuration(Some(file))),
        None if session => Some(configuration(None)),
        None => None,
    };
    let interpreter = match Interpreter::start_with(&home()?, &invocation.arguments, session)? {
        Start::Running(interpreter) => interpreter,
        Start::Ended(status) => return Ok(status),
    };
    if let (true, Some(folder)) = (invocation.user_packages, repl::packages(&environment)) {
        interpreter.add_packages(&folder)?;
    }
    let console = Console::default();
    if let (true, Some(mut config)) = (session, config) {
        config.banner &= !invocation.quiet;
        console.set(!invocation.program, move |py| repl::run(py, &config))?;
    } else if invocation.session && !std::io::stdout().is_terminal() {
        console.set_plain()?;
    }
    Ok(console.run_main(interpreter))
}

/// Loads the configuration. A wrong configuration ends the program like a wrong argument.
fn configuration(file: Option<&Path>) -> Config {
    repl::config::load(file, &environment).unwrap_or_else(|problem| {
        eprintln!("error: {problem}");
        exit(USAGE)
    })
}

fn environment(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// Compares the dist with its records. It does not start Python, which may be the damaged part.
fn verify(json: bool) -> Result<i32> {
    let found = pyo3_bundle::verify()?;
    if json {
        print(&serde_json::to_string_pretty(&serde_json::json!({ "ok": found.is_empty(), "findings": found }))?)?;
    } else if found.is_empty() {
        print(&format!("verify: ok '{}'", shown(home()?.root())))?;
    }
    for difference in &found {
        eprintln!("{difference}");
    }
    Ok(if found.is_empty() { 0 } else { FINDINGS_OR_FAILURE })
}

/// Prints to stdout. A reader that closes the pipe early (`| head`) is not an error.
fn print(text: &str) -> Result<i32> {
    match writeln!(std::io::stdout(), "{text}") {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(0),
    }
}
