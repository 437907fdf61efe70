//! Tells the linker where the program will find libpython.
//! This file reads pyo3's answer and the pin; pyo3-bundle-build decides and prints.

use anyhow::{Result, ensure};
use pyo3_bundle_build::{Library, link_to, or_exit};
use pyo3_bundle_layout::problem::{About, Problem};
use std::{fs, path::Path};

fn main() {
    or_exit(run());
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
    println!("cargo:rerun-if-changed=.python-version");
    Ok(link_to(&Library { shared: python.shared(), dir: python.lib_dir(), name: python.lib_name() })?)
}
