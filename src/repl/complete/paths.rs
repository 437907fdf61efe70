//! Completes the file names of commands, written with the shell's backslashes, as the commands read them.

use std::fs;
use std::path::PathBuf;

/// Returns where the replaced text starts in the text left of the cursor, and the replacements with their kinds.
pub fn complete(before: &str) -> (usize, Vec<(String, String)>) {
    let word = last_word(before);
    let (folder, start) = word.rsplit_once('/').map_or(("", word), |(folder, start)| (&word[..=folder.len()], start));
    let typed = plain(start);
    let mut found: Vec<_> = entries(&plain(folder))
        .filter(|(name, _)| name.starts_with(&typed) && (typed.starts_with('.') || !name.starts_with('.')))
        .map(|(name, is_folder)| match is_folder {
            true => (escaped(&name) + "/", "folder".to_owned()),
            false => (escaped(&name), "file".to_owned()),
        })
        .collect();
    found.sort();
    (before.len() - start.len(), found)
}

/// Returns the text behind the last white space that is not escaped by a backslash.
fn last_word(before: &str) -> &str {
    let mut start = 0;
    let mut characters = before.char_indices();
    while let Some((at, character)) = characters.next() {
        if character == '\\' {
            characters.next();
        } else if character.is_whitespace() {
            start = at + character.len_utf8();
        }
    }
    &before[start..]
}

/// Lists the entries of a folder whose names can be shown and typed.
fn entries(folder: &str) -> impl Iterator<Item = (String, bool)> {
    let path = match (folder.strip_prefix("~/"), std::env::home_dir()) {
        (Some(below), Some(home)) => home.join(below),
        _ if folder.is_empty() => PathBuf::from("."),
        _ => PathBuf::from(folder),
    };
    fs::read_dir(path).into_iter().flatten().flatten().filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        (!name.contains(char::is_control)).then(|| (name, entry.path().is_dir()))
    })
}

fn plain(word: &str) -> String {
    let mut plain = String::new();
    let mut characters = word.chars();
    while let Some(character) = characters.next() {
        plain.extend(if character == '\\' { characters.next() } else { Some(character) });
    }
    plain
}

fn escaped(name: &str) -> String {
    let mut escaped = String::new();
    for character in name.chars() {
        let is_plain = character.is_alphanumeric() || "._-+,@%:=".contains(character);
        escaped.extend((!is_plain).then_some('\\'));
        escaped.push(character);
    }
    escaped
}

#[cfg(test)]
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
