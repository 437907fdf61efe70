//! The files of the generated applications, as text.

use std::fs;

pub type Files = Vec<(&'static str, String)>;

const LICENSE: (&str, &str) = ("LICENSE", "Do what you like with it.\n");

fn manifest(pyo3: &str, more: &str) -> String {
    format!(
        "[package]\nname = \"app\"\nversion = \"1.2.3\"\nedition = \"2021\"\n\n{more}\n[dependencies]\n\
         pyo3 = {{ version = \"={pyo3}\", features = [\"auto-initialize\"] }}\n"
    )
}

/// A library with a unit test and a doc test, and a program that says in which Python it runs.
pub fn plain(pyo3: &str, attach: &str) -> Files {
    let library = "\
use pyo3::prelude::*;

/// Says it.
///
/// ```
/// let _python = pyo3_bundle::init().unwrap();
/// assert!(app::version().unwrap().starts_with(\"3.\"));
/// ```
pub fn version() -> PyResult<String> {
    Python::ATTACH(|py| {
        let sys = py.import(\"sys\")?;
        let prefix: String = sys.getattr(\"prefix\")?.extract()?;
        let executable: String = sys.getattr(\"executable\")?.extract()?;
        py.import(\"ssl\")?;
        Ok(format!(\"3. {prefix} {executable}\"))
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn it_says_so() {
        let _python = pyo3_bundle::init().unwrap();
        assert!(crate::version().unwrap().starts_with(\"3.\"));
    }
}
";
    let program = "\
fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!(\"{}\", app::version()?);
    Ok(())
}
";
    vec![
        ("Cargo.toml", manifest(pyo3, "")),
        ("src/main.rs", program.into()),
        ("src/lib.rs", library.replace("ATTACH", attach)),
        (".gitignore", "/target\n".into()),
    ]
}

/// A program of one file, with more lines for its manifest.
pub fn main(more: &str, file: &'static str, body: &str) -> Files {
    let program = format!(
        "#[allow(unused_imports)]\nuse pyo3::prelude::*;\n\n\
         fn main() -> Result<(), Box<dyn std::error::Error>> {{\n    {body}\n}}\n"
    );
    vec![
        ("Cargo.toml", manifest("0.30.1", more)),
        (file, program),
        (".gitignore", "/target\n".into()),
        (LICENSE.0, LICENSE.1.into()),
    ]
}

/// A program that does one thing with `py`.
pub fn printing(more: &str, file: &'static str, body: &str) -> Files {
    main(more, file, &format!("Python::attach(|py| {{\n        {body}\n        Ok(())\n    }})"))
}

/// An application as it is before anybody has heard of these crates.
pub fn untouched() -> Files {
    let main = "\
use pyo3::prelude::*;

fn main() -> PyResult<()> {
    Python::attach(|py| {
        py.import(\"ssl\")?;
        println!(\"{}\", py.import(\"sys\")?.getattr(\"prefix\")?);
        Ok(())
    })
}
";
    vec![
        ("Cargo.toml", manifest("0.30.1", "").replace("\"app\"", "\"untouched\"")),
        ("src/main.rs", main.into()),
        (".gitignore", "/target\n".into()),
        (LICENSE.0, LICENSE.1.into()),
    ]
}

/// uv brings the build backend `uv_build` itself.
pub const PYPROJECT: &str = "\
[project]
name = \"of-ours\"
version = \"1.0.0\"
requires-python = \">=3.9\"
license-files = [\"LICENSE\"]

[build-system]
requires = [\"uv_build>=0.8\"]
build-backend = \"uv_build\"
";

pub const PACKAGE: &str = "\
from importlib.resources import files


def say():
    import zmq
    native = zmq.backend.__name__
    return (files(__name__) / 'data.txt').read_text() + ', and zmq is ' + ('native' if native else '')
";

/// The requirements that the application of this checkout is tested with.
pub fn requirements() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/it/data/requirements.txt");
    fs::read_to_string(path).unwrap()
}
