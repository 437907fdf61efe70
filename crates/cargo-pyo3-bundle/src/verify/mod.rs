//! `cargo pack verify`: gathers facts, judges them by a policy and shows every finding. Runs nothing of the dist.

mod build_path;
mod claims;
mod facts;
#[cfg(all(test, target_os = "linux"))]
mod hostile;
mod judge;
mod pattern;
pub mod policy;
mod report;
mod scan;
#[cfg(all(test, unix))]
mod untrusted;
mod walk;

use crate::config::{Application, LauncherStyle};
use crate::finding::{Finding, Id};
use crate::object::Version;
use crate::problem::{About, Problem};
use crate::shown::shown;
use crate::{Misuse, Outcome, integrity, layout, sbom};
use anyhow::Result;
use build_path::BuildPaths;
use facts::{Facts, What};
use judge::Expected;
pub use policy::Policy;
pub use report::Report;
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Judges a dist by a policy and shows all that is wrong with it
#[derive(clap::Args, Default)]
pub struct Arguments {
    /// The dist to judge, for any system [default: `dist` in the package's folder]
    pub dist: Option<PathBuf>,
    /// Print the report as JSON
    #[arg(long)]
    pub json: bool,
    /// The newest glibc that a file may need
    #[arg(long, value_name = "2.xx", value_parser = policy::parse_version)]
    pub max_glibc: Option<Version>,
    /// A policy to use instead of the built-in one [default: the key `policy`]
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
}

pub fn run(arguments: &Arguments, application: &Application) -> Result<Outcome> {
    let start = Instant::now();
    judged(arguments, application, |report| report.show(arguments.json, start.elapsed()))
}

/// Judges a dist, and has the report shown.
pub fn judged(
    arguments: &Arguments,
    application: &Application,
    show: impl FnOnce(&Report) -> io::Result<()>,
) -> Result<Outcome> {
    let given = arguments.dist.clone().unwrap_or_else(|| application.output("dist"));
    let dist = existing(&given, application.program()).map_err(Misuse)?;
    let policy =
        read_policy(arguments.policy.as_deref().or(application.keys.policy.as_deref()), application).map_err(Misuse)?;
    let facts = gather(&dist, application, &policy);
    let expected = Expected { name: &application.name, version: &application.version, max_glibc: arguments.max_glibc };
    let mut findings = judge::judge(&facts, &policy, &expected);
    findings.extend(recorded(&dist, &facts, &findings));
    let report = Report::new(&dist, &facts, findings);
    show(&report).map_err(|error| Problem::without_hint("cannot write the report", error.to_string()))?;
    Ok(if report.ok() { Outcome::Fine } else { Outcome::Findings })
}

/// Resolves the dist. Fails unless the folder has something that only a dist has; all else that is missing is a
/// finding.
fn existing(dist: &Path, name: &str) -> Result<PathBuf> {
    let why = match dist.canonicalize() {
        Ok(path) if path.is_dir() => {
            let relative = Path::new("");
            // Other folders have sums as well, for example that of the archives.
            let marks = [layout::METADATA, layout::SBOM, layout::RUNTIME].map(PathBuf::from);
            let mut marks = marks.into_iter().chain([layout::binary(relative, name)]);
            if marks.any(|mark| path.join(mark).symlink_metadata().is_ok()) {
                return Ok(path);
            }
            format!(
                "wanted the folder of a dist, found one with neither `{}` nor anything else that a dist has",
                layout::METADATA
            )
        }
        Ok(_) => "wanted the folder of a dist, found a file".to_owned(),
        Err(error) => error.to_string(),
    };
    Err(Problem::new(format!("there is no dist at `{}`", shown(dist)), why, "cargo pyo3-bundle").into())
}

/// Reads a policy; without a path, the built-in one.
pub fn read_policy(path: Option<&Path>, application: &Application) -> Result<Policy> {
    // An application that wants no launcher has none.
    let heed = |policy: Policy| match application.launcher() {
        LauncherStyle::None => policy.without_launcher(),
        LauncherStyle::Script | LauncherStyle::Environment => policy,
    };
    let Some(path) = path else { return Policy::parse(policy::DEFAULT, application.program()).map(heed) };
    let text = std::fs::read_to_string(path).about("cannot read", path)?;
    Policy::parse(&text, application.program()).map(heed).map_err(|error| {
        let why = error.chain().map(ToString::to_string).collect::<Vec<_>>().join(": ");
        let why = why.trim().replace('\n', "\n  ");
        Problem::without_hint(format!("`{}` is not a policy", shown(path)), why).into()
    })
}

fn gather(dist: &Path, application: &Application, policy: &Policy) -> Facts {
    let texts = policy.build_path.iter().map(|entry| entry.text.clone());
    let paths = BuildPaths::of_environment(&application.root, texts);
    let (mut facts, files) = walk::walk(dist);
    scan::scan(&mut facts, &files, &paths);
    facts
}

/// Compares the dist with its own records: sums, modes and links, the bill of materials and the licence texts. A
/// comparison that fails is also a finding, so that the findings so far are not lost.
fn recorded(dist: &Path, facts: &Facts, known: &[Finding]) -> Vec<Finding> {
    // The comparisons open these files: a FIFO would block, a link could lead anywhere.
    let odd = |name: &&str| !matches!(facts.entries.get(*name).map(|entry| &entry.what), None | Some(What::File(_)));
    if let Some(name) = [integrity::SUMS, layout::METADATA, layout::SBOM].into_iter().find(odd) {
        let why = "it is not a file that can be read, so nothing was compared with it";
        return vec![Finding::new(Id::UnreadableFile, name, why)];
    }
    if facts.cut_at.is_some() {
        return Vec::new(); // more than fits in memory
    }
    let unread = |error: anyhow::Error| vec![Finding::new(Id::UnreadableFile, ".", format!("{error:#}"))];
    let compared = [integrity::compare(dist), sbom::check(dist)].map(|found| found.unwrap_or_else(unread));
    let known: BTreeSet<(Id, &str)> = known.iter().map(|known| (known.id, known.path.as_str())).collect();
    compared.into_iter().flatten().filter(|found| !known.contains(&(found.id, found.path.as_str()))).collect()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::object::fixture;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn dists_of_other_systems_are_judged_here() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, data: &[u8]| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, data).unwrap();
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        };
        let library = |name| fixture::MachO { program: false, install_name: Some(name), ..fixture::MachO::default() };
        let program = fixture::MachO {
            rpaths: &["@executable_path/../python/runtime/lib"],
            needed: &["@rpath/libpython3.13.dylib", "/usr/lib/libSystem.B.dylib"],
            ..fixture::MachO::default()
        };
        let contract = br#"{"schema_version": 1, "name": "app", "version": "1.0.0", "target": "aarch64-apple-darwin",
            "launcher": "app", "binary": "bin/app-bin", "platform": {"os": "macos", "arch": "aarch64", "os_floor": "11.0"},
            "python": {"version": "3.13.5"}}"#;
        write("metadata.json", contract);
        write("app", b"#!/bin/sh\n");
        write("bin/app-bin", &program.bytes());
        write("python/runtime/bin/python3", &fixture::fat(&[&fixture::MachO::default().bytes()]));
        write("python/runtime/lib/libpython3.13.dylib", &library("@rpath/libpython3.13.dylib").bytes());
        write("python/runtime/lib/python3.13/encodings/__init__.py", b"");
        let (name, version) = ("app".to_owned(), "1.0.0".to_owned());
        let application = Application { name, version, root: "/no/checkout".into(), ..Application::default() };
        let found = || {
            let policy = read_policy(None, &application).unwrap();
            let facts = gather(folder.path(), &application, &policy);
            let expected = Expected { name: &application.name, version: &application.version, max_glibc: None };
            let mut ids: Vec<_> = judge::judge(&facts, &policy, &expected).into_iter().map(|found| found.id).collect();
            ids.sort();
            ids
        };
        assert_eq!(found(), Vec::<&str>::new());

        write("python/runtime/lib/libpython3.13.dylib", &library("/install/lib/libpython3.13.dylib").bytes());
        write("python/runtime/bin/python3", &fixture::MachO { minos: 99, ..fixture::MachO::default() }.bytes());
        write("tool.exe", &fixture::Pe { imports: &["strange.dll"], flags: 0 }.bytes());
        let wanted = [
            "absolute-install-name",
            "executable-stack",
            "foreign-needed",
            "macos-floor",
            "metadata-disagrees",
            "no-pie",
        ];
        assert_eq!(found(), wanted);
    }

    #[test]
    fn sums_alone_do_not_make_a_dist() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(integrity::SUMS), "").unwrap();
        assert!(existing(folder.path(), "app").unwrap_err().to_string().contains("there is no dist at"));
        std::fs::write(folder.path().join(layout::SBOM), "").unwrap();
        assert!(existing(folder.path(), "app").is_ok());
    }
}
