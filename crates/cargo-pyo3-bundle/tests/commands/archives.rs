//! `cargo pyo3-bundle python --archive`: archives as files.

use crate::support::{App, json, sum};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Command;

/// The sha256 of `abc`.
pub const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

/// An archive of the shape of python-build-standalone's.
pub fn archive(app: &App, version: &str, compress: &str) -> String {
    app.stand_in("tree/python/bin/python3.13", &format!("echo {version}"));
    packed(app, version, compress)
}

/// Packs a tree that has a `python3.13` with the rest of an archive.
fn packed(app: &App, version: &str, compress: &str) -> String {
    let series = version.rsplit_once('.').unwrap().0;
    symlink("python3.13", app.at("tree/python/bin/python3")).unwrap();
    app.write(&format!("tree/python/lib/libpython{series}.so.1.0"), "a library");
    let sysconfig = format!("tree/python/lib/python{series}/_sysconfigdata__linux.py");
    app.write(&sysconfig, "build_time_vars = {'LIBDIR': '/install/lib', 'x': '/installed'}\n");
    let name = format!("cpython-{version}{compress}");
    let mut tar = Command::new("tar");
    tar.args(["-C", "tree", "-cf", &name, if compress == ".tar.gz" { "-z" } else { "--zstd" }, "python"]);
    assert!(tar.current_dir(app.path()).status().unwrap().success());
    fs::remove_dir_all(app.at("tree")).unwrap();
    name
}

/// This test's own program, with the other machine's number in its header.
fn foreign_program(app: &App) -> PathBuf {
    let mut data = fs::read(std::env::current_exe().unwrap()).unwrap();
    let (x86_64, aarch64) = (62, 183);
    data[18] = if data[18] == x86_64 { aarch64 } else { x86_64 };
    fs::write(app.at("foreign"), data).unwrap();
    app.at("foreign")
}

#[test]
fn an_archive_is_installed_without_uv() {
    let app = App::new();
    app.stand_in("uv", "echo called >called; exit 1");
    let (gzip, zstd) = (archive(&app, "3.13.5", ".tar.gz"), archive(&app, "3.13.5", ".tar.zst"));
    let address = format!("file://{}", app.at(&gzip).display()).replace(' ', "%20");
    for (name, source) in [(&gzip, &gzip), (&gzip, &address), (&zstd, &zstd)] {
        let sha256 = sum(&app.at(name));
        app.run(&["python", "--archive", source, "--sha256", &sha256.to_uppercase()]).fine();
        let record = json(&app.read(".local/python/provenance.json"));
        assert_eq!((&record["provider"], &record["source_sha256"]), (&"archive".into(), &sha256.clone().into()));
        assert_eq!(record["source_url"], format!("file:{name}"));
        let place = app.at(".local/python/runtime").canonicalize().unwrap();
        let sysconfig = app.read(".local/python/runtime/lib/python3.13/_sysconfigdata__linux.py");
        assert!(
            sysconfig.contains(&format!("'{}/lib'", place.display())) && sysconfig.contains("'/installed'"),
            "{sysconfig}"
        );
        fs::remove_file(app.at(".local/python/provenance.json")).unwrap();
    }
    assert_eq!(app.names(".local"), [".gitignore", "cargo.toml", "python", "python.lock"]);
    assert!(!app.exists("called"));
}

#[test]
fn an_archive_that_is_not_what_it_should_be_is_refused_and_nothing_stays() {
    let app = App::new();
    let run = |name: &str| {
        let sha256 = sum(&app.at(name));
        app.run(&["python", "--archive", name, "--sha256", &sha256])
    };
    let right = archive(&app, "3.13.5", ".tar.gz");
    let text = app.run(&["python", "--archive", &right, "--sha256", ABC]).refused(1);
    assert!(text.contains("is another archive or damaged") && text.contains(ABC), "{text}");
    assert!(text.ends_with(&format!("hint: sha256sum -- {right}\n")), "{text}");
    let text = app.run(&["python", "--archive", &right, "--sha256", "abc"]).refused(2);
    assert!(text.contains("wanted 64 hexadecimal digits"), "{text}");
    let text = app.run(&["python", "--archive", "no-such.tar.gz", "--sha256", ABC]).refused(2);
    assert!(text.contains("cannot read `no-such.tar.gz`"), "{text}");
    app.write("text", "not an archive");
    assert!(run("text").refused(1).contains("wanted a file in gzip's or zstd's format"));
    // With the sum of the part that is there, as one who computes it for a broken download gets it.
    for compress in [".tar.gz", ".tar.zst"] {
        let name = archive(&app, "3.13.5", compress);
        let whole = fs::read(app.at(&name)).unwrap();
        fs::write(app.at("part"), &whole[..whole.len() / 2]).unwrap();
        let text = run("part").refused(1);
        assert!(text.contains("error: `part` is not an archive of a Python\n"), "{text}");
        assert!(text.ends_with("\nhint: tar -tf part\n"), "{text}");
    }
    let other = archive(&app, "3.12.1", ".tar.gz");
    let text = run(&other).refused(2);
    assert!(text.contains("is CPython 3.12.1\n  wanted the series 3.13 that `"), "{text}");
    fs::create_dir_all(app.at("tree/python/bin")).unwrap();
    fs::copy(foreign_program(&app), app.at("tree/python/bin/python3.13")).unwrap();
    let foreign = packed(&app, "3.13.6", ".tar.gz");
    let text = run(&foreign).refused(2);
    let wanted = format!("wanted one for this machine: {}, linux\n", std::env::consts::ARCH);
    assert!(text.contains("cpython-3.13.6.tar.gz` has a Python for ") && text.ends_with(&wanted), "{text}");
    assert_eq!(app.names(".local/python"), [""; 0]);
    assert_eq!(app.names(".local"), [".gitignore", "python", "python.lock"]);
    // Another one of the series is no more than a warning, unless it must be the pin.
    let near = archive(&app, "3.13.4", ".tar.gz");
    let sha256 = sum(&app.at(&near));
    let text = app.run(&["python", "--strict", "--archive", &near, "--sha256", &sha256]).refused(2);
    assert!(text.contains("`--strict` wants 3.13.5"), "{text}");
    assert!(run(&near).error.starts_with("warning: installed CPython 3.13.4 instead of the pinned 3.13.5"));
}
