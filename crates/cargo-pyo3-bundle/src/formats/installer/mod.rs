//! `<app>-installer.sh` and `<app>-installer.ps1`: scripts that install a release for one user. They are filled with the
//! names, floors and sums of the archives, so that a script installs what it was made for and nothing else.

use super::Release;
use super::manifest::{Artifact, Kind, Target};
use crate::Misuse;
use crate::config::LauncherStyle;
use crate::problem::Problem;
use crate::shown::visible;
use anyhow::Result;
use std::path::Path;

/// A system's script, which is made if a target of the release is for it.
struct Script {
    ending: &'static str,
    template: &'static str,
    /// What `metadata.json` calls the systems that it is for.
    systems: &'static [&'static str],
    /// The line for an archive, if the script can unpack it.
    row: fn(&Target, &Artifact) -> Option<String>,
    /// The command that downloads and runs it, without the address.
    run: [&'static str; 2],
    description: &'static str,
}

const SCRIPTS: [Script; 2] = [
    Script {
        ending: "sh",
        template: include_str!("installer.sh"),
        systems: &["linux", "macos"],
        row: row_of_sh,
        run: ["curl -fsSL ", " | sh"],
        description: "installs the release for one user of Linux or macOS",
    },
    Script {
        ending: "ps1",
        template: include_str!("installer.ps1"),
        systems: &["windows"],
        row: row_of_ps1,
        run: ["powershell -c \"irm ", " | iex\""],
        description: "installs the release for one user of Windows",
    },
];

pub fn make(release: &Release) -> Result<Vec<Artifact>> {
    SCRIPTS.iter().filter_map(|script| script.make(release).transpose()).collect()
}

impl Script {
    /// Makes nothing if no archive of the release is for the script's systems.
    fn make(&self, release: &Release) -> Result<Option<Artifact>> {
        let app = release.application.archive_name();
        let version = &release.application.version;
        let mut rows = Vec::new();
        let mut targets = Vec::new();
        for target in release.manifest.targets.values() {
            if !self.systems.contains(&target.platform.os.as_str()) {
                continue;
            }
            // The archive under the short name is the same as one of these.
            let long = format!("{app}-{version}-{}.", target.target);
            let is_long =
                |artifact: &&Artifact| artifact.kind == Kind::ExecutableZip && artifact.name.starts_with(&long);
            let mut archives: Vec<_> = release.manifest.of_target(&target.target).filter(is_long).collect();
            // The script takes the first that the machine can unpack.
            archives.sort_by_key(|artifact| artifact.size);
            let before = rows.len();
            rows.extend(archives.into_iter().filter_map(|artifact| (self.row)(target, artifact)));
            if rows.len() > before {
                targets.push(target);
            }
        }
        let Some(first) = targets.first() else { return Ok(None) };
        // A dependency that starts Python before `main` needs what the launcher exports.
        let needs_launcher = release.application.launcher() == LauncherStyle::Environment;
        let start = if needs_launcher { &first.launcher } else { &first.binary };
        let text = fill(
            self.template,
            &[
                ("APP", &app),
                ("PACKAGE", &release.application.name),
                ("PROGRAM", program(&first.binary)),
                ("VERSION", version),
                ("URL", release.url),
                ("BINARY", &first.binary),
                ("START", start),
                ("ARCHIVES", &rows.join("\n")),
            ],
        )?;
        let name = format!("{app}-installer.{}", self.ending);
        release.folder.put(&name, &text)?;
        // For all targets, so that it is made again when releases are joined.
        let mut artifact = Artifact::of(release.folder, name, Kind::Installer, &[], self.description)?;
        artifact.install_hint = Some(format!("{}{}/{}{}", self.run[0], release.url, artifact.name, self.run[1]));
        Ok(Some(artifact))
    }
}

/// `uname` names the machine as the metadata does, except for Apple's.
fn row_of_sh(target: &Target, artifact: &Artifact) -> Option<String> {
    let platform = &target.platform;
    let (system, machine, floor) = match (platform.os.as_str(), platform.arch.as_str()) {
        ("macos", "aarch64") => ("Darwin", "arm64", &platform.os_floor),
        ("macos", arch) => ("Darwin", arch, &platform.os_floor),
        (_, arch) => ("Linux", arch, &platform.libc_floor),
    };
    let floor = floor.as_deref().unwrap_or("0.0");
    let size = artifact.size as f64 / 1e6;
    let is_tar = artifact.name.ends_with(".tar.zst") || artifact.name.ends_with(".tar.gz");
    is_tar.then(|| format!("{system} {machine} {floor} {size:.1} {} {}", artifact.sha256(), artifact.name))
}

fn row_of_ps1(target: &Target, artifact: &Artifact) -> Option<String> {
    let machine = if target.platform.arch == "aarch64" { "ARM64" } else { "AMD64" };
    artifact.name.ends_with(".zip").then(|| format!("{machine} {} {}", artifact.sha256(), artifact.name))
}

/// The name that users type: that of the program's file without what the layout adds.
fn program(binary: &str) -> &str {
    let name = Path::new(binary).file_stem().and_then(|name| name.to_str()).unwrap_or(binary);
    name.strip_suffix("-bin").unwrap_or(name)
}

/// Fills a script. A value is put between quotes and into comments, so it must not end either.
fn fill(template: &str, values: &[(&str, &str)]) -> Result<String> {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-._~:/%+@".contains(letter);
    // Only the lines for the archives have blanks and line ends, between words that are plain.
    let is_harmless = |name: &str, value: &str| {
        value.chars().all(|letter| is_plain(letter) || name == "ARCHIVES" && " \n".contains(letter))
    };
    if let Some((_, value)) = values.iter().find(|(name, value)| !is_harmless(name, value)) {
        let what = format!("an installer cannot name `{}`", visible(value));
        return Err(Misuse::new(Problem::without_hint(what, "wanted ASCII letters, digits and `-._~:/%+@`")).into());
    }
    let (mut text, mut rest) = (String::new(), template);
    while let Some((before, after)) = rest.split_once('@') {
        text.push_str(before);
        let behind = |name: &str| after.strip_prefix(name)?.strip_prefix('@');
        let found = values.iter().find_map(|(name, value)| Some((*value, behind(name)?)));
        let (value, behind) = found.unwrap_or(("@", after));
        text.push_str(value);
        rest = behind;
    }
    Ok(text + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUES: [(&str, &str); 8] = [
        ("APP", "an-app"),
        ("PACKAGE", "an_app"),
        ("PROGRAM", "an_app"),
        ("VERSION", "1.2.3-rc.1+x"),
        ("URL", "https://example.org/@APP@/v1"),
        ("BINARY", "bin/an_app-bin"),
        ("START", "an_app"),
        ("ARCHIVES", "Linux x86_64 2.35 14.8 abc one.tar.zst\nLinux x86_64 2.35 22.3 def one.tar.gz"),
    ];

    #[test]
    fn no_placeholder_is_left_and_what_is_put_in_is_not_read_again() {
        for script in &SCRIPTS {
            let text = fill(script.template, &VALUES).unwrap();
            assert!(text.contains("'https://example.org/@APP@/v1'"), "{text}");
            let text = text.replace("/@APP@/", "/");
            let parts: Vec<&str> = text.split('@').collect();
            let placeholder = |part: &&&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_uppercase());
            assert_eq!(parts.iter().find(placeholder), None, "{text}");
            for (name, value) in VALUES {
                assert!(
                    script.template.contains(&format!("@{name}@")) && text.contains(value) || name == "URL",
                    "{name}"
                );
            }
        }
    }

    #[test]
    fn a_value_that_a_shell_could_read_as_more_is_refused() {
        for bad in ["a'b", "a b", "a\nb", "$(a)", "`a`", "ä", "a;b", "a\"b"] {
            for (name, _) in VALUES.iter().filter(|(name, _)| *name != "ARCHIVES") {
                let values = VALUES.map(|(known, value)| (known, if known == *name { bad } else { value }));
                let text = fill("", &values).unwrap_err().to_string();
                assert!(text.starts_with("an installer cannot name `") && text.contains("\n  wanted ASCII"), "{text}");
            }
        }
        assert!(fill("", &[("ARCHIVES", "a'b")]).is_err());
    }

    #[test]
    fn the_command_has_the_name_of_the_program_without_what_the_layout_adds() {
        for (binary, name) in [("bin/an_app-bin", "an_app"), ("bin/an_app-bin.exe", "an_app"), ("bin/app", "app")] {
            assert_eq!(program(binary), name);
        }
    }
}
