//! What a package says, as nfpm's configuration. nfpm reads YAML, of which JSON is a part.
//! <https://nfpm.goreleaser.com/docs/configuration/>

use super::about::About;
use super::placed::{self, Placed, What};
use crate::formats::dist::Dist;
use anyhow::Result;
use serde_json::{Value, json};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Deb,
    Rpm,
    Arch,
}

/// A package of the same version that is packed anew would get the next number; a release is packed once.
const REVISION: &str = "1";

impl Format {
    /// As nfpm calls it.
    pub fn name(self) -> &'static str {
        match self {
            Format::Deb => "deb",
            Format::Rpm => "rpm",
            Format::Arch => "archlinux",
        }
    }

    pub fn description(self) -> &'static str {
        match self {
            Format::Deb => "a package for Debian, Ubuntu and their relatives",
            Format::Rpm => "a package for Fedora, openSUSE, RHEL and their relatives",
            Format::Arch => "a package for Arch Linux and its relatives",
        }
    }

    pub fn installer(self) -> &'static str {
        match self {
            Format::Deb => "sudo apt install",
            Format::Rpm => "sudo dnf install",
            Format::Arch => "sudo pacman -U",
        }
    }

    /// The name that files of the format usually have, with cargo's version: not every place for downloads takes a `~`.
    pub fn file_name(self, name: &str, version: &str, arch: &str) -> String {
        match self {
            Format::Deb => format!("{name}_{version}-{REVISION}_{}.deb", go(arch)),
            Format::Rpm => format!("{name}-{version}-{REVISION}.{arch}.rpm"),
            Format::Arch => format!("{name}-{version}-{REVISION}-{arch}.pkg.tar.zst"),
        }
    }

    /// A version that sorts as cargo's does: a prerelease comes before its release. nfpm's own reading of `1.0.0-rc.1` forgets
    /// the prerelease in the metadata for pacman; no upstream issue is known.
    fn version(self, version: &str) -> String {
        let (numbers, rest) = version.split_at(version.find(['-', '+']).unwrap_or(version.len()));
        let (before, build) = rest.split_at(rest.find('+').unwrap_or(rest.len()));
        let before = before.trim_start_matches('-').replace('-', ".");
        let build = build.replace('-', ".");
        match self {
            _ if before.is_empty() => format!("{numbers}{build}"),
            Format::Deb | Format::Rpm => format!("{numbers}~{before}{build}"),
            // pacman sorts a letter right after a number before the end of the version.
            Format::Arch => format!("{numbers}{before}{build}"),
        }
    }

    /// With the package's own number.
    pub fn full_version(self, version: &str) -> String {
        format!("{}-{REVISION}", self.version(version))
    }

    /// What it is and, where there is a second paragraph, what is special about it. pacman has one line.
    fn described(self, about: &About, python: &str) -> String {
        let (first, home) = (&about.description, placed::home(&about.name));
        match self {
            Format::Deb | Format::Rpm => {
                format!("{first}\nIt carries its own CPython {python} in {home},\nand uses no other Python.")
            }
            Format::Arch => first.clone(),
        }
    }

    fn depends(self, floor: Option<&str>) -> String {
        match (self, floor) {
            (Format::Deb, Some(floor)) => format!("libc6 (>= {floor})"),
            (Format::Deb, None) => "libc6".into(),
            (Format::Rpm, Some(floor)) => format!("glibc >= {floor}"),
            (Format::Arch, Some(floor)) => format!("glibc>={floor}"),
            (Format::Rpm | Format::Arch, None) => "glibc".into(),
        }
    }
}

/// The name of a machine in Go, which Debian's is as well.
fn go(arch: &str) -> &str {
    match arch {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

pub fn text(dist: &Dist, about: &About, format: Format, floor: Option<&str>, placed: &[Placed]) -> Result<String> {
    let time = jiff::Timestamp::from_second(i64::try_from(dist.label.time)?)?.to_string();
    let contents: Vec<Value> = placed.iter().map(|placed| content(placed, format, &time)).collect();
    let config = json!({
        "name": about.name,
        "arch": go(&dist.metadata.platform.arch),
        "version": format.version(&dist.metadata.version),
        "version_schema": "none",
        "release": REVISION,
        "section": "utils",
        "priority": "optional",
        "maintainer": literal(about.maintainer()),
        "vendor": literal(about.publisher()),
        "description": literal(&format.described(about, &dist.metadata.python.version)),
        "homepage": literal(about.homepage.unwrap_or_default()),
        "license": literal(about.license),
        "mtime": time,
        "disable_globbing": true,
        "depends": [format.depends(floor)],
        // What a secure connection is checked with. The dist has no certificates of its own.
        "recommends": ["ca-certificates"],
        // Every dpkg and every rpm of a system that a dist can run on reads these.
        "deb": { "compression": "xz" },
        "rpm": { "compression": "zstd", "summary": literal(&about.description), "packager": literal(about.maintainer()),
            "buildhost": "localhost" },
        "archlinux": { "packager": literal(about.maintainer()) },
        "contents": contents,
    });
    Ok(serde_json::to_string_pretty(&config)?)
}

fn content(placed: &Placed, format: Format, time: &str) -> Value {
    let info = |mode: u32| json!({ "mode": mode, "mtime": time, "owner": "root", "group": "root" });
    match &placed.what {
        What::Folder => json!({ "dst": placed.path, "type": "dir", "file_info": info(0o755) }),
        What::Link(target) => json!({ "src": target, "dst": placed.path, "type": "symlink", "file_info": info(0o777) }),
        What::File { from, executable } => {
            // nfpm leaves such a file out of packages that are not rpm's.
            let is_license = format == Format::Rpm && placed.path.starts_with("/usr/share/licenses/");
            let kind = if is_license { "license" } else { "" };
            let mode = if *executable { 0o755 } else { 0o644 };
            json!({ "src": from, "dst": placed.path, "type": kind, "file_info": info(mode) })
        }
    }
}

/// Texts in which nfpm expands variables of the environment. It runs with one variable, `$`, whose value is `$`.
fn literal(text: &str) -> String {
    text.replace('$', "$$")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_sort_as_cargos() {
        let all = |version: &str| [Format::Deb, Format::Rpm, Format::Arch].map(|format| format.version(version));
        assert_eq!(all("1.2.3"), ["1.2.3"; 3]);
        assert_eq!(all("1.2.3-rc.1"), ["1.2.3~rc.1", "1.2.3~rc.1", "1.2.3rc.1"]);
        assert_eq!(all("1.2.3-a-b+c-d.5"), ["1.2.3~a.b+c.d.5", "1.2.3~a.b+c.d.5", "1.2.3a.b+c.d.5"]);
        assert_eq!(all("1.2.3+x-y"), ["1.2.3+x.y"; 3]);
    }

    #[test]
    fn each_format_has_its_own_names() {
        let name = |format: Format| format.file_name("an-app", "1.0.0-rc.1", "aarch64");
        assert_eq!(name(Format::Deb), "an-app_1.0.0-rc.1-1_arm64.deb");
        assert_eq!(name(Format::Rpm), "an-app-1.0.0-rc.1-1.aarch64.rpm");
        assert_eq!(name(Format::Arch), "an-app-1.0.0-rc.1-1-aarch64.pkg.tar.zst");
        assert_eq!(Format::Deb.depends(Some("2.28")), "libc6 (>= 2.28)");
        assert_eq!(Format::Rpm.depends(Some("2.28")), "glibc >= 2.28");
        assert_eq!(Format::Arch.depends(Some("2.28")), "glibc>=2.28");
        assert_eq!(Format::Deb.depends(None), "libc6");
    }

    #[test]
    fn a_file_has_a_fixed_mode_time_and_owner() {
        let what = What::File { from: "/d/x".into(), executable: true };
        let found = content(&Placed { path: "/usr/lib/app/x".into(), what }, Format::Rpm, "T");
        let info = json!({ "mode": 493, "mtime": "T", "owner": "root", "group": "root" });
        assert_eq!(found, json!({ "src": "/d/x", "dst": "/usr/lib/app/x", "type": "", "file_info": info }));
        let text = Placed::file("/usr/share/licenses/app/copyright".into(), std::path::Path::new("/t"));
        assert_eq!(content(&text, Format::Rpm, "T")["type"], "license");
        assert_eq!(content(&text, Format::Arch, "T")["type"], "");
        assert_eq!(literal("$HOME costs 5$"), "$$HOME costs 5$$");
    }
}
