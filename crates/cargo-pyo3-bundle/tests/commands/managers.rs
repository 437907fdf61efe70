//! `cargo pyo3-bundle formats` for package managers: each text whole, with the sums and addresses that the release's manifest
//! has.

use crate::support::{App, json};
use serde_json::json;

const TARGETS: [&str; 4] =
    ["aarch64-apple-darwin", "x86_64-apple-darwin", "x86_64-pc-windows-msvc", "x86_64-unknown-linux-gnu"];

/// An application with a dist for each of the targets, in a folder that is called after it.
fn app(targets: &[&str]) -> App {
    let app = App::new();
    let about = "description = \"A #{tool} for \\\"all\\\"\"\nlicense = \"MIT OR Apache-2.0\"\n\
        repository = \"https://example.org/An.Owner/an_app\"\nauthors = [\"A B <a@example.org>\"]\n";
    app.write("Cargo.toml", &(app.read("Cargo.toml").replace("name = \"app\"", "name = \"an_app\"") + about));
    for target in targets {
        let (arch, system) = target.split_once('-').unwrap();
        let (os, ending) = match system {
            "apple-darwin" => ("macos", ""),
            "unknown-linux-gnu" => ("linux", ""),
            _ => ("windows", ".exe"),
        };
        let binary = format!("bin/an_app-bin{ending}");
        let metadata = json!({
            "schema_version": 1, "name": "an_app", "version": "1.2.3", "target": target, "launcher": "an_app",
            "binary": binary, "python": { "version": "3.13.5" }, "platform": { "os": os, "arch": arch },
            "created": "2026-01-01T00:00:00Z", "profile": "full", "executables": [], "links": {}
        });
        app.write(&format!("{target}/metadata.json"), &metadata.to_string());
        app.write(&format!("{target}/{binary}"), target);
    }
    app
}

/// Makes the archives and some other forms.
fn make(app: &App, targets: &[&str], forms: &[&str], more: &[&str]) {
    let only = ["archive"].iter().chain(forms).flat_map(|form| ["--only", *form]);
    let arguments = ["formats"].into_iter().chain(targets.iter().copied()).chain(only).chain(more.iter().copied());
    app.run(&arguments.collect::<Vec<_>>()).fine();
}

/// The sum that the manifest has of the archive for a target.
fn sum(app: &App, target: &str) -> String {
    let manifest = json(&app.read("release/dist-manifest.json"));
    let ending = if target.contains("windows") { "zip" } else { "tar.gz" };
    let artifact = &manifest["artifacts"][format!("an-app-1.2.3-{target}.{ending}")];
    artifact["checksums"]["sha256"].as_str().unwrap_or_else(|| panic!("{manifest:#}")).to_owned()
}

const BASE: &str = "https://example.org/An.Owner/an_app/releases/download/v1.2.3";

#[test]
fn the_formula_has_an_archive_for_each_system_and_machine() {
    let app = app(&TARGETS);
    make(&app, &TARGETS, &["homebrew"], &[]);
    let [arm, intel, linux] = [0, 1, 3].map(|index| (TARGETS[index], sum(&app, TARGETS[index])));
    let one = |(target, sum): &(&str, String)| {
        format!("      url \"{BASE}/an-app-1.2.3-{target}.tar.gz\"\n      sha256 \"{sum}\"\n    end\n")
    };
    let wanted = format!(
        r#"class AnApp < Formula
  desc "A \#{{tool}} for \"all\""
  homepage "https://example.org/An.Owner/an_app"
  version "1.2.3"
  license any_of: ["MIT", "Apache-2.0"]

  on_macos do
    on_arm do
{}    on_intel do
{}  end

  on_linux do
    on_intel do
{}
    depends_on arch: :x86_64
  end

  # The files stay as they are: the program checks their sums.
  preserve_rpath
  skip_clean "libexec"

  def install
    libexec.install Dir["*"]
    bin.install_symlink libexec/"bin/an_app-bin" => "an_app"
  end

  test do
    assert_predicate bin/"an_app", :executable?
  end
end
"#,
        one(&arm),
        one(&intel),
        one(&linux)
    );
    assert_eq!(app.read("release/an-app.rb"), wanted);
    make(&app, &TARGETS[..2], &["homebrew"], &["--url", "https://example.org/files/"]);
    let text = app.read("release/an-app.rb");
    assert!(text.contains("\n  depends_on :macos\n") && !text.contains("on_linux"), "{text}");
    assert!(text.contains("url \"https://example.org/files/an-app-1.2.3-aarch64-apple-darwin.tar.gz\""), "{text}");
}

#[test]
fn scoop_gets_the_archive_for_windows() {
    let app = app(&TARGETS);
    make(&app, &TARGETS, &["scoop"], &[]);
    let folder = "an-app-1.2.3-x86_64-pc-windows-msvc";
    let wanted = json!({
        "version": "1.2.3",
        "description": "A #{tool} for \"all\"",
        "homepage": "https://example.org/An.Owner/an_app",
        "license": "MIT|Apache-2.0",
        "architecture": { "64bit": {
            "url": format!("{BASE}/{folder}.zip"), "hash": sum(&app, "x86_64-pc-windows-msvc"), "extract_dir": folder,
        } },
        "bin": [["bin\\an_app-bin.exe", "an_app"]],
    });
    assert_eq!(json(&app.read("release/an-app.json")), wanted);
}

#[test]
fn winget_gets_three_manifests() {
    let app = app(&TARGETS);
    make(&app, &TARGETS, &["winget"], &[]);
    let read = |kind: &str| app.read(&format!("release/An-Owner.an-app{kind}.yaml"));
    let manifest = |kind: &str, lines: &str| {
        format!(
            "# yaml-language-server: $schema=https://aka.ms/winget-manifest.{kind}.1.10.0.schema.json\n\n\
             PackageIdentifier: \"An-Owner.an-app\"\nPackageVersion: \"1.2.3\"\n{lines}ManifestType: {kind}\n\
             ManifestVersion: 1.10.0\n"
        )
    };
    assert_eq!(read(""), manifest("version", "DefaultLocale: en-US\n"));
    let about = "PackageLocale: en-US\nPublisher: \"A B\"\nPackageName: \"an-app\"\n\
        PackageUrl: \"https://example.org/An.Owner/an_app\"\nLicense: \"MIT OR Apache-2.0\"\n\
        ShortDescription: \"A #{tool} for \\\"all\\\"\"\n";
    assert_eq!(read(".locale.en-US"), manifest("defaultLocale", about));
    let folder = "an-app-1.2.3-x86_64-pc-windows-msvc";
    let installer = format!(
        "InstallerType: zip\nNestedInstallerType: portable\nArchiveBinariesDependOnPath: true\n\
         UpgradeBehavior: uninstallPrevious\nCommands:\n- \"an_app-bin\"\nInstallers:\n- Architecture: x64\n  \
         InstallerUrl: \"{BASE}/{folder}.zip\"\n  InstallerSha256: \"{}\"\n  NestedInstallerFiles:\n  \
         - RelativeFilePath: \"{folder}\\\\bin\\\\an_app-bin.exe\"\n",
        sum(&app, "x86_64-pc-windows-msvc").to_uppercase()
    );
    assert_eq!(read(".installer"), manifest("installer", &installer));
}

#[test]
fn a_manager_that_cannot_install_the_release_says_why() {
    let app = app(&TARGETS);
    let refused = |targets: &[&str], form: &str, more: &[&str]| {
        let arguments = [&["formats", "--only", form], targets, more].concat();
        app.run(&arguments).refused(2)
    };
    for form in ["scoop", "winget"] {
        let text = refused(&TARGETS[3..], form, &[]);
        let wanted = format!("error: `{form}` cannot install this release\n  the release has no archive for Windows\n");
        assert!(text.contains(&wanted), "{text}");
    }
    let text = refused(&TARGETS[2..3], "homebrew", &[]);
    assert!(text.contains("the release has no archive for macOS or Linux"), "{text}");
    let text = refused(&TARGETS[2..3], "winget", &["--url", "file:///srv"]);
    assert!(text.contains("it downloads from `http` addresses only"), "{text}");
    let manifest = app.read("Cargo.toml");
    app.write("Cargo.toml", &manifest.replace("license =", "publish = [] #"));
    let text = refused(&TARGETS[2..3], "scoop", &[]);
    assert!(text.contains("nobody says the license of `an_app`\n"), "{text}");
    let keys = "[package.metadata.pyo3-bundle]\nname = \"7app\"\n";
    app.write("Cargo.toml", &(manifest + keys));
    assert!(refused(&TARGETS[..1], "homebrew", &[]).contains("the name of a formula begins with a letter"));
}

#[test]
fn an_application_that_needs_its_launcher_is_started_by_it() {
    let app = app(&TARGETS);
    let keys = "[package.metadata.pyo3-bundle]\nlauncher = \"environment\"\n";
    app.write("Cargo.toml", &(app.read("Cargo.toml") + keys));
    make(&app, &TARGETS, &["homebrew", "scoop"], &[]);
    assert!(app.read("release/an-app.rb").contains("libexec/\"an_app\" => \"an_app\""));
    assert_eq!(json(&app.read("release/an-app.json"))["bin"], json!([["an_app.cmd", "an_app"]]));
    let text = app.run(&["formats", TARGETS[2], "--only", "winget"]).refused(2);
    assert!(text.contains("it takes no script in an archive"), "{text}");
}
