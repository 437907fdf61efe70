//! The search through the history (Ctrl-R): its term, the found entry, and the meaning of each key. Reedline's own
//! search is case-sensitive, has no key to go forward, and shows inputs of several lines without their prompts. No
//! open upstream issue is known. The search here shows the found entry as the input itself, so it looks like every
//! input.

use super::history;
use super::keys::Action;
use reedline::{EditCommand, History, ReedlineEvent};
use std::collections::HashSet;
use std::ops::Range;

pub struct Search {
    /// The entries of the history, the newest first and each text once.
    entries: Vec<String>,
    term: String,
    /// The number of the shown entry.
    at: Option<usize>,
    forward: bool,
    /// The line and the cursor before the search.
    draft: (String, usize),
}

/// The meaning of a key during a search.
#[derive(Debug, PartialEq, Eq)]
pub enum Key {
    Type(String),
    Erase,
    Older,
    Newer,
    /// Run the found entry.
    Run,
    /// Leave the search, with the line as it was before.
    GiveUp,
    /// Take the found entry as the input; the key then has its meaning in the input.
    Take,
    /// The key has its usual meaning, and the search goes on.
    Pass,
    Nothing,
}

impl Search {
    pub fn new(history: &dyn History, draft: (String, usize)) -> Self {
        let mut seen = HashSet::new();
        let mut entries = history::newest(history, usize::MAX >> 1, None);
        entries.reverse();
        entries.retain(|entry| seen.insert(entry.clone()));
        Search { entries, term: String::new(), at: None, forward: false, draft }
    }

    pub fn type_text(&mut self, text: &str) {
        self.term += text;
        match self.at {
            // The shown entry stays while it fits; from there the search goes on.
            Some(at) if self.finds(at) => {}
            Some(at) => match self.next(at, self.forward) {
                Some(found) => self.at = Some(found),
                None => self.start_over(),
            },
            None => self.start_over(),
        }
    }

    /// Removes the last character of the term.
    pub fn erase(&mut self) {
        self.term.pop();
        self.start_over();
    }

    pub fn go(&mut self, forward: bool) {
        self.forward = forward;
        let found = match self.at {
            Some(at) => self.next(at, forward),
            None if forward => None,
            None => (0..self.entries.len()).find(|at| self.finds(*at)),
        };
        self.at = found.or(self.at);
    }

    /// Returns the nearest entry beyond this one that has the term.
    fn next(&self, at: usize, forward: bool) -> Option<usize> {
        if forward {
            (0..at).rev().find(|at| self.finds(*at))
        } else {
            (at + 1..self.entries.len()).find(|at| self.finds(*at))
        }
    }

    fn start_over(&mut self) {
        self.at = None;
        if !self.term.is_empty() {
            self.go(false);
        }
    }

    fn finds(&self, at: usize) -> bool {
        find(&self.entries[at], &self.term).is_some()
    }

    /// Returns the text of the found entry, and the place of the term in it.
    pub fn found(&self) -> Option<(&str, Range<usize>)> {
        let entry = &self.entries[self.at?];
        Some((entry, find(entry, &self.term)?))
    }

    /// Returns the line to show, its cursor and the place of the term.
    pub fn line(&self) -> (&str, usize, Range<usize>) {
        match self.found() {
            Some((text, range)) => (text, range.start, range),
            None if self.term.is_empty() => (&self.draft.0, self.draft.1, 0..0),
            None => ("", 0, 0..0),
        }
    }

    pub fn draft(&self) -> (&str, usize) {
        (&self.draft.0, self.draft.1)
    }

    /// Returns the text that is shown in place of the prompt.
    pub fn label(&self) -> String {
        let failing = if self.at.is_none() && !self.term.is_empty() { "failing " } else { "" };
        let direction = if self.forward { "forward" } else { "reverse" };
        format!("({failing}{direction} search: {}) ", super::highlight::visible(&self.term))
    }
}

/// Returns the place of the term in the text. A term without capital letters matches letters of either case.
fn find(text: &str, term: &str) -> Option<Range<usize>> {
    if term.contains(char::is_uppercase) {
        return text.find(term).map(|start| start..start + term.len());
    }
    let starts = text.char_indices().map(|(start, _)| start).chain([text.len()]);
    starts.into_iter().find_map(|start| Some(start..start + folded_prefix(&text[start..], term)?))
}

/// Returns the length of the text's beginning that equals the term in any case.
fn folded_prefix(text: &str, term: &str) -> Option<usize> {
    let mut wanted = term.chars();
    let mut length = 0;
    let mut characters = text.chars();
    while !wanted.as_str().is_empty() {
        let character = characters.next()?;
        length += character.len_utf8();
        if !character.to_lowercase().all(|letter| wanted.next() == Some(letter)) {
            return None;
        }
    }
    Some(length)
}

impl Key {
    pub fn of(event: &ReedlineEvent) -> Key {
        use ReedlineEvent::*;
        match event {
            Edit(commands) => Key::of_edit(commands),
            Multiple(events) if events.contains(&Esc) => Key::GiveUp,
            // The first events are for an open menu, and during a search there is none.
            UntilFound(events) => {
                let means = |event| Some(Key::of(event)).filter(|key| *key != Key::Nothing);
                events.iter().find_map(means).unwrap_or(Key::Nothing)
            }
            ExecuteHostCommand(command) => Action::named(command).map_or(Key::Nothing, Key::of_command),
            Up | PreviousHistory => Key::Older,
            Down | NextHistory => Key::Newer,
            Esc => Key::GiveUp,
            CtrlC | ClearScreen => Key::Pass,
            HistoryHintComplete | HistoryHintWordComplete | Left | Right | CtrlD => Key::Take,
            _ => Key::Nothing,
        }
    }

    fn of_edit(commands: &[EditCommand]) -> Key {
        let typed = |command: &EditCommand| match command {
            EditCommand::InsertChar(character) => Some(character.to_string()),
            // A term is one line.
            EditCommand::InsertString(text) => Some(text.lines().next().unwrap_or_default().to_owned()),
            _ => None,
        };
        match commands {
            [EditCommand::Backspace] => Key::Erase,
            [EditCommand::Redo] => Key::GiveUp,
            _ => commands.iter().map(typed).collect::<Option<String>>().map_or(Key::Take, Key::Type),
        }
    }

    fn of_command(action: Action) -> Key {
        match action {
            Action::HistorySearch => Key::Older,
            Action::HistorySearchForward => Key::Newer,
            Action::Submit => Key::Run,
            Action::Suspend => Key::Pass,
            // These actions change the input's lines, which a search only shows.
            Action::Newline | Action::Dedent | Action::Edit => Key::Nothing,
            _ => Key::Take,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reedline::{FileBackedHistory, HistoryItem};

    fn search(entries: &[&str]) -> Search {
        let mut history = FileBackedHistory::new(10).unwrap();
        for entry in entries {
            history.save(HistoryItem::from_command_line(*entry)).unwrap();
        }
        Search::new(&history, ("draft".into(), 2))
    }

    #[test]
    fn a_term_in_lower_case_is_found_in_any_case_and_one_with_capitals_only_so() {
        for (text, term, expected) in [
            ("Import Os", "import", Some(0..6)),
            ("x = ReadMe", "readme", Some(4..10)),
            ("x = readme", "ReadMe", None),
            ("x = ReadMe", "ReadMe", Some(4..10)),
            ("GRÖẞE größe", "größe", Some(0..8)),
            ("İx", "x", Some(2..3)),
            ("ab", "", Some(0..0)),
            ("", "a", None),
            ("a", "ab", None),
        ] {
            assert_eq!(find(text, term), expected, "{term:?} in {text:?}");
        }
    }

    #[test]
    fn a_search_goes_back_and_forward_again_over_each_text_once() {
        let mut search = search(&["x = 1", "y", "X = 2", "x = 1", "x = 3"]);
        search.type_text("x =");
        let mut shown = vec![search.line().0.to_owned()];
        for forward in [false, false, false, true, true, true] {
            search.go(forward);
            shown.push(search.line().0.to_owned());
        }
        assert_eq!(shown, ["x = 3", "x = 1", "X = 2", "X = 2", "x = 1", "x = 3", "x = 3"]);
        assert_eq!((search.label().as_str(), search.line().2), ("(forward search: x =) ", 0..3));
    }

    #[test]
    fn what_is_typed_narrows_the_search_and_what_is_erased_widens_it() {
        let mut search = search(&["abc", "abd"]);
        assert_eq!((search.label().as_str(), search.line()), ("(reverse search: ) ", ("draft", 2, 0..0)));
        search.type_text("bc");
        assert_eq!(search.line(), ("abc", 1, 1..3));
        search.type_text("x");
        assert_eq!((search.label().as_str(), search.line()), ("(failing reverse search: bcx) ", ("", 0, 0..0)));
        search.erase();
        search.erase();
        assert_eq!(search.line(), ("abd", 1, 1..2));
        search.erase();
        assert_eq!((search.line().0, search.found()), ("draft", None));
        search.go(false);
        assert_eq!(search.found(), Some(("abd", 0..0)));
    }

    #[test]
    fn a_further_letter_keeps_the_entry_that_it_fits_and_else_goes_on_from_there() {
        let mut search = search(&["abx", "abcd", "ab", "abce"]);
        let mut shown = |typed: &str, back: usize| {
            search.type_text(typed);
            (0..back).for_each(|_| search.go(false));
            search.line().0.to_owned()
        };
        assert_eq!(shown("ab", 2), "abcd");
        assert_eq!(shown("c", 0), "abcd");
        assert_eq!(shown("e", 0), "abce", "nothing older has it");
        assert_eq!(shown("x", 0), "");
    }

    #[test]
    fn each_key_has_its_meaning() {
        use EditCommand::*;
        let edit = |command: EditCommand| ReedlineEvent::Edit(vec![command]);
        let first = |events: &[ReedlineEvent]| ReedlineEvent::UntilFound(events.to_vec());
        for (event, key) in [
            (ReedlineEvent::Edit(vec![InsertChar('a'), InsertString("b\nc".into())]), Key::Type("ab".into())),
            (edit(Backspace), Key::Erase),
            (edit(Delete), Key::Take),
            (edit(Redo), Key::GiveUp),
            (ReedlineEvent::Multiple(vec![ReedlineEvent::Esc, edit(Undo)]), Key::GiveUp),
            (first(&[ReedlineEvent::MenuAccept, Action::Submit.host_command()]), Key::Run),
            (first(&[ReedlineEvent::MenuUp, ReedlineEvent::Up]), Key::Older),
            (first(&[ReedlineEvent::MenuLeft, ReedlineEvent::Left]), Key::Take),
            (Action::HistorySearch.host_command(), Key::Older),
            (Action::HistorySearchForward.host_command(), Key::Newer),
            (Action::KillLine.host_command(), Key::Take),
            (Action::Edit.host_command(), Key::Nothing),
            (Action::Suspend.host_command(), Key::Pass),
            (ReedlineEvent::ClearScreen, Key::Pass),
            (ReedlineEvent::Menu("completion".into()), Key::Nothing),
        ] {
            assert_eq!(Key::of(&event), key, "{event:?}");
        }
    }
}
