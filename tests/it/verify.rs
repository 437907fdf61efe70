//! Tests `cargo pack verify` end to end: on copies of the real dist that are broken one thing at a time, and on other
//! input. Checks also that docs/policy.md explains every finding.

use crate::support::{Copy, NAME, bare, checkout, compile, dist, packager, scratch, stderr, stdout};
use pyo3_bundle_layout::finding::{Id, Reporter};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Output};
use std::sync::LazyLock;

const SEARCH_PATH: &str = "-Wl,-rpath,$ORIGIN/../python/runtime/lib";
const PROGRAM: &str = "int main(void) { return 0; }";

pub fn pack(arguments: &[&str], dist: &Path) -> Command {
    let mut command = bare(packager());
    command.env("CARGO", env!("CARGO")).arg("verify").args(arguments).arg(dist);
    command
}

/// Reads the JSON report, which agrees with the exit status.
fn report(output: &Output) -> serde_json::Value {
    let report: serde_json::Value = serde_json::from_str(&stdout(output)).unwrap_or_else(|_| panic!("{output:?}"));
    let status = if report["ok"] == true { 0 } else { 1 };
    assert_eq!(output.status.code(), Some(status), "{}", stderr(output));
    report
}

pub fn findings(output: &Output) -> BTreeSet<String> {
    let report = report(output);
    let text = |finding: &serde_json::Value, key: &str| finding[key].as_str().unwrap().to_owned();
    let line = |finding| format!("{}: {}: {}", text(finding, "id"), text(finding, "path"), text(finding, "why"));
    report["findings"].as_array().unwrap().iter().map(line).collect()
}

fn verify(dist: &Path) -> BTreeSet<String> {
    findings(&pack(&["--json"], dist).output().unwrap())
}

/// Breaks a copy and expects that finding at that path, which the copy did not have before.
fn trips(id: &str, path: &str, break_it: impl FnOnce(&Copy)) {
    static BEFORE: LazyLock<BTreeSet<String>> = LazyLock::new(|| verify(&dist()));
    let copy = Copy::new();
    break_it(&copy);
    let after = verify(&copy.root);
    let start = format!("{id}: {path}");
    let new: Vec<_> = after.difference(&BEFORE).collect();
    assert!(new.iter().any(|line| line.starts_with(&start)), "wanted {start}, found {new:#?}");
}

/// Replaces the program with another one.
fn linked(arguments: &'static [&'static str]) -> impl FnOnce(&Copy) {
    move |copy| {
        fs::remove_file(copy.binary()).unwrap();
        compile(PROGRAM, &copy.binary(), arguments);
    }
}

#[test]
fn an_untouched_dist_verifies_in_words_and_in_json() {
    let output = pack(&[], &dist()).output().unwrap();
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
    assert!(stdout(&output).starts_with("verify: ok: "), "{}", stdout(&output));
    let report = report(&pack(&["--json"], &dist()).output().unwrap());
    assert!(report["files"].as_u64() > Some(500) && report["elf"].as_u64() > Some(10), "{report}");
    let metadata: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(dist().join("metadata.json")).unwrap()).unwrap();
    assert_eq!(report["glibc_floor"]["version"], metadata["platform"]["libc_floor"]);
}

#[test]
fn threads_that_the_environment_makes_too_large_are_not_needed() {
    let output = pack(&[], &dist()).env("RUST_MIN_STACK", "99999999999999999").output().unwrap();
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
}

#[test]
fn another_search_path_trips_verify() {
    let binary = format!("bin/{NAME}-bin");
    trips("runpath-not-rpath", &binary, linked(&["-Wl,--enable-new-dtags", SEARCH_PATH]));
    trips("absolute-rpath", &binary, linked(&["-Wl,--disable-new-dtags", "-Wl,-rpath,/opt/python/lib"]));
    trips("foreign-rpath", &binary, linked(&["-Wl,--disable-new-dtags", "-Wl,-rpath,$ORIGIN/../lib"]));
    trips("no-rpath", &binary, linked(&[]));
    trips("runpath-not-rpath", "python/runtime/lib/", |copy| {
        let module = copy.stdlib().join("lib-dynload/extra.so");
        fs::create_dir_all(module.parent().unwrap()).unwrap();
        compile("int x;", &module, &["-shared", "-Wl,--enable-new-dtags", "-Wl,-rpath,$ORIGIN/../.."]);
    });
}

#[test]
fn libraries_that_cannot_be_found_trip_verify() {
    let needing = |copy: &Copy, place: &str| {
        let library = copy.path(place);
        compile("int other(void) { return 0; }", &library, &["-shared", "-Wl,-soname,libother.so"]);
        fs::remove_file(copy.binary()).unwrap();
        let program = "int other(void); int main(void) { return other(); }";
        compile(program, &copy.binary(), &[library.to_str().unwrap(), "-Wl,--disable-new-dtags", SEARCH_PATH]);
        library
    };
    trips("foreign-needed", &format!("bin/{NAME}-bin: libother.so"), |copy| {
        fs::remove_file(needing(copy, "libother.so")).unwrap();
    });
    trips("unresolved-needed", &format!("bin/{NAME}-bin: libother.so"), |copy| drop(needing(copy, "libother.so")));
    trips("duplicate-soname", "python/runtime/lib/libpython3.", |copy| {
        let again = copy.path("python/runtime/lib/again.so");
        fs::copy(copy.libpython(), again).unwrap();
    });
}

#[test]
fn a_weak_program_trips_verify() {
    let binary = format!("bin/{NAME}-bin");
    trips("no-pie", &binary, linked(&["-no-pie"]));
    trips("no-bind-now", &binary, linked(&["-Wl,-z,lazy"]));
    trips("no-relro", &binary, linked(&["-Wl,-z,norelro"]));
    trips("executable-stack", &binary, linked(&["-Wl,-z,execstack"]));
    trips("textrel", &binary, |copy| {
        fs::remove_file(copy.binary()).unwrap();
        let code = "__asm__(\".text\\n.quad main\"); int main(void) { return 0; }";
        compile(code, &copy.binary(), &["-pie", "-Wl,-z,notext"]);
    });
}

#[test]
fn a_newer_glibc_than_wanted_trips_verify_by_file_and_symbol() {
    let output = pack(&["--json", "--max-glibc", "2.1"], &dist()).output().unwrap();
    let floor = &report(&output)["glibc_floor"];
    let wanted = format!(
        "glibc-floor: {}: {} needs glibc {}, wanted 2.1 at most",
        floor["file"].as_str().unwrap(),
        floor["symbol"].as_str().unwrap(),
        floor["version"].as_str().unwrap()
    );
    assert!(findings(&output).contains(&wanted), "{wanted}");
    let output = pack(&["--max-glibc", "9.99"], &dist()).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
}

#[test]
fn a_path_of_the_build_trips_verify_in_any_file() {
    let here = env!("CARGO_MANIFEST_DIR");
    trips("build-path", &format!("bin/{NAME}-bin: names {here} once"), |copy| {
        fs::remove_file(copy.binary()).unwrap();
        let code = format!("const char *path = \"{here}/src\"; {PROGRAM}");
        compile(&code, &copy.binary(), &["-Wl,--disable-new-dtags", SEARCH_PATH]);
    });
    trips("build-path", "bin/note: names", |copy| {
        fs::write(copy.path("bin/note"), format!("prefix={here}\n")).unwrap();
    });
}

#[test]
fn modes_links_and_names_trip_verify() {
    let mode = |mode| {
        move |copy: &Copy| {
            fs::write(copy.path("bin/extra"), "").unwrap();
            fs::set_permissions(copy.path("bin/extra"), fs::Permissions::from_mode(mode)).unwrap();
        }
    };
    trips("unsafe-mode", "bin/extra: 4755", mode(0o4755));
    trips("unsafe-mode", "bin/extra: 0666", mode(0o666));
    trips("unreadable", "bin/extra: 0600", mode(0o600));
    let link = |target: &'static str| move |copy: &Copy| symlink(target, copy.path("bin/link")).unwrap();
    trips("dangling-link", "bin/link: leads to nothing", link("nothing"));
    trips("absolute-link", "bin/link: leads to /", link("/"));
    trips("escaping-link", "bin/link: leads to ../..", link("../.."));
    trips("link-loop", "bin/link: leads to link", link("link"));
    trips("non-utf8-name", "bin/na\\xffme", |copy| {
        fs::write(copy.path("bin").join(OsStr::from_bytes(b"na\xffme")), "").unwrap();
    });
    trips("unreadable-file", "bin/fifo: a FIFO", |copy| {
        assert!(Command::new("mkfifo").arg(copy.path("bin/fifo")).status().unwrap().success());
    });
}

#[test]
fn damaged_programs_trip_verify() {
    let cut = |copy: &Copy| {
        let data = fs::read(copy.libpython()).unwrap();
        copy.replace(&copy.libpython(), &data[..data.len() / 2]);
    };
    trips("damaged-elf", "python/runtime/lib/libpython3.", cut);
    trips("missing-file", "python/runtime/lib/libpython3.", cut);
    let write = |data: &'static [u8]| move |copy: &Copy| fs::write(copy.path("bin/x"), data).unwrap();
    trips("damaged-macho", "bin/x", write(b"\xcf\xfa\xed\xfe\x0c\x00\x00\x01"));
    trips("damaged-pe", "bin/x", write(b"MZ\x90\x00"));
}

#[test]
fn what_the_contract_has_is_missed_by_verify() {
    trips("missing-file", &format!("{NAME}: "), |copy| fs::remove_file(copy.launcher()).unwrap());
    let binary = format!("bin/{NAME}-bin: ");
    trips("missing-file", &binary, |copy| fs::remove_file(copy.binary()).unwrap());
    trips("missing-file", &binary, |copy| copy.replace(&copy.binary(), b"#!/bin/sh\n"));
    trips("missing-file", "python/runtime/lib/libpython3.", |copy| fs::remove_file(copy.libpython()).unwrap());
    trips("missing-file", "python/runtime/lib/python3.", |copy| fs::remove_dir_all(copy.stdlib()).unwrap());
    trips("missing-file", "metadata.json", |copy| fs::remove_file(copy.path("metadata.json")).unwrap());
}

#[test]
fn metadata_that_is_wrong_trips_verify() {
    let change = |from: &'static str, to: &'static str| {
        move |copy: &Copy| {
            let path = copy.path("metadata.json");
            let text = fs::read_to_string(&path).unwrap();
            assert!(text.contains(from), "{text}");
            copy.replace(&path, text.replace(from, to).as_bytes());
        }
    };
    trips("bad-metadata", "metadata.json: ", |copy| copy.replace(&copy.path("metadata.json"), b"{"));
    trips("bad-metadata", "metadata.json: ", change("schema_version", "schema"));
    trips("metadata-disagrees", "metadata.json: binary is lib/", change("bin/", "lib/"));
    trips(
        "metadata-disagrees",
        "metadata.json: platform.libc_floor is 3",
        change("\"libc_floor\": \"2", "\"libc_floor\": \"3"),
    );
    trips("metadata-disagrees", "metadata.json: version is 99.0.0", change(env!("CARGO_PKG_VERSION"), "99.0.0"));
}

#[test]
fn what_differs_from_the_records_trips_verify() {
    let decoder = |copy: &Copy| copy.stdlib().join("json/__init__.py");
    trips("altered", "python/runtime/lib/python3.", |copy| copy.replace(&decoder(copy), b"import os\n"));
    trips("missing", "python/runtime/lib/python3.", |copy| fs::remove_file(decoder(copy)).unwrap());
    trips("missing", "SHA256SUMS", |copy| fs::remove_file(copy.path("SHA256SUMS")).unwrap());
    trips("extra", "python/added", |copy| fs::write(copy.path("python/added"), "").unwrap());
    trips("wrong-mode", "python/runtime/lib/python3.", |copy| {
        copy.replace(&decoder(copy), &fs::read(decoder(copy)).unwrap());
        fs::set_permissions(decoder(copy), fs::Permissions::from_mode(0o755)).unwrap();
    });
    trips("wrong-link", "python/runtime/bin/python3", |copy| {
        let link = copy.path("python/runtime/bin/python3");
        fs::remove_file(&link).unwrap();
        symlink("../bin/python3.13", link).unwrap();
    });
    let sbom = |change: fn(&str) -> String| {
        move |copy: &Copy| {
            let path = copy.path("sbom.cdx.json");
            copy.replace(&path, change(&fs::read_to_string(&path).unwrap()).as_bytes());
        }
    };
    trips("bad-sbom", "sbom.cdx.json", sbom(|text| text.replace("\"1.6\"", "\"1.7\"")));
    trips("sbom-disagrees", "python/runtime/lib/libnew.so: ", |copy| {
        fs::copy(copy.binary(), copy.path("python/runtime/lib/libnew.so")).map(drop).unwrap()
    });
    trips("missing-license", "licenses/", |copy| fs::remove_dir_all(copy.path("licenses")).unwrap());
}

/// Reading these would block, or would read what is not in the dist.
#[test]
fn records_that_are_no_files_are_not_opened() {
    for name in ["SHA256SUMS", "metadata.json", "sbom.cdx.json"] {
        trips("unreadable-file", &format!("{name}: it is not a file"), |copy| {
            fs::remove_file(copy.path(name)).unwrap();
            assert!(Command::new("mkfifo").arg(copy.path(name)).status().unwrap().success());
        });
        trips("unreadable-file", &format!("{name}: it is not a file"), |copy| {
            fs::remove_file(copy.path(name)).unwrap();
            symlink("/dev/zero", copy.path(name)).unwrap();
        });
    }
}

#[test]
fn another_policy_is_obeyed_and_a_wrong_one_is_misuse() {
    let folder = scratch();
    let policy = folder.path().join("policy.toml");
    let own = fs::read_to_string(checkout().join("crates/cargo-pyo3-bundle/src/verify/policy.toml")).unwrap();
    let run = |text: &str| {
        fs::write(&policy, text).unwrap();
        pack(&["--json", "--policy", policy.to_str().unwrap()], &dist()).output().unwrap()
    };
    let floor = "\n[elf.floor]\nversion = \"2.1\"\nreason = \"a test\"\n";
    let below = findings(&pack(&["--json", "--max-glibc", "2.1"], &dist()).output().unwrap());
    assert!(below.len() > 10 && below.iter().all(|line| line.starts_with("glibc-floor: ")), "{below:#?}");
    assert_eq!(findings(&run(&format!("{own}{floor}"))), below);
    let allowed = "\n[[allow]]\nid = \"glibc-floor\"\nfiles = [\"**\"]\nreason = \"a test\"\n";
    assert_eq!(findings(&run(&format!("{own}{floor}{allowed}"))), BTreeSet::new());
    let output = run("[modes]\nforbidden = \"6022\"\n");
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.starts_with("error: ") && text.contains("policy.toml"), "{text}");
}

#[test]
fn what_is_no_dist_is_misuse() {
    for place in
        [checkout().join("no/such/place"), checkout().join("Cargo.toml"), "/etc".into(), scratch().path().into()]
    {
        let output = pack(&[], &place).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains("hint: ") && stdout(&output).is_empty(), "{}", stderr(&output));
    }
}

#[test]
fn each_finding_is_in_the_documentation_with_its_meaning_and_no_other() {
    let text = fs::read_to_string(checkout().join("docs/policy.md")).unwrap();
    let (_, findings) = text.split_once("## Findings").expect("docs/policy.md has a chapter `Findings`");
    // A link to the reasons may follow the meaning.
    let row = |line: &str| {
        let (id, rest) = line.strip_prefix("| `")?.split_once("` | ")?;
        let meaning = rest.split(" | ").next()?;
        Some((id.to_owned(), meaning.split(" ([").next()?.to_owned()))
    };
    let documented: BTreeMap<String, String> = findings.lines().filter_map(row).collect();
    let judged = |id: &&Id| matches!(id.reporter(), Reporter::Policy | Reporter::Records | Reporter::Sbom);
    let known: BTreeMap<String, String> =
        Id::ALL.iter().filter(judged).map(|id| (id.as_str().to_owned(), id.meaning().to_owned())).collect();
    assert!(known.len() > 30 && known.contains_key("altered") && known.contains_key("bad-sbom"), "{known:?}");
    for id in documented.keys().chain(known.keys()) {
        let (said, meant) = (documented.get(id), known.get(id));
        assert_eq!(said, meant, "`{id}`: docs/policy.md and crates/pyo3-bundle-layout/src/finding.rs differ");
    }
}

fn sources(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            found.extend(sources(&entry));
        } else if entry.extension().is_some_and(|end| end == "rs") {
            found.push((entry.display().to_string(), fs::read_to_string(&entry).unwrap()));
        }
    }
    assert!(!found.is_empty(), "{}", folder.display());
    found
}

#[test]
fn judging_never_touches_the_disk_and_inspecting_never_runs_a_binary() {
    let having = |folder: &str, words: &[&str]| {
        let mut sources = sources(&checkout().join(folder));
        sources.retain(|(_, text)| words.iter().any(|word| text.contains(word)));
        sources.into_iter().map(|(path, _)| path).collect::<Vec<_>>()
    };
    let disk = ["fs::", "File::", "canonicalize", "metadata()", "env::"];
    let found = having("crates/cargo-pyo3-bundle/src/verify/judge", &disk);
    assert!(found.is_empty(), "facts are gathered in walk.rs and scan.rs, judged in judge/: {found:?}");
    let mut found = having("crates/cargo-pyo3-bundle/src/verify", &["process::Command", "Command::new"]);
    found.extend(having("crates/cargo-pyo3-bundle/src/object", &["process::Command", "Command::new"]));
    found.retain(|path| !path.ends_with("/hostile.rs")); // a test, which makes a FIFO
    assert!(found.is_empty(), "a dist is read, never run: {found:?}");
}
