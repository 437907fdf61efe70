//! `cargo pyo3-bundle formats` makes the files of a release: what can be downloaded and installed. Orders the forms, each
//! of which is a row of one table and a module of its own.

mod archives;
mod dist;
mod folder;
mod managers;
mod manifest;
mod oci;
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
    /// From the artifacts of all targets, which are in the folder already.
    Release(fn(&Release) -> Result<Vec<Artifact>>),
}

/// In the order in which they are made: those of a whole release come after those of the dists.
const FORMS: &[Form] = &[
    Form { name: "archive", make: Make::Dist(&[], archives::make) },
    Form { name: "deb", make: Make::Dist(&["linux"], packages::deb) },
    Form { name: "rpm", make: Make::Dist(&["linux"], packages::rpm) },
    Form { name: "arch", make: Make::Dist(&["linux"], packages::arch) },
    Form { name: "oci", make: Make::Dist(&["linux"], oci::make) },
    Form { name: "homebrew", make: Make::Release(managers::homebrew) },
    Form { name: "scoop", make: Make::Release(managers::scoop) },
    Form { name: "winget", make: Make::Release(managers::winget) },
];

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
    let url = url(arguments, application)?;
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
    let is_wanted = |form: &&Form| arguments.only.is_empty() || arguments.only.iter().any(|name| name == form.name);
    for root in &roots {
        let dist = Dist::open(root, application, &folder)?;
        manifest.add_target(dist.target()).map_err(Misuse::new)?;
        for form in FORMS.iter().filter(is_wanted) {
            let Make::Dist(systems, make) = form.make else { continue };
            if systems.is_empty() || systems.contains(&dist.metadata.platform.os.as_str()) {
                say(&format!("{} for {}", form.name, dist.metadata.target));
                manifest.add(make(&dist)?);
            }
        }
    }
    for form in FORMS.iter().filter(is_wanted) {
        let Make::Release(make) = form.make else { continue };
        say(form.name);
        let made = make(&Release { application, folder: &folder, manifest: &manifest, url: &url })?;
        manifest.add(made);
    }
    sums::write(&folder, &mut manifest)?;
    folder.publish(&manifest)?;
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&manifest)?);
        return Ok(Outcome::Fine);
    }
    print!("{}", manifest.table(&out));
    Ok(Outcome::Fine)
}

/// The address of the release's files. A text that a shell or a manifest could read as more than an address is refused.
fn url(arguments: &Arguments, application: &Application) -> Result<String> {
    let of_repository = || {
        let repository = application.about.repository.as_deref()?;
        Some(format!("{}/releases/download/v{}", repository.trim_end_matches('/'), application.version))
    };
    let Some(url) = arguments.url.clone().or_else(of_repository) else {
        let what = format!("nobody says where the release of `{}` can be downloaded", application.name);
        let why = "wanted `--url`, or `repository` in the package's `Cargo.toml`";
        let hint = "cargo pyo3-bundle formats --url https://example.org/download";
        return Err(Misuse::new(Problem::new(what, why, hint)).into());
    };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/%+@".contains(&byte);
    let known = ["https://", "http://", "file://"].iter().any(|scheme| url.starts_with(scheme));
    if known && url.bytes().all(plain) {
        return Ok(url.trim_end_matches('/').to_owned());
    }
    let why = "wanted `https://`, `http://` or `file://`, and then letters, digits and `-._~:/%+@`";
    let hint = "cargo pyo3-bundle formats --url https://example.org/download";
    Err(Misuse::new(Problem::new(format!("`{}` is not an address for downloads", visible(&url)), why, hint)).into())
}
