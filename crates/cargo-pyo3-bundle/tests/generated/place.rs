//! The folder of the generated applications, and what is done to one: the commands that its developer would type. All
//! are made in the same folder, one after the other, so that cargo builds a PyO3 for them only once.

use crate::sources::Files;
use serde_json::Value;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Has what a path can have.
const NAME: &str = "an é place";

/// Variables of the machine that programs need to work at all. Nothing of this checkout's cargo is among them.
const KEPT: [&str; 14] = [
    "PATH",
    "HOME",
    "USER",
    "TMPDIR",
    "LANG",
    "CARGO_HOME",
    "RUSTUP_HOME",
    "RUSTUP_TOOLCHAIN",
    "SSL_CERT_FILE",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "https_proxy",
    "PIP_INDEX_URL",
    "UV_INDEX_URL",
];

/// A build that is fast to make. None of it matters to a dist.
const FAST: [(&str, &str); 5] = [
    ("CARGO_PROFILE_RELEASE_LTO", "off"),
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
    ("CARGO_PROFILE_DEV_DEBUG", "0"),
    ("CARGO_INCREMENTAL", "0"),
];

pub struct Place {
    folder: tempfile::TempDir,
    pub version: String,
    /// The list with the Python that this checkout has built, if it was not downloaded.
    list: Option<PathBuf>,
}

impl Place {
    /// Finds this checkout's Python. Without it nothing can be tested, which is a failure.
    pub fn new() -> Result<Self, String> {
        let local = checkout().join(".local");
        let record = local.join("python/provenance.json");
        let text = fs::read_to_string(&record).map_err(|error| {
            format!(
                "there is no managed Python for the generated applications\n  `{}`: {error}\nhint: \
                 scripts/python/install-managed-python.sh",
                record.display()
            )
        })?;
        let record: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        let field = |name: &str| record[name].as_str().unwrap_or_default().to_owned();
        let list = (field("provider") == "source").then(|| {
            let recipe = format!("-{}.downloads.json", field("recipe"));
            let lists =
                fs::read_dir(local.join("cache/cpython")).into_iter().flatten().flatten().map(|entry| entry.path());
            lists.into_iter().find(|path| path.display().to_string().ends_with(&recipe))
        });
        let list = match list {
            Some(None) => return Err(format!("`{}` has no list for uv", local.join("cache/cpython").display())),
            Some(found) => found,
            None => None,
        };
        let folder = tempfile::Builder::new().prefix(NAME).tempdir().map_err(|error| error.to_string())?;
        Ok(Place { folder, version: field("version"), list })
    }

    pub fn target(&self) -> PathBuf {
        self.path("target")
    }

    /// A folder for something to be moved into. It is empty.
    pub fn new_folder(&self) -> PathBuf {
        let folder = self.path("elsewhere");
        let _earlier = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).unwrap();
        folder
    }

    /// Lets a command reach nothing: nobody listens where its proxies are, and its list names an address there.
    pub fn take_the_network_away(&self, command: &mut Command) {
        const NOBODY: &str = "http://127.0.0.1:9";
        for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"] {
            command.env(name, NOBODY);
        }
        command.env("UV_HTTP_RETRIES", "0");
        if let Some(list) = &self.list {
            let mut builds: serde_json::Value = serde_json::from_slice(&fs::read(list).unwrap()).unwrap();
            for build in builds.as_object_mut().unwrap().values_mut() {
                let name = build["url"].as_str().unwrap().rsplit('/').next().unwrap();
                build["url"] = format!("{NOBODY}/{name}").into();
            }
            let file = self.path("unreachable.json");
            fs::write(&file, builds.to_string()).unwrap();
            command.env("UV_PYTHON_DOWNLOADS_JSON_URL", format!("file://{}", file.display()).replace(' ', "%20"));
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Makes an application in a repository of its own. Only the Python of the one before stays.
    pub fn application(&self, files: &Files) -> Application<'_> {
        let root = self.path("app");
        fs::create_dir_all(&root).unwrap();
        for entry in fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path()) {
            match entry.is_dir() && !entry.is_symlink() {
                _ if entry.ends_with(".local") => {}
                true => fs::remove_dir_all(entry).unwrap(),
                false => fs::remove_file(entry).unwrap(),
            }
        }
        for (name, text) in files {
            let path = root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let application = Application { place: self, root, package: None };
        application.git(&["init", "--quiet"]);
        application.git(&["add", "--all", ":!.local"]);
        application.git(&["commit", "--quiet", "--message", "as it was"]);
        application
    }
}

pub struct Application<'a> {
    place: &'a Place,
    pub root: PathBuf,
    /// The member of a workspace that the commands are for.
    pub package: Option<&'static str>,
}

impl Application<'_> {
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root).stdin(Stdio::null()).env_clear();
        command.envs(std::env::vars_os().filter(|(name, _)| KEPT.iter().any(|kept| name == kept))).envs(FAST);
        let own = checkout().join(".local/uv/bin");
        let path = std::env::var("PATH").unwrap_or_default();
        command.env("PATH", format!("{path}:{}", own.display()));
        command.env("CARGO_TARGET_DIR", self.place.target());
        command.env("UV_CACHE_DIR", checkout().join(".local/cache/uv"));
        if let Some(list) = &self.place.list {
            command.env("UV_PYTHON_DOWNLOADS_JSON_URL", format!("file://{}", list.display()));
        }
        command
    }

    pub fn bundle(&self, arguments: &[&str]) -> Output {
        let mut command = self.command(env!("CARGO_BIN_EXE_cargo-pyo3-bundle"));
        command.arg("pyo3-bundle").args(arguments);
        if let Some(name) = self.package {
            command.args(["--package", name]);
        }
        command.output().unwrap()
    }

    pub fn cargo(&self, arguments: &[&str]) -> Output {
        self.command("cargo").args(arguments).output().unwrap()
    }

    pub fn git(&self, arguments: &[&str]) -> String {
        let identity = ["-c", "user.name=a test", "-c", "user.email=test@localhost", "-c", "commit.gpgsign=false"];
        done(self.command("git").args(identity).args(arguments).output().unwrap())
    }

    /// Runs `init`, and returns the number of lines that git finds changed. A second run has nothing to do.
    pub fn init(&self) -> usize {
        let crates = checkout().join("crates");
        let arguments = ["init", "--yes", "--path", crates.to_str().unwrap(), "--python", &self.place.version];
        done(self.bundle(&arguments));
        self.git(&["add", "--all", "--intent-to-add"]);
        let numstat = ["diff", "--numstat", "--", ":!Cargo.lock"]; // cargo writes it
        let counts = self.git(&numstat);
        let again = done(self.bundle(&arguments));
        assert!(again.starts_with("nothing to do"), "{again}");
        assert_eq!(self.git(&numstat), counts);
        counts.split_whitespace().filter_map(|word| word.parse::<usize>().ok()).sum()
    }

    /// Makes the dist, and moves it to where nothing has ever been. The one command, which also makes archives and takes
    /// the longer for it, is in the walk.
    pub fn moved_dist(&self) -> Dist {
        for step in [vec!["python"], vec!["build"], vec!["stage", "--out", "dist"], vec!["verify", "dist"]] {
            done(self.bundle(&step));
        }
        self.moved(&self.root.join("dist"))
    }

    /// Moves a dist of this application.
    pub fn moved(&self, dist: &Path) -> Dist {
        let moved = self.place.path("moved é dist");
        if moved.exists() {
            fs::remove_dir_all(&moved).unwrap();
        }
        fs::rename(dist, &moved).unwrap();
        Dist { root: moved, python: self.root.join(".local") }
    }
}

/// A dist that was moved. While it is there, the Python that it was built with is out of reach.
pub struct Dist {
    pub root: PathBuf,
    python: PathBuf,
}

impl Dist {
    /// The name of the launcher, as the dist says itself.
    pub fn launcher(&self) -> String {
        let text = fs::read_to_string(self.root.join("metadata.json")).unwrap();
        let metadata: Value = serde_json::from_str(&text).unwrap();
        metadata["launcher"].as_str().unwrap().to_owned()
    }

    /// Runs a program of the dist in an empty environment, without the Python that it was built with.
    pub fn run(&self, program: &str, variables: &[(&str, &str)]) -> String {
        let away = self.python.with_extension("away");
        fs::rename(&self.python, &away).unwrap();
        let mut command = Command::new(self.root.join(program));
        command.env_clear().envs(variables.iter().copied()).current_dir("/").stdin(Stdio::null());
        let output = command.output();
        fs::rename(&away, &self.python).unwrap();
        done(output.unwrap())
    }
}

/// The output of a command that must work.
pub fn done(output: Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}\n{}{}", output.status, text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

fn checkout() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("the crate is in `crates` of the checkout")
}
