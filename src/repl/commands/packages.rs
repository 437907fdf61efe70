//! `/pip`: the user's packages, in a folder below the user's home for each series of Python. The dist is never changed.

use crate::problem::Problem;
use crate::repl::child;
use crate::repl::directories::{self, Environment};
use crate::repl::session::{Next, Session};
use crate::repl::system::files;
use crate::shown::shown;
use pyo3::prelude::*;
use pyo3_bundle::SERIES;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// `$XDG_DATA_HOME/<name>/<series>/site-packages`, on Windows `%LOCALAPPDATA%\<name>\<series>\Python3X\site-packages`.
pub fn folder(environment: &Environment) -> Option<PathBuf> {
    Some(site(&base(environment)?))
}

fn site(base: &Path) -> PathBuf {
    base.join(files::packages(SERIES))
}

fn base(environment: &Environment) -> Option<PathBuf> {
    Some(directories::data_home(environment)?.join(SERIES))
}

pub fn pip(session: &mut Session, py: Python<'_>, rest: &str) -> PyResult<Next> {
    let Some(base) = base(&|name| std::env::var_os(name)) else {
        let problem = Problem::new(
            "no folder for packages is known",
            format!("wanted an absolute path in `{}` or `{}`, found none", files::DATA.0, files::HOME),
            format!("import os; os.environ['{}'] = os.path.expanduser('~')", files::HOME),
        );
        return super::fail(&problem);
    };
    let arguments: Option<Vec<String>> = session.engine.tools(py, "pip_arguments", (rest, site(&base)))?.extract()?;
    let Some(arguments) = arguments else { return Ok(Next::Input) };
    if let Err(error) = prepare(&base) {
        let problem = Problem::new(
            format!("cannot prepare the folder for packages `{}`", shown(&base)),
            error.to_string(),
            format!("import os; os.environ['{}'] = os.path.expanduser('~/packages')", files::DATA.0),
        );
        return super::fail(&problem);
    }
    let interpreter: PathBuf = py.import("sys")?.getattr("executable")?.extract()?;
    let hint = concat!(env!("CARGO_PKG_NAME"), " --verify");
    child::show(py, &mut command(&interpreter, &base, &arguments), hint);
    session.engine.tools(py, "find_packages", (site(&base),))?;
    Ok(Next::Input)
}

/// Makes the base folder what pip takes for a user's base, in which it can install, upgrade and remove.
fn prepare(base: &Path) -> io::Result<()> {
    std::fs::create_dir_all(site(base))?;
    // pip moves a folder away when it removes everything in it.
    std::fs::write(site(base).join("README.txt"), "Packages that `/pip install` put here.\n")?;
    files::show_packages_to_pip(base, SERIES)
}

/// Variables that make pip install somewhere else, or for another Python.
const ELSEWHERE: [&str; 6] =
    ["PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_NO_USER", "PIP_PYTHON", "PIP_REQUIRE_VIRTUALENV"];

/// Makes pip's command line. The user's configuration of pip (an index, a proxy) applies, except for where it installs.
fn command(interpreter: &Path, base: &Path, arguments: &[String]) -> Command {
    let mut command = Command::new(interpreter);
    // `-P`: a `pip.py` in the current folder is not pip.
    command.args(["-P", "-m", "pip"]).args(arguments);
    for (name, _) in std::env::vars_os() {
        if of_python(&name) || ELSEWHERE.iter().any(|other| name == *other) {
            command.env_remove(name);
        }
    }
    command.env("PYTHONUSERBASE", base).env("PYTHONDONTWRITEBYTECODE", "1").env("PIP_USER", "1");
    // The runtime is marked as externally managed; this folder is not.
    command.env("PIP_BREAK_SYSTEM_PACKAGES", "1").env("PIP_NO_WARN_SCRIPT_LOCATION", "0");
    command.env("PIP_DISABLE_PIP_VERSION_CHECK", "1");
    command
}

fn of_python(name: &OsString) -> bool {
    name.as_encoded_bytes().starts_with(b"PYTHON")
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::ffi::OsStr;
    use std::fs;

    #[test]
    fn the_packages_of_a_series_stand_below_the_data_folder() {
        let found = folder(&|name| (name == "HOME").then(|| "/h".into())).unwrap();
        let below = format!("/h/.local/share/{}/{SERIES}/site-packages", env!("CARGO_PKG_NAME"));
        assert_eq!(found, Path::new(&below));
        assert_eq!(folder(&|_| None), None);
    }

    #[test]
    fn the_place_is_prepared_once_and_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path().join("deep/er");
        for name in ["first.py", "second.py"] {
            prepare(&base).unwrap();
            fs::write(site(&base).join(name), "").unwrap();
        }
        let seen_by_pip = base.join(format!("lib/python{SERIES}/site-packages"));
        let mut names: Vec<_> =
            fs::read_dir(seen_by_pip).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        assert_eq!(names, ["README.txt", "first.py", "second.py"]);
        fs::write(folder.path().join("file"), "").unwrap();
        assert!(prepare(&folder.path().join("file")).is_err());
    }

    #[test]
    fn pip_is_the_one_of_the_runtime_and_installs_for_the_user() {
        let command = command(Path::new("/python"), Path::new("/base"), &["install".into(), "a b".into()]);
        assert_eq!(command.get_program(), "/python");
        assert_eq!(command.get_args().collect::<Vec<_>>(), ["-P", "-m", "pip", "install", "a b"]);
        let set = |name: &str| command.get_envs().find(|(key, _)| *key == name).and_then(|(_, value)| value);
        assert_eq!(set("PYTHONUSERBASE"), Some(OsStr::new("/base")));
        assert_eq!(set("PIP_USER"), Some(OsStr::new("1")));
        for (name, ours) in [("PYTHONPATH", true), ("PYTHON", true), ("PIP_INDEX_URL", false), ("MYPYTHON", false)] {
            assert_eq!(of_python(&name.into()), ours, "{name}");
        }
    }
}
