//! `cargo pack summary`: lists the dists and archives that a build has made, with their sizes.

use crate::integrity;
use crate::layout;
use crate::metadata;
use crate::problem::{About, Problem};
use crate::shown::{shown, word};
use crate::tree;
use crate::{Misuse, Outcome};
use anyhow::Result;
use pyo3_bundle_layout::metadata::Metadata;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// Lists dists and archives with their sizes, the glibc they need, and the command that starts one
#[derive(clap::Args)]
pub struct Arguments {
    /// The dists to list
    #[arg(required = true, value_name = "DIST")]
    pub dists: Vec<PathBuf>,
    /// The folder that `archive` has written
    #[arg(long, value_name = "DIR")]
    pub archives: Option<PathBuf>,
}

pub fn run(arguments: &Arguments) -> Result<Outcome> {
    let mut rows = Vec::new();
    let mut start = None;
    for dist in &arguments.dists {
        let metadata = metadata(dist)?;
        let of_macos = || Some(format!("macOS {} or newer", metadata.platform.os_floor?));
        let needs = metadata.platform.libc_floor.map(|floor| format!("glibc {floor} or newer")).or_else(of_macos);
        rows.push((format!("{}/", shown(dist)), size(dist)?, needs.unwrap_or_default()));
        start.get_or_insert(dist.join(metadata.launcher));
    }
    for archive in arguments.archives.iter().map(|folder| archives(folder)).collect::<Result<Vec<_>>>()?.concat() {
        rows.push((shown(&archive), size(&archive)?, String::new()));
    }
    print!("{}", table(&rows));
    if let Some(launcher) = start {
        println!("start it: {}", word(&launcher));
    }
    Ok(Outcome::Fine)
}

fn metadata(dist: &Path) -> Result<Metadata> {
    let path = dist.join(layout::METADATA);
    let text = metadata::text_of(dist).map_err(Misuse::new)?;
    let parsed = Metadata::parse(text.as_bytes()).and_then(|it| it.needs(&["launcher"]).map(|()| it));
    parsed.map_err(|why| {
        let (what, hint) = (format!("`{}` is not the metadata of a dist", shown(&path)), "cargo pyo3-bundle");
        Problem::new(what, why, hint).into()
    })
}

/// The archives that the folder's sums name.
fn archives(folder: &Path) -> Result<Vec<PathBuf>> {
    let sums = folder.join(integrity::SUMS);
    let text = fs::read_to_string(&sums).about("cannot read", &sums).map_err(Misuse::new)?;
    let names = text.lines().filter_map(|line| line.split_once("  "));
    Ok(names.map(|(_, name)| folder.join(name)).collect())
}

/// The bytes of a file, or of all files in a folder.
fn size(path: &Path) -> Result<u64> {
    let found = fs::symlink_metadata(path).about("cannot read", path)?;
    let bytes = |path: &Path| fs::symlink_metadata(path).map(|found| found.len()).about("cannot read", path);
    if found.is_dir() {
        let files = tree::leaves(path)?.into_iter().filter(|leaf| leaf.kind.is_file());
        return Ok(files.map(|leaf| bytes(&leaf.path)).sum::<Result<u64, _>>()?);
    }
    Ok(if found.is_file() { found.len() } else { 0 })
}

fn table(rows: &[(String, u64, String)]) -> String {
    let width = rows.iter().map(|(name, ..)| name.chars().count()).max().unwrap_or_default();
    rows.iter().fold(String::new(), |mut text, (name, size, needs)| {
        let row = format!("{name:width$}  {:>6.1} MB  {needs}", *size as f64 / 1e6);
        writeln!(text, "{}", row.trim_end()).expect("a String takes all");
        text
    })
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn sizes_stand_below_each_other() {
        let rows = [("dist/".into(), 181_440_000, "glibc 2.34 or newer".into()), ("a/é.gz".into(), 990_000, "".into())];
        assert_eq!(table(&rows), "dist/    181.4 MB  glibc 2.34 or newer\na/é.gz     1.0 MB\n");
    }

    #[test]
    fn a_folder_is_as_large_as_its_files_and_its_links_lead_nowhere() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("sub")).unwrap();
        fs::write(folder.path().join("one"), [0; 10]).unwrap();
        fs::write(folder.path().join("sub/two"), [0; 5]).unwrap();
        std::os::unix::fs::symlink("..", folder.path().join("sub/link")).unwrap();
        assert_eq!(size(folder.path()).unwrap(), 15);
    }

    #[test]
    fn archives_are_those_with_a_sum_and_a_folder_without_metadata_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(integrity::SUMS), "00  one.tar.gz\n11  two.tar.zst\n").unwrap();
        let found = archives(folder.path()).unwrap();
        assert_eq!(found, ["one.tar.gz", "two.tar.zst"].map(|name| folder.path().join(name)));
        let error = metadata(folder.path()).err().unwrap().to_string();
        assert!(error.contains("is not a dist") && error.contains("\nhint: "), "{error}");
    }
}
