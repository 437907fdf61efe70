//! The output folder of archives. It is replaced as a whole when the archives and their sums are complete.

use super::kind::Kind;
use super::label::Label;
use crate::layout::SUMS;
use crate::place::{self, Place, Replaceable};
use crate::problem::{About, Problem};
use crate::shown::{shown, word};
use anyhow::Result;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The ending of the file beside an archive that has its sum alone.
const SUM: &str = ".sha256";

const ARCHIVES: Replaceable = Replaceable { name: "a folder of archives", check: is_archives };

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
    pub fn open(folder: &Path, dist: &Path, label: &Label) -> Result<Self> {
        let out = place::resolve(folder)?;
        if out.starts_with(dist) {
            let hint = format!("cargo pyo3-bundle archive {} --out archives", word(dist));
            let what = format!("`{}` is inside the dist", shown(&out));
            return Err(Problem::new(what, "an archive cannot hold itself", hint).into());
        }
        let place = Place::open(folder, ARCHIVES)?;
        let others = |archive: &&String| !label_of(archive).is_some_and(|name| label.is_of_any_version(name));
        if let Some(other) = listed(&out).unwrap_or_default().iter().find(others) {
            let mut elsewhere = folder.as_os_str().to_owned();
            elsewhere.push(format!("-{}", label.name));
            let hint = format!("cargo pyo3-bundle archive {} --out {}", word(dist), word(Path::new(&elsewhere)));
            let why = format!("it has `{}`, which is not an archive of this kind of dist", shown(Path::new(other)));
            return Err(Problem::new(format!("`{}` is not replaced", shown(folder)), why, hint).into());
        }
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
    let listed = listed(folder)?;
    if let Some(other) = listed.iter().find(|name| label_of(name).is_none()) {
        return Err(format!("`{}`, which its `{SUMS}` lists, is not an archive", shown(Path::new(other))));
    }
    if listed.is_empty() {
        return Err(format!("its `{SUMS}` lists no archive"));
    }
    // Folders of downloads also have archives and such sums. One such file is enough, so that a folder which lost others
    // is replaced.
    if !listed.iter().any(|name| is_file(&folder.join(format!("{name}{SUM}")))) {
        return Err(format!("no archive that its `{SUMS}` lists has its `{SUM}` file"));
    }
    for entry in fs::read_dir(folder).map_err(|error| error.to_string())? {
        let entry = entry.map_err(|error| error.to_string())?;
        let own = entry.file_name().into_string().is_ok_and(|name| {
            let archive = name.strip_suffix(SUM).unwrap_or(&name);
            name == SUMS || listed.iter().any(|listed| listed == archive)
        });
        if !own || !is_file(&entry.path()) {
            let name = entry.file_name();
            return Err(format!("`{}` is not an archive that its `{SUMS}` lists", shown(Path::new(&name))));
        }
    }
    Ok(())
}

/// The names in the sums of a folder.
fn listed(folder: &Path) -> Result<Vec<String>, String> {
    let sums = folder.join(SUMS);
    if !is_file(&sums) {
        return Err(format!("it has no `{SUMS}`"));
    }
    let text = fs::read_to_string(&sums).map_err(|error| format!("its `{SUMS}`: {error}"))?;
    let name = |line: &str| line.split_once("  ").map(|(_, name)| name.to_owned());
    Ok(text.lines().filter_map(name).collect())
}

/// `app-1.0-linux-x86_64.tar.gz` → `app-1.0-linux-x86_64`; `None` if the name is not that of an archive.
fn label_of(archive: &str) -> Option<&str> {
    Kind::ALL.iter().find_map(|kind| archive.strip_suffix(kind.ending())?.strip_suffix('.'))
}

fn is_file(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|found| found.is_file())
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

    fn open(out: &Path) -> Result<Output> {
        Output::open(out, Path::new("/no/dist"), &Label::of_parts("app", "2.0.0", "linux-x86_64"))
    }

    fn archive(out: &Path, name: &str) -> Result<()> {
        let output = open(out)?;
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
        archive(&out, "app-1.0.0-linux-x86_64.tar.gz").unwrap();
        archive(&out, "app-2.0.0-linux-x86_64.tar.gz").unwrap();
        assert_eq!(
            names(&out),
            ["SHA256SUMS", "app-2.0.0-linux-x86_64.tar.gz", "app-2.0.0-linux-x86_64.tar.gz.sha256"]
        );
        assert_eq!(names(folder.path()), ["out"]);
    }

    #[test]
    fn archives_of_which_one_lost_its_own_sum_are_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        let output = open(&out).unwrap();
        let made = ["app-1.0.0-linux-x86_64.tar.gz", "app-1.0.0-linux-x86_64.tar.zst"].map(|name| {
            fs::write(output.partial(name), name).unwrap();
            Made::new(name.into(), &output.partial(name)).unwrap()
        });
        output.publish(&made).unwrap();
        fs::remove_file(out.join(format!("{}{SUM}", made[0].name))).unwrap();
        archive(&out, "app-2.0.0-linux-x86_64.tar.gz").unwrap();
        assert_eq!(
            names(&out),
            ["SHA256SUMS", "app-2.0.0-linux-x86_64.tar.gz", "app-2.0.0-linux-x86_64.tar.gz.sha256"]
        );
    }

    #[test]
    fn a_folder_with_anything_else_is_refused_and_stays() {
        let change = |change: &dyn Fn(&Path)| {
            let folder = tempfile::tempdir().unwrap();
            let out = folder.path().join("out");
            archive(&out, "app-1.0.0-linux-x86_64.tar.gz").unwrap();
            change(&out);
            let before = names(&out);
            let text = archive(&out, "app-2.0.0-linux-x86_64.tar.gz").unwrap_err().to_string();
            assert_eq!((names(&out), names(folder.path())), (before, vec!["out".to_owned()]));
            assert!(text.contains("is not replaced") && !text.contains("\nhint: "), "{text}");
            text
        };
        assert!(change(&|out| fs::write(out.join("letters"), "dear").unwrap()).contains("`letters`"));
        assert!(change(&|out| fs::write(out.join("my.tar.gz"), "").unwrap()).contains("`my.tar.gz`"));
        assert!(change(&|out| fs::remove_file(out.join(SUMS)).unwrap()).contains("no `SHA256SUMS`"));
        let folder_for_archive = |out: &Path| {
            fs::remove_file(out.join("app-1.0.0-linux-x86_64.tar.gz")).unwrap();
            fs::create_dir(out.join("app-1.0.0-linux-x86_64.tar.gz")).unwrap();
        };
        assert!(change(&folder_for_archive).contains("`app-1.0.0-linux-x86_64.tar.gz`"));
    }

    #[test]
    fn a_folder_of_other_files_with_sums_is_not_one_of_archives() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("iso");
        let refused = |files: &[&str], sums: &str| {
            fs::create_dir(&out).unwrap();
            files.iter().for_each(|name| fs::write(out.join(name), "").unwrap());
            fs::write(out.join(SUMS), sums).unwrap();
            let before = names(&out);
            let text = archive(&out, "app-2.0.0-linux-x86_64.tar.gz").unwrap_err().to_string();
            assert_eq!(names(&out), before);
            fs::remove_dir_all(&out).unwrap();
            text
        };
        assert!(refused(&["debian.iso"], "00  debian.iso\n").contains("`debian.iso`, which its `SHA256SUMS` lists"));
        assert!(refused(&["a.iso", "a.iso.sha256"], "00  a.iso\n").contains("`a.iso`, which"));
        let without_own_sums = refused(&["a.tar.gz", "b.tar.zst"], "00  a.tar.gz\n00  b.tar.zst\n");
        assert!(without_own_sums.contains("no archive that its `SHA256SUMS` lists has its `.sha256` file"));
        assert!(refused(&[], "").contains("lists no archive"));
    }

    #[test]
    fn archives_of_another_kind_of_dist_stay() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        let slim = Label::of_parts("app", "2.0.0", "linux-x86_64-slim");
        let output = Output::open(&out, Path::new("/no/dist"), &slim).unwrap();
        let name = format!("{}.tar.gz", slim.name);
        fs::write(output.partial(&name), "").unwrap();
        let made = Made::new(name.clone(), &output.partial(&name)).unwrap();
        output.publish(&[made]).unwrap();
        let text = archive(&out, "app-2.0.0-linux-x86_64.tar.gz").unwrap_err().to_string();
        assert!(text.contains(&format!("it has `{name}`")), "{text}");
        assert!(
            text.contains("\nhint: cargo pyo3-bundle archive /no/dist --out ")
                && text.ends_with("out-app-2.0.0-linux-x86_64"),
            "{text}"
        );
        assert_eq!(names(&out), ["SHA256SUMS".into(), name.clone(), format!("{name}.sha256")]);
        assert_eq!(names(folder.path()), ["out"]);
    }

    #[test]
    fn a_run_that_fails_leaves_the_archives_of_before_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        archive(&out, "app-1.0.0-linux-x86_64.tar.gz").unwrap();
        let output = open(&out).unwrap();
        fs::write(output.partial("app-2.0.0-linux-x86_64.tar.gz"), "half").unwrap();
        drop(output);
        assert_eq!(
            names(&out),
            ["SHA256SUMS", "app-1.0.0-linux-x86_64.tar.gz", "app-1.0.0-linux-x86_64.tar.gz.sha256"]
        );
        assert_eq!(names(folder.path()), ["out"]);
    }

    #[test]
    fn an_archive_does_not_hold_itself() {
        let dist = tempfile::tempdir().unwrap();
        let root = dist.path().canonicalize().unwrap();
        for out in [root.clone(), root.join("out")] {
            let label = Label::of_parts("app", "2.0.0", "linux-x86_64");
            assert!(Output::open(&out, &root, &label).err().unwrap().to_string().contains("inside the dist"));
            assert_eq!(fs::read_dir(&root).unwrap().count(), 0);
        }
    }
}
