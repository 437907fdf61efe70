//! Builds the program of an application that has no build script of ours: the linker's arguments go to rustc on the
//! command line, where they reach this program and no dependency.

use crate::build;
use crate::config::{Application, Keys};
use crate::problem::Problem;
use anyhow::Result;
use pyo3_bundle_build::plan;
use std::ffi::OsString;
use std::path::PathBuf;

/// The target of a dist.
const TARGET: plan::Target = plan::Target { os: "linux", env: "gnu" };

/// Builds the binary that the launcher starts, and no other, and returns its place.
pub fn build(application: &Application) -> Result<PathBuf> {
    let bins = Some(vec![application.binary()?.to_owned()]);
    let alone = Application { keys: Keys { bins, ..application.keys.clone() }, ..application.clone() };
    let built = build::build(&alone, &arguments()?)?;
    Ok(built.into_iter().next().expect("one was asked for").path)
}

fn arguments() -> Result<Vec<OsString>, Problem> {
    let program = plan::of_program(&TARGET)?;
    let pairs = program.into_iter().flat_map(|argument| ["-C".into(), format!("link-arg={argument}").into()]);
    Ok(std::iter::once("--".into()).chain(pairs).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_linker_gets_the_relocatable_search_path() {
        let wanted =
            ["--", "-C", "link-arg=-Wl,--disable-new-dtags", "-C", "link-arg=-Wl,-rpath,$ORIGIN/../python/runtime/lib"];
        assert_eq!(arguments().unwrap(), wanted);
    }
}
