//! Builds local Python projects to wheels and installs them without their dependencies, which a lock names.

use super::Target;
use crate::components;
use crate::managed::{Places, Uv};
use crate::problem::{About, Problem};
use crate::shown::{shown, word};
use anyhow::{Result, bail};
use std::fs;
use std::path::{Path, PathBuf};

/// The oldest time that a zip file can hold, which a wheel is. A build with no time of its own gets it.
const OLDEST: &str = "315532800";

/// Files that uv writes beside a package's metadata about the wheel that it installed: its path and its time here.
const OF_THIS_MACHINE: [&str; 2] = ["direct_url.json", "uv_cache.json"];

/// Fails if a folder is not a Python project.
pub fn check(projects: &[PathBuf], places: &Places) -> Result<()> {
    for project in projects {
        fs::read_dir(project).about("cannot list the project", project)?;
        if !project.join("pyproject.toml").is_file() {
            let what = format!("`{}` is not a Python project", shown(project));
            let uv = Uv::present(places).map_or_else(|| "uv".into(), |uv| word(&uv.program));
            let why = "`projects` names folders with a `pyproject.toml`, and there is none";
            bail!(Problem::new(what, why, format!("{uv} init --lib {}", word(project))));
        }
    }
    Ok(())
}

pub fn install(projects: &[PathBuf], uv: &Uv, target: &Target, python: &Path) -> Result<()> {
    let scratch = tempfile::tempdir()?;
    for (number, project) in projects.iter().enumerate() {
        let wheels = scratch.path().join(number.to_string());
        let wheel = build(project, &wheels, uv, python)?;
        // Without the cache, in which a wheel that is made for this run only would stay.
        let mut command = uv.install(target, python);
        command.args(["--no-deps", "--no-index", "--no-cache"]).arg(&wheel);
        if let Err(said) = uv.run(&mut command)? {
            bail!(Problem::without_hint(format!("the project `{}` cannot be installed", shown(project)), said));
        }
    }
    forget_this_machine(target)
}

/// Builds one project. The wheel's bytes are the same for the same sources where its build backend heeds the time.
fn build(project: &Path, wheels: &Path, uv: &Uv, python: &Path) -> Result<PathBuf> {
    let mut command = uv.packages(&["build", "--wheel"]);
    command.arg("--python").arg(python).arg("--out-dir").arg(wheels).arg(project);
    if std::env::var_os("SOURCE_DATE_EPOCH").is_none() {
        command.env("SOURCE_DATE_EPOCH", OLDEST);
    }
    let hint = format!("{} build --wheel {}", word(&uv.program), word(project));
    let failed = |why: String| Problem::new(format!("the project `{}` does not build", shown(project)), why, hint);
    if let Err(said) = uv.run(&mut command)? {
        bail!(failed(said));
    }
    let entries = fs::read_dir(wheels).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut found: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|end| end == "whl")).collect();
    match (found.pop(), found.is_empty()) {
        (Some(wheel), true) => Ok(wheel),
        _ => bail!(failed("wanted one wheel, and there is none or several".into())),
    }
}

/// Removes what names this machine: the files, and their lines in the list of the package's files.
fn forget_this_machine(target: &Target) -> Result<()> {
    let site = target.site_packages();
    for folder in components::dist_infos(&site)? {
        if !folder.join(OF_THIS_MACHINE[1]).exists() {
            continue; // of a lock, or of the Python itself
        }
        for name in OF_THIS_MACHINE {
            let path = folder.join(name);
            if path.exists() {
                fs::remove_file(&path).about("cannot remove", &path)?;
            }
        }
        let record = folder.join("RECORD");
        let text = fs::read_to_string(&record).about("cannot read", &record)?;
        let own = folder.file_name().unwrap_or_default().to_string_lossy();
        let named = |line: &&str| OF_THIS_MACHINE.iter().any(|name| line.starts_with(&format!("{own}/{name},")));
        let rest: String = text.split_inclusive('\n').filter(|line| !named(line)).collect();
        fs::write(&record, rest).about("cannot write", &record)?;
    }
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use super::super::Packages;
    use super::super::tests::{places, runtime};
    use super::*;
    use crate::managed::uv::tests::stand_in;

    fn install(root: &Path, projects: &[&str]) -> Result<(), String> {
        let projects = projects.iter().map(|name| root.join(name)).collect();
        let packages = Packages { requirements: None, projects };
        let done = packages.install(&runtime(&root.join("rt")), Path::new("/p/python3"), &places(root));
        done.map_err(|error| format!("{error:#}").replace(&root.display().to_string(), "ROOT"))
    }

    fn project(root: &Path, name: &str) {
        fs::create_dir_all(root.join(name)).unwrap();
        fs::write(root.join(name).join("pyproject.toml"), "").unwrap();
    }

    #[test]
    fn a_folder_that_is_not_a_project_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        stand_in(root, "exit 9");
        fs::create_dir(root.join("py")).unwrap();
        let text = install(root, &["py"]).unwrap_err();
        assert!(
            text.starts_with("`ROOT/py` is not a Python project\n  `projects` names folders with a `pyproject.toml`")
        );
        assert!(text.ends_with("\nhint: ROOT/.local/uv/bin/uv init --lib ROOT/py"), "{text}");
        let text = install(root, &["absent"]).unwrap_err();
        assert!(
            text.starts_with("cannot list the project `ROOT/absent`\n") && text.contains("\nhint: ls -la"),
            "{text}"
        );
    }

    /// What uv 0.13.9 prints.
    #[test]
    fn a_project_that_does_not_build_says_what_uv_said() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        project(root, "py");
        stand_in(
            root,
            "echo 'error: Failed to build `py`\n  cause: Because hatchling was not found in the cache' >&2; exit 2",
        );
        let text = install(root, &["py"]).unwrap_err();
        assert!(text.starts_with("the project `ROOT/py` does not build\n  error: Failed to build `py`\n"), "{text}");
        assert!(text.ends_with("\nhint: ROOT/.local/uv/bin/uv build --wheel ROOT/py"), "{text}");
        stand_in(root, "exit 0");
        assert!(install(root, &["py"]).unwrap_err().contains("\n  wanted one wheel"));
    }

    #[test]
    fn a_project_is_built_at_a_fixed_time_and_installed_without_a_trace_of_this_machine() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        project(root, "py");
        let site = root.join("rt/lib/python3.13/site-packages");
        for name in ["mine-1.dist-info", "locked-1.dist-info"] {
            fs::create_dir_all(site.join(name)).unwrap();
        }
        let record = "mine-1.dist-info/RECORD,,\nmine-1.dist-info/direct_url.json,sha256=x,1\n\
            mine-1.dist-info/uv_cache.json,sha256=x,1\nmine/direct_url.json,sha256=x,1\n";
        fs::write(site.join("mine-1.dist-info/RECORD"), record).unwrap();
        for name in
            ["mine-1.dist-info/direct_url.json", "mine-1.dist-info/uv_cache.json", "locked-1.dist-info/direct_url.json"]
        {
            fs::write(site.join(name), "").unwrap();
        }
        let log = root.join("log");
        let script = format!(
            "echo \"$SOURCE_DATE_EPOCH $@\" >>'{}'\nif [ \"$1\" = build ]; then\n  mkdir -p \"$7\"; : >\"$7/mine-1-py3-none-any.whl\"\nfi",
            log.display()
        );
        stand_in(root, &script);
        install(root, &["py"]).unwrap();
        let log = fs::read_to_string(log).unwrap().replace(&root.display().to_string(), "ROOT");
        let lines: Vec<&str> = log.lines().collect();
        let time = std::env::var("SOURCE_DATE_EPOCH").unwrap_or_else(|_| OLDEST.into());
        assert!(lines[0].starts_with(&format!("{time} build --wheel --quiet --python /p/python3 --out-dir ")), "{log}");
        assert!(
            lines[1].contains("--no-deps --no-index --no-cache ") && lines[1].ends_with("/mine-1-py3-none-any.whl")
        );
        let left = fs::read_to_string(site.join("mine-1.dist-info/RECORD")).unwrap();
        assert_eq!(left, "mine-1.dist-info/RECORD,,\nmine/direct_url.json,sha256=x,1\n");
        assert_eq!(fs::read_dir(site.join("mine-1.dist-info")).unwrap().count(), 1);
        assert!(site.join("locked-1.dist-info/direct_url.json").exists(), "of a lock");
    }
}
