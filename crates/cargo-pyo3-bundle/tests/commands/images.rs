//! `cargo pyo3-bundle formats --only oci`: an image with the glibc of this machine, read by tar. A program that runs in one
//! is in `scripts/dev/release-check.sh`.

use crate::support::{App, Said, json, left_out, sum};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Command;

/// An application with a dist whose program is this test's own, which names its loader.
fn app() -> App {
    let app = App::new();
    let about = "description = \"Does things\"\nlicense = \"MIT\"\nrepository = \"https://example.org/an_app\"\n";
    app.write("Cargo.toml", &(app.read("Cargo.toml").replace("name = \"app\"", "name = \"an_app\"") + about));
    dist(&app, std::env::consts::ARCH, "2.0");
    app
}

fn dist(app: &App, arch: &str, floor: &str) {
    let metadata = json!({
        "schema_version": 1, "name": "an_app", "version": "1.2.3+x", "target": format!("{arch}-unknown-linux-gnu"),
        "launcher": "an_app", "binary": "bin/an_app-bin", "python": { "version": "3.13.5" },
        "platform": { "os": "linux", "arch": arch, "libc": "gnu", "libc_floor": floor },
        "created": "2026-01-01T00:00:00Z", "profile": "full", "executables": [], "links": {},
        "git": { "sha": "abc", "dirty": false },
    });
    app.write("dist/metadata.json", &metadata.to_string());
    app.write("Cargo.toml", &app.read("Cargo.toml").replace("\"1.2.3\"", "\"1.2.3+x\""));
    app.stand_in("dist/bin/an_app-bin", "");
    fs::copy(std::env::current_exe().unwrap(), app.at("dist/bin/an_app-bin")).unwrap();
}

/// Whether this machine has what goes into an image.
fn has_base() -> bool {
    let has = cfg!(target_os = "linux") && Path::new("/usr/share/ca-certificates/mozilla").is_dir();
    if !has {
        left_out("this machine is not a Debian with ca-certificates");
    }
    has
}

fn make(app: &App) {
    app.run(&["formats", "--only", "oci"]).fine();
}

fn tar(app: &App, arguments: &[&str]) -> String {
    let output = Command::new("tar").args(arguments).current_dir(app.path()).env("TZ", "UTC").output().unwrap();
    Said::of(&output).fine()
}

/// The blob that a descriptor names. Its sum and its size are as they are told.
fn blob(app: &App, descriptor: &Value) -> String {
    let digest = descriptor["digest"].as_str().unwrap().strip_prefix("sha256:").unwrap();
    let place = format!("layout/blobs/sha256/{digest}");
    assert_eq!(sum(&app.at(&place)), digest);
    assert_eq!(app.at(&place).metadata().unwrap().len(), descriptor["size"].as_u64().unwrap());
    place
}

#[test]
fn an_image_is_a_layout_whose_parts_have_their_sums() {
    if !has_base() {
        return;
    }
    let app = app();
    make(&app);
    let name = format!("release/an-app-1.2.3+x-{}-unknown-linux-gnu.oci.tar", std::env::consts::ARCH);
    let first = app.read_bytes(&name);
    fs::remove_dir_all(app.at("release")).unwrap();
    make(&app);
    assert!(app.read_bytes(&name) == first, "the same dist gives the same bytes");
    fs::create_dir(app.at("layout")).unwrap();
    tar(&app, &["-C", "layout", "-xf", &name]);
    assert_eq!(json(&app.read("layout/oci-layout")), json!({ "imageLayoutVersion": "1.0.0" }));
    let index = json(&app.read("layout/index.json"));
    let entry = &index["manifests"][0];
    assert_eq!(entry["annotations"]["org.opencontainers.image.ref.name"], "1.2.3-x");
    let manifest = json(&app.read(&blob(&app, entry)));
    let config = json(&app.read(&blob(&app, &manifest["config"])));
    let run = &config["config"];
    assert_eq!((&run["User"], &run["Entrypoint"]), (&json!("65532:65532"), &json!(["/usr/bin/an_app"])));
    assert_eq!(run["Labels"]["org.opencontainers.image.revision"], "abc");
    assert_eq!(config["created"], "2026-01-01T00:00:00Z");
    let layer = blob(&app, &manifest["layers"][0]);
    fs::write(app.at("layer.tar"), unpacked(&app, &layer)).unwrap();
    assert_eq!(config["rootfs"]["diff_ids"], json!([format!("sha256:{}", sum(&app.at("layer.tar")))]));
}

/// Unpacks a file as `gzip` does.
fn unpacked(app: &App, name: &str) -> Vec<u8> {
    let output = Command::new("gzip").args(["-dc", name]).current_dir(app.path()).output().unwrap();
    assert!(output.status.success());
    output.stdout
}

#[test]
fn an_image_has_the_dist_glibc_and_a_user() {
    if !has_base() {
        return;
    }
    let app = app();
    make(&app);
    let name = app.names("release").into_iter().find(|name| name.ends_with(".oci.tar")).unwrap();
    fs::create_dir_all(app.at("layout")).unwrap();
    tar(&app, &["-C", "layout", "-xf", &format!("release/{name}")]);
    let manifest = json(&app.read(&blob(&app, &json(&app.read("layout/index.json"))["manifests"][0])));
    let layer = blob(&app, &manifest["layers"][0]);
    let listed = tar(&app, &["--numeric-owner", "-tvzf", &layer]);
    let line = |end: &str| {
        let found = listed.lines().find(|line| line.ends_with(end));
        found.unwrap_or_else(|| panic!("no `{end}` in {listed}")).split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert!(line(" usr/lib/an-app/bin/an_app-bin").starts_with("-rwxr-xr-x 0/0 "));
    assert!(line(" usr/bin/an_app -> ../lib/an-app/bin/an_app-bin").starts_with("lrwxrwxrwx 0/0 "));
    assert!(line("/libc.so.6").starts_with("-rwxr-xr-x 0/0 "), "the loader and its libraries");
    assert!(line(" tmp/").starts_with("drwxrwxrwt 0/0 "));
    assert!(line(" home/nonroot/").starts_with("drwxr-xr-x 65532/65532 "));
    assert!(line(" etc/ssl/certs/ca-certificates.crt").contains("2026-01-01 00:00"));
    for text in ["usr/share/doc/libc6/copyright", "usr/share/common-licenses/LGPL-2.1", "var/lib/dpkg/status.d/libc6"] {
        line(&format!(" {text}"));
    }
    tar(&app, &["-xzf", &layer, "etc/passwd"]);
    assert!(app.read("etc/passwd").lines().any(|line| line.starts_with("nonroot:x:65532:65532:")));
}

#[test]
fn an_image_that_could_not_start_is_not_made() {
    if !has_base() {
        return;
    }
    let app = app();
    dist(&app, std::env::consts::ARCH, "99.9");
    let text = app.run(&["formats", "--only", "oci"]).refused(2);
    assert!(text.contains("the dist needs glibc 99.9\n  found libc6 2."), "{text}");
    app.stand_in("dist/bin/an_app-bin", "");
    let text = app.run(&["formats", "--only", "oci"]).refused(1);
    assert!(text.contains("bin/an_app-bin` is not a program for Linux\n  wanted an ELF file"), "{text}");
    let other = if cfg!(target_arch = "x86_64") { "aarch64" } else { "x86_64" };
    dist(&app, other, "2.0");
    let text = app.run(&["formats", "--only", "oci"]).refused(2);
    assert!(text.contains("no image can be made here\n  it gets the glibc of the machine that makes it"), "{text}");
    assert!(!app.exists("release"));
}
