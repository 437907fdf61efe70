//! Packages of Linux distributions, which nfpm writes: a `.deb`, an `.rpm` and one for pacman. Alpine's `.apk` is not among
//! them: that system has musl, and a dist needs glibc.

pub mod about;
mod config;
mod nfpm;
pub mod placed;
mod texts;

use super::dist::Dist;
use super::manifest::{Artifact, Kind};
use crate::managed::Places;
use crate::problem::{About as _, Problem};
use crate::shown::visible;
use about::About;
use anyhow::Result;
use config::Format;

pub fn deb(dist: &Dist) -> Result<Vec<Artifact>> {
    make(dist, Format::Deb)
}

pub fn rpm(dist: &Dist) -> Result<Vec<Artifact>> {
    make(dist, Format::Rpm)
}

pub fn arch(dist: &Dist) -> Result<Vec<Artifact>> {
    make(dist, Format::Arch)
}

fn make(dist: &Dist, format: Format) -> Result<Vec<Artifact>> {
    let about = About::of(dist.application)?;
    let floor = floor(dist)?;
    let nfpm = nfpm::provide(&Places::of(dist.application))?;
    let work = tempfile::tempdir()?;
    let mut placed = placed::of_dist(dist, &about.name)?;
    placed.extend(texts::write(dist, &about, format, work.path())?);
    let config = config::text(dist, &about, format, floor, &placed)?;
    let file = work.path().join("nfpm.json");
    std::fs::write(&file, config).about("cannot write", &file)?;
    let name = format.file_name(&about.name, &dist.metadata.version, &dist.metadata.platform.arch);
    nfpm::run(&nfpm, &file, format, &dist.folder.path(&name))?;
    let mut artifact = dist.artifact(name, Kind::ExtraArtifact, format.description())?;
    artifact.install_hint = Some(format!("{} ./{}", format.installer(), artifact.name));
    Ok(vec![artifact])
}

/// The oldest glibc that the dist works with. The text becomes a part of the package's dependencies, so it has to be a
/// version and nothing else.
fn floor<'a>(dist: &'a Dist) -> Result<Option<&'a str>> {
    let Some(floor) = dist.metadata.platform.libc_floor.as_deref() else { return Ok(None) };
    if floor.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return Ok(Some(floor));
    }
    let what = format!("`{}` is not a version of glibc", visible(floor));
    Err(Problem::new(what, "wanted digits and dots as the `libc_floor` of the dist's metadata", "cargo pyo3-bundle")
        .into())
}
