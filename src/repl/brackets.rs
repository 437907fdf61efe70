//! Finds the strings, comments and brackets of a Python text, finished or not, and which brackets are partners. The
//! grammar cannot: it gives up on a string without an end, as every string is while it is typed.

use std::ops::Range;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PieceKind {
    String,
    Escape,
    Comment,
    Bracket,
    /// A closing bracket that closes nothing.
    Stray,
}

#[derive(Debug, Default)]
pub struct Scan {
    /// The pieces in the order of the text and without overlaps; the text between them is code.
    pub pieces: Vec<(Range<usize>, PieceKind)>,
    /// The positions of brackets that belong together, as (opening, closing).
    pub pairs: Vec<(usize, usize)>,
    /// Strings without an end, with all their text.
    pub unfinished: Vec<Range<usize>>,
    /// The starts of the logical lines. A line break in a bracket, in a string or after a backslash starts no new one.
    pub lines: Vec<usize>,
    pub end: End,
}

/// The construct that the end of the text is inside of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum End {
    #[default]
    Code,
    Bracket,
    /// A triple-quoted string; any other string ends with its line.
    String,
}

impl Scan {
    pub fn partner(&self, at: usize) -> Option<usize> {
        self.pairs.iter().find_map(|&(open, close)| match at {
            _ if at == open => Some(close),
            _ if at == close => Some(open),
            _ => None,
        })
    }
}

pub fn scan(text: &str) -> Scan {
    let mut scanner = Scanner { text: text.as_bytes(), at: 0, open: Vec::new(), scan: Scan::default() };
    scanner.scan.lines.push(0);
    while scanner.at < text.len() {
        match scanner.open.last() {
            Some(&(Open::Quote(quote) | Open::Spec(quote))) => scanner.step_string(quote),
            _ => scanner.step_code(),
        }
    }
    scanner.finish()
}

#[derive(Clone, Copy)]
struct Quote {
    start: usize,
    byte: u8,
    triple: bool,
    raw: bool,
    format: bool,
}

#[derive(Clone, Copy)]
enum Open {
    Bracket(usize),
    Quote(Quote),
    /// The format specifier behind the colon of a replacement field.
    Spec(Quote),
}

/// Reads bytes: all characters that matter are ASCII, and no byte of a longer character is ASCII.
struct Scanner<'text> {
    text: &'text [u8],
    at: usize,
    open: Vec<Open>,
    scan: Scan,
}

impl Scanner<'_> {
    fn step_code(&mut self) {
        match self.text[self.at] {
            b'#' => {
                let length = self.rest().iter().take_while(|byte| !matches!(byte, b'\n' | b'\r')).count();
                self.take(length, PieceKind::Comment);
            }
            b'\\' => self.at += 1 + self.break_after(1),
            b'\n' => {
                self.at += 1;
                if self.open.is_empty() {
                    self.scan.lines.push(self.at);
                }
            }
            b'(' | b'[' | b'{' => self.open_bracket(),
            b')' | b']' | b'}' => self.close_bracket(),
            b':' if let Some(quote) = self.field() => self.open.push(Open::Spec(quote)),
            b'"' | b'\'' => self.open_quote(0),
            byte if is_word(byte) => self.pass_word(),
            _ => self.at += 1,
        }
    }

    fn step_string(&mut self, quote: Quote) {
        let in_spec = matches!(self.open.last(), Some(Open::Spec(_)));
        match self.text[self.at] {
            b'\\' => self.pass_backslash(quote),
            b'\n' if !quote.triple => self.abandon(quote),
            byte if byte == quote.byte && self.repeats(byte) >= quote.width() => self.close_quote(quote),
            b'{' | b'}' if quote.format && !in_spec && self.repeats(self.text[self.at]) > 1 => {
                self.take(2, PieceKind::Escape)
            }
            b'{' if quote.format => self.open_bracket(),
            b'}' if in_spec => {
                self.open.pop();
                self.close_bracket();
            }
            b'}' if quote.format => self.take(1, PieceKind::Stray),
            _ => self.take(1, PieceKind::String),
        }
    }

    /// Returns the string in whose replacement field the next byte is, if it is outside of the field's own brackets.
    fn field(&self) -> Option<Quote> {
        match self.open[..] {
            [.., Open::Quote(quote) | Open::Spec(quote), Open::Bracket(_)] => Some(quote),
            _ => None,
        }
    }

    fn pass_word(&mut self) {
        let word = self.rest().iter().take_while(|byte| is_word(**byte)).count();
        let prefix = self.rest()[..word].to_ascii_lowercase();
        let is_prefix =
            matches!(&prefix[..], b"r" | b"u" | b"b" | b"br" | b"rb" | b"f" | b"fr" | b"rf" | b"t" | b"tr" | b"rt");
        match self.rest().get(word) {
            Some(b'"' | b'\'') if is_prefix => self.open_quote(word),
            _ => self.at += word,
        }
    }

    fn open_quote(&mut self, prefix: usize) {
        let has = |letter: u8| self.rest()[..prefix].iter().any(|byte| byte.eq_ignore_ascii_case(&letter));
        let (raw, format) = (has(b'r'), has(b'f') || has(b't'));
        let byte = self.text[self.at + prefix];
        let run = self.rest()[prefix..].iter().take_while(|next| **next == byte).count();
        let quote = Quote { start: self.at, byte, triple: run >= 3, raw, format };
        self.take(prefix + quote.width(), PieceKind::String);
        self.open.push(Open::Quote(quote));
    }

    fn close_quote(&mut self, quote: Quote) {
        self.take(quote.width(), PieceKind::String);
        self.leave(quote);
    }

    /// Ends a string whose line ends before its closing quote.
    fn abandon(&mut self, quote: Quote) {
        self.scan.unfinished.push(quote.start..self.at);
        self.leave(quote);
    }

    fn leave(&mut self, quote: Quote) {
        let is_it = |open: &Open| matches!(open, Open::Quote(one) if one.start == quote.start);
        let depth = self.open.iter().rposition(is_it).unwrap_or(0);
        self.open.truncate(depth);
    }

    fn pass_backslash(&mut self, quote: Quote) {
        let next = self.rest().get(1).copied();
        match next {
            Some(b'\n' | b'\r') => self.take(1 + self.break_after(1), PieceKind::Escape),
            _ if quote.raw => {
                let guards = next == Some(quote.byte) || next == Some(b'\\');
                self.take(1 + usize::from(guards), PieceKind::String);
            }
            _ => match escape_length(&self.rest()[1..]) {
                0 => self.take(1, PieceKind::String),
                length => self.take(1 + length, PieceKind::Escape),
            },
        }
    }

    fn open_bracket(&mut self) {
        self.open.push(Open::Bracket(self.at));
        self.take(1, PieceKind::Bracket);
    }

    fn close_bracket(&mut self) {
        let opening = match self.text[self.at] {
            b')' => b'(',
            b']' => b'[',
            _ => b'{',
        };
        // The end of a replacement field also closes the brackets left open in it, or the string would never end.
        if opening == b'{'
            && let Some(field) = self.open.iter().rposition(|open| !matches!(open, Open::Bracket(_)))
            && field + 1 < self.open.len()
            && !self.open[field + 1..].iter().skip(1).any(|open| self.opens(open, b'{'))
        {
            self.open.truncate(field + 2);
        }
        match self.open.last() {
            Some(&Open::Bracket(start)) if self.text[start] == opening => {
                self.scan.pairs.push((start, self.at));
                self.open.pop();
                self.take(1, PieceKind::Bracket);
            }
            _ => self.take(1, PieceKind::Stray),
        }
    }

    fn opens(&self, open: &Open, byte: u8) -> bool {
        matches!(open, Open::Bracket(start) if self.text[*start] == byte)
    }

    /// Makes the next bytes a piece, or adds them to the piece before.
    fn take(&mut self, length: usize, kind: PieceKind) {
        let start = self.at;
        self.at += length;
        match self.scan.pieces.last_mut() {
            Some((range, last)) if kind == PieceKind::String && *last == kind && range.end == start => {
                range.end = self.at
            }
            _ => self.scan.pieces.push((start..self.at, kind)),
        }
    }

    fn rest(&self) -> &[u8] {
        &self.text[self.at..]
    }

    fn repeats(&self, byte: u8) -> usize {
        self.rest().iter().take(3).take_while(|next| **next == byte).count()
    }

    /// Returns the length of the line break at this distance from here, or 0.
    fn break_after(&self, distance: usize) -> usize {
        match self.rest()[distance..] {
            [b'\r', b'\n', ..] => 2,
            [b'\n' | b'\r', ..] => 1,
            _ => 0,
        }
    }

    fn finish(mut self) -> Scan {
        let end = self.open.iter().rev().find_map(|open| match open {
            Open::Bracket(_) => Some(End::Bracket),
            Open::Quote(quote) | Open::Spec(quote) => quote.triple.then_some(End::String),
        });
        self.scan.end = end.unwrap_or_default();
        if let Some(Open::Quote(quote)) = self.open.iter().find(|open| matches!(open, Open::Quote(_))) {
            self.scan.unfinished.push(quote.start..self.text.len());
        }
        self.scan
    }
}

impl Quote {
    fn width(self) -> usize {
        if self.triple { 3 } else { 1 }
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

/// Returns the length of an escape behind its backslash; 0 where Python keeps the backslash in the string.
fn escape_length(rest: &[u8]) -> usize {
    let digits = |most: usize| rest[1..].iter().take(most).take_while(|byte| byte.is_ascii_hexdigit()).count();
    match rest {
        [b'\\' | b'\'' | b'"' | b'a' | b'b' | b'f' | b'n' | b'r' | b't' | b'v', ..] => 1,
        [b'0'..=b'7', ..] => rest.iter().take(3).take_while(|byte| matches!(byte, b'0'..=b'7')).count(),
        [b'x', ..] if digits(2) == 2 => 3,
        [b'u', ..] if digits(4) == 4 => 5,
        [b'U', ..] if digits(8) == 8 => 9,
        [b'N', b'{', name @ ..] => {
            let length = name.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b" -".contains(byte)).count();
            if name.get(length) == Some(&b'}') { length + 3 } else { 0 }
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str) -> Vec<(&str, PieceKind)> {
        scan(text).pieces.into_iter().map(|(range, kind)| (&text[range], kind)).collect()
    }

    fn pairs(text: &str) -> Vec<(usize, usize)> {
        let mut pairs = scan(text).pairs;
        pairs.sort();
        pairs
    }

    #[test]
    fn strings_comments_and_brackets_are_told_from_code() {
        use PieceKind::{Bracket, Comment, Escape, Stray, String};
        let table: &[(&str, &[(&str, PieceKind)])] = &[
            ("x = 1", &[]),
            ("'a' + Rb\"\\n\"", &[("'a'", String), ("Rb\"\\n\"", String)]),
            ("'a\\'é\\q'", &[("'a", String), ("\\'", Escape), ("é\\q'", String)]),
            (
                "'\\18\\N{EM DASH}'",
                &[("'", String), ("\\1", Escape), ("8", String), ("\\N{EM DASH}", Escape), ("'", String)],
            ),
            ("'\\x4g\\x41", &[("'\\x4g", String), ("\\x41", Escape)]),
            ("a # '(\nb", &[("# '(", Comment)]),
            ("'#' # c\r\n", &[("'#'", String), ("# c", Comment)]),
            ("'abc\nx", &[("'abc", String)]),
            ("'a\\\nb'", &[("'a", String), ("\\\n", Escape), ("b'", String)]),
            ("'''a\n'b", &[("'''a\n'b", String)]),
            ("r'\\'' 1", &[("r'\\''", String)]),
            ("f'{x}'", &[("f'", String), ("{", Bracket), ("}", Bracket), ("'", String)]),
            ("f'{{}}}'", &[("f'", String), ("{{", Escape), ("}}", Escape), ("}", Stray), ("'", String)]),
            (
                "f'{x!r:>{w}}'",
                &[
                    ("f'", String),
                    ("{", Bracket),
                    (":>", String),
                    ("{", Bracket),
                    ("}", Bracket),
                    ("}", Bracket),
                    ("'", String),
                ],
            ),
            (
                "f'{d['a']}'",
                &[
                    ("f'", String),
                    ("{", Bracket),
                    ("[", Bracket),
                    ("'a'", String),
                    ("]", Bracket),
                    ("}", Bracket),
                    ("'", String),
                ],
            ),
            ("f'{(x}' y", &[("f'", String), ("{", Bracket), ("(", Bracket), ("}", Bracket), ("'", String)]),
            ("f'{x:}}'", &[("f'", String), ("{", Bracket), (":", String), ("}", Bracket), ("}", Stray), ("'", String)]),
            ("f'{x:' y", &[("f'", String), ("{", Bracket), (":'", String)]),
            ("(]", &[("(", Bracket), ("]", Stray)]),
        ];
        for (text, expected) in table {
            assert_eq!(pieces(text), *expected, "{text}");
        }
    }

    #[test]
    fn brackets_have_partners() {
        assert_eq!(pairs("f(a[1], ')')"), [(1, 11), (3, 5)]);
        assert_eq!(pairs("f'{a:{b}}'"), [(2, 8), (5, 7)]);
        assert_eq!(pairs("f'{ {1} }'"), [(2, 8), (4, 6)]);
        assert_eq!(pairs("(]"), []);
        assert_eq!(scan("(a)").partner(0), Some(2));
        assert_eq!(scan("(a)").partner(2), Some(0));
        assert_eq!(scan("(a)").partner(1), None);
    }

    #[test]
    fn the_end_of_the_text_is_known() {
        let table = [
            ("x", End::Code),
            ("f(x)", End::Code),
            ("f(x, [", End::Bracket),
            ("f(x, 'a", End::Bracket),
            ("x = 'a", End::Code),
            ("x = '''a\n", End::String),
            ("f'''{x", End::Bracket),
            ("f'''{x:", End::String),
        ];
        for (text, expected) in table {
            assert_eq!(scan(text).end, expected, "{text}");
        }
    }

    #[test]
    fn logical_lines_are_told_from_physical_ones() {
        assert_eq!(scan("a\nb\r\nc").lines, [0, 2, 5]);
        assert_eq!(scan("f(\n)\n'''\n'''\na \\\n b\nc").lines, [0, 5, 13, 20]);
    }

    #[test]
    fn a_string_without_an_end_ends_with_its_line_or_the_text() {
        assert_eq!(scan("x = 'a\ny = 'b").unfinished, [4..6, 11..13]);
        assert_eq!(scan("x = 'a\ny = f'''a{b[\n").unfinished, [4..6, 11..20]);
    }
}
