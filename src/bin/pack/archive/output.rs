//! The output folder of archives. It is replaced as a whole when the archives and their sums are complete.

use crate::place::{self, Kind, Place};
use crate::problem::{About, Problem};
use crate::shown::{shown, word};
use anyhow::Result;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

const SUMS: &str = "SHA256SUMS";
const SUM: &str = ".sha256";

/// The file in which `package-all.sh` keeps the digest of what it made the archives of.
const MADE_OF: &str = ".made-of";

const ARCHIVES: Kind = Kind { name: "a folder of archives", check: is_archives };

pub struct Output {
    place: Place,
}

/// An archive that was read back.
#[derive(Serialize)]
pub struct Made {
    pub name: String,
    pub size: u64,
    pub sha256: String,
}

impl Output {
    pub fn open(folder: &Path, dist: &Path) -> Result<Self> {
        let out = place::resolve(folder)?;
        if out.starts_with(dist) {
            let hint = format!("cargo pack archive {} --out archives", word(dist));
            let what = format!("`{}` is inside the dist", shown(&out));
            return Err(Problem::new(what, "an archive cannot hold itself", hint).into());
        }
        let place = Place::open(folder, ARCHIVES)?;
        fs::create_dir(place.new_folder()).about("cannot create", &place.new_folder())?;
        Ok(Output { place })
    }

    /// The path to write an archive to.
    pub fn partial(&self, name: &str) -> PathBuf {
        self.place.new_folder().join(name)
    }

    /// Adds the sums and puts the folder in its place. It has the archives, their sums and nothing else.
    pub fn publish(self, made: &[Made]) -> Result<()> {
        let mut sums = BTreeMap::new();
        for Made { name, sha256, .. } in made {
            let sum = format!("{sha256}  {name}\n");
            self.put(&format!("{name}{SUM}"), &sum)?;
            sums.insert(name, sum);
        }
        self.put(SUMS, &sums.into_values().collect::<String>())?;
        self.place.publish()
    }

    fn put(&self, name: &str, text: &str) -> Result<()> {
        let path = self.partial(name);
        Ok(fs::write(&path, text).about("cannot write", &path)?)
    }
}

/// Checks that a folder has nothing but archives that its sums list.
fn is_archives(folder: &Path) -> Result<(), String> {
    let sums = folder.join(SUMS);
    let is_file = |path: &Path| path.symlink_metadata().is_ok_and(|found| found.is_file());
    if !is_file(&sums) {
        return Err(format!("it has no `{SUMS}`"));
    }
    let text = fs::read_to_string(&sums).map_err(|error| format!("its `{SUMS}`: {error}"))?;
    let name = |line: &str| line.split_once("  ").map(|(_, name)| name.to_owned());
    let listed: Vec<String> = text.lines().filter_map(name).collect();
    for entry in fs::read_dir(folder).map_err(|error| error.to_string())? {
        let entry = entry.map_err(|error| error.to_string())?;
        let own = entry.file_name().into_string().is_ok_and(|name| {
            let archive = name.strip_suffix(SUM).unwrap_or(&name);
            name == SUMS || name == MADE_OF || listed.iter().any(|listed| listed == archive)
        });
        if !own || !is_file(&entry.path()) {
            let name = entry.file_name();
            return Err(format!("`{}` is not an archive that its `{SUMS}` lists", shown(Path::new(&name))));
        }
    }
    Ok(())
}

impl Made {
    /// Measures an archive as it is read from the disk.
    pub fn new(name: String, path: &Path) -> Result<Self> {
        let mut hasher = Hasher(Sha256::new());
        let size = File::open(path).and_then(|mut file| io::copy(&mut file, &mut hasher));
        let size = size.about("cannot read", path)?;
        let sha256 = hasher.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Made { name, size, sha256 })
    }
}

struct Hasher(Sha256);

impl Write for Hasher {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.0.update(data);
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(out: &Path, name: &str) -> Result<()> {
        let output = Output::open(out, Path::new("/no/dist"))?;
        fs::write(output.partial(name), name).unwrap();
        let made = Made::new(name.into(), &output.partial(name))?;
        output.publish(&[made])
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = entries.collect();
        names.sort();
        names
    }

    #[test]
    fn archives_of_before_go_with_their_folder() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        archive(&out, "one.tar.gz").unwrap();
        fs::write(out.join(MADE_OF), "").unwrap();
        archive(&out, "two.tar.gz").unwrap();
        assert_eq!(names(&out), ["SHA256SUMS", "two.tar.gz", "two.tar.gz.sha256"]);
        assert_eq!(names(folder.path()), ["out"]);
    }

    #[test]
    fn a_folder_with_anything_else_is_refused_and_stays() {
        let change = |change: &dyn Fn(&Path)| {
            let folder = tempfile::tempdir().unwrap();
            let out = folder.path().join("out");
            archive(&out, "one.tar.gz").unwrap();
            change(&out);
            let before = names(&out);
            let text = archive(&out, "two.tar.gz").unwrap_err().to_string();
            assert_eq!((names(&out), names(folder.path())), (before, vec!["out".to_owned()]));
            assert!(text.contains("is not replaced") && text.contains("\nhint: mv "), "{text}");
            text
        };
        assert!(change(&|out| fs::write(out.join("letters"), "dear").unwrap()).contains("`letters`"));
        assert!(change(&|out| fs::write(out.join("my.tar.gz"), "").unwrap()).contains("`my.tar.gz`"));
        assert!(change(&|out| fs::remove_file(out.join(SUMS)).unwrap()).contains("no `SHA256SUMS`"));
        let folder_for_archive = |out: &Path| {
            fs::remove_file(out.join("one.tar.gz")).unwrap();
            fs::create_dir(out.join("one.tar.gz")).unwrap();
        };
        assert!(change(&folder_for_archive).contains("`one.tar.gz`"));
    }

    #[test]
    fn a_run_that_fails_leaves_the_archives_of_before_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        archive(&out, "one.tar.gz").unwrap();
        let output = Output::open(&out, Path::new("/no/dist")).unwrap();
        fs::write(output.partial("two.tar.gz"), "half").unwrap();
        drop(output);
        assert_eq!(names(&out), ["SHA256SUMS", "one.tar.gz", "one.tar.gz.sha256"]);
        assert_eq!(names(folder.path()), ["out"]);
    }

    #[test]
    fn an_archive_does_not_hold_itself() {
        let dist = tempfile::tempdir().unwrap();
        let root = dist.path().canonicalize().unwrap();
        for out in [root.clone(), root.join("out")] {
            assert!(Output::open(&out, &root).err().unwrap().to_string().contains("inside the dist"));
            assert_eq!(fs::read_dir(&root).unwrap().count(), 0);
        }
    }
}
