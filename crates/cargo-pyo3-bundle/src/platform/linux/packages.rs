//! Asks the package managers of this machine for the packages that files belong to: dpkg once for all files, and rpm for
//! those that dpkg does not know.

use crate::components::ask;
use crate::platform::Package;
use crate::problem::About;
use anyhow::Result;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

pub fn of(paths: &BTreeSet<&Path>) -> Result<BTreeMap<PathBuf, Package>> {
    let mut owners = debian(paths)?;
    let unknown: Vec<&Path> = paths.iter().copied().filter(|path| !owners.contains_key(*path)).collect();
    owners.extend(rpm(&unknown));
    let OsRelease { id, version } = OsRelease::parse(&std::fs::read_to_string("/etc/os-release").unwrap_or_default());
    for package in owners.values_mut() {
        (package.namespace, package.distro) = (id.clone(), format!("{id}-{version}"));
    }
    Ok(owners)
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
    Some(Package { kind: "rpm", name, version, architecture, source, source_version, license, ..Package::default() })
}

/// Fields of `/etc/os-release`: <https://www.freedesktop.org/software/systemd/man/latest/os-release.html>
#[derive(Debug, PartialEq, Eq)]
struct OsRelease {
    id: String,
    version: String,
}

impl OsRelease {
    fn parse(text: &str) -> Self {
        let value = |key: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
            line.map(|value| value.trim_matches(['"', '\'']).to_owned())
        };
        OsRelease {
            id: value("ID").unwrap_or_else(|| "linux".into()),
            version: value("VERSION_ID").unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dpkg_is_understood() {
        let search = "libssl3:amd64: /usr/lib/libssl.so.3\ndiversion by dash from: /bin/sh\n\
            liba:amd64, liba:i386: /usr/lib/liba.so.1\n";
        let wanted = [("/usr/lib/libssl.so.3", "libssl3:amd64"), ("/usr/lib/liba.so.1", "liba:amd64")];
        assert_eq!(owners(search), wanted.map(|(path, name)| (PathBuf::from(path), name.to_owned())));
        let (full, package) = told("libssl3:amd64|libssl3|3.0.15-1|amd64|openssl|3.0.15-1").unwrap();
        assert_eq!(
            (full.as_str(), package.name.as_str(), package.source.as_str()),
            ("libssl3:amd64", "libssl3", "openssl")
        );
        assert_eq!(told("cut|short"), None);
        let names = |path: &str| both_names(Path::new(path)).into_iter().map(|path| path.display().to_string());
        assert!(names("/usr/lib/x").eq(["/usr/lib/x", "/lib/x"]));
        assert!(names("/lib/x").eq(["/lib/x", "/usr/lib/x"]));
    }

    #[test]
    fn rpm_is_understood() {
        let said = "openssl-libs|3.0.7-1.fc38|x86_64|openssl-3.0.7-1.fc38.src.rpm|Apache-2.0\n";
        let package = rpm_package(said).unwrap();
        assert_eq!((package.source.as_str(), package.source_version.as_str()), ("openssl", "3.0.7-1.fc38"));
        assert_eq!(package.license, "Apache-2.0");
        assert_eq!(rpm_package("file /opt/x is not owned by any package\n"), None);
    }

    #[test]
    fn the_distribution_is_what_os_release_says() {
        let system = OsRelease::parse("NAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\nID=debian\n");
        assert_eq!(system, OsRelease { id: "debian".into(), version: "12".into() });
        assert_eq!(OsRelease::parse(""), OsRelease { id: "linux".into(), version: String::new() });
    }
}
