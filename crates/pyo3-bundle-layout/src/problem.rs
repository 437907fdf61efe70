//! Errors in three parts: what is wrong, why, and the command that fixes it, if there is one.
//! std-only.

use crate::shown::{shown, word};
use std::path::{Path, PathBuf};
use std::{fmt, io};

#[derive(Debug, PartialEq, Eq)]
pub struct Problem {
    what: String,
    why: String,
    hint: Option<String>,
}

impl Problem {
    /// Makes an error whose hint is one command that can be pasted as it stands.
    pub fn new(what: impl Into<String>, why: impl Into<String>, hint: impl Into<String>) -> Self {
        Problem { what: what.into(), why: why.into(), hint: Some(hint.into()) }
    }

    /// Makes an error that no single command fixes.
    pub fn without_hint(what: impl Into<String>, why: impl Into<String>) -> Self {
        Problem { what: what.into(), why: why.into(), hint: None }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n  {}", self.what, self.why)?;
        self.hint.iter().try_for_each(|hint| write!(f, "\nhint: {hint}"))
    }
}

impl std::error::Error for Problem {}

/// Turns an error of the system into a [`Problem`] that names the path.
pub trait About<T> {
    /// Puts `what` before the path, for example `cannot read`.
    fn about(self, what: &str, path: &Path) -> Result<T, Problem>;
}

impl<T> About<T> for io::Result<T> {
    fn about(self, what: &str, path: &Path) -> Result<T, Problem> {
        self.map_err(|error| {
            let place = word(&nearest(path));
            let hint = match error.kind() {
                // It shows what is free as well.
                _ if cfg!(windows) => format!("dir {place}"),
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => format!("df -h {place}"),
                _ => format!("ls -la {place}"),
            };
            Problem::new(format!("{what} `{}`", shown(path)), error.to_string(), hint)
        })
    }
}

/// The path, or the nearest folder above it that exists, for the command in a hint.
fn nearest(path: &Path) -> PathBuf {
    let there = path.ancestors().find(|path| path.symlink_metadata().is_ok());
    there.filter(|path| !path.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_path_buf()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_has_two_lines_and_a_hint_where_there_is_one() {
        assert_eq!(Problem::new("what", "why", "command").to_string(), "what\n  why\nhint: command");
        assert_eq!(Problem::without_hint("what", "why").to_string(), "what\n  why");
    }
}

#[cfg(all(test, unix))]
mod tests_with_errors_of_posix {
    use super::*;

    #[test]
    fn an_error_of_the_system_names_the_path_and_what_to_look_at() {
        let error = |kind: io::ErrorKind, path: &str| {
            Err::<(), _>(io::Error::from(kind)).about("cannot read", Path::new(path)).unwrap_err().to_string()
        };
        assert_eq!(
            error(io::ErrorKind::NotFound, "no/such\x1b/file"),
            "cannot read `no/such\\u{1b}/file`\n  entity not found\nhint: ls -la ."
        );
        assert!(error(io::ErrorKind::PermissionDenied, "/nope/x").ends_with("hint: ls -la /"));
        assert!(error(io::ErrorKind::StorageFull, "/nope/x").ends_with("hint: df -h /"));
    }
}
