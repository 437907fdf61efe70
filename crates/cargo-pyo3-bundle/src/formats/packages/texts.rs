//! The texts that distributions want beside a program: who has the rights, under which licences, and for Debian a list of
//! changes.

use super::about::About;
use super::config::Format;
use super::placed::{self, Placed, What};
use crate::formats::dist::Dist;
use crate::problem::{About as _, Problem};
use crate::shown::{shown, visible};
use crate::tree;
use anyhow::Result;
use flate2::{Compression, GzBuilder};
use pyo3_bundle_layout::layout;
use serde::Deserialize;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Writes the texts below a folder of this machine.
pub fn write(dist: &Dist, about: &About, format: Format, work: &Path) -> Result<Vec<Placed>> {
    let name = &about.name;
    let copyright = work.join("copyright");
    fs::write(&copyright, self::copyright(dist, about)?).about("cannot write", &copyright)?;
    if format != Format::Deb {
        let folder = format!("/usr/share/licenses/{name}");
        let text = Placed::file(format!("{folder}/copyright"), &copyright);
        // rpm removes only folders that a package lists.
        return Ok(vec![Placed { path: folder, what: What::Folder }, text]);
    }
    let changes = work.join("changelog.Debian.gz");
    fs::write(&changes, packed(&changelog(dist, about, format)?)?).about("cannot write", &changes)?;
    let documents = format!("/usr/share/doc/{name}");
    Ok(vec![
        Placed::file(format!("{documents}/changelog.Debian.gz"), &changes),
        Placed::file(format!("{documents}/copyright"), &copyright),
    ])
}

/// What this package is, and the licences of all that it carries. The texts of the parts are in the dist, one folder each.
pub fn copyright(dist: &Dist, about: &About) -> Result<String> {
    let mut text = format!("{} {}\n", dist.metadata.name, dist.metadata.version);
    if let Some(homepage) = about.homepage {
        text += &format!("{homepage}\n");
    }
    text += &format!("\nCopyright: {}\nLicense: {}\n\n", about.authors.join(", "), about.license);
    let own = own_texts(dist)?;
    if let Some((name, _)) = own.iter().find(|(_, text)| is_apache(text)) {
        // Debian has this text once for all packages, and wants it to be referred to.
        let here = format!("{}/{}", placed::home(&about.name), placed::own_licenses(dist).join(name).display());
        text += &format!("The Apache License, Version 2.0 is in `{here}`, on Debian also in\n");
        text += "`/usr/share/common-licenses/Apache-2.0`.\n\n";
    }
    let licenses = placed::licenses(&about.name);
    text += "Parts of this package are the work of others. Their licences, with the texts in\n";
    text += &format!("`{licenses}`:\n\n");
    for part in parts(&dist.root)? {
        writeln!(text, "  {}", visible(&part)).expect("a String takes all");
    }
    for (name, own) in own.iter().filter(|(_, text)| !is_apache(text)) {
        text += &format!("\n{name}:\n\n{}\n", own.trim());
    }
    Ok(text)
}

/// The application's own licence texts, by their names.
fn own_texts(dist: &Dist) -> Result<Vec<(String, String)>> {
    let folder = dist.root.join(placed::own_licenses(dist));
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let files = tree::leaves(&folder)?.into_iter().map(|leaf| leaf.path);
    let read = |path: PathBuf| {
        let text = fs::read(&path).about("cannot read", &path)?;
        let name = shown(path.strip_prefix(&folder).unwrap_or(&path));
        Ok((name, String::from_utf8_lossy(&text).into_owned()))
    };
    files.map(read).collect()
}

fn is_apache(text: &str) -> bool {
    text.contains("TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION")
}

/// `name version: licence` for each component in the dist's bill of materials.
fn parts(root: &Path) -> Result<Vec<String>> {
    #[derive(Deserialize)]
    struct Document {
        components: Vec<Part>,
    }
    #[derive(Deserialize)]
    struct Part {
        name: String,
        version: Option<String>,
        #[serde(default)]
        licenses: Vec<Choice>,
    }
    #[derive(Deserialize)]
    struct Choice {
        expression: Option<String>,
        license: Option<License>,
    }
    #[derive(Deserialize)]
    struct License {
        id: Option<String>,
        name: Option<String>,
    }
    let path = root.join(layout::SBOM);
    let data = fs::read(&path).about("cannot read", &path)?;
    let document: Document = serde_json::from_slice(&data).map_err(|error| {
        let what = format!("`{}` is not a bill of materials", shown(&path));
        Problem::new(what, visible(&error.to_string()), "cargo pyo3-bundle")
    })?;
    let line = |part: Part| {
        let one = |choice: Choice| choice.expression.or_else(|| choice.license.and_then(|it| it.id.or(it.name)));
        let licenses: Vec<String> = part.licenses.into_iter().filter_map(one).collect();
        let version = part.version.map(|version| format!(" {version}")).unwrap_or_default();
        // What has no expression has its text.
        let license = if licenses.is_empty() { "see its text".to_owned() } else { licenses.join(", ") };
        format!("{}{version}: {license}", part.name)
    };
    Ok(document.components.into_iter().map(line).collect())
}

/// <https://www.debian.org/doc/debian-policy/ch-source.html#debian-changelog-debian-changelog>
fn changelog(dist: &Dist, about: &About, format: Format) -> Result<String> {
    let time = jiff::Timestamp::from_second(i64::try_from(dist.label.time)?)?;
    let date = time.to_zoned(jiff::tz::TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S +0000").to_string();
    let (name, version) = (&about.name, format.full_version(&dist.metadata.version));
    let by = about.maintainer();
    let by = if by.contains('<') { by.to_owned() } else { format!("{by} <>") };
    Ok(format!(
        "{name} ({version}) unstable; urgency=medium\n\n  * Release {}.\n\n -- {by}  {date}\n",
        dist.metadata.version
    ))
}

/// Without a name and a time, so that the same text gives the same bytes.
fn packed(text: &str) -> Result<Vec<u8>> {
    let mut out = GzBuilder::new().write(Vec::new(), Compression::best());
    out.write_all(text.as_bytes())?;
    Ok(out.finish()?)
}
