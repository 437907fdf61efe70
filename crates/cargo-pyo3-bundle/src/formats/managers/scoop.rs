//! A manifest for Scoop. <https://github.com/ScoopInstaller/Scoop/wiki/App-Manifests>

use super::{Archive, Program};
use crate::formats::Release;
use crate::formats::packages::about::About;
use anyhow::Result;
use serde::Serialize;
use serde_json::ser::{PrettyFormatter, Serializer};
use std::collections::BTreeMap;

#[derive(Serialize)]
struct Manifest<'a> {
    version: &'a str,
    description: &'a str,
    homepage: &'a str,
    license: String,
    architecture: BTreeMap<&'static str, Download<'a>>,
    /// The file, and what users type.
    bin: Vec<[String; 2]>,
}

#[derive(Serialize)]
struct Download<'a> {
    url: String,
    hash: &'a str,
    extract_dir: &'a str,
}

pub fn text<'a>(release: &Release, about: &About, archives: &[Archive<'a>], programs: &[Program]) -> Result<String> {
    let download = |archive: &Archive<'a>| {
        let arch = if archive.arch == "aarch64" { "arm64" } else { "64bit" };
        (arch, Download { url: archive.url.clone(), hash: archive.sha256, extract_dir: archive.folder })
    };
    let manifest = Manifest {
        version: &release.application.version,
        description: &about.description,
        homepage: about.homepage.unwrap_or(release.url),
        license: license(about.license),
        architecture: archives.iter().map(download).collect(),
        bin: programs.iter().map(|it| [it.place.replace('/', "\\"), it.command.to_owned()]).collect(),
    };
    let mut out = Vec::new();
    // Scoop's own tools indent by four blanks.
    manifest.serialize(&mut Serializer::with_formatter(&mut out, PrettyFormatter::with_indent(b"    ")))?;
    Ok(String::from_utf8(out)? + "\n")
}

/// A bar stands between licences of which one can be chosen, and a comma between those that all count.
fn license(expression: &str) -> String {
    if expression.contains(['(', ')']) || expression.contains(" WITH ") {
        return expression.to_owned();
    }
    expression.replace(" OR ", "|").replace(" AND ", ",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn licences_are_scoops() {
        assert_eq!(license("MIT OR Apache-2.0"), "MIT|Apache-2.0");
        assert_eq!(license("MIT AND Zlib"), "MIT,Zlib");
        assert_eq!(license("(MIT OR Zlib) AND ISC"), "(MIT OR Zlib) AND ISC");
    }
}
