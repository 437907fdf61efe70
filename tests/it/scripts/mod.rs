//! The shell scripts as a user meets them: help, refused arguments, and what they say when something is not right.

mod fresh;
mod lacking;
mod packaging;
mod platforms;
mod release;
mod release_check;
mod testing;

use crate::support::{checkout, packager, runtime_python, scratch, stderr, stdout, write_program};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

fn scripts() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in ["python", "dist", "dev", "dev/platforms", "dev/release-check"] {
        let entries = fs::read_dir(checkout().join("scripts").join(folder)).unwrap();
        found.extend(
            entries.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|end| end == "sh")),
        );
    }
    // Claims are run in other systems, by the scripts beside them.
    found.retain(|path| !path.to_str().unwrap().ends_with("claims.sh"));
    assert!(found.len() >= 9, "{found:?}");
    found
}

#[test]
fn every_script_shows_its_usage() {
    for script in scripts() {
        let output = Command::new(&script).arg("--help").output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}: {}", script.display(), stderr(&output));
        assert!(stdout(&output).contains("Usage: "), "{}: {}", script.display(), stdout(&output));
    }
}

#[test]
fn every_script_refuses_what_it_does_not_know() {
    for script in scripts() {
        let output = Command::new(&script).arg("--no-such-option").output().unwrap();
        let text = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{}: {text}", script.display());
        assert!(text.contains("--no-such-option") && text.contains("hint: "), "{}: {text}", script.display());
    }
}

/// A checkout with the scripts, an interpreter that only prints its version, and programs that stand in for real ones.
struct Fake {
    folder: TempDir,
}

impl Fake {
    fn new() -> Self {
        let folder = scratch();
        let done = Command::new("cp").arg("-a").arg(checkout().join("scripts")).arg(folder.path()).status().unwrap();
        assert!(done.success());
        for file in [".python-version", "Cargo.toml"] {
            fs::copy(checkout().join(file), folder.path().join(file)).unwrap();
        }
        Fake { folder }
    }

    fn pin(&self) -> String {
        fs::read_to_string(self.folder.path().join(".python-version")).unwrap().trim().to_owned()
    }

    fn install(&self, version: &str) {
        let python = self.folder.path().join(".local/python");
        let interpreter = python.join("bin/python3");
        fs::create_dir_all(interpreter.parent().unwrap()).unwrap();
        write_program(&interpreter, format!("#!/bin/sh\necho {version}\n"));
        let pin = self.pin();
        let provenance = format!(
            "{{\n  \"provider\": \"source\",\n  \"version\": \"{version}\",\n  \"pinned_version\": \"{pin}\",\n  \"patches\": []\n}}\n"
        );
        fs::write(python.join("provenance.json"), provenance).unwrap();
    }

    /// Puts a script of `sh` in the place of a file of the checkout, or of a program on PATH.
    fn stand_in(&self, place: &str, script: &str) {
        let name = if place.contains('/') { place.to_owned() } else { format!("on-path/{place}") };
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        write_program(&path, format!("#!/bin/sh\n{script}\n"));
    }

    /// Puts the packager in the place of cargo, which would compile it. Its own cargo is the real one, and reads a manifest
    /// without the crates.
    fn packager(&self) {
        self.write("Cargo.toml", "[workspace]\n[package]\nname = \"app\"\nversion = \"1.0.0\"\n");
        self.write("src/main.rs", "");
        let (cargo, packager) = (env!("CARGO"), packager().display());
        self.stand_in(
            "cargo",
            &format!("[ \"$1\" = pack ] || exit 0\nshift\nCARGO='{cargo}' exec '{packager}' \"$@\""),
        );
    }

    fn run(&self, script: &str, arguments: &[&str]) -> Output {
        self.command(script).args(arguments).output().unwrap()
    }

    fn command(&self, script: &str) -> Command {
        let path = std::env::var("PATH").unwrap();
        let mut command = Command::new(self.path().join(script));
        command.env("PATH", format!("{}:{path}", self.path().join("on-path").display()));
        for variable in ["CARGO_TARGET_DIR", "LEFT_OUT_LIST", "CI"] {
            command.env_remove(variable);
        }
        command
    }

    fn read(&self, relative: &str) -> String {
        fs::read_to_string(self.path().join(relative)).unwrap_or_else(|error| panic!("{relative}: {error}"))
    }

    fn write(&self, relative: &str, text: &str) {
        let path = self.path().join(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }
}

#[test]
fn resolve_names_the_installing_command_when_there_is_no_python() {
    let fake = Fake::new();
    let output = fake.run("scripts/python/resolve-python.sh", &[]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(stderr(&output).contains("hint: scripts/python/install-managed-python.sh"), "{}", stderr(&output));
}

#[test]
fn resolve_refuses_another_series() {
    let fake = Fake::new();
    fake.install("3.11.7");
    let output = fake.run("scripts/python/resolve-python.sh", &[]);
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(1), ""), "{}", stderr(&output));
    assert!(stderr(&output).contains("3.11"), "{}", stderr(&output));
}

#[test]
fn resolve_warns_of_another_patch_and_is_quiet_about_the_pin() {
    let fake = Fake::new();
    let pin = fake.pin();
    let series = pin.rsplit_once('.').unwrap().0;
    fake.install(&format!("{series}.0"));
    let output = fake.run("scripts/python/resolve-python.sh", &[]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(
        Path::new(stdout(&output).trim()),
        fake.path().canonicalize().unwrap().join(".local/python/bin/python3")
    );
    assert!(stderr(&output).contains("warning: ") && stderr(&output).contains(&pin), "{}", stderr(&output));
    fake.install(&pin);
    let output = fake.run("scripts/python/resolve-python.sh", &[]);
    assert_eq!(stderr(&output), "");
}

#[test]
fn resolve_says_that_the_interpreter_does_not_run() {
    let fake = Fake::new();
    fake.install("3.13.0");
    fs::write(fake.path().join(".local/python/bin/python3"), "#!/nowhere/at/all\n").unwrap();
    let output = fake.run("scripts/python/resolve-python.sh", &[]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).contains("hint: "), "{}", stderr(&output));
}

#[test]
fn a_tarball_with_another_checksum_is_refused_and_leaves_nothing() {
    let fake = Fake::new();
    let tarball = fake.path().join("Python-3.13.5.tar.xz");
    fs::write(&tarball, "not the source").unwrap();
    let output = fake.run("scripts/python/build-from-source.sh", &["--tarball", tarball.to_str().unwrap()]);
    let text = stderr(&output);
    assert!(!output.status.success() && text.contains("sha256") && text.contains("hint: "), "{text}");
    assert!(!fake.path().join(".local/python").exists(), "{text}");
}

/// A Python that an older checkout built may lack what the scripts add now, though its version is the pin's.
#[test]
fn a_python_that_another_recipe_built_is_built_again() {
    let fake = Fake::new();
    fake.install(&fake.pin());
    let python = fake.path().join(".local/python");
    fs::remove_file(python.join("bin/python3")).unwrap();
    std::os::unix::fs::symlink(runtime_python(), python.join("bin/python3")).unwrap();
    fake.packager();
    fake.stand_in("uv", "if [ \"$1\" = --version ]; then echo uv 99.0.0; else echo asked for a Python; exit 1; fi");
    let install = || fake.run("scripts/python/install-managed-python.sh", &[]);
    let with_recipe = |recipe: &str| {
        let record = fs::read_to_string(python.join("provenance.json")).unwrap();
        let record = record.replace("\"patches\"", &format!("\"recipe\": \"{recipe}\",\n  \"patches\""));
        fs::write(python.join("provenance.json"), record).unwrap();
    };

    let output = install();
    assert!(!output.status.success() && stderr(&output).contains("asked for a Python"), "{}", stderr(&output));
    let recipe = fake.run("scripts/python/build-from-source.sh", &["--recipe"]);
    with_recipe(stdout(&recipe).trim());
    let output = install();
    assert!(output.status.success(), "{}", stderr(&output));
    // A comment decides nothing.
    let lines = fake.read("scripts/python/lib/cpython.sh");
    fake.write("scripts/python/lib/cpython.sh", &(lines + "  # another comment\n"));
    assert!(install().status.success());
    let pins = fake.path().join("scripts/python/cpython-sources.sha256");
    fs::write(&pins, fs::read_to_string(&pins).unwrap() + "\n").unwrap();
    let output = install();
    assert!(!output.status.success() && stderr(&output).contains("asked for a Python"), "{}", stderr(&output));
}
