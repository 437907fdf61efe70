//! `metadata.json`: what a dist says of itself. The schema is in docs/bundle-layout.md; writing the file is `stage`'s.

use crate::config::Application;
use crate::elf::{Elf, Version};
use crate::integrity::Records;
use crate::layout;
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

pub const SCHEMA_VERSION: u32 = 1;

/// What the installer of the Python wrote, taken over field by field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    pub version: String,
    pub pinned_version: String,
    pub provider: Provider,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_sha256: Option<String>,
    pub patches: Vec<String>,
    /// The distribution's source package that carries the patches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patches_source: Option<String>,
    /// For `install-managed-python.sh`, which builds again when its own is another.
    #[serde(rename = "recipe", default, skip_serializing)]
    _recipe: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    Uv,
    Source,
}

impl Provenance {
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))?;
        serde_json::from_str(&text).with_context(|| format!("`{}` is not a provenance file", path.display()))
    }

    /// `3.13`
    pub fn series(&self) -> Result<&str> {
        let end = self.version.rfind('.').with_context(|| format!("`{}` is no version of Python", self.version))?;
        Ok(&self.version[..end])
    }
}

#[derive(Serialize)]
pub struct Metadata {
    schema_version: u32,
    name: String,
    version: String,
    pub target: String,
    launcher: PathBuf,
    binary: PathBuf,
    platform: Platform,
    python: Python,
    git: Option<Git>,
    pub rustc: String,
    pub created: String,
    profile: Profile,
    /// Of the dist when nothing but this file and the sums is missing in it.
    #[serde(flatten)]
    pub records: Records,
}

/// How much of the Python a dist carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// All of it
    Full,
    /// Without what `slim.toml` names
    Slim,
}

#[derive(Serialize)]
struct Platform {
    os: &'static str,
    arch: &'static str,
    libc: &'static str,
    libc_floor: Option<String>,
}

#[derive(Serialize)]
struct Python {
    implementation: &'static str,
    #[serde(flatten)]
    provenance: Provenance,
}

#[derive(Serialize)]
struct Git {
    sha: String,
    dirty: bool,
}

impl Metadata {
    pub fn new(
        application: &Application,
        provenance: &Provenance,
        profile: Profile,
        files: &BTreeMap<PathBuf, Elf>,
    ) -> Result<Self> {
        let machine = files.values().map(|facts| facts.machine).next().unwrap_or_default();
        let arch = architecture(machine)?;
        let relative = Path::new("");
        Ok(Metadata {
            schema_version: SCHEMA_VERSION,
            name: application.name.clone(),
            version: application.version.clone(),
            target: format!("{arch}-unknown-linux-gnu"),
            launcher: layout::launcher(relative, &application.name),
            binary: layout::binary(relative, &application.name),
            platform: Platform { os: "linux", arch, libc: "gnu", libc_floor: floor(files) },
            python: Python { implementation: "cpython", provenance: provenance.clone() },
            git: git(),
            rustc: run("rustc", &["--version"]).context("cannot ask `rustc` for its version")?,
            created: created()?,
            profile,
            records: Records::default(),
        })
    }
}

/// The newest glibc symbol version over all files: on an older glibc the loader refuses one of them.
fn floor(files: &BTreeMap<PathBuf, Elf>) -> Option<String> {
    let newest: Version = files.values().filter_map(|facts| facts.glibc).max()?;
    Some(format!("{}.{}", newest.0, newest.1))
}

fn architecture(machine: u16) -> Result<&'static str> {
    match object::elf::Machine(machine) {
        object::elf::EM_X86_64 => Ok("x86_64"),
        object::elf::EM_AARCH64 => Ok("aarch64"),
        _ => anyhow::bail!("no dist for ELF machine {machine}: wanted x86_64 or aarch64"),
    }
}

/// `None` outside a checkout: an unpacked source archive can be packed too.
fn git() -> Option<Git> {
    let sha = run("git", &["rev-parse", "HEAD"]).ok()?;
    let dirty = !run("git", &["status", "--porcelain"]).ok()?.is_empty();
    Some(Git { sha, dirty })
}

/// SOURCE_DATE_EPOCH, else the commit's date: never now, so that the same sources give the same bytes.
/// <https://reproducible-builds.org/specs/source-date-epoch/>
fn created() -> Result<String> {
    let seconds = match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(text) => text,
        Err(_) => run("git", &["show", "--no-patch", "--format=%ct"]).unwrap_or_else(|_| "0".into()),
    };
    rfc3339(&seconds).with_context(|| format!("`SOURCE_DATE_EPOCH={seconds}` is not a number of seconds"))
}

fn rfc3339(seconds: &str) -> Result<String> {
    Ok(jiff::Timestamp::from_second(seconds.trim().parse()?)?.to_string())
}

fn run(tool: &str, arguments: &[&str]) -> Result<String> {
    let path = which::which(tool).with_context(|| format!("`{tool}` is not on PATH"))?;
    let output = Command::new(path).args(arguments).output()?;
    anyhow::ensure!(output.status.success(), "`{tool} {}` failed", arguments.join(" "));
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rfc_3339_in_utc() {
        assert_eq!(rfc3339("0").unwrap(), "1970-01-01T00:00:00Z");
        assert_eq!(rfc3339("1767225600\n").unwrap(), "2026-01-01T00:00:00Z");
        assert!(rfc3339("yesterday").is_err());
    }

    #[test]
    fn the_floor_is_the_newest_over_all_files() {
        let file = |glibc| Elf { glibc, ..Elf::default() };
        let files = [("a", Some((2, 4))), ("b", Some((2, 17))), ("c", None)];
        let files = files.map(|(name, glibc)| (PathBuf::from(name), file(glibc)));
        assert_eq!(floor(&files.into()), Some("2.17".into()));
        assert_eq!(floor(&BTreeMap::new()), None);
    }

    #[test]
    fn a_provenance_is_taken_over_and_a_wrong_one_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("provenance.json");
        let text = r#"{"provider": "source", "version": "3.13.5", "pinned_version": "3.13.18", "recipe": "1", "patches": ["CVE-1"]}"#;
        std::fs::write(&path, text).unwrap();
        let provenance = Provenance::read(&path).unwrap();
        assert_eq!((provenance.provider, provenance.series().unwrap()), (Provider::Source, "3.13"));
        assert_eq!(serde_json::to_value(&provenance).unwrap().get("recipe"), None, "of no use to who has the dist");
        std::fs::write(&path, text.replace("source", "magic")).unwrap();
        let error = format!("{:#}", Provenance::read(&path).unwrap_err());
        assert!(error.contains("magic"), "{error}");
    }
}
