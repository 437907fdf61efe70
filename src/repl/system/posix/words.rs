//! Names of files as the words of a command: a backslash keeps the meaning of the character behind it.

/// Returns the text behind the last white space that is not escaped.
pub fn last(text: &str) -> &str {
    let mut start = 0;
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        if character == '\\' {
            characters.next();
        } else if character.is_whitespace() {
            start = at + character.len_utf8();
        }
    }
    &text[start..]
}

/// Returns the name that a word, or a part of one, stands for.
pub fn plain(word: &str) -> String {
    let mut plain = String::new();
    let mut characters = word.chars();
    while let Some(character) = characters.next() {
        plain.extend(if character == '\\' { characters.next() } else { Some(character) });
    }
    plain
}

/// Returns a name as a part of a word, behind another part.
pub fn written(name: &str, _before: &str) -> String {
    let mut written = String::new();
    for character in name.chars() {
        let is_plain = character.is_alphanumeric() || "._-+,@%:=".contains(character);
        written.extend((!is_plain).then_some('\\'));
        written.push(character);
    }
    written
}
