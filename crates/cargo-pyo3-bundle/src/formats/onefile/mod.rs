//! One file that starts like a program: the stub, which is the crate pyo3-bundle-onefile, the archive of the dist, and the
//! trailer by which the stub finds it.

mod stub;

use super::dist::Dist;
use super::manifest::{Artifact, Kind};
use crate::Misuse;
use crate::config::LauncherStyle;
use crate::platform;
use crate::problem::{About, Problem};
use crate::shown::shown;
use crate::system;
use anyhow::Result;
use pyo3_bundle_layout::onefile::Trailer;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// The ending of the archive that the stub reads.
const ARCHIVE: &str = ".tar.zst";

/// Makes the file on a machine that runs the dist's programs, where the stub can be built.
pub fn make(dist: &Dist, archives: &[Artifact]) -> Result<Vec<Artifact>> {
    let target = &dist.metadata.target;
    if !platform::of(target).is_ok_and(platform::runs_here) {
        let what = format!("a one-file program for {target} cannot be made on this machine");
        let why = "wanted a machine that runs it, where its stub is built; `--join` adds what was made there";
        return Err(Misuse::new(Problem::without_hint(what, why)).into());
    }
    let Some(archive) = archives.iter().find(|archive| archive.name.ends_with(ARCHIVE)) else {
        let what = format!("there is no archive of `{}` for a one-file program", shown(&dist.root));
        return Err(Problem::without_hint(what, format!("wanted a file that ends in `{ARCHIVE}`")).into());
    };
    let trailer = Trailer {
        application: dist.application.archive_name(),
        program: format!("{}/{}", dist.label.name, program(dist)),
        length: archive.size,
        sha256: archive.sha256().to_owned(),
    };
    let stub = stub::build(dist)?;
    let platform = &dist.metadata.platform;
    let name = format!("{}-{}-{}", trailer.application, platform.os, platform.arch);
    let path = dist.folder.path(&name);
    let written = write(&path, &stub, &dist.folder.path(&archive.name), &trailer);
    written.about("cannot write", &path)?;
    let about = "one file that starts like a program; it unpacks itself once";
    Ok(vec![dist.artifact(name, Kind::ExtraArtifact, about)?])
}

/// What is started: the program itself, unless it needs the variables that the launcher sets.
fn program<'a>(dist: &'a Dist) -> &'a str {
    match dist.application.launcher() {
        LauncherStyle::Environment => &dist.metadata.launcher,
        LauncherStyle::Script | LauncherStyle::None => &dist.metadata.binary,
    }
}

fn write(path: &Path, stub: &Path, archive: &Path, trailer: &Trailer) -> io::Result<()> {
    let trailer = trailer.encode().map_err(io::Error::other)?;
    let mut file = File::create(path)?;
    io::copy(&mut File::open(stub)?, &mut file)?;
    io::copy(&mut File::open(archive)?, &mut file)?;
    file.write_all(&trailer)?;
    system::set_mode(path, 0o755)
}
