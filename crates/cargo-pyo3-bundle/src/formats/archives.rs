//! The archives of a dist, as `archive` packs them, under the names that tools look for, and the one that every system
//! unpacks under a name without a version as well.

use super::dist::Dist;
use super::manifest::{Artifact, Kind};
use crate::archive;
use crate::problem::About;
use anyhow::Result;
use std::fs;

pub fn make(dist: &Dist) -> Result<Vec<Artifact>> {
    let (_, made) = archive::pack(&dist.root, &dist.label, &|name| dist.folder.path(name))?;
    let describe =
        |name: &String| dist.artifact(name.clone(), Kind::ExecutableZip, "the dist, to be unpacked anywhere");
    let mut artifacts = made.iter().map(|made| describe(&made.name)).collect::<Result<Vec<_>>>()?;
    // The last kind of a system needs the least to be unpacked.
    let Some(last) = made.last() else { return Ok(artifacts) };
    let platform = &dist.metadata.platform;
    let ending = last.name.strip_prefix(&dist.label.name).unwrap_or_default();
    let short = format!("{}-{}-{}{ending}", dist.application.archive_name(), platform.os, platform.arch);
    fs::copy(dist.folder.path(&last.name), dist.folder.path(&short))
        .about("cannot write", &dist.folder.path(&short))?;
    artifacts.push(dist.artifact(short, Kind::ExecutableZip, "the same, for a link that does not change")?);
    Ok(artifacts)
}
