//! Builds the stub from the crate pyo3-bundle-onefile, wherever this program comes from. It is linked statically where that
//! is possible, so that it needs no glibc at all.

use crate::Misuse;
use crate::formats::dist::Dist;
use crate::init::{Origin, released_with_this};
use crate::object::{Version, elf};
use crate::problem::Problem;
use crate::remap::Machine;
use crate::say::on_a_terminal;
use crate::shown::{shown, visible};
use anyhow::Result;
use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const CRATE: &str = "pyo3-bundle-onefile";

/// Settings of cargo's profile: the smallest stub that unpacks at full speed.
const PROFILE: [(&str, &str); 5] = [
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "1"),
    ("CARGO_PROFILE_RELEASE_LTO", "fat"),
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "3"),
    ("CARGO_PROFILE_RELEASE_PANIC", "abort"),
    ("CARGO_PROFILE_RELEASE_STRIP", "symbols"),
];

/// Returns the built stub, which every system that runs the dist runs as well.
pub fn build(dist: &Dist) -> Result<PathBuf> {
    let Some(origin) = released_with_this(CRATE) else {
        let what = format!("the crate `{CRATE}` is not there, from which one-file programs are made");
        let why = "wanted it beside the sources of this `cargo pyo3-bundle`, or in the registry that this one is from";
        return Err(Misuse::new(Problem::without_hint(what, why)).into());
    };
    let target = &dist.metadata.target;
    let (command, built) = cargo(&origin, &dist.application.target.join("pyo3-bundle/onefile"), target);
    let mut flags = Machine::of(dist.application).flags();
    if let Origin::Folder(folder) = origin {
        flags.push(format!("--remap-path-prefix={}=/{CRATE}", folder.display()));
    }
    if target.ends_with("-linux-gnu") && has_static_libc() {
        flags.push("-Ctarget-feature=+crt-static".into());
    }
    run(command, &flags, dist)?;
    check(&built, dist)?;
    Ok(built)
}

/// The command that builds the stub below that folder, and the file that it makes.
fn cargo(origin: &Origin, root: &Path, target: &str) -> (Command, PathBuf) {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()));
    let built = match origin {
        Origin::Folder(folder) => {
            command.args(["build", "--release", "--manifest-path"]).arg(folder.join("Cargo.toml"));
            command.arg("--target-dir").arg(root);
            root.join(target).join("release").join(CRATE)
        }
        Origin::Registry => {
            let version = concat!("=", env!("CARGO_PKG_VERSION"));
            command.args(["install", CRATE, "--version", version, "--root"]).arg(root);
            root.join("bin").join(CRATE)
        }
    };
    command.args(["--locked", "--target", target]);
    (command, built)
}

fn run(mut command: Command, flags: &[String], dist: &Dist) -> Result<()> {
    if !on_a_terminal() {
        command.arg("--quiet");
    }
    // Cargo looks for its configuration and for the toolchain from here upwards.
    command.current_dir(&dist.application.root).stdin(Stdio::null()).stdout(Stdio::null());
    command.envs(PROFILE).envs(Machine::of(dist.application).variables());
    command.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f")).env_remove("RUSTFLAGS");
    let status = command.status().map_err(|error| {
        let what = format!("`{}` cannot be run", visible(&command.get_program().to_string_lossy()));
        Problem::new(what, error.to_string(), "curl -sSf https://sh.rustup.rs | sh")
    })?;
    if status.success() {
        return Ok(());
    }
    let what = format!("the stub of the one-file program could not be built for {}", dist.metadata.target);
    Err(Problem::without_hint(what, format!("cargo printed the lines above ({status})")).into())
}

/// Whether the C library can be linked into a program. Debian has it with the headers, Fedora in a package of its own.
fn has_static_libc() -> bool {
    let answer = Command::new("cc").arg("-print-file-name=libc.a").output();
    // Without a file of that name, the compiler prints the name alone.
    answer.is_ok_and(|output| Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_absolute())
}

/// Fails if the stub needs a newer glibc than the dist. One that is linked statically needs none.
fn check(built: &Path, dist: &Dist) -> Result<()> {
    let Some(floor) = dist.metadata.platform.libc_floor.as_deref().and_then(version) else { return Ok(()) };
    let found = elf::read(built)?.and_then(|elf| elf.glibc);
    let Some(found) = found.filter(|found| *found > floor) else { return Ok(()) };
    let what = format!("`{}` needs a newer glibc than the dist", shown(built));
    let (wanted, found) = (format!("{}.{}", floor.0, floor.1), format!("{}.{}", found.0, found.1));
    let why = format!("wanted glibc {wanted} at most, found {found}: it is linked statically where `libc.a` is");
    Err(Misuse::new(Problem::new(what, why, "cc -print-file-name=libc.a")).into())
}

fn version(text: &str) -> Option<Version> {
    let (major, minor) = text.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The folder is tested with cargo itself, by the tests of the command.
    #[test]
    fn a_registry_gives_the_stub_of_the_same_release() {
        let (command, built) = cargo(&Origin::Registry, Path::new("/t"), "x86_64-unknown-linux-gnu");
        let words: Vec<_> = command.get_args().map(|word| word.to_str().unwrap()).collect();
        let wanted =
            "install pyo3-bundle-onefile --version =VERSION --root /t --locked --target x86_64-unknown-linux-gnu";
        assert_eq!(words.join(" "), wanted.replace("VERSION", env!("CARGO_PKG_VERSION")));
        assert_eq!(built, Path::new("/t/bin/pyo3-bundle-onefile"));
    }

    #[test]
    fn a_version_of_glibc_is_compared_as_numbers() {
        assert!(version("2.9") < version("2.31") && version("2.31") == Some((2, 31)));
        assert_eq!((version(""), version("2")), (None, None));
    }
}
