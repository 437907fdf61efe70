//! Orders the steps that make a dist in a working folder, which is then renamed. Each step is a module of its own.

use crate::components::{self, Staged};
use crate::config::Application;
use crate::metadata::{self, Profile, Provenance};
use crate::place::{Kind, Place};
use crate::problem::{About, Problem};
use crate::shown::shown;
use crate::slim::{Saving, Slimming};
use crate::verify::{self, Policy};
use crate::{Misuse, Outcome};
use crate::{bytecode, closure, copy, integrity, layout, licenses, linked, requirements, sbom, sysconfig, wheels};
use anyhow::Result;
use serde::Serialize;
use std::fs::{self, Permissions};
use std::io::{self, IsTerminal};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Makes a dist; an existing one is replaced only when the new one is complete
#[derive(clap::Args)]
pub struct Order {
    /// The release binary, as cargo linked it
    #[arg(long, value_name = "FILE")]
    binary: PathBuf,
    /// The installed Python, copied to python/runtime
    #[arg(long, value_name = "DIR")]
    python: PathBuf,
    /// Where that Python comes from: the JSON file that its installer wrote
    #[arg(long, value_name = "FILE")]
    provenance: PathBuf,
    /// The folder to make
    #[arg(long, value_name = "DIR", default_value = "dist")]
    out: PathBuf,
    /// How much of the Python goes in
    #[arg(long, value_enum, default_value = "full")]
    profile: Profile,
    /// Locked Python packages to install into the runtime: a requirements file with hashes
    #[arg(long, value_name = "FILE")]
    requirements: Option<PathBuf>,
    /// The policy that the dist will be judged by: what it leaves to the system is not copied from this machine
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

/// The report: what the dist leaves out, rule by rule.
#[derive(Serialize)]
struct Report<'a> {
    out: &'a Path,
    profile: Profile,
    slimmed: Vec<Saving>,
}

pub fn run(order: &Order, application: &Application) -> Result<Outcome> {
    // SAFETY: it only sets the mask of this process. A dist has the same modes whoever makes it.
    unsafe { libc::umask(0o022) };
    let policy = verify::read_policy(order.policy.as_deref(), application).map_err(Misuse)?;
    let provenance = Provenance::read(&order.provenance)?;
    linked::check(&order.binary, &order.python, provenance.series()?)?;
    let place = Place::open(&order.out, DIST)?;
    let slimmed = fill(order, application, &provenance, &policy, &place.new_folder())?;
    place.publish()?;
    Report { out: &order.out, profile: order.profile, slimmed }.print(order.json)?;
    Ok(Outcome::Fine)
}

fn fill(
    order: &Order,
    application: &Application,
    provenance: &Provenance,
    policy: &Policy,
    dist: &Path,
) -> Result<Vec<Saving>> {
    let (name, series) = (&application.name, provenance.series()?);
    let runtime = layout::runtime(dist);
    let mut slimming = match order.profile {
        Profile::Full => Slimming::none(),
        Profile::Slim => Slimming::by_rules(&order.python)?,
    };
    progress("copying");
    copy::create_folder(&dist.join(layout::BIN))?;
    copy::file(&order.binary, &layout::binary(dist, name))?;
    // Existing bytecode was left by a run of that Python, and has its path in it.
    copy::tree(&order.python, &runtime, |relative, place| {
        relative.ends_with("__pycache__") || slimming.leaves_out(relative, place)
    })?;
    if let Some(file) = &order.requirements {
        progress("installing Python packages");
        requirements::install(&runtime.canonicalize()?, file, &application.root)?;
    }
    let closed = closure::close(dist, policy)?;
    sysconfig::relocate(&runtime, series, &order.python.canonicalize()?)?;
    wheels::store(&layout::bundled_wheels(&layout::stdlib(&runtime, series)))?;
    progress("compiling the standard library");
    bytecode::compile(dist, series)?;
    require_libpython(dist, series)?;
    write(&layout::launcher(dist, name), &launcher(dist, name)?, 0o755)?;
    let mut metadata = metadata::describe(application, provenance, order.profile, &closed.files)?;
    progress("documenting");
    document(&Staged { dist, application, provenance, closed: &closed, metadata: &metadata })?;
    progress("recording");
    integrity::record(dist, &mut metadata)?;
    write(&dist.join(layout::METADATA), &(serde_json::to_string_pretty(&metadata)? + "\n"), 0o644)?;
    for finding in sbom::check(dist)? {
        eprintln!("warning: {finding}");
    }
    integrity::write_sums(dist)?;
    Ok(slimming.savings())
}

/// Writes the licence texts and the bill of materials.
fn document(staged: &Staged) -> Result<()> {
    let components = components::gather(staged)?;
    licenses::write(staged.dist, &components)?;
    let sbom = serde_json::to_string_pretty(&sbom::document(&components, &staged.metadata.created)?)?;
    write(&staged.dist.join(layout::SBOM), &(sbom + "\n"), 0o644)
}

/// Prints a step on a terminal, nothing in a pipe.
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

/// Fills the launcher with the files that the program needs to start: the program cannot report damage to them itself.
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

/// The folders whose names the launcher can compare. The loader looks into no folder with another kind of name.
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

/// Joins names for the launcher, where they are in quotes and separated by blanks.
fn words(words: &[String], between: &str) -> Result<String> {
    match words.iter().find(|word| !is_plain(word)) {
        None => Ok(words.join(between)),
        Some(word) => Err(Problem::without_hint(
            format!("the launcher cannot name `{}`", word.escape_debug()),
            "wanted a name of ASCII letters, digits and `/.:_+-`",
        )
        .into()),
    }
}

fn is_plain(word: &str) -> bool {
    word.chars().all(|letter| letter.is_ascii_alphanumeric() || "/.:_+-".contains(letter))
}

/// Fails without libpython, which the closure would otherwise take from this machine.
fn require_libpython(dist: &Path, series: &str) -> Result<()> {
    let name = layout::libpython(series);
    if layout::runtime(dist).join("lib").join(&name).is_file() {
        return Ok(());
    }
    Err(Problem::new(
        format!("the Python to pack has no `lib/{name}`"),
        "the program is linked against that library, so the runtime must have it",
        "scripts/python/install-managed-python.sh",
    )
    .into())
}

fn write(path: &Path, text: &str, mode: u32) -> Result<()> {
    let written = fs::write(path, text).and_then(|()| fs::set_permissions(path, Permissions::from_mode(mode)));
    Ok(written.about("cannot write", path)?)
}

/// A dist replaces another dist, of any application, in whose folder there is nothing else.
const DIST: Kind = Kind { name: "a dist", check: is_dist };

fn is_dist(folder: &Path) -> Result<(), String> {
    let claims = metadata::claims_of(folder)?;
    let own = ["python", layout::BIN, layout::LICENSES, layout::METADATA, layout::SBOM, integrity::SUMS];
    for entry in fs::read_dir(folder).map_err(|error| error.to_string())? {
        let name = entry.map_err(|error| error.to_string())?.file_name();
        if name != *claims.launcher && !own.iter().any(|own| name == **own) {
            return Err(format!("`{}` does not belong to a dist", shown(Path::new(&name))));
        }
    }
    Ok(())
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

    const METADATA: &str = r#"{"schema_version": 1, "name": "app", "version": "1", "target": "x", "launcher": "app",
        "binary": "bin/app-bin", "platform": {"os": "linux", "arch": "x86_64"}, "python": {"version": "3.13.1"},
        "executables": [], "links": {}}"#;

    fn old_dist(place: &Path) {
        fs::create_dir(place).unwrap();
        fs::write(place.join("metadata.json"), METADATA).unwrap();
        fs::write(place.join("app"), "old").unwrap();
    }

    #[test]
    fn an_old_dist_goes_only_for_a_whole_new_one() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("dist");
        old_dist(&out);
        assert!(Place::open(&out, DIST).unwrap().publish().is_err(), "nothing was made");
        assert!(out.join("app").exists());
        let place = Place::open(&out, DIST).unwrap();
        fs::create_dir(place.new_folder()).unwrap();
        fs::write(place.new_folder().join("new"), "").unwrap();
        place.publish().unwrap();
        assert!(out.join("new").exists() && !out.join("app").exists());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_that_is_not_a_dist_and_nothing_else_is_not_replaced() {
        let refused = |change: &dyn Fn(&Path)| {
            let folder = tempfile::tempdir().unwrap();
            let out = folder.path().join("dist");
            old_dist(&out);
            change(&out);
            Place::open(&out, DIST).err().map(|error| error.to_string()).unwrap_or_default()
        };
        let write = |name: &'static str, text: &'static str| move |out: &Path| fs::write(out.join(name), text).unwrap();
        assert_eq!(refused(&|_| ()), "");
        assert!(refused(&write("letters", "dear")).contains("`letters` does not belong to a dist"));
        assert!(refused(&|out| fs::remove_file(out.join("metadata.json")).unwrap()).contains("metadata.json"));
        assert!(refused(&write("metadata.json", r#"{"name": "letters"}"#)).contains("metadata.json"));
        assert!(refused(&write("metadata.json", "{")).contains("metadata.json"));
        let linked = |out: &Path| {
            fs::rename(out.join("metadata.json"), out.with_file_name("m")).unwrap();
            std::os::unix::fs::symlink("../m", out.join("metadata.json")).unwrap();
        };
        assert!(refused(&linked).contains("metadata.json"));
    }

    #[test]
    fn a_failed_staging_leaves_the_old_dist_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        old_dist(&at("dist"));
        fs::write(at("provenance"), r#"{"provider":"uv","version":"3.13.1","pinned_version":"3.13.1","patches":[]}"#)
            .unwrap();
        fs::write(at("binary"), "of no Python").unwrap();
        let order = Order {
            binary: at("binary"),
            python: at("no-such-python"),
            provenance: at("provenance"),
            out: at("dist"),
            profile: Profile::Full,
            requirements: None,
            policy: None,
            json: false,
        };
        let application = crate::config::Selection::default().application().unwrap();
        let text = format!("{:#}", run(&order, &application).err().unwrap());
        // The copying comes after the working folder was made and the program was put into it.
        assert!(text.contains("cannot find") && text.contains("/no-such-python`"), "{text}");
        assert!(at("dist/app").exists());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3, "the dist, the binary and the provenance");
    }
}
