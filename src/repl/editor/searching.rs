//! The editor while it searches the history: carries out each key's meaning. The search itself is `repl::search`.

use super::{ACCEPT, Editor};
use crate::repl::line_state::Shown;
use crate::repl::search::{Key, Search};
use reedline::{EditCommand, ReedlineEvent, Signal};

impl Editor {
    pub(super) fn start_search(&mut self) {
        let line = self.line();
        let draft = (line.current_buffer_contents().to_owned(), line.current_insertion_point());
        let search = Search::new(self.history(), draft);
        self.show_search(Some(search));
    }

    pub(super) fn search_by(&mut self, event: ReedlineEvent) -> Option<Signal> {
        let mut search = self.search.take()?;
        match Key::of(&event) {
            Key::Type(text) => search.type_text(&text),
            Key::Erase => search.erase(),
            Key::Older => search.go(false),
            Key::Newer => search.go(true),
            Key::Nothing => {}
            Key::Pass => {
                self.search = Some(search);
                return self.handle(event);
            }
            Key::Run if search.found().is_some() => {
                self.show_search(None);
                return Some(Signal::HostCommand(ACCEPT.into()));
            }
            Key::Run | Key::GiveUp => {
                let (text, cursor) = search.draft();
                self.set_line(text, cursor);
                self.show_search(None);
                return None;
            }
            Key::Take => {
                if search.found().is_none() {
                    let (text, cursor) = search.draft();
                    self.set_line(text, cursor);
                }
                self.show_search(None);
                return self.handle(event);
            }
        }
        self.show_search(Some(search));
        None
    }

    pub(super) fn show_search(&mut self, search: Option<Search>) {
        let shown = search.as_ref().map(|search| {
            let (text, cursor, found) = search.line();
            self.set_line(text, cursor);
            Shown { label: search.label(), found }
        });
        self.shared.show_search(shown);
        self.search = search;
    }

    fn set_line(&mut self, text: &str, cursor: usize) {
        let line = self.line();
        if line.current_buffer_contents() != text {
            line.run_edit_commands(&[EditCommand::Clear, EditCommand::InsertString(text.to_owned())]);
        }
        line.run_edit_commands(&[EditCommand::MoveToPosition { position: cursor, select: false }]);
    }
}
