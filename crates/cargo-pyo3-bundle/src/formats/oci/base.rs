//! What an image has of a system: certificates, terminals, a locale, the licences, and a user who is not root; glibc is next
//! door. Everything is from packages of Debian that are installed here, and only what those packages installed:
//! certificates that somebody added to this machine stay on it.

use super::glibc;
use crate::Misuse;
use crate::components::ask;
use crate::formats::dist::Dist;
use crate::formats::packages::placed::{Placed, What};
use crate::problem::{About, Problem};
use crate::shown::shown;
use anyhow::Result;
use std::fs;
use std::path::{Path, PathBuf};

/// The user that distroless images have as well: <https://github.com/GoogleContainerTools/distroless>
pub const USER: u64 = 65532;
pub const HOME: &str = "/home/nonroot";

/// Folders that a container's runtime mounts something on, or that programs write to.
const FOLDERS: [&str; 6] = ["/dev", "/proc", "/run", "/sys", "/tmp", HOME];

/// The package of certificates, and where it has them, one in each file.
const CERTIFICATES: (&str, &str) = ("ca-certificates", "/usr/share/ca-certificates");

/// What is taken of other packages: the package, a place of this machine, and the place in the image. Where a package has
/// its files depends on the release.
const TAKEN: [(&str, &str, &str); 7] = [
    ("base-files", "/etc/os-release", "/etc/os-release"),
    ("base-files", "/usr/lib/os-release", "/usr/lib/os-release"),
    ("base-files", "/usr/share/common-licenses", "/usr/share/common-licenses"),
    ("libc-bin", "/usr/lib/locale/C.UTF-8", "/usr/lib/locale/C.UTF-8"),
    ("libc-bin", "/usr/lib/locale/C.utf8", "/usr/lib/locale/C.utf8"),
    ("ncurses-base", "/lib/terminfo", "/usr/share/terminfo"),
    ("ncurses-base", "/usr/lib/terminfo", "/usr/share/terminfo"),
];

pub fn place(dist: &Dist, work: &Path) -> Result<Vec<Placed>> {
    let glibc = glibc::find(dist)?;
    let mut placed = glibc.placed;
    placed.extend(FOLDERS.map(|path| Placed { path: path.into(), what: What::Folder }));
    let mut packages = vec![glibc.package, CERTIFICATES.0.to_owned()];
    for (package, from, to) in TAKEN {
        let below = |file: &PathBuf| Some((file.clone(), file.strip_prefix(from).ok()?.to_path_buf()));
        for (file, rest) in files(package)?.iter().filter_map(below) {
            placed.extend(same(&file, shown(&Path::new(to).join(rest)).trim_end_matches('/'))?);
        }
        packages.push(package.to_owned());
    }
    packages.dedup();
    for (path, text) in texts(&packages)? {
        let file = work.join(path.trim_start_matches('/').replace('/', "_"));
        fs::write(&file, text).about("cannot write", &file)?;
        placed.push(Placed::file(path, &file));
    }
    for package in &packages {
        let text = PathBuf::from(format!("/usr/share/doc/{}/copyright", plain(package)));
        if !text.is_file() {
            let why = format!("wanted `{}`, which says who has the rights", shown(&text));
            return Err(Misuse::new(Problem::without_hint(format!("`{package}` cannot be in an image"), why)).into());
        }
        placed.push(Placed::file(shown(&text), &text));
    }
    Ok(placed)
}

/// The files that are written for the image, by their places.
fn texts(packages: &[String]) -> Result<Vec<(String, String)>> {
    let nobody = "/sbin/nologin";
    let mut texts = vec![
        (
            "/etc/passwd".to_owned(),
            format!("root:x:0:0:root:/root:{nobody}\nnonroot:x:{USER}:{USER}:nonroot:{HOME}:{nobody}\n"),
        ),
        ("/etc/group".to_owned(), format!("root:x:0:\nnonroot:x:{USER}:\n")),
        ("/etc/nsswitch.conf".to_owned(), "passwd: files\ngroup: files\nhosts: files dns\n".to_owned()),
        ("/etc/ssl/certs/ca-certificates.crt".to_owned(), certificates()?),
    ];
    for package in packages {
        // Scanners for known holes read this folder.
        let status = ask("dpkg-query", &["--status", package])?;
        texts.push((format!("/var/lib/dpkg/status.d/{}", plain(package)), status));
    }
    Ok(texts)
}

/// `libc6:amd64` is `libc6`.
fn plain(package: &str) -> &str {
    package.split(':').next().unwrap_or(package)
}

/// The certificates of the package, one after the other.
fn certificates() -> Result<String> {
    let mut all = String::new();
    for file in files(CERTIFICATES.0)?.iter().filter(|file| file.extension().is_some_and(|end| end == "crt")) {
        if file.starts_with(CERTIFICATES.1) {
            all += &fs::read_to_string(file).about("cannot read", file)?;
        }
    }
    if all.is_empty() {
        return Err(missing(CERTIFICATES.0, "it has no certificates").into());
    }
    Ok(all)
}

/// The files that a package has installed, in the order of their names.
fn files(package: &str) -> Result<Vec<PathBuf>> {
    let listed = ask("dpkg-query", &["--listfiles", package]);
    let listed = listed.map_err(|error| missing(package, &format!("{error:#}")))?;
    let mut files: Vec<PathBuf> = listed.lines().map(PathBuf::from).collect();
    files.sort();
    Ok(files)
}

fn missing(package: &str, why: &str) -> Misuse {
    let what = format!("an image has files of `{package}`, which is not installed");
    let hint = format!("apt-get install -y --no-install-recommends {package}");
    Misuse::new(Problem::new(what, why.replace('\n', " "), hint))
}

/// The same file or link at a place of the image.
fn same(file: &Path, path: &str) -> Result<Option<Placed>> {
    let found = file.symlink_metadata().about("cannot read", file)?;
    Ok(if found.is_symlink() {
        let target = fs::read_link(file).about("cannot read", file)?;
        Some(Placed { path: path.to_owned(), what: What::Link(target.to_string_lossy().into_owned()) })
    } else {
        found.is_file().then(|| Placed::file(path.to_owned(), file))
    })
}
