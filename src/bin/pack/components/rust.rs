//! Rust's standard library, which every Rust binary carries. Its own dependencies are named in the text it comes with.

use super::{Component, License, Text, ask, purl::purl};
use anyhow::{Context, Result};
use std::path::Path;

/// In what a toolchain documents itself with; the first is the whole truth where there is one (since 1.85).
const TEXTS: [&str; 7] = [
    "COPYRIGHT-library.html",
    "COPYRIGHT",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "licenses/Apache-2.0.txt",
    "licenses/MIT.txt",
    "licenses/Unicode-3.0.txt",
];

/// `rustc` is what the compiler says of its version: `rustc 1.95.0 (59807616e 2026-04-14)`.
pub fn standard_library(rustc: &str) -> Result<Component> {
    let sysroot = ask("rustc", &["--print", "sysroot"])?;
    let folder = Path::new(sysroot.trim()).join("share/doc/rust");
    let version = rustc.split_whitespace().nth(1).with_context(|| format!("`{rustc}` has no version in it"))?;
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
