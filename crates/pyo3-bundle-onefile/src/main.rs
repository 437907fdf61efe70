//! The program in front of every one-file program. Hands the command line to the library, as it was typed.

#![cfg_attr(unix, no_main)]

/// The `main` of C: Rust's own would have SIGPIPE ignored and closed streams opened, and the program inherits both.
#[cfg(unix)]
#[unsafe(no_mangle)]
unsafe extern "C" fn main(_count: libc::c_int, words: *const *const libc::c_char) -> libc::c_int {
    // SAFETY: they are the arguments of `main`.
    pyo3_bundle_onefile::start(&unsafe { pyo3_bundle_onefile::Words::of_main(words) })
}

#[cfg(windows)]
fn main() {
    std::process::exit(pyo3_bundle_onefile::start(&pyo3_bundle_onefile::Words))
}
