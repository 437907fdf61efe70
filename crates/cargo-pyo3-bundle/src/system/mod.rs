//! What the packager asks of the system that it runs on: the same functions for POSIX systems and for Windows. What it
//! knows of the system that a dist is for is in `platform`.

#[cfg(unix)]
mod posix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub use posix::*;
#[cfg(windows)]
pub use windows::*;

/// Writes an executable file. Another process does: a child that another test starts meanwhile would keep a file of this
/// process open for writing, and Linux starts no such file (ETXTBSY).
#[cfg(all(test, unix))]
pub fn write_program(path: &std::path::Path, text: &str) {
    use std::io::Write;
    use std::process::{Command, Stdio};

    let mut writer = Command::new("sh");
    writer.args(["-c", "cat >\"$1\" && chmod 755 \"$1\"", "sh"]).arg(path).stdin(Stdio::piped());
    let mut writer = writer.spawn().unwrap();
    writer.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    assert!(writer.wait().unwrap().success(), "{path:?}");
}
