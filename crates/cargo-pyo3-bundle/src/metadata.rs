//! Gathers what `metadata.json` says of a dist that is being made. pyo3-bundle-layout has the type, and
//! docs/bundle-layout.md describes it; `stage` writes the file.

use crate::config::{Application, LauncherStyle};
use crate::layout;
use crate::platform::{Files, Platform, inside};
use crate::problem::{About, Problem};
use crate::shown::{shown, visible};
use anyhow::Result;
use clap::ValueEnum;
use pyo3_bundle_layout::metadata::{Git, Metadata, Program, Python, SCHEMA_VERSION};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::process::Command;

/// Where a Python comes from, as its installer recorded it. Taken over field by field.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    pub version: String,
    pub pinned_version: String,
    pub provider: Provider,
    pub source_url: Option<String>,
    pub source_sha256: Option<String>,
    pub patches: Vec<String>,
    /// The distribution's source package that carries the patches.
    pub patches_source: Option<String>,
    /// Read by `install-managed-python.sh`, which builds again when its own recipe is another.
    #[serde(rename = "recipe", default)]
    _recipe: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    Uv,
    /// uv, from a list of downloads that the user has named.
    List,
    Source,
    Archive,
}

impl Provider {
    fn name(self) -> &'static str {
        match self {
            Provider::Uv => "uv",
            Provider::List => "list",
            Provider::Source => "source",
            Provider::Archive => "archive",
        }
    }
}

impl Provenance {
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).about("cannot read", path)?;
        serde_json::from_str(&text).map_err(|error| {
            let what = format!("`{}` is not a provenance file", shown(path));
            Problem::new(what, visible(&error.to_string()), "cargo pyo3-bundle python").into()
        })
    }

    fn python(&self) -> Python {
        Python {
            implementation: "cpython".into(),
            version: self.version.clone(),
            pinned_version: self.pinned_version.clone(),
            provider: self.provider.name().into(),
            source_url: self.source_url.clone(),
            source_sha256: self.source_sha256.clone(),
            patches: self.patches.clone(),
            patches_source: self.patches_source.clone(),
        }
    }

    /// `3.13`
    pub fn series(&self) -> Result<&str> {
        let end = self.version.rfind('.').ok_or_else(|| {
            let what = format!("`{}` is not a version of Python", visible(&self.version));
            let why = "wanted a version such as 3.13.5 in the provenance of the Python";
            Problem::new(what, why, "cargo pyo3-bundle python")
        })?;
        Ok(&self.version[..end])
    }
}

/// How much of the Python a dist carries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// All of it
    #[default]
    Full,
    /// Without what `slim.toml` names
    Slim,
    /// Only what the modules of the configuration import
    Minimal,
}

impl Profile {
    /// Its name, as users give it and as the metadata has it.
    fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

/// Describes a dist by its files and its sources. [`integrity::record`](crate::integrity::record) adds the rest.
pub fn describe(
    application: &Application,
    programs: &[&str],
    provenance: &Provenance,
    profile: Profile,
    platform: &dyn Platform,
    files: &Files,
) -> Result<Metadata> {
    let revision = Revision::of(&application.root);
    let relative = Path::new("");
    let mut programs = programs.iter().map(|name| {
        let binary = inside(platform.binary(relative, name));
        let launcher = match application.launcher() {
            LauncherStyle::None => binary.clone(),
            LauncherStyle::Script | LauncherStyle::Environment => inside(platform.launcher(relative, name)),
        };
        Program { launcher, binary }
    });
    let own = programs.next().unwrap_or_default();
    Ok(Metadata {
        schema_version: SCHEMA_VERSION,
        name: application.name.clone(),
        version: application.version.clone(),
        target: platform.target().to_owned(),
        launcher: own.launcher,
        binary: own.binary,
        others: programs.collect(),
        platform: platform.described(files),
        python: provenance.python(),
        git: revision.as_ref().map(|revision| revision.git.clone()),
        // Run in the application's folder, where a toolchain file may choose the compiler.
        rustc: run("rustc", &["--version"], &application.root)?,
        created: created(revision.as_ref())?,
        profile: profile.name(),
        ..Metadata::default()
    })
}

/// Reads what a dist says of itself. A folder without it is not a dist.
pub fn text_of(dist: &Path) -> Result<String, Problem> {
    std::fs::read_to_string(dist.join(layout::METADATA)).map_err(|error| {
        Problem::new(
            format!("`{}` is not a dist", shown(dist)),
            format!("wanted `{}`: {error}", layout::METADATA),
            "cargo pyo3-bundle",
        )
    })
}

/// Reads what a folder claims to be in its `metadata.json`. The error says why that is not the metadata of a dist.
pub fn claims_of(folder: &Path) -> Result<Metadata, String> {
    let read = Metadata::of_dist(folder).and_then(|metadata| {
        metadata.needs_claims()?;
        metadata.needs(&["executables", "links"])?;
        Ok(metadata)
    });
    read.map_err(|why| format!("its `{}`: {why}", layout::METADATA))
}

/// The commit that an application is built from.
#[derive(Debug)]
struct Revision {
    git: Git,
    /// Seconds since 1970.
    seconds: String,
}

impl Revision {
    /// Reads the commit; `None` if no repository tracks the application's manifest. An unpacked source archive can be
    /// packed, and a repository around it says nothing about it.
    fn of(root: &Path) -> Option<Self> {
        let git = |arguments: &[&str]| run("git", arguments, root).ok();
        git(&["ls-files", "--error-unmatch", "Cargo.toml"])?;
        let sha = git(&["rev-parse", "HEAD"])?;
        // What a run leaves here is not a source of the next one. What git tracks is one, whatever its folder is called.
        // Those that end in `.partial` are unfinished.
        let outputs = [
            "--",
            ":/",
            ":(exclude,top,glob)**/dist/**",
            ":(exclude,top,glob)**/dist.partial/**",
            ":(exclude,top,glob)**/archives/**",
            ":(exclude,top,glob)**/archives.partial/**",
        ];
        let is_changed = |only: &[&str]| Some(!git(&[&["status", "--porcelain"][..], only].concat())?.is_empty());
        let dirty = is_changed(&["--untracked-files=no", "--", ":/"])? || is_changed(&outputs)?;
        let seconds = git(&["show", "--no-patch", "--no-show-signature", "--format=%ct"])?;
        Some(Revision { git: Git { sha, dirty }, seconds })
    }
}

/// SOURCE_DATE_EPOCH, else the commit's date; never the present, so that the same sources give the same bytes.
/// <https://reproducible-builds.org/specs/source-date-epoch/>
fn created(revision: Option<&Revision>) -> Result<String> {
    let seconds = match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(text) => text,
        Err(_) => revision.map_or("0", |revision| &revision.seconds).to_owned(),
    };
    rfc3339(&seconds).map_err(|error| {
        let what = format!("`SOURCE_DATE_EPOCH={}` is not a number of seconds", visible(&seconds));
        Problem::new(what, error.to_string(), "unset SOURCE_DATE_EPOCH").into()
    })
}

fn rfc3339(seconds: &str) -> Result<String> {
    Ok(jiff::Timestamp::from_second(seconds.trim().parse()?)?.to_string())
}

fn run(tool: &str, arguments: &[&str], folder: &Path) -> Result<String> {
    let path = which::which(tool).map_err(|error| {
        let why = format!("wanted it for `{tool} {}`: {error}", arguments.join(" "));
        Problem::new(format!("`{tool}` is not on PATH"), why, format!("command -v {tool}"))
    })?;
    let mut command = Command::new(path);
    // A hook of another repository sets these variables, which git prefers to the folder it runs in.
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX"] {
        command.env_remove(name);
    }
    let output = command.args(arguments).current_dir(folder).output().about("cannot work in", folder)?;
    if !output.status.success() {
        let (what, said) =
            (format!("`{tool} {}` failed", arguments.join(" ")), String::from_utf8_lossy(&output.stderr));
        return Err(Problem::new(what, visible(said.trim()), format!("{tool} {}", arguments.join(" "))).into());
    }
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rfc_3339_in_utc() {
        assert_eq!(rfc3339("0").unwrap(), "1970-01-01T00:00:00Z");
        assert_eq!(rfc3339("1767225600\n").unwrap(), "2026-01-01T00:00:00Z");
        assert!(rfc3339("yesterday").is_err());
    }

    #[test]
    fn a_provenance_is_taken_over_and_a_wrong_one_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("provenance.json");
        let text = r#"{"provider": "source", "version": "3.13.5", "pinned_version": "3.13.18", "recipe": "1", "patches": ["CVE-1"]}"#;
        std::fs::write(&path, text).unwrap();
        let provenance = Provenance::read(&path).unwrap();
        assert_eq!((provenance.provider, provenance.series().unwrap()), (Provider::Source, "3.13"));
        let python = serde_json::to_value(provenance.python()).unwrap();
        assert_eq!(
            (python.get("recipe"), &python["provider"]),
            (None, &"source".into()),
            "of no use to users of the dist"
        );
        std::fs::write(&path, text.replace("source", "magic")).unwrap();
        let error = format!("{:#}", Provenance::read(&path).unwrap_err());
        assert!(error.contains("magic"), "{error}");
    }

    #[test]
    fn the_commit_is_of_the_repository_that_has_the_application() {
        let folder = tempfile::tempdir().unwrap();
        let git = |arguments: &[&str]| {
            let identity = ["-c", "user.name=a test", "-c", "user.email=test@localhost", "-c", "commit.gpgsign=false"];
            run("git", &[&identity[..], arguments].concat(), folder.path()).unwrap()
        };
        // The tests run in this checkout, which is another repository.
        assert!(Revision::of(folder.path()).is_none());
        std::fs::write(folder.path().join("Cargo.toml"), "").unwrap();
        git(&["init", "--quiet"]);
        assert!(Revision::of(folder.path()).is_none(), "not tracked");
        git(&["add", "Cargo.toml"]);
        git(&["commit", "--quiet", "--message", "one", "--date", "2026-01-01T00:00:00Z"]);
        let commit = Revision::of(folder.path()).unwrap();
        assert_eq!(commit.git, Git { sha: git(&["rev-parse", "HEAD"]), dirty: false });
        assert_eq!(commit.seconds, git(&["log", "-1", "--format=%ct"]));
        for output in ["dist", "dist.partial", "archives", "archives.partial"] {
            std::fs::create_dir(folder.path().join(output)).unwrap();
            std::fs::write(folder.path().join(output).join("file"), "").unwrap();
        }
        assert!(!Revision::of(folder.path()).unwrap().git.dirty, "what was made before");
        let tracked = folder.path().join("web/dist/app.js");
        std::fs::create_dir_all(tracked.parent().unwrap()).unwrap();
        std::fs::write(&tracked, "1").unwrap();
        git(&["add", "web"]);
        git(&["commit", "--quiet", "--message", "two"]);
        assert!(!Revision::of(folder.path()).unwrap().git.dirty);
        std::fs::write(&tracked, "2").unwrap();
        assert!(Revision::of(folder.path()).unwrap().git.dirty, "what git tracks in a folder of that name");
        std::fs::write(&tracked, "1").unwrap();
        let unpacked = folder.path().join("unpacked");
        std::fs::create_dir(&unpacked).unwrap();
        std::fs::write(unpacked.join("Cargo.toml"), "").unwrap();
        assert!(Revision::of(&unpacked).is_none(), "of a repository that does not know it");
        assert!(Revision::of(folder.path()).unwrap().git.dirty);
    }
}
