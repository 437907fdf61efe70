//! An image for containers: the dist, and of a system only what it needs, without a shell. A file in the layout that OCI
//! describes, which podman, docker and skopeo load. <https://specs.opencontainers.org/image-spec/image-layout/>

mod base;
mod glibc;
mod image;
mod layer;
mod layout;

use super::dist::Dist;
use super::manifest::{Artifact, Kind};
use super::packages::about::About;
use super::packages::placed;
use crate::say::say;
use anyhow::Result;

pub fn make(dist: &Dist) -> Result<Vec<Artifact>> {
    let platform = &dist.metadata.platform;
    let here = std::env::consts::ARCH;
    // The image gets the glibc of this machine.
    if !cfg!(target_os = "linux") || platform.arch != here || which::which("dpkg-query").is_err() {
        say(&format!("oci is left out: it takes a Debian, or a relative, for {}", platform.arch));
        return Ok(Vec::new());
    }
    let about = About::of(dist.application)?;
    let work = tempfile::tempdir()?;
    let mut placed = placed::of_dist(dist, &about.name)?;
    placed.extend(base::place(dist, work.path())?);
    let layer = layer::write(placed, dist.label.time, dist.folder)?;
    let image = image::describe(dist, &about, &layer)?;
    let name = format!("{}.oci.tar", dist.label.name);
    layout::write(&dist.folder.path(&name), layer, &image, dist.label.time)?;
    let mut artifact = dist.artifact(name, Kind::ExtraArtifact, "an image for containers, of OCI's layout")?;
    artifact.install_hint = Some(format!("podman load --input {}", artifact.name));
    Ok(vec![artifact])
}
