//! `cargo pyo3-bundle formats`: the files of a release from small dists, under which names, with which sums, and what is
//! left alone.

mod onefile;

use crate::support::{App, Said, json, sum};
use cargo_dist_schema::{ArtifactKind, DistManifest};
use serde_json::json;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;

pub const LINUX: &str = "x86_64-unknown-linux-gnu";
const ARM: &str = "aarch64-unknown-linux-gnu";
pub const WINDOWS: &str = "x86_64-pc-windows-msvc";

/// An application with a dist for that target in `dist`.
pub fn app(target: &str) -> App {
    let app = App::new();
    app.write("Cargo.toml", &(app.read("Cargo.toml") + "repository = \"https://example.org/app/\"\n"));
    dist(&app, "dist", target);
    app
}

/// A dist with a program that is a script, and with the records that a release is made from.
pub fn dist(app: &App, folder: &str, target: &str) {
    let (arch, rest) = target.split_once('-').unwrap();
    let (os, ending) = match rest {
        "pc-windows-msvc" | "pc-windows-gnu" => ("windows", (".cmd", "-bin.exe")),
        "apple-darwin" => ("macos", ("", "-bin")),
        _ => ("linux", ("", "-bin")),
    };
    let (launcher, binary) = (format!("app{}", ending.0), format!("bin/app{}", ending.1));
    for program in [&launcher, &binary] {
        app.stand_in(&format!("{folder}/{program}"), &format!("echo started {program} \"$@\""));
    }
    app.write(&format!("{folder}/python/runtime/lib/python3.13/os.py"), "# a module\n");
    if os != "windows" {
        symlink("python3.13", app.at(&format!("{folder}/python/runtime/lib/link"))).unwrap();
    }
    let metadata = json!({
        "schema_version": 1, "name": "app", "version": "1.2.3", "target": target, "launcher": launcher,
        "binary": binary, "platform": {"os": os, "arch": arch, "libc": "gnu", "libc_floor": "2.31"},
        "python": {"implementation": "cpython", "version": "3.13.5"}, "created": "2026-01-01T00:00:00Z",
        "profile": "full", "executables": [launcher, binary], "links": {"python/runtime/lib/link": "python3.13"}
    });
    app.write(&format!("{folder}/metadata.json"), &metadata.to_string());
}

pub fn archives(app: &App, more: &[&str]) -> Said {
    app.run(&[&["formats", "--only", "archive"], more].concat())
}

fn manifest(app: &App, folder: &str) -> DistManifest {
    let text = app.read(&format!("{folder}/dist-manifest.json"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn archives_have_the_names_that_tools_look_for_and_sums_that_fit() {
    let app = app(LINUX);
    let out = archives(&app, &[]).fine();
    let named = ["app-1.2.3-x86_64-unknown-linux-gnu.tar.gz", "app-1.2.3-x86_64-unknown-linux-gnu.tar.zst"];
    let files = ["app-linux-x86_64.tar.gz", named[0], named[1]];
    let mut wanted: Vec<String> =
        files.iter().flat_map(|name| [(*name).to_owned(), format!("{name}.sha256")]).collect();
    wanted.extend(["dist-manifest.json".into(), "sha256.sum".into()]);
    wanted.sort();
    assert_eq!(app.names("release"), wanted);
    assert!(files.iter().all(|name| out.contains(&format!("release/{name} "))) && !out.contains(".sha256"), "{out}");
    assert_eq!(app.read_bytes("release/app-linux-x86_64.tar.gz"), app.read_bytes(&format!("release/{}", named[0])));
    for list in wanted.iter().filter(|name| name.ends_with(".sha256") || *name == "sha256.sum") {
        let check = Command::new("sha256sum").args(["--strict", "-c", list]).current_dir(app.at("release")).output();
        let said = Said::of(&check.unwrap()).fine();
        assert_eq!(said.lines().count(), if list == "sha256.sum" { 3 } else { 1 }, "{list}: {said}");
    }
    for name in files {
        let line = format!("{}  {name}\n", sum(&app.at(&format!("release/{name}"))));
        assert_eq!(app.read(&format!("release/{name}.sha256")), line);
        let tar = Command::new("tar").args(["-tf", name]).current_dir(app.at("release")).output().unwrap();
        let listed = Said::of(&tar).fine();
        assert!(listed.starts_with("app-1.2.3-x86_64-unknown-linux-gnu/\n"), "{listed}");
        assert!(listed.contains("/bin/app-bin\n"), "{listed}");
    }
    assert!(!app.exists("release.partial"));
}

#[test]
fn windows_gets_a_zip_and_the_key_decides_about_the_name() {
    let app = app(WINDOWS);
    let keys = "[package.metadata.pyo3-bundle]\nname = \"an-app\"\n";
    app.write("Cargo.toml", &(app.read("Cargo.toml") + keys));
    archives(&app, &[]).fine();
    let names = app.names("release");
    let wanted = ["an-app-1.2.3-x86_64-pc-windows-msvc.zip", "an-app-windows-x86_64.zip"];
    assert!(wanted.iter().all(|name| names.contains(&(*name).to_owned())), "{names:?}");
    assert_eq!(names.len(), 6, "{names:?}");
}

#[test]
fn readers_of_cargo_dists_manifest_read_this_one() {
    let app = app(LINUX);
    archives(&app, &[]).fine();
    let value = json(&app.read("release/dist-manifest.json"));
    let schema = serde_json::to_value(DistManifest::json_schema()).unwrap();
    let errors: Vec<_> =
        jsonschema::validator_for(&schema).unwrap().iter_errors(&value).map(|it| it.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
    let manifest = manifest(&app, "release");
    assert_eq!(manifest.announcement_tag.as_deref(), Some("v1.2.3"));
    assert!(!manifest.announcement_is_prerelease);
    let [release] = &manifest.releases[..] else { panic!("{:?}", manifest.releases) };
    assert_eq!((release.app_name.as_str(), release.app_version.as_str()), ("app", "1.2.3"));
    assert_eq!(release.artifacts.len(), manifest.artifacts.len());
    let name = format!("app-1.2.3-{LINUX}.tar.zst");
    let archive = manifest.artifacts.values().find(|found| found.name.as_ref().is_some_and(|it| it.as_str() == name));
    let archive = archive.unwrap();
    assert!(matches!(archive.kind, ArtifactKind::ExecutableZip), "{archive:?}");
    assert_eq!(archive.target_triples.iter().map(|target| target.as_str()).collect::<Vec<_>>(), [LINUX]);
    assert_eq!(archive.checksums["sha256"].to_string(), sum(&app.at(&format!("release/{name}"))));
    assert_eq!(archive.checksum.as_ref().map(|it| it.as_str().to_owned()), Some(format!("{name}.sha256")));
    let unified = value["artifacts"]["sha256.sum"]["kind"].as_str();
    assert_eq!(unified, Some("unified-checksum"));
    // What cargo-dist has no field for.
    assert_eq!(value["targets"][LINUX]["platform"]["libc_floor"], "2.31");
    let size = fs::metadata(app.at(&format!("release/{name}"))).unwrap().len();
    assert_eq!(value["artifacts"][&name]["size"], size);
}

#[test]
fn a_manifest_on_stdout_is_the_one_in_the_folder() {
    let app = app(LINUX);
    let out = archives(&app, &["--json"]).fine();
    assert_eq!(out, app.read("release/dist-manifest.json"));
}

#[test]
fn two_runs_make_the_same_bytes() {
    let app = app(LINUX);
    let all = |out: &str| {
        archives(&app, &["--out", out]).fine();
        let names = app.names(out);
        names.into_iter().map(|name| (app.read_bytes(&format!("{out}/{name}")), name)).collect::<Vec<_>>()
    };
    let first = all("one");
    // Times and modes of the machine are no part of it.
    fs::set_permissions(app.at("dist/python/runtime/lib/python3.13/os.py"), fs::Permissions::from_mode(0o600)).unwrap();
    app.write("dist/metadata.json", &app.read("dist/metadata.json"));
    assert_eq!(first, all("two"));
}

#[test]
fn releases_of_several_machines_become_one() {
    let app = app(LINUX);
    dist(&app, "dist-arm", ARM);
    archives(&app, &["dist-arm", "--out", "arm"]).fine();
    archives(&app, &["dist", "--join", "arm"]).fine();
    let joined = manifest(&app, "release");
    // The same from both dists at once.
    archives(&app, &["dist", "dist-arm", "--out", "at-once"]).fine();
    assert_eq!(app.names("release"), app.names("at-once"));
    for name in app.names("release") {
        assert_eq!(app.read_bytes(&format!("release/{name}")), app.read_bytes(&format!("at-once/{name}")), "{name}");
    }
    assert_eq!(joined.artifacts.len(), 13, "three archives and three sums for each, and one list");
    assert_eq!(json(&app.read("release/dist-manifest.json"))["targets"].as_object().unwrap().len(), 2);
    // Without a dist of its own.
    archives(&app, &["--join", "arm", "--out", "again"]).fine();
    assert_eq!(app.names("again"), app.names("arm"));
}

#[test]
fn what_cannot_be_joined_is_refused() {
    let app = app(LINUX);
    dist(&app, "dist-arm", ARM);
    archives(&app, &["dist-arm", "--out", "arm"]).fine();
    let refused = |status, why: &str| {
        let text = archives(&app, &["dist", "--join", "arm"]).refused(status);
        assert!(text.contains(why), "wanted {why}: {text}");
        assert!(!app.exists("release") && !app.exists("release.partial"));
    };
    let archive = format!("arm/app-1.2.3-{ARM}.tar.gz");
    let whole = app.read_bytes(&archive);
    fs::write(app.at(&archive), &whole[..whole.len() - 1]).unwrap();
    refused(2, "is not the file that its manifest lists");
    fs::write(app.at(&archive), whole).unwrap();
    let text = app.read("arm/dist-manifest.json");
    app.write("arm/dist-manifest.json", &text.replace("\"app_version\": \"1.2.3\"", "\"app_version\": \"1.2.4\""));
    refused(2, "wanted app 1.2.3, found app 1.2.4");
    app.write("arm/dist-manifest.json", &text.replace("app-linux-aarch64.tar.gz", "../app.tar.gz"));
    refused(2, "`../app.tar.gz`, which is not the name of a file");
    fs::remove_file(app.at("arm/dist-manifest.json")).unwrap();
    refused(2, "its `dist-manifest.json`: No such file");
    app.write("arm/dist-manifest.json", &text);
    fs::remove_file(app.at("arm/app-linux-aarch64.tar.gz")).unwrap();
    refused(2, "cannot copy `arm/app-linux-aarch64.tar.gz`\n  No such file");
    archives(&app, &["--out", "other"]).fine();
    let text = archives(&app, &["dist", "--join", "other"]).refused(2);
    assert!(text.contains(&format!("two dists are for the target `{LINUX}`")), "{text}");
    let text = archives(&app, &["--join", "other", "--join", "other"]).refused(2);
    assert!(text.contains("two dists are for the target"), "{text}");
    assert!(!app.exists("release"));
}

#[test]
fn a_dist_is_of_this_version_and_the_only_one_for_its_target() {
    let app = app(LINUX);
    let text = archives(&app, &["dist", "dist"]).refused(2);
    assert!(text.contains(&format!("two dists are for the target `{LINUX}`")), "{text}");
    app.write("dist/metadata.json", &app.read("dist/metadata.json").replace("1.2.3", "1.2.2"));
    let text = archives(&app, &[]).refused(2);
    assert!(text.contains("is of version 1.2.2\n  wanted version 1.2.3 of `app`\nhint: cargo pyo3-bundle\n"), "{text}");
    let text = archives(&app, &["src"]).refused(2);
    assert!(text.contains("`src` is not a dist"), "{text}");
    app.write("src/metadata.json", "{}");
    let text = archives(&app, &["src"]).refused(2);
    assert!(text.contains("its `metadata.json`: missing field `schema_version`"), "{text}");
    assert!(!app.exists("release") && !app.exists("release.partial"));
}

/// Two toolchains for Windows: nothing but the target tells their archives apart.
#[test]
fn two_files_of_one_name_are_refused() {
    let app = app(WINDOWS);
    dist(&app, "gnu", "x86_64-pc-windows-gnu");
    let text = archives(&app, &["dist", "gnu"]).refused(1);
    assert!(text.contains("two files of the release have the name `app-windows-x86_64.zip`"), "{text}");
    assert!(text.contains("one is for x86_64-pc-windows-msvc, one for x86_64-pc-windows-gnu"), "{text}");
}

#[test]
fn a_release_replaces_a_release_and_nothing_else() {
    let app = app(LINUX);
    archives(&app, &[]).fine();
    let first = app.names("release");
    archives(&app, &[]).fine();
    assert_eq!(app.names("release"), first);
    let refused = |why: &str| {
        let before = app.names("release");
        let text = archives(&app, &[]).refused(1);
        assert!(
            text.contains("is not replaced\n  wanted the folder of a release, an empty folder or nothing"),
            "{text}"
        );
        assert!(text.contains(why), "wanted {why}: {text}");
        assert_eq!(app.names("release"), before);
        assert!(!app.exists("release.partial"));
    };
    app.write("release/notes.txt", "mine");
    refused("`notes.txt` is not a file that its `dist-manifest.json` lists");
    fs::remove_file(app.at("release/notes.txt")).unwrap();
    fs::remove_file(app.at("release/sha256.sum")).unwrap();
    app.write("release/sha256.sum/mine", "");
    refused("`sha256.sum` is not a file that");
    fs::remove_dir_all(app.at("release/sha256.sum")).unwrap();
    // One that lost files is still nothing but a release.
    archives(&app, &[]).fine();
    fs::remove_dir_all(app.at("release")).unwrap();
    app.write("release/dist-manifest.json", "{\"artifacts\": {}, \"releases\": []}");
    refused("a folder of another kind: its `dist-manifest.json`: invalid length 0");
    let text = archives(&app, &["--out", "dist/release"]).refused(1);
    assert!(text.contains("is inside the dist\n  a release cannot be a part of itself"), "{text}");
    let text = archives(&app, &["--out", "dist"]).refused(1);
    assert!(text.contains("is inside the dist"), "{text}");
}

#[test]
fn a_run_that_fails_leaves_the_release_of_before() {
    let app = app(LINUX);
    archives(&app, &[]).fine();
    let before = app.read("release/sha256.sum");
    fs::remove_file(app.at("dist/bin/app-bin")).unwrap();
    let made = Command::new("mkfifo").arg(app.at("dist/bin/app-bin")).status().unwrap();
    assert!(made.success());
    let text = archives(&app, &[]).refused(1);
    assert!(text.contains("cannot be in an archive"), "{text}");
    assert_eq!((app.read("release/sha256.sum"), app.exists("release.partial")), (before, false));
}

#[test]
fn an_address_that_a_shell_could_read_is_refused() {
    let app = app(LINUX);
    let bad =
        ["ftp://example.org", "example.org", "https://a.org/$(x)", "https://a.org/ b", "https://a.org/\"", "file:x"];
    for url in bad {
        let text = archives(&app, &["--url", url]).refused(2);
        assert!(
            text.contains("is not an address for downloads") && text.contains("\nhint: cargo pyo3-bundle"),
            "{text}"
        );
    }
    for url in ["https://a.org:8/x_y~z/%20/", "http://127.0.0.1:8000", "file:///srv/a+b@c"] {
        archives(&app, &["--url", url]).fine();
    }
    // Archives have no address in them.
    app.write("Cargo.toml", &app.read("Cargo.toml").replace("repository", "documentation"));
    archives(&app, &[]).fine();
}

#[test]
fn an_unknown_form_is_refused_with_the_known_ones() {
    let said = app(LINUX).run(&["formats", "--only", "no-such"]);
    assert_eq!(said.status, Some(2));
    assert!(
        said.error.contains("invalid value 'no-such'") && said.error.contains("archive, onefile"),
        "{}",
        said.error
    );
}
