//! A member of a workspace, with an inherited version, inherited dependencies and an optional feature.

use crate::applications::MOST_LINES;
use crate::place::Place;
use crate::sources::Files;

const ROOT: &str = "\
[workspace]
members = [\"apps/*\"]
resolver = \"3\"

[workspace.package]
version = \"4.5.6\"
edition = \"2024\"

[workspace.dependencies]
pyo3 = { version = \"=0.30.1\", default-features = false }
";

const MEMBER: &str = "\
[package]
name = \"member\"
version.workspace = true
edition.workspace = true

[features]
loud = [\"dep:libc\"]

[dependencies]
libc = { version = \"0.2\", optional = true }
pyo3.workspace = true

[package.metadata.pyo3-bundle]
features = [\"loud\"]
";

const MAIN: &str = "\
use pyo3::prelude::*;

fn main() {
    let text: String = Python::attach(|py| py.import(\"json\").unwrap().name().unwrap().to_string());
    println!(\"{}\", if cfg!(feature = \"loud\") { text.to_uppercase() } else { text });
}
";

pub fn a_member_with_a_feature(place: &Place) {
    let file = |name, text: &str| (name, text.to_owned());
    let files: Files = vec![
        file("Cargo.toml", ROOT),
        file("apps/member/Cargo.toml", MEMBER),
        file("apps/member/src/main.rs", MAIN),
        file("apps/member/LICENSE", "Do what you like with it.\n"),
        file("apps/other/Cargo.toml", &MEMBER.replace("\"member\"", "\"other\"")),
        file("apps/other/src/lib.rs", ""),
        file(".gitignore", "/target\n"),
    ];
    let mut application = place.application(&files);
    application.package = Some("member");
    let lines = application.init();
    assert!(lines <= MOST_LINES, "{lines} lines");
    let dist = application.moved_dist();
    assert_eq!(dist.run("member", &[]), "JSON\n");
    let metadata = std::fs::read_to_string(dist.root.join("metadata.json")).unwrap();
    assert!(metadata.contains("\"version\": \"4.5.6\""), "{metadata}");
    let materials = std::fs::read_to_string(dist.root.join("sbom.cdx.json")).unwrap();
    assert!(materials.contains("pkg:cargo/libc@"), "the optional dependency is in the bill of materials");
}
