//! Arguments, keys and pins that cannot be meant: each is refused before any work, by the same exit status everywhere.

use crate::support::App;

const KEYS: &str = "[package.metadata.pyo3-bundle]\n";

fn with_keys(keys: &str) -> App {
    let app = App::new();
    app.write("Cargo.toml", &(app.read("Cargo.toml") + keys));
    app
}

#[test]
fn a_managed_python_of_another_series_is_not_staged() {
    let app = with_keys(&format!("{KEYS}python = \"3.12.3\"\n"));
    app.stand_in(".local/python/bin/python3", "echo 3.13.5");
    let record = r#"{"provider": "uv", "version": "3.13.5", "pinned_version": "3.13.5", "patches": []}"#;
    app.write(".local/python/provenance.json", record);
    app.write("program", "");
    let text = app.run(&["stage", "--binary", "program"]).refused(2);
    assert!(text.contains("wanted CPython 3.12.3, which the key `python` pins, found 3.13.5"), "{text}");
    assert!(text.ends_with("\nhint: cargo pyo3-bundle python\n"), "{text}");
    // A Python that is named is the user's choice.
    let text = app.run(&["stage", "--binary", "program", "--python", "runtime"]).refused(2);
    assert!(text.contains("`runtime`") && !text.contains("pins"), "{text}");
}
