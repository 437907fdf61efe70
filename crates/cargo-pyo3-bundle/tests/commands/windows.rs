//! PE files that a linker has made, each with one thing wrong: `verify` names it, wherever it runs.

use crate::support::App;
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const RUNTIME: &str = "dist/python/runtime";

/// `tests/data/windows/make.sh` has the command that made each file.
fn file(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/windows").join(name)).unwrap()
}

/// A dist with all that the judging of its PE files asks for; it has no records.
fn dist() -> App {
    let app = App::new();
    app.write("dist/metadata.json", "{}");
    app.write("dist/app.cmd", "@echo off\r\n");
    app.write(&format!("{RUNTIME}/Lib/encodings/__init__.py"), "");
    put(&app, "dist/bin/app-bin.exe", &file("program.exe"));
    put(&app, &format!("{RUNTIME}/python.exe"), &file("program.exe"));
    for folder in ["dist/bin", RUNTIME] {
        for name in ["python3.dll", "python313.dll"] {
            put(&app, &format!("{folder}/{name}"), &file(name));
        }
        put(&app, &format!("{folder}/vcruntime140.dll"), &file("python313.dll"));
    }
    app
}

fn put(app: &App, relative: &str, data: &[u8]) {
    app.write(relative, "");
    fs::write(app.at(relative), data).unwrap();
    fs::set_permissions(app.at(relative), fs::Permissions::from_mode(0o644)).unwrap();
}

/// The findings about files of the dist, as `path: id: what was found`, without those about its missing records.
fn findings(app: &App, more: &[&str]) -> Vec<String> {
    let report: Value = serde_json::from_str(&app.run(&[&["verify", "dist", "--json"], more].concat()).out).unwrap();
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap().to_owned();
    let all = report["findings"].as_array().unwrap().iter();
    let of_files = all.filter(|it| {
        it["id"] != "extra"
            && !["metadata.json", "SHA256SUMS", "sbom.cdx.json", "."].contains(&it["path"].as_str().unwrap())
    });
    of_files.map(|it| format!("{}: {}: {}", text(it, "path"), text(it, "id"), text(it, "why"))).collect()
}

#[test]
fn files_of_a_linker_without_a_fault_have_no_finding() {
    let app = dist();
    assert_eq!(findings(&app, &[]), Vec::<String>::new());
    put(&app, "dist/bin/app-bin.exe", &file("guarded.exe"));
    assert_eq!(findings(&app, &[]), Vec::<String>::new());
}

#[test]
fn what_a_linker_was_told_wrong_is_named() {
    let app = dist();
    for (name, wanted) in [
        ("nowhere.exe", "foreign-needed: strange.dll is neither in the dist nor in the system"),
        ("delayed.exe", "foreign-needed: strange.dll is neither in the dist nor in the system"),
        ("absolute.exe", r"foreign-needed: C:\\Python313\\python313.dll is a path, and Windows looks nowhere else"),
        ("database.exe", r"build-path: its debug information was at D:\build\program.pdb"),
        ("fixed.exe", "no-pie: it has no DYNAMICBASE, so its address is fixed"),
        ("executable-stack.exe", "executable-stack: it has no NXCOMPAT, so its stack and heap are executable"),
        ("narrow.dll", "wrong-machine: it is for 32-bit x86, but bin/app-bin.exe for x86_64"),
    ] {
        let path = format!("bin/{name}");
        put(&app, &format!("dist/{path}"), &file(name));
        assert_eq!(findings(&app, &[]), [format!("{path}: {wanted}")]);
        fs::remove_file(app.at(&format!("dist/{path}"))).unwrap();
    }
}

/// A program finds neither a library in PATH nor one in the folder of the Python: it would end before `main`.
#[test]
fn a_dist_whose_program_does_not_find_its_python_is_refused() {
    let app = dist();
    fs::remove_file(app.at("dist/bin/python313.dll")).unwrap();
    let found = findings(&app, &[]).join("\n");
    let wanted = "bin/app-bin.exe: unresolved-needed: python313.dll is at python/runtime/python313.dll, where Windows does \
        not look for it";
    assert!(found.contains(wanted), "{found}");
    assert!(found.contains("bin/python3.dll: unresolved-needed: python313.dll is at"), "a forward: {found}");
    assert!(found.contains("bin/python3[0-9]*.dll: missing-file: it is not there"), "{found}");
}

/// What a library finds beside the program that loads it, another program does not.
#[test]
fn a_program_of_another_folder_does_not_find_the_python() {
    let app = dist();
    let folder = "python/runtime/Lib/site-packages/pack";
    put(&app, &format!("dist/{folder}/program.exe"), &file("program.exe"));
    put(&app, &format!("dist/{folder}/core.pyd"), &file("python3.dll"));
    let wanted = format!(
        "{folder}/program.exe: unresolved-needed: python313.dll is at bin/python313.dll, python/runtime/python313.dll, \
            where Windows does not look for it"
    );
    assert_eq!(findings(&app, &[]), [wanted]);
}

#[test]
fn a_policy_can_ask_for_control_flow_guard() {
    let app = dist();
    let policy = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/verify/policy.toml")).unwrap();
    let more = "\n[[pe.hardening]]\nfiles = [\"bin/*.exe\"]\nrefuse = [\"no-cfg\"]\nreason = \"a test\"\n";
    app.write("policy.toml", &(policy + more));
    let guarded = ["--policy", "policy.toml"];
    assert_eq!(
        findings(&app, &guarded),
        ["bin/app-bin.exe: no-cfg: it has no GUARD_CF, so its indirect calls are not checked"]
    );
    put(&app, "dist/bin/app-bin.exe", &file("guarded.exe"));
    assert_eq!(findings(&app, &guarded), Vec::<String>::new());
}

#[test]
fn a_file_that_is_cut_off_is_damaged() {
    let app = dist();
    let whole = file("python313.dll");
    for length in [100, 200, 400, 1024] {
        put(&app, "dist/bin/cut.dll", &whole[..length]);
        let found = findings(&app, &[]);
        assert!(matches!(&found[..], [only] if only.starts_with("bin/cut.dll: damaged-pe: ")), "{length}: {found:?}");
    }
}

/// Runs `stage` with a program of this folder, and a Python that has its library and nothing else.
fn stage(app: &App, arguments: &[&str]) -> (String, Option<i32>) {
    put(app, "none/python313.dll", &file("python313.dll"));
    app.write("none/lib/libpython3.13.so.1.0", "");
    fs::copy(std::env::current_exe().unwrap(), app.at("none/lib/libpython3.13.so.1.0")).unwrap();
    put(app, "program.exe", &file("program.exe"));
    app.write("provenance.json", r#"{"provider":"uv","version":"3.13.1","pinned_version":"3.13.1","patches":[]}"#);
    let common = ["stage", "--binary", "program.exe", "--python", "none", "--provenance", "provenance.json"];
    let run = app.run(&[&common[..], arguments].concat());
    (run.error, run.status)
}

#[test]
fn a_program_for_another_system_than_the_target_is_refused() {
    let app = App::new();
    let machine = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let (text, status) = stage(&app, &["--target", &machine]);
    let wanted = format!("program.exe` is a program for x86_64-pc-windows-msvc\n  wanted one for {machine}");
    assert!(text.contains(&wanted), "{text}");
    assert!(text.contains(&format!("hint: cargo build --release --target {machine}\n")), "{text}");
    assert_eq!(status, Some(2));
    // The toolchain cannot be told by the file.
    let (text, _) = stage(&app, &["--target", "x86_64-pc-windows-gnu"]);
    assert!(!text.contains("is a program for") && text.contains("the dist has no bytecode"), "{text}");
}

#[test]
fn what_would_run_the_python_is_refused_for_another_system() {
    let (text, status) = stage(&App::new(), &["--profile", "minimal"]);
    assert!(text.contains("a minimal dist cannot be made for x86_64-pc-windows-msvc on this machine\n"), "{text}");
    assert_eq!(status, Some(2));
    let app = App::new();
    app.write("lock.txt", "");
    let (text, _) = stage(&app, &["--requirements", "lock.txt"]);
    assert!(
        text.contains("Python packages cannot be installed for x86_64-pc-windows-msvc on this machine\n"),
        "{text}"
    );
}

/// The files of a folder below the dist, with `/` between their parts.
fn files(app: &App, folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    for name in app.names(folder) {
        let place = format!("{folder}/{name}");
        if app.at(&place).is_dir() { found.extend(files(app, &place)) } else { found.push(place) }
    }
    found
}

/// The rules of `slim.toml` also name the places of Windows, and none of them takes the Python to run.
#[test]
fn a_slim_dist_for_windows_is_staged_on_any_machine() {
    let app = App::new();
    let python = ["python313.dll", "python3.dll"].map(|name| (name, file(name)));
    let more = [("vcruntime140.dll", file("python313.dll")), ("python.exe", file("program.exe"))];
    python.into_iter().chain(more).for_each(|(name, data)| put(&app, &format!("given/{name}"), &data));
    let stays = ["Lib/encodings/__init__.py", "Lib/tkinter/__init__.py", "DLLs/_tkinter.pyd", "tcl/tcl8.6/init.tcl"];
    let goes = ["Lib/test/a.py", "Lib/idlelib/a.py", "Lib/turtledemo/a.py", "DLLs/_testcapi.pyd", "DLLs/xxlimited.pyd"];
    let goes = goes.into_iter().chain(["libs/python313.lib", "include/Python.h", "tcl/tk86t.lib", "tcl/nmake/a.mak"]);
    stays.into_iter().chain(goes.clone()).for_each(|name| app.write(&format!("given/{name}"), ""));
    app.write("given/Scripts/pip.exe", "");
    put(&app, "program.exe", &file("program.exe"));
    app.write("provenance.json", r#"{"provider":"archive","version":"3.13.1","pinned_version":"3.13.1","patches":[]}"#);
    app.write("Cargo.lock", "version = 4\n\n[[package]]\nname = \"app\"\nversion = \"1.2.3\"\n");
    let common = ["stage", "--binary", "program.exe", "--python", "given", "--provenance", "provenance.json"];
    let staged = |profile: &str| {
        let run = app.run(&[&common[..], &["--target", "x86_64-pc-windows-gnu", "--profile", profile]].concat());
        assert_eq!(run.status, Some(0), "{}", run.error);
        let mut places = files(&app, RUNTIME);
        places.retain(|place| !place.contains("/Lib/site-packages/"));
        (places, run.out)
    };
    let (full, _) = staged("full");
    // Its programs name the interpreter by a path of the machine that installed them.
    assert!(!full.iter().any(|place| place.contains("/Scripts/")), "{full:?}");
    let (slim, report) = staged("slim");
    let gone: Vec<_> = full.iter().filter(|place| !slim.contains(place)).cloned().collect();
    let mut wanted: Vec<_> = goes.map(|name| format!("{RUNTIME}/{name}")).collect();
    wanted.sort();
    assert_eq!(gone, wanted, "{report}");
    assert!(stays.iter().all(|name| slim.contains(&format!("{RUNTIME}/{name}"))), "{slim:?}");
    app.run(&["verify", "dist"]).fine();
}
