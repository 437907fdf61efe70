//! Tells the compiler which Python the program is built for, and hands PyO3's answer to the application's build script.
//! pyo3-bundle-build reads the answer.

use anyhow::{Context, Result};
use pyo3_bundle_build::{Answer, or_exit, reach};
use pyo3_bundle_layout::problem::About;
use pyo3_bundle_layout::{development, integrity, layout};
use std::{env, path::Path};

fn main() {
    or_exit(run());
}

fn run() -> Result<()> {
    let exported = env::var("DEP_PYTHON_PYO3_CONFIG").context("pyo3-ffi exports no configuration")?;
    let answer = Answer::exported(&exported)?;
    let file = reach(&answer.library()?)?;
    let digest = integrity::digest(&file).about("cannot read the libpython of the chosen Python:", &file)?;
    println!("cargo:CONFIG={exported}");
    // A release binary finds its Python by its own place, and names no folder of this machine.
    let is_debug = env::var("PROFILE")? != "release";
    let (out_dir, triple) = (env::var("OUT_DIR")?, env::var("TARGET")?);
    let python = Path::new(answer.lib_dir.as_deref().unwrap_or_default()).parent().filter(|_| is_debug);
    let target = development::target_of_out_dir(Path::new(&out_dir), &triple).filter(|_| is_debug);
    let shown = |path: Option<&Path>| path.map(|path| path.display().to_string()).unwrap_or_default();
    for (name, value) in [
        ("SERIES", answer.version),
        ("TRIPLE", triple.clone()),
        ("LINKED", format!("{}{digest}", layout::LINKED_LIBRARY)),
        ("DEVELOPMENT_PYTHON", shown(python)),
        ("DEVELOPMENT_TARGET", shown(target)),
    ] {
        // Every build sets every variable, so that none comes from the environment.
        println!("cargo:rustc-env=PYO3_BUNDLE_{name}={value}");
    }
    Ok(())
}
