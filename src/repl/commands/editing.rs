//! `/edit`, and the key for it: opens an input in the user's own editor. A typed or saved text is never lost: it comes
//! back to the prompt, or stays in a file that the message names.

use crate::problem::Problem;
use crate::repl::input::Input;
use crate::repl::session::{Next, Session};
use crate::repl::system::{files, programs};
use crate::repl::{child, history};
use crate::shown::shown;
use pyo3::prelude::*;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

pub fn run(session: &mut Session, py: Python<'_>, rest: &str) -> PyResult<Next> {
    let text = match rest {
        "" => last_input(session),
        text => text.to_owned(),
    };
    match edit(session, py, &text) {
        Ok(()) => Ok(Next::Input),
        Err(problem) => super::fail(&problem),
    }
}

/// Returns the newest input that is not a command.
fn last_input(session: &mut Session) -> String {
    let inputs = history::newest(session.editor().history(), 100, None);
    inputs.into_iter().rev().find(|text| !matches!(Input::of(text), Input::Command { .. })).unwrap_or_default()
}

/// Opens the text in the editor and puts what was saved into the line, for a last look before Enter runs it.
pub fn edit(session: &Session, py: Python<'_>, text: &str) -> Result<(), Problem> {
    let edited = edited(text, &std::env::temp_dir(), |file| child::run(py, &mut programs::editor(file)));
    session.editor().prefill(edited.as_deref().unwrap_or(text));
    edited.map(drop)
}

/// Returns the text as `editor` leaves it in a file of `folder`.
fn edited(text: &str, folder: &Path, editor: impl FnOnce(&Path) -> io::Result<ExitStatus>) -> Result<String, Problem> {
    let file = Scratch::with(text, folder).map_err(|error| {
        Problem::new(
            format!("cannot create a file to edit in `{}`, so the input stays as it was", shown(folder)),
            error.to_string(),
            format!("import os; os.environ['{}'] = os.path.expanduser('~')", files::TEMPORARY),
        )
    })?;
    let why = match editor(&file.path) {
        Ok(status) if status.success() => return file.saved(),
        Ok(status) => status.to_string(),
        Err(error) => error.to_string(),
    };
    if file.is_changed() {
        let hint = file.show();
        return Err(Problem::new(format!("the editor failed, and what it saved is in `{}`", file.keep()), why, hint));
    }
    let hint = format!("import os; os.environ['VISUAL'] = '{}'", programs::EDITOR);
    Err(Problem::new("the editor failed, so the input stays as it was", why, hint))
}

/// A file that only the user can read; it is deleted when this is dropped, unless it is kept.
struct Scratch {
    path: PathBuf,
    written: String,
    kept: bool,
}

impl Scratch {
    fn with(text: &str, folder: &Path) -> io::Result<Self> {
        for number in 0.. {
            let path = folder.join(format!("{}-{}-{number}.py", env!("CARGO_PKG_NAME"), std::process::id()));
            match files::private(OpenOptions::new().write(true).create_new(true)).open(&path) {
                Ok(mut file) => {
                    let scratch = Scratch { path, written: format!("{text}\n"), kept: false };
                    file.write_all(scratch.written.as_bytes())?;
                    return Ok(scratch);
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        unreachable!("there are more numbers than files")
    }

    /// Returns what the editor has saved.
    fn saved(self) -> Result<String, Problem> {
        let hint = self.show();
        let (what, why) = match fs::read(&self.path).map(String::from_utf8) {
            Ok(Ok(text)) => return Ok(text.trim_end().to_owned()),
            Ok(Err(error)) => (format!("what was saved in `{}` is not UTF-8", self.keep()), error.to_string()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let what = format!("the editor removed `{}`, so the input stays as it was", shown(&self.path));
                return Err(Problem::new(what, error.to_string(), "/edit"));
            }
            Err(error) => (format!("what was saved in `{}` cannot be read", self.keep()), error.to_string()),
        };
        Err(Problem::new(what, why, hint))
    }

    /// Returns an input that prints the file whatever its bytes are.
    fn show(&self) -> String {
        format!("print(open({:?}, encoding='latin-1').read())", self.path)
    }

    fn is_changed(&self) -> bool {
        fs::read(&self.path).is_ok_and(|saved| saved != self.written.as_bytes())
    }

    /// Leaves the file where it is and returns its path.
    fn keep(mut self) -> String {
        self.kept = true;
        shown(&self.path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if !self.kept {
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;

    const FINE: i32 = 0;
    const FAILED: i32 = 3 << 8;

    /// Edits `typed` with an editor that saves these bytes, and returns which files are left.
    fn edit(status: i32, save: &'static [u8]) -> (Result<String, String>, Vec<Vec<u8>>) {
        let folder = tempfile::tempdir().unwrap();
        let outcome = edited("typed", folder.path(), |file| {
            assert_eq!(fs::read(file).unwrap(), b"typed\n");
            fs::write(file, save)?;
            Ok(ExitStatus::from_raw(status))
        });
        let left = fs::read_dir(folder.path()).unwrap().map(|entry| fs::read(entry.unwrap().path()).unwrap()).collect();
        (outcome.map_err(|problem| problem.to_string().replace(folder.path().to_str().unwrap(), "…")), left)
    }

    #[test]
    fn what_was_saved_is_the_next_input_and_no_file_is_left() {
        assert_eq!(edit(FINE, "é = 1\n\n".as_bytes()), (Ok("é = 1".to_owned()), vec![]));
    }

    #[test]
    fn an_editor_that_fails_changes_nothing_and_leaves_what_it_saved() {
        let (outcome, left) = edit(FAILED, b"typed\n");
        let text = outcome.unwrap_err();
        let start = "the editor failed, so the input stays as it was\n  exit status: 3\nhint: ";
        assert!(text.starts_with(start), "{text}");
        assert_eq!(left, [b""; 0]);
        let (outcome, left) = edit(FAILED, b"saved\n");
        assert!(outcome.unwrap_err().starts_with("the editor failed, and what it saved is in `…/"));
        assert_eq!(left, [b"saved\n"]);
    }

    #[test]
    fn bytes_that_are_not_text_stay_in_the_file_that_is_named() {
        let (outcome, left) = edit(FINE, b"caf\xe9\n");
        let text = outcome.unwrap_err();
        assert!(text.starts_with("what was saved in `…/") && text.contains("` is not UTF-8\n"), "{text}");
        assert!(text.contains("hint: print(open(\"…/"), "{text}");
        assert_eq!(left, [b"caf\xe9\n"]);
    }

    #[test]
    fn a_folder_that_takes_no_file_and_a_file_that_is_gone_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let never = |_: &Path| -> io::Result<ExitStatus> { panic!("the editor is not started") };
        // A folder that is missing, and one in which not even root can create a file.
        for place in [folder.path().join("missing"), PathBuf::from("/proc/self")] {
            let text = edited("typed", &place, never).unwrap_err().to_string();
            assert!(text.starts_with(&format!("cannot create a file to edit in `{}`", place.display())), "{text}");
        }
        let remove = |file: &Path| fs::remove_file(file).map(|()| ExitStatus::from_raw(FINE));
        let text = edited("typed", folder.path(), remove).unwrap_err().to_string();
        assert!(text.starts_with("the editor removed `"), "{text}");
    }
}
