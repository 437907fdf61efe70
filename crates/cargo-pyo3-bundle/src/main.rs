//! `cargo pyo3-bundle`: makes, judges, documents and archives a dist of a linked binary and an installed Python.
//! Turns arguments into an exit status; the modules do the work. Never imports the application.

mod archive;
mod build;
mod bytecode;
mod closure;
mod components;
mod config;
mod copy;
mod development;
mod formats;
mod hints;
mod init;
mod inputs;
mod install;
mod licenses;
mod linked;
mod managed;
mod metadata;
mod minimal;
mod notes;
mod object;
mod pipeline;
mod place;
mod platform;
mod remap;
mod say;
mod sbom;
mod slim;
mod smoke;
mod stage;
mod summary;
mod sysconfig;
mod system;
mod threads;
mod tree;
mod try_out;
mod verify;
mod wheels;

use anyhow::Result;
use clap::{Parser, Subcommand};
use pyo3_bundle_layout::{finding, integrity, layout, problem, shown};
use std::ffi::OsString;
use std::process::ExitCode;

/// Packs a Rust application that embeds Python: a folder that runs wherever it is put.
///
/// Without a subcommand it does all of it: installs the pinned Python, builds, stages `dist/`, verifies it, starts a moved
/// copy, and packs `archives/`.
#[derive(Parser)]
#[command(bin_name = "cargo pyo3-bundle")]
struct Arguments {
    #[command(flatten)]
    selection: config::Selection,
    #[command(flatten)]
    whole: pipeline::Arguments,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    Archive(archive::Arguments),
    Build(build::Arguments),
    Compare(archive::Comparison),
    Formats(formats::Arguments),
    Init(init::Arguments),
    Notes(notes::Arguments),
    Python(managed::Arguments),
    Stage(inputs::Arguments),
    Summary(summary::Arguments),
    Try(try_out::Arguments),
    Verify(verify::Arguments),
}

/// What a command found: exit status 0 or 1. A usage error is 2.
pub enum Outcome {
    Fine,
    Findings,
}

/// A usage error that clap cannot see, with the exit status of clap's own errors: 2.
#[derive(Debug)]
pub struct Misuse(anyhow::Error);

impl Misuse {
    pub fn new(problem: problem::Problem) -> Self {
        Misuse(problem.into())
    }
}

impl std::fmt::Display for Misuse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:#}", self.0)
    }
}

impl std::error::Error for Misuse {}

fn main() -> ExitCode {
    let words: Vec<OsString> = arguments().collect();
    let arguments = Arguments::parse_from(&words);
    let again = match &arguments.command {
        Some(Command::Try(order)) => Some(order.command()),
        _ => None,
    };
    let given = hints::Given::of(&arguments.selection, again, &words[1..]);
    match run(arguments, &given) {
        Ok(Outcome::Fine) => ExitCode::SUCCESS,
        Ok(Outcome::Findings) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {}", given.in_error(&format!("{error:#}")));
            if error.is::<Misuse>() { ExitCode::from(2) } else { ExitCode::FAILURE }
        }
    }
}

/// Returns the arguments without the name of the subcommand, which cargo passes on.
fn arguments() -> impl Iterator<Item = OsString> {
    let mut words = std::env::args_os().peekable();
    let program = words.next();
    let _subcommand = words.next_if(|word| word == "pyo3-bundle");
    program.into_iter().chain(words)
}

fn run(arguments: Arguments, given: &hints::Given) -> Result<Outcome> {
    let application = || arguments.selection.application();
    let Some(command) = arguments.command else { return pipeline::run(&arguments.whole, &application()?) };
    match command {
        Command::Archive(order) => archive::run(&order, &application()?),
        Command::Build(order) => build::run(&order, &application()?),
        Command::Compare(order) => archive::compare(&order),
        Command::Formats(order) => formats::run(&order, &application()?),
        Command::Init(order) => init::run(&order, &application()?, given),
        Command::Notes(order) => notes::run(&order, &application()?),
        Command::Python(order) => managed::run(&order, &application()?),
        Command::Stage(arguments) => {
            let application = application()?;
            stage::run(&arguments.plan(&application)?, &application)
        }
        Command::Summary(order) => summary::run(&order),
        Command::Try(order) => try_out::run(&order, &application()?, given),
        Command::Verify(order) => verify::run(&order, &application()?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Arguments::command().debug_assert();
    }
}
