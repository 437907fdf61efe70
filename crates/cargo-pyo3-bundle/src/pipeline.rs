//! `cargo pyo3-bundle` without a subcommand: from the manifest to archives. Orders the other commands, and says at the
//! end what there is now.

use crate::build::{self, Built};
use crate::config::Application;
use crate::inputs;
use crate::managed::{self, Record};
use crate::problem::Problem;
use crate::say::say;
use crate::shown::{shown, word};
use crate::slim::Saving;
use crate::{Outcome, archive, smoke, stage, summary, verify};
use anyhow::Result;
use serde::Serialize;
use std::path::PathBuf;

#[derive(clap::Args, Default)]
#[group(id = "pipeline")]
pub struct Arguments {
    /// Accept only the Python that is pinned, not another one of its series
    #[arg(long)]
    strict: bool,
    /// Print what was made as JSON
    #[arg(long)]
    json: bool,
}

/// The report: the result of each step.
#[derive(Serialize)]
struct Report<'a> {
    python: &'a Record,
    binaries: &'a [Built],
    dist: PathBuf,
    slimmed: &'a [Saving],
    /// What the program says of its Python; `null` if it does not answer the smoke.
    smoke: Option<serde_json::Value>,
    archives: Vec<archive::Made>,
}

/// Makes `dist/` and `archives/` in the package's folder.
pub fn run(arguments: &Arguments, application: &Application) -> Result<Outcome> {
    application.binary()?;
    let (dist, archives) = (here(application, "dist"), here(application, "archives"));
    let wanted = managed::Arguments { strict: arguments.strict, ..managed::Arguments::default() };
    let (python, _) = managed::provide(&wanted, application)?;
    let binaries = build::build(application, &[])?;
    say("staging");
    let file = |name: &str| binaries.iter().find(|binary| binary.name == *name).map(|binary| binary.path.clone());
    let files = application.programs()?.into_iter().map_while(file).collect();
    let contents = inputs::Arguments { binaries: files, out: dist.clone(), ..inputs::Arguments::default() };
    let stage = contents.plan(application)?;
    let staged = stage::make(&stage, application)?;
    say("verifying");
    let judge = verify::Arguments { dist: dist.clone(), ..verify::Arguments::default() };
    if let Outcome::Findings = verify::judged(&judge, application, |report| report.show_findings())? {
        let why = "they are printed above; the dist stays to be looked at, and nothing is archived";
        let hint = format!("cargo pyo3-bundle verify {}", word(&dist));
        return Err(Problem::new(format!("`{}` has findings", shown(&dist)), why, hint).into());
    }
    say("starting a moved copy");
    let policy = verify::read_policy(application.keys.policy.as_deref(), application)?;
    let smoke = smoke::moved(&dist, &application.target, &policy)?;
    let pack = archive::Arguments { dist: dist.clone(), out: archives.clone(), json: false };
    let (_, made) = archive::make(&pack, application)?;
    if arguments.json {
        let slimmed = staged.slimmed();
        let report = Report { python: &python, binaries: &binaries, dist, slimmed, smoke, archives: made };
        println!("{}", serde_json::to_string_pretty(&report)?);
        return Ok(Outcome::Fine);
    }
    summary::run(&summary::Arguments { dists: vec![dist], archives: Some(archives) })
}

/// A folder of the package, relative to the current folder if that is the package's: then what is shown can be pasted
/// and read.
fn here(application: &Application, name: &str) -> PathBuf {
    let is_current = std::env::current_dir().and_then(|folder| folder.canonicalize()).ok();
    let is_current = is_current.is_some_and(|folder| application.root.canonicalize().is_ok_and(|root| root == folder));
    if is_current { PathBuf::from(name) } else { application.root.join(name) }
}
