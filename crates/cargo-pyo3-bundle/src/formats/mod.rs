//! `cargo pyo3-bundle formats` makes the files of a release: what can be downloaded and installed. Orders the forms, each
//! of which is a row of one table and a module of its own.

mod archives;
mod dist;
mod folder;
mod installer;
mod managers;
mod manifest;
mod oci;
mod onefile;
mod packages;
mod sums;

use crate::config::Application;
use crate::problem::Problem;
use crate::say::say;
use crate::shown::visible;
use crate::{Misuse, Outcome};
use anyhow::Result;
use dist::Dist;
use folder::Folder;
pub use folder::read as manifest_of;
use manifest::Artifact;
pub use manifest::Manifest;
use std::path::PathBuf;

/// Makes the files of a release from dists: archives, packages, installers, sums and a manifest
#[derive(clap::Args)]
pub struct Arguments {
    /// The dists to release, one for each target [default: `dist` in the package's folder]
    dists: Vec<PathBuf>,
    /// A folder that this command has made, for example on another system; its targets become part of the release
    #[arg(long, value_name = "DIR")]
    join: Vec<PathBuf>,
    /// The folder for the release; an existing one is replaced if it has nothing but a release
    /// [default: `release` in the package's folder]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Make only this form, and those that it needs; can be repeated
    #[arg(long, value_name = "FORM", value_parser = names())]
    only: Vec<String>,
    /// Where the files can be downloaded [default: `releases/download/v<version>` of the package's repository]
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Print the manifest as JSON
    #[arg(long)]
    json: bool,
}

/// A form that a release has.
struct Form {
    /// As in `--only`.
    name: &'static str,
    make: Make,
}

/// What a form is made from. The functions write to the folder of the release.
enum Make {
    /// From a dist, if its system is one of these; for all systems if there are none.
    Dist(&'static [&'static str], fn(&Dist) -> Result<Vec<Artifact>>),
    /// The same, but from the archives of the dist, which are in the folder already.
    Archives(&'static [&'static str], fn(&Dist, &[Artifact]) -> Result<Vec<Artifact>>),
    /// From the artifacts of all targets, which are in the folder already, the archives among them.
    Release(fn(&Release) -> Result<Vec<Artifact>>),
}

/// In the order in which they are made: those of a whole release come after those of the dists.
const FORMS: &[Form] = &[
    Form { name: ARCHIVE, make: Make::Dist(&[], archives::make) },
    Form { name: "onefile", make: Make::Archives(&["linux", "macos"], onefile::make) },
    Form { name: "deb", make: Make::Dist(&["linux"], packages::deb) },
    Form { name: "rpm", make: Make::Dist(&["linux"], packages::rpm) },
    Form { name: "arch", make: Make::Dist(&["linux"], packages::arch) },
    Form { name: "oci", make: Make::Dist(&["linux"], oci::make) },
    Form { name: "installer", make: Make::Release(installer::make) },
    Form { name: "homebrew", make: Make::Release(managers::homebrew) },
    Form { name: "scoop", make: Make::Release(managers::scoop) },
    Form { name: "winget", make: Make::Release(managers::winget) },
];

/// The form that others are made from.
const ARCHIVE: &str = "archive";

impl Form {
    /// Whether the user wants it, or something that is made from it.
    fn is_wanted(&self, only: &[String]) -> bool {
        let is_named = |form: &Form| only.iter().any(|name| name == form.name);
        let of_archives = |form: &Form| matches!(form.make, Make::Archives(..) | Make::Release(_));
        let is_needed = || FORMS.iter().any(|form| is_named(form) && of_archives(form));
        only.is_empty() || is_named(self) || self.name == ARCHIVE && is_needed()
    }

    /// Whether it is made from each dist for that system.
    fn is_for(&self, os: &str) -> bool {
        match self.make {
            Make::Dist(systems, _) | Make::Archives(systems, _) => systems.is_empty() || systems.contains(&os),
            Make::Release(_) => false,
        }
    }

    /// Leaves the form out, with a warning, where this machine or the manifest has too little for it. Whoever names a form
    /// gets it or an error.
    fn or_left_out(&self, made: Result<Vec<Artifact>>, only: &[String]) -> Result<Vec<Artifact>> {
        match made {
            Err(error) if error.is::<Misuse>() && only.is_empty() && self.name != ARCHIVE => {
                eprintln!("warning: `{}` is left out: {error:#}", self.name);
                Ok(Vec::new())
            }
            made => made,
        }
    }
}

/// What the forms of a whole release are made from.
pub struct Release<'a> {
    pub application: &'a Application,
    pub folder: &'a Folder,
    pub manifest: &'a Manifest,
    /// Without a slash at its end; a file's name follows.
    pub url: &'a str,
}

fn names() -> clap::builder::PossibleValuesParser {
    FORMS.iter().map(|form| form.name).collect::<Vec<_>>().into()
}

pub fn run(arguments: &Arguments, application: &Application) -> Result<Outcome> {
    let wanted = || FORMS.iter().filter(|form| form.is_wanted(&arguments.only));
    let url = match url(arguments, application)? {
        None if wanted().any(|form| matches!(form.make, Make::Release(_))) => {
            return Err(without_url(application).into());
        }
        url => url.unwrap_or_default(),
    };
    let mut roots = arguments.dists.clone();
    if roots.is_empty() && arguments.join.is_empty() {
        roots.push(application.output("dist"));
    }
    let out = arguments.out.clone().unwrap_or_else(|| application.output("release"));
    let folder = Folder::open(&out, &roots)?;
    let mut manifest = Manifest::of(application);
    for joined in &arguments.join {
        folder.join(joined, &mut manifest)?;
    }
    for root in &roots {
        let dist = Dist::open(root, application, &folder)?;
        manifest.add_target(dist.target()).map_err(Misuse::new)?;
        let mut archives = Vec::new();
        for form in wanted().filter(|form| form.is_for(&dist.metadata.platform.os)) {
            say(&format!("{} for {}", form.name, dist.metadata.target));
            let made = match form.make {
                Make::Dist(_, make) => make(&dist),
                Make::Archives(_, make) => make(&dist, &archives),
                Make::Release(_) => continue,
            };
            let made = form.or_left_out(made, &arguments.only)?;
            if form.name == ARCHIVE {
                archives.clone_from(&made);
            }
            manifest.add(made)?;
        }
    }
    for form in wanted() {
        let Make::Release(make) = form.make else { continue };
        say(form.name);
        let made = make(&Release { application, folder: &folder, manifest: &manifest, url: &url });
        manifest.add(form.or_left_out(made, &arguments.only)?)?;
    }
    sums::write(&folder, &mut manifest)?;
    folder.publish(&manifest)?;
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&manifest)?);
    } else {
        print!("{}", manifest.table(&out));
    }
    Ok(Outcome::Fine)
}

/// The address of the release's files. A text that a shell or a manifest could read as more than an address is refused.
fn url(arguments: &Arguments, application: &Application) -> Result<Option<String>> {
    let of_repository = || {
        let repository = application.about.repository.as_deref()?;
        Some(format!("{}/releases/download/v{}", repository.trim_end_matches('/'), application.version))
    };
    let Some(url) = arguments.url.clone().or_else(of_repository) else { return Ok(None) };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/%+@".contains(&byte);
    let known = ["https://", "http://", "file://"].iter().any(|scheme| url.starts_with(scheme));
    if known && url.bytes().all(plain) {
        return Ok(Some(url.trim_end_matches('/').to_owned()));
    }
    let why = "wanted `https://`, `http://` or `file://`, and then letters, digits and `-._~:/%+@`";
    let what = format!("`{}` is not an address for downloads", visible(&url));
    Err(Misuse::new(Problem::new(what, why, WITH_URL)).into())
}

const WITH_URL: &str = "cargo pyo3-bundle formats --url https://example.org/download";

fn without_url(application: &Application) -> Misuse {
    let what = format!("nobody says where the release of `{}` can be downloaded", application.name);
    let why = "wanted `--url`, or `repository` in the package's `Cargo.toml`";
    Misuse::new(Problem::new(what, why, WITH_URL))
}
