//! The applications of single packages, and what is expected of each. `sources` has their files.

use crate::place::{Place, done};
use crate::sources::{self, Files};

pub const MOST_LINES: usize = 9;

/// From nothing to a moved dist, to the tests and to `cargo run`, for one version of PyO3.
fn the_whole_way(place: &Place, pyo3: &str, attach: &str) {
    let application = place.application(&sources::plain(pyo3, attach));
    let lines = application.init();
    assert!(lines <= MOST_LINES, "{lines} lines");
    let dist = application.moved_dist();
    let runtime = dist.root.join("python/runtime");
    assert_eq!(dist.run("app", &[]), format!("3. {0} {0}/bin/python3\n", runtime.display()));
    let smoked = dist.run("app", &[("PYO3_BUNDLE_SMOKE", "1")]);
    assert!(smoked.contains("ok"), "{smoked}");
    let tested = done(application.cargo(&["test", "--release"]));
    assert_eq!(tested.matches("1 passed").count(), 2, "a unit test and a doc test: {tested}");
    let ran = done(application.cargo(&["run"]));
    assert!(ran.contains("/.local/python/"), "{ran}");
}

pub fn pyo3_0_23(place: &Place) {
    the_whole_way(place, "0.23.5", "with_gil");
}

pub fn pyo3_0_25(place: &Place) {
    the_whole_way(place, "0.25.1", "with_gil");
}

pub fn pyo3_0_28(place: &Place) {
    the_whole_way(place, "0.28.3", "attach");
}

pub fn pyo3_0_30(place: &Place) {
    the_whole_way(place, "0.30.1", "attach");
}

/// Makes, moves and runs an application that prints one line.
fn says(place: &Place, files: &Files, wanted: &str) {
    let application = place.application(files);
    let lines = application.init();
    assert!(lines <= MOST_LINES, "{lines} lines");
    let dist = application.moved_dist();
    assert_eq!(dist.run(&dist.launcher(), &[]), format!("{wanted}\n"));
    drop(dist);
    // What is not packed imports what the dist imports.
    assert_eq!(done(application.cargo(&["run", "--quiet"])), format!("{wanted}\n"));
}

pub fn a_binary_named_otherwise(place: &Place) {
    let manifest = "[[bin]]\nname = \"otherwise\"\npath = \"src/other.rs\"\n";
    let files = sources::printing(manifest, "src/other.rs", "println!(\"{}\", py.import(\"ssl\")?.name()?);");
    says(place, &files, "ssl");
}

/// Each of them would wait for ever if `init` kept the lock.
pub fn threads_that_attach(place: &Place) {
    let body = "let four = std::thread::scope(|scope| {
        let start = |number: u32| scope.spawn(move || Python::attach(|py| {
            py.import(\"math\")?.call_method1(\"factorial\", (number,))?.extract::<u32>()
        }));
        [1, 2, 3, 4].map(start).map(|thread| thread.join().unwrap().unwrap())
    });
    println!(\"{four:?}\");
    Ok(())";
    says(place, &sources::main("", "src/main.rs", body), "[1, 2, 6, 24]");
}

pub fn include(place: &Place) {
    let keys = "[package.metadata.pyo3-bundle]\ninclude = [{ from = \"data\", to = \"share/data\" }]\n";
    let body = "let text = pyo3_bundle::root()?.join(\"share/data/a text\");
    println!(\"{}\", std::fs::read_to_string(text)?);
    Ok(())";
    let mut files = sources::main(keys, "src/main.rs", body);
    files.push(("data/a text", "included".into()));
    let application = place.application(&files);
    application.init();
    assert_eq!(application.moved_dist().run("app", &[]), "included\n");
    assert_eq!(done(application.cargo(&["run", "--quiet"])), "included\n");
}

pub fn two_binaries(place: &Place) {
    let manifest = "[[bin]]\nname = \"one\"\npath = \"src/one.rs\"\n[[bin]]\nname = \"two\"\npath = \"src/two.rs\"\n\
        [package.metadata.pyo3-bundle]\nbins = [\"two\", \"one\"]\n\
        [profile.release]\npanic = \"abort\"\nstrip = true\n"; // as they come
    let body = |name: &str| format!("println!(\"{name} {{}}\", py.import(\"ssl\")?.name()?);");
    let mut files = sources::printing(manifest, "src/one.rs", &body("one"));
    files.extend(
        sources::printing("", "src/two.rs", &body("two")).into_iter().filter(|(name, _)| name.starts_with("src")),
    );
    let application = place.application(&files);
    application.init();
    let dist = application.moved_dist();
    assert_eq!(dist.launcher(), "two");
    for name in ["one", "two"] {
        assert_eq!(dist.run(name, &[]), format!("{name} ssl\n"));
        assert!(dist.run(name, &[("PYO3_BUNDLE_SMOKE", "1")]).contains("ok"));
    }
}

/// A project with a data file, and a locked package with native code.
pub fn a_project_and_a_requirement(place: &Place) {
    let keys = "[package.metadata.pyo3-bundle]\nprojects = [\"python\"]\nrequirements = \"requirements.txt\"\n";
    let body = "println!(\"{}\", py.import(\"of_ours\")?.call_method0(\"say\")?);";
    let mut files = sources::printing(keys, "src/main.rs", body);
    files.push(("python/pyproject.toml", sources::PYPROJECT.into()));
    files.push(("python/LICENSE", "Do what you like with it.\n".into()));
    files.push(("python/src/of_ours/__init__.py", sources::PACKAGE.into()));
    files.push(("python/src/of_ours/data.txt", "with data".into()));
    files.push(("requirements.txt", sources::requirements()));
    says(place, &files, "with data, and zmq is native");
}

pub fn minimal(place: &Place) {
    let modules = ["json", "ssl", "sqlite3", "asyncio", "zlib", "decimal", "csv", "datetime", "hashlib", "logging"];
    let keys = format!("[package.metadata.pyo3-bundle]\nprofile = \"minimal\"\nmodules = {modules:?}\n");
    let body = format!(
        "for name in {modules:?} {{ py.import(name)?; }}
        let missing = py.import(\"tkinter\").unwrap_err().to_string();
        println!(\"{{}}\", missing.contains(\"minimal\") && missing.contains(\"modules\"));"
    );
    let application = place.application(&sources::printing(&keys, "src/main.rs", &body));
    application.init();
    assert_eq!(application.moved_dist().run("app", &[]), "true\n");
}

/// No line is changed: the folder in the target folder can be moved, and its launcher starts the program.
pub fn try_on_an_untouched_one(place: &Place) {
    let application = place.application(&sources::untouched());
    let said = done(application.bundle(&["try", "--python", &place.version]));
    assert!(said.contains("\nWeaker than it could be:\n") && said.ends_with("cargo pyo3-bundle init\n"), "{said}");
    assert_eq!(application.git(&["status", "--porcelain"]), "?? Cargo.lock\n");
    let dist = application.moved(&place.target().join("pyo3-bundle/try"));
    let runtime = dist.root.join("python/runtime");
    assert_eq!(dist.run("untouched", &[("LC_ALL", "C.UTF-8")]), format!("{}\n", runtime.display()));
}
