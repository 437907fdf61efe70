//! Starts a moved copy of a dist in an empty environment, and has its program check its own Python.

mod allowed;

use crate::layout::{self, SMOKE_VARIABLE};
use crate::problem::{About, Problem};
use crate::say::warn;
use crate::shown::{shown, visible, word};
use crate::verify::Policy;
use crate::{copy, finding::Id, linked, system};
use anyhow::Result;
use pyo3_bundle_layout::metadata::Metadata;
use serde_json::Value;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The check takes about a second. A program that does not know the variable may run for ever.
const LONGEST: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(20);

/// How many of the last lines of a program's output are shown.
const MOST_LINES: usize = 20;

/// Returns the program's report; `None` if it started well but does not know how to check itself. The copy is made in
/// `folder` and removed again. What the policy leaves to the system is not a finding.
pub fn moved(dist: &Path, folder: &Path, policy: &Policy) -> Result<Option<Value>> {
    let copied = Copied::of(dist, folder)?;
    let (start, binary) = start_of(dist)?;
    let said = Said::of(&copied.place.join(&start), copied.scratch.path())?;
    said.judged(&dist.join(start), &dist.join(binary), policy)
}

/// A copy of a dist, until this is dropped. An interrupted run leaves the copy, which is in nobody's way.
pub struct Copied {
    scratch: TempDir,
    pub place: PathBuf,
}

impl Copied {
    pub fn of(dist: &Path, folder: &Path) -> Result<Copied> {
        fs::create_dir_all(folder).about("cannot create", folder)?;
        let scratch =
            tempfile::Builder::new().prefix("moved dist ").tempdir_in(folder).about("cannot work in", folder)?;
        // Modules report the paths of their files as the system resolves them.
        let place = scratch.path().canonicalize().about("cannot resolve", scratch.path())?.join("elsewhere");
        copy::tree(dist, &place, |_, _| false)?;
        Ok(Copied { scratch, place })
    }
}

/// The launcher, or the program itself where the dist has no launcher; and the program.
fn start_of(dist: &Path) -> Result<(PathBuf, PathBuf)> {
    let path = dist.join(layout::METADATA);
    let data = fs::read(&path).about("cannot read", &path)?;
    let parsed = Metadata::parse(&data).and_then(|it| it.needs(&["launcher", "binary"]).map(|()| it));
    let metadata =
        parsed.map_err(|why| Problem::without_hint(format!("`{}` is not as expected", shown(&path)), why))?;
    let (launcher, binary) = (PathBuf::from(metadata.launcher), PathBuf::from(metadata.binary));
    Ok((if dist.join(&launcher).is_file() { launcher } else { binary.clone() }, binary))
}

/// What a program did.
struct Said {
    /// `None` if it still ran after [`LONGEST`].
    status: Option<ExitStatus>,
    output: String,
    errors: String,
}

impl Said {
    fn of(program: &Path, folder: &Path) -> Result<Said> {
        let (output, errors) = (folder.join("output"), folder.join("errors"));
        let create = |path: &Path| File::create(path).about("cannot write", path);
        let mut command = Command::new(program);
        let command = system::clear_environment(&mut command);
        command.env(SMOKE_VARIABLE, "json").current_dir("/").stdin(Stdio::null());
        let child = command.stdout(create(&output)?).stderr(create(&errors)?).spawn().about("cannot run", program)?;
        let status = wait(child).about("cannot wait for", program)?;
        let read = |path: &Path| fs::read(path).map(|text| String::from_utf8_lossy(&text).into_owned());
        let (output, errors) = (read(&output), read(&errors));
        Ok(Said { status, output: output.unwrap_or_default(), errors: errors.unwrap_or_default() })
    }

    fn judged(mut self, program: &Path, binary: &Path, policy: &Policy) -> Result<Option<Value>> {
        let report: Option<Value> = serde_json::from_str(&self.output).ok();
        let mut report = report.filter(|report| report.get("ok").is_some());
        if let Some(report) = &mut report {
            let allowed = allowed::take(report, policy);
            // A program that has findings and hangs at its end has more than these.
            if !allowed.is_empty() && report["ok"] == true && self.status.is_some_and(|status| status.code() == Some(1))
            {
                return Ok(Some(report.take()));
            }
            let is_allowed =
                |line: &&str| allowed.iter().any(|path| line.starts_with(&format!("{}: {path}: ", Id::ForeignObject)));
            self.errors = self.errors.lines().filter(|line| !is_allowed(line)).collect::<Vec<_>>().join("\n");
        }
        let name = shown(program);
        let started = match self.status {
            None => {
                let what = format!("`{name}` still runs after {} s and was ended", LONGEST.as_secs());
                if linked::calls_init(binary)? {
                    let why = format!(
                        "it calls `pyo3_bundle::init()`, which answers {SMOKE_VARIABLE} and ends the program; \
                         wanted the answer before anything that waits"
                    );
                    let hint = format!("env -i {SMOKE_VARIABLE}=1 {}", word(program));
                    return Err(Problem::new(what, why, hint).into());
                }
                what
            }
            Some(status) if status.success() => match report {
                Some(report) => return Ok(Some(report)),
                None => format!("`{name}` starts and ends well"),
            },
            Some(status) => return Err(self.failure(program, status, report.is_some()).into()),
        };
        warn(&format!(
            "{started}, but does not answer {SMOKE_VARIABLE}, so its Python is not checked (`pyo3_bundle::init()` answers)"
        ));
        Ok(None)
    }

    fn failure(&self, program: &Path, status: ExitStatus, checked: bool) -> Problem {
        let name = shown(program);
        let what = if checked {
            format!("the Python of `{name}` has findings")
        } else {
            format!("`{name}` fails at its start")
        };
        let lines: Vec<String> =
            self.errors.lines().chain(self.output.lines().filter(|_| !checked)).map(visible).collect();
        let last = lines[lines.len().saturating_sub(MOST_LINES)..].join("\n  ");
        let printed = if last.is_empty() { "it printed nothing".to_owned() } else { format!("it printed:\n  {last}") };
        let why = format!("a moved copy of the dist, in an empty environment, ended with {status}; {printed}");
        Problem::new(what, why, format!("env -i {SMOKE_VARIABLE}=1 {}", word(program)))
    }
}

/// Waits for a program, and ends one that takes too long.
fn wait(mut child: Child) -> std::io::Result<Option<ExitStatus>> {
    let start = Instant::now();
    while start.elapsed() < LONGEST {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        std::thread::sleep(PAUSE);
    }
    child.kill()?;
    child.wait()?;
    Ok(None)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::object::fixture;
    use crate::verify::policy;

    /// A dist of nothing but a launcher.
    fn smoked(launcher: &str) -> Result<Option<Value>> {
        smoked_by(&Policy::parse(policy::DEFAULT, "app").unwrap(), launcher)
    }

    fn smoked_by(policy: &Policy, launcher: &str) -> Result<Option<Value>> {
        let folder = tempfile::tempdir().unwrap();
        let dist = folder.path().join("dist");
        fs::create_dir(&dist).unwrap();
        crate::system::write_program(&dist.join("app"), &format!("#!/bin/sh\n{launcher}\n"));
        fs::write(dist.join("metadata.json"), r#"{"schema_version": 1, "launcher": "app", "binary": "bin/app-bin"}"#)
            .unwrap();
        let answer = moved(&dist, &folder.path().join("target"), policy);
        assert_eq!(fs::read_dir(folder.path().join("target")).unwrap().count(), 0, "the copy stays");
        answer
    }

    #[test]
    fn what_an_interrupted_run_left_is_in_nobodys_way() {
        let folder = tempfile::tempdir().unwrap();
        let (dist, target) = (folder.path().join("dist"), folder.path().join("target"));
        fs::create_dir(&dist).unwrap();
        fs::write(dist.join("file"), "").unwrap();
        std::mem::forget(Copied::of(&dist, &target).unwrap());
        let copied = Copied::of(&dist, &target).unwrap();
        assert!(dist.join("file").is_file() && copied.place.join("file").is_file());
        drop(copied);
        assert_eq!(fs::read_dir(&target).unwrap().count(), 1);
    }

    #[test]
    fn a_moved_copy_is_started_in_an_empty_environment() {
        let report = smoked(
            "case $0 in */elsewhere/app) moved=true ;; esac\n\
             printf '{\"ok\": true, \"moved\": %s, \"home\": \"%s\", \"asked\": \"%s\"}' \"$moved\" \"$HOME\" \"$PYO3_BUNDLE_SMOKE\"",
        );
        let report = report.unwrap().unwrap();
        assert_eq!((&report["moved"], &report["home"], &report["asked"]), (&true.into(), &"".into(), &"json".into()));
        assert_eq!(smoked("echo hello").unwrap(), None);
    }

    #[test]
    fn a_program_that_has_to_answer_must_not_hang() {
        let folder = tempfile::tempdir().unwrap();
        let binary = folder.path().join("app-bin");
        let policy = Policy::parse(policy::DEFAULT, "app").unwrap();
        let hangs = |content: &str| {
            fs::write(&binary, content).unwrap();
            let said = Said { status: None, output: String::new(), errors: String::new() };
            said.judged(Path::new("dist/app"), &binary, &policy)
        };
        assert_eq!(hangs("knows no pyo3-bundle").unwrap(), None);
        for record in ["none", &"a".repeat(64)] {
            let text = hangs(&format!("\0{}{record}\0", layout::LINKED_LIBRARY)).unwrap_err().to_string();
            assert!(
                text.starts_with("`dist/app` still runs after 60 s and was ended\n  it calls `pyo3_bundle::init()`"),
                "{text}"
            );
            assert!(text.ends_with("\nhint: env -i PYO3_BUNDLE_SMOKE=1 dist/app"), "{text}");
        }
    }

    #[test]
    fn a_library_that_the_policy_leaves_to_the_system_is_not_a_finding() {
        let folder = tempfile::tempdir().unwrap();
        let driver = folder.path().join("libdriver.so.1");
        fs::write(&driver, fixture::elf(fixture::NEEDED, 1, "libc.so.6")).unwrap();
        let driver = driver.display();
        let printing = |more: &str, line: &str| {
            let finding = |id: &str, path: &str| format!("{{\"id\": \"{id}\", \"path\": \"{path}\", \"why\": \"w\"}}");
            let findings = finding("foreign-object", &driver.to_string()) + more;
            format!(
                "echo '{{\"ok\": false, \"findings\": [{findings}]}}'; printf 'foreign-object: {driver}: w\n{line}' >&2; exit 1"
            )
        };
        let of_drivers = "[[elf.system]]\nnames = [\"libdriver.so.1\"]\nreason = \"a driver\"\n";
        let policy = Policy::parse(&(policy::DEFAULT.to_owned() + of_drivers), "app").unwrap();
        let report = smoked_by(&policy, &printing("", "")).unwrap().unwrap();
        assert_eq!((&report["ok"], report["findings"].as_array().unwrap().len()), (&true.into(), 0));
        assert!(smoked(&printing("", "")).unwrap_err().to_string().contains(&format!("foreign-object: {driver}")));
        let more = ", {\"id\": \"outside-dist\", \"path\": \"sys.path\", \"why\": \"w\"}";
        let text = smoked_by(&policy, &printing(more, "outside-dist: sys.path: w\n")).unwrap_err().to_string();
        assert!(text.contains("  outside-dist: sys.path: w") && !text.contains("foreign-object"), "{text}");
    }

    #[test]
    fn a_program_that_crashes_at_its_start_is_shown_with_its_last_words() {
        let text = format!("{:#}", smoked("echo 'no such thing' >&2; exit 3").unwrap_err());
        assert!(text.contains("/dist/app` fails at its start\n") && text.contains("exit status: 3"), "{text}");
        assert!(text.contains("it printed:\n  no such thing\nhint: env -i PYO3_BUNDLE_SMOKE=1 "), "{text}");
        let text = format!("{:#}", smoked("kill -9 $$").unwrap_err());
        assert!(text.contains("signal: 9") && text.contains("it printed nothing"), "{text}");
        let text = format!("{:#}", smoked("seq 100; exit 1").unwrap_err());
        assert!(text.contains("  81\n") && !text.contains("  80\n") && text.contains("  100\n"), "{text}");
        let text = format!("{:#}", smoked("echo '{\"ok\": false}'; echo 'foreign-object: x' >&2; exit 1").unwrap_err());
        assert!(
            text.contains("has findings") && text.contains("  foreign-object: x\n") && !text.contains("{"),
            "{text}"
        );
    }
}
