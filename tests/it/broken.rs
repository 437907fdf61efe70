//! Sees every rule of verify-dist.sh and of `--smoke-python` fail once, on a dist broken on purpose.

use crate::support::{Copy, bare, compile, script, stderr, stdout};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

const SEARCH_PATH: &str = "-Wl,-rpath,$ORIGIN/../python/runtime/lib";
const PROGRAM: &str = "int main(void) { return 0; }";

fn verify(dist: &Path) -> (bool, String) {
    let output = script("scripts/dist/verify-dist.sh").arg(dist).output().unwrap();
    (output.status.success(), stderr(&output))
}

/// Breaks a copy and expects that finding, and that the script fails by it.
fn trips(id: &str, break_it: impl FnOnce(&Copy)) {
    let copy = Copy::new();
    break_it(&copy);
    let (ok, text) = verify(&copy.root);
    assert!(!ok && text.lines().any(|line| line.starts_with(&format!("{id}: "))), "wanted {id}, found: {text}");
}

/// Replaces the program with another one.
fn linked(arguments: &'static [&'static str]) -> impl FnOnce(&Copy) {
    move |copy| {
        fs::remove_file(copy.binary()).unwrap();
        compile(PROGRAM, &copy.binary(), arguments);
    }
}

#[test]
fn an_untouched_copy_has_no_finding() {
    let copy = Copy::new();
    assert_eq!(verify(&copy.root), (true, String::new()));
}

#[test]
fn another_search_path_is_found() {
    trips("runpath-not-rpath", linked(&["-Wl,--enable-new-dtags", SEARCH_PATH]));
    trips("absolute-rpath", linked(&["-Wl,--disable-new-dtags", "-Wl,-rpath,/opt/python/lib"]));
    trips("foreign-rpath", linked(&["-Wl,--disable-new-dtags", "-Wl,-rpath,$ORIGIN/../lib"]));
    trips("foreign-rpath", linked(&["-Wl,--disable-new-dtags", "-Wl,-rpath,lib"]));
    trips("no-rpath", linked(&[]));
}

#[test]
fn a_search_path_of_an_extension_module_counts_too() {
    trips("runpath-not-rpath", |copy| {
        let module = copy.stdlib().join("lib-dynload/extra.so");
        compile("int x;", &module, &["-shared", "-Wl,--enable-new-dtags", "-Wl,-rpath,$ORIGIN/../.."]);
    });
}

#[test]
fn a_foreign_library_is_found() {
    trips("foreign-needed", |copy| {
        let library = copy.path("libforeign.so");
        compile("int foreign(void) { return 0; }", &library, &["-shared", "-Wl,-soname,libforeign.so"]);
        fs::remove_file(copy.binary()).unwrap();
        let program = "int foreign(void); int main(void) { return foreign(); }";
        compile(program, &copy.binary(), &[library.to_str().unwrap(), "-Wl,--disable-new-dtags", SEARCH_PATH]);
        fs::remove_file(library).unwrap();
    });
}

#[test]
fn what_the_contract_has_is_missed() {
    trips("missing-libpython", |copy| fs::remove_file(copy.libpython()).unwrap());
    trips("not-found", |copy| fs::remove_file(copy.libpython()).unwrap());
    trips("missing-stdlib", |copy| fs::remove_dir_all(copy.stdlib()).unwrap());
    trips("missing-file", |copy| fs::remove_file(copy.path("metadata.json")).unwrap());
    trips("missing-file", |copy| fs::remove_file(copy.launcher()).unwrap());
}

#[test]
fn a_weak_program_is_found() {
    trips("no-pie", linked(&["-no-pie"]));
    trips("no-bind-now", linked(&["-Wl,-z,lazy"]));
    trips("no-relro", linked(&["-Wl,-z,norelro"]));
    trips("executable-stack", linked(&["-Wl,-z,execstack"]));
    trips("not-elf", |copy| copy.replace(&copy.binary(), b"#!/bin/sh\n"));
}

#[test]
fn a_text_relocation_is_found() {
    trips("textrel", |copy| {
        fs::remove_file(copy.binary()).unwrap();
        let code = "__asm__(\".text\\n.quad main\"); int main(void) { return 0; }";
        compile(code, &copy.binary(), &["-pie", "-Wl,-z,notext"]);
    });
}

#[test]
fn a_path_of_the_build_is_found() {
    trips("build-path", |copy| {
        fs::remove_file(copy.binary()).unwrap();
        let code = format!("const char *path = \"{}/src\"; {PROGRAM}", env!("CARGO_MANIFEST_DIR"));
        compile(&code, &copy.binary(), &["-Wl,--disable-new-dtags", SEARCH_PATH]);
    });
}

#[test]
fn unsafe_modes_are_found() {
    let with_mode = |mode| {
        move |copy: &Copy| {
            let file = copy.path("python/runtime/extra");
            fs::write(&file, "").unwrap();
            fs::set_permissions(file, fs::Permissions::from_mode(mode)).unwrap();
        }
    };
    trips("unsafe-mode", with_mode(0o4755));
    trips("unsafe-mode", with_mode(0o666));
    trips("unreadable", with_mode(0o600));
}

#[test]
fn links_that_lead_nowhere_or_out_are_found() {
    trips("dangling-link", |copy| symlink("nothing", copy.path("bin/link")).unwrap());
    trips("absolute-link", |copy| symlink(copy.binary(), copy.path("bin/link")).unwrap());
    trips("escaping-link", |copy| symlink("../..", copy.path("bin/link")).unwrap());
}

#[test]
fn smoke_names_a_module_that_cannot_be_imported() {
    let copy = Copy::new();
    let modules = copy.stdlib().join("lib-dynload");
    let zlib = fs::read_dir(&modules).unwrap().map(|entry| entry.unwrap().path());
    let zlib = zlib.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("zlib.")).last().unwrap();
    copy.replace(&zlib, b"no ELF file");
    let output = bare(copy.launcher()).arg("--smoke-python").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = stderr(&output);
    assert!(text.contains("import-failed: zlib: "), "{text}");
    assert!(text.contains("exercise-failed: compression: "), "every finding is shown: {text}");

    let output = bare(copy.launcher()).args(["--smoke-python", "--json"]).output().unwrap();
    let report: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(report["ok"], false);
    assert_eq!(report["findings"][0]["id"], "import-failed");
}

#[test]
fn smoke_names_a_mapped_object_of_the_machine() {
    let copy = Copy::new();
    let folder = crate::support::scratch();
    let stray = folder.path().join("libstray.so");
    compile("int stray;", &stray, &["-shared"]);
    // No search path closes this way in: the loader takes the files that LD_PRELOAD names, separated by spaces.
    let plain = tempfile::Builder::new().prefix("stray").tempdir().unwrap();
    let preloaded = plain.path().join("libstray.so");
    fs::copy(&stray, &preloaded).unwrap();
    let output = bare(copy.launcher()).arg("--smoke-python").env("LD_PRELOAD", &preloaded).output().unwrap();
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains(&format!("foreign-object: {}: ", preloaded.display())), "{text}");
}

#[test]
fn smoke_finds_that_a_child_is_another_python() {
    let copy = Copy::new();
    let interpreter = copy.path("python/runtime/bin/python3").canonicalize().unwrap();
    copy.replace(&interpreter, b"#!/bin/sh\necho not python\n");
    let output = bare(copy.launcher()).arg("--smoke-python").output().unwrap();
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("child-failed: ") && text.contains("worker-failed: "), "{text}");
}

#[test]
fn smoke_passes_on_a_whole_copy_and_reports_all_of_it() {
    let copy = Copy::new();
    let output = bare(copy.launcher()).args(["--smoke-python", "--json"]).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let report: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(report["ok"], true);
    assert_eq!(report["prefix"], copy.path("python/runtime").canonicalize().unwrap().to_str().unwrap());
    for module in
        ["ssl", "sqlite3", "ctypes", "zlib", "bz2", "lzma", "hashlib", "decimal", "zoneinfo", "multiprocessing"]
    {
        assert!(report["imports"].as_object().unwrap().contains_key(module), "{module}");
    }
    assert!(report["imports"].as_object().unwrap().contains_key("_ssl"), "extension modules are found by looking");
    let mapped = report["mapped"].as_array().unwrap();
    assert!(mapped.iter().any(|object| object.as_str().unwrap().contains("libpython3")), "{mapped:?}");
}
