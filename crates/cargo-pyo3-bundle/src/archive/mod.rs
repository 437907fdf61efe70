//! `cargo pack archive` makes archives that depend on nothing but the dist; `cargo pack compare` finds where two
//! differ. Orders the steps; each is a module of its own.

mod blocks;
mod compare;
mod compression;
mod entry;
mod kind;
mod label;
mod output;
mod place;
mod progress;
mod read;
#[cfg(test)]
mod tests;
mod tree;
mod write;
mod zip;

use crate::config::Application;
use crate::finding::{Finding, Id};
use crate::problem::{About, Problem};
use crate::shown::{shown, visible, word};
use crate::{Misuse, Outcome, metadata, threads};
use anyhow::Result;
pub use blocks::Blocks;
use entry::Source;
use kind::Kind;
pub use label::Label;
pub use output::Made;
use output::Output;
use progress::Progress;
use serde::Serialize;
use std::fs::File;
use std::path::{Path, PathBuf};
use tree::Tree;

/// Packs a dist as .tar.zst and .tar.gz, one for Windows as .zip, and compares the archives with the dist
#[derive(clap::Args)]
pub struct Arguments {
    /// The dist to pack [default: `dist` in the package's folder]
    pub dist: Option<PathBuf>,
    /// The folder for the archives; an existing one is replaced if it has nothing but archives of this kind of dist
    /// [default: `archives` in the package's folder]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Print the report as JSON
    #[arg(long)]
    pub json: bool,
}

impl Arguments {
    fn folder(&self, application: &Application) -> PathBuf {
        self.out.clone().unwrap_or_else(|| application.output("archives"))
    }
}

/// Shows where two archives differ; exits 1 if they do
#[derive(clap::Args)]
pub struct Comparison {
    /// The first archive
    one: PathBuf,
    /// The second archive
    other: PathBuf,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

/// Limit for what an archive may unpack to, in bytes. No dist comes near it.
const LARGEST: u64 = 16 << 30;

pub fn run(arguments: &Arguments, application: &Application) -> Result<Outcome> {
    let (size, made) = make(arguments, application)?;
    report(arguments, application, size, &made)?;
    Ok(Outcome::Fine)
}

/// Makes the archives. Returns the size of their contents as well.
pub fn make(arguments: &Arguments, application: &Application) -> Result<(u64, Vec<Made>)> {
    let given = arguments.dist.clone().unwrap_or_else(|| application.output("dist"));
    metadata::text_of(&given).map_err(Misuse::new)?;
    let dist = given.canonicalize().about("cannot find", &given)?;
    let label = Label::of_dist(&dist, application)?;
    let output = Output::open(&arguments.folder(application), &dist, &label)?;
    let made = pack(&dist, &label, &|name| output.partial(name))?;
    output.publish(&made.1)?;
    Ok(made)
}

/// Packs a dist in the kinds of its system, and reads each archive back. `place` says where one is written. Returns the
/// size of the contents as well.
pub fn pack(dist: &Path, label: &Label, place: &(dyn Fn(&str) -> PathBuf + Sync)) -> Result<(u64, Vec<Made>)> {
    let contents = |time| Tree::new(dist, &label.name, time);
    let size = write::size(&mut contents(label.time)).map_err(|error| unread(dist, error))?;
    let kinds = Kind::of_system(&label.os);
    let progress = Progress::new(&format!("packing {}", label.name), size * kinds.len() as u64);
    let made = std::thread::scope(|scope| {
        let make = |kind: &Kind| {
            let (kind, progress) = (*kind, &progress);
            threads::spawn(scope, move || archive(kind, place, label, contents, size, progress))
        };
        // All of them are started before the first is waited for.
        let started: Vec<_> = kinds.iter().map(make).collect();
        started.into_iter().map(|thread| thread.and_then(threads::join)).collect::<Vec<_>>()
    });
    Ok((size, made.into_iter().collect::<Result<Vec<_>>>()?))
}

fn archive(
    kind: Kind,
    place: &dyn Fn(&str) -> PathBuf,
    label: &Label,
    contents: impl Fn(u64) -> Tree,
    size: u64,
    progress: &Progress,
) -> Result<Made> {
    let name = format!("{}.{}", label.name, kind.ending());
    let path = place(&name);
    let contents = || contents(kind.time(label.time));
    kind.write(&mut contents(), &path, size, progress)?;
    read_back(&path, &mut contents(), size)?;
    Made::new(name, &path)
}

fn unwritten(path: &Path, error: anyhow::Error) -> anyhow::Error {
    let hint = format!("df -h {}", word(path.parent().unwrap_or(path)));
    about(format!("cannot write `{}`", shown(path)), error, hint)
}

/// Makes an error a [`Problem`] unless it is one already.
fn about(what: String, error: anyhow::Error, hint: String) -> anyhow::Error {
    if error.is::<Problem>() { error } else { Problem::new(what, visible(&format!("{error:#}")), hint).into() }
}

/// Reads an archive back and compares it with the dist.
fn read_back(path: &Path, contents: &mut Tree, size: u64) -> Result<()> {
    let different = compare::sources(("the archive", &mut open(path, size)?), ("the dist", contents))
        .map_err(|error| unread(path, error))?;
    let Some(first) = different.first() else { return Ok(()) };
    Err(Problem::new(
        format!("`{}` is not what was packed", shown(path)),
        format!("{first} ({} differences)", different.len()),
        "dmesg | tail",
    )
    .into())
}

fn open(path: &Path, size: u64) -> Result<Box<dyn Source>> {
    kind(path)?.open(path, size)
}

fn kind(path: &Path) -> Result<Kind> {
    Kind::of(path)?.ok_or_else(|| {
        let hint = format!("od -A d -t x1 -N 16 {}", word(path));
        Problem::new(
            format!("`{}` is not an archive", shown(path)),
            "wanted a file in zstd's, gzip's or zip's format",
            hint,
        )
        .into()
    })
}

fn unread(path: &Path, error: anyhow::Error) -> anyhow::Error {
    about(format!("cannot read `{}`", shown(path)), error, format!("ls -l {}", word(path)))
}

pub fn compare(arguments: &Comparison) -> Result<Outcome> {
    let different = archives(&arguments.one, &arguments.other)?;
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&different)?);
    } else {
        different.iter().for_each(|finding| println!("{finding}"));
    }
    Ok(if different.is_empty() { Outcome::Fine } else { Outcome::Findings })
}

fn archives(one: &Path, other: &Path) -> Result<Vec<Finding>> {
    // Also of equal files, because two pages of an error are equal.
    [one, other].into_iter().try_for_each(|path| kind(path).map(drop)).map_err(Misuse)?;
    let file = |path: &Path| File::open(path).about("cannot read", path);
    let bytes = compare::streams(&mut file(one)?, &mut file(other)?).about("cannot compare with another file", one)?;
    let Some(bytes) = bytes else { return Ok(Vec::new()) };
    let (mut left, mut right) = (open(one, LARGEST)?, open(other, LARGEST)?);
    let (one_is, other_is) = (format!("`{}`", shown(one)), format!("`{}`", shown(other)));
    let sides = ((one_is.as_str(), &mut left), (other_is.as_str(), &mut right));
    let mut different = compare::sources(sides.0, sides.1).map_err(|error| {
        about(format!("{one_is} and {other_is} cannot be compared"), error, "cargo pyo3-bundle compare --help".into())
    })?;
    if different.is_empty() {
        let why = format!("holds the same, but is packed differently: {bytes}");
        different.push(Finding::at(Id::DifferentPacking, one, why));
    }
    Ok(different)
}

#[derive(Serialize)]
struct Report<'a> {
    archives: &'a [Made],
    unpacked: u64,
}

fn report(arguments: &Arguments, application: &Application, size: u64, made: &[Made]) -> Result<()> {
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&Report { archives: made, unpacked: size })?);
        return Ok(());
    }
    for Made { name, size, sha256 } in made {
        println!("{sha256}  {}  {:.2} MB", shown(&arguments.folder(application).join(name)), *size as f64 / 1e6);
    }
    Ok(())
}
