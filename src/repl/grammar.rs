//! Finds the keywords, names, numbers and operators of a Python text. The grammar distinguishes a soft keyword from a
//! name and goes on after an error; strings, comments and brackets are found by `brackets` before.

use crate::repl::brackets::{PieceKind, Scan};
use crate::repl::theme::Token;
use std::ops::Range;
use tree_sitter::{Node, Parser};

/// The widest leading white space that the grammar is given. The grammar has 1024 bytes for the levels of indentation
/// (two bytes each) and of strings in strings (up to 255, one byte each), and ends the process when they are full.
/// CPython itself takes a hundred levels of indentation.
const WIDEST_BLANK: usize = 380;

/// Returns the stretches of code that have a token, in the order of the text.
pub fn find_code(parser: &mut Option<Parser>, text: &str, scan: &Scan) -> Vec<(Range<usize>, Token)> {
    if widest_blank(text) > WIDEST_BLANK {
        return Vec::new();
    }
    let tree = parser.get_or_insert_with(new_parser).parse(blank_unfinished(text, scan), None);
    let tree = tree.expect("a parser with a language and no limits parses");
    let is_code = |range: &Range<usize>| {
        let next = scan.pieces.partition_point(|(piece, _)| piece.end <= range.start);
        scan.pieces.get(next).is_none_or(|(piece, _)| piece.start >= range.end)
    };
    let mut found = Vec::new();
    let mut context = Context { text, previous: "", is_decorator: false };
    let mut cursor = tree.walk();
    // This loop does not recurse, because brackets may be nested as deep as the text is long.
    loop {
        if !cursor.goto_first_child() {
            let range = cursor.node().byte_range();
            let token = context.token(cursor.node(), cursor.field_name());
            found.extend(token.filter(|_| is_code(&range)).map(|token| (range, token)));
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return found;
                }
            }
        }
    }
}

/// Returns the widest leading white space: no line can be on more levels than that. The grammar counts lines joined by
/// a backslash as one line.
fn widest_blank(text: &str) -> usize {
    let runs = text.as_bytes().split(|byte| !matches!(byte, b' ' | b'\t' | b'\x0c' | b'\r' | b'\n' | b'\\'));
    let width = |run: &[u8]| run.iter().map(|byte| if *byte == b'\t' { 8 } else { 1 }).sum();
    runs.map(width).max().unwrap_or_default()
}

fn new_parser() -> Parser {
    let mut parser = Parser::new();
    parser
        .set_language(&tree_sitter_python::LANGUAGE.into())
        .expect("the grammar is of a version that the parser knows");
    parser
}

/// Replaces strings without an end by a name: the grammar would read their text as code.
fn blank_unfinished(text: &str, scan: &Scan) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for range in &scan.unfinished {
        let first = scan.pieces.partition_point(|(piece, _)| piece.start < range.start);
        for (piece, kind) in scan.pieces[first..].iter().take_while(|(piece, _)| piece.end <= range.end) {
            if matches!(kind, PieceKind::String | PieceKind::Escape) {
                bytes[piece.clone()].fill(b'_');
                bytes[piece.start] = b' ';
            }
        }
    }
    bytes
}

/// What is known of a leaf from the leaves before it, also inside of what the grammar takes for an error.
struct Context<'text> {
    text: &'text str,
    previous: &'text str,
    is_decorator: bool,
}

impl<'text> Context<'text> {
    fn token(&mut self, leaf: Node, field: Option<&str>) -> Option<Token> {
        let word = self.text.get(leaf.byte_range()).filter(|word| !word.is_empty())?;
        let token = match leaf.kind() {
            "identifier" | "print" | "exec" => self.name(word, leaf.end_byte(), field),
            "integer" | "float" => Some(Token::Number),
            "true" | "false" | "none" | "ellipsis" => Some(Token::Constant),
            "@" if self.starts_line(leaf.start_byte()) => Some(Token::Decorator),
            "type_conversion" => Some(Token::Operator),
            "," | ";" | ":" | "." | "_" | "__future__" => None,
            _ if leaf.is_named() => None,
            kind if kind.starts_with(|letter: char| letter.is_ascii_alphabetic()) => Some(Token::Keyword),
            _ => Some(Token::Operator),
        };
        self.is_decorator = token == Some(Token::Decorator) || (self.is_decorator && word == ".");
        self.previous = word;
        token
    }

    fn name(&self, word: &str, end: usize, field: Option<&str>) -> Option<Token> {
        let is_called = || self.text[end..].trim_start_matches([' ', '\t']).starts_with('(');
        match self.previous {
            "def" => Some(Token::Function),
            "class" => Some(Token::Class),
            "@" | "." if self.is_decorator => Some(Token::Decorator),
            "." => is_called().then_some(Token::Function),
            // The grammar takes a keyword for a name where it cannot stand, as in a bracket that is not closed yet.
            _ if KEYWORDS.binary_search(&word).is_ok() => Some(Token::Keyword),
            // This is the name of an argument, which has nothing to do with the builtin of that name.
            _ if field == Some("name") => None,
            _ if BUILTINS.binary_search(&word).is_ok() => Some(Token::Builtin),
            _ => is_called().then_some(Token::Function),
        }
    }

    fn starts_line(&self, at: usize) -> bool {
        let before = self.text[..at].trim_end_matches([' ', '\t']);
        before.is_empty() || before.ends_with('\n')
    }
}

/// The keywords, sorted for a binary search as the lists below.
#[rustfmt::skip]
const KEYWORDS: &[&str] = &[
    "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else", "except",
    "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not", "or", "pass",
    "raise", "return", "try", "while", "with", "yield",
];

/// The builtin names of CPython 3.13.
#[rustfmt::skip]
const BUILTINS: &[&str] = &[
    "ArithmeticError", "AssertionError", "AttributeError", "BaseException", "BaseExceptionGroup", "BlockingIOError",
    "BrokenPipeError", "BufferError", "BytesWarning", "ChildProcessError", "ConnectionAbortedError",
    "ConnectionError", "ConnectionRefusedError", "ConnectionResetError", "DeprecationWarning", "EOFError", "Ellipsis",
    "EncodingWarning", "EnvironmentError", "Exception", "ExceptionGroup", "FileExistsError", "FileNotFoundError",
    "FloatingPointError", "FutureWarning", "GeneratorExit", "IOError", "ImportError", "ImportWarning",
    "IndentationError", "IndexError", "InterruptedError", "IsADirectoryError", "KeyError", "KeyboardInterrupt",
    "LookupError", "MemoryError", "ModuleNotFoundError", "NameError", "NotADirectoryError", "NotImplemented",
    "NotImplementedError", "OSError", "OverflowError", "PendingDeprecationWarning", "PermissionError",
    "ProcessLookupError", "PythonFinalizationError", "RecursionError", "ReferenceError", "ResourceWarning",
    "RuntimeError", "RuntimeWarning", "StopAsyncIteration", "StopIteration", "SyntaxError", "SyntaxWarning",
    "SystemError", "SystemExit", "TabError", "TimeoutError", "TypeError", "UnboundLocalError", "UnicodeDecodeError",
    "UnicodeEncodeError", "UnicodeError", "UnicodeTranslateError", "UnicodeWarning", "UserWarning", "ValueError",
    "Warning", "ZeroDivisionError", "__import__", "abs", "aiter", "all",
    "anext", "any", "ascii", "bin", "bool", "breakpoint", "bytearray", "bytes", "callable", "chr", "classmethod",
    "compile", "complex", "delattr", "dict", "dir", "divmod", "enumerate", "eval", "exec", "exit", "filter", "float",
    "format", "frozenset", "getattr", "globals", "hasattr", "hash", "help", "hex", "id", "input", "int", "isinstance",
    "issubclass", "iter", "len", "list", "locals", "map", "max", "memoryview", "min", "next", "object", "oct", "open",
    "ord", "pow", "print", "property", "quit", "range", "repr", "reversed", "round", "set", "setattr", "slice",
    "sorted", "staticmethod", "str", "sum", "super", "tuple", "type", "vars", "zip",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repl::brackets;

    fn found(text: &str) -> usize {
        find_code(&mut None, text, &brackets::scan(text)).len()
    }

    #[test]
    fn the_grammar_is_spared_what_it_does_not_survive() {
        let nested = |levels: usize, blank: fn(usize) -> String| -> String {
            (0..levels).map(|level| blank(level) + "if x:\n").chain([blank(levels) + "'a'"]).collect()
        };
        let tables: [fn(usize) -> String; 3] = [
            |level| " ".repeat(level),
            |level| "\t".repeat(level / 8) + &" ".repeat(level % 8),
            |level| " \\\n".repeat(level),
        ];
        for blank in tables {
            assert_eq!(found(&nested(100, blank)), 100);
            found(&nested(600, blank));
        }
    }

    #[test]
    fn the_lists_can_be_searched() {
        assert!(KEYWORDS.is_sorted());
        assert!(BUILTINS.is_sorted());
    }
}
