//! Orders the steps that make a dist in a working folder, which is then renamed. Each step is a module of its own.

pub mod include;
pub mod launcher;
pub mod python;
mod replace;
mod sign;

use crate::components::{self, Staged};
use crate::config::{Application, Include, LauncherStyle};
use crate::install::{Packages, Target};
use crate::managed::{Foreign, Places};
use crate::metadata::{self, Profile, Provenance};
use crate::object::Format;
use crate::place::Place;
use crate::platform::{self, Platform};
use crate::problem::{About, Problem};
use crate::say::warn;
use crate::shown::shown;
use crate::slim::{Saving, Slimming};
use crate::verify::{self, Policy};
use crate::{Misuse, Outcome};
use crate::{bytecode, closure, copy, integrity, layout, licenses, linked, minimal, sbom, sysconfig, system, wheels};
use anyhow::Result;
use python::Interpreter;
use serde::Serialize;
use std::collections::BTreeSet;
use std::fs;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

/// What goes into a dist, and where the dist goes.
pub struct Plan {
    /// The files of the application's programs, in their plan.
    pub binaries: Vec<PathBuf>,
    /// What the binaries have to be for. Without it, the first one tells.
    pub target: Option<&'static dyn Platform>,
    pub python: PathBuf,
    pub provenance: PathBuf,
    /// Keeps that Python, where it was unpacked for this dist.
    pub _foreign: Option<Foreign>,
    pub out: PathBuf,
    pub profile: Profile,
    pub requirements: Option<PathBuf>,
    /// What this policy leaves to the system is not copied from this machine. Without it, the built-in one counts.
    pub policy: Option<PathBuf>,
    /// The program that signs the native files.
    pub sign: Option<PathBuf>,
    pub json: bool,
}

/// The report: what the dist leaves out, rule by rule.
#[derive(Serialize)]
pub struct Report<'a> {
    out: &'a Path,
    profile: Profile,
    slimmed: Vec<Saving>,
}

pub fn run(plan: &Plan, application: &Application) -> Result<Outcome> {
    make(plan, application)?.print(plan.json)?;
    Ok(Outcome::Fine)
}

/// Makes the dist, and returns what it leaves out.
pub fn make<'a>(plan: &'a Plan, application: &Application) -> Result<Report<'a>> {
    system::set_usual_mask();
    let contents = Contents::new(plan, application)?;
    let policy = verify::read_policy(plan.policy.as_deref(), application).map_err(Misuse)?;
    let provenance = Provenance::read(&plan.provenance)?;
    let platform = match plan.target {
        Some(target) => target,
        None => platform::of_program(&plan.binaries[0])?,
    };
    python::check(&plan.python, provenance.series()?, platform)?;
    for binary in &plan.binaries {
        is_for(binary, platform)?;
        linked::check(binary, &plan.python, provenance.series()?, platform)?;
    }
    runs_nothing(plan, &contents, platform)?;
    let place = Place::open(&plan.out, replace::DIST)?;
    let slimmed = fill(plan, &contents, application, &provenance, &policy, platform, &place.new_folder())?;
    place.publish()?;
    Ok(Report { out: &plan.out, profile: plan.profile, slimmed })
}

/// Fails if a program is for another system or machine.
fn is_for(binary: &Path, platform: &dyn Platform) -> Result<()> {
    let found = platform::of_program(binary)?.target();
    if platform::same_machine(found, platform.target()) {
        return Ok(());
    }
    let what = format!("`{}` is a program for {found}", shown(binary));
    let hint = format!("cargo build --release --target {}", platform.target());
    Err(Misuse::new(Problem::new(what, format!("wanted one for {}", platform.target()), hint)).into())
}

/// Fails for what needs a run of the Python that is packed, where it does not run on this machine.
fn runs_nothing(plan: &Plan, contents: &Contents, platform: &dyn Platform) -> Result<()> {
    let what = match (platform::runs_here(platform), plan.profile) {
        (true, _) => return Ok(()),
        (false, Profile::Minimal) => "a minimal dist cannot be made",
        (false, _) if !contents.packages.is_empty() => "Python packages cannot be installed",
        (false, _) => return Ok(()),
    };
    let what = format!("{what} for {} on this machine", platform.target());
    let why = "its Python would have to run here: it says what modules import, and installs packages";
    Err(Misuse::new(Problem::without_hint(what, why)).into())
}

/// What goes into the dist besides the program and its Python.
struct Contents {
    packages: Packages,
    include: Vec<Include>,
    /// The names at the top of the dist that `include` puts there.
    included: BTreeSet<String>,
}

impl Contents {
    fn new(plan: &Plan, application: &Application) -> Result<Contents> {
        let keys = &application.keys;
        let include = keys.include.clone().unwrap_or_default();
        Ok(Contents {
            packages: Packages { requirements: plan.requirements.clone(), ..Packages::of(keys) },
            included: include::check(&include, &launchers(application)?)?,
            include,
        })
    }
}

/// The names of the launchers. One that the dist needs for itself is an error.
fn launchers(application: &Application) -> Result<Vec<&str>> {
    if application.launcher() == LauncherStyle::None {
        return Ok(Vec::new());
    }
    let names = application.programs()?;
    match names.iter().find(|name| include::CONTRACT.contains(name)) {
        None => Ok(names),
        Some(name) => {
            let why =
                "the dist has something else of that name; wanted another name of the binary, or `launcher = \"none\"`";
            Err(Problem::without_hint(format!("the launcher cannot be called `{name}`"), why).into())
        }
    }
}

fn fill(
    plan: &Plan,
    contents: &Contents,
    application: &Application,
    provenance: &Provenance,
    policy: &Policy,
    platform: &'static dyn Platform,
    dist: &Path,
) -> Result<Vec<Saving>> {
    let series = provenance.series()?;
    let mut programs = application.programs()?;
    programs.truncate(plan.binaries.len());
    let runtime = layout::runtime(dist);
    let stdlib = platform.stdlib(&runtime, series);
    let mut slimming = match plan.profile {
        // What `minimal` leaves out is known when the packages are there.
        Profile::Full | Profile::Minimal => Slimming::none(),
        Profile::Slim => Slimming::by_rules(&plan.python)?,
    };
    if plan.profile != Profile::Full
        && let Some(changes) = &application.keys.slim
    {
        slimming.change(changes)?;
    }
    progress("copying");
    copy::create_folder(&dist.join(layout::BIN))?;
    for (name, binary) in programs.iter().zip(&plan.binaries) {
        copy::file(binary, &platform.binary(dist, name))?;
    }
    // Existing bytecode was left by a run of that Python, and has its path in it.
    copy::tree(&plan.python, &runtime, |relative, place| {
        let is_left_out = relative.ends_with("__pycache__") || platform.leaves_out(relative);
        is_left_out || slimming.leaves_out(relative, place)
    })?;
    for file in platform.beside_program(&runtime)? {
        copy::file(&file, &dist.join(layout::BIN).join(file.file_name().unwrap_or_default()))?;
    }
    let original = plan.python.canonicalize().about("cannot find", &plan.python)?;
    if !contents.packages.is_empty() {
        progress("installing Python packages");
        let target = Target::Runtime { runtime: &runtime.canonicalize()?, series, platform };
        // The staged Python may have no headers any more, which a project's build can need.
        contents.packages.install(&target, &platform.interpreter(&original), &Places::of(application))?;
    }
    let modules = application.keys.modules.as_deref().unwrap_or_default();
    let is_minimal = plan.profile == Profile::Minimal;
    if is_minimal {
        progress("looking what the modules import");
        let runtime = minimal::Runtime { place: &runtime.canonicalize()?, copied_from: &original, series, platform };
        minimal::reduce(&runtime, modules, &mut slimming)?;
    } else if slimming.is_changed() {
        slimming.prune(&runtime)?;
    }
    slimming.require_matches()?;
    include::copy(&contents.include, dist)?;
    let closed = closure::close(dist, policy, platform)?;
    if platform.format() != Format::Pe {
        sysconfig::relocate(&runtime, &stdlib, &original)?; // on Windows it is computed from the place of the Python
    }
    wheels::store(&layout::bundled_wheels(&stdlib))?;
    // A minimal Python may lack what the compiling itself imports.
    let compiler = match platform::runs_here(platform) {
        true => Some(Interpreter::of(if is_minimal { &original } else { &runtime }, series, platform)),
        false => Interpreter::of_this_machine(application, series),
    };
    match compiler {
        Some(compiler) => {
            progress("compiling the standard library");
            bytecode::compile(dist, series, &compiler, platform)?;
        }
        None => warn(&format!(
            "the dist has no bytecode: no CPython {series} of this machine is installed (`cargo pyo3-bundle python`)"
        )),
    }
    require_libpython(dist, series, platform)?;
    if is_minimal {
        minimal::prove(&runtime, modules, platform)?;
    }
    if let Some(tool) = &plan.sign {
        progress("signing");
        let own: Vec<PathBuf> = programs.iter().map(|name| platform.binary(dist, name)).collect();
        sign::sign(tool, &closed.files, &own, platform)?;
    }
    if application.launcher() != LauncherStyle::None {
        for name in &programs {
            let text = platform.launcher_text(dist, name, application.launcher())?;
            write(&platform.launcher(dist, name), &text, 0o755)?;
        }
    }
    let mut metadata = metadata::describe(application, &programs, provenance, plan.profile, platform, &closed.files)?;
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
    pub fn slimmed(&self) -> &[Saving] {
        &self.slimmed
    }

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
        format!("the Python to pack has no `{name}`"),
        "the program is linked against that library, so the runtime must have it",
        "cargo pyo3-bundle python",
    )
    .into())
}

fn write(path: &Path, text: &str, mode: u32) -> Result<()> {
    let written = fs::write(path, text).and_then(|()| system::set_mode(path, mode));
    Ok(written.about("cannot write", path)?)
}

#[cfg(all(test, unix))]
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
        let plan = Plan {
            binaries: vec![at("binary")],
            target: None,
            _foreign: None,
            python: at("no-such-python"),
            provenance: at("provenance"),
            out: at("dist"),
            profile: Profile::Full,
            requirements: None,
            policy: None,
            sign: None,
            json: false,
        };
        let application = crate::config::Selection::default().application().unwrap();
        let text = format!("{:#}", run(&plan, &application).err().unwrap());
        // The copying comes after the working folder was made and the program was put into it.
        assert!(text.contains("cannot find") && text.contains("/no-such-python`"), "{text}");
        assert!(at("dist/app").exists());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3, "the dist, the binary and the provenance");
    }
}
