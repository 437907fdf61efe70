//! The component of Rust's standard library, which every Rust program contains. Its licence text names its
//! dependencies.

use super::{Component, License, Text, ask, purl::purl};
use crate::problem::Problem;
use crate::shown::visible;
use anyhow::Result;
use std::path::Path;

/// Licence texts in the documentation of a toolchain. The first covers everything where there is one (since 1.85).
const TEXTS: [&str; 7] = [
    "COPYRIGHT-library.html",
    "COPYRIGHT",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "licenses/Apache-2.0.txt",
    "licenses/MIT.txt",
    "licenses/Unicode-3.0.txt",
];

/// `rustc` is what `rustc --version` prints: `rustc 1.95.0 (59807616e 2026-04-14)`.
pub fn standard_library(rustc: &str) -> Result<Component> {
    let sysroot = ask("rustc", &["--print", "sysroot"])?;
    let folder = Path::new(sysroot.trim()).join("share/doc/rust");
    let version = rustc.split_whitespace().nth(1).ok_or_else(|| {
        let why = format!("wanted a line like `rustc 1.95.0 (59807616e 2026-04-14)`, found `{}`", visible(rustc));
        Problem::new("`rustc` does not tell its version", why, "rustc --version")
    })?;
    let texts = TEXTS.iter().filter(|name| folder.join(name).is_file());
    Ok(Component {
        name: "rust-std".into(),
        version: Some(version.into()),
        purl: Some(purl("generic", &["rust-std"], Some(version), &[])),
        cpe: Some(format!("cpe:2.3:a:rust-lang:rust:{version}:*:*:*:*:*:*:*")),
        license: License::declared("MIT OR Apache-2.0"),
        texts: texts.map(|name| Text::file(*name, folder.join(name))).collect(),
        ..Component::default()
    })
}
