//! `cargo pyo3-bundle formats --only deb` and its relatives: what nfpm is told, with a stand-in that keeps its
//! configuration as the package.

use crate::support::{App, json};
use serde_json::{Value, json};
use std::os::unix::fs::symlink;

const PINS: &str = include_str!("../../src/formats/packages/requirements.txt");
/// Keeps the configuration, and the texts that it names.
const NFPM: &str = r#"printf '%s' "$*" >arguments
while [ $# -gt 0 ]; do case $1 in --config) config=$2 ;; --target) to=$2 ;; esac; shift; done
cp "${config%/*}/copyright" copyright
if [ -f "${config%/*}/changelog.Debian.gz" ]; then gzip -dc "${config%/*}/changelog.Debian.gz" >changelog; fi
cp "$config" "$to""#;

/// An application with a dist, and an nfpm that is installed already.
fn app() -> App {
    let app = App::new();
    let about = "description = \"Does things for 5 $ each\"\nlicense = \"MIT OR Apache-2.0\"\n\
        repository = \"https://example.org/an_app\"\nauthors = [\"A B <a@example.org>\"]\n";
    app.write("Cargo.toml", &(app.read("Cargo.toml").replace("name = \"app\"", "name = \"an_app\"") + about));
    metadata(&app, json!({}));
    for program in ["an_app", "bin/an_app-bin", "python/runtime/bin/python3.13"] {
        app.stand_in(&format!("dist/{program}"), "");
    }
    symlink("python3.13", app.at("dist/python/runtime/bin/python3")).unwrap();
    app.write("dist/licenses/an_app-1.2.3/LICENSE-MIT", "Permission is hereby granted\n");
    let apache = "TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION\n";
    app.write("dist/licenses/an_app-1.2.3/LICENSE-APACHE", apache);
    let parts = json!({ "components": [
        { "name": "one", "version": "1.0", "licenses": [{ "expression": "MIT" }] },
        { "name": "two", "licenses": [{ "license": { "id": "Zlib" } }, { "license": { "name": "own words" } }] },
        { "name": "three", "version": "3" },
    ] });
    app.write("dist/sbom.cdx.json", &parts.to_string());
    let version = PINS.split_once("nfpm==").unwrap().1.split_whitespace().next().unwrap();
    app.write(&format!(".local/nfpm/nfpm-{version}.dist-info/RECORD"), "");
    app.stand_in(".local/nfpm/bin/nfpm", NFPM);
    app
}

/// Writes the dist's metadata with some fields changed.
fn metadata(app: &App, changed: Value) {
    let mut metadata = json!({
        "schema_version": 1, "name": "an_app", "version": "1.2.3", "target": "x86_64-unknown-linux-gnu",
        "launcher": "an_app", "binary": "bin/an_app-bin", "python": { "version": "3.13.5" },
        "platform": { "os": "linux", "arch": "x86_64", "libc": "gnu", "libc_floor": "2.31" },
        "created": "2026-01-01T00:00:00Z", "profile": "full", "executables": [], "links": {}
    });
    for (key, value) in changed.as_object().unwrap() {
        metadata[key] = value.clone();
    }
    app.write("dist/metadata.json", &metadata.to_string());
}

/// The configuration that nfpm got for a form.
fn told(app: &App, form: &str, file: &str) -> Value {
    app.run(&["formats", "--only", form]).fine();
    json(&app.read(&format!("release/{file}")))
}

fn content<'a>(config: &'a Value, place: &str) -> &'a Value {
    let contents = config["contents"].as_array().unwrap();
    contents.iter().find(|it| it["dst"] == place).unwrap_or_else(|| panic!("no `{place}` in {contents:#?}"))
}

#[test]
fn a_package_has_the_dist_links_to_its_programs_and_what_its_manifest_says() {
    let app = app();
    let config = told(&app, "deb", "an-app_1.2.3-1_amd64.deb");
    for (field, wanted) in [
        ("name", json!("an-app")),
        ("version", json!("1.2.3")),
        ("arch", json!("amd64")),
        ("maintainer", json!("A B <a@example.org>")),
        ("license", json!("MIT OR Apache-2.0")),
        ("homepage", json!("https://example.org/an_app")),
        ("depends", json!(["libc6 (>= 2.31)"])),
        ("mtime", json!("2026-01-01T00:00:00Z")),
    ] {
        assert_eq!(config[field], wanted, "{field}");
    }
    let description = config["description"].as_str().unwrap();
    assert!(description.starts_with("Does things for 5 $$ each\nIt carries its own CPython 3.13.5"), "{description}");
    let program = content(&config, "/usr/lib/an-app/bin/an_app-bin");
    assert_eq!(
        (&program["src"], &program["file_info"]["mode"]),
        (&json!(app.at("dist/bin/an_app-bin")), &json!(0o755))
    );
    assert_eq!(content(&config, "/usr/lib/an-app/metadata.json")["file_info"]["mode"], 0o644);
    assert_eq!(content(&config, "/usr/lib/an-app")["type"], "dir");
    assert_eq!(content(&config, "/usr/lib/an-app/python/runtime/bin/python3")["src"], "python3.13");
    let link = content(&config, "/usr/bin/an_app");
    assert_eq!((&link["type"], &link["src"]), (&json!("symlink"), &json!("../lib/an-app/bin/an_app-bin")));
    assert!(config["contents"].as_array().unwrap().iter().all(|it| it["file_info"]["mtime"] == "2026-01-01T00:00:00Z"));
    content(&config, "/usr/share/doc/an-app/copyright");
    assert_eq!(
        app.read("changelog"),
        "an-app (1.2.3-1) unstable; urgency=medium\n\n  * Release 1.2.3.\n\n \
         -- A B <a@example.org>  Thu, 01 Jan 2026 00:00:00 +0000\n"
    );
    let manifest = json(&app.read("release/dist-manifest.json"));
    let artifact = &manifest["artifacts"]["an-app_1.2.3-1_amd64.deb"];
    assert_eq!(artifact["install_hint"], "sudo apt install ./an-app_1.2.3-1_amd64.deb");
}

#[test]
fn the_rights_are_told_with_the_licences_of_all_parts() {
    let app = app();
    told(&app, "rpm", "an-app-1.2.3-1.x86_64.rpm");
    assert_eq!(
        app.read("copyright"),
        "an_app 1.2.3\nhttps://example.org/an_app\n\nCopyright: A B <a@example.org>\nLicense: MIT OR Apache-2.0\n\n\
         The Apache License, Version 2.0 is in `/usr/lib/an-app/licenses/an_app-1.2.3/LICENSE-APACHE`, on Debian also in\n\
         `/usr/share/common-licenses/Apache-2.0`.\n\n\
         Parts of this package are the work of others. Their licences, with the texts in\n`/usr/lib/an-app/licenses`:\n\n  \
         one 1.0: MIT\n  two: Zlib, own words\n  three 3: see its text\n\n\
         LICENSE-MIT:\n\nPermission is hereby granted\n"
    );
    let broken = |text: &str| {
        app.write("dist/sbom.cdx.json", text);
        app.run(&["formats", "--only", "rpm"]).refused(1)
    };
    let text = broken("{}");
    assert!(text.contains("sbom.cdx.json` is not a bill of materials\n  missing field `components`"), "{text}");
}

#[test]
fn other_distributions_have_their_own_names_and_places() {
    let app = app();
    let rpm = told(&app, "rpm", "an-app-1.2.3-1.x86_64.rpm");
    assert_eq!(rpm["depends"], json!(["glibc >= 2.31"]));
    assert_eq!(content(&rpm, "/usr/share/licenses/an-app/copyright")["type"], "license");
    assert_eq!(content(&rpm, "/usr/share/licenses/an-app")["type"], "dir");
    let arch = told(&app, "arch", "an-app-1.2.3-1-x86_64.pkg.tar.zst");
    assert_eq!(
        (&arch["depends"], &arch["description"]),
        (&json!(["glibc>=2.31"]), &json!("Does things for 5 $$ each"))
    );
    assert_eq!(content(&arch, "/usr/share/licenses/an-app/copyright")["type"], "");
    assert!(app.read("arguments").contains("--packager archlinux "), "{}", app.read("arguments"));
}

#[test]
fn several_programs_have_a_link_each_and_a_launcher_that_is_needed_is_linked() {
    let app = app();
    metadata(&app, json!({ "others": [{ "launcher": "more", "binary": "bin/more-bin" }] }));
    let name = "an-app-1.2.3-1.x86_64.rpm";
    assert_eq!(content(&told(&app, "rpm", name), "/usr/bin/more")["src"], "../lib/an-app/bin/more-bin");
    let keys = "[package.metadata.pyo3-bundle]\nlauncher = \"environment\"\n";
    app.write("Cargo.toml", &(app.read("Cargo.toml") + keys));
    assert_eq!(content(&told(&app, "rpm", name), "/usr/bin/more")["src"], "../lib/an-app/more");
}

#[test]
fn what_no_package_can_say_is_refused() {
    let app = app();
    let manifest = app.read("Cargo.toml");
    app.write("Cargo.toml", &manifest.replace("description", "readme"));
    let text = app.run(&["formats", "--only", "deb"]).refused(2);
    assert!(text.contains("nobody says the description of `an_app`"), "{text}");
    app.write("Cargo.toml", &manifest);
    metadata(&app, json!({ "platform": { "os": "linux", "arch": "x86_64", "libc_floor": "2), evil (" } }));
    let text = app.run(&["formats", "--only", "deb"]).refused(1);
    assert!(text.contains("`2), evil (` is not a version of glibc\n  wanted digits and dots"), "{text}");
    metadata(&app, json!({}));
    app.stand_in(".local/nfpm/bin/nfpm", "echo 'glob failed' >&2; exit 3");
    let text = app.run(&["formats", "--only", "deb"]).refused(1);
    assert!(
        text.contains("an-app_1.2.3-1_amd64.deb` cannot be written\n  nfpm, exit status: 3: glob failed"),
        "{text}"
    );
    assert!(!app.exists("release") && !app.exists("release.partial"));
}
