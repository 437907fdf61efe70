//! No network: uv installs the Python that it has fetched before, and says so where it has none.

use crate::place::{Place, done};
use crate::sources;
use std::fs;

pub fn a_python_that_was_fetched_before(place: &Place) {
    let application = place.application(&sources::plain("0.30.1", "attach"));
    application.init();
    done(application.bundle(&["python"]));
    let local = application.root.join(".local");
    let run = || {
        fs::remove_dir_all(local.join("python")).unwrap();
        let mut command = application.command(env!("CARGO_BIN_EXE_cargo-pyo3-bundle"));
        place.take_the_network_away(&mut command);
        command.args(["pyo3-bundle", "python"]).output().unwrap()
    };
    done(run());
    assert!(local.join("python/runtime/bin/python3").is_file());
    fs::remove_dir_all(local.join("cache/python")).unwrap();
    let output = run();
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{text}");
    let wanted =
        format!("error: CPython {} cannot be downloaded\n  uv, which obeys UV_PYTHON_INSTALL_MIRROR", place.version);
    assert!(text.contains(&wanted), "{text}");
    // For the cases behind this one.
    done(application.bundle(&["python"]));
}
