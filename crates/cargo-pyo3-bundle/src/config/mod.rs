//! Reads what cargo says about the application to pack. Its names are written nowhere else.

mod keys;

pub use keys::{Include, Keys, LauncherStyle, Slim};

use crate::Misuse;
use crate::problem::Problem;
use crate::shown::{shown, visible, word};
use anyhow::Result;
use cargo_metadata::{Metadata, MetadataCommand, Package};
use keys::Source;
use std::path::{Path, PathBuf};

/// Which package of which workspace to pack.
#[derive(clap::Args, Default)]
pub struct Selection {
    /// The `Cargo.toml` of the application or of its workspace
    #[arg(long, value_name = "PATH", global = true)]
    pub manifest_path: Option<PathBuf>,
    /// The package to pack, where the workspace has several
    #[arg(long, short, value_name = "NAME", global = true)]
    pub package: Option<String>,
    /// A key of `[package.metadata.pyo3-bundle]`, and its value for this run
    #[arg(long = "config", value_name = "KEY=VALUE", global = true)]
    pub settings: Vec<String>,
}

#[derive(Debug, Clone, Default)]
pub struct Application {
    pub name: String,
    pub version: String,
    /// The folder of its `Cargo.toml`.
    pub root: PathBuf,
    pub workspace: PathBuf,
    /// All packages of the workspace.
    pub members: Vec<Member>,
    /// The folders of packages outside the workspace that its packages depend on by path.
    pub path_dependencies: Vec<PathBuf>,
    /// Cargo's target folder.
    pub target: PathBuf,
    /// The binaries that the package has, in cargo's order.
    pub binaries: Vec<String>,
    /// Whether the package is an extension module for a Python: its library is a `cdylib`.
    pub is_extension: bool,
    pub keys: Keys,
    /// Whether the command line has the key `python`.
    pub chooses_python: bool,
    /// The files that have the `main` of each binary, in the same order.
    pub mains: Vec<PathBuf>,
    pub build_script: Option<PathBuf>,
    /// The version of PyO3 that the package asks for, if it names PyO3 itself.
    pub pyo3: Option<cargo_metadata::semver::VersionReq>,
    pub about: About,
}

/// What the manifest tells people about the package.
#[derive(Debug, Clone, Default)]
pub struct About {
    pub description: Option<String>,
    pub license: Option<String>,
    pub authors: Vec<String>,
    pub repository: Option<String>,
    pub homepage: Option<String>,
}

/// A package of the workspace.
#[derive(Debug, Clone, Default)]
pub struct Member {
    /// The folder of its `Cargo.toml`.
    pub root: PathBuf,
    /// The manifest that has the key `python` for it, and the value.
    pub python: Option<(PathBuf, String)>,
}

impl Application {
    /// The names of the dist's programs: those of the key `bins`, or else all binaries of the package. The first one is
    /// the application's own; the others have their launchers beside it.
    pub fn programs(&self) -> Result<Vec<&str>> {
        let names = self.keys.bins.as_ref().filter(|bins| !bins.is_empty()).unwrap_or(&self.binaries);
        let mut known = Vec::new();
        for name in names {
            let what = if !self.binaries.contains(name) {
                format!("the package `{}` has no binary `{}`", self.name, visible(name))
            } else if known.contains(&name.as_str()) {
                format!("the key `bins` names `{}` twice", visible(name))
            } else {
                known.push(name);
                continue;
            };
            let why = format!("wanted some of {} in the key `bins`", self.binaries.join(", "));
            let hint = format!("cargo build --package {} --bin", self.name);
            return Err(Misuse::new(Problem::new(what, why, hint)).into());
        }
        if known.is_empty() {
            let what = format!("the package `{}` has no binary", self.name);
            let manifest = self.root.join("Cargo.toml");
            let mut why = format!("wanted `src/main.rs` or a `[[bin]]` in `{}`", shown(&manifest));
            if self.is_extension {
                why.push_str(", found a `cdylib`: an extension module, which a Python loads and a wheel carries");
            }
            return Err(Misuse::new(Problem::without_hint(what, why)).into());
        }
        Ok(known)
    }

    /// The name of the binary that the launcher starts.
    pub fn binary(&self) -> Result<&str> {
        Ok(self.programs()?[0])
    }

    /// The name of the launcher, also where the manifest does not say which programs there are.
    pub fn program(&self) -> &str {
        self.programs().map_or(&self.name, |programs| programs[0])
    }

    /// The first part of the names of archives and other files of a release.
    pub fn archive_name(&self) -> String {
        self.keys.name.clone().unwrap_or_else(|| self.name.replace('_', "-"))
    }

    /// A folder of results in the package's folder, relative to the current folder if that is the package's: then what is
    /// shown can be pasted and read.
    pub fn output(&self, name: &str) -> PathBuf {
        let current = std::env::current_dir().and_then(|folder| folder.canonicalize()).ok();
        let is_current = current.is_some_and(|folder| self.root.canonicalize().is_ok_and(|root| root == folder));
        if is_current { PathBuf::from(name) } else { self.root.join(name) }
    }

    pub fn launcher(&self) -> LauncherStyle {
        self.keys.launcher.unwrap_or_default()
    }
}

impl Selection {
    /// Has cargo read the manifests, so that inherited values are those that cargo builds with.
    pub fn application(&self) -> Result<Application> {
        let mut command = MetadataCommand::new();
        command.no_deps();
        if let Some(path) = &self.manifest_path {
            command.manifest_path(path);
        }
        let metadata = command.exec().map_err(|error| {
            let reason = match error {
                cargo_metadata::Error::CargoMetadata { stderr } => stderr,
                other => other.to_string(),
            };
            let at = self.manifest_path.as_deref().map(|path| format!(" --manifest-path {}", word(path)));
            let hint = format!("cargo metadata --no-deps{}", at.unwrap_or_default());
            let why = reason.trim().trim_start_matches("error: ").replace('\n', "\n  ");
            Misuse::new(Problem::new("cargo finds no package to pack", visible_lines(&why), hint))
        })?;
        let packages = metadata.workspace_packages();
        let package = self.choose(&packages, metadata.workspace_root.as_std_path())?;
        self.described(package, &metadata)
    }

    fn described(&self, package: &Package, metadata: &Metadata) -> Result<Application> {
        let root = package.manifest_path.parent().unwrap_or(&package.manifest_path).as_std_path().to_path_buf();
        let workspace = metadata.workspace_root.as_std_path().to_path_buf();
        let mut keys = Keys::default();
        // The last of several arguments counts.
        for setting in &self.settings {
            keys = Keys::parse_argument(setting, &std::env::current_dir()?).map_err(Misuse::new)?.or(keys);
        }
        let chooses_python = keys.python.is_some();
        for (table, level, base) in
            [(&package.metadata, "package", &root), (&metadata.workspace_metadata, "workspace", &workspace)]
        {
            let manifest = base.join("Cargo.toml");
            let name = format!("`[{level}.metadata.{}]` in `{}`", keys::TABLE, shown(&manifest));
            refuse_misspelt(table, level, &manifest)?;
            if let Some(value) = table.get(keys::TABLE) {
                keys = keys.or(Keys::parse(value, &Source { name, base }).map_err(Misuse::new)?);
            }
        }
        if let Some(name) = keys.name.as_deref().filter(|name| !begins_file_name(name)) {
            let why = format!(
                "wanted ASCII letters, digits and `._+-`, the first a letter or digit; found `{}`",
                visible(name)
            );
            return Err(Misuse::new(Problem::without_hint("the key `name` is not a name for an archive", why)).into());
        }
        let packages = metadata.workspace_packages();
        let dependencies = packages.iter().flat_map(|package| &package.dependencies);
        let paths = dependencies.filter_map(|dependency| Some(dependency.path.as_ref()?.as_std_path().to_path_buf()));
        let path_dependencies = paths.filter(|path| !path.starts_with(&workspace)).collect();
        let member = |package: &&Package| member(package, metadata);
        let is_binary = |target: &&cargo_metadata::Target| target.is_bin();
        let source = |target: &cargo_metadata::Target| target.src_path.as_std_path().to_owned();
        Ok(Application {
            name: package.name.to_string(),
            version: package.version.to_string(),
            root,
            members: packages.iter().filter_map(member).collect(),
            path_dependencies,
            workspace,
            target: metadata.target_directory.as_std_path().to_path_buf(),
            is_extension: package.targets.iter().any(|target| target.is_cdylib()),
            binaries: package.targets.iter().filter(is_binary).map(|target| target.name.clone()).collect(),
            keys,
            chooses_python,
            mains: package.targets.iter().filter(is_binary).map(source).collect(),
            build_script: package.targets.iter().find(|target| target.is_custom_build()).map(source),
            pyo3: package.dependencies.iter().find(|found| found.name == "pyo3").map(|found| found.req.clone()),
            about: About {
                description: package.description.clone(),
                license: package.license.clone(),
                authors: package.authors.clone(),
                repository: package.repository.clone(),
                homepage: package.homepage.clone(),
            },
        })
    }

    fn choose<'a>(&self, packages: &[&'a Package], workspace: &Path) -> Result<&'a Package> {
        let asked = match &self.package {
            Some(name) => packages.iter().find(|package| package.name == *name),
            None => {
                let place = self.place()?;
                let folder =
                    |package: &Package| package.manifest_path.parent().map(|folder| folder.as_std_path().to_owned());
                let around =
                    packages.iter().filter(|package| folder(package).is_some_and(|folder| place.starts_with(folder)));
                // In a workspace's own folder, only its root package is around it.
                around.max_by_key(|package| package.manifest_path.as_str().len())
            }
        };
        let of_one = || packages.first().filter(|_| packages.len() == 1 && self.package.is_none());
        asked.or_else(of_one).copied().ok_or_else(|| {
            let names: Vec<&str> = packages.iter().map(|package| package.name.as_str()).collect();
            let what = match &self.package {
                Some(name) => format!("the workspace `{}` has no package `{}`", shown(workspace), visible(name)),
                None => format!("`{}` is a workspace without a package of its own", shown(workspace)),
            };
            let hint = format!("cargo pyo3-bundle --package {}", names.first().unwrap_or(&"NAME"));
            Misuse::new(Problem::new(what, format!("wanted one of {}", names.join(", ")), hint)).into()
        })
    }

    /// The folder that decides about the package: that of the named manifest, else the current one.
    fn place(&self) -> Result<PathBuf> {
        let folder = match &self.manifest_path {
            Some(path) => {
                path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned()
            }
            None => std::env::current_dir()?,
        };
        Ok(folder.canonicalize()?)
    }
}

/// Tells whether a text can be the beginning of a file's name on each system, and is not taken for an option.
pub fn begins_file_name(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._+-".contains(&byte);
    !text.is_empty() && text.bytes().all(plain) && !text.starts_with(['.', '-'])
}

fn member(package: &Package, metadata: &Metadata) -> Option<Member> {
    let python = |table: &serde_json::Value, manifest: &Path| {
        Some((manifest.to_owned(), table.get(keys::TABLE)?.get("python")?.as_str()?.to_owned()))
    };
    let own = python(&package.metadata, package.manifest_path.as_std_path());
    let of_all = || python(&metadata.workspace_metadata, &metadata.workspace_root.as_std_path().join("Cargo.toml"));
    let root = package.manifest_path.parent()?.as_std_path().to_path_buf();
    Some(Member { root, python: own.or_else(of_all) })
}

/// Fails for a table that is nearly called as ours: cargo takes every name, so its keys would count for nothing.
fn refuse_misspelt(metadata: &serde_json::Value, level: &str, manifest: &Path) -> Result<(), Misuse> {
    let mut names = metadata.as_object().into_iter().flat_map(|tables| tables.keys());
    let is_near = |name: &&String| *name != keys::TABLE && strsim::damerau_levenshtein(name, keys::TABLE) <= 2;
    let Some(name) = names.find(is_near) else { return Ok(()) };
    let what = format!("nobody reads `[{level}.metadata.{}]` in `{}`", visible(name), shown(manifest));
    Err(Misuse::new(Problem::without_hint(what, format!("wanted `[{level}.metadata.{}]`", keys::TABLE))))
}

/// Cargo's message, whose line ends stay.
fn visible_lines(text: &str) -> String {
    text.lines().map(visible).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn package(folder: &Path, text: &str) -> Selection {
        fs::create_dir_all(folder.join("src")).unwrap();
        fs::write(folder.join("src/main.rs"), "fn main() {}").unwrap();
        let manifest = folder.join("Cargo.toml");
        fs::write(&manifest, text).unwrap();
        Selection { manifest_path: Some(manifest), ..Selection::default() }
    }

    #[test]
    fn names_come_from_the_manifest_and_unknown_keys_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let read = |text: &str| package(folder.path(), text).application();
        let own = "[package]\nname = \"app\"\nversion = \"1.2.3\"\nedition = \"2024\"\n";
        let application = read(own).unwrap();
        assert_eq!((application.name.as_str(), application.version.as_str()), ("app", "1.2.3"));
        let application = read(&format!("{own}[package.metadata.pyo3-bundle]\nname = \"an-app\"\n")).unwrap();
        assert_eq!(application.keys.name.as_deref(), Some("an-app"));
        let error = read(&format!("{own}[package.metadata.pyo3-bundle]\nnmae = \"\"\n")).unwrap_err();
        assert!(format!("{error:#}").contains("nearest is `name`"), "{error:#}");
        let error = read("[package\n").unwrap_err();
        assert!(error.is::<Misuse>() && format!("{error:#}").contains("\nhint: cargo metadata"), "{error:#}");
    }

    #[test]
    fn a_member_inherits_its_version_and_is_chosen_by_place_or_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let member = "edition = \"2024\"\nversion.workspace = true\n";
        for name in ["one", "two"] {
            package(&folder.path().join(name), &format!("[package]\nname = \"{name}\"\n{member}"));
        }
        let root = folder.path().join("Cargo.toml");
        fs::write(&root, "[workspace]\nmembers = [\"one\", \"two\"]\n[workspace.package]\nversion = \"4.5.6\"\n")
            .unwrap();
        let select = |manifest: &Path, package: Option<&str>| {
            let package = package.map(String::from);
            Selection { manifest_path: Some(manifest.to_path_buf()), package, ..Selection::default() }.application()
        };
        let two = select(&folder.path().join("two/Cargo.toml"), None).unwrap();
        assert_eq!((two.name.as_str(), two.version.as_str()), ("two", "4.5.6"));
        assert_eq!(select(&root, Some("one")).unwrap().name, "one");
        for (package, named) in [(None, "one, two"), (Some("three"), "`three`")] {
            let text = format!("{:#}", select(&root, package).unwrap_err());
            assert!(text.contains(named) && text.contains("\nhint: "), "{text}");
        }
    }
}
