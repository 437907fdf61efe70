//! The sums of a release: `sha256.sum` for all files, `<file>.sha256` for each, both as `sha256sum -c` reads them.

use super::folder::Folder;
use super::manifest::{Artifact, Kind, Manifest};
use anyhow::Result;

/// The sums of all files, under the name that cargo-dist gives it.
const ALL: &str = "sha256.sum";

pub fn write(folder: &Folder, manifest: &mut Manifest) -> Result<()> {
    let (mut all, mut made) = (String::new(), Vec::new());
    let summed: Vec<_> = manifest.files().cloned().collect();
    for mut artifact in summed {
        let (line, name) = (format!("{}  {}\n", artifact.sha256(), artifact.name), format!("{}.sha256", artifact.name));
        folder.put(&name, &line)?;
        all.push_str(&line);
        let targets: Vec<_> = artifact.target_triples.iter().map(String::as_str).collect();
        let about = format!("the sum of {}", artifact.name);
        made.push(Artifact::of(folder, name.clone(), Kind::Checksum, &targets, &about)?);
        artifact.checksum = Some(name);
        made.push(artifact);
    }
    folder.put(ALL, &all)?;
    made.push(Artifact::of(folder, ALL.to_owned(), Kind::UnifiedChecksum, &[], "the sums of all files")?);
    Ok(manifest.add(made)?)
}
