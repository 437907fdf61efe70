//! `cargo pyo3-bundle build`: has cargo build the release binaries with the managed Python and without paths of this
//! machine, and checks that the program takes its Python from a shared libpython.

mod flags;
mod judge;
mod pyo3;
mod settings;

use crate::config::Application;
use crate::managed::{Pin, Places, Record};
use crate::object::elf;
use crate::problem::{About, Problem};
use crate::say::{on_a_terminal, say};
use crate::shown::{shown, visible, word};
use crate::{Misuse, Outcome, layout, remap};
use anyhow::Result;
use cargo_metadata::Message;
pub use flags::of_user as flags_of_user;
use judge::Program;
use serde::Serialize;
use settings::Settings;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Builds the release binaries with the managed Python, as `cargo build --release` does, without paths of this machine
#[derive(clap::Args, Default)]
pub struct Arguments {
    /// Print the built binaries as JSON
    #[arg(long)]
    json: bool,
}

/// A built binary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Built {
    pub name: String,
    pub path: PathBuf,
}

pub fn run(arguments: &Arguments, application: &Application) -> Result<Outcome> {
    let built = build(application, &[])?;
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&built)?);
    }
    Ok(Outcome::Fine)
}

/// Builds the binaries of the application, of which the first one is the program that the launcher starts. `extra` are
/// further arguments for cargo; those behind `--` are for rustc, and need a key `bins` with one name.
pub fn build(application: &Application, extra: &[OsString]) -> Result<Vec<Built>> {
    let program = application.binary()?.to_owned();
    let places = Places::of(application);
    let python = managed(application, &places)?;
    let settings = Settings::of(&application.root);
    refuse_musl(&settings, application)?;
    pyo3::check(application)?;
    remap::write(application)?;
    say(&format!("building {program}"));
    let built = cargo(application, &places, &settings, extra);
    // The first build makes the lock.
    pyo3::check(application)?;
    let built = built?;
    let Some(first) = built.iter().find(|binary| binary.name == program) else {
        let why = "wanted its path in the messages of `cargo build`, found none".to_owned();
        return Err(Problem::without_hint(format!("the binary `{program}` was not built"), why).into());
    };
    check(&first.path, application, &python)?;
    Ok(built)
}

/// The record of the managed Python, which has to be of the series that is pinned.
pub fn managed(application: &Application, places: &Places) -> Result<Record> {
    let pin = Pin::of(application)?;
    let found = Record::installed(places).filter(|_| places.interpreter().is_file());
    let why = match &found {
        Some(record) if record.version.starts_with(&format!("{}.", pin.series())) => {
            return Ok(found.expect("it was just matched"));
        }
        Some(record) => format!("wanted CPython {}, which {} pins, found {}", pin.version, pin.origin, record.version),
        None => format!("wanted CPython {}, which {} pins, found nothing", pin.version, pin.origin),
    };
    let what = format!("there is no managed Python in `{}`", shown(&places.home()));
    Err(Misuse::new(Problem::new(what, why, "cargo pyo3-bundle python")).into())
}

fn refuse_musl(settings: &Settings, application: &Application) -> Result<()> {
    let named = settings.target(env::var("CARGO_BUILD_TARGET").ok());
    let target = named.or_else(|| host(&application.root)).unwrap_or_default();
    if !target.contains("musl") {
        return Ok(());
    }
    let what = format!("`{}` would be built for `{}`", application.name, visible(&target));
    let why = "wanted a target with glibc: the managed Python is linked against glibc, and musl's programs are static";
    let hint = format!("CARGO_BUILD_TARGET={} cargo pyo3-bundle build", target.replace("musl", "gnu"));
    Err(Misuse::new(Problem::new(what, why, hint)).into())
}

/// The folder in which cargo makes the folder `release`. It has the name of the target if one is chosen, also that of this
/// machine.
pub fn target_folder(application: &Application) -> PathBuf {
    let named = Settings::of(&application.root).target(env::var("CARGO_BUILD_TARGET").ok());
    let named = named.map(|name| match name.as_str() {
        "host-tuple" => host(&application.root).unwrap_or(name),
        name => name.strip_suffix(".json").and_then(|file| file.rsplit('/').next()).unwrap_or(name).to_owned(),
    });
    named.map_or_else(|| application.target.clone(), |name| application.target.join(name))
}

/// The system that the compiler runs on.
fn host(folder: &Path) -> Option<String> {
    rustc(&["-vV"], folder)?.lines().find_map(|line| line.strip_prefix("host: ")).map(str::to_owned)
}

/// What the compiler prints.
fn rustc(arguments: &[&str], folder: &Path) -> Option<String> {
    let rustc = env::var_os("RUSTC").unwrap_or("rustc".into());
    let output = Command::new(rustc).args(arguments).current_dir(folder).output().ok()?;
    String::from_utf8(output.stdout).ok().filter(|_| output.status.success())
}

/// Variables that would choose another Python than the managed one.
const OTHER_PYTHONS: [&str; 9] = [
    "PYO3_BUILD_EXTENSION_MODULE",
    "PYO3_CONFIG_FILE",
    "PYO3_CROSS",
    "PYO3_CROSS_LIB_DIR",
    "PYO3_CROSS_PYTHON_VERSION",
    "PYO3_NO_PYTHON",
    "PYO3_PRINT_CONFIG",
    "PYTHONHOME",
    "PYTHONPATH",
];

fn cargo(application: &Application, places: &Places, settings: &Settings, extra: &[OsString]) -> Result<Vec<Built>> {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()));
    // Cargo looks for its configuration and for the toolchain from here upwards.
    let subcommand = if extra.iter().any(|argument| argument == "--") { "rustc" } else { "build" };
    command.current_dir(&application.root).arg(subcommand).arg("--release");
    command.args(["--package", &application.name, "--message-format", "json-render-diagnostics"]);
    if pyo3::lock(application).is_file() {
        command.arg("--locked");
    }
    if !on_a_terminal() {
        command.arg("--quiet");
    }
    let bins = application.programs()?;
    for name in &bins {
        command.args(["--bin", name]);
    }
    for feature in application.keys.features.iter().flatten() {
        command.args(["--features", feature]);
    }
    set_environment(&mut command, application, places, settings);
    command.args(extra);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().map_err(|error| {
        let what = format!("`{}` cannot be run", visible(&command.get_program().to_string_lossy()));
        Misuse::new(Problem::new(what, error.to_string(), "curl -sSf https://sh.rustup.rs | sh"))
    })?;
    let mut built = Vec::new();
    let output = child.stdout.take().expect("it is a pipe");
    for message in Message::parse_stream(BufReader::new(output)).map_while(Result::ok) {
        if let Message::CompilerArtifact(artifact) = message
            && let Some(path) = artifact.executable
            && artifact.target.is_bin()
            && bins.contains(&artifact.target.name.as_str())
        {
            built.push(Built { name: artifact.target.name, path: path.into_std_path_buf() });
        }
    }
    let status = child.wait().about("cannot wait for cargo in", &application.root)?;
    if !status.success() {
        let what = format!("`cargo build --release` failed for the package `{}`", application.name);
        let why = format!("cargo printed the lines above ({status})");
        let python = word(&places.interpreter());
        let manifest = word(&application.root.join("Cargo.toml"));
        let hint = format!("PYO3_PYTHON={python} cargo build --release --manifest-path {manifest}");
        return Err(Problem::new(what, why, hint).into());
    }
    Ok(built)
}

fn set_environment(command: &mut Command, application: &Application, places: &Places, settings: &Settings) {
    for name in OTHER_PYTHONS {
        command.env_remove(name);
    }
    command.env("PYO3_PYTHON", places.interpreter());
    // rustc loads proc macros, and some embed Python. Only cargo gets this variable, never a dist.
    let variable = if cfg!(target_os = "macos") { "DYLD_LIBRARY_PATH" } else { "LD_LIBRARY_PATH" };
    let earlier = env::var_os(variable).unwrap_or_default();
    let folders = std::iter::once(places.runtime().join("lib")).chain(env::split_paths(&earlier));
    // An empty name would be the current folder.
    let folders = folders.filter(|folder| !folder.as_os_str().is_empty());
    if let Ok(folders) = env::join_paths(folders) {
        command.env(variable, folders);
    }
    // The flags of the environment replace those of every file, so the mappings are added to them.
    let encoded = env::var("CARGO_ENCODED_RUSTFLAGS").ok();
    let plain = || env::var("RUSTFLAGS").ok().map(|flags| flags.split_whitespace().collect::<Vec<_>>().join("\x1f"));
    match encoded.or_else(plain).filter(|flags| !flags.is_empty()) {
        Some(flags) => {
            let machine = remap::Machine::of(application);
            let all: Vec<String> = std::iter::once(flags).chain(machine.flags()).collect();
            command.env("CARGO_ENCODED_RUSTFLAGS", all.join("\x1f")).env_remove("RUSTFLAGS");
            for (name, value) in machine.variables() {
                if env::var_os(name).is_none() {
                    command.env(name, value);
                }
            }
        }
        None if settings.include(&places.cargo_config()) => {}
        None => {
            command.arg("--config").arg(places.cargo_config());
        }
    }
}

/// Fails if the program would not take its Python from the runtime beside it. Other systems than those of ELF are
/// checked by `verify`.
fn check(binary: &Path, application: &Application, python: &Record) -> Result<()> {
    let data = fs::read(binary).about("cannot read", binary)?;
    let Some(elf) = elf::of_file(binary, &data)? else { return Ok(()) };
    let pyo3 = pyo3::version(&pyo3::lock(application));
    let (package, pyo3) = (application.name.as_str(), pyo3.as_deref());
    let program = Program { path: binary, elf: &elf, data: &data, package, pyo3 };
    let series = python.version.rsplit_once('.').map_or(python.version.as_str(), |(series, _)| series);
    Ok(judge::judge(&program, &layout::libpython(series))?)
}
