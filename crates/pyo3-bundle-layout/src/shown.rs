//! Makes names and texts from elsewhere safe to show: on one line, without characters that a terminal obeys or hides.
//! std-only.

use std::path::Path;

/// The text of a path in messages. No two paths have the same text, and none can look like two lines of a report.
pub fn shown(path: &Path) -> String {
    let name = name(path.as_os_str().as_encoded_bytes());
    // On Windows no name has a backslash: it is what separates names.
    if cfg!(windows) { name.replace(r"\\", r"\") } else { name }
}

/// The text of a name that was read from a file, as [`shown`] has it for a path.
pub fn name(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '\\' => text.push_str("\\\\"),
                character => push(&mut text, character),
            }
        }
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    text
}

/// A sentence that may quote names from elsewhere. Applying the function twice changes nothing more.
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    text.chars().for_each(|character| push(&mut out, character));
    out
}

fn push(text: &mut String, character: char) {
    if character.is_control() || is_unseen(character) {
        text.extend(character.escape_default());
    } else {
        text.push(character);
    }
}

/// Whether a character reorders or ends a line or has no width: bidirectional controls, line and paragraph separators,
/// zero-width characters and tags. <https://www.unicode.org/reports/tr36/>
fn is_unseen(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// A path quoted as one word for a shell, so that a hint can be pasted as it stands: for `sh`, on Windows for `cmd`.
pub fn word(path: &Path) -> String {
    if cfg!(windows) { word_of_cmd(&shown(path)) } else { word_of_sh(path) }
}

/// No name of Windows has a quotation mark.
fn word_of_cmd(path: &str) -> String {
    let is_plain = |character: char| character.is_alphanumeric() || r"\/:._-+~".contains(character);
    if !path.is_empty() && path.chars().all(is_plain) { path.to_owned() } else { format!("\"{path}\"") }
}

fn word_of_sh(path: &Path) -> String {
    let bytes = path.as_os_str().as_encoded_bytes();
    if bytes.first() == Some(&b'-') {
        return word_of_sh(&Path::new(".").join(path));
    }
    if !bytes.is_empty() && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_./@%+=:,-".contains(byte)) {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    match path.to_str() {
        Some(text) if visible(text) == text => format!("'{}'", text.replace('\'', r"'\''")),
        _ => format!("$'{}'", bytes.iter().map(|byte| escaped(*byte)).collect::<String>()),
    }
}

/// A byte inside `$'…'`, which bash, zsh, ksh and the sh of POSIX 2024 know.
fn escaped(byte: u8) -> String {
    match byte {
        b'\'' | b'\\' => format!("\\{}", char::from(byte)),
        b' '..=b'~' => char::from(byte).to_string(),
        byte => format!("\\x{byte:02x}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_line_and_no_other_files_name() {
        assert_eq!(name("bin/ü".as_bytes()), "bin/ü");
        assert_eq!(name(b"a\xffb"), "a\\xffb");
        assert_ne!(name(b"a\xff"), name(b"a\\xff"));
        assert_eq!(name(b"x\nno-pie: bin/y"), "x\\nno-pie: bin/y");
    }

    #[test]
    fn nothing_that_a_terminal_obeys_or_hides_is_shown() {
        for (character, shown) in [
            ('\x1b', "\\u{1b}"),
            ('\r', "\\r"),
            ('\x7f', "\\u{7f}"),
            ('\u{9b}', "\\u{9b}"),
            ('\u{202e}', "\\u{202e}"),
            ('\u{2066}', "\\u{2066}"),
            ('\u{200f}', "\\u{200f}"),
            ('\u{61c}', "\\u{61c}"),
            ('\u{2028}', "\\u{2028}"),
            ('\u{2029}', "\\u{2029}"),
            ('\u{feff}', "\\u{feff}"),
            ('\u{e0041}', "\\u{e0041}"),
        ] {
            let text = format!("a{character}b");
            assert_eq!(visible(&text), format!("a{shown}b"));
            assert_eq!(name(text.as_bytes()), format!("a{shown}b"));
        }
    }

    #[test]
    fn what_is_visible_stays_as_it_is() {
        let once = visible("`a\\nb` leads to\n\x1b[2K ü");
        assert_eq!(once, "`a\\nb` leads to\\n\\u{1b}[2K ü");
        assert_eq!(visible(&once), once);
    }

    #[test]
    fn cmd_reads_a_word_as_the_path() {
        assert_eq!(word_of_cmd(r"C:\dist\app.exe"), r"C:\dist\app.exe");
        for path in [r"C:\a b\app.exe", "a&b", "(x86)", ""] {
            assert_eq!(word_of_cmd(path), format!("\"{path}\""));
        }
    }
}

#[cfg(all(test, unix))]
mod tests_with_sh {
    use super::*;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    #[test]
    fn a_shell_reads_a_word_as_the_path() {
        let sh = |path: &[u8]| {
            let path = Path::new(OsStr::from_bytes(path));
            let script = format!("printf %s {}", word(path));
            std::process::Command::new("bash").args(["-c", &script]).output().unwrap().stdout
        };
        for path in [&b"plain/x-1.so"[..], b"a b", b"it's", b"$HOME/`x`", b"\xff\n'\\", "ü\u{202e}".as_bytes()] {
            assert_eq!(sh(path), path);
        }
        assert_eq!(sh(b"-rf"), b"./-rf");
        assert_eq!(word(Path::new("dist/a")), "dist/a");
    }
}
