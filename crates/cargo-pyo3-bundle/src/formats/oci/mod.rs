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
use crate::Misuse;
use crate::problem::Problem;
use crate::shown::visible;
use anyhow::Result;

pub fn make(dist: &Dist) -> Result<Vec<Artifact>> {
    let arch = &dist.metadata.platform.arch;
    if !cfg!(target_os = "linux") || arch != std::env::consts::ARCH || which::which("dpkg-query").is_err() {
        let why = format!(
            "it gets the glibc of the machine that makes it: wanted a Debian, or a relative, for {}",
            visible(arch)
        );
        return Err(Misuse::new(Problem::without_hint("no image can be made here", why)).into());
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
