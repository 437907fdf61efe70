//! `cargo pyo3-bundle formats --only onefile`: what is put together, and how the stub is built. The crate of the stub has
//! the tests of what it does.

use super::{WINDOWS, app, archives};
use crate::support::{App, Said, json, sum};
use pyo3_bundle_layout::onefile::{SIZE, Trailer};
use serde_json::json;
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// A machine of this kind can build the stub.
fn own_target() -> String {
    format!("{}-unknown-linux-gnu", std::env::consts::ARCH)
}

/// Stands in for a cargo that builds the stub: notes how it is called, and writes what is in `stub`.
const CARGO: &str = r#"if [ "$1" = metadata ]; then exec "$REAL_CARGO" "$@"; fi
echo "$*" >"$HERE/called"
echo "$CARGO_ENCODED_RUSTFLAGS" | tr '\037' '\n' >"$HERE/flags"
env >"$HERE/environment"
[ ! -f "$HERE/fails" ] || { echo 'cannot link' >&2; exit 101; }
while [ $# -gt 0 ]; do
  case $1 in --target-dir) out=$2 ;; --target) target=$2 ;; esac
  shift
done
mkdir -p "$out/$target/release"
cp "$HERE/stub" "$out/$target/release/pyo3-bundle-onefile""#;

fn one_file(app: &App) -> Said {
    let mut command = app.command(&["formats", "--only", "onefile"]);
    command.env("CARGO", app.at("on-path/cargo")).env("HERE", app.path()).env("RUSTFLAGS", "-Clto");
    Said::of(&command.output().unwrap())
}

#[test]
fn one_file_is_the_stub_the_archive_and_a_trailer() {
    let target = own_target();
    let app = app(&target);
    app.stand_in("cargo", CARGO);
    app.write("stub", "#!/bin/sh\necho a stub\nexit\n");
    one_file(&app).fine();
    let name = format!("app-linux-{}", std::env::consts::ARCH);
    let bytes = app.read_bytes(&format!("release/{name}"));
    let archive = app.read_bytes(&format!("release/app-1.2.3-{target}.tar.zst"));
    let (front, trailer) = bytes.split_at(bytes.len() - SIZE);
    assert_eq!(front, [app.read_bytes("stub"), archive.clone()].concat());
    let trailer = Trailer::decode(trailer.try_into().unwrap()).unwrap();
    let sha256 = sum(&app.at(&format!("release/app-1.2.3-{target}.tar.zst")));
    let program = format!("app-1.2.3-{target}/bin/app-bin");
    assert_eq!(trailer, Trailer { application: "app".into(), program, length: archive.len() as u64, sha256 });
    assert_eq!(fs::metadata(app.at(&format!("release/{name}"))).unwrap().permissions().mode() & 0o777, 0o755);
    let text = json(&app.read("release/dist-manifest.json"));
    assert_eq!(text["artifacts"][&name]["target_triples"], json!([target]));
    // How the stub is built: with what decides about its size and its glibc, and without paths of this machine.
    let called = app.read("called");
    let crates = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let manifest = format!("build --release --manifest-path {}/pyo3-bundle-onefile/Cargo.toml", crates.display());
    assert!(called.starts_with(&manifest) && called.contains(" --locked "), "{called}");
    let flags = app.read("flags");
    assert!(
        flags.contains("=/pyo3-bundle-onefile\n") && flags.contains("=/src\n") && !flags.contains("lto"),
        "{flags}"
    );
    assert!(app.read("environment").contains("\nCARGO_PROFILE_RELEASE_LTO=fat\n"));
    assert!(!app.read("environment").contains("\nRUSTFLAGS="));
    // A release may be replaced by one with more.
    archives(&app, &[]).fine();
    assert!(!app.exists(&format!("release/{name}")));
}

#[test]
fn the_launcher_is_started_where_its_variables_are_needed() {
    let app = app(&own_target());
    app.stand_in("cargo", CARGO);
    app.write("stub", "a stub");
    let keys = "[package.metadata.pyo3-bundle]\nlauncher = \"environment\"\n";
    app.write("Cargo.toml", &(app.read("Cargo.toml") + keys));
    one_file(&app).fine();
    let bytes = app.read_bytes(&format!("release/app-linux-{}", std::env::consts::ARCH));
    let names = format!("\napp-1.2.3-{}/app\n", own_target());
    assert!(bytes[bytes.len() - 512..].windows(names.len()).any(|part| part == names.as_bytes()));
}

/// Whether the C library is linked in follows the answer of the compiler, and what is built is looked at.
#[test]
fn the_stub_needs_no_newer_glibc_than_the_dist() {
    let app = app(&own_target());
    app.stand_in("cargo", CARGO);
    // This test's own program is linked against this machine's glibc.
    fs::copy(std::env::current_exe().unwrap(), app.at("stub")).unwrap();
    let metadata = app.read("dist/metadata.json");
    app.write("dist/metadata.json", &metadata.replace("2.31", "2.99"));
    for (answer, is_static) in [("libc.a", false), ("/usr/lib/libc.a", true)] {
        app.stand_in("cc", &format!("echo {answer}"));
        one_file(&app).fine();
        assert_eq!(app.read("flags").contains("-Ctarget-feature=+crt-static"), is_static, "{answer}");
    }
    app.write("dist/metadata.json", &metadata.replace("2.31", "2.3"));
    let text = one_file(&app).refused(2);
    assert!(
        text.contains("pyo3-bundle-onefile` needs a newer glibc than the dist\n  wanted glibc 2.3 at most, found 2."),
        "{text}"
    );
    assert!(text.contains("\nhint: cc -print-file-name=libc.a\n"), "{text}");
}

#[test]
fn a_stub_that_cannot_be_built_is_told() {
    let app = app(&own_target());
    app.stand_in("cargo", CARGO);
    app.write("fails", "");
    let text = one_file(&app).refused(1);
    assert!(text.starts_with("cannot link\nerror: the stub of the one-file program"), "{text}");
    assert!(text.contains("could not be built for") && text.contains("cargo printed the lines above"), "{text}");
    assert!(!app.exists("release"));
}

#[test]
fn one_file_for_another_machine_is_refused_and_there_is_none_for_windows() {
    let other = app("aarch64-apple-darwin");
    let text = other.run(&["formats", "--only", "onefile"]).refused(2);
    assert!(
        text.starts_with("error: a one-file program for aarch64-apple-darwin cannot be made on this machine\n"),
        "{text}"
    );
    let app = app(WINDOWS);
    app.run(&["formats", "--only", "onefile"]).fine();
    assert_eq!(app.names("release").len(), 6, "the archives are there");
}

/// With cargo itself, which keeps what it has built for the next run of this test.
#[test]
fn a_one_file_program_starts_and_names_no_folder_of_this_machine() {
    let app = app(&own_target());
    let target = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("onefile");
    let made = |out: &str| {
        let mut command = app.command(&["formats", "--only", "onefile", "--out", out]);
        Said::of(&command.env("CARGO_TARGET_DIR", &target).output().unwrap()).fine();
        app.read_bytes(&format!("{out}/app-linux-{}", std::env::consts::ARCH))
    };
    let bytes = made("release");
    assert_eq!(bytes, made("again"));
    let mut command = std::process::Command::new(app.at(&format!("release/app-linux-{}", std::env::consts::ARCH)));
    command.args(["--help", "a b"]).env_clear().env("PATH", "/usr/bin:/bin").env("HOME", app.at("home"));
    assert_eq!(Said::of(&command.output().unwrap()).fine(), "started bin/app-bin --help a b\n");
    let crates = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let home = std::env::var_os("CARGO_HOME").unwrap_or("/.cargo/".into());
    for folder in [crates.to_str().unwrap(), app.path().to_str().unwrap(), home.to_str().unwrap()] {
        let found = bytes.windows(folder.len()).position(|part| part == folder.as_bytes());
        assert_eq!(found, None, "{folder}");
    }
}
