//! What goes into the dist of another application than this one: its own files and its own Python projects.

use crate::support::{bare, checkout, packager, release_binary, scratch, stderr, stdout};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// A package elsewhere with these keys, whose program is that of this checkout.
pub struct Other {
    folder: TempDir,
}

impl Other {
    pub fn new(keys: &str) -> Other {
        let other = Other { folder: scratch() };
        let manifest =
            "[package]\nname = \"other\"\nversion = \"1.2.3\"\nedition = \"2024\"\nlicense = \"MIT\"\n[workspace]\n";
        other.write("Cargo.toml", &format!("{manifest}[package.metadata.pyo3-bundle]\n{keys}\n"));
        other.write("Cargo.lock", "version = 4\n[[package]]\nname = \"other\"\nversion = \"1.2.3\"\n");
        other.write("src/main.rs", "fn main() {}\n");
        other.write("LICENSE", "MIT\n");
        other
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), text).unwrap();
    }

    /// Adds a Python project with a data file.
    pub fn project(&self, name: &str, code: &str) {
        let text = format!(
            "[project]\nname = \"{name}\"\nversion = \"0.1\"\nlicense = \"MIT\"\nlicense-files = [\"LICENSE\"]\n\
             [build-system]\nrequires = [\"uv_build>=0.5\"]\nbuild-backend = \"uv_build\"\n"
        );
        self.write(&format!("{name}/pyproject.toml"), &text);
        self.write(&format!("{name}/LICENSE"), "MIT\n");
        self.write(&format!("{name}/src/{name}/__init__.py"), code);
        self.write(&format!("{name}/src/{name}/data/words.txt"), "hello\n");
    }

    fn packager(&self, command: &str) -> Command {
        let uv = checkout().join(".local/uv/bin");
        let path = std::env::var("PATH").unwrap_or_default();
        let mut run = Command::new(packager());
        run.args([command, "--manifest-path"]).arg(self.path("Cargo.toml"));
        run.env("PATH", format!("{}:{path}", uv.display())).env("UV_CACHE_DIR", checkout().join(".local/cache/uv"));
        run
    }

    pub fn stage(&self, arguments: &[&str]) -> Output {
        let python = checkout().join(".local/python");
        let mut run = self.packager("stage");
        run.args(arguments).arg("--binary").arg(release_binary());
        run.arg("--python").arg(python.join("runtime")).arg("--provenance").arg(python.join("provenance.json"));
        run.arg("--out").arg(self.path("dist")).output().unwrap()
    }

    /// Stages, moves the dist and returns its place.
    #[track_caller]
    pub fn staged(&self, arguments: &[&str]) -> PathBuf {
        let output = self.stage(arguments);
        assert!(output.status.success(), "{}", stderr(&output));
        fs::rename(self.path("dist"), self.path("moved")).unwrap();
        self.path("moved")
    }

    /// Runs `verify` and returns its findings.
    pub fn findings(&self, dist: &Path) -> String {
        let output = self.packager("verify").arg(dist).output().unwrap();
        assert!(matches!(output.status.code(), Some(0 | 1)), "{}", stderr(&output));
        stdout(&output)
    }
}

pub fn python(dist: &Path, code: &str) -> Output {
    bare(dist.join("python/runtime/bin/python3")).args(["-I", "-c", code]).output().unwrap()
}

#[test]
fn projects_and_included_files_are_in_the_dist() {
    let keys = "projects = [\"mine\"]\ninclude = [{ from = \"data\", to = \"share/other\" }]\nprofile = \"slim\"\n";
    let other = Other::new(keys);
    other.project("mine", "from importlib.resources import files\nword = files(__name__).joinpath('data/words.txt')\n");
    other.write("data/a.txt", "a");
    let dist = other.staged(&[]);
    let answer = python(&dist, "import mine; print(mine.word.read_text())");
    assert_eq!(stdout(&answer).trim(), "hello", "{}", stderr(&answer));
    assert_eq!(fs::read_to_string(dist.join("share/other/a.txt")).unwrap(), "a");
    let metadata: serde_json::Value = serde_json::from_slice(&fs::read(dist.join("metadata.json")).unwrap()).unwrap();
    assert_eq!(metadata["included"], serde_json::json!(["share"]));
    assert!(fs::read_to_string(dist.join("SHA256SUMS")).unwrap().contains("  share/other/a.txt\n"));
    assert!(fs::read_to_string(dist.join("sbom.cdx.json")).unwrap().contains("pkg:pypi/mine@0.1"));
    assert_eq!(fs::read_to_string(dist.join("licenses/mine-0.1/licenses/LICENSE")).unwrap(), "MIT\n");
    let findings = other.findings(&dist);
    assert!(findings.starts_with("verify: ok: "), "{findings}");

    // It is known as a dist with these files, and as none with others.
    fs::rename(&dist, other.path("dist")).unwrap();
    let first = fs::read(other.path("dist/SHA256SUMS")).unwrap();
    other.write("dist/share/letters", "dear");
    let refused = stderr(&other.stage(&[]));
    assert!(refused.contains("`share/letters` was not packed with it"), "{refused}");
    fs::remove_file(other.path("dist/share/letters")).unwrap();
    let again = other.staged(&[]);
    assert!(fs::read(again.join("SHA256SUMS")).unwrap() == first, "the same sources make the same bytes");
}

#[test]
fn a_lock_of_uv_is_used_as_it_is() {
    let other = Other::new("requirements = \"locked/uv.lock\"\nprofile = \"slim\"\n");
    let project = "[project]\nname = \"locked\"\nversion = \"1\"\nrequires-python = \">=3.13\"\ndependencies = [\"iniconfig==2.3.1\"]\n";
    other.write("locked/pyproject.toml", project);
    let lock = |what: &str| {
        let mut uv = Command::new(checkout().join(".local/uv/bin/uv"));
        uv.args(["lock", "--quiet", "--python"]).arg(checkout().join(".local/python/runtime/bin/python3"));
        let output = uv
            .env("UV_CACHE_DIR", checkout().join(".local/cache/uv"))
            .arg("--project")
            .arg(other.path("locked"))
            .output();
        assert!(output.unwrap().status.success(), "{what}");
    };
    lock("uv locks the project");
    let dist = other.staged(&[]);
    let answer = python(&dist, "import importlib.metadata as m; print(m.version('iniconfig'))");
    assert_eq!(stdout(&answer).trim(), "2.3.1", "{}", stderr(&answer));
    other.write("locked/pyproject.toml", &project.replace("iniconfig==2.3.1", "iniconfig"));
    let error = stderr(&other.stage(&[]));
    assert!(error.contains("uv.lock` cannot be used\n") && error.contains("\nhint: "), "{error}");
    assert!(error.contains(" lock --project "), "{error}");
}
