//! Orders the steps that make a dist in a working folder, which is then renamed. Each step is a module of its own.

mod include;
pub mod launcher;
mod replace;

use crate::components::{self, Staged};
use crate::config::{Application, Include};
use crate::metadata::{self, Profile, Provenance};
use crate::place::Place;
use crate::platform::{self, Platform};
use crate::problem::{About, Problem};
use crate::slim::{Saving, Slimming};
use crate::verify::{self, Policy};
use crate::{Misuse, Outcome};
use crate::{bytecode, closure, copy, integrity, layout, licenses, linked, requirements, sbom, sysconfig, wheels};
use anyhow::Result;
use serde::Serialize;
use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::io::{self, IsTerminal};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// What goes into a dist, and where the dist goes.
pub struct Order {
    pub binary: PathBuf,
    pub python: PathBuf,
    pub provenance: PathBuf,
    pub out: PathBuf,
    pub profile: Profile,
    pub requirements: Option<PathBuf>,
    /// What this policy leaves to the system is not copied from this machine. Without it, the built-in one counts.
    pub policy: Option<PathBuf>,
    pub json: bool,
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
    let contents = Contents::new(application)?;
    let policy = verify::read_policy(order.policy.as_deref(), application).map_err(Misuse)?;
    let provenance = Provenance::read(&order.provenance)?;
    let platform = platform::of_program(&order.binary)?;
    linked::check(&order.binary, &order.python, provenance.series()?, platform)?;
    let place = Place::open(&order.out, replace::DIST)?;
    let slimmed = fill(order, &contents, application, &provenance, &policy, platform, &place.new_folder())?;
    place.publish()?;
    Report { out: &order.out, profile: order.profile, slimmed }.print(order.json)?;
    Ok(Outcome::Fine)
}

/// What goes into the dist besides the program and its Python.
struct Contents {
    include: Vec<Include>,
    /// The names at the top of the dist that `include` puts there.
    included: BTreeSet<String>,
}

impl Contents {
    fn new(application: &Application) -> Result<Contents> {
        let include = application.keys.include.clone().unwrap_or_default();
        Ok(Contents { included: include::check(&include, std::slice::from_ref(&application.name))?, include })
    }
}

fn fill(
    order: &Order,
    contents: &Contents,
    application: &Application,
    provenance: &Provenance,
    policy: &Policy,
    platform: &'static dyn Platform,
    dist: &Path,
) -> Result<Vec<Saving>> {
    let (name, series) = (&application.name, provenance.series()?);
    let runtime = layout::runtime(dist);
    let stdlib = platform.stdlib(&runtime, series);
    let mut slimming = match order.profile {
        Profile::Full => Slimming::none(),
        Profile::Slim => Slimming::by_rules(&order.python)?,
        Profile::Minimal => {
            anyhow::bail!(Problem::without_hint("the profile `minimal` is not there yet", "in this build"))
        }
    };
    progress("copying");
    copy::create_folder(&dist.join(layout::BIN))?;
    copy::file(&order.binary, &platform.binary(dist, name))?;
    // Existing bytecode was left by a run of that Python, and has its path in it.
    copy::tree(&order.python, &runtime, |relative, place| {
        relative.ends_with("__pycache__") || slimming.leaves_out(relative, place)
    })?;
    if let Some(file) = &order.requirements {
        progress("installing Python packages");
        requirements::install(&runtime.canonicalize()?, file, &application.root)?;
    }
    include::copy(&contents.include, dist)?;
    let closed = closure::close(dist, policy, platform)?;
    sysconfig::relocate(&runtime, &stdlib, &order.python.canonicalize()?)?;
    wheels::store(&layout::bundled_wheels(&stdlib))?;
    progress("compiling the standard library");
    bytecode::compile(dist, series, platform)?;
    require_libpython(dist, series, platform)?;
    write(&platform.launcher(dist, name), &platform.launcher_text(dist, name)?, 0o755)?;
    let mut metadata = metadata::describe(application, provenance, order.profile, platform, &closed.files)?;
    metadata.included = contents.included.clone();
    progress("documenting");
    document(&Staged { dist, application, provenance, closed: &closed, metadata: &metadata, platform })?;
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

/// Fails without libpython, which the closure would otherwise take from this machine.
fn require_libpython(dist: &Path, series: &str, platform: &dyn Platform) -> Result<()> {
    let name = platform.libpython(series);
    if platform.libraries(&layout::runtime(dist)).join(&name).is_file() {
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

#[cfg(test)]
mod tests {
    use super::replace::tests::old_dist;
    use super::*;
    use crate::object::fixture;

    #[test]
    fn a_failed_staging_leaves_the_old_dist_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        old_dist(&at("dist"));
        fs::write(at("provenance"), r#"{"provider":"uv","version":"3.13.1","pinned_version":"3.13.1","patches":[]}"#)
            .unwrap();
        fs::write(at("binary"), fixture::elf(fixture::NEEDED, 1, "libc.so.6")).unwrap(); // of no Python
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
