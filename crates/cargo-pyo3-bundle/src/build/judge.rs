//! Whether a built program takes its Python from a shared libpython of the wanted series, and why not. Judges facts, and
//! reads no file.

use crate::object::elf::Elf;
use crate::problem::Problem;
use crate::shown::{shown, visible};
use memchr::memmem;
use std::path::Path;

/// What is known of a built program.
pub struct Program<'a> {
    pub path: &'a Path,
    pub elf: &'a Elf,
    pub data: &'a [u8],
    pub package: &'a str,
    /// The version of pyo3-ffi in `Cargo.lock`.
    pub pyo3: Option<&'a str>,
}

/// A text that CPython prints, which is in every libpython and in no program that only calls it.
const OF_CPYTHON: &[u8] = b"Fatal Python error: ";

pub fn judge(program: &Program, libpython: &str) -> Result<(), Problem> {
    let needed = &program.elf.needed;
    let path = shown(program.path);
    let tree = format!("cargo tree --package {} --edges normal,features --invert pyo3-ffi", program.package);
    if needed.iter().any(|name| name == libpython) {
        return Ok(());
    }
    if let Some(other) = needed.iter().find(|name| name.starts_with("libpython")) {
        let why =
            format!("wanted {libpython} of the managed Python, found {} among the needed libraries", visible(other));
        let hint = "cargo clean --release && cargo pyo3-bundle build";
        return Err(Problem::new(format!("`{path}` is linked against another Python"), why, hint));
    }
    let among = if needed.is_empty() {
        "it needs no library at all".to_owned()
    } else {
        format!("the libraries that it needs are {}", visible(&needed.join(", ")))
    };
    if memmem::find(program.data, OF_CPYTHON).is_some() {
        let why =
            format!("wanted {libpython} among its needed libraries; {among}, and CPython's own messages are in it");
        return Err(Problem::new(
            format!("`{path}` contains libpython"),
            why,
            "env | grep -E '^(PYO3|LIBRARY_PATH|RUSTFLAGS)'",
        ));
    }
    let what = format!("`{path}` does not use a shared libpython");
    match program.pyo3 {
        None => {
            let why = format!("{among}, and `Cargo.lock` has no pyo3-ffi: the application does not use PyO3");
            Err(Problem::new(what, why, "cargo add pyo3"))
        }
        Some(version) => {
            let why = format!(
                "{among}, although `Cargo.lock` has pyo3-ffi {version}: PyO3 does not link it with the feature \
                 `extension-module`, and the linker leaves it out of a program that calls no Python"
            );
            Err(Problem::new(what, why, tree))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(needed: &[&str], data: &[u8], pyo3: Option<&str>) -> String {
        let elf = Elf { needed: needed.iter().map(|name| (*name).to_owned()).collect(), ..Elf::default() };
        let program = Program { path: Path::new("/t/release/app"), elf: &elf, data, package: "app", pyo3 };
        judge(&program, "libpython3.13.so.1.0").err().map(|problem| problem.to_string()).unwrap_or_default()
    }

    #[test]
    fn a_shared_libpython_of_the_series_is_fine() {
        assert_eq!(judged(&["libpython3.13.so.1.0", "libc.so.6"], b"", Some("0.30.1")), "");
    }

    #[test]
    fn each_other_case_says_how_it_was_found_out() {
        let pyo3 = Some("0.30.1");
        for (text, has) in [
            (
                judged(&["libpython3.11.so.1.0"], b"", pyo3),
                ["another Python", "found libpython3.11.so.1.0", "cargo clean"],
            ),
            (
                judged(&["libc.so.6"], b"xFatal Python error: x", pyo3),
                ["contains libpython", "are libc.so.6, and", "env |"],
            ),
            (judged(&["libc.so.6"], b"", pyo3), ["shared libpython", "`extension-module`", "cargo tree --package app"]),
            (judged(&["libc.so.6"], b"", None), ["shared libpython", "has no pyo3-ffi", "cargo add pyo3"]),
            (judged(&[], b"", None), ["shared libpython", "needs no library at all", "cargo add pyo3"]),
        ] {
            assert!(has.iter().all(|part| text.contains(part)) && text.contains("\nhint: "), "{text}");
        }
    }
}
