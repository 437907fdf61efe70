//! Names of files as the words of a command: quotation marks keep white space in a word. A backslash separates names.

/// Whether a quotation mark is open behind the text, and where its last word starts.
fn scan(text: &str) -> (Option<char>, usize) {
    let (mut open, mut start) = (None, 0);
    for (at, character) in text.char_indices() {
        match (open, character) {
            (None, '"' | '\'') => open = Some(character),
            (Some(mark), character) if mark == character => open = None,
            (None, character) if character.is_whitespace() => start = at + character.len_utf8(),
            _ => {}
        }
    }
    (open, start)
}

/// Returns the text behind the last white space that is not in quotation marks.
pub fn last(text: &str) -> &str {
    &text[scan(text).1..]
}

/// Returns the name that a word, or a part of one, stands for.
pub fn plain(word: &str) -> String {
    let is_mark = |at: usize| scan(&word[..at]).0 != scan(&word[..=at]).0;
    word.char_indices().filter(|(at, one)| !(matches!(one, '"' | '\'') && is_mark(*at))).map(|(_, one)| one).collect()
}

/// Returns a name as a part of a word, behind another part.
pub fn written(name: &str, before: &str) -> String {
    let needs_marks = name.contains(|one: char| one.is_whitespace() || one == '\'');
    if needs_marks && scan(before).0.is_none() { format!("\"{name}\"") } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_spaces_are_in_quotation_marks() {
        assert_eq!(last(r#"/run "a b\c d"#), r#""a b\c d"#);
        assert_eq!(last(r"/run C:\x y"), "y");
        for (word, name) in [(r#""a b"\c"#, r"a b\c"), ("\"it's", "it's"), (r"C:\x", r"C:\x"), ("'a\"b'", "a\"b")] {
            assert_eq!(plain(word), name);
        }
        for (name, before, word) in
            [("a b", "", "\"a b\""), ("a b", "\"x\\", "a b"), ("ab", "", "ab"), ("it's", "", "\"it's\"")]
        {
            assert_eq!(written(name, before), word);
        }
    }
}
