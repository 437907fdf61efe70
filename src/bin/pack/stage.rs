//! The order of the steps that make a dist: into a sibling folder, renamed when whole. Each step is a module's.

use crate::Outcome;
use crate::components::{self, Staged};
use crate::config::Application;
use crate::metadata::{Metadata, Profile, Provenance};
use crate::problem::Problem;
use crate::slim::{Saving, Slimming};
use crate::{bytecode, closure, copy, integrity, layout, licenses, requirements, sbom, sysconfig};
use anyhow::{Context, Result};
use serde::Serialize;
use std::ffi::OsString;
use std::fs::{self, File, Permissions, TryLockError};
use std::io::{self, IsTerminal};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Makes a dist; one that is there is replaced only by a whole new one
#[derive(clap::Args)]
pub struct Order {
    /// The release binary, as cargo linked it
    #[arg(long, value_name = "FILE")]
    binary: PathBuf,
    /// The installed Python, copied to python/runtime
    #[arg(long, value_name = "DIR")]
    python: PathBuf,
    /// What the installer of that Python wrote of where it comes from (JSON)
    #[arg(long, value_name = "FILE")]
    provenance: PathBuf,
    #[arg(long, value_name = "DIR", default_value = "dist")]
    out: PathBuf,
    /// How much of the Python goes in
    #[arg(long, value_enum, default_value = "full")]
    profile: Profile,
    /// Locked Python packages to install into the runtime: a requirements file with hashes
    #[arg(long, value_name = "FILE")]
    requirements: Option<PathBuf>,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

/// What was left out, rule by rule.
#[derive(Serialize)]
struct Report<'a> {
    out: &'a Path,
    profile: Profile,
    slimmed: Vec<Saving>,
}

pub fn run(order: &Order, application: &Application) -> Result<Outcome> {
    let provenance = Provenance::read(&order.provenance)?;
    let partial = sibling(&order.out, "partial");
    let _alone = lock_file(&sibling(&order.out, "lock"), &order.out)?;
    remove(&partial)?;
    let slimmed = fill(order, application, &provenance, &partial).inspect_err(|_| drop(remove(&partial)))?;
    replace(&order.out, &partial)?;
    Report { out: &order.out, profile: order.profile, slimmed }.print(order.json)?;
    Ok(Outcome::Fine)
}

fn fill(order: &Order, application: &Application, provenance: &Provenance, dist: &Path) -> Result<Vec<Saving>> {
    let (name, series) = (&application.name, provenance.series()?);
    let runtime = layout::runtime(dist);
    let mut slimming = match order.profile {
        Profile::Full => Slimming::none(),
        Profile::Slim => Slimming::by_rules(&order.python)?,
    };
    progress("copying");
    copy::create_folder(&dist.join(layout::BIN))?;
    copy::file(&order.binary, &layout::binary(dist, name))?;
    // Bytecode that is there was left by a run of that Python, and knows its place.
    copy::tree(&order.python, &runtime, |relative, place| {
        relative.ends_with("__pycache__") || slimming.leaves_out(relative, place)
    })?;
    if let Some(file) = &order.requirements {
        progress("installing Python packages");
        requirements::install(&runtime.canonicalize()?, file)?;
    }
    let closed = closure::close(dist)?;
    sysconfig::relocate(&runtime, series, &order.python.canonicalize()?)?;
    progress("compiling the standard library");
    bytecode::compile(dist, series)?;
    require_libpython(dist, series)?;
    write(&layout::launcher(dist, name), &launcher(dist, name)?, 0o755)?;
    let mut metadata = Metadata::new(application, provenance, order.profile, &closed.files)?;
    progress("documenting");
    document(&Staged { dist, application, provenance, closed: &closed, metadata: &metadata })?;
    progress("recording");
    metadata.records = integrity::record(dist)?;
    write(&dist.join(layout::METADATA), &(serde_json::to_string_pretty(&metadata)? + "\n"), 0o644)?;
    for difference in sbom::check(dist)? {
        eprintln!("warning: {difference}");
    }
    integrity::write_sums(dist)?;
    Ok(slimming.savings())
}

/// What the dist is made of, and the texts that go with it.
fn document(staged: &Staged) -> Result<()> {
    let components = components::gather(staged)?;
    licenses::write(staged.dist, &components)?;
    let sbom = serde_json::to_string_pretty(&sbom::document(&components, &staged.metadata.created)?)?;
    write(&staged.dist.join(layout::SBOM), &(sbom + "\n"), 0o644)
}

/// For somebody who watches; nothing in a pipe.
fn progress(step: &str) {
    if io::stderr().is_terminal() {
        eprintln!("{step}");
    }
}

impl Report<'_> {
    fn print(&self, json: bool) -> Result<()> {
        if json {
            println!("{}", serde_json::to_string_pretty(self)?);
            return Ok(());
        }
        for saving in &self.slimmed {
            println!("{:>8.2} MB {:>6} files  {}", saving.bytes as f64 / 1e6, saving.files, saving.reason);
        }
        Ok(())
    }
}

/// Filled with what the program needs to start: where that is damaged the launcher has to tell, since the program cannot.
fn launcher(dist: &Path, name: &str) -> Result<String> {
    let (binary, libraries) = (layout::binary(dist, name), layout::runtime(dist).join("lib"));
    let start = closure::needed_to_start(dist, &binary)?;
    let relative = |path: &Path| path.strip_prefix(dist).unwrap_or(path).to_string_lossy().into_owned();
    let entry = |path: &PathBuf| Ok(format!("{}:{}", integrity::digest(path)?, relative(path)));
    let entries = start.files.iter().map(entry).collect::<io::Result<Vec<_>>>()?;
    let needed: Vec<_> = start.files.iter().skip(1).map(|path| relative(path)).collect();
    let system: Vec<_> = start.system.into_iter().collect();
    Ok(include_str!("launcher.sh")
        .replace("@NAME@", name)
        .replace("@BINARY@", &relative(&binary))
        .replace("@BIN@", layout::BIN)
        .replace("@RUNTIME@", layout::RUNTIME)
        .replace("@LIBRARIES@", &relative(&libraries))
        .replace("@NEEDED@", &words(&needed, " ")?)
        .replace("@START@", &words(&entries, "\n")?)
        .replace("@SYSTEM@", &words(&system, " ")?)
        .replace("@FOLDERS@", &words(&folders_of(&libraries)?, " ")?))
}

/// Those that the launcher tells apart; no loader looks into a folder with another name.
fn folders_of(libraries: &Path) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(libraries)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && is_plain(&name) {
            found.push(name);
        }
    }
    found.sort();
    Ok(found)
}

/// In the launcher they stand between quotes and are told apart by blanks.
fn words(words: &[String], between: &str) -> Result<String> {
    match words.iter().find(|word| !is_plain(word)) {
        None => Ok(words.join(between)),
        Some(word) => Err(Problem::without_hint(
            format!("`{}` cannot stand in the launcher", word.escape_debug()),
            "wanted a name of ASCII letters, digits and `/.:_+-`",
        )
        .into()),
    }
}

fn is_plain(word: &str) -> bool {
    word.chars().all(|letter| letter.is_ascii_alphanumeric() || "/.:_+-".contains(letter))
}

/// Without it the closure would have to take one from this machine.
fn require_libpython(dist: &Path, series: &str) -> Result<()> {
    let name = layout::libpython(series);
    if layout::runtime(dist).join("lib").join(&name).is_file() {
        return Ok(());
    }
    Err(Problem::new(
        format!("the Python to be packed has no `lib/{name}`"),
        "the binary is linked to that library, so the runtime must carry it",
        "scripts/python/install-managed-python.sh",
    )
    .into())
}

fn write(path: &Path, text: &str, mode: u32) -> Result<()> {
    fs::write(path, text)
        .and_then(|()| fs::set_permissions(path, Permissions::from_mode(mode)))
        .with_context(|| format!("cannot write `{}`", path.display()))
}

/// `dist` → `dist.partial`: beside it, so the renaming stays on one file system.
fn sibling(out: &Path, suffix: &str) -> PathBuf {
    let mut name = out.file_name().map_or_else(|| OsString::from("dist"), OsString::from);
    name.push(format!(".{suffix}"));
    out.with_file_name(name)
}

/// Held until it is dropped, by the kernel: a killed run leaves no lock behind.
fn lock_file(path: &Path, out: &Path) -> Result<File> {
    let file = File::create(path).with_context(|| format!("cannot create `{}`", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Problem::new(
            format!("`{}` is being staged by another run", out.display()),
            format!("`{}` is locked", path.display()),
            format!("fuser {}", path.display()),
        )
        .into()),
        Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("cannot lock `{}`", path.display())),
    }
}

/// What was there before goes only when the new one stands in its place.
fn replace(out: &Path, whole: &Path) -> Result<()> {
    let old = sibling(out, "old");
    remove(&old)?;
    let had_one = match fs::rename(out, &old) {
        Ok(()) => true,
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(error) => return Err(error).with_context(|| format!("cannot move `{}` aside", out.display())),
    };
    if let Err(error) = fs::rename(whole, out) {
        if had_one {
            fs::rename(&old, out).with_context(|| format!("the dist of before is now `{}`", old.display()))?;
        }
        return Err(error).with_context(|| format!("cannot rename `{}`", whole.display()));
    }
    remove(&old)
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove `{}`", path.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_launcher_has_no_placeholder_left() {
        let dist = tempfile::tempdir().unwrap();
        let (binary, libraries) = (layout::binary(dist.path(), "app"), layout::runtime(dist.path()).join("lib"));
        fs::create_dir_all(binary.parent().unwrap()).unwrap();
        for folder in ["python3.13", "a b"] {
            fs::create_dir_all(libraries.join(folder)).unwrap();
        }
        let own = std::env::current_exe().unwrap();
        fs::copy(&own, &binary).unwrap();
        fs::copy(&own, libraries.join("libgcc_s.so.1")).unwrap();
        let text = launcher(dist.path(), "app").unwrap();
        assert!(text.contains("exec \"$here/bin/app-bin\" \"$@\""), "{text}");
        let digest = integrity::digest(&own).unwrap();
        for file in ["bin/app-bin", "python/runtime/lib/libgcc_s.so.1"] {
            assert!(text.contains(&format!("\n{digest}:{file}\n")), "{file}: {text}");
        }
        assert!(text.contains("for file in 'bin/app-bin' python/runtime/lib/libgcc_s.so.1; do\n"), "{text}");
        assert!(text.contains("libc.so.6' folders='python3.13'\n"), "{text}");
        let parts: Vec<&str> = text.split('@').collect();
        let placeholder = |part: &&&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_uppercase());
        assert_eq!(parts.iter().find(placeholder), None, "{text}");
    }

    #[test]
    fn a_name_that_the_shell_would_take_apart_is_refused() {
        let one = |word: &str| words(&[word.to_owned()], " ");
        assert_eq!(one("libstdc++.so.6_a-b:c/d").unwrap(), "libstdc++.so.6_a-b:c/d");
        for word in ["a b", "a'b", "a\nb", "$a", "*"] {
            assert!(one(word).is_err(), "{word}");
        }
    }

    #[test]
    fn an_old_dist_goes_only_for_a_whole_new_one() {
        let folder = tempfile::tempdir().unwrap();
        let (out, new) = (folder.path().join("dist"), folder.path().join("dist.partial"));
        fs::create_dir(&out).unwrap();
        fs::write(out.join("old"), "").unwrap();
        assert!(replace(&out, &new).is_err());
        assert!(out.join("old").exists());
        fs::create_dir(&new).unwrap();
        fs::write(new.join("new"), "").unwrap();
        replace(&out, &new).unwrap();
        assert!(out.join("new").exists() && !out.join("old").exists());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_failed_staging_leaves_the_old_dist_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("dist")).unwrap();
        fs::write(at("provenance"), r#"{"provider":"uv","version":"3.13.1","pinned_version":"3.13.1","patches":[]}"#)
            .unwrap();
        let order = Order {
            binary: at("no-such-binary"),
            python: at("python"),
            provenance: at("provenance"),
            out: at("dist"),
            profile: Profile::Full,
            requirements: None,
            json: false,
        };
        let application = Application::of_cargo().unwrap();
        let text = format!("{:#}", run(&order, &application).err().unwrap());
        assert!(text.contains("no-such-binary"), "{text}");
        assert!(at("dist").exists() && !at("dist.partial").exists());
    }

    #[test]
    fn two_runs_at_once_exclude_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let lock = folder.path().join("dist.lock");
        let first = lock_file(&lock, Path::new("dist")).unwrap();
        let text = lock_file(&lock, Path::new("dist")).unwrap_err().to_string();
        assert!(text.contains("another run"), "{text}");
        drop(first);
        lock_file(&lock, Path::new("dist")).unwrap();
    }
}
