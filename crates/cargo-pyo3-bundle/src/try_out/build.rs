//! Builds the program of an application that has no build script of ours: the linker's arguments go to rustc on the
//! command line, where they reach this program and no dependency.

use crate::config::Application;
use crate::managed::Places;
use crate::problem::{About, Problem};
use crate::shown::word;
use anyhow::Result;
use pyo3_bundle_build::plan;
use std::path::PathBuf;
use std::process::Command;

/// The target of a dist.
const TARGET: plan::Target = plan::Target { os: "linux", env: "gnu" };

/// Returns the linked program.
pub fn run(application: &Application, places: &Places) -> Result<PathBuf> {
    let binary = application.binary()?;
    let manifest = application.root.join("Cargo.toml");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["rustc", "--release", "--bin", binary, "--manifest-path"]).arg(&manifest);
    if let Some(features) = &application.keys.features {
        command.args(["--features", &features.join(",")]);
    }
    command.arg("--config").arg(places.cargo_config()).env("PYO3_PYTHON", places.interpreter());
    command.arg("--").args(arguments()?);
    let status = command.current_dir(&application.root).status().about("cannot run cargo in", &application.root)?;
    if status.success() {
        return Ok(places.release_binary(binary));
    }
    let what = format!("cargo does not build the binary `{binary}`");
    let hint = format!("cargo build --release --bin {binary} --manifest-path {}", word(&manifest));
    Err(Problem::new(what, format!("it ended with {status} and printed the lines above"), hint).into())
}

fn arguments() -> Result<Vec<String>, Problem> {
    let program = plan::of_program(&TARGET)?;
    Ok(program.into_iter().flat_map(|argument| ["-C".to_owned(), format!("link-arg={argument}")]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_linker_gets_the_relocatable_search_path() {
        let wanted =
            ["-C", "link-arg=-Wl,--disable-new-dtags", "-C", "link-arg=-Wl,-rpath,$ORIGIN/../python/runtime/lib"];
        assert_eq!(arguments().unwrap(), wanted);
    }
}
