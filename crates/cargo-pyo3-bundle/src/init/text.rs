//! The text of a file that is edited. All lines that an edit does not touch keep their bytes: their line ends, and a
//! byte order mark before the first one.

use crate::problem::{About, Problem};
use crate::shown::shown;
use similar::{ChangeTag, TextDiff};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

const MARK: char = '\u{feff}';

/// A file as it is, or as it will be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    pub path: PathBuf,
    before: Option<String>,
}

/// A file with other content than before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub path: PathBuf,
    /// `None` for a file that is not there yet.
    pub before: Option<String>,
    pub after: String,
}

impl Text {
    pub fn read(path: &Path) -> Result<Self, Problem> {
        let before = match fs::read(path) {
            Ok(bytes) => Some(String::from_utf8(bytes).map_err(|_| {
                let what = format!("`{}` cannot be edited", shown(path));
                Problem::without_hint(what, "wanted a text in UTF-8")
            })?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error).about("cannot read", path),
        };
        Ok(Text { path: path.to_owned(), before })
    }

    pub fn is_there(&self) -> bool {
        self.before.is_some()
    }

    /// The content with `\n` at the ends of its lines, as parsers and edits want it; empty for a file that is not there.
    pub fn content(&self) -> String {
        let text = self.before.as_deref().unwrap_or_default();
        text.strip_prefix(MARK).unwrap_or(text).replace("\r\n", "\n")
    }

    /// Takes over the lines of an edited [`content`](Self::content). `None` if nothing is another than before.
    pub fn edited(&self, content: &str) -> Option<Change> {
        let change =
            |before: Option<&str>, after| Change { path: self.path.clone(), before: before.map(Into::into), after };
        let Some(before) = &self.before else { return Some(change(None, content.to_owned())) };
        let plain = self.content();
        if plain == content {
            return None;
        }
        let returns = before.matches("\r\n").count();
        let end = if returns * 2 > before.matches('\n').count() { "\r\n" } else { "\n" };
        let marked = before.strip_prefix(MARK);
        let mut originals = marked.unwrap_or(before).split_inclusive('\n');
        let mut after = String::from_iter(marked.map(|_| MARK));
        for line in TextDiff::from_lines(&plain, content).iter_all_changes() {
            let original = if line.tag() == ChangeTag::Insert { None } else { originals.next() };
            match (line.tag(), original) {
                (ChangeTag::Equal, Some(original)) => after.push_str(original),
                (ChangeTag::Insert, _) => match line.value().strip_suffix('\n') {
                    Some(text) => after.extend([text, end]),
                    None => after.push_str(line.value()),
                },
                _ => {}
            }
        }
        Some(change(Some(before), after))
    }
}

impl Change {
    /// The change as `diff --unified` shows it, with the path relative to a folder.
    pub fn diff(&self, root: &Path) -> String {
        let before = self.before.as_deref().unwrap_or_default().replace('\r', "");
        let after = self.after.replace('\r', "");
        let path = shown(self.path.strip_prefix(root).unwrap_or(&self.path));
        let old = if self.before.is_some() { path.as_str() } else { "/dev/null" };
        TextDiff::from_lines(&before, &after).unified_diff().context_radius(2).header(old, &path).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(before: &str) -> Text {
        Text { path: "/w/a b/f".into(), before: Some(before.to_owned()) }
    }

    #[test]
    fn lines_that_are_not_edited_keep_their_bytes() {
        let after = |before: &str, content: &str| text(before).edited(content).unwrap().after;
        assert_eq!(after("a\r\nb\r\n", "a\nx\nb\n"), "a\r\nx\r\nb\r\n");
        assert_eq!(after("a\nb\r\nc\n", "a\nx\nb\nc\n"), "a\nx\nb\r\nc\n", "the ends of most lines");
        assert_eq!(after("\u{feff}a\n", "x\na\n"), "\u{feff}x\na\n");
        assert_eq!(after("\u{feff}a\n", "a\nx\n"), "\u{feff}a\nx\n");
        assert_eq!(after("a", "a\nx\n"), "a\nx\n");
        assert_eq!(text("a\r\n").edited("a\n"), None);
    }

    #[test]
    fn a_change_is_shown_relative_to_the_workspace() {
        let change = text("a\r\nb\r\n").edited("a\nx\nb\n").unwrap();
        assert_eq!(change.diff(Path::new("/w")), "--- a b/f\n+++ a b/f\n@@ -1,2 +1,3 @@\n a\n+x\n b\n");
        let new = Text { path: "/w/new".into(), before: None }.edited("x\n").unwrap();
        assert!(new.diff(Path::new("/w")).starts_with("--- /dev/null\n+++ new\n"));
    }

    #[test]
    fn what_is_not_text_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        fs::write(&path, b"\xff").unwrap();
        assert!(Text::read(&path).unwrap_err().to_string().contains("UTF-8"));
        assert!(!Text::read(&folder.path().join("none")).unwrap().is_there());
    }
}
