//! `cargo pyo3-bundle try`: packs an application with no line of it changed. What its own lines would do is done from
//! outside: the arguments for the linker are on the command line, and the launcher sets `PYTHONHOME`.

mod link;
mod smoke;

use crate::config::{Application, LauncherStyle};
use crate::hints::Given;
use crate::managed::{self, Places};
use crate::problem::About;
use crate::say::say;
use crate::shown::{shown, word};
use crate::{Outcome, init, platform, stage, verify};
use anyhow::Result;
use std::fs;
use std::path::{Path, PathBuf};

/// Packs the application with no line of it changed, to see it run
#[derive(clap::Args, Clone, Default)]
pub struct Arguments {
    /// The folder to make [default: pyo3-bundle/try in the target folder]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// The release of CPython to carry [default: the pinned one, or else the newest one of the series 3.13]
    #[arg(long, value_name = "VERSION")]
    python: Option<String>,
}

/// What the lines of `init` would mend. All of it follows from a program that does not know where its Python is.
const WEAKER: [&str; 6] = [
    "Only the launcher starts the program, which finds no Python by itself.",
    "Python obeys its variables: with PYTHONPATH set, modules come from there.",
    "Without a UTF-8 locale, it cannot import `ssl` from a folder whose name is not ASCII.",
    "Programs that it starts inherit PYTHONHOME, and another Python does not start with it.",
    "`sys.executable` is not the `python3` of the folder, so multiprocessing may start the application again.",
    "It cannot check itself: there is no smoke, no `--verify`, and the linked libpython is not compared.",
];

impl Arguments {
    /// The command as the user gave it.
    pub fn command(&self) -> String {
        let mut command = "try".to_owned();
        self.out.iter().for_each(|path| command += &format!(" --out {}", word(path)));
        self.python.iter().for_each(|version| command += &format!(" --python {}", word(Path::new(version))));
        command
    }
}

pub fn run(arguments: &Arguments, application: &Application, given: &Given) -> Result<Outcome> {
    let application = as_it_is(arguments, application)?;
    managed::provide(&managed::Arguments::default(), &application)?;
    let places = Places::of(&application);
    let binary = link::build(&application)?;
    let platform = platform::of_program(&binary)?;
    let out = arguments.out.clone().unwrap_or_else(|| application.target.join("pyo3-bundle/try"));
    let above = out.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(above).about("cannot create", above)?;
    let staged = stage::Plan {
        binaries: vec![binary],
        target: None,
        _foreign: None,
        python: places.runtime(),
        provenance: places.record(),
        out: out.clone(),
        profile: application.keys.profile.unwrap_or_default(),
        requirements: application.keys.requirements.clone(),
        policy: application.keys.policy.clone(),
        sign: None,
        json: false,
    };
    stage::run(&staged, &application)?;
    let verified =
        verify::run(&verify::Arguments { dist: Some(out.clone()), ..verify::Arguments::default() }, &application)?;
    say("importing every module, from another place");
    let findings = smoke::run(&out, application.program(), &application.target, platform)?;
    findings.iter().for_each(|finding| eprintln!("{finding}"));
    tell(&platform.launcher(&out, application.program()), given);
    Ok(if findings.is_empty() { verified } else { Outcome::Findings })
}

/// The application with a Python chosen, and with a launcher. It may have no pin yet, and gets none.
fn as_it_is(arguments: &Arguments, application: &Application) -> Result<Application> {
    let mut application = application.clone();
    let mut folders = application.root.ancestors().take_while(|folder| folder.starts_with(&application.workspace));
    let is_pinned = application.keys.python.is_some() || folders.any(|folder| folder.join(managed::PIN).is_file());
    if arguments.python.is_some() || !is_pinned {
        let again = |version: &str| {
            let arguments = Arguments { python: Some(version.to_owned()), ..arguments.clone() };
            format!("cargo pyo3-bundle {}", arguments.command())
        };
        let chosen = init::choose_python(arguments.python.as_deref(), &Places::of(&application), again)?;
        application.keys.python = Some(chosen);
        application.chooses_python = true;
    }
    if application.launcher() == LauncherStyle::None {
        // Nothing else tells the program where its Python is.
        application.keys.launcher = Some(LauncherStyle::Script);
    }
    Ok(application)
}

fn tell(launcher: &Path, given: &Given) {
    println!(
        "start it: {}\nThe folder `{}` can be moved.",
        word(launcher),
        shown(launcher.parent().unwrap_or(launcher))
    );
    println!("\nWeaker than it could be:");
    WEAKER.iter().for_each(|weakness| println!("- {weakness}"));
    println!("The lines that mend this: {}", given.in_commands("cargo pyo3-bundle init"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_application_without_a_pin_gets_a_python_and_one_with_a_pin_keeps_it() {
        let folder = tempfile::tempdir().unwrap();
        let (workspace, root) = (folder.path().to_owned(), folder.path().join("member"));
        fs::create_dir(&root).unwrap();
        let application = Application { workspace, root, ..Application::default() };
        let chosen = |asked: Option<&str>| {
            let order = Arguments { python: asked.map(Into::into), ..Arguments::default() };
            as_it_is(&order, &application).unwrap().keys.python
        };
        assert!(chosen(None).unwrap().starts_with("3.13."));
        assert_eq!(chosen(Some("3.12.1")).as_deref(), Some("3.12.1"));
        fs::write(folder.path().join(".python-version"), "3.14.1\n").unwrap();
        assert_eq!(chosen(None), None);
        assert_eq!(chosen(Some("3.12.1")).as_deref(), Some("3.12.1"));
        let wrong = Arguments { python: Some("3.12".into()), ..Arguments::default() };
        let text = as_it_is(&wrong, &application).unwrap_err().to_string();
        assert!(text.contains("not a release") && text.contains("\nhint: cargo pyo3-bundle try --python 3."), "{text}");
    }

    #[test]
    fn the_folder_has_a_launcher_also_for_an_application_that_wants_none() {
        let launcher = |wanted: Option<LauncherStyle>| {
            let mut application = Application::default();
            application.keys.launcher = wanted;
            application.keys.python = Some("3.13.5".into());
            as_it_is(&Arguments::default(), &application).unwrap().launcher()
        };
        assert_eq!(launcher(None), LauncherStyle::Script);
        assert_eq!(launcher(Some(LauncherStyle::None)), LauncherStyle::Script);
        assert_eq!(launcher(Some(LauncherStyle::Environment)), LauncherStyle::Environment);
    }
}
