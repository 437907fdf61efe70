//! Completes the file names of commands, written as the commands read them.

use crate::repl::system::words;
use std::fs;
use std::path::{PathBuf, is_separator};

/// Returns where the replaced text starts in the text left of the cursor, and the replacements with their kinds.
pub fn complete(before: &str) -> (usize, Vec<(String, String)>) {
    let word = words::last(before);
    let (folder, start) = word.split_at(word.rfind(is_separator).map_or(0, |at| at + 1));
    let typed = words::plain(start);
    let mut found: Vec<_> = entries(&words::plain(folder))
        .filter(|(name, _)| name.starts_with(&typed) && (typed.starts_with('.') || !name.starts_with('.')))
        .map(|(name, is_folder)| match is_folder {
            true => (words::written(&name, folder) + "/", "folder".to_owned()),
            false => (words::written(&name, folder), "file".to_owned()),
        })
        .collect();
    found.sort();
    (before.len() - start.len(), found)
}

/// Lists the entries of a folder whose names can be shown and typed.
fn entries(folder: &str) -> impl Iterator<Item = (String, bool)> {
    let path = match (folder.strip_prefix('~').and_then(|rest| rest.strip_prefix(is_separator)), std::env::home_dir()) {
        (Some(below), Some(home)) => home.join(below),
        _ if folder.is_empty() => PathBuf::from("."),
        _ => PathBuf::from(folder),
    };
    fs::read_dir(path).into_iter().flatten().flatten().filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        (!name.contains(char::is_control)).then(|| (name, entry.path().is_dir()))
    })
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn names_come_with_the_backslashes_that_they_need() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["two words.py", "it's.py", "plain.py", ".hidden"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        fs::create_dir(folder.path().join("two folders")).unwrap();
        let base = folder.path().to_str().unwrap();
        for (typed, expected) in [
            ("two", &["two\\ folders/", "two\\ words.py"][..]),
            ("two\\ w", &["two\\ words.py"]),
            ("it", &["it\\'s.py"]),
            (".", &[".hidden"]),
            ("none", &[]),
            ("", &["it\\'s.py", "plain.py", "two\\ folders/", "two\\ words.py"]),
        ] {
            let before = format!("/run {base}/{typed}");
            let (start, found) = complete(&before);
            assert_eq!(start, before.len() - typed.len(), "{typed}");
            assert_eq!(found.into_iter().map(|(name, _)| name).collect::<Vec<_>>(), expected, "{typed}");
        }
        assert_eq!(complete("/run /no/such/folder/x").1, []);
    }
}
