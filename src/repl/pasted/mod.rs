//! Cleans text copied from elsewhere: removes what is not code (prompts, output, indentation, special spaces) and says
//! so, and names typographic characters. A text that is valid Python is never changed.

use super::brackets::{self, PieceKind, Scan};
use super::indent::indent;
use super::input::Input;

/// The compiler's verdict on a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Whole,
    /// An incomplete text: more lines may follow.
    Open,
    Invalid,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Cleaned {
    pub code: String,
    /// The changes, in words.
    pub done: String,
    /// Whether lines were moved against each other, so that the code may mean something else than was copied.
    pub is_guess: bool,
}

/// Returns the code of a pasted text, None where the text stays as it is.
pub fn clean(text: &str, verdict: impl Fn(&str) -> Verdict) -> Option<Cleaned> {
    // No statement starts with a prompt, so behind a prompt is code, right or wrong. Other results must compile.
    let is_transcript = text.trim_start().lines().next().and_then(Prompt::of).is_some_and(|prompt| prompt.is_first);
    let is_other = !is_transcript && !matches!(Input::of(text), Input::Python(_));
    let found = verdict(text);
    if is_other || found == Verdict::Whole || found == Verdict::Open && !is_transcript {
        return None;
    }
    let mut done = Vec::new();
    let mut code = text.to_owned();
    if let Some((inner, outputs)) = without_prompts(text, &verdict) {
        code = inner;
        done.push("prompts taken off".to_owned());
        match outputs {
            0 => {}
            1 => done.push("1 line of output left out".to_owned()),
            _ => done.push(format!("{outputs} lines of output left out")),
        }
    }
    let spaced = with_plain_spaces(&code);
    if spaced != code {
        code = spaced;
        done.push("special spaces replaced".to_owned());
    }
    let (mut is_indented, mut is_guess) = (false, false);
    if verdict(&code) == Verdict::Invalid
        && let Some((inner, is_uniform)) = without_indentation(&code, &verdict)
    {
        code = inner;
        (is_indented, is_guess) = (is_uniform, !is_uniform);
        done.push("indentation taken off".to_owned());
    }
    let is_sure = is_transcript || is_indented || verdict(&code) == Verdict::Whole;
    (is_sure && !done.is_empty()).then(|| Cleaned { code, done: done.join(", "), is_guess })
}

/// The prompt that a line of a transcript starts with.
struct Prompt<'a> {
    /// Whether it is `>>>` or `In [1]:`, not a continuation prompt.
    is_first: bool,
    is_ipython: bool,
    code: &'a str,
}

impl<'a> Prompt<'a> {
    fn of(line: &'a str) -> Option<Self> {
        let line = line.trim_start();
        let numbered = || {
            let (number, rest) = line.strip_prefix("In [")?.split_once("]:")?;
            number.bytes().all(|byte| byte.is_ascii_digit()).then_some(rest)
        };
        let (is_first, is_ipython, rest) = if let Some(rest) = line.strip_prefix(">>>") {
            (true, false, rest)
        } else if let Some(rest) = line.strip_prefix("...:") {
            (false, true, rest)
        } else if let Some(rest) = line.strip_prefix("...") {
            (false, false, rest)
        } else {
            (true, true, numbered()?)
        };
        let code = if rest.is_empty() { rest } else { rest.strip_prefix([' ', '\u{a0}'])? };
        Some(Prompt { is_first, is_ipython, code })
    }
}

/// Returns the code of a transcript and its number of output lines. The first line may lack its prompt: a selection by
/// mouse often starts behind it.
fn without_prompts(text: &str, verdict: impl Fn(&str) -> Verdict) -> Option<(String, usize)> {
    let lines: Vec<&str> = text.trim_start_matches(['\n', '\r']).lines().collect();
    let prompts: Vec<_> = lines.iter().map(|line| Prompt::of(line)).collect();
    let start = prompts.iter().take(2).position(Option::is_some)?;
    // Behind a whole line `...` can be code that was left out. As a prompt it stands before all the lines that follow.
    let goes_on = |(line, prompt): (&&str, &Option<Prompt>)| {
        line.trim().is_empty() || prompt.as_ref().is_some_and(|prompt| !prompt.is_first)
    };
    let is_first = prompts[start].as_ref().is_some_and(|prompt| prompt.is_first);
    if start == 1 && !is_first && verdict(lines[0]) != Verdict::Open && !lines.iter().zip(&prompts).skip(1).all(goes_on)
    {
        return None;
    }
    let is_ipython = prompts[start].as_ref().is_some_and(|prompt| prompt.is_ipython);
    let mut code = Vec::from(&lines[..start]);
    let (mut outputs, mut in_code) = (0, true);
    for (line, prompt) in lines.iter().zip(&prompts).skip(start) {
        match prompt {
            // A `    ...` in a printed traceback is output: a doctest leaves lines out there.
            Some(prompt) if prompt.is_ipython == is_ipython && (prompt.is_first || in_code) => {
                code.push(prompt.code);
                in_code = true;
            }
            _ => {
                outputs += usize::from(!line.trim().is_empty());
                in_code = false;
            }
        }
    }
    Some((code.join("\n").trim_end().to_owned(), outputs))
}

/// Replaces the special spaces of web pages and word processors, which are errors in Python, outside of strings and
/// comments.
fn with_plain_spaces(text: &str) -> String {
    in_code(text, |character| match character {
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => Some(" "),
        '\u{ad}' | '\u{200b}' | '\u{2060}' | '\u{feff}' => Some(""),
        _ => None,
    })
}

/// Replaces characters outside of strings and comments.
fn in_code(text: &str, replacement: impl Fn(char) -> Option<&'static str>) -> String {
    let scan = brackets::scan(text);
    let mut replaced = String::with_capacity(text.len());
    for (at, character) in text.char_indices() {
        match replacement(character).filter(|_| is_code(&scan, at)) {
            Some(other) => replaced.push_str(other),
            None => replaced.push(character),
        }
    }
    replaced
}

fn is_code(scan: &Scan, at: usize) -> bool {
    let next = scan.pieces.partition_point(|(piece, _)| piece.end <= at);
    scan.pieces
        .get(next)
        .is_none_or(|(piece, kind)| piece.start > at || matches!(kind, PieceKind::Bracket | PieceKind::Stray))
}

/// Returns the text without the common indentation of its lines; or, where that makes it Python, without that of its
/// first line alone or of all other lines, because a selection by mouse started too early or too late. The flag says
/// whether all lines were indented.
fn without_indentation(text: &str, verdict: impl Fn(&str) -> Verdict) -> Option<(String, bool)> {
    let scan = brackets::scan(text);
    let mut start = 0;
    let mut lines = Vec::new();
    for line in text.split('\n') {
        // A line inside of a string is text.
        let is_text = start > 0 && !is_code(&scan, start - 1);
        lines.push((line, !is_text && !line.trim().is_empty()));
        start += line.len() + 1;
    }
    // A comment may stand anywhere.
    let is_statement = |(line, is_code): &&(&str, bool)| *is_code && !line[indent(line).len()..].starts_with('#');
    let common = |from: usize| {
        let indented = lines[from..].iter().filter(is_statement).map(|(line, _)| indent(line));
        indented.reduce(|one, other| &one[..shared(one, other)]).unwrap_or_default().len()
    };
    let stripped = |range: std::ops::Range<usize>, width: usize| -> String {
        let line = |(number, (line, is_code)): (usize, &(&str, bool))| {
            if *is_code && range.contains(&number) {
                line[width.min(indent(line).len())..].to_owned()
            } else {
                (*line).to_owned()
            }
        };
        lines.iter().enumerate().map(line).collect::<Vec<_>>().join("\n")
    };
    let first = lines.iter().position(|line| is_statement(&line))?;
    let (all, own, others) = (common(first), indent(lines[first].0).len(), common(first + 1));
    let uniform = (all > 0).then(|| stripped(0..lines.len(), all));
    let is_python = |text: &String| verdict(text) == Verdict::Whole;
    let uneven = [(first..first + 1, own), (first + 1..lines.len(), others)];
    if let Some(text) = uniform.as_ref().filter(|text| verdict(text) != Verdict::Invalid) {
        return Some((text.clone(), true));
    }
    let uneven = uneven.into_iter().filter(|(_, width)| *width > 0).map(|(range, width)| stripped(range, width));
    uneven.into_iter().find(is_python).map(|text| (text, false)).or(uniform.map(|text| (text, true)))
}

fn shared(one: &str, other: &str) -> usize {
    one.bytes().zip(other.bytes()).take_while(|(one, other)| one == other).count()
}

/// Returns the first typographic character outside of strings and comments, its ASCII form, and its line in ASCII.
pub fn typographic(source: &str) -> Option<(char, &'static str, String)> {
    let scan = brackets::scan(source);
    let found = |(at, character)| Some((at, character, ascii(character).filter(|_| is_code(&scan, at))?));
    let (at, character, form) = source.char_indices().find_map(found)?;
    let number = source[..at].matches('\n').count();
    let line = with_plain_spaces(&in_code(source, ascii)).lines().nth(number)?.trim().to_owned();
    Some((character, form, line))
}

fn ascii(character: char) -> Option<&'static str> {
    Some(match character {
        '“' | '”' | '„' | '‟' | '«' | '»' | '″' | '＂' => "\"",
        '‘' | '’' | '‚' | '‛' | '‹' | '›' | '′' | '´' | '＇' => "'",
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '－' => "-",
        '…' => "...",
        '×' => "*",
        '÷' => "/",
        '（' => "(",
        '）' => ")",
        '［' => "[",
        '］' => "]",
        '，' => ",",
        '：' => ":",
        '；' => ";",
        '＝' => "=",
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
