//! The glibc of this machine, for an image: its files at the places where its own loader looks for them.

use crate::Misuse;
use crate::formats::dist::Dist;
use crate::formats::packages::placed::{Placed, What};
use crate::object::elf;
use crate::platform;
use crate::problem::Problem;
use crate::shown::{shown, visible};
use anyhow::Result;
use pyo3_bundle_layout::layout;
use std::collections::BTreeSet;

/// Before 2.34 it was a library of its own, without which no name of a host is found.
const NAMES: &str = "libnss_dns.so.2";

pub struct Glibc {
    pub placed: Vec<Placed>,
    /// As dpkg names it, with the architecture.
    pub package: String,
}

pub fn find(dist: &Dist) -> Result<Glibc> {
    let binary = dist.root.join(&dist.metadata.binary);
    let program = elf::read(&binary)?.filter(|program| program.interpreter.is_some()).ok_or_else(|| {
        let what = format!("`{}` is not a program for Linux", shown(&binary));
        Problem::new(what, "wanted an ELF file that names its loader", "cargo pyo3-bundle")
    })?;
    let platform = platform::of(&dist.metadata.target)?;
    let libraries = platform.machine_libraries()?;
    let mut placed = Vec::new();
    for soname in layout::GLIBC.iter().copied().chain([NAMES]) {
        let Some(file) = libraries.find(soname, program.machine) else { continue };
        // The file itself may have another name, such as `libc-2.31.so`. The kernel starts no loader that is not executable.
        let path = shown(&file.with_file_name(soname));
        placed.push(Placed { path, what: What::File { from: file, executable: true } });
    }
    let place_of = |soname: &str| placed.iter().find(|it| it.path.ends_with(&format!("/{soname}"))).cloned();
    let interpreter = program.interpreter.unwrap_or_default();
    let loader = interpreter.rsplit('/').next().unwrap_or_default();
    let (Some(libc), Some(loader)) = (place_of("libc.so.6"), place_of(loader)) else {
        let what = "this machine's glibc is not found";
        let why = format!("wanted `libc.so.6` and `{}` among the libraries of the loader's cache", visible(loader));
        return Err(Misuse::new(Problem::new(what, why, "ldconfig -p")).into());
    };
    if loader.path != interpreter {
        placed.push(Placed { path: interpreter, what: What::Link(loader.path) });
    }
    let What::File { from, .. } = &libc.what else { unreachable!("it was placed as a file") };
    let owners = platform.packages(&BTreeSet::from([from.as_path()]))?;
    let Some(package) = owners.get(from).filter(|package| package.kind == "deb") else {
        let what = format!("`{}` is not of a package", shown(from));
        let why = "an image has only what packages of Debian have, with their licences";
        return Err(Misuse::new(Problem::new(what, why, "dpkg-query --search libc.so.6")).into());
    };
    let floor = dist.metadata.platform.libc_floor.as_deref().unwrap_or_default();
    if version(&package.version) < version(floor) {
        let what = format!("the dist needs glibc {}", visible(floor));
        let why = format!("found {} {} on this machine, which the image would get", package.name, package.version);
        return Err(Misuse::new(Problem::new(what, why, "ldd --version")).into());
    }
    Ok(Glibc { placed, package: format!("{}:{}", package.name, package.architecture) })
}

/// The first two numbers: `2.36-9+deb12u10` is 2.36.
fn version(text: &str) -> (u32, u32) {
    let mut numbers =
        text.split(|character: char| !character.is_ascii_digit()).map(|number| number.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_their_first_numbers() {
        assert_eq!(version("2.36-9+deb12u10"), (2, 36));
        assert!(version("2.4-1") < version("2.31") && version("") == (0, 0));
    }
}
