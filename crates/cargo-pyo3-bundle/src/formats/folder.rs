//! The folder of a release. It is replaced as a whole when every file is there; one with anything else stays.

use super::manifest::{self, Manifest};
use crate::Misuse;
use crate::place::{self, Place, Replaceable};
use crate::problem::{About, Problem};
use crate::shown::{shown, visible, word};
use anyhow::Result;
use std::fs;
use std::path::{Path, PathBuf};

const RELEASE: Replaceable = Replaceable { name: "the folder of a release", check: is_release };

pub struct Folder {
    place: Place,
}

impl Folder {
    pub fn open(out: &Path, dists: &[PathBuf]) -> Result<Self> {
        let resolved = place::resolve(out)?;
        let around = |dist: &&PathBuf| dist.canonicalize().is_ok_and(|dist| resolved.starts_with(dist));
        if let Some(dist) = dists.iter().find(around) {
            let hint = format!("cargo pyo3-bundle formats {} --out release", word(dist));
            let what = format!("`{}` is inside the dist", shown(&resolved));
            return Err(Problem::new(what, "a release cannot be a part of itself", hint).into());
        }
        let place = Place::open(out, RELEASE)?;
        fs::create_dir(place.new_folder()).about("cannot create", &place.new_folder())?;
        Ok(Folder { place })
    }

    /// The path to write a file of the release to.
    pub fn path(&self, name: &str) -> PathBuf {
        self.place.new_folder().join(name)
    }

    pub fn put(&self, name: &str, text: &str) -> Result<()> {
        let path = self.path(name);
        Ok(fs::write(&path, text).about("cannot write", &path)?)
    }

    /// Takes over the files for the targets of another release of the same version. What is made of all targets is not
    /// taken: it is made again.
    pub fn join(&self, other: &Path, manifest: &mut Manifest) -> Result<()> {
        let wrong = |why: String| {
            let what = format!("`{}` cannot be joined with this release", shown(other));
            anyhow::Error::from(Misuse::new(Problem::new(what, why, "cargo pyo3-bundle formats --help")))
        };
        let found = read(other).map_err(wrong)?;
        let (own, others) = (&manifest.releases[0], &found.releases[0]);
        if (&own.app_name, &own.app_version) != (&others.app_name, &others.app_version) {
            let wanted = format!("wanted {} {}", own.app_name, own.app_version);
            let others = format!("found {} {}", visible(&others.app_name), visible(&others.app_version));
            return Err(wrong(format!("{wanted}, {others}")));
        }
        for target in found.targets.values() {
            manifest.add_target(target.clone()).map_err(Misuse::new)?;
        }
        for artifact in found.artifacts.into_values().filter(|artifact| !artifact.is_of_release()) {
            let from = other.join(&artifact.name);
            fs::copy(&from, self.path(&artifact.name)).about("cannot copy", &from).map_err(Misuse::new)?;
            let here = manifest::Artifact::of(self, artifact.name.clone(), artifact.kind, &[], "")?;
            if (here.size, here.sha256()) != (artifact.size, artifact.sha256()) {
                return Err(wrong(format!("`{}` is not the file that its manifest lists", visible(&artifact.name))));
            }
            manifest.add(vec![artifact])?;
        }
        Ok(())
    }

    /// Adds the manifest and puts the folder in its place, without what a form that is left out has begun.
    pub fn publish(self, manifest: &Manifest) -> Result<()> {
        let folder = self.place.new_folder();
        for entry in fs::read_dir(&folder).about("cannot list", &folder)? {
            let entry = entry.about("cannot list", &folder)?;
            if !entry.file_name().to_str().is_some_and(|name| manifest.artifacts.contains_key(name)) {
                fs::remove_file(entry.path()).about("cannot remove", &entry.path())?;
            }
        }
        self.put(manifest::NAME, &(serde_json::to_string_pretty(manifest)? + "\n"))?;
        self.place.publish()
    }
}

/// Reads the manifest of a release. The error says what is wrong with it.
pub fn read(folder: &Path) -> Result<Manifest, String> {
    let text = fs::read(folder.join(manifest::NAME)).map_err(|error| format!("its `{}`: {error}", manifest::NAME))?;
    let manifest: Manifest = serde_json::from_slice(&text)
        .map_err(|error| format!("its `{}`: {}", manifest::NAME, visible(&error.to_string())))?;
    let is_name = |name: &String| crate::config::begins_file_name(name);
    match manifest.artifacts.keys().find(|name| !is_name(name)) {
        Some(name) => {
            Err(format!("its `{}` lists `{}`, which is not the name of a file", manifest::NAME, visible(name)))
        }
        None => Ok(manifest),
    }
}

/// Checks that a folder has nothing but the files that its manifest lists.
fn is_release(folder: &Path) -> Result<(), String> {
    let manifest = read(folder)?;
    for entry in fs::read_dir(folder).map_err(|error| error.to_string())? {
        let entry = entry.map_err(|error| error.to_string())?;
        let is_listed = |name: &str| name == manifest::NAME || manifest.artifacts.contains_key(name);
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if !is_file || !entry.file_name().to_str().is_some_and(is_listed) {
            let name = entry.file_name();
            return Err(format!("`{}` is not a file that its `{}` lists", shown(Path::new(&name)), manifest::NAME));
        }
    }
    Ok(())
}
