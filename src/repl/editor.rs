//! Reads one input from the terminal: reedline, with the keys, the rules of Enter and the crash safety of this session.

use super::ahead::{self, Ahead, Shown};
use super::complete::SessionCompleter;
use super::config::{ColorChoice, Config, EditMode};
use super::engine::Engine;
use super::highlight::PythonHighlighter;
use super::history::{self, Inputs};
use super::input::Input;
use super::keys::{self, Action, Binding};
use super::menu::QuietMenu;
use super::painted::{Painted, Quiet};
use super::prompt::{INDICATOR, SessionPrompt};
use super::search::{Key, Search};
use super::stretch::Cuts;
use super::theme::{Theme, Token};
use super::vi::{self, ModeMenu};
use super::{commands, indent, terminal};
use crossterm::cursor::SetCursorStyle;
use reedline::{
    CursorConfig, DefaultHinter, EditCommand, ExternalPrinter, History, IdeMenu, MenuBuilder, PromptViMode, Reedline,
    ReedlineEvent, ReedlineMenu, Signal,
};
use std::io::{self, Write};
use std::sync::Arc;

pub const MENU: &str = "completion";

/// Runs what a search has found: it has been run before, so it is whole.
const ACCEPT: &str = "accept";

/// How reading an input ended.
pub enum Read {
    Input(String),
    /// Ctrl-C
    Dropped,
    /// Ctrl-D on an empty line
    End,
    /// The key that opens `$EDITOR` on what has been typed.
    Edit(String),
}

pub struct Editor {
    /// Always there between calls; reedline's builders take it by value.
    line: Option<Reedline>,
    prompt: SessionPrompt,
    engine: Arc<Engine>,
    ahead: Ahead,
    mode: EditMode,
    keys: Vec<Binding>,
    search: Option<Search>,
    cuts: Cuts,
}

impl Editor {
    pub fn new(config: &Config, theme: Arc<Theme>, engine: Arc<Engine>, history: Inputs) -> Self {
        let ahead = Ahead::default();
        let menu = IdeMenu::default()
            .with_name(MENU)
            .with_marker(INDICATOR)
            .with_default_border()
            .with_text_style(theme.style(Token::MenuText))
            .with_selected_text_style(theme.style(Token::MenuSelected))
            .with_match_text_style(theme.style(Token::MenuText))
            .with_selected_match_text_style(theme.style(Token::MenuSelected))
            .with_description_text_style(theme.style(Token::MenuDescription));
        let highlighter = Painted {
            ahead: ahead.clone(),
            inner: Box::new(PythonHighlighter::new(theme.clone(), commands::NAMES)),
            found: theme.style(Token::BracketMatch),
        };
        let mut line = Reedline::create()
            .use_bracketed_paste(true)
            .with_ansi_colors(config.color != ColorChoice::Never)
            .with_history(Box::new(history.walked_from(ahead.clone())))
            .with_completer(Box::new(SessionCompleter::new(engine.clone())))
            .with_quick_completions(true)
            .with_partial_completions(true)
            .with_menu(ReedlineMenu::EngineCompleter(Box::new(QuietMenu(menu))))
            .with_highlighter(Box::new(highlighter));
        if config.hints {
            let inner = Box::new(DefaultHinter::default().with_style(theme.style(Token::Hint)));
            line = line.with_hinter(Box::new(Quiet { ahead: ahead.clone(), inner }));
        }
        if config.edit_mode == EditMode::Vi {
            let shapes = CursorConfig {
                vi_insert: Some(SetCursorStyle::SteadyBar),
                vi_normal: Some(SetCursorStyle::SteadyBlock),
                ..CursorConfig::default()
            };
            let changes = ReedlineMenu::EngineCompleter(Box::new(ModeMenu::new(ahead.clone())));
            line = line.with_cursor_config(shapes).with_menu(changes);
        }
        Editor {
            line: Some(line),
            prompt: SessionPrompt::new(theme, ahead.clone()),
            engine,
            ahead,
            mode: config.edit_mode,
            keys: config.keys.clone(),
            search: None,
            cuts: Cuts::default(),
        }
    }

    pub fn set_prompts(&mut self, (primary, continuation): (String, String)) {
        self.prompt.primary = primary;
        self.prompt.continuation = continuation;
    }

    pub fn history(&self) -> &dyn History {
        self.line.as_ref().expect("there between calls").history()
    }

    /// What the next input starts with.
    pub fn prefill(&mut self, text: &str) {
        self.line().run_edit_commands(&[EditCommand::Clear, EditCommand::InsertString(text.to_owned())]);
    }

    pub fn clear_screen(&mut self) -> io::Result<()> {
        self.line().clear_scrollback()
    }

    /// Whose lines are to be shown above the input. Called late: from then on reedline looks ten times a second.
    pub fn show_above(&mut self, printer: ExternalPrinter<String>) {
        self.line = self.line.take().map(|line| line.with_external_printer(printer));
    }

    pub fn read(&mut self) -> io::Result<Read> {
        // Each input starts in vi's insert mode.
        let mode = self.ahead.mode(keys::edit_mode(self.mode, &self.keys));
        self.line = self.line.take().map(|line| line.with_edit_mode(mode));
        self.cuts = Cuts::default();
        let read = self.read_input();
        self.show_search(None);
        self.give_cursor_back();
        read
    }

    fn read_input(&mut self) -> io::Result<Read> {
        loop {
            match self.next_signal()? {
                Signal::Success(text) => return Ok(Read::Input(text)),
                Signal::CtrlC => {
                    // Reedline has not seen one that was typed ahead.
                    self.line().run_edit_commands(&[EditCommand::Clear]);
                    return Ok(Read::Dropped);
                }
                Signal::CtrlD => return Ok(Read::End),
                Signal::HostCommand(command) => match Action::named(&command) {
                    Ok(Action::Submit) if self.is_whole() => return self.accept(),
                    Ok(Action::Suspend) => {
                        self.give_cursor_back();
                        terminal::suspend();
                    }
                    Ok(Action::Submit | Action::Newline) => self.break_line(),
                    Ok(Action::Dedent) => self.dedent(),
                    Ok(Action::HistorySearch) => self.start_search(),
                    // There is nothing newer than the line that is typed.
                    Ok(Action::HistorySearchForward) => {}
                    Ok(Action::Edit) => {
                        let text = self.line().current_buffer_contents().to_owned();
                        self.line().run_edit_commands(&[EditCommand::Clear]);
                        return Ok(Read::Edit(text));
                    }
                    Ok(action) => self.carry_out(action),
                    Err(_) if command == ACCEPT => return self.accept(),
                    Err(_) if command == ahead::QUEUED => {}
                    Err(wrong) => unreachable!("{}", wrong.what),
                },
                _ => {}
            }
        }
    }

    fn line(&mut self) -> &mut Reedline {
        self.line.as_mut().expect("there between calls")
    }

    /// What was typed ahead comes first. Keys that need a line being edited, such as `up`, are lost then.
    fn next_signal(&mut self) -> io::Result<Signal> {
        while let Some(event) = self.ahead.next() {
            let signal = match &mut self.search {
                Some(_) => self.search_by(event),
                None => self.handle(event),
            };
            if let Some(signal) = signal {
                return Ok(signal);
            }
        }
        self.read_line()
    }

    /// Does what reedline would have done.
    fn handle(&mut self, event: ReedlineEvent) -> Option<Signal> {
        match event {
            event if ahead::is_backspace(&event) && self.is_indentation() => self.dedent(),
            ReedlineEvent::Edit(commands) => self.line().run_edit_commands(&commands),
            ReedlineEvent::Multiple(events) => self.ahead.put_back(events),
            event if vi::is_change(&event) => self.ahead.state().modes.go_on(),
            ReedlineEvent::Left => self.line().run_edit_commands(&[EditCommand::MoveLeft { select: false }]),
            ReedlineEvent::Right => self.line().run_edit_commands(&[EditCommand::MoveRight { select: false }]),
            ReedlineEvent::UntilFound(events) => {
                return events.into_iter().find(has_effect).and_then(|event| self.handle(event));
            }
            ReedlineEvent::CtrlC => return Some(Signal::CtrlC),
            ReedlineEvent::ExecuteHostCommand(command) => return Some(Signal::HostCommand(command)),
            _ => {}
        }
        None
    }

    fn start_search(&mut self) {
        let line = self.line();
        let draft = (line.current_buffer_contents().to_owned(), line.current_insertion_point());
        let search = Search::new(self.history(), draft);
        self.show_search(Some(search));
    }

    fn search_by(&mut self, event: ReedlineEvent) -> Option<Signal> {
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
                self.show_search(None);
                return self.handle(event);
            }
        }
        self.show_search(Some(search));
        None
    }

    fn show_search(&mut self, search: Option<Search>) {
        let shown = search.as_ref().map(|search| {
            let (text, cursor, found) = search.line();
            self.set_line(text, cursor);
            Shown { label: search.label(), found }
        });
        self.ahead.show_search(shown);
        self.search = search;
    }

    fn set_line(&mut self, text: &str, cursor: usize) {
        let line = self.line();
        if line.current_buffer_contents() != text {
            line.run_edit_commands(&[EditCommand::Clear, EditCommand::InsertString(text.to_owned())]);
        }
        line.run_edit_commands(&[EditCommand::MoveToPosition { position: cursor, select: false }]);
    }

    /// Vi's normal mode would keep the cursor off the end of the line.
    fn carry_out(&mut self, action: Action) {
        if self.mode == EditMode::Vi {
            self.ahead.state().modes.keep(Some(PromptViMode::Insert.into()));
        }
        let line = self.line.as_mut().expect("there between calls");
        let is_known = self.cuts.carry_out(action, line);
        debug_assert!(is_known, "no key is bound to {action:?}");
        self.ahead.state().modes.keep(None);
    }

    /// The shape that shows the mode of vi is the editor's alone.
    fn give_cursor_back(&self) {
        if self.mode == EditMode::Vi {
            let mut output = io::stdout();
            let _unseen = write!(output, "{}", SetCursorStyle::DefaultUserShape).and_then(|()| output.flush());
        }
    }

    fn read_line(&mut self) -> io::Result<Signal> {
        let line = self.line.as_mut().expect("there between calls");
        terminal::while_raw(|| line.read_line(&self.prompt))
    }

    /// In the midst of several lines Enter breaks the line; at their end it runs them if CPython finds them whole.
    fn is_whole(&mut self) -> bool {
        let line = self.line();
        let text = line.current_buffer_contents().to_owned();
        let (before, after) = text.split_at(line.current_insertion_point());
        if Input::of(&text).is_one_line() {
            return true;
        }
        if after.contains('\n') {
            // Reedline shows an earlier input with the cursor behind its first line.
            let is_first_line = after.starts_with('\n') && !before.contains('\n');
            return is_first_line && history::contains(self.history(), &text);
        }
        // CPython takes a clause that is not lined up yet for an error.
        indent::wants_dedent(before).is_none() && self.engine.is_whole(&text)
    }

    /// Reedline paints the input for the last time and puts it into the history.
    fn accept(&mut self) -> io::Result<Read> {
        self.trim_end();
        self.set_accepting(true);
        let signal = self.read_line();
        self.set_accepting(false);
        self.engine.warm_up();
        match signal? {
            Signal::Success(text) => Ok(Read::Input(text)),
            _ => Ok(Read::Dropped),
        }
    }

    fn set_accepting(&mut self, accepting: bool) {
        self.ahead.set_accepting(accepting);
        self.line = self.line.take().map(|line| line.with_immediately_accept(accepting));
    }

    /// The empty line that ended a block is no part of it.
    fn trim_end(&mut self) {
        let text = self.line().current_buffer_contents();
        let trailing = text.len() - text.trim_end().len();
        let characters = text[text.len() - trailing..].chars().count();
        self.line().run_edit_commands(&[EditCommand::MoveToEnd { select: false }]);
        self.line().run_edit_commands(&vec![EditCommand::Backspace; characters]);
    }

    fn break_line(&mut self) {
        let before = self.before_cursor();
        if let Some(bytes) = indent::wants_dedent(&before) {
            self.take_from_line_start(bytes);
        }
        let (before, after) = self.around_cursor();
        let (white, surplus) = indent::broken(&before, &after);
        self.line().run_edit_commands(&vec![EditCommand::Delete; surplus]);
        self.line().run_edit_commands(&[EditCommand::InsertNewline, EditCommand::InsertString(white)]);
    }

    fn dedent(&mut self) {
        if let Some(bytes) = indent::dedent(&self.before_cursor()) {
            self.line().run_edit_commands(&vec![EditCommand::Backspace; bytes]);
        }
    }

    fn is_indentation(&mut self) -> bool {
        indent::dedent(&self.before_cursor()).is_some()
    }

    fn before_cursor(&mut self) -> String {
        self.around_cursor().0
    }

    fn around_cursor(&mut self) -> (String, String) {
        let line = self.line();
        let (before, after) = line.current_buffer_contents().split_at(line.current_insertion_point());
        (before.to_owned(), after.to_owned())
    }

    fn take_from_line_start(&mut self, bytes: usize) {
        let position = self.line().current_insertion_point();
        self.line().run_edit_commands(&[EditCommand::MoveToLineStart { select: false }]);
        self.line().run_edit_commands(&vec![EditCommand::Delete; bytes]);
        let move_back = EditCommand::MoveToPosition { position: position - bytes, select: false };
        self.line().run_edit_commands(&[move_back]);
    }
}

/// Whether `Editor::handle` does something for it: there is no hint and no menu then.
fn has_effect(event: &ReedlineEvent) -> bool {
    use ReedlineEvent::*;
    matches!(event, Edit(_) | Left | Right | ExecuteHostCommand(_))
}
