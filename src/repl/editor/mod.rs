//! Reads one input from the terminal: adds the session's keys, rules of Enter and crash safety to reedline.

mod indenting;
mod pasting;
mod searching;
#[cfg(test)]
mod tests;
mod typed_ahead;

use super::complete::SessionCompleter;
use super::config::{ColorChoice, Config, EditMode};
use super::engine::Engine;
use super::fault;
use super::highlight::PythonHighlighter;
use super::history::{self, Inputs};
use super::input::Input;
use super::keys::{self, Action};
use super::line_state::{self, LineState};
use super::menu::QuietMenu;
use super::painted::{Painted, Quiet};
use super::prompt::{INDICATOR, SessionPrompt};
use super::search::Search;
use super::signature::{SignatureHinter, WithSignatures};
use super::stretch::Cuts;
use super::theme::{Theme, Token};
use super::vi::ModeMenu;
use super::{commands, indent, input_hook, terminal};
use crossterm::cursor::SetCursorStyle;
use reedline::{
    CursorConfig, EditCommand, ExternalPrinter, Hinter, History, HistoryItem, IdeMenu, MenuBuilder, PromptViMode,
    Reedline, ReedlineMenu, Signal,
};
use std::io::{self, Write};
use std::mem::take;
use std::sync::Arc;

pub const MENU: &str = "completion";

/// The host command that runs what a search has found: it was run before, so it is whole.
const ACCEPT: &str = "accept";

/// The outcome of reading an input.
pub enum Read {
    Input(String),
    /// Ctrl-C.
    Dropped,
    /// Ctrl-D on an empty line.
    End,
    /// The key that opens `$EDITOR`, with the typed text.
    Edit(String),
    /// The line editor has panicked and was replaced; the number counts the panics in a row.
    Failed(usize),
}

/// Calls `read_line` of reedline on the terminal; the tests' reader follows a script.
pub(super) type Reader = Box<dyn FnMut(&mut Reedline, &SessionPrompt) -> io::Result<Signal> + Send>;

pub struct Editor {
    /// The line editor. It is None only while one of reedline's builders has it by value.
    line: Option<Reedline>,
    reader: Reader,
    prompt: SessionPrompt,
    engine: Arc<Engine>,
    completer: SessionCompleter,
    signatures: SessionCompleter,
    history: Inputs,
    shared: LineState,
    config: Config,
    theme: Arc<Theme>,
    search: Option<Search>,
    cuts: Cuts,
    failures: usize,
    told_unsaved: bool,
    /// The changes made to the pasted text that is the current input, in words.
    done: Option<String>,
    hook: input_hook::Caller,
}

impl Editor {
    pub fn new(config: &Config, theme: Arc<Theme>, engine: Arc<Engine>, history: Inputs) -> Self {
        let reader = |line: &mut Reedline, prompt: &SessionPrompt| line.read_line(prompt);
        Self::with_reader(config, theme, engine, history, Box::new(reader))
    }

    pub(super) fn with_reader(
        config: &Config,
        theme: Arc<Theme>,
        engine: Arc<Engine>,
        history: Inputs,
        reader: Reader,
    ) -> Self {
        let shared = LineState::default();
        let mut editor = Editor {
            line: None,
            reader,
            prompt: SessionPrompt::new(theme.clone(), shared.clone()),
            completer: SessionCompleter::new(engine.clone()),
            signatures: SessionCompleter::of_signatures(engine.clone()),
            engine,
            history,
            shared,
            config: config.clone(),
            theme,
            search: None,
            cuts: Cuts::default(),
            failures: 0,
            told_unsaved: false,
            done: None,
            hook: input_hook::Caller::new(),
        };
        editor.line = Some(editor.new_line());
        editor
    }

    fn new_line(&self) -> Reedline {
        let (config, theme, shared) = (&self.config, &self.theme, &self.shared);
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
            shared: shared.clone(),
            inner: Box::new(PythonHighlighter::new(theme.clone(), commands::NAMES)),
            found: theme.style(Token::BracketMatch),
        };
        let with_signatures = WithSignatures { completer: self.completer.clone(), signatures: self.signatures.clone() };
        let mut line = Reedline::create()
            .use_bracketed_paste(true)
            .with_ansi_colors(config.color != ColorChoice::Never)
            .with_history(Box::new(self.history.clone().walked_from(shared.clone())))
            .with_completer(Box::new(with_signatures))
            .with_quick_completions(true)
            .with_partial_completions(true)
            .with_menu(ReedlineMenu::EngineCompleter(Box::new(QuietMenu(menu))))
            .with_highlighter(Box::new(highlighter));
        let hinter = config.hints.then(|| -> Box<dyn Hinter> {
            let (completer, signatures) = (self.completer.clone(), self.signatures.clone());
            Box::new(SignatureHinter::new(theme.style(Token::Hint), completer, signatures))
        });
        line = line.with_hinter(Box::new(Quiet { shared: shared.clone(), inner: hinter }));
        if config.edit_mode == EditMode::Vi {
            let shapes = CursorConfig {
                vi_insert: Some(SetCursorStyle::SteadyBar),
                vi_normal: Some(SetCursorStyle::SteadyBlock),
                ..CursorConfig::default()
            };
            let changes = ReedlineMenu::EngineCompleter(Box::new(ModeMenu::new(shared.clone())));
            line = line.with_cursor_config(shapes).with_menu(changes);
        }
        line
    }

    pub fn set_prompts(&mut self, (primary, continuation): (String, String)) {
        self.prompt.primary = primary;
        self.prompt.continuation = continuation;
    }

    pub fn history(&self) -> &dyn History {
        &self.history
    }

    /// Puts a text into the line that the next `read` edits.
    pub fn prefill(&mut self, text: &str) {
        self.line().run_edit_commands(&[EditCommand::Clear, EditCommand::InsertString(text.to_owned())]);
    }

    pub fn clear_screen(&mut self) -> io::Result<()> {
        self.line().clear_scrollback()
    }

    /// Shows this printer's lines above the input. Installed only when something may print: with a printer, reedline
    /// polls ten times a second.
    pub fn show_above(&mut self, printer: ExternalPrinter<String>) {
        self.line = self.line.take().map(|line| line.with_external_printer(printer));
    }

    /// Reads one input. Afterwards the terminal is as it was before and no thread is left, also after a panic.
    pub fn read(&mut self) -> io::Result<Read> {
        let read = terminal::while_raw(|| {
            let read = fault::survive(|| self.read_input());
            if read.is_none() {
                terminal::restore();
            }
            self.completer.rest();
            self.signatures.rest();
            self.give_cursor_back();
            match read {
                Some(read) => {
                    self.show_search(None);
                    self.failures = 0;
                    read
                }
                None => Ok(self.renew()),
            }
        });
        fault::tell();
        self.tell_unsaved();
        self.tell_done();
        read
    }

    /// Replaces the line editor after a panic, when its state cannot be trusted. The typed text goes into the history.
    fn renew(&mut self) -> Read {
        self.failures += 1;
        let failed = self.line.take();
        let typed = failed.as_ref().map(|line| line.current_buffer_contents().to_owned()).unwrap_or_default();
        // Reedline's own `Drop` has the terminal library forget that the terminal was raw.
        drop(failed);
        if !typed.trim().is_empty() {
            let _ = self.history.save(HistoryItem::from_command_line(typed));
        }
        let (primary, continuation) = (take(&mut self.prompt.primary), take(&mut self.prompt.continuation));
        self.shared = LineState::default();
        self.search = None;
        self.completer = SessionCompleter::new(self.engine.clone());
        self.signatures = SessionCompleter::of_signatures(self.engine.clone());
        self.prompt = SessionPrompt::new(self.theme.clone(), self.shared.clone());
        self.set_prompts((primary, continuation));
        self.line = Some(self.new_line());
        Read::Failed(self.failures)
    }

    fn read_input(&mut self) -> io::Result<Read> {
        // Each input starts in vi's insert mode.
        let mode = self.shared.mode(keys::edit_mode(self.config.edit_mode, &self.config.keys));
        self.done = None;
        self.hook.pause(false);
        if input_hook::is_set() {
            let (hook, completer, signatures) = (self.hook.clone(), self.completer.clone(), self.signatures.clone());
            // The hook may wait for a key, but what is shown only when it is known must come first.
            let call = move || {
                if !completer.is_waiting() && !signatures.is_waiting() {
                    hook.call()
                }
            };
            self.line = self.line.take().map(|line| line.with_idle_callback(Box::new(call)));
        }
        self.line = self.line.take().map(|line| line.with_edit_mode(mode));
        self.cuts = Cuts::default();
        loop {
            match self.next_signal()? {
                Signal::Success(text) => return Ok(Read::Input(text)),
                Signal::CtrlC => {
                    // Reedline clears the line itself, but it has not seen a Ctrl-C that was typed ahead.
                    self.line().run_edit_commands(&[EditCommand::Clear]);
                    return Ok(Read::Dropped);
                }
                Signal::CtrlD => return Ok(Read::End),
                Signal::HostCommand(command) => match Action::named(&command) {
                    Ok(Action::Submit) if self.clean() => {}
                    Ok(Action::Submit) if self.is_whole() => return self.accept(),
                    Ok(Action::Suspend) => {
                        self.give_cursor_back();
                        terminal::suspend();
                    }
                    Ok(Action::Submit | Action::Newline) => self.break_line(),
                    Ok(Action::Dedent) => self.dedent(),
                    Ok(Action::HistorySearch) => self.start_search(),
                    // Outside of a search there is nothing newer than the typed line.
                    Ok(Action::HistorySearchForward) => {}
                    Ok(Action::Edit) => {
                        let text = self.line().current_buffer_contents().to_owned();
                        self.line().run_edit_commands(&[EditCommand::Clear]);
                        return Ok(Read::Edit(text));
                    }
                    Ok(action) => self.carry_out(action),
                    Err(_) if command == ACCEPT => return self.accept(),
                    Err(_) if command == line_state::QUEUED => {}
                    Err(wrong) => unreachable!("{}", wrong.what),
                },
                _ => {}
            }
        }
    }

    fn line(&mut self) -> &mut Reedline {
        self.line.as_mut().expect("there between calls")
    }

    /// Returns the next signal: first of the keys typed ahead, then of the terminal.
    fn next_signal(&mut self) -> io::Result<Signal> {
        while let Some(event) = self.shared.next() {
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

    /// Carries out an action, in insert mode: vi's normal mode would keep the cursor off the end of the line.
    fn carry_out(&mut self, action: Action) {
        if self.config.edit_mode == EditMode::Vi {
            self.shared.state().modes.keep(Some(PromptViMode::Insert.into()));
        }
        let line = self.line.as_mut().expect("there between calls");
        let is_known = self.cuts.carry_out(action, line);
        debug_assert!(is_known, "no key is bound to {action:?}");
        self.shared.state().modes.keep(None);
    }

    /// Restores the cursor's shape, which shows the mode of vi only while a line is edited.
    fn give_cursor_back(&self) {
        if self.config.edit_mode == EditMode::Vi {
            let mut output = io::stdout();
            let _unseen = write!(output, "{}", SetCursorStyle::DefaultUserShape).and_then(|()| output.flush());
        }
    }

    fn read_line(&mut self) -> io::Result<Signal> {
        let line = self.line.as_mut().expect("there between calls");
        (self.reader)(line, &self.prompt)
    }

    /// Whether Enter runs the input. In the middle of several lines it breaks the line instead; at their end it runs
    /// them if CPython finds them whole.
    fn is_whole(&mut self) -> bool {
        let line = self.line();
        let text = line.current_buffer_contents().to_owned();
        let (before, after) = text.split_at(line.current_insertion_point());
        if Input::of(&text).is_one_line() {
            return true;
        }
        if after.contains('\n') {
            // An earlier input from the history also runs: reedline puts the cursor at the end of its first line.
            let is_first_line = after.starts_with('\n') && !before.contains('\n');
            return is_first_line && history::contains(self.history(), &text);
        }
        // A clause that is not lined up yet is an error for CPython.
        indent::wants_dedent(before).is_none() && self.engine.is_whole(&text)
    }

    /// Accepts the input: reedline paints it for the last time and puts it into the history.
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

    /// Warns once that the file cannot be written, for example because the disk is full. The history in memory goes on.
    fn tell_unsaved(&mut self) {
        let error = self.line().take_history_save_error();
        if let (Some(error), Some(file), false) = (error, &self.config.history_file, self.told_unsaved) {
            eprintln!("warning: {}", history::unkept(file, error));
            self.told_unsaved = true;
        }
    }

    fn set_accepting(&mut self, accepting: bool) {
        self.shared.set_accepting(accepting);
        self.hook.pause(accepting);
        self.line = self.line.take().map(|line| line.with_immediately_accept(accepting));
    }

    /// Removes the empty line that ended a block: it is not part of the input.
    fn trim_end(&mut self) {
        let text = self.line().current_buffer_contents();
        let trailing = text.len() - text.trim_end().len();
        let characters = text[text.len() - trailing..].chars().count();
        self.line().run_edit_commands(&[EditCommand::MoveToEnd { select: false }]);
        self.line().run_edit_commands(&vec![EditCommand::Backspace; characters]);
    }
}
