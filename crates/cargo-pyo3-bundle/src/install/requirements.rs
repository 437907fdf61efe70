//! Installs locked Python packages, each checked against the lock's hash: from a requirements file, or from a `uv.lock`,
//! of which uv makes one.

use super::Target;
use crate::managed::{Places, Uv};
use crate::problem::Problem;
use crate::shown::{shown, word};
use anyhow::{Result, bail};
use std::path::Path;

pub fn install(file: &Path, target: &Target, python: &Path, places: &Places) -> Result<()> {
    if !file.is_file() {
        let why = "wanted a requirements file with a hash for every package, or a `uv.lock`".to_owned();
        bail!(unlocked(format!("`{}` is missing", shown(file)), why, Uv::present(places).as_ref(), file));
    }
    let (uv, scratch) = (Uv::find(places)?, tempfile::tempdir()?);
    let exported = scratch.path().join("requirements.txt");
    let is_lock = file.file_name().is_some_and(|name| name == "uv.lock");
    if is_lock {
        export(file, &exported, &uv, python)?;
    }
    let mut command = uv.install(target, python);
    command.args(["--require-hashes", "--requirement"]).arg(if is_lock { &exported } else { file });
    match uv.run(&mut command)? {
        Ok(()) => Ok(()),
        Err(said) => {
            let (what, why) = explain(&said, file);
            bail!(unlocked(what, why, Some(&uv), file))
        }
    }
}

/// Makes a requirements file of a lock. The projects of its workspace are not in it: the key `projects` names those that
/// belong to the dist.
fn export(lock: &Path, to: &Path, uv: &Uv, python: &Path) -> Result<()> {
    let project = lock.parent().unwrap_or(lock);
    let mut command = uv.packages(&["export", "--format", "requirements.txt", "--locked", "--no-dev"]);
    command.args(["--no-emit-project", "--no-emit-workspace", "--no-emit-local", "--project"]).arg(project);
    command.arg("--python").arg(python).arg("--output-file").arg(to);
    if let Err(said) = uv.run(&mut command)? {
        let hint = format!("{} lock --project {}", word(&uv.program), word(project));
        bail!(Problem::new(format!("`{}` cannot be used", shown(lock)), said, hint));
    }
    Ok(())
}

/// Names the package that uv complains about. What it says is the reason; words that are not known stay as they are.
fn explain(said: &str, file: &Path) -> (String, String) {
    let line =
        |text: &str| said.lines().find_map(|line| Some(line.split_once(text)?.1.trim().trim_matches('`').to_owned()));
    let file = shown(file);
    const HASH: &str = "wanted a `--hash=sha256:…` for every package, so that no other file can take its place";
    let without = line("but none were provided for: ").or_else(|| line("no trusted hash was provided for: "));
    if let Some(package) = without {
        return (format!("`{package}` has no hash in `{file}`"), HASH.to_owned());
    }
    if let Some(package) = line("versions pinned with `==`, but found: ") {
        let why = "wanted one version with `==`, and a hash for it".to_owned();
        return (format!("`{package}` is not locked in `{file}`"), why);
    }
    // `Because pywin32==306 has no wheels with a matching Python ABI tag (e.g., `cp313`) and you require …`
    let wheel = line("Because ").and_then(|rest| {
        let (package, reason) = rest.split_once(" has no ")?;
        (reason.starts_with("wheels ") || reason.starts_with("usable wheels")).then(|| package.to_owned())
    });
    match wheel {
        Some(package) => (format!("`{package}` of `{file}` has no wheel for this Python"), said.to_owned()),
        None => (format!("the packages of `{file}` cannot be installed"), said.to_owned()),
    }
}

/// The hint makes the lock from the requirements beside it, if they and uv are there.
fn unlocked(what: String, why: String, uv: Option<&Uv>, file: &Path) -> Problem {
    let wanted = file.with_extension("in");
    match uv.filter(|_| wanted.is_file()) {
        Some(uv) => {
            let hint =
                format!("{} pip compile --generate-hashes {} -o {}", word(&uv.program), word(&wanted), word(file));
            Problem::new(what, why, hint)
        }
        None => Problem::without_hint(what, why),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::super::tests::{places, runtime};
    use super::*;
    use crate::managed::uv::tests::stand_in;
    use std::fs;

    /// Installs with a uv that prints this on stderr and fails, and returns the error.
    fn failing(file: &str, said: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::write(root.join("said"), said).unwrap();
        fs::write(root.join(file), "").unwrap();
        stand_in(root, &format!("cat '{}' >&2; exit 1", root.join("said").display()));
        let error = install(&root.join(file), &runtime(root), Path::new("python3"), &places(root)).unwrap_err();
        format!("{error:#}").replace(&root.display().to_string(), "ROOT")
    }

    /// What uv 0.13.9 prints.
    #[test]
    fn a_package_without_hash_or_wheel_is_named() {
        let hash = "\n  wanted a `--hash=sha256:…` for every package, so that no other file can take its place";
        let said = "error: In `--require-hashes` mode, all requirements must have a hash, but none were provided for: iniconfig==2.0.0\n";
        assert_eq!(failing("r.txt", said), format!("`iniconfig==2.0.0` has no hash in `ROOT/r.txt`{hash}"));
        let said = "error: Hash-checking is required, but no trusted hash was provided for: `markupsafe`\n";
        assert_eq!(failing("r.txt", said), format!("`markupsafe` has no hash in `ROOT/r.txt`{hash}"));
        let said = "error: In `--require-hashes` mode, all requirements must have their versions pinned with `==`, but found: jinja2>=3\n";
        assert!(failing("r.txt", said).starts_with("`jinja2>=3` is not locked in `ROOT/r.txt`\n  wanted one version"));
        let said = "error: No solution found when resolving dependencies\n  cause: Because pywin32==306 has no wheels with a \
            matching Python ABI tag (e.g., `cp313`) and you require pywin32==306, we can conclude that your requirements \
            are unsatisfiable.\n";
        let text = failing("r.txt", said);
        assert!(
            text.starts_with("`pywin32==306` of `ROOT/r.txt` has no wheel for this Python\n  error: No sol"),
            "{text}"
        );
        let text =
            failing("r.txt", &said.replace("has no wheels with a matching Python ABI tag", "has no usable wheels"));
        assert!(text.starts_with("`pywin32==306` of `ROOT/r.txt` has no wheel for this Python\n"), "{text}");
        let text = failing("r.txt", "error: something else\n");
        assert_eq!(text, "the packages of `ROOT/r.txt` cannot be installed\n  error: something else");
    }

    #[test]
    fn a_lock_that_is_not_up_to_date_is_told_with_the_command_that_mends_it() {
        let said = "error: The lockfile at `uv.lock` needs to be updated, but `--locked` was provided.\n";
        let text = failing("uv.lock", said);
        assert!(text.starts_with("`ROOT/uv.lock` cannot be used\n  error: The lockfile"), "{text}");
        assert!(text.ends_with("\nhint: ROOT/.local/uv/bin/uv lock --project ROOT"), "{text}");
    }

    #[test]
    fn a_lock_is_exported_and_a_requirements_file_taken_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let log = root.join("log");
        stand_in(root, &format!("echo \"$@\" >>'{}'", log.display()));
        for file in ["uv.lock", "needs.txt"] {
            fs::write(root.join(file), "").unwrap();
            install(&root.join(file), &runtime(&root.join("rt")), Path::new("/p/python3"), &places(root)).unwrap();
        }
        let log = fs::read_to_string(log).unwrap().replace(&root.display().to_string(), "ROOT");
        let lines: Vec<&str> = log.lines().collect();
        assert!(lines[0].starts_with("export --format requirements.txt --locked --no-dev --quiet --no-emit-project "));
        assert!(lines[0].contains(" --project ROOT --python /p/python3 --output-file "), "{log}");
        let exported = lines[0].rsplit(' ').next().unwrap();
        assert!(lines[1].ends_with(&format!("--require-hashes --requirement {exported}")), "{log}");
        assert!(
            lines[2].contains(" --only-binary :all: --quiet --break-system-packages --python ROOT/rt/bin/python3 ")
        );
        assert!(lines[2].ends_with("--require-hashes --requirement ROOT/needs.txt"), "{log}");
    }

    #[test]
    fn the_hint_is_a_command_that_can_run() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        stand_in(root, "");
        let uv = Uv::present(&places(root)).unwrap();
        let file = root.join("needs.txt");
        let text = |uv| unlocked("what".into(), "why".into(), uv, &file).to_string();
        assert!(!text(Some(&uv)).contains("hint"), "{}", text(Some(&uv)));
        fs::write(root.join("needs.in"), "").unwrap();
        let hint = format!("\nhint: {}/.local/uv/bin/uv pip compile --generate-hashes ", root.display());
        assert!(text(Some(&uv)).contains(&hint) && text(Some(&uv)).ends_with("needs.txt"), "{}", text(Some(&uv)));
        assert!(!text(None).contains("hint"), "{}", text(None));
    }
}
