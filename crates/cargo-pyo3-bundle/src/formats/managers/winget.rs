//! Manifests for WinGet, in three files as its repository has them.
//! <https://github.com/microsoft/winget-pkgs/tree/master/doc/manifest/schema/1.10.0>
//!
//! WinGet would start the program by a link in a folder of its own, where Windows looks for no DLL beside the file that
//! the link leads to (<https://github.com/microsoft/winget-cli/issues/2711>). So the folder of the program is put on PATH,
//! and the command is the name of the file (<https://github.com/microsoft/winget-cli/issues/5105>).

use super::{Archive, Program};
use crate::formats::Release;
use crate::formats::packages::about::About;

const VERSION: &str = "1.10.0";
const LOCALE: &str = "en-US";
/// Limit for each part of an identifier.
const LONGEST: usize = 32;

pub fn texts(release: &Release, about: &About, archives: &[Archive], programs: &[Program]) -> [(String, String); 3] {
    let identifier = identifier(release.application.about.repository.as_deref(), about);
    let manifest = |kind: &str, lines: String| {
        let schema =
            format!("# yaml-language-server: $schema=https://aka.ms/winget-manifest.{kind}.{VERSION}.schema.json");
        let version = quoted(&release.application.version);
        format!(
            "{schema}\n\nPackageIdentifier: {}\nPackageVersion: {version}\n{lines}ManifestType: {kind}\nManifestVersion: {VERSION}\n",
            quoted(&identifier)
        )
    };
    [
        (format!("{identifier}.yaml"), manifest("version", format!("DefaultLocale: {LOCALE}\n"))),
        (format!("{identifier}.installer.yaml"), manifest("installer", installers(archives, programs))),
        (format!("{identifier}.locale.{LOCALE}.yaml"), manifest("defaultLocale", locale(about))),
    ]
}

fn installers(archives: &[Archive], programs: &[Program]) -> String {
    let mut text = "InstallerType: zip\nNestedInstallerType: portable\nArchiveBinariesDependOnPath: true\n\
        UpgradeBehavior: uninstallPrevious\nCommands:\n"
        .to_owned();
    for Program { place, .. } in programs {
        let file = place.rsplit('/').next().unwrap_or(place);
        text += &format!("- {}\n", quoted(file.strip_suffix(".exe").unwrap_or(file)));
    }
    text += "Installers:\n";
    for Archive { arch, url, sha256, folder, .. } in archives {
        let arch = if *arch == "aarch64" { "arm64" } else { "x64" };
        let (url, sha256) = (quoted(url), quoted(&sha256.to_uppercase()));
        text += &format!("- Architecture: {arch}\n  InstallerUrl: {url}\n  InstallerSha256: {sha256}\n");
        text += "  NestedInstallerFiles:\n";
        for Program { place, .. } in programs {
            let path = quoted(&format!("{folder}/{place}").replace('/', "\\"));
            text += &format!("  - RelativeFilePath: {path}\n");
        }
    }
    text
}

fn locale(about: &About) -> String {
    let url = about.homepage.map(|url| format!("PackageUrl: {}\n", quoted(url))).unwrap_or_default();
    format!(
        "PackageLocale: {LOCALE}\nPublisher: {}\nPackageName: {}\n{url}License: {}\nShortDescription: {}\n",
        quoted(about.publisher()),
        quoted(&about.name),
        quoted(about.license),
        quoted(&about.description)
    )
}

/// `<publisher>.<name>`: the publisher is who owns the repository, or else the first author.
fn identifier(repository: Option<&str>, about: &About) -> String {
    let owner = || {
        let mut places = repository?.split_once("://")?.1.split('/').skip(1).filter(|part| !part.is_empty());
        // Without a second part, the first is the repository itself.
        places.next().filter(|_| places.next().is_some())
    };
    let part = |text: &str| {
        let plain = |character: char| if character == '.' { '-' } else { character };
        let kept = text.chars().map(plain).filter(|it| it.is_alphanumeric() || "-_+".contains(*it));
        kept.take(LONGEST).collect::<String>()
    };
    let publisher = Some(part(owner().unwrap_or(about.publisher()))).filter(|publisher| !publisher.is_empty());
    format!("{}.{}", publisher.unwrap_or_else(|| part(&about.name)), part(&about.name))
}

/// A text of JSON is one of YAML.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_publisher_is_the_owner_of_the_repository_or_the_author() {
        let about = |name: &str, author: &str| About {
            name: name.into(),
            description: String::new(),
            license: "MIT",
            authors: vec![author.into()],
            homepage: None,
        };
        let of = |repository, author| identifier(repository, &about("an-app.net", author));
        assert_eq!(of(Some("https://example.org/Some.One/an_app"), "x"), "Some-One.an-app-net");
        assert_eq!(of(Some("https://example.org/an_app/"), "A Person <a@example.org>"), "APerson.an-app-net");
        assert_eq!(of(None, "…"), "an-app-net.an-app-net");
        let long = "x".repeat(50);
        assert_eq!(of(None, &long).split('.').next().map(str::len), Some(LONGEST));
    }
}
