//! Finds the distribution's package of each native library that was vendored from this machine. Asks dpkg once for all
//! of them, and rpm for those that dpkg does not know; the table in `libraries` has licences by soname.

use super::libraries::license_of;
use super::{Component, License, Text, ask, purl::purl};
use crate::layout;
use crate::problem::About;
use anyhow::{Context, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

const SHARED_LICENSES: &str = "/usr/share/common-licenses";

/// What a package manager says about a package.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Package {
    /// The type in a purl: `deb`, `rpm`.
    kind: &'static str,
    name: String,
    version: String,
    architecture: String,
    source: String,
    source_version: String,
    license: String,
    texts: Vec<PathBuf>,
}

/// Returns the components of the vendored libraries: the file of this machine, by the soname that it has in the dist.
pub fn packages(vendored: &BTreeMap<String, PathBuf>) -> Result<Vec<Component>> {
    if vendored.is_empty() {
        return Ok(Vec::new());
    }
    let paths: BTreeSet<&Path> = vendored.values().map(PathBuf::as_path).collect();
    let mut owners = debian(&paths)?;
    let unknown: Vec<&Path> = paths.into_iter().filter(|path| !owners.contains_key(*path)).collect();
    owners.extend(rpm(&unknown));
    let system = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let mut files: BTreeMap<Package, Vec<&str>> = BTreeMap::new();
    let mut components = Vec::new();
    for (soname, path) in vendored {
        match owners.get(path) {
            Some(package) => files.entry(package.clone()).or_default().push(soname),
            None => components.push(unpackaged(soname)),
        }
    }
    for (package, sonames) in files {
        components.push(package.component(&sonames, &System::parse(&system))?);
    }
    Ok(components)
}

/// A library that no package has. The SBOM names it, and its missing licence text is a finding.
fn unpackaged(soname: &str) -> Component {
    Component { name: soname.to_owned(), files: vec![in_dist(soname)], ..Component::default() }
}

fn in_dist(soname: &str) -> String {
    format!("{}/lib/{soname}", layout::RUNTIME)
}

fn debian(paths: &BTreeSet<&Path>) -> Result<BTreeMap<PathBuf, Package>> {
    if which::which("dpkg-query").is_err() {
        return Ok(BTreeMap::new());
    }
    // Since /lib is a link to /usr/lib a package may have installed the same file under either name.
    let names: Vec<PathBuf> = paths.iter().flat_map(|path| both_names(path)).collect();
    // dpkg-query fails when it does not know one of the names, as half of them are.
    let found = Command::new("dpkg-query").arg("--search").args(names).output();
    let found = found.about("cannot run", Path::new("dpkg-query"))?;
    let owners = owners(&String::from_utf8_lossy(&found.stdout));
    let mut packages: Vec<&str> = owners.iter().map(|(_, package)| package.as_str()).collect();
    packages.dedup();
    if packages.is_empty() {
        return Ok(BTreeMap::new());
    }
    let format = "${binary:Package}|${Package}|${Version}|${Architecture}|${source:Package}|${source:Version}\n";
    let arguments = [&["--show", "--showformat", format][..], &packages].concat();
    let told: BTreeMap<String, Package> = ask("dpkg-query", &arguments)?.lines().filter_map(told).collect();
    let mut known = BTreeMap::new();
    for path in paths {
        let names = both_names(path);
        let owner = owners.iter().find(|(file, _)| names.contains(file)).map(|(_, package)| package);
        let told = owner.and_then(|owner| told.get(owner).or_else(|| told.get(owner.split(':').next()?)));
        if let Some(package) = told {
            let text = Path::new("/usr/share/doc").join(&package.name).join("copyright");
            let texts = Vec::from_iter(text.is_file().then_some(text));
            known.insert(path.to_path_buf(), Package { texts, ..package.clone() });
        }
    }
    Ok(known)
}

fn both_names(path: &Path) -> Vec<PathBuf> {
    let twin = match path.strip_prefix("/usr") {
        Ok(rest) => Path::new("/").join(rest),
        Err(_) => Path::new("/usr").join(path.strip_prefix("/").unwrap_or(path)),
    };
    vec![path.to_path_buf(), twin]
}

/// Parses lines like `libssl3:amd64: /usr/lib/x86_64-linux-gnu/libssl.so.3`.
fn owners(search: &str) -> Vec<(PathBuf, String)> {
    let owner = |line: &str| {
        let (packages, path) = line.split_once(": ")?;
        let package = packages.split(", ").next()?;
        (!package.contains(' ')).then(|| (PathBuf::from(path), package.to_owned()))
    };
    search.lines().filter_map(owner).collect()
}

fn told(line: &str) -> Option<(String, Package)> {
    let mut fields = line.split('|').map(str::to_owned);
    let mut next = || fields.next();
    let (full, name, version) = (next()?, next()?, next()?);
    let (architecture, source, source_version) = (next()?, next()?, next()?);
    Some((full, Package { kind: "deb", name, version, architecture, source, source_version, ..Package::default() }))
}

/// Asks rpm for the owners. A file without a package has none, and no file has one where there is no rpm.
fn rpm(paths: &[&Path]) -> BTreeMap<PathBuf, Package> {
    if paths.is_empty() || which::which("rpm").is_err() {
        return BTreeMap::new();
    }
    let format = "%{NAME}|%{VERSION}-%{RELEASE}|%{ARCH}|%{SOURCERPM}|%{LICENSE}\n";
    let mut known = BTreeMap::new();
    for path in paths {
        let arguments = ["-q", "--queryformat", format, "-f"].map(OsStr::new);
        let owner = ask("rpm", &[&arguments[..], &[path.as_os_str()]].concat());
        if let Some(mut package) = owner.ok().and_then(|said| rpm_package(&said)) {
            let files = ask("rpm", &["-q", "--licensefiles", &package.name]).unwrap_or_default();
            package.texts = files.lines().map(PathBuf::from).filter(|path| path.is_file()).collect();
            known.insert(path.to_path_buf(), package);
        }
    }
    known
}

fn rpm_package(line: &str) -> Option<Package> {
    let mut fields = line.lines().next()?.splitn(5, '|').map(str::to_owned);
    let mut next = || fields.next();
    let (name, version, architecture) = (next()?, next()?, next()?);
    let (file, license) = (next()?, next()?);
    // `openssl-3.0.7-1.fc38.src.rpm`
    let mut parts = file.strip_suffix(".src.rpm")?.rsplitn(3, '-');
    let (release, upstream, source) = (parts.next()?, parts.next()?, parts.next()?.to_owned());
    let source_version = format!("{upstream}-{release}");
    Some(Package { kind: "rpm", name, version, architecture, source, source_version, license, texts: Vec::new() })
}

impl Package {
    fn component(&self, sonames: &[&str], system: &System) -> Result<Component> {
        let Package { kind, name, version, .. } = self;
        let distro = format!("{}-{}", system.id, system.version);
        let reference = |name: &str, version: &str, architecture: &str| {
            let qualifiers = [("arch", architecture), ("distro", distro.as_str())];
            purl(kind, &[&system.id, name], Some(version), &qualifiers)
        };
        let source = reference(&self.source, &self.source_version, if *kind == "deb" { "source" } else { "src" });
        let mut texts = Vec::new();
        for path in &self.texts {
            let file = path.file_name().context("a licence text is a file")?;
            texts.push(Text::file(file, path));
            texts.extend(referred(&read(path)?));
        }
        Ok(Component {
            name: name.clone(),
            version: Some(version.clone()),
            purl: Some(reference(name, version, &self.architecture)),
            license: self.license(sonames)?,
            texts,
            files: sonames.iter().map(|soname| in_dist(soname)).collect(),
            source_package: Some((self.source.clone(), self.source_version.clone(), source)),
            ..Component::default()
        })
    }

    fn license(&self, sonames: &[&str]) -> Result<License> {
        let known: Option<BTreeSet<&str>> = sonames.iter().map(|soname| license_of(soname)).collect();
        if let Some(known) = known {
            return Ok(License::Concluded(Vec::from_iter(known).join(" AND ")));
        }
        if !self.license.is_empty() {
            return Ok(License::declared(&self.license));
        }
        let mut names = BTreeSet::new();
        for path in &self.texts {
            names.append(&mut names_in_copyright(&read(path)?));
        }
        Ok(if names.is_empty() { License::Unknown } else { License::Named(names.into_iter().collect()) })
    }
}

/// Reads a copyright file. Not all old ones are UTF-8.
fn read(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path).about("cannot read", path)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Finds short names of licences, except that of the packaging:
/// <https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/>
fn names_in_copyright(text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for paragraph in text.split("\n\n") {
        let field = |name: &str| paragraph.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        if let (Some(files), Some(license)) = (field("Files:"), field("License:"))
            && !files.starts_with("debian/")
            && !license.is_empty()
        {
            names.insert(license.to_owned());
        }
    }
    names
}

/// Finds the texts that a copyright file only names: `/usr/share/common-licenses/GPL-2`, or several: `{MPL-1.1,GPL-2}`.
fn referred(text: &str) -> Vec<Text> {
    let mut names = BTreeSet::new();
    for rest in text.split("common-licenses/").skip(1) {
        match rest.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
            Some((several, _)) => names.extend(several.split(',')),
            None => {
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !".-".contains(c)).unwrap_or(rest.len());
                names.insert(rest[..end].trim_end_matches(['.', '-']));
            }
        }
    }
    let is_plain = |name: &&str| !name.is_empty() && !name.contains('/');
    let file = |name| (PathBuf::from(name), Path::new(SHARED_LICENSES).join(name));
    let files = names.into_iter().filter(is_plain).map(file).filter(|(_, path)| path.is_file());
    files.map(|(name, path)| Text { shared: true, ..Text::file(name, path) }).collect()
}

/// Fields of `/etc/os-release`: <https://www.freedesktop.org/software/systemd/man/latest/os-release.html>
#[derive(Debug, PartialEq, Eq)]
struct System {
    id: String,
    version: String,
}

impl System {
    fn parse(text: &str) -> Self {
        let value = |key: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
            line.map(|value| value.trim_matches(['"', '\'']).to_owned())
        };
        System { id: value("ID").unwrap_or_else(|| "linux".into()), version: value("VERSION_ID").unwrap_or_default() }
    }
}

#[cfg(test)]
mod tests;
