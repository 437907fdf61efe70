//! Tells the linker where the program will find libpython, and the compiler which Python it is built for.
//! pyo3-bundle-build decides; this file reads pyo3's answer and prints the plan.

use anyhow::{Result, ensure};
use pyo3_bundle_build as link;
use pyo3_bundle_layout::problem::{About, Problem};
use sha2::{Digest, Sha256};
use std::{env, fs, path::Path, process::ExitCode};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let python = pyo3_build_config::get();
    let series = python.version().to_string();
    let pin = fs::read_to_string(".python-version").about("cannot read", Path::new(".python-version"))?;
    ensure!(
        pin.trim().starts_with(&format!("{series}.")),
        Problem::new(
            format!("`{}` is not the pinned Python", python.executable().unwrap_or("PYO3_PYTHON")),
            format!("wanted the series of {}, found {series}", pin.trim()),
            "env -u PYO3_PYTHON cargo build",
        )
    );
    let library = link::Library { shared: python.shared(), dir: python.lib_dir() };
    let (os, env) = (env::var("CARGO_CFG_TARGET_OS")?, env::var("CARGO_CFG_TARGET_ENV")?);
    let release = env::var("PROFILE")? == "release";
    let profile = if release { link::Profile::Release } else { link::Profile::Debug };
    let target = link::Target { os: &os, env: &env };
    let plan = link::plan(&env::var("CARGO_PKG_NAME")?, &target, profile, &library)?;
    let directory = Path::new(library.dir.unwrap_or_default());
    let file = directory.join(link::file_name(&target, python.lib_name().unwrap_or_default()));
    let content = fs::read(&file).about("cannot read the libpython of the chosen Python:", &file)?;
    let sha256: String = Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect();
    let variables = link::variables(&series, profile, directory, &sha256);
    plan.iter().for_each(|directive| println!("{directive}"));
    variables.iter().for_each(|(name, value)| println!("cargo:rustc-env={name}={value}"));
    println!("cargo:rerun-if-changed=.python-version\ncargo:rerun-if-changed={}", file.display());
    Ok(())
}
