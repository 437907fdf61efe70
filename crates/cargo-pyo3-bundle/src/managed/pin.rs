//! The version of CPython that an application is built with and packed with: the key `python`, or else the nearest
//! `.python-version` from the package's folder up to the workspace's root.

use crate::config::{Application, Member};
use crate::problem::{About, Problem};
use crate::shown::{shown, visible, word};
use crate::{Misuse, init};
use anyhow::Result;
use std::path::Path;

pub const FILE: &str = ".python-version";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// `3.13.5`
    pub version: String,
    /// The key or the file that it comes from, for messages.
    pub origin: String,
}

impl Pin {
    pub fn of(application: &Application) -> Result<Pin> {
        if let Some(version) = &application.keys.python {
            let pin = Pin::of_key(version)?;
            one_series(&pin, application)?;
            return Ok(pin);
        }
        let folders = application.root.ancestors().take_while(|folder| folder.starts_with(&application.workspace));
        let Some(file) = folders.map(|folder| folder.join(FILE)).find(|file| file.is_file()) else {
            let what = format!("the version of Python for `{}` is not pinned", application.name);
            let why = format!(
                "wanted the key `python` or a `{FILE}` between `{}` and `{}`",
                shown(&application.root),
                shown(&application.workspace)
            );
            return Err(Misuse::new(Problem::new(what, why, "cargo pyo3-bundle init")).into());
        };
        let pin = Pin::of_file(&file)?;
        one_series(&pin, application)?;
        Ok(pin)
    }

    /// Reads the key `python`.
    pub fn of_key(version: &str) -> Result<Pin> {
        Ok(checked(version, "the key `python`".into())
            .map_err(|(what, why)| Misuse::new(Problem::without_hint(what, why)))?)
    }

    /// Reads a `.python-version`.
    pub fn of_file(file: &Path) -> Result<Pin> {
        let text = std::fs::read_to_string(file).about("cannot read", file).map_err(Misuse::new)?;
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let pin = checked(lines.next().unwrap_or_default(), format!("`{}`", shown(file)));
        let hint = format!("cargo pyo3-bundle init --python {}", init::NEWEST);
        Ok(pin.map_err(|(what, why)| Misuse::new(Problem::new(what, why, hint)))?)
    }

    /// `3.13`
    pub fn series(&self) -> &str {
        series(&self.version)
    }
}

pub fn series(version: &str) -> &str {
    version.rsplit_once('.').map_or(version, |(series, _)| series)
}

/// A pin, or what is wrong with it and why.
fn checked(version: &str, origin: String) -> Result<Pin, (String, String)> {
    let numbers: Vec<&str> = version.split('.').collect();
    let is_number = |part: &&str| !part.is_empty() && part.len() < 4 && part.bytes().all(|byte| byte.is_ascii_digit());
    if numbers.len() == 3 && numbers[0] == "3" && numbers.iter().all(is_number) {
        return Ok(Pin { version: version.to_owned(), origin });
    }
    let why = format!("wanted X.Y.Z such as 3.13.5, found `{}`", visible(version));
    Err((format!("{origin} does not pin a version of Python"), why))
}

/// Fails if a member of the workspace pins another series: its members share one Python and one target folder. The command
/// line may choose one of them.
fn one_series(pin: &Pin, application: &Application) -> Result<()> {
    if application.chooses_python {
        return Ok(());
    }
    let mut pins = application.members.iter().filter_map(of_member);
    let Some(other) = pins.find(|other| other.series() != pin.series()) else { return Ok(()) };
    let what = format!("the workspace `{}` pins two series of Python", shown(&application.workspace));
    let why = format!(
        "{} has {}, {} has {}, and all members are built with one Python",
        pin.origin, pin.version, other.origin, other.version
    );
    let manifest = word(&application.root.join("Cargo.toml"));
    let hint = format!("cargo pyo3-bundle --manifest-path {manifest} --config python={}", pin.version);
    Err(Misuse::new(Problem::new(what, why, hint)).into())
}

/// What a member pins itself, by its key or else by a file beside its manifest.
fn of_member(member: &Member) -> Option<Pin> {
    match &member.python {
        Some((manifest, version)) => checked(version, format!("the key `python` in `{}`", shown(manifest))).ok(),
        None => Pin::of_file(&member.root.join(FILE)).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn application(folder: &Path) -> Application {
        let (root, other) = (folder.join("members/one"), folder.join("members/two"));
        fs::create_dir_all(&root).unwrap();
        fs::create_dir_all(&other).unwrap();
        let members = [&root, &other].map(|root| Member { root: root.clone(), python: None }).into();
        Application { name: "app".into(), root, workspace: folder.to_owned(), members, ..Application::default() }
    }

    fn refused(application: &Application) -> String {
        let error = Pin::of(application).unwrap_err();
        assert!(error.is::<Misuse>(), "{error:#}");
        format!("{error:#}")
    }

    #[test]
    fn the_key_goes_before_the_nearest_file_and_no_file_above_the_workspace_counts() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = folder.path().join("workspace");
        let mut application = application(&workspace);
        fs::write(folder.path().join(FILE), "3.9.1\n").unwrap();
        let text = refused(&application);
        assert!(text.contains("`app` is not pinned") && text.ends_with("\nhint: cargo pyo3-bundle init"), "{text}");
        fs::write(workspace.join(FILE), "# why\n\n3.13.5\n3.12.1\n").unwrap();
        assert_eq!(Pin::of(&application).unwrap().version, "3.13.5");
        fs::write(application.root.join(FILE), "3.12.1").unwrap();
        let pin = Pin::of(&application).unwrap();
        assert_eq!((pin.version.as_str(), pin.series()), ("3.12.1", "3.12"));
        application.keys.python = Some("3.14.0".into());
        application.members[0].python = Some(("Cargo.toml".into(), "3.14.0".into()));
        assert_eq!(Pin::of(&application).unwrap().version, "3.14.0");
    }

    #[test]
    fn what_is_not_a_full_version_is_refused_with_what_was_found() {
        let folder = tempfile::tempdir().unwrap();
        let application = application(folder.path());
        for text in ["3.13", "pypy3.10", "3.13.x", "2.7.18", "", "3.13.5; rm"] {
            fs::write(folder.path().join(FILE), text).unwrap();
            let said = refused(&application);
            assert!(said.contains(&format!("found `{text}`")) && said.contains(FILE), "{said}");
        }
    }

    #[test]
    fn two_series_in_one_workspace_are_refused_unless_the_command_line_decides() {
        let folder = tempfile::tempdir().unwrap();
        let mut application = application(folder.path());
        fs::write(application.members[0].root.join(FILE), "3.13.5").unwrap();
        fs::write(application.members[1].root.join(FILE), "3.13.4").unwrap();
        assert_eq!(Pin::of(&application).unwrap().version, "3.13.5");
        fs::write(application.members[1].root.join(FILE), "3.12.4").unwrap();
        let text = refused(&application);
        assert!(text.contains("two series") && text.contains("has 3.13.5") && text.contains("has 3.12.4"), "{text}");
        assert!(text.ends_with("--config python=3.13.5"), "{text}");
        application.keys.python = Some("3.13.5".into());
        assert!(refused(&application).contains("the key `python` has 3.13.5"));
        application.chooses_python = true;
        assert!(Pin::of(&application).is_ok());
    }
}
