//! `cargo pyo3-bundle build`: how it calls cargo, and what it says of a program that is not linked as it should be.

use crate::support::App;
use std::process::Command;

/// Stands in for a cargo that builds nothing: notes how it is called, and reports what is in `built` as its result.
const CARGO: &str = r#"if [ "$1" = metadata ]; then exec "$REAL_CARGO" "$@"; fi
echo "$*" >>called
echo "PYO3_PYTHON=$PYO3_PYTHON LD_LIBRARY_PATH=$LD_LIBRARY_PATH PYTHONHOME=${PYTHONHOME-none} FLAGS=${CARGO_ENCODED_RUSTFLAGS-none}" >environment
[ ! -f fails ] || { echo 'error[E0308]: mismatched types' >&2; exit 101; }
for name in $(cat built); do
  printf '{"reason":"compiler-artifact","package_id":"path+file:///x#app@1.2.3","manifest_path":"/x/Cargo.toml","target":{"kind":["bin"],"crate_types":["bin"],"name":"%s","src_path":"/x/main.rs","edition":"2024","doc":true,"doctest":false,"test":true},"profile":{"opt_level":"3","debuginfo":0,"debug_assertions":false,"overflow_checks":false,"test":false},"features":[],"filenames":[],"executable":"%s/%s","fresh":false}\n' "$name" "$PWD" "$name"
done"#;

const LOCK: &str = "version = 4\n[[package]]\nname = \"app\"\nversion = \"1.2.3\"\n\n";

/// An application whose Python is installed, and whose program is built for libpython of that series.
fn app() -> App {
    let app = App::new();
    app.stand_in("cargo", CARGO);
    app.stand_in(".local/python/bin/python3", "echo 3.13.5");
    let record = r#"{"provider": "uv", "version": "3.13.5", "pinned_version": "3.13.5", "patches": []}"#;
    app.write(".local/python/provenance.json", record);
    app.write("Cargo.lock", &format!("{LOCK}[[package]]\nname = \"pyo3-ffi\"\nversion = \"0.30.1\"\n"));
    app.write("built", "app");
    link(&app, "app", &["libpython3.13.so.1.0"], "");
    app
}

/// Links a program that needs these libraries, and has this text in it.
fn link(app: &App, name: &str, libraries: &[&str], text: &str) {
    let cc = |arguments: &[&str]| {
        let output = Command::new("cc").args(arguments).current_dir(app.path()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    app.write("library.c", "int x;");
    app.write("program.c", &format!("const char *text = \"{text}\"; int main(void) {{ return 0; }}"));
    for library in libraries {
        cc(&["-shared", "-o", library, &format!("-Wl,-soname,{library}"), "library.c"]);
    }
    let mut arguments = vec!["-o", name, "program.c", "-Wl,--no-as-needed"];
    arguments.extend(libraries);
    cc(&arguments);
}

fn build(app: &App, variables: &[(&str, &str)]) -> crate::support::Said {
    let mut command = app.command(&["build", "--json"]);
    command.env("CARGO", app.at("on-path/cargo")).envs(variables.iter().copied());
    crate::support::Said::of(&command.output().unwrap())
}

#[test]
fn cargo_gets_the_managed_python_and_flags_without_paths_of_this_machine() {
    let app = app();
    let out = build(&app, &[("PYTHONHOME", "/x"), ("LD_LIBRARY_PATH", "/mine")]).fine();
    assert!(out.contains("\"name\": \"app\"") && out.contains("/app\""), "{out}");
    let called = app.read("called");
    let (root, python) = (app.path(), app.at(".local/python"));
    let wanted = format!(
        "build --release --package app --message-format json-render-diagnostics --locked --quiet --bin app --config {}\n",
        app.at(".local/cargo.toml").display()
    );
    assert_eq!(called, wanted);
    let environment = format!(
        "PYO3_PYTHON={0}/bin/python3 LD_LIBRARY_PATH={0}/runtime/lib:/mine PYTHONHOME=none FLAGS=none\n",
        python.display()
    );
    assert_eq!(app.read("environment"), environment);
    assert!(app.read(".local/cargo.toml").contains(&format!("--remap-path-prefix={}=/src", root.display())));
    // Where cargo reads the file in any case, it is not named again: the same flags twice would be other flags.
    app.write(".cargo/config.toml", "include = [\"../.local/cargo.toml\"]\n");
    build(&app, &[("LD_LIBRARY_PATH", "")]).fine();
    let environment = app.read("environment");
    let last = environment.lines().next_back().unwrap();
    assert!(last.contains("/runtime/lib PYTHONHOME="), "an empty name is the current folder: {last}");
    assert!(!app.read("called").lines().next_back().unwrap().contains("--config"), "{}", app.read("called"));
    // Flags of the environment replace those of the file.
    build(&app, &[("RUSTFLAGS", "-C  target-cpu=native")]).fine();
    let environment = app.read("environment");
    assert!(environment.contains("FLAGS=-C\u{1f}target-cpu=native\u{1f}--remap-path-prefix="), "{environment}");
}

/// With cargo itself: what it does with flags of several places is its own matter.
#[test]
fn flags_of_the_users_own_configuration_reach_the_compiler() {
    let app = app();
    std::fs::remove_file(app.at("Cargo.lock")).unwrap();
    // Cargo itself does not use the flags of `build` beside those of a target.
    let asks = "#[cfg(any(not(theirs), of_build))]\ncompile_error!(\"these are not their flags\");\nfn main() {}\n";
    app.write("src/main.rs", asks);
    let built = |config: &str, variables: &[(&str, &str)]| {
        app.write(".cargo/config.toml", config);
        let output = app.command(&["build"]).envs(variables.iter().copied()).output().unwrap();
        crate::support::Said::of(&output).error
    };
    let flags = "rustflags = [\"--cfg\", \"theirs\"]\n";
    // Only what is wrong with the result is said: it has no Python.
    let fine = |text: String| assert!(text.contains("does not use a shared libpython"), "{text}");
    assert!(built("[build]\n", &[]).contains("these are not their flags"));
    fine(built(&format!("[build]\n{flags}"), &[]));
    fine(built(&format!("[target.'cfg(unix)']\n{flags}"), &[]));
    fine(built(&format!("[target.'cfg(unix)']\n{flags}[build]\nrustflags = [\"--cfg\", \"of_build\"]\n"), &[]));
    fine(built("[build]\n", &[("CARGO_BUILD_RUSTFLAGS", "--cfg theirs")]));
    fine(built("[build]\n", &[("RUSTFLAGS", "--cfg theirs")]));
}

#[test]
fn the_keys_decide_about_binaries_and_features() {
    let app = app();
    let keys = "[features]\none = []\n[package.metadata.pyo3-bundle]\nbins = [\"app\"]\nfeatures = [\"one\"]\n";
    app.write("Cargo.toml", &(app.read("Cargo.toml") + keys));
    app.write("src/bin/other.rs", "fn main() {}\n");
    std::fs::remove_file(app.at("Cargo.lock")).unwrap();
    build(&app, &[]).fine();
    let called = app.read("called");
    assert!(called.contains("--bin app --features one") && !called.contains("other"), "{called}");
    assert!(!called.contains("--locked"), "{called}");
    // Cargo also reports binaries that nobody asked for, of a dependency for example.
    app.write("built", "other app");
    let out = build(&app, &[]).fine();
    assert!(out.contains("\"app\"") && !out.contains("other"), "{out}");
    app.write("built", "other");
    let text = build(&app, &[]).refused(1);
    assert!(text.contains("the binary `app` was not built"), "{text}");
}

#[test]
fn a_failed_build_is_said_once_with_a_command_that_shows_it() {
    let app = app();
    app.write("fails", "");
    let text = build(&app, &[]).refused(1);
    assert!(text.starts_with("error[E0308]: mismatched types\nerror: `cargo build --release` failed for"), "{text}");
    let hint = text.split_once("\nhint: ").unwrap().1;
    assert!(hint.starts_with("PYO3_PYTHON='") && hint.contains(" cargo build --release --manifest-path '"), "{hint}");
}

#[test]
fn a_program_that_takes_no_shared_libpython_is_refused_and_says_why() {
    let app = app();
    let refused = |libraries: &[&str], text: &str| {
        link(&app, "app", libraries, text);
        build(&app, &[]).refused(1)
    };
    let text = refused(&["libpython3.11.so.1.0"], "");
    assert!(text.contains("another Python") && text.contains("found libpython3.11.so.1.0"), "{text}");
    let text = refused(&[], "Fatal Python error: ");
    assert!(text.contains("/app` contains libpython") && text.contains("libc.so.6"), "{text}");
    let text = refused(&[], "");
    assert!(text.contains("does not use a shared libpython") && text.contains("pyo3-ffi 0.30.1"), "{text}");
    app.write("Cargo.lock", LOCK);
    let text = refused(&[], "");
    assert!(text.contains("does not use PyO3") && text.contains("\nhint: cargo add pyo3"), "{text}");
}

#[test]
fn what_cannot_become_a_dist_is_refused_before_anything_is_built() {
    let app = app();
    let refused = |variables: &[(&str, &str)]| {
        let text = build(&app, variables).refused(2);
        assert!(!app.exists("called"), "{text}");
        text
    };
    let text = refused(&[("CARGO_BUILD_TARGET", "x86_64-unknown-linux-musl")]);
    assert!(text.contains("would be built for `x86_64-unknown-linux-musl`"), "{text}");
    assert!(text.ends_with("hint: CARGO_BUILD_TARGET=x86_64-unknown-linux-gnu cargo pyo3-bundle build\n"), "{text}");
    app.write("Cargo.lock", &format!("{LOCK}[[package]]\nname = \"pyo3-ffi\"\nversion = \"0.22.1\"\n"));
    assert!(refused(&[]).contains("wanted 0.23 or newer"));
    app.write(".python-version", "3.12.1\n");
    let text = refused(&[]);
    assert!(text.contains("wanted CPython 3.12.1") && text.contains("found 3.13.5"), "{text}");
    assert!(text.ends_with("hint: cargo pyo3-bundle python\n"), "{text}");
    std::fs::remove_file(app.at(".local/python/provenance.json")).unwrap();
    assert!(refused(&[]).contains("found nothing\nhint: cargo pyo3-bundle python"));
    std::fs::remove_file(app.at(".python-version")).unwrap();
    assert!(refused(&[]).contains("is not pinned"));
    std::fs::rename(app.at("src/main.rs"), app.at("src/lib.rs")).unwrap();
    let text = refused(&[]);
    assert!(text.contains("the package `app` has no binary\n  wanted `src/main.rs`"), "{text}");
    app.write("Cargo.toml", &(app.read("Cargo.toml") + "[lib]\ncrate-type = [\"cdylib\"]\n"));
    let text = refused(&[]);
    assert!(text.contains("found a `cdylib`: an extension module"), "{text}");
}

#[test]
fn a_hint_can_be_pasted_where_the_command_was_typed() {
    let app = app();
    std::fs::remove_file(app.at(".local/python/provenance.json")).unwrap();
    std::fs::create_dir(app.at("else where")).unwrap();
    let mut command =
        app.command(&["build", "--manifest-path", "../Cargo.toml", "-p", "app", "--config", "features=['x y']"]);
    let text = crate::support::Said::of(&command.current_dir(app.at("else where")).output().unwrap()).refused(2);
    let hint =
        "cargo pyo3-bundle --manifest-path ../Cargo.toml --package app --config 'features=['\\''x y'\\'']' python";
    assert!(text.ends_with(&format!("hint: {hint}\n")), "{text}");
}

#[test]
fn what_needs_no_application_works_in_any_folder() {
    let app = app();
    std::fs::remove_file(app.at("Cargo.toml")).unwrap();
    app.write("one.zip", "PK\x03\x04");
    app.write("other.zip", "PK\x03\x04");
    assert_eq!(app.run(&["compare", "one.zip", "other.zip"]).fine(), "");
    app.write("dist/metadata.json", r#"{"schema_version": 1, "launcher": "app"}"#);
    assert_eq!(app.run(&["summary", "dist"]).fine(), "dist/     0.0 MB\nstart it: dist/app\n");
}

#[test]
fn a_folder_without_a_manifest_says_so() {
    let app = app();
    std::fs::remove_file(app.at("Cargo.toml")).unwrap();
    let text = app.run(&["build"]).refused(2);
    assert!(text.contains("cargo finds no package") && text.contains("Cargo.toml"), "{text}");
}
