//! Colours the text that is being typed. `brackets` finds strings, comments and brackets, also those without an end;
//! `grammar` finds the rest.

use crate::repl::brackets::{self, PieceKind, Scan};
use crate::repl::grammar;
use crate::repl::input::{self, Input};
use crate::repl::theme::{Theme, Token};
use nu_ansi_term::Style;
use reedline::{Highlighter, StyledText};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use tree_sitter::Parser;

pub struct PythonHighlighter {
    theme: Arc<Theme>,
    commands: &'static [&'static str],
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The parser, made at its first use so that a session starts faster.
    parser: Option<Parser>,
    /// The last result, because reedline asks for the same text again whenever the cursor moves.
    last: Painting,
}

#[derive(Default)]
struct Painting {
    text: String,
    /// The coloured spans in the order of the text and without overlaps; the text between them is plain.
    spans: Vec<(Range<usize>, Token)>,
    scan: Scan,
}

impl PythonHighlighter {
    /// Makes a highlighter that knows these commands, which are given without their slash.
    pub fn new(theme: Arc<Theme>, commands: &'static [&'static str]) -> Self {
        Self { theme, commands, state: Mutex::default() }
    }

    fn paint(&self, text: &str, parser: &mut Option<Parser>) -> Painting {
        let text = text.to_owned();
        if let Some(name) = self.command(&text) {
            return Painting { text, spans: vec![(name, Token::Command)], scan: Scan::default() };
        }
        let scan = brackets::scan(&text);
        let mut spans = grammar::find_code(parser, &text, &scan);
        spans.extend(scan.pieces.iter().map(|(range, kind)| (range.clone(), token(*kind))));
        if let Input::Help { .. } = Input::of(&text) {
            spans.extend(input::mark(&text).map(|mark| (mark, Token::Command)));
        }
        spans.sort_by_key(|(range, _)| range.start);
        Painting { text, spans, scan }
    }

    /// Returns the place of the command's name with its slash, or of the `!`, if the text is a command.
    fn command(&self, text: &str) -> Option<Range<usize>> {
        match Input::of(text) {
            Input::Command { name, .. } if !self.commands.contains(&name) => None,
            Input::Command { .. } | Input::Shell(_) => input::mark(text),
            _ => None,
        }
    }
}

impl Highlighter for PythonHighlighter {
    fn highlight(&self, line: &str, cursor: usize) -> StyledText {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.last.text != line {
            state.last = self.paint(line, &mut state.parser);
        }
        let style = |token: Option<Token>| token.map_or_else(Style::new, |token| self.theme.style(token));
        let parts = state.last.parts(cursor).into_iter();
        StyledText { buffer: parts.map(|(text, token)| (style(token), visible(text))).collect() }
    }
}

/// Replaces control characters, which the terminal would obey, by visible characters of the same length in bytes, which
/// reedline counts.
pub fn visible(text: &str) -> String {
    let stand_in = |character: char| match character {
        '\n' | '\t' => character,
        '\0'..='\x1f' | '\x7f' => '?',
        '\u{80}'..='\u{9f}' => '¿',
        _ => character,
    };
    text.chars().map(stand_in).collect()
}

impl Painting {
    /// Returns the whole text, cut where the token changes.
    fn parts(&self, cursor: usize) -> Vec<(&str, Option<Token>)> {
        let pair = self.pair(cursor);
        let mut parts = Vec::with_capacity(2 * self.spans.len() + 1);
        let mut done = 0;
        for (range, token) in &self.spans {
            let is_match = pair.is_some_and(|pair| pair.contains(&range.start));
            parts.push((&self.text[done..range.start], None));
            parts.push((&self.text[range.clone()], Some(if is_match { Token::BracketMatch } else { *token })));
            done = range.end;
        }
        parts.push((&self.text[done..], None));
        parts.retain(|(text, _)| !text.is_empty());
        parts
    }

    fn pair(&self, cursor: usize) -> Option<[usize; 2]> {
        let near = [Some(cursor), cursor.checked_sub(1)];
        near.into_iter().flatten().find_map(|at| Some([at, self.scan.partner(at)?]))
    }
}

fn token(kind: PieceKind) -> Token {
    match kind {
        PieceKind::String => Token::String,
        PieceKind::Escape => Token::Escape,
        PieceKind::Comment => Token::Comment,
        PieceKind::Bracket => Token::Bracket,
        PieceKind::Stray => Token::Error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = r#"# Ein Beispiel: größer, 日本語 👩‍👩‍👧 é
from __future__ import annotations
import os.path as p, sys

@functools.cache
@app.route("/ä", methods=["GET"])
async def fetch(url: str, *args, id=0x1F, **kwargs) -> dict[str, int]:
    """Doc with 'quotes' and \"escapes\"
    over lines: def not_code(x): return [(
    """
    async with session.get(f"{url!r:>{width}} {{no}} {d["k"]:%Y}\n", timeout=1.5e3j) as r:
        match await r.json():
            case {"a": [1, _, *rest], **more} if rest is not None and x not in more:
                return {k: v for k, v in more.items() if v != -1 or not k}
            case Point(x=0) | None:
                print(rf'\d{x}', b"\x00\'", u'ü', sep="")
    try:
        type Alias[T] = list[T] | tuple[()]
        x = lambda a, /, b=...: (yield) if a @ b else ~a ** 2 // 3 << 1
    except* (ValueError, OSError) as e:
        raise RuntimeError(f'''{
            e  # why
        }''') from e
    else:
        del x[1:2, ::3]; global g
    finally:
        assert (n := len(y)) > 1_000, "no" \
            "t"

class Größe(Base, metaclass=Meta):
    slots: ClassVar = ('a', 'b')
"#;

    fn highlighter() -> PythonHighlighter {
        PythonHighlighter::new(Arc::new(Theme::default()), &["help", "model"])
    }

    /// Returns the coloured parts, without plain text and ordinary brackets.
    fn parts(text: &str, cursor: usize) -> Vec<(String, Token)> {
        let painting = highlighter().paint(text, &mut None);
        let token = |(text, token): (&str, Option<Token>)| Some((text.to_owned(), token?));
        let parts = painting.parts(cursor).into_iter().filter_map(token);
        parts.filter(|(_, token)| *token != Token::Bracket).collect()
    }

    fn check(table: &[(&str, &[(&str, Token)])]) {
        for (text, expected) in table {
            let expected: Vec<_> = expected.iter().map(|(text, token)| (text.to_string(), *token)).collect();
            assert_eq!(parts(text, usize::MAX), expected, "{text:?}");
        }
    }

    /// Checks that highlighting changes no character, wherever the cursor is.
    fn check_text(text: &str, cursors: &[usize]) {
        let highlighter = highlighter();
        for cursor in cursors {
            assert_eq!(highlighter.highlight(text, *cursor).raw_string(), visible(text));
        }
    }

    #[test]
    fn code_is_highlighted() {
        use Token::*;
        check(&[
            ("if x and not y: pass", &[("if", Keyword), ("and", Keyword), ("not", Keyword), ("pass", Keyword)]),
            ("print(f(x), a.len(1).b)", &[("print", Builtin), ("f", Function), ("len", Function), ("1", Number)]),
            ("f(id=id)", &[("f", Function), ("=", Operator), ("id", Builtin)]),
            ("0x1f -1.5e3j", &[("0x1f", Number), ("-", Operator), ("1.5e3j", Number)]),
            ("None, ..., True", &[("None", Constant), ("...", Constant), ("True", Constant)]),
            ("x @= a @ b  # c", &[("@=", Operator), ("@", Operator), ("# c", Comment)]),
            ("match = type", &[("=", Operator), ("type", Builtin)]),
            ("type X = int", &[("type", Keyword), ("=", Operator), ("int", Builtin)]),
            ("match x:\n  case 1: y", &[("match", Keyword), ("case", Keyword), ("1", Number)]),
            ("class A(B): ...", &[("class", Keyword), ("A", Class), ("...", Constant)]),
            (
                "@a.b(c)\ndef f(): d",
                &[("@", Decorator), ("a", Decorator), ("b", Decorator), ("def", Keyword), ("f", Function)],
            ),
            (
                "f'{x!r:>{len}}{{' \"\\n\"",
                &[
                    ("f'", String),
                    ("!r", Operator),
                    (":>", String),
                    ("len", Builtin),
                    ("{{", Escape),
                    ("'", String),
                    ("\"", String),
                    ("\\n", Escape),
                    ("\"", String),
                ],
            ),
        ]);
    }

    #[test]
    fn unfinished_code_is_highlighted_as_what_it_will_be() {
        use Token::*;
        check(&[
            ("def f(x, y", &[("def", Keyword), ("f", Function)]),
            ("class", &[("class", Keyword)]),
            ("for x in", &[("for", Keyword), ("in", Keyword)]),
            ("await", &[("await", Keyword)]),
            ("@a.b", &[("@", Decorator), ("a", Decorator), ("b", Decorator)]),
            ("match f(x", &[("match", Keyword), ("f", Function)]),
            ("match x:\n  case A(1", &[("match", Keyword), ("case", Keyword), ("A", Function), ("1", Number)]),
            ("return 'if é", &[("return", Keyword), ("'if é", String)]),
            ("x = 'a(\nlen(1)", &[("=", Operator), ("'a(", String), ("len", Builtin), ("1", Number)]),
            ("def f():\n  '''if\nit's", &[("def", Keyword), ("f", Function), ("'''if\nit's", String)]),
            ("return'a", &[("return", Keyword), ("'a", String)]),
            ("match '''a\nb", &[("match", Keyword), ("'''a\nb", String)]),
            ("f(id=f'{x} (", &[("f", Function), ("=", Operator), ("f'", String), (" (", String)]),
            ("f(x\ndef g", &[("f", Function), ("def", Keyword), ("g", Function)]),
            ("f('a\ndef g(): x", &[("f", Function), ("'a", String), ("def", Keyword), ("g", Function)]),
            ("f'if {x + 1", &[("f'if ", String), ("+", Operator), ("1", Number)]),
        ]);
    }

    #[test]
    fn commands_are_told_from_code() {
        use Token::Command;
        check(&[
            ("/help if 'x'\nif", &[("/help", Command)]),
            ("/model", &[("/model", Command)]),
            ("  /help x", &[("/help", Command)]),
            ("  !ls", &[("!", Command)]),
            ("  len?", &[("len", Token::Builtin), ("?", Command)]),
            ("/if", &[("/", Token::Operator), ("if", Token::Keyword)]),
            ("!ls 'if", &[("!", Command)]),
            ("len?", &[("len", Token::Builtin), ("?", Command)]),
            ("a.b_1?? ", &[("??", Command)]),
            (" ?len", &[("?", Command), ("len", Token::Builtin)]),
            ("a???", &[]),
            ("1?", &[("1", Token::Number)]),
            ("?", &[]),
        ]);
    }

    #[test]
    fn the_bracket_at_the_cursor_and_its_partner_are_marked() {
        let table: &[(&str, usize, &[&str])] = &[
            ("(a[1])", 0, &["(", ")"]),
            ("(a[1])", 1, &["(", ")"]),
            ("(a[1])", 2, &["[", "]"]),
            ("(a[1])", 5, &["(", ")"]),
            ("(a[1])", 6, &["(", ")"]),
            ("(a  )", 3, &[]),
            ("(a", 0, &[]),
            ("'()'", 1, &[]),
            ("# ()", 2, &[]),
            ("f'{x}'", 2, &["{", "}"]),
        ];
        for (text, cursor, expected) in table {
            let marked = parts(text, *cursor).into_iter().filter(|(_, token)| *token == Token::BracketMatch);
            assert_eq!(marked.map(|(text, _)| text).collect::<Vec<_>>(), *expected, "{text} at {cursor}");
        }
        check(&[("a(])", &[("a", Token::Function), ("]", Token::Error)])]);
    }

    #[test]
    fn every_beginning_of_a_text_keeps_its_characters() {
        for (end, _) in SAMPLE.char_indices() {
            check_text(&SAMPLE[..end], &[0, end / 2, end]);
        }
    }

    #[test]
    fn odd_texts_keep_their_characters() {
        check_text(&SAMPLE.replace('\n', "\r\n"), &[0]);
        let deep = ["(", "f'{", "[{", "lambda: (", "if x:\n\t"].map(|piece| piece.repeat(2_000));
        let odd = [
            "",
            "\0",
            "'\0",
            "\\",
            "'\\",
            "\r",
            "\u{feff}x",
            "😀'''😀",
            "f'{x:{y:{",
            "'\\N{",
            "/",
            "!",
            "??",
            "\n/help",
        ];
        for text in odd.into_iter().chain(deep.iter().map(String::as_str)) {
            check_text(text, &[0, 1, text.len(), usize::MAX]);
        }
    }

    #[test]
    fn control_characters_are_shown_at_their_length() {
        let shown = highlighter().highlight("'\x1b[31m\u{9b}'\n\t\x7f\r", 0).raw_string();
        assert_eq!(shown, "'?[31m¿'\n\t??");
    }

    #[test]
    fn a_parser_is_made_and_used_only_when_the_text_needs_it() {
        let highlighter = highlighter();
        let parser = || highlighter.state.lock().unwrap().parser.take();
        highlighter.highlight("!ls", 0);
        assert!(parser().is_none());
        highlighter.highlight("f(x)", 0);
        assert!(parser().is_some());
        highlighter.highlight("f(x)", 1);
        assert!(parser().is_none());
    }
}
