//! A digest of what packages are installed from: with the same digest they need not be installed again.

use super::Packages;
use crate::problem::About;
use anyhow::Result;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Folders of a project that its wheel is not made of, and that builds and tests change.
const NOT_SOURCES: [&str; 6] = [".git", ".venv", "__pycache__", "build", "dist", "target"];

/// Options of a line in a requirements file that name another file, whose path counts from the folder of the first.
const OTHER_FILES: [&str; 4] = ["--requirement", "--constraint", "-r", "-c"];

/// Returns a digest of the lock with the files that it names, of the projects' files, and of the Python.
pub fn digest(packages: &Packages, python: &Path) -> Result<String> {
    let mut inputs = Inputs::default();
    // Its size and time tell one Python from another; reading it would take longer than all the rest.
    let found = python.metadata().about("cannot read", python)?;
    inputs.digest.update(format!("{python:?} {} {:?}\n", found.len(), found.modified().ok()));
    if let Some(file) = &packages.requirements {
        inputs.add_requirements(file);
    }
    for project in &packages.projects {
        inputs.add_sources(project)?;
    }
    Ok(inputs.digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

#[derive(Default)]
struct Inputs {
    digest: Sha256,
    /// Files that name each other, and folders that contain a link to themselves, are read once.
    seen: BTreeSet<PathBuf>,
}

impl Inputs {
    fn add(&mut self, path: &Path, content: &[u8]) {
        self.digest.update(format!("{path:?} {}\n", content.len()));
        self.digest.update(content);
    }

    fn is_new(&mut self, path: &Path) -> bool {
        self.seen.insert(path.canonicalize().unwrap_or_else(|_| path.to_owned()))
    }

    fn add_requirements(&mut self, file: &Path) {
        let mut files = vec![file.to_owned()];
        while let Some(file) = files.pop() {
            if !self.is_new(&file) {
                continue;
            }
            // A missing file is told when it is installed.
            let content = fs::read(&file).unwrap_or_default();
            let folder = file.parent().unwrap_or(&file);
            let text = String::from_utf8_lossy(&content);
            files.extend(text.lines().filter_map(other_file).map(|other| folder.join(other)));
            self.add(&file, &content);
        }
    }

    /// Adds a project's files. Links are followed, as the project's build follows them.
    fn add_sources(&mut self, project: &Path) -> Result<()> {
        let mut paths = vec![project.to_owned()];
        while let Some(path) = paths.pop() {
            if !path.is_dir() {
                self.add(&path, &fs::read(&path).unwrap_or_default());
            } else if self.is_new(&path) {
                let entries = fs::read_dir(&path).about("cannot list", &path)?;
                let mut entries: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
                entries.retain(|path| !is_no_source(path));
                entries.sort();
                paths.extend(entries);
            }
        }
        Ok(())
    }
}

/// The file that a line of a requirements file names: `-r more.txt`, `-rmore.txt`, `--constraint=more.txt`.
fn other_file(line: &str) -> Option<&str> {
    let line = line.trim();
    let line = line.split_once(" #").map_or(line, |(before, _)| before.trim_end());
    let rest = OTHER_FILES.iter().find_map(|option| line.strip_prefix(option))?;
    let name = rest.trim_start().trim_start_matches('=').trim();
    Some(name.trim_matches(['"', '\'']))
}

fn is_no_source(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default();
    path.is_dir() && NOT_SOURCES.iter().any(|other| name == *other)
        || path.extension().is_some_and(|end| end == "egg-info")
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_line_names_another_file_in_each_of_its_shapes() {
        for line in ["-r a b.txt", "-ra b.txt", "  --requirement=a b.txt # why", "--constraint 'a b.txt'", "-c a b.txt"]
        {
            assert_eq!(other_file(line), Some("a b.txt"), "{line}");
        }
        for line in ["", "# -r a", "rich==1 --hash=sha256:0", "--require-hashes"] {
            assert_ne!(other_file(line), Some("a b.txt"), "{line}");
        }
        assert_eq!(other_file("# -r a"), None);
    }

    #[test]
    fn each_file_that_is_reached_changes_the_digest() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let write = |name: &str, text: &str| {
            fs::create_dir_all(at(name).parent().unwrap()).unwrap();
            fs::write(at(name), text).unwrap();
        };
        write("python3", "");
        write("locks/all.txt", "-r more/one.txt\n-c limits.txt\n");
        // Each names the other.
        write("locks/more/one.txt", "-r ../all.txt\n-r two.txt\n");
        write("real/pyproject.toml", "");
        write("elsewhere/shared.py", "");
        symlink("real", at("linked")).unwrap();
        symlink("../elsewhere", at("real/shared")).unwrap();
        symlink(".", at("real/itself")).unwrap();
        let packages = Packages { requirements: Some(at("locks/all.txt")), projects: vec![at("linked")] };
        let digest = || digest(&packages, &at("python3")).unwrap();
        let mut last = digest();
        assert_eq!(digest(), last);
        for name in ["locks/more/two.txt", "locks/limits.txt", "real/pyproject.toml", "elsewhere/shared.py"] {
            write(name, "# changed\n");
            assert_ne!(digest(), last, "{name}");
            last = digest();
        }
        write("real/build/made.py", "");
        assert_eq!(digest(), last);
    }
}
