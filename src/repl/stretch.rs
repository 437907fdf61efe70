//! Cuts the stretch of text between the cursor and the end of a word or a line, or changes its case. Reedline's cut
//! buffer holds only the last cut, so cuts that follow each other are gathered here
//! (<https://github.com/nushell/reedline/issues/896>). Reedline's own words are those of prose, in which `foo.bar` is
//! one word.

use super::keys::Action;
use reedline::{Direction, EditCommand, Granularity, MotionTarget, Reedline, WordEdge, WordKind};

/// The start of a word: a run of letters, digits and `_`, or else of other characters.
pub const WORD_LEFT: MotionTarget =
    MotionTarget::Word { kind: WordKind::Word, edge: WordEdge::Start, direction: Direction::Backward };
pub const WORD_RIGHT: MotionTarget =
    MotionTarget::Word { kind: WordKind::Word, edge: WordEdge::End, direction: Direction::Forward };
/// The start of a long word: everything between white space.
const LONG_WORD_LEFT: MotionTarget =
    MotionTarget::Word { kind: WordKind::LongWord, edge: WordEdge::Start, direction: Direction::Backward };

/// The text that cuts in a row have taken from one place.
#[derive(Default)]
pub struct Cuts {
    text: String,
    /// The line and the cursor after the last cut. A cut continues the row if both are still the same.
    left: Option<(String, usize)>,
}

impl Cuts {
    /// Carries out an action that cuts or changes a stretch. Returns false for any other action.
    pub fn carry_out(&mut self, action: Action, line: &mut Reedline) -> bool {
        match action {
            Action::KillLine => self.cut_line(line, Direction::Forward),
            Action::KillLineLeft => self.cut_line(line, Direction::Backward),
            Action::DeleteWordLeft => self.cut(line, WORD_LEFT),
            Action::DeleteWordRight => self.cut(line, WORD_RIGHT),
            Action::DeleteLongWordLeft => self.cut(line, LONG_WORD_LEFT),
            Action::UppercaseWord => change(line, |text| text.to_uppercase()),
            Action::LowercaseWord => change(line, |text| text.to_lowercase()),
            Action::Capitalize => change(line, capitalized),
            _ => return false,
        }
        true
    }

    fn cut_line(&mut self, line: &mut Reedline, direction: Direction) {
        let start = line.current_insertion_point();
        let target = match reached(line, MotionTarget::LineEdge(direction)) {
            end if end == start => MotionTarget::Grapheme(direction),
            _ => MotionTarget::LineEdge(direction),
        };
        self.cut(line, target);
    }

    /// Takes back the row's earlier cuts and cuts all of their text at once, so that one undo takes back the row.
    fn cut(&mut self, line: &mut Reedline, target: MotionTarget) {
        let start = line.current_insertion_point();
        let end = reached(line, target);
        if start == end {
            return;
        }
        let follows =
            self.left.as_ref().is_some_and(|(text, at)| line.current_buffer_contents() == text && *at == start);
        let before = if follows { std::mem::take(&mut self.text) } else { String::new() };
        let (from, to) = (start.min(end), start.max(end) + before.len());
        if !before.is_empty() {
            let (left, right) = line.current_buffer_contents().split_at(start);
            let whole = format!("{left}{before}{right}");
            line.run_edit_commands(&[EditCommand::Undo]);
            if line.current_buffer_contents() != whole {
                line.run_edit_commands(&[EditCommand::Redo, EditCommand::InsertString(before)]);
            }
        }
        self.text = line.current_buffer_contents()[from..to].to_owned();
        // Undo puts the cursor where it was just before the cut, so it is moved only if necessary.
        let target = if line.current_insertion_point() == to {
            from
        } else {
            line.run_edit_commands(&[EditCommand::Move(MotionTarget::Position(from))]);
            to
        };
        let target = MotionTarget::Position(target);
        line.run_edit_commands(&[EditCommand::Cut { target, granularity: Granularity::CharWise }]);
        self.left = Some((line.current_buffer_contents().to_owned(), line.current_insertion_point()));
    }
}

/// Returns where the motion leads from the cursor, without moving it.
fn reached(line: &mut Reedline, target: MotionTarget) -> usize {
    let start = line.current_insertion_point();
    line.run_edit_commands(&[EditCommand::Move(target)]);
    let end = line.current_insertion_point();
    line.run_edit_commands(&[EditCommand::Move(MotionTarget::Position(start))]);
    end
}

/// Changes the text from the cursor to the end of the word, and moves the cursor there.
fn change(line: &mut Reedline, change: impl Fn(&str) -> String) {
    let start = line.current_insertion_point();
    let end = reached(line, WORD_RIGHT);
    let changed = change(&line.current_buffer_contents()[start..end]);
    line.run_edit_commands(&[EditCommand::Erase(MotionTarget::Position(end)), EditCommand::InsertString(changed)]);
}

/// Returns the text with its first letter in upper case and the others in lower case.
fn capitalized(text: &str) -> String {
    let first = text.find(char::is_alphabetic).unwrap_or(text.len());
    let letter = text[first..].chars().next().map_or(0, char::len_utf8);
    let (upper, lower) = text.split_at(first + letter);
    upper.to_uppercase() + &lower.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a line with the cursor at the `|`.
    fn line(text: &str) -> Reedline {
        let (before, after) = text.split_once('|').unwrap();
        let mut line = Reedline::create();
        line.run_edit_commands(&[
            EditCommand::InsertString(format!("{before}{after}")),
            EditCommand::Move(MotionTarget::Position(before.len())),
        ]);
        line
    }

    fn shown(line: &Reedline) -> String {
        let (before, after) = line.current_buffer_contents().split_at(line.current_insertion_point());
        format!("{before}|{after}")
    }

    #[test]
    fn each_action_takes_or_changes_its_stretch() {
        use Action::*;
        for (text, action, expected) in [
            ("|foo.bar", DeleteWordRight, "|.bar"),
            ("foo| bar.x", DeleteWordRight, "foo|.x"),
            ("a_b1.c_d|", DeleteWordLeft, "a_b1.|"),
            ("x = f(a.b, c)|", DeleteLongWordLeft, "x = f(a.b, |"),
            ("x = größe.b  |y", DeleteLongWordLeft, "x = |y"),
            ("ab|cd\nef", KillLine, "ab|\nef"),
            ("ab|\nef", KillLine, "ab|ef"),
            ("ab\nc|d", KillLineLeft, "ab\n|d"),
            ("ab\n|d", KillLineLeft, "ab|d"),
            ("|", KillLine, "|"),
            ("|foo.bar", UppercaseWord, "FOO|.bar"),
            ("f|OO.bar", LowercaseWord, "foo|.bar"),
            ("| größe", Capitalize, " Größe|"),
            ("|éTÉ x", Capitalize, "Été| x"),
            ("a |", UppercaseWord, "a |"),
        ] {
            let mut line = line(text);
            assert!(Cuts::default().carry_out(action, &mut line));
            assert_eq!(shown(&line), expected, "{text} {action:?}");
        }
        assert!(!Cuts::default().carry_out(Submit, &mut line("|")));
    }

    #[test]
    fn cuts_that_follow_each_other_come_back_as_one() {
        use Action::*;
        for (text, actions, cut) in [
            ("a|b\ncd\ne", &[KillLine, KillLine, KillLine] as &[_], "b\ncd"),
            ("a b c|", &[DeleteLongWordLeft, DeleteLongWordLeft], "b c"),
            ("aa bb|.cc", &[DeleteWordLeft, DeleteWordRight, KillLine], "bb.cc"),
            ("ab|cd", &[KillLine, KillLineLeft, KillLine], "abcd"),
        ] {
            let (mut cuts, mut line) = (Cuts::default(), line(text));
            actions.iter().for_each(|action| assert!(cuts.carry_out(*action, &mut line)));
            line.run_edit_commands(&[EditCommand::Clear, EditCommand::PasteCutBufferBefore]);
            assert_eq!(line.current_buffer_contents(), cut, "{text} {actions:?}");
        }
    }

    #[test]
    fn an_undone_cut_is_as_if_it_had_not_been() {
        for (text, action) in [("ab cd|", Action::DeleteWordLeft), ("ab |cd", Action::DeleteWordRight)] {
            let mut line = line(text);
            Cuts::default().carry_out(action, &mut line);
            line.run_edit_commands(&[EditCommand::Undo]);
            assert_eq!(shown(&line), text);
        }
    }

    #[test]
    fn one_undo_takes_back_cuts_that_follow_each_other_and_the_next_what_was_before() {
        let (mut cuts, mut line) = (Cuts::default(), Reedline::create());
        for text in ["a ", "b ", "c"] {
            line.run_edit_commands(&[EditCommand::InsertString(text.into())]);
        }
        for _ in 0..3 {
            cuts.carry_out(Action::DeleteLongWordLeft, &mut line);
        }
        let undone = [(); 3].map(|()| {
            line.run_edit_commands(&[EditCommand::Undo]);
            shown(&line)
        });
        assert_eq!(undone, ["a b c|", "a b |", "a |"]);
    }

    #[test]
    fn a_cut_after_something_else_starts_anew() {
        let (mut cuts, mut line) = (Cuts::default(), line("one two|"));
        cuts.carry_out(Action::DeleteWordLeft, &mut line);
        line.run_edit_commands(&[EditCommand::MoveToStart { select: false }]);
        cuts.carry_out(Action::KillLine, &mut line);
        line.run_edit_commands(&[EditCommand::PasteCutBufferBefore]);
        assert_eq!(shown(&line), "one |");
    }
}
