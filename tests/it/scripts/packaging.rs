//! The scripts that install and package, with stand-ins for cargo and uv: what they call, print and leave alone.

use super::Fake;
use crate::support::{Copy, NAME, checkout, compile, scratch, script, stderr, stdout, write_program};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Stands in for `cargo pack archive` and nothing else: makes two archives of the dist, and sums as the real one does.
const CARGO: &str = r#"echo "$*" >>called
if [ "$1 $2" = "pack archive" ]; then
  mkdir -p archives && cp dist-slim/SHA256SUMS archives/app.tar.gz && cp Cargo.toml archives/app.tar.zst && cd archives
  sha256sum app.tar.gz app.tar.zst >SHA256SUMS
  for archive in app.tar.gz app.tar.zst; do sha256sum "$archive" >"$archive.sha256"; done
fi"#;

fn packaging() -> Fake {
    let fake = Fake::new();
    for step in ["package-linux", "smoke-linux", "smoke-archives"] {
        fake.stand_in(&format!("scripts/dist/{step}.sh"), "");
    }
    fake.stand_in("cargo", CARGO);
    fake.stand_in("uname", "echo Linux");
    fake.write("dist-slim/SHA256SUMS", "the sums\n");
    fake.write("target/pack/cargo-pyo3-bundle", "the packager");
    fake
}

/// Counts how often one more run makes the archives.
fn made(fake: &Fake) -> usize {
    let _first = fs::remove_file(fake.path().join("called"));
    let output = fake.run("scripts/dist/package-all.sh", &[]);
    assert!(output.status.success(), "{}", stderr(&output));
    let called = fs::read_to_string(fake.path().join("called")).unwrap_or_default();
    called.lines().filter(|call| *call == "pack archive dist-slim --out archives").count()
}

#[test]
fn archives_are_made_again_when_anything_that_decides_about_them_is_another() {
    let fake = packaging();
    assert_eq!([made(&fake), made(&fake)], [1, 0]);
    let manifest = fake.read("Cargo.toml") + "# another name\n";
    for (file, text) in [
        ("target/pack/cargo-pyo3-bundle", "another packager"),
        ("dist-slim/SHA256SUMS", "other sums\n"),
        ("Cargo.toml", &manifest),
        ("archives/SHA256SUMS", "of another run\n"),
        ("archives/app.tar.gz", "damaged"),
        ("archives/app.tar.zst.sha256", ""),
    ] {
        fake.write(file, text);
        assert_eq!([made(&fake), made(&fake)], [1, 0], "{file}");
    }
    for sum in ["app.tar.gz.sha256", "app.tar.zst.sha256"] {
        fs::remove_file(fake.path().join("archives").join(sum)).unwrap();
        assert_eq!([made(&fake), made(&fake)], [1, 0], "{sum}");
    }
    fs::remove_dir_all(fake.path().join("archives")).unwrap();
    assert_eq!([made(&fake), made(&fake)], [1, 0]);
}

#[test]
fn what_else_is_in_the_folder_of_the_archives_is_not_the_scripts_to_remove() {
    let fake = packaging();
    fake.write("archives/mine.txt", "mine");
    assert_eq!(made(&fake), 1);
    assert_eq!(fake.read("archives/mine.txt"), "mine");
}

#[test]
fn a_package_ends_with_what_there_is_now() {
    let fake = packaging();
    fake.stand_in("cargo", &format!("{CARGO}\nif [ \"$2\" = summary ]; then echo 'what there is'; fi"));
    let output = fake.run("scripts/dist/package-all.sh", &[]);
    assert_eq!(stdout(&output), "what there is\n", "{}", stderr(&output));
    assert_eq!(fake.read("called").lines().last(), Some("pack summary dist dist-slim --archives archives"));
}

/// Returns what `smoke-linux.sh` prints about a dist with nothing but a launcher and this program.
fn smoke_of(make: impl Fn(&Path)) -> String {
    let dist = scratch();
    fs::create_dir_all(dist.path().join("bin")).unwrap();
    make(&dist.path().join(format!("bin/{NAME}-bin")));
    let launcher = dist.path().join(NAME);
    write_program(&launcher, "#!/bin/sh\n");
    let output = script("scripts/dist/smoke-linux.sh").arg(dist.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    stderr(&output)
}

#[test]
fn the_smoke_says_what_is_wrong_with_a_binary() {
    let source = "int main(void) { return 0; }";
    let none = "has another search path\n  found: none\nhint: ";
    let text = smoke_of(|binary| compile(source, binary, &[]));
    assert!(text.contains(none), "{text}");
    let text = smoke_of(|binary| fs::write(binary, "not ELF").unwrap());
    assert!(text.contains(none), "{text}");
    let contract = ["-Wl,--disable-new-dtags", "-Wl,-rpath,$ORIGIN/../python/runtime/lib"];
    let text = smoke_of(|binary| compile(source, binary, &contract));
    assert!(text.contains("did not load the libpython beside it\n  the loader took none\nhint: "), "{text}");
}

#[test]
fn the_smoke_ends_with_the_first_place_that_a_dist_fails_in() {
    let copy = Copy::new();
    let launcher = format!(
        "#!/bin/sh\n[ \"$PWD\" != / ] || exit 1\nexec \"$(dirname \"$(readlink -f \"$0\")\")/bin/{NAME}-bin\" \"$@\"\n"
    );
    copy.replace(&copy.launcher(), launcher.as_bytes());
    let output = script("scripts/dist/smoke-linux.sh").arg(&copy.root).output().unwrap();
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert_eq!(text.matches("error: ").count(), 1, "{text}");
    assert!(text.contains("error: the moved dist fails from /\n"), "{text}");
}

#[test]
fn a_scratch_folder_goes_whatever_it_is_called_and_holds() {
    let folder = scratch();
    let parent = folder.path().join("it's \"$HOME\" `here`");
    fs::create_dir(&parent).unwrap();
    let code = ". scripts/lib/common.sh; make_scratch 'two words'; mkdir \"$scratch/sub\"; >\"$scratch/sub/file\"; \
        chmod -R a-w \"$scratch\"; echo \"$scratch\"";
    let mut bash = Command::new("bash");
    bash.args(["-euo", "pipefail", "-c", code]).current_dir(checkout()).env("TMPDIR", &parent);
    let output = bash.output().unwrap();
    assert!(output.status.success() && stderr(&output).is_empty(), "{}", stderr(&output));
    let made = stdout(&output);
    assert!(made.starts_with(parent.join("two words.").to_str().unwrap()), "{made}");
    assert_eq!(fs::read_dir(&parent).unwrap().count(), 0);
}

#[test]
fn a_scratch_folder_goes_though_find_fails_and_a_file_appears_meanwhile() {
    for fault in ["find() { return 1; }", "rm() { command rm -rf -- \"$scratch/sub\"; unset -f rm; return 1; }"] {
        let folder = scratch();
        let code = format!(". scripts/lib/common.sh; make_scratch x; mkdir \"$scratch/sub\"; {fault}");
        let mut bash = Command::new("bash");
        bash.args(["-euo", "pipefail", "-c", &code]).current_dir(checkout()).env("TMPDIR", folder.path());
        let output = bash.output().unwrap();
        assert!(output.status.success() && stderr(&output).is_empty(), "{fault}: {}", stderr(&output));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "{fault}");
    }
}

/// Stands in for uv 0.13 without a network.
const UV: &str = r#"if [ "$1" = --version ]; then echo "uv 99.0.0"; exit; fi
printf 'error: Failed to install\n  cause: Request failed after 3 retries\n  cause: dns error\n' >&2
exit 1"#;

#[test]
fn a_failed_download_is_one_line_and_its_log_is_named() {
    let fake = Fake::new();
    fake.packager();
    fake.stand_in("uv", UV);
    fake.stand_in("scripts/python/build-from-source.sh", "echo 'error: no source' >&2; exit 1");
    let output = fake.run("scripts/python/install-managed-python.sh", &[]);
    let text = stderr(&output);
    let pin = fake.pin();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert!(lines[0].starts_with(&format!("warning: CPython {pin}, ")), "{text}");
    assert!(lines[0].ends_with("cannot be downloaded: `.local/cache/uv-download.log` says why"), "{text}");
    assert!(lines[1].contains("from source instead") && lines[2] == "error: no source", "{text}");
    assert!(fake.read(".local/cache/uv-download.log").contains("cause: dns error"));
}

#[test]
fn a_download_that_nothing_replaces_fails_with_the_words_of_uv() {
    let fake = Fake::new();
    fake.packager();
    fake.stand_in("uv", UV);
    let output = fake.run("scripts/python/install-managed-python.sh", &["--strict"]);
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.ends_with("\nhint: scripts/python/install-managed-python.sh\n"), "{text}");
    assert!(text.contains("cause: dns error") && text.contains("obeys UV_PYTHON_INSTALL_MIRROR"), "{text}");
}

#[test]
fn a_hint_with_a_path_can_be_pasted() {
    let fake = Fake::new();
    let missing = fake.path().join("it's \"$HOME\" `here`.tar.xz");
    for script in ["build-from-source", "install-managed-python"] {
        let output = fake.run(&format!("scripts/python/{script}.sh"), &["--tarball", missing.to_str().unwrap()]);
        let text = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{text}");
        let hint = text.split_once("\nhint: ").unwrap().1;
        let said = Command::new("bash").args(["-c", hint]).env("LC_ALL", "C.UTF-8").output().unwrap();
        let listed = stderr(&said);
        assert!(listed.matches("ls: ").count() == 1 && listed.contains("`here`.tar.xz"), "{hint}: {listed}");
    }
    let output = fake.run("scripts/dev/flaky.sh", &["many"]);
    let hint = stderr(&output).split_once("\nhint: ").unwrap().1.replace(" 10", " none");
    let said = stderr(&Command::new("bash").args(["-c", &hint]).output().unwrap());
    assert!(said.starts_with("error: `none` is not a number of runs\n"), "{hint}: {said}");
}

#[test]
fn where_debian_has_no_source_the_hint_names_the_newest_that_is_pinned() {
    let fake = Fake::new();
    let pins = "# comment\n00  Python-3.9.1.tar.xz\n01  Python-3.13.5.tar.xz\n02  Python-3.13.7.tar.xz\n03  Python-3.130.1.tar.xz\n";
    fake.write("scripts/python/cpython-sources.sha256", pins);
    let hint = |series: &str| {
        let code =
            "for part in lib/common python/lib/debian python/lib/cpython; do . scripts/$part.sh; done; tarball_hint $0";
        let output =
            Command::new("bash").args(["-euo", "pipefail", "-c", code, series]).current_dir(fake.path()).output();
        stdout(&output.unwrap())
    };
    let wanted = "curl -O https://www.python.org/ftp/python/3.13.7/Python-3.13.7.tar.xz && \
        scripts/python/install-managed-python.sh --tarball Python-3.13.7.tar.xz\n";
    assert_eq!(hint("3.13"), wanted);
    assert_eq!(hint("3.14"), "");
}
