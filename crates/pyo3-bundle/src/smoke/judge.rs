//! The rules of the smoke: turns facts and places into findings. Touches neither Python nor the disk.

use super::mapped;
use crate::Home;
use pyo3_bundle_layout::finding::{Finding, Id};
use pyo3_bundle_layout::shown::shown;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// A result, or the error in its place.
pub(super) type Outcome<T> = (Option<T>, Option<String>);

/// Text of the operating system: a path need not be UTF-8, a report has to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Native(pub(super) OsString);

impl Native {
    fn shown(&self) -> String {
        shown(Path::new(&self.0))
    }
}

impl Serialize for Native {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.to_string_lossy())
    }
}

impl From<&str> for Native {
    fn from(text: &str) -> Self {
        Native(text.into())
    }
}

#[derive(Clone, Serialize)]
pub(super) struct Facts {
    pub(super) version: String,
    pub(super) prefix: Native,
    pub(super) executable: Native,
    pub(super) path: Vec<Native>,
    /// Modules with the reason why they cannot be imported, if there is one.
    pub(super) imports: BTreeMap<String, Option<String>>,
    pub(super) exercises: BTreeMap<String, Outcome<bool>>,
    /// `sys.prefix`, `sys.executable` and version in a child that runs `sys.executable`.
    pub(super) child: Outcome<Vec<Native>>,
    /// The same in a `multiprocessing` worker.
    pub(super) worker: Outcome<Vec<Native>>,
    pub(super) mapped: Vec<Native>,
}

/// The folders in which everything has to be.
pub(super) struct Places {
    pub(super) root: PathBuf,
    pub(super) runtime: PathBuf,
    /// The packages of a program that is not in a dist.
    pub(super) packages: Option<PathBuf>,
}

impl Places {
    pub(super) fn of(home: &Home) -> Self {
        // On Windows resolving a path makes another text of it, and the home is as the loader has found it.
        let real = |path: &Path| match path.canonicalize() {
            Ok(real) if !cfg!(windows) => real,
            _ => path.to_path_buf(),
        };
        let packages = home.packages().map(|packages| real(&packages));
        Places { root: real(home.root()), runtime: real(home.runtime()), packages }
    }

    fn hold(&self, path: &Native) -> bool {
        let path = Path::new(&path.0);
        let mut folders = [&self.root, &self.runtime].into_iter().chain(&self.packages);
        folders.any(|folder| mapped::is_within(path, folder))
    }

    /// Whether these places hold a path as the system writes it, which can have two readings.
    fn hold_mapped(&self, path: &Native) -> bool {
        self.hold(path) || self.hold(&Native(mapped::other_reading(Path::new(&path.0)).into()))
    }
}

pub(super) fn judge(facts: &Facts, places: &Places) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut find = |id, subject: &str, why: &str| findings.push(Finding::new(id, subject, why));
    for (name, path) in [("sys.prefix", &facts.prefix), ("sys.executable", &facts.executable)] {
        if !places.hold(path) {
            find(Id::OutsideDist, name, &format!("is `{}`", path.shown()));
        }
    }
    for entry in facts.path.iter().filter(|entry| !places.hold(entry)) {
        find(Id::OutsideDist, "sys.path", &format!("has `{}`", entry.shown()));
    }
    for (module, error) in &facts.imports {
        if let Some(error) = error {
            find(Id::ImportFailed, module, error);
        }
    }
    for (name, (_, error)) in &facts.exercises {
        if let Some(error) = error {
            find(Id::ExerciseFailed, name, error);
        }
    }
    let executable = facts.executable.shown();
    let own = [facts.prefix.clone(), facts.executable.clone(), Native::from(facts.version.as_str())];
    for (id, (identity, error)) in [(Id::ChildFailed, &facts.child), (Id::WorkerFailed, &facts.worker)] {
        match (identity, error) {
            (Some(identity), None) if identity[..] == own => {}
            (Some(identity), None) => {
                let identity: Vec<_> = identity.iter().map(Native::shown).collect();
                find(id, &executable, &format!("started another Python: {}", identity.join(", ")));
            }
            (_, error) => find(id, &executable, error.as_deref().unwrap_or("did not answer")),
        }
    }
    let is_system = |object: &Native| mapped::is_system(Path::new(&object.0));
    for object in facts.mapped.iter().filter(|object| !places.hold_mapped(object) && !is_system(object)) {
        let why = format!("is mapped, and is neither in this dist nor part of {}", mapped::SYSTEM);
        find(Id::ForeignObject, &object.shown(), &why);
    }
    findings
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    fn places() -> Places {
        Places { root: "/d".into(), runtime: "/d/python/runtime".into(), packages: None }
    }

    fn whole() -> Facts {
        let identity = ["/d/python/runtime", "/d/python/runtime/bin/python3", "3.13.5"].map(Native::from);
        Facts {
            version: "3.13.5".into(),
            prefix: identity[0].clone(),
            executable: identity[1].clone(),
            path: vec!["/d/python/runtime/lib/python3.13".into()],
            imports: BTreeMap::from([("ssl".into(), None)]),
            exercises: BTreeMap::from([("sqlite3".into(), (None, None))]),
            child: (Some(identity.to_vec()), None),
            worker: (Some(identity.to_vec()), None),
            mapped: vec!["/d/bin/app-bin".into(), "/usr/lib/x86_64-linux-gnu/libc.so.6".into()],
        }
    }

    fn ids(change: impl FnOnce(&mut Facts)) -> Vec<&'static str> {
        let mut facts = whole();
        change(&mut facts);
        judge(&facts, &places()).iter().map(|finding| finding.id.as_str()).collect()
    }

    #[test]
    fn a_whole_dist_has_no_finding() {
        assert_eq!(judge(&whole(), &places()), []);
    }

    #[test]
    fn every_rule_trips() {
        assert_eq!(ids(|facts| facts.path.push("/usr/lib/python3.13".into())), ["outside-dist"]);
        assert_eq!(ids(|facts| facts.path.push("/d-elsewhere/lib".into())), ["outside-dist"]);
        assert_eq!(ids(|facts| facts.imports.extend([("_x".into(), Some("no".into()))])), ["import-failed"]);
        assert_eq!(ids(|facts| facts.exercises.extend([("x".into(), (None, Some("no".into())))])), ["exercise-failed"]);
        assert_eq!(ids(|facts| facts.child = (None, Some("no".into()))), ["child-failed"]);
        assert_eq!(ids(|facts| facts.worker = (Some(vec!["/usr".into()]), None)), ["worker-failed"]);
        assert_eq!(ids(|facts| facts.mapped.push("/usr/lib/libssl.so.3".into())), ["foreign-object"]);
        assert_eq!(ids(|facts| facts.prefix = "/usr".into()), ["outside-dist", "child-failed", "worker-failed"]);
    }

    #[test]
    fn a_finding_is_one_line_that_no_terminal_obeys() {
        let mut facts = whole();
        facts.path.push("/x\x1b[2K\r".into());
        facts.imports.extend([("_x".into(), Some("no\n\x1b[2K".into()))]);
        facts.mapped.push("/y\x1b".into());
        let lines: Vec<String> = judge(&facts, &places()).iter().map(Finding::to_string).collect();
        assert_eq!(lines[0], r"outside-dist: sys.path: has `/x\u{1b}[2K\r`");
        assert_eq!(lines[1], r"import-failed: _x: no\n\u{1b}[2K");
        assert!(lines[2].starts_with(r"foreign-object: /y\u{1b}: is mapped"), "{lines:?}");
    }

    #[test]
    fn a_dist_whose_name_has_a_line_feed_or_looks_so_is_known_in_what_is_mapped() {
        for root in ["/a\nb", r"/a\012b"] {
            let places = Places { root: root.into(), ..places() };
            assert!(places.hold_mapped(&Native::from(r"/a\012b/bin/app-bin")), "{root}");
            assert!(!places.hold_mapped(&Native::from(r"/a\012/bin/app-bin")), "{root}");
        }
    }
}
