//! Tells the kind of an input. Python starts no statement with `/`, `!` or `?`, and ends none with `?`.

use super::brackets;
use std::ops::Range;

#[derive(Debug, PartialEq, Eq)]
pub enum Input<'a> {
    Empty,
    /// A command of the session: `/name rest`.
    Command {
        name: &'a str,
        rest: &'a str,
    },
    /// A command of the shell: `!command`.
    Shell(&'a str),
    /// A question about a name: `name?`, `name??`.
    Help {
        subject: &'a str,
        detail: bool,
    },
    /// A question about an expression that is not a name. It is not answered, because evaluating it would run code.
    Question(&'a str),
    Python(&'a str),
}

impl<'a> Input<'a> {
    pub fn of(text: &'a str) -> Self {
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return Input::Empty;
        }
        if let Some(command) = trimmed.strip_prefix('/') {
            let (name, rest) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
            return Input::Command { name, rest: rest.trim_start() };
        }
        if let Some(command) = trimmed.strip_prefix('!') {
            return Input::Shell(command.trim());
        }
        help(trimmed).unwrap_or(Input::Python(text))
    }

    /// Whether Enter runs the input whatever its text is.
    pub fn is_one_line(&self) -> bool {
        !matches!(self, Input::Python(_))
    }
}

/// Returns the place of what makes a text another input than Python: `/name`, `!`, `?` or `??`.
pub fn mark(text: &str) -> Option<Range<usize>> {
    let (start, end) = (text.len() - text.trim_start().len(), text.trim_end().len());
    match Input::of(text) {
        Input::Command { name, .. } => Some(start..start + 1 + name.len()),
        Input::Shell(_) => Some(start..start + 1),
        Input::Help { .. } | Input::Question(_) if text[..end].ends_with('?') => {
            Some(text[..end].trim_end_matches('?').len()..end)
        }
        Input::Help { .. } | Input::Question(_) => Some(start..end - text[start..end].trim_start_matches('?').len()),
        Input::Empty | Input::Python(_) => None,
    }
}

/// Returns where the Python of a text starts: behind a command's name and behind the `?` of a question.
pub fn code(text: &str) -> usize {
    let start = text.len() - text.trim_start().len();
    mark(text).filter(|mark| mark.start == start).map_or(0, |mark| mark.end)
}

/// Returns the question, if the text is one. A comment or a string may also end in a question mark; that text is
/// Python.
fn help(text: &str) -> Option<Input<'_>> {
    let (subject, detail) = match text.strip_suffix("??").or_else(|| text.strip_prefix("??")) {
        Some(subject) => (subject, true),
        None => (text.strip_suffix('?').or_else(|| text.strip_prefix('?'))?, false),
    };
    let mark = if text.ends_with('?') { text.len() - 1 } else { 0 };
    if text.contains('\n') || brackets::scan(text).pieces.iter().any(|(piece, _)| piece.contains(&mark)) {
        return None;
    }
    let subject = subject.trim();
    if subject.is_empty() || subject.starts_with('?') || subject.ends_with('?') {
        return None;
    }
    Some(if is_path(subject) { Input::Help { subject, detail } } else { Input::Question(subject) })
}

/// Whether the text is a name or an attribute path: `a`, `a.b`.
pub fn is_path(text: &str) -> bool {
    let is_name = |part: &str| {
        part.starts_with(|first: char| first.is_alphabetic() || first == '_')
            && part.chars().all(|letter| letter.is_alphanumeric() || letter == '_')
    };
    text.split('.').all(is_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_told_apart() {
        for (text, kind) in [
            ("", Input::Empty),
            (" \n ", Input::Empty),
            ("/help", Input::Command { name: "help", rest: "" }),
            ("  /run  a b.py ", Input::Command { name: "run", rest: "a b.py" }),
            ("/", Input::Command { name: "", rest: "" }),
            ("!ls -l", Input::Shell("ls -l")),
            ("!", Input::Shell("")),
            ("len?", Input::Help { subject: "len", detail: false }),
            ("os.path ??", Input::Help { subject: "os.path", detail: true }),
            ("?len", Input::Help { subject: "len", detail: false }),
            ("  len?", Input::Help { subject: "len", detail: false }),
            ("??os.path", Input::Help { subject: "os.path", detail: true }),
            ("f()?", Input::Question("f()")),
            ("quit()??", Input::Question("quit()")),
            ("x[0].y?", Input::Question("x[0].y")),
            ("d['a?']?", Input::Question("d['a?']")),
            ("?x + 1", Input::Question("x + 1")),
            ("1?", Input::Question("1")),
            ("1 / 2", Input::Python("1 / 2")),
            ("x != 1", Input::Python("x != 1")),
            ("x # really?", Input::Python("x # really?")),
            ("'a?'", Input::Python("'a?'")),
            ("f'why?", Input::Python("f'why?")),
            ("if x:\n  why?", Input::Python("if x:\n  why?")),
            ("???", Input::Python("???")),
        ] {
            assert_eq!(Input::of(text), kind, "{text:?}");
        }
    }

    #[test]
    fn what_makes_it_another_input_and_its_code_have_their_places() {
        for (text, marked, code) in [
            ("x = 1", "", "x = 1"),
            ("  x", "", "  x"),
            ("", "", ""),
            (" /time  x ", "/time", "  x "),
            ("  /", "/", ""),
            (" !ls -l", "!", "ls -l"),
            ("len?", "?", "len?"),
            (" os.path ?? ", "??", " os.path ?? "),
            (" ?os.pa", "?", "os.pa"),
            ("??len", "??", "len"),
            ("f()?", "?", "f()?"),
            ("?x + 1", "?", "x + 1"),
            ("x # really?", "", "x # really?"),
        ] {
            assert_eq!(mark(text).map_or("", |mark| &text[mark]), marked, "{text:?}");
            assert_eq!(&text[super::code(text)..], code, "{text:?}");
        }
    }
}
