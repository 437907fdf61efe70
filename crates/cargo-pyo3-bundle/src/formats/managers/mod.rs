//! What package managers install a release by: a formula for Homebrew, a manifest for Scoop, and three for WinGet. They
//! are texts that name the archives of the release with their sums; the release itself has to be where they say.

mod homebrew;
mod scoop;
mod winget;

use super::Release;
use super::manifest::{Artifact, Kind, Target};
use super::packages::about::About;
use crate::Misuse;
use crate::config::LauncherStyle;
use crate::platform;
use crate::problem::Problem;
use anyhow::Result;
use std::path::Path;

/// An archive of the release, as a package manager refers to it.
#[derive(Clone)]
struct Archive<'a> {
    os: &'a str,
    arch: &'a str,
    url: String,
    sha256: &'a str,
    /// The folder that is in it.
    folder: &'a str,
}

/// A program of the application: what users type, and its place in the dist of a system, with `/` between names.
struct Program<'a> {
    command: &'a str,
    place: String,
}

pub fn homebrew(release: &Release) -> Result<Vec<Artifact>> {
    let archives = [archives(release, "macos", ".tar.gz"), archives(release, "linux", ".tar.gz")].concat();
    if archives.is_empty() {
        return refused("homebrew", "the release has no archive for macOS or Linux");
    }
    let about = About::of(release.application)?;
    if !about.name.starts_with(|first: char| first.is_ascii_lowercase()) {
        return refused("homebrew", "the name of a formula begins with a letter");
    }
    let programs = programs(release, "x86_64-unknown-linux-gnu")?;
    let text = homebrew::text(release, &about, &archives, &programs)?;
    put(release, &[(format!("{}.rb", about.name), text)], "a formula for Homebrew")
}

pub fn scoop(release: &Release) -> Result<Vec<Artifact>> {
    let archives = archives(release, "windows", ".zip");
    if archives.is_empty() {
        return refused("scoop", "the release has no archive for Windows");
    }
    let about = About::of(release.application)?;
    let text = scoop::text(release, &about, &archives, &programs(release, "x86_64-pc-windows-msvc")?)?;
    put(release, &[(format!("{}.json", about.name), text)], "a manifest for Scoop")
}

pub fn winget(release: &Release) -> Result<Vec<Artifact>> {
    let archives = archives(release, "windows", ".zip");
    if archives.is_empty() {
        return refused("winget", "the release has no archive for Windows");
    }
    if !release.url.starts_with("http") {
        return refused("winget", "it downloads from `http` addresses only");
    }
    // <https://github.com/microsoft/winget-cli/blob/master/src/AppInstallerCommonCore/Manifest/ManifestValidation.cpp>
    if release.application.launcher() == LauncherStyle::Environment {
        return refused("winget", "it takes no script in an archive, and this application needs its launcher");
    }
    let about = About::of(release.application)?;
    let texts = winget::texts(release, &about, &archives, &programs(release, "x86_64-pc-windows-msvc")?);
    put(release, &texts, "a manifest for WinGet")
}

/// Why a package manager cannot install the release.
fn refused<T>(form: &str, why: &str) -> Result<T> {
    Err(Misuse::new(Problem::without_hint(format!("`{form}` cannot install this release"), why)).into())
}

/// Finds the archives for a system. A release has one for each machine.
fn archives<'a>(release: &'a Release, os: &str, ending: &str) -> Vec<Archive<'a>> {
    let prefix = format!("{}-{}-", release.application.archive_name(), release.application.version);
    let archive = |target: &'a Target| {
        let name = format!("{prefix}{}{ending}", target.target);
        let artifact = release.manifest.artifacts.get(&name)?;
        Some(Archive {
            os: &target.platform.os,
            arch: &target.platform.arch,
            url: format!("{}/{name}", release.url),
            sha256: artifact.sha256(),
            folder: artifact.name.strip_suffix(ending)?,
        })
    };
    release.manifest.targets.values().filter(|target| target.platform.os == os).filter_map(archive).collect()
}

/// The programs, or their launchers if the application cannot do without.
fn programs<'a>(release: &'a Release, target: &str) -> Result<Vec<Program<'a>>> {
    let platform = platform::of(target)?;
    let place = |name: &str| match release.application.launcher() {
        LauncherStyle::Environment => platform.launcher(Path::new(""), name),
        LauncherStyle::Script | LauncherStyle::None => platform.binary(Path::new(""), name),
    };
    let program = |command: &'a str| Program { command, place: platform::inside(place(command)).replace('\\', "/") };
    Ok(release.application.programs()?.into_iter().map(program).collect())
}

/// Writes texts that are of the whole release, and so of no target alone.
fn put(release: &Release, texts: &[(String, String)], description: &str) -> Result<Vec<Artifact>> {
    let one = |(name, text): &(String, String)| {
        release.folder.put(name, text)?;
        Artifact::of(release.folder, name.clone(), Kind::Installer, &[], description)
    };
    texts.iter().map(one).collect()
}
