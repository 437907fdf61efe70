//! Computes indentation from the text on the left of the cursor: of the next line after Enter, of a line after
//! Backspace, and of a clause such as `else:` once it is complete.

use crate::repl::brackets::{self, End, PieceKind, Scan};
use std::ops::Range;

const UNIT: &str = "    ";

/// Returns the white space that a new line starts with.
pub fn next_line(before: &str) -> String {
    let typed = Typed::new(before);
    let statement = typed.statement();
    let current = match typed.scan.end {
        End::String => "",
        End::Code if !statement.is_empty() && !statement.ends_with('\\') => indent(typed.last),
        // The user decides the layout of a line that continues another, and of a line without a statement.
        End::Code | End::Bracket => indent(last_line(before)),
    };
    if typed.is_opened() {
        current.to_owned() + typed.unit(current)
    } else if typed.is_left() {
        current[..typed.outer(current)].to_owned()
    } else {
        current.to_owned()
    }
}

/// Returns the white space that the new line starts with when a line is broken at the cursor, and how many bytes of
/// white space behind the cursor it replaces. A line that is broken in or before its indentation keeps all of it.
pub fn broken(before: &str, after: &str) -> (String, usize) {
    let rest = after.split('\n').next().unwrap_or_default();
    let (left, behind) = (last_line(before), indent(rest));
    if left.trim_start().is_empty() && behind.len() < rest.len() {
        return (left.to_owned(), 0);
    }
    let surplus = if Typed::new(before).scan.end == End::String { 0 } else { behind.len() };
    (next_line(before), surplus)
}

/// Returns how many bytes of white space Backspace removes; None when the cursor is not in leading white space.
pub fn dedent(before: &str) -> Option<usize> {
    let current = last_line(before);
    if current.is_empty() || indent(current).len() < current.len() {
        return None;
    }
    let typed = Typed::new(before);
    (typed.scan.end != End::String).then(|| current.len() - typed.outer(current))
}

/// Returns how many bytes of its indentation a clause loses, once its `:` is typed, to line up with the line that it
/// belongs to. None when it already does, and when no line fits.
pub fn wants_dedent(before: &str) -> Option<usize> {
    let typed = Typed::new(before);
    let statement = typed.statement();
    // A clause over several lines has its indentation in its first line, not in the cursor's.
    let is_whole = typed.last.ends_with(statement) && !statement.contains('\n');
    if typed.scan.end != End::Code || !is_whole || !typed.is_opened() {
        return None;
    }
    let width = indent(typed.last).len();
    let (_, earlier) = typed.lines.split_last()?;
    let partner = partner(clause(statement)?, earlier, width)?;
    Some(width - partner).filter(|surplus| *surplus > 0)
}

/// The logical lines of the text left of the cursor.
struct Typed<'text> {
    scan: Scan,
    text: &'text str,
    /// The logical line of the cursor.
    last: &'text str,
    /// The logical lines with code in them; `last` may be one of them.
    lines: Vec<&'text str>,
}

impl<'text> Typed<'text> {
    fn new(text: &'text str) -> Self {
        let scan = brackets::scan(text);
        let ends = scan.lines[1..].iter().copied().chain([text.len()]);
        let all: Vec<&str> = scan.lines.iter().zip(ends).map(|(start, end)| &text[*start..end]).collect();
        let last = all.last().copied().unwrap_or_default();
        let has_code = |line: &&str| !line.trim_start().is_empty() && !line.trim_start().starts_with('#');
        let lines = all.iter().copied().filter(has_code).collect();
        Self { scan, text, last, lines }
    }

    /// Returns the last logical line without its indentation and without the comment at its end.
    fn statement(&self) -> &'text str {
        let end = match self.scan.pieces.last() {
            Some((range, PieceKind::Comment)) if self.text[range.end..].trim().is_empty() => range.start,
            _ => self.text.len(),
        };
        let start = self.text.len() - self.last.len() + indent(self.last).len();
        self.text.get(start..end).unwrap_or_default().trim_end()
    }

    /// Whether a block or a bracket starts at the end; a colon or bracket in a string does not count.
    fn is_opened(&self) -> bool {
        let end = self.text.len() - self.last.len() + indent(self.last).len() + self.statement().len();
        let is_string =
            |(range, kind): &(Range<usize>, PieceKind)| *kind == PieceKind::String && range.contains(&(end - 1));
        let openers: &[char] = match self.scan.end {
            End::Code => &[':'],
            End::Bracket => &['(', '[', '{'],
            End::String => &[],
        };
        self.statement().ends_with(openers) && !self.scan.pieces.iter().any(is_string)
    }

    /// Whether the last statement leaves the block (`return`, `break`), so that nothing can follow in it.
    fn is_left(&self) -> bool {
        let statement = self.statement();
        let leaves = matches!(word(statement), "return" | "raise" | "pass" | "break" | "continue");
        leaves && self.scan.end == End::Code && !statement.ends_with('\\')
    }

    /// Returns the white space of one more level: as in the current block, or else as in the first block of the text.
    fn unit(&self, current: &str) -> &'text str {
        let step = |index: usize| {
            let (line, earlier) = (self.lines[index], &self.lines[..index]);
            let outer = enclosing(earlier, indent(line).len())?;
            indent(line).strip_prefix(indent(self.lines[outer]))
        };
        let nearest_first = self.lines.len().checked_sub(1).into_iter().chain(0..self.lines.len());
        let fallback = if current.starts_with('\t') { "\t" } else { UNIT };
        nearest_first.filter_map(step).next().unwrap_or(fallback)
    }

    /// Returns the width of the level outside of this indentation: that of the enclosing block, or else whole units.
    fn outer(&self, current: &str) -> usize {
        let width = current.len();
        let width_of = |index: usize| indent(self.lines[index]).len();
        let block = enclosing(&self.lines, width).map(width_of);
        let is_level = enclosing(&self.lines, width + 1).map(width_of) == Some(width);
        match block {
            Some(block) if is_level => block,
            _ => {
                let block = block.unwrap_or_default();
                block + width.saturating_sub(block + 1) / self.unit(current).len() * self.unit(current).len()
            }
        }
    }
}

fn last_line(text: &str) -> &str {
    text.rsplit('\n').next().unwrap_or_default()
}

/// Returns the white space that a line starts with.
pub fn indent(line: &str) -> &str {
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

/// Returns the word that a line starts with; for `async for` it is `for`.
fn word(line: &str) -> &str {
    let line = &line[indent(line).len()..];
    let line = line.strip_prefix("async ").unwrap_or(line);
    line.split(|letter: char| !letter.is_alphanumeric() && letter != '_').next().unwrap_or_default()
}

/// Returns the nearest line that is indented less.
fn enclosing(lines: &[&str], width: usize) -> Option<usize> {
    lines.iter().rposition(|line| indent(line).len() < width)
}

/// Returns the keyword of a clause, which belongs to a line before it.
fn clause(statement: &str) -> Option<&str> {
    let word = word(statement);
    let rest = statement.strip_prefix(word)?.trim_end_matches(':').trim();
    let is_clause = match word {
        "else" | "finally" => rest.is_empty(),
        "except" => true,
        // `case` may also be the name of a variable.
        "case" => !rest.is_empty() && !rest.starts_with(['.', '=']),
        "elif" => !rest.is_empty(),
        _ => false,
    };
    is_clause.then_some(word)
}

/// Returns the indentation of the line that a clause belongs to: the line before it on its level, or the nearest
/// enclosing line.
fn partner(clause: &str, lines: &[&str], width: usize) -> Option<usize> {
    let mut index = enclosing(lines, width + 1)?;
    loop {
        let width = indent(lines[index]).len();
        match (clause, word(lines[index])) {
            ("elif" | "else", "if" | "elif")
            | ("else", "for" | "while" | "except")
            | ("except" | "finally", "try" | "except")
            | ("case", "case") => return Some(width),
            // The first case of a match is already in its place.
            ("case", "match") => return None,
            ("finally", "else") if partner("except", &lines[..index], width) == Some(width) => return Some(width),
            _ => index = enclosing(&lines[..index], width)?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_line_keeps_its_indentation_and_is_indented_once() {
        for (line, expected) in [
            ("if x:\n|    y", "if x:\n\n    y"),
            ("if x:\n  |  y", "if x:\n  \n    y"),
            ("if x:\n    |y", "if x:\n    \n    y"),
            ("f(\n|    y)", "f(\n\n    y)"),
            ("|    y", "\n    y"),
            ("if x:|  y", "if x:\n    y"),
            ("a = 1;|  b = 2", "a = 1;\nb = 2"),
            ("f(a,|  b)", "f(a,\nb)"),
            ("if x:\n    y|  \nz", "if x:\n    y\n    \nz"),
            ("'''a|  b", "'''a\n  b"),
        ] {
            let (before, after) = line.split_once('|').unwrap();
            let (white, surplus) = broken(before, after);
            assert_eq!(format!("{before}\n{white}{}", &after[surplus..]), expected, "{line:?}");
        }
    }

    #[test]
    fn a_new_line_is_indented_as_the_code_before_it_asks() {
        let table = [
            ("", ""),
            ("x = 1", ""),
            ("    x = 1", "    "),
            ("if x:", "    "),
            ("if x:  ", "    "),
            ("if x:  # why: that", "    "),
            ("if x:\r\n    y", "    "),
            ("    # if x:", "    "),
            ("x = 'a:", ""),
            ("x = 'a:'", ""),
            ("'a' # :", ""),
            ("if x: y", ""),
            ("x[1:", ""),
            ("lambda: (", "    "),
            // the unit of the block
            ("class A:\n  def f(self):", "    "),
            ("if x:\n\tif y:", "\t\t"),
            ("if x:\n\ty\nelse:", "\t"),
            ("\tif x:", "\t\t"),
            // the end of a block
            ("def f():\n    return", ""),
            ("def f():\n    return g(\n        1)", ""),
            ("def f():\n    return \\", "    "),
            ("def f():\n    return g(", "        "),
            ("def f():\n    return {  # why", "        "),
            ("def f():\n    if x: return", "    "),
            ("def f():\n    returned = 1", "    "),
            ("class A:\n  def f(self):\n      raise E", "  "),
            ("class A:\n    def f(self):\n        pass  # yet", "    "),
            ("for x in y:\n    if x:\n        break", "    "),
            ("for x in y:\n\tcontinue", ""),
            ("        pass", "    "),
            ("pass", ""),
            ("if x:\n    pass\n    ", "    "),
            // brackets, strings and lines that go on
            ("f(", "    "),
            ("f(x,", ""),
            ("f(\n    x,", "    "),
            ("f(\n    [", "        "),
            ("f(\n    x)", ""),
            ("if f(\n    x):", "    "),
            ("f('('", ""),
            ("x = '''a:", ""),
            ("if x:\n    '''a\n      b", ""),
            ("if x:\n    '''a\nb'''", "    "),
            ("if x and \\\n        y:", "    "),
            ("x = 1 + \\", ""),
            ("x = 1 + \\\n    y + \\", "    "),
            ("    return f(\n        x,", "        "),
            ("f'{x:", ""),
            ("é = 'ü' if 1 else (", "    "),
        ];
        for (before, expected) in table {
            assert_eq!(next_line(before), expected, "{before:?}");
        }
    }

    #[test]
    fn backspace_in_leading_white_space_goes_back_one_level() {
        let table = [
            ("", None),
            ("x", None),
            ("    x", None),
            ("if x:\n", None),
            ("x = '''\n    ", None),
            ("    ", Some(4)),
            ("     ", Some(1)),
            ("        ", Some(4)),
            ("\t\t", Some(1)),
            ("if x:\n    ", Some(4)),
            ("if x:\n        ", Some(4)),
            ("if x:\n  y\n      ", Some(2)),
            ("if x:\n        y\n        ", Some(8)),
            ("if x:\n   if y:\n     z\n     ", Some(2)),
            ("if x:\n   if y:\n     z\n   ", Some(3)),
            ("if x:\n\tif y:\n\t\t", Some(1)),
            ("f(\n        ", Some(4)),
        ];
        for (before, expected) in table {
            assert_eq!(dedent(before), expected, "{before:?}");
        }
    }

    #[test]
    fn a_clause_lines_up_with_what_it_belongs_to() {
        let table = [
            ("if a:\n    b\n    else:", Some(4)),
            ("if a:\n    b\n    else", None),
            ("if a:\n    b\n    else: # c", None),
            ("if a:\n    b\n    else: c", None),
            ("if a:\n    b\n    elif c:", Some(4)),
            ("if a:\n    b\n    elif:", None),
            ("if a:\n    b\n    elif c['d:", None),
            ("if a:\n    b\n    elsewhere:", None),
            ("if a:\n    b\nelse:", None),
            ("if a:\n    b\n# c\n    else:", Some(4)),
            ("else:", None),
            ("if a:\n    async else:", None),
            ("if a:\n    \u{2028}else:", None),
            ("x = 1\n    else:", None),
            ("if a:\n    b\nelse:\n    c\n    else:", None),
            ("if a:\n    if b:\n        c\n    else:", None),
            ("if a:\n    if b:\n        c\n        else:", Some(4)),
            ("if a:\n    b\n    c = 1\n    else:", Some(4)),
            ("if a:\n\tb\n\telse:", Some(1)),
            ("async for a in b:\n    c\n    else:", Some(4)),
            ("while a:\n    with b:\n        c\n        else:", Some(8)),
            ("if a:\n    for b in c:\n        d\n        elif e:", Some(8)),
            ("try:\n    a\n    except:", Some(4)),
            ("try:\n    a\nexcept A:\n    b\n    except B:", Some(4)),
            ("try:\n    for a in b:\n        c\n        except (\n            D):", None),
            ("try:\n    for a in b:\n        c\n        except (D, E):", Some(8)),
            ("try:\n    a\n    finally:", Some(4)),
            ("try:\n    a\nexcept A:\n    b\nelse:\n    c\n    finally:", Some(4)),
            ("try:\n    if a:\n        b\n    else:\n        c\n        finally:", Some(8)),
            ("match a:\n    case 1:", None),
            ("match a:\n    case 1:\n        b\n        case 2:", Some(4)),
            ("match a:\n    case 1:\n        b\n    case 2:", None),
            ("match a:\n    case 1:\n        case:", None),
            ("match a:\n    case 1:\n        match b:\n            case 2:", None),
            ("if a:\n    '''\n    else:", None),
        ];
        for (before, expected) in table {
            assert_eq!(wants_dedent(before), expected, "{before:?}");
        }
    }
}
