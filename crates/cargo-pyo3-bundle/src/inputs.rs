//! The arguments of `stage`. What is not given comes from the keys of the application, and from the places where
//! `python` and `build` leave their results.

use crate::config::Application;
use crate::managed::{Foreign, Places};
use crate::metadata::Profile;
use crate::platform::{self, Platform};
use crate::problem::{About, Problem};
use crate::shown::shown;
use crate::{Misuse, build, stage};
use anyhow::Result;
use std::path::{Path, PathBuf};

/// Makes a dist; an existing one is replaced only when the new one is complete
#[derive(clap::Args, Default)]
pub struct Arguments {
    /// The release binaries, as cargo linked them, in the order of the key `bins` [default: those in the target folder]
    #[arg(long = "binary", value_name = "FILE")]
    pub binaries: Vec<PathBuf>,
    /// The target that the binaries are for, such as x86_64-pc-windows-gnu [default: what the first one is linked for]
    #[arg(long, value_name = "TRIPLE")]
    pub target: Option<String>,
    /// The installed Python, copied to python/runtime [default: the managed Python]
    #[arg(long, value_name = "DIR")]
    pub python: Option<PathBuf>,
    /// Where that Python comes from: the JSON file that its installer wrote [default: that of the managed Python]
    #[arg(long, value_name = "FILE")]
    pub provenance: Option<PathBuf>,
    /// Pack the Python of this `install_only` archive of python-build-standalone, a file or an address: it may be for
    /// another system
    #[arg(long, value_name = "FILE|URL", requires = "sha256", conflicts_with_all = ["python", "provenance"])]
    pub archive: Option<String>,
    /// The sum of that archive
    #[arg(long, value_name = "HEX", requires = "archive")]
    pub sha256: Option<String>,
    /// The folder to make [default: `dist` in the package's folder]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// How much of the Python goes in [default: the key `profile`, or else full]
    #[arg(long, value_enum, hide_default_value = true)]
    pub profile: Option<Profile>,
    /// Locked Python packages to install into the runtime: a requirements file with hashes [default: the key
    /// `requirements`]
    #[arg(long, value_name = "FILE")]
    pub requirements: Option<PathBuf>,
    /// The policy that the dist will be judged by: what it leaves to the system is not copied from this machine
    /// [default: the key `policy`]
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// A program that signs the native files of a dist for macOS before they are recorded. It gets a line for each file,
    /// `library` or `program`, a tab, the path, in the order in which they are to be signed
    #[arg(long, value_name = "PROGRAM")]
    pub sign: Option<PathBuf>,
    /// Print the report as JSON
    #[arg(long)]
    pub json: bool,
}

impl Arguments {
    pub fn plan(self, application: &Application) -> Result<stage::Plan> {
        let places = Places::of(application);
        let programs = application.programs()?;
        if self.binaries.len() > programs.len() {
            let why = format!("the dist has {}: {}", programs.len(), programs.join(", "));
            let what = format!("there are {} times `--binary`", self.binaries.len());
            return Err(Misuse::new(Problem::without_hint(what, why)).into());
        }
        let (named, lock) = (self.python.iter().chain(&self.provenance), &self.requirements);
        self.binaries.iter().chain(named).chain(lock).try_for_each(|given| is_there(given))?;
        let mut given = self.binaries.into_iter();
        let target = self.target.as_deref().map(platform::of).transpose().map_err(Misuse::new)?;
        let file_name = |name: &str| match target {
            Some(target) => target.built(name),
            None => format!("{name}{}", std::env::consts::EXE_SUFFIX),
        };
        let folder = match target {
            Some(target) => application.target.join(target.target()),
            None => build::target_folder(application),
        };
        let release = |name: &str| folder.join("release").join(file_name(name));
        let file = |name: &&str| given.next().map_or_else(|| built(release(name), target), Ok);
        let binaries = programs.iter().map(file).collect::<Result<_>>()?;
        let archive = self.archive.as_deref().zip(self.sha256.as_deref());
        let foreign = archive.map(|(archive, sum)| Foreign::unpack(archive, sum, application)).transpose()?;
        let (python, provenance) = match &foreign {
            Some(foreign) => (foreign.python(), foreign.provenance()),
            None => {
                if self.python.is_none() {
                    build::managed(application, &places)?;
                }
                (self.python.unwrap_or_else(|| places.runtime()), self.provenance.unwrap_or_else(|| places.record()))
            }
        };
        Ok(stage::Plan {
            binaries,
            target,
            python,
            provenance,
            _foreign: foreign,
            out: self.out.unwrap_or_else(|| application.output("dist")),
            profile: self.profile.or(application.keys.profile).unwrap_or_default(),
            requirements: self.requirements.or_else(|| application.keys.requirements.clone()),
            policy: self.policy.or_else(|| application.keys.policy.clone()),
            sign: self.sign,
            json: self.json,
        })
    }
}

/// Fails if what the command line names is not there.
fn is_there(given: &Path) -> Result<(), Misuse> {
    given.metadata().about("cannot find", given).map(drop).map_err(Misuse::new)
}

fn built(binary: PathBuf, target: Option<&'static dyn Platform>) -> Result<PathBuf> {
    if binary.is_file() {
        return Ok(binary);
    }
    let why = "wanted the release binary of the application, found nothing".to_owned();
    let hint = match target {
        Some(target) => format!("cargo build --release --target {}", target.target()),
        None => "cargo pyo3-bundle build".to_owned(),
    };
    Err(Misuse::new(Problem::new(format!("`{}` is missing", shown(&binary)), why, hint)).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Keys;
    use crate::{archive, verify};
    use std::fs;

    /// An application whose Python is installed.
    fn application(folder: &Path) -> Application {
        fs::create_dir_all(folder.join(".local/python/bin")).unwrap();
        fs::write(folder.join(".local/python/bin/python3"), "").unwrap();
        let record = r#"{"provider": "uv", "version": "3.13.5", "pinned_version": "3.13.5"}"#;
        fs::write(folder.join(".local/python/provenance.json"), record).unwrap();
        fs::write(folder.join(".python-version"), "3.13.5").unwrap();
        Application {
            name: "app".into(),
            root: folder.to_owned(),
            workspace: folder.to_owned(),
            target: folder.join("target"),
            binaries: vec!["one".into(), "two".into()],
            ..Application::default()
        }
    }

    #[test]
    fn what_is_not_given_comes_from_the_keys_and_from_earlier_steps() {
        let folder = tempfile::tempdir().unwrap();
        let mut application = application(folder.path());
        let release = folder.path().join("target/release");
        fs::create_dir_all(&release).unwrap();
        ["one", "two"].iter().for_each(|name| fs::write(release.join(name), "").unwrap());
        let plan = Arguments::default().plan(&application).unwrap();
        assert_eq!((plan.binaries, plan.profile), (vec![release.join("one"), release.join("two")], Profile::Full));
        assert_eq!(plan.python, folder.path().join(".local/python/runtime"));
        assert_eq!(plan.provenance, folder.path().join(".local/python/provenance.json"));
        assert_eq!(plan.out, folder.path().join("dist"));
        application.keys = Keys {
            bins: Some(vec!["two".into()]),
            profile: Some(Profile::Slim),
            requirements: Some("/x/lock.txt".into()),
            policy: Some("/x/policy.toml".into()),
            ..Keys::default()
        };
        let plan = Arguments::default().plan(&application).unwrap();
        assert_eq!((plan.binaries, plan.profile), (vec![release.join("two")], Profile::Slim));
        assert_eq!(plan.requirements.as_deref(), Some(Path::new("/x/lock.txt")));
        assert_eq!(plan.policy.as_deref(), Some(Path::new("/x/policy.toml")));
        let built = release.join("one");
        let given = Arguments { binaries: vec![built.clone()], profile: Some(Profile::Full), ..Arguments::default() };
        let plan = given.plan(&application).unwrap();
        assert_eq!((plan.binaries, plan.profile), (vec![built], Profile::Full));
    }

    #[test]
    fn the_dist_of_a_member_is_looked_for_where_it_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let (place, application) = (folder.path().join("dist"), application(folder.path()));
        let archive = archive::Arguments { dist: None, out: None, json: false };
        for refused in [
            verify::run(&verify::Arguments::default(), &application).err().unwrap(),
            archive::run(&archive, &application).err().unwrap(),
        ] {
            assert!(refused.to_string().contains(&format!("`{}`", place.display())), "{refused}");
        }
    }

    #[test]
    fn several_binaries_are_given_in_the_order_of_their_names() {
        let folder = tempfile::tempdir().unwrap();
        let plan = |binaries: &[&str], bins: &[&str]| {
            let mut application = application(folder.path());
            application.keys.bins = Some(bins.iter().map(|name| String::from(*name)).collect());
            let binaries = binaries.iter().map(|name| folder.path().join(name)).collect();
            let plan = Arguments { binaries, ..Arguments::default() }.plan(&application);
            plan.map(|plan| plan.binaries).map_err(|error| format!("{error:#}"))
        };
        ["x", "y"].iter().for_each(|name| fs::write(folder.path().join(name), "").unwrap());
        assert_eq!(plan(&["x", "y"], &["two", "one"]).unwrap(), ["x", "y"].map(|name| folder.path().join(name)));
        let text = plan(&["x", "y"], &["two"]).unwrap_err();
        assert_eq!(text, "there are 2 times `--binary`\n  the dist has 1: two");
        assert!(plan(&["x"], &["two", "one"]).unwrap_err().contains("/release/one` is missing"));
        assert!(plan(&["x"], &["three"]).unwrap_err().starts_with("the package `app` has no binary `three`\n"));
        assert!(plan(&["x"], &["one", "one"]).unwrap_err().starts_with("the key `bins` names `one` twice\n"));
    }

    #[test]
    fn binaries_are_where_cargo_puts_them_for_a_chosen_target() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join(".cargo")).unwrap();
        for (target, name) in [("riscv64gc-unknown-linux-gnu", None), ("specs/my.os.json", Some("my.os"))] {
            fs::write(folder.path().join(".cargo/config.toml"), format!("[build]\ntarget = \"{target}\"\n")).unwrap();
            let release = folder.path().join("target").join(name.unwrap_or(target)).join("release");
            fs::create_dir_all(&release).unwrap();
            ["one", "two"].iter().for_each(|name| fs::write(release.join(name), "").unwrap());
            let plan = Arguments::default().plan(&application(folder.path())).unwrap();
            assert_eq!(plan.binaries, [release.join("one"), release.join("two")]);
        }
    }

    #[test]
    fn a_binary_that_is_not_built_names_the_command_that_builds_it() {
        let folder = tempfile::tempdir().unwrap();
        let error = Arguments::default().plan(&application(folder.path())).err().unwrap();
        let text = format!("{error:#}");
        assert!(error.is::<Misuse>() && text.contains("/target/release/one` is missing"), "{text}");
        assert!(text.ends_with("\nhint: cargo pyo3-bundle build"), "{text}");
        let of_target = |target: &str| Arguments { target: Some(target.into()), ..Arguments::default() };
        let error = of_target("x86_64-pc-windows-gnu").plan(&application(folder.path())).err().unwrap().to_string();
        assert!(error.contains("/target/x86_64-pc-windows-gnu/release/one.exe` is missing"), "{error}");
        assert!(error.ends_with("\nhint: cargo build --release --target x86_64-pc-windows-gnu"), "{error}");
        let error = of_target("wasm32-wasip1").plan(&application(folder.path())).err().unwrap();
        assert!(error.is::<Misuse>() && error.to_string().contains("for `wasm32-wasip1`"), "{error}");
    }
}
