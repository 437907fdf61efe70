//! `cargo pyo3-bundle python`: the managed Python, which a workspace builds with and packs. Orders the steps that install
//! it. What is installed already is left alone.

mod download;
mod foreign;
mod links;
mod lock;
mod pin;
mod places;
mod record;
mod unpack;
pub mod uv;

pub use foreign::Foreign;
pub use pin::{FILE as PIN, Pin};
pub use places::Places;
pub use record::Record;
pub use uv::Uv;

use crate::config::Application;
use crate::metadata::Provider;
use crate::problem::{About, Problem};
use crate::say::{say, warn};
use crate::shown::{shown, visible};
use crate::{Misuse, Outcome, development, platform, remap, system};
use anyhow::Result;
use download::{Mirror, Refusal};
use serde::Serialize;
use std::fs;
use std::path::{Path, PathBuf};
use unpack::Archive;

/// Installs the pinned Python below the workspace's root, with uv; does nothing if it is installed
///
/// uv obeys UV_PYTHON_INSTALL_MIRROR and UV_PYTHON_DOWNLOADS_JSON_URL, which may be `file://` addresses.
#[derive(clap::Args, Default)]
pub struct Arguments {
    /// Accept only the version that is pinned, not another one of its series
    #[arg(long)]
    pub strict: bool,
    /// Install this `install_only` archive of python-build-standalone, a file or an address, without uv
    #[arg(long, value_name = "FILE|URL", requires = "sha256", conflicts_with = "record")]
    pub archive: Option<String>,
    /// The sum of that archive
    #[arg(long, value_name = "HEX", requires = "archive")]
    pub sha256: Option<String>,
    /// Install the version that this record has, from UV_PYTHON_DOWNLOADS_JSON_URL, and take the record over
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// Take a build from source for installed only if its record has this recipe
    #[arg(long, value_name = "TEXT")]
    pub recipe: Option<String>,
    /// Print what is installed as JSON
    #[arg(long)]
    pub json: bool,
}

/// The report.
#[derive(Serialize)]
struct Report<'a> {
    interpreter: PathBuf,
    runtime: PathBuf,
    /// Whether this run installed it.
    installed: bool,
    #[serde(flatten)]
    record: &'a Record,
}

pub fn run(arguments: &Arguments, application: &Application) -> Result<Outcome> {
    let (record, installed) = provide(arguments, application)?;
    if arguments.json {
        let places = Places::of(application);
        let (interpreter, runtime) = (places.interpreter(), places.runtime());
        let report = Report { interpreter, runtime, installed, record: &record };
        println!("{}", serde_json::to_string_pretty(&report)?);
    }
    Ok(Outcome::Fine)
}

/// Returns the record of the Python that is there afterwards, and whether it was installed now.
pub fn provide(arguments: &Arguments, application: &Application) -> Result<(Record, bool)> {
    let places = Places::of(application);
    let pin = Pin::of(application)?;
    let wanted = Wanted::of(arguments, pin)?;
    fs::create_dir_all(places.home()).about("cannot create", &places.home()).map_err(Misuse::new)?;
    keep_out_of_git(&places)?;
    // Until the end: another run would replace the Python while packages are installed for it, or the packages.
    let _lock = lock::hold(&places)?;
    let (record, new) = match wanted.installed(&places) {
        Some(record) => (record, false),
        None => (wanted.install(&places)?, true),
    };
    remap::write(application)?;
    links::in_target(&places)?;
    development::provide(application)?;
    Ok((record, new))
}

/// Has the folder of the Python ignore itself, as uv has its folders do: no application needs a line for it.
pub fn keep_out_of_git(places: &Places) -> Result<()> {
    let file = places.gitignore();
    if !file.exists() {
        fs::write(&file, "*\n").about("cannot write", &file)?;
    }
    Ok(())
}

/// What the arguments ask for.
struct Wanted {
    pin: Pin,
    strict: bool,
    archive: Option<Archive>,
    /// The record of a build that stands in for the pin.
    build: Option<Record>,
    recipe: Option<String>,
}

impl Wanted {
    fn of(arguments: &Arguments, pin: Pin) -> Result<Wanted> {
        let build = arguments.record.as_deref().map(Record::read).transpose().map_err(Misuse)?;
        let build = build.map(|record| Record { pinned_version: pin.version.clone(), ..record });
        let archive = arguments.archive.clone().zip(arguments.sha256.clone());
        let of = |(source, sum): (String, String)| checked_sum(&sum).map(|sha256| Archive { source, sha256 });
        let archive = archive.map(of).transpose()?;
        if let Some(record) = &build
            && (pin::series(&record.version) != pin.series() || arguments.strict && record.version != pin.version)
        {
            let what = format!("the build is CPython {}", visible(&record.version));
            let wanted = if arguments.strict { pin.version.clone() } else { format!("the series {}", pin.series()) };
            let why = format!("wanted {wanted}: {} pins {}", pin.origin, pin.version);
            return Err(Misuse::new(Problem::without_hint(what, why)).into());
        }
        Ok(Wanted { pin, strict: arguments.strict, archive, build, recipe: arguments.recipe.clone() })
    }

    /// The record of an installation that is what is wanted, and runs.
    fn installed(&self, places: &Places) -> Option<Record> {
        let record = Record::installed(places)?;
        let is_wanted = record.pinned_version == self.pin.version
            && (!self.strict || record.version == self.pin.version)
            && self.build.as_ref().is_none_or(|build| *build == record)
            && (record.provider != Provider::Source || self.recipe.is_none() || self.recipe == record.recipe)
            && self.archive.as_ref().is_none_or(|archive| record.source_sha256.as_ref() == Some(&archive.sha256));
        (is_wanted && version_of(&places.interpreter()).is_ok()).then_some(record)
    }

    fn install(&self, places: &Places) -> Result<Record> {
        let log = places.cache().join("uv-download.log");
        let _earlier = fs::remove_file(&log);
        let record = match (&self.archive, &self.build) {
            (Some(archive), _) => unpack::install(archive, places, &self.pin, self.strict)?,
            (None, Some(build)) => {
                let uv = Uv::find(places)?;
                say(&format!("installing CPython {}", build.version));
                let tried = download::install(&uv, places, &build.version, Mirror::None)?;
                tried.map_err(|refusal| self.refused(&build.version, refusal, &log))?;
                build.clone()
            }
            (None, None) => {
                let uv = Uv::find(places)?;
                say(&format!("installing CPython {}", self.pin.version));
                let tried = download::install(&uv, places, &self.pin.version, Mirror::OfUser)?;
                let python = tried.map_err(|refusal| self.refused(&self.pin.version, refusal, &log))?;
                download::record(&uv, &python, &self.pin.version)?
            }
        };
        self.check_version(&record)?;
        record.write(&places.record())?;
        Ok(record)
    }

    fn check_version(&self, record: &Record) -> Result<()> {
        let (found, pinned) = (&record.version, &self.pin.version);
        if found == pinned {
            return Ok(());
        }
        if self.strict {
            let what = format!("the download that calls itself CPython {pinned} is CPython {found}");
            let why = format!("`--strict` wants {pinned}, which {} pins", self.pin.origin);
            return Err(Problem::new(what, why, "cargo pyo3-bundle python").into());
        }
        let how = if self.build.is_some() { ", built from source," } else { "" };
        warn(&format!(
            "installed CPython {found}{how} instead of the pinned {pinned}: not for releases (`--strict` refuses it)"
        ));
        Ok(())
    }

    /// Prints the words of uv. They are also kept, where the download is out of reach: who has another way to a Python
    /// tells so by the file.
    fn refused(&self, version: &str, refusal: Refusal, log: &Path) -> anyhow::Error {
        let (what, said) = match refusal {
            Refusal::OutOfReach(said) => {
                let folder = log.parent().unwrap_or(log);
                // The words are also printed, so a failure to keep them is not one more error.
                let _kept = fs::create_dir_all(folder).and_then(|()| fs::write(log, format!("{said}\n")));
                (format!("CPython {version} cannot be downloaded"), said)
            }
            Refusal::Other(said) => (format!("CPython {version} cannot be installed"), said),
        };
        said.lines().for_each(|line| eprintln!("{}", visible(line)));
        let why = "uv, which obeys UV_PYTHON_INSTALL_MIRROR and UV_PYTHON_DOWNLOADS_JSON_URL, printed the lines above";
        Problem::without_hint(what, why).into()
    }
}

/// The sum of the option `--sha256`, in lower case.
fn checked_sum(sum: &str) -> Result<String> {
    if sum.len() == 64 && sum.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(sum.to_ascii_lowercase());
    }
    let what = format!("`--sha256 {}` is not a sum", visible(sum));
    Err(Misuse::new(Problem::without_hint(what, "wanted 64 hexadecimal digits")).into())
}

/// Settles the Python, makes the stable names, then removes other installations and what an interrupted uv left. Returns
/// the interpreter.
fn finish(places: &Places, version: &str) -> Result<PathBuf> {
    let home = places.home();
    let entries = fs::read_dir(&home).about("cannot list", &home)?;
    let names: Vec<String> = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect();
    let start = format!("cpython-{version}-");
    // The name of an archive's tree begins that of uv's, and the one that was renamed last is the one that came now.
    let changed = |name: &str| home.join(name).metadata().map(|found| system::changed(&found)).ok();
    let trees = names.iter().filter(|name| name.starts_with(&start) && home.join(name).is_dir());
    let Some(tree) = trees.max_by_key(|name| changed(name)) else {
        let why = format!("wanted `{start}…` in `{}`", shown(&home));
        return Err(Problem::without_hint("the installed Python is not where uv was to put it", why).into());
    };
    for (platform, library) in platform::libpythons(&home.join(tree), pin::series(version)) {
        platform.settle(&library)?;
    }
    links::stable_names(places, tree)?;
    for other in names.iter().filter(|name| name.starts_with("cpython-") && *name != tree) {
        let place = home.join(other);
        let is_folder = place.symlink_metadata().about("cannot read", &place)?.is_dir();
        if is_folder { fs::remove_dir_all(&place) } else { fs::remove_file(&place) }.about("cannot remove", &place)?;
    }
    let _interrupted = fs::remove_dir_all(home.join(".temp"));
    Ok(platform::here().interpreter(&home.join(tree)))
}

/// Runs an interpreter and returns its version.
fn version_of(python: &Path) -> Result<String> {
    let code = "import sys; print('%d.%d.%d' % sys.version_info[:3])";
    let output = uv::clean(python).args(["-I", "-S", "-c", code]).output().about("cannot run", python)?;
    if !output.status.success() {
        let said = visible(String::from_utf8_lossy(&output.stderr).trim());
        let why = format!("{}: {said}", output.status);
        return Err(Problem::without_hint(format!("`{}` does not run", shown(python)), why).into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
