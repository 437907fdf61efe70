//! `cargo pyo3-bundle init`: the lines by which an application finds the Python that is packed with it. Shows them as a
//! diff, and writes them if the user agrees. What it cannot edit safely it tells the user in words.

mod manifest;
mod origin;
mod pin;
mod plan;
mod program;
mod text;
mod write;

use crate::config::Application;
use crate::hints::Given;
use crate::problem::Problem;
use crate::shown::{visible, word};
use crate::{Misuse, Outcome};
use anyhow::Result;
pub use origin::{Origin, released_with_this};
pub use pin::{NEWEST, choose as choose_python};
use plan::Plan;
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Adds the lines that an application needs, after showing them; what is there already stays
#[derive(clap::Args, Clone, Default)]
pub struct Arguments {
    /// Write without asking
    #[arg(long)]
    yes: bool,
    /// A folder with the crates pyo3-bundle and pyo3-bundle-build, to take them from there
    #[arg(long, value_name = "DIR")]
    path: Option<PathBuf>,
    /// The release of CPython to carry [default: the newest one of the series 3.13]
    #[arg(long, value_name = "VERSION")]
    python: Option<String>,
}

impl Arguments {
    fn with_python(&self, version: &str) -> Arguments {
        Arguments { python: Some(version.to_owned()), ..self.clone() }
    }

    /// The command that has these arguments.
    fn command(&self) -> String {
        let mut command = "cargo pyo3-bundle init".to_owned();
        command += if self.yes { " --yes" } else { "" };
        self.path.iter().for_each(|path| command += &format!(" --path {}", word(path)));
        self.python.iter().for_each(|version| command += &format!(" --python {}", word(Path::new(version))));
        command
    }
}

pub fn run(arguments: &Arguments, application: &Application, given: &Given) -> Result<Outcome> {
    let plan = Plan::of(arguments, application)?;
    for change in &plan.changes {
        print!("{}", change.diff(&application.workspace));
    }
    io::stdout().flush()?;
    if !plan.changes.is_empty() {
        if !arguments.yes && !agreed(arguments)? {
            eprintln!("nothing is written");
            return Ok(Outcome::Findings);
        }
        write::write(&plan.changes)?;
        lock(application);
    }
    for note in &plan.notes {
        eprintln!("note: {note}");
    }
    if plan.changes.is_empty() && plan.notes.is_empty() {
        println!("nothing to do: the application has every line");
    } else if !plan.changes.is_empty() {
        let first = if plan.notes.is_empty() { "" } else { "what the notes say, and then " };
        println!("written; next: {first}{}", given.in_commands("cargo pyo3-bundle"));
        if let Some(command) = plan::ignore_archives(application) {
            println!("to have git ignore the archives as well: {command}");
        }
    }
    Ok(if plan.notes.is_empty() { Outcome::Fine } else { Outcome::Findings })
}

/// Has cargo add the crates to the lock, if there is one: `build` would refuse a lock that lacks them.
fn lock(application: &Application) {
    if !application.workspace.join("Cargo.lock").is_file() {
        return;
    }
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["metadata", "--format-version", "1", "--quiet"]).current_dir(&application.root);
    let output = command.stdin(Stdio::null()).stdout(Stdio::null()).output();
    let said = match output {
        Ok(output) if output.status.success() => return,
        Ok(output) => String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        Err(error) => error.to_string(),
    };
    said.lines().for_each(|line| eprintln!("{}", visible(line)));
    eprintln!("warning: the lines are written, but cargo could not add the crates to `Cargo.lock`");
}

/// Asks on a terminal. Without one nobody can answer.
fn agreed(arguments: &Arguments) -> Result<bool> {
    if !io::stdin().is_terminal() {
        let hint = Arguments { yes: true, ..arguments.clone() }.command();
        let why = "wanted a terminal to ask on, or `--yes`; found neither";
        return Err(Misuse::new(Problem::new("the lines above are not written", why, hint)).into());
    }
    eprint!("write these lines? [y/N] ");
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}
