//! The applications, and what is expected of each.

use crate::place::{Place, done};

const MOST_LINES: usize = 9;

/// Says which Python it runs in. It works without a line of ours where libpython is found, as any application would.
fn plain(pyo3: &str, attach: &str) -> Vec<(&'static str, String)> {
    vec![
        (
            "Cargo.toml",
            format!(
                "[package]\nname = \"app\"\nversion = \"1.2.3\"\nedition = \"2021\"\n\n[dependencies]\n\
                 pyo3 = {{ version = \"={pyo3}\", features = [\"auto-initialize\"] }}\n"
            ),
        ),
        (
            "src/main.rs",
            "use app::version;\n\nfn main() -> Result<(), Box<dyn std::error::Error>> {\n    \
             println!(\"{}\", version()?);\n    Ok(())\n}\n"
                .into(),
        ),
        (
            "src/lib.rs",
            format!(
                "use pyo3::prelude::*;\n\n/// Says it.\n///\n/// ```\n/// let _python = pyo3_bundle::init().unwrap();\n\
                 /// assert!(app::version().unwrap().contains(\"3.\"));\n/// ```\n\
                 pub fn version() -> PyResult<String> {{\n    Python::{attach}(|py| {{\n        \
                 let sys = py.import(\"sys\")?;\n        \
                 let prefix: String = sys.getattr(\"prefix\")?.extract()?;\n        \
                 let executable: String = sys.getattr(\"executable\")?.extract()?;\n        \
                 py.import(\"ssl\")?;\n        \
                 Ok(format!(\"3. {{prefix}} {{executable}}\"))\n    }})\n}}\n\n\
                 #[cfg(test)]\nmod tests {{\n    #[test]\n    fn it_says_so() {{\n        \
                 let _python = pyo3_bundle::init().unwrap();\n        \
                 assert!(crate::version().unwrap().starts_with(\"3.\"));\n    }}\n}}\n"
            ),
        ),
        (".gitignore", "/target\n".into()),
        ("LICENSE", "Do what you like with it.\n".into()),
    ]
}

/// From nothing to a moved dist, to the tests and to `cargo run`, for one version of PyO3.
fn the_whole_way(place: &Place, pyo3: &str, attach: &str) {
    let files = plain(pyo3, attach);
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let application = place.application(&files);
    let lines = application.init();
    assert!(lines <= MOST_LINES, "{lines} lines");
    let dist = application.moved_dist();
    let said = dist.run("app", &[]);
    let runtime = dist.root.join("python/runtime");
    assert_eq!(said, format!("3. {0} {0}/bin/python3\n", runtime.display()));
    let smoked = dist.run("app", &[("PYO3_BUNDLE_SMOKE", "1")]);
    assert!(smoked.contains("ok"), "{smoked}");
    let tested = done(application.cargo(&["test", "--release"]));
    assert_eq!(tested.matches("1 passed").count(), 2, "a unit test and a doc test: {tested}");
    let ran = done(application.cargo(&["run"]));
    assert!(ran.contains("/.local/python/"), "{ran}");
}

pub fn pyo3_0_30(place: &Place) {
    the_whole_way(place, "0.30.1", "attach");
}

/// No line is changed: the folder in the target folder can be moved, and its launcher starts the program.
pub fn try_on_an_untouched_one(place: &Place) {
    let application = place.application(&[
        ("Cargo.toml", UNTOUCHED),
        ("src/main.rs", UNTOUCHED_MAIN),
        ("LICENSE", "Do what you like with it.\n"),
        (".gitignore", "/target\n"),
    ]);
    let said = done(application.bundle(&["try", "--python", &place.version]));
    assert!(said.contains("\nWeaker than it could be:\n") && said.ends_with("cargo pyo3-bundle init\n"), "{said}");
    assert_eq!(application.git(&["status", "--porcelain"]), "?? Cargo.lock\n");
    let dist = application.moved(&place.target().join("pyo3-bundle/try"));
    let runtime = dist.root.join("python/runtime");
    assert_eq!(dist.run("untouched", &[("LC_ALL", "C.UTF-8")]), format!("{}\n", runtime.display()));
}

const UNTOUCHED: &str = "\
[package]
name = \"untouched\"
version = \"0.1.0\"
edition = \"2024\"

[dependencies]
pyo3 = { version = \"=0.30.1\", features = [\"auto-initialize\"] }
";

const UNTOUCHED_MAIN: &str = "\
use pyo3::prelude::*;

fn main() -> PyResult<()> {
    Python::attach(|py| {
        py.import(\"ssl\")?;
        println!(\"{}\", py.import(\"sys\")?.getattr(\"prefix\")?);
        Ok(())
    })
}
";
