//! Reads one input from the terminal: reedline, with the keys, the rules of Enter and the crash safety of this session.

mod pasting;
#[cfg(test)]
mod tests;

use super::ahead::{self, Ahead};
use super::complete::SessionCompleter;
use super::config::{ColorChoice, Config, EditMode};
use super::engine::Engine;
use super::fault;
use super::highlight::PythonHighlighter;
use super::history::{self, Inputs};
use super::input::Input;
use super::keys::{self, Action, Binding};
use super::menu::QuietMenu;
use super::prompt::SessionPrompt;
use super::signature::SignatureHinter;
use super::theme::{Theme, Token};
use super::{commands, indent, input_hook, terminal};
use reedline::{
    EditCommand, Emacs, ExternalPrinter, History, HistoryItem, IdeMenu, KeyCode, KeyModifiers, Keybindings,
    MenuBuilder, Reedline, ReedlineEvent, ReedlineMenu, Signal, Vi, default_emacs_keybindings,
    default_vi_insert_keybindings, default_vi_normal_keybindings, default_vi_visual_keybindings,
};
use std::io;
use std::mem::take;
use std::sync::Arc;

pub const MENU: &str = "completion";

/// How reading an input ended.
pub enum Read {
    Input(String),
    /// Ctrl-C
    Dropped,
    /// Ctrl-D on an empty line
    End,
    /// The key that opens `$EDITOR` on what has been typed.
    Edit(String),
    /// The line editor has panicked, for this many times in a row, and a new one is in its place.
    Failed(usize),
}

/// Has reedline read from the terminal; tests read from a script.
pub(super) type Reader = Box<dyn FnMut(&mut Reedline, &SessionPrompt) -> io::Result<Signal> + Send>;

pub struct Editor {
    /// Always there between calls; reedline's builders take it by value.
    line: Option<Reedline>,
    reader: Reader,
    prompt: SessionPrompt,
    engine: Arc<Engine>,
    completer: SessionCompleter,
    signatures: SessionCompleter,
    history: Inputs,
    ahead: Ahead,
    config: Config,
    theme: Arc<Theme>,
    failures: usize,
    told_unsaved: bool,
    /// What was done to the pasted text that is the input now.
    done: Option<String>,
    hook: input_hook::Caller,
}

impl Editor {
    pub fn new(config: &Config, theme: Arc<Theme>, engine: Arc<Engine>, history: Inputs) -> Self {
        let reader = |line: &mut Reedline, prompt: &SessionPrompt| terminal::while_raw(|| line.read_line(prompt));
        Self::with_reader(config, theme, engine, history, Box::new(reader))
    }

    pub(super) fn with_reader(
        config: &Config,
        theme: Arc<Theme>,
        engine: Arc<Engine>,
        history: Inputs,
        reader: Reader,
    ) -> Self {
        let ahead = Ahead::default();
        let mut editor = Editor {
            line: None,
            reader,
            prompt: SessionPrompt::new(theme.clone(), ahead.clone()),
            completer: SessionCompleter::new(engine.clone()),
            signatures: SessionCompleter::of_signatures(engine.clone()),
            engine,
            history,
            ahead,
            config: config.clone(),
            theme,
            failures: 0,
            told_unsaved: false,
            done: None,
            hook: input_hook::Caller::new(),
        };
        editor.line = Some(editor.new_line());
        editor
    }

    fn new_line(&self) -> Reedline {
        let (config, theme, ahead) = (&self.config, &self.theme, &self.ahead);
        let menu = IdeMenu::default()
            .with_name(MENU)
            .with_marker("")
            .with_default_border()
            .with_text_style(theme.style(Token::MenuText))
            .with_selected_text_style(theme.style(Token::MenuSelected))
            .with_match_text_style(theme.style(Token::MenuText))
            .with_selected_match_text_style(theme.style(Token::MenuSelected))
            .with_description_text_style(theme.style(Token::MenuDescription));
        let mut line = Reedline::create()
            .use_bracketed_paste(true)
            .with_ansi_colors(config.color != ColorChoice::Never)
            .with_history(Box::new(self.history.clone()))
            .with_completer(Box::new(self.completer.clone()))
            .with_quick_completions(true)
            .with_partial_completions(true)
            .with_menu(ReedlineMenu::EngineCompleter(Box::new(QuietMenu(menu))))
            .with_highlighter(ahead.highlighter(Box::new(PythonHighlighter::new(theme.clone(), commands::NAMES))))
            .with_edit_mode(ahead.mode(edit_mode(config.edit_mode, &config.keys)));
        if config.hints {
            let (completer, signatures) = (self.completer.clone(), self.signatures.clone());
            line = line.with_hinter(Box::new(SignatureHinter::new(theme.style(Token::Hint), completer, signatures)));
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

    /// What the next input starts with.
    pub fn prefill(&mut self, text: &str) {
        self.line().run_edit_commands(&[EditCommand::Clear, EditCommand::InsertString(text.to_owned())]);
    }

    pub fn clear_screen(&mut self) -> io::Result<()> {
        self.line().clear_scrollback()
    }

    /// Shows this printer's lines above the input. Installed only when something may print: with a printer, reedline polls
    /// ten times a second.
    pub fn show_above(&mut self, printer: ExternalPrinter<String>) {
        self.line = self.line.take().map(|line| line.with_external_printer(printer));
    }

    /// Reads one input, with the terminal as it was before and no thread left behind, whatever happens.
    pub fn read(&mut self) -> io::Result<Read> {
        let read = fault::survive(|| self.read_input());
        self.completer.rest();
        self.signatures.rest();
        match read {
            Some(read) => {
                self.failures = 0;
                fault::tell();
                read
            }
            None => Ok(self.renew()),
        }
    }

    /// After a panic the state of the line editor is not to be trusted. What was typed is the newest entry of the history.
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
        self.ahead = Ahead::default();
        self.completer = SessionCompleter::new(self.engine.clone());
        self.signatures = SessionCompleter::of_signatures(self.engine.clone());
        self.prompt = SessionPrompt::new(self.theme.clone(), self.ahead.clone());
        self.set_prompts((primary, continuation));
        self.line = Some(self.new_line());
        fault::tell();
        Read::Failed(self.failures)
    }

    fn read_input(&mut self) -> io::Result<Read> {
        // Each input starts in vi's insert mode.
        let mode = self.ahead.mode(edit_mode(self.config.edit_mode, &self.config.keys));
        self.done = None;
        self.hook.pause(false);
        if input_hook::is_set() {
            let (hook, completer) = (self.hook.clone(), self.completer.clone());
            // A menu that waits for its entries gets them where the hook does not wait for a key.
            let call = move || {
                if !completer.is_waiting() {
                    hook.call()
                }
            };
            self.line = self.line.take().map(|line| line.with_idle_callback(Box::new(call)));
        }
        self.line = self.line.take().map(|line| line.with_edit_mode(mode));
        loop {
            match self.next_signal()? {
                Signal::Success(text) => return Ok(Read::Input(text)),
                Signal::CtrlC => {
                    // From a search reedline goes back to the line that was there before it.
                    self.line().run_edit_commands(&[EditCommand::Clear]);
                    return Ok(Read::Dropped);
                }
                Signal::CtrlD => return Ok(Read::End),
                Signal::HostCommand(command) => match command.as_str() {
                    "submit" if self.is_whole() => return self.accept(),
                    "suspend" => terminal::suspend(),
                    "submit" | "newline" => self.break_line(),
                    "dedent" => self.dedent(),
                    "edit" => {
                        let text = self.line().current_buffer_contents().to_owned();
                        self.line().run_edit_commands(&[EditCommand::Clear]);
                        return Ok(Read::Edit(text));
                    }
                    other => unreachable!("no key is bound to `{other}`"),
                },
                _ => {}
            }
        }
    }

    fn line(&mut self) -> &mut Reedline {
        self.line.as_mut().expect("there between calls")
    }

    /// What was typed ahead comes first. Keys that need a line being edited, such as arrows, are lost in that case.
    fn next_signal(&mut self) -> io::Result<Signal> {
        while let Some(event) = self.ahead.next() {
            match event {
                event if ahead::is_backspace(&event) && self.is_indentation() => self.dedent(),
                ReedlineEvent::Edit(commands) => self.line().run_edit_commands(&commands),
                ReedlineEvent::CtrlC => return Ok(Signal::CtrlC),
                event => {
                    if let Some(command) = host_command(event) {
                        return Ok(Signal::HostCommand(command));
                    }
                }
            }
        }
        self.read_line()
    }

    fn read_line(&mut self) -> io::Result<Signal> {
        let line = self.line.as_mut().expect("there between calls");
        (self.reader)(line, &self.prompt)
    }

    /// In the midst of several lines Enter breaks the line; at their end it runs them if CPython finds them whole.
    fn is_whole(&mut self) -> bool {
        let searching = self.ahead.searching();
        if !searching {
            self.clean();
        }
        let line = self.line();
        let text = line.current_buffer_contents().to_owned();
        let (before, after) = text.split_at(line.current_insertion_point());
        if searching || Input::of(&text).is_one_line() {
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
        if !self.ahead.searching() {
            self.trim_end();
        }
        self.set_accepting(true);
        let signal = self.read_line();
        self.set_accepting(false);
        self.engine.warm_up();
        self.tell_unsaved();
        match signal? {
            Signal::Success(text) => {
                self.tell_done();
                Ok(Read::Input(text))
            }
            _ => Ok(Read::Dropped),
        }
    }

    /// Tells once that the file cannot be written, for example because the disk is full. The history in memory goes on.
    fn tell_unsaved(&mut self) {
        let error = self.line().take_history_save_error();
        if let (Some(error), Some(file), false) = (error, &self.config.history_file, self.told_unsaved) {
            eprintln!("warning: the history is not kept: `{}`: {error}", file.display());
            self.told_unsaved = true;
        }
    }

    fn set_accepting(&mut self, accepting: bool) {
        self.ahead.set_accepting(accepting);
        self.hook.pause(accepting);
        self.line = self.line.take().map(|line| line.with_immediately_accept(accepting));
    }

    /// The empty line that ended a block is not part of it.
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
        let white = indent::next_line(&self.before_cursor());
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
        let line = self.line();
        line.current_buffer_contents()[..line.current_insertion_point()].to_owned()
    }

    fn take_from_line_start(&mut self, bytes: usize) {
        let position = self.line().current_insertion_point();
        self.line().run_edit_commands(&[EditCommand::MoveToLineStart { select: false }]);
        self.line().run_edit_commands(&vec![EditCommand::Delete; bytes]);
        let move_back = EditCommand::MoveToPosition { position: position - bytes, select: false };
        self.line().run_edit_commands(&[move_back]);
    }
}

fn host_command(event: ReedlineEvent) -> Option<String> {
    match event {
        ReedlineEvent::ExecuteHostCommand(command) => Some(command),
        ReedlineEvent::UntilFound(events) => events.into_iter().find_map(host_command),
        _ => None,
    }
}

fn edit_mode(mode: EditMode, keys: &[Binding]) -> Box<dyn reedline::EditMode> {
    let bound = |mut bindings: Keybindings| {
        for (modifiers, code, action) in keys::standard().chain(keys.iter().copied()) {
            bindings.add_binding(modifiers, code, action.event());
        }
        for (modifiers, code, event) in own_bindings() {
            bindings.add_binding(modifiers, code, event);
        }
        bindings
    };
    match mode {
        EditMode::Emacs => Box::new(Emacs::new(bound(default_emacs_keybindings()))),
        EditMode::Vi => {
            let (insert, normal) = (bound(default_vi_insert_keybindings()), bound(default_vi_normal_keybindings()));
            Box::new(Vi::new(insert, normal, default_vi_visual_keybindings()))
        }
    }
}

/// Keys that are not the user's to choose.
fn own_bindings() -> [(KeyModifiers, KeyCode, ReedlineEvent); 2] {
    let dedent = ReedlineEvent::ExecuteHostCommand("dedent".into());
    [
        // What was typed while a program ran comes with the terminal's own newlines.
        (KeyModifiers::CONTROL, KeyCode::Char('j'), Action::Submit.event()),
        (KeyModifiers::SHIFT, KeyCode::BackTab, ReedlineEvent::UntilFound(vec![ReedlineEvent::MenuPrevious, dedent])),
    ]
}
