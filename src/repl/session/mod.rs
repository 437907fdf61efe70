//! The loop of the session: the editor reads and Python runs. While a line is edited, the event loop keeps running.

#[cfg(test)]
mod tests;

use super::above::Above;
use super::commands;
use super::config::{ColorChoice, Config};
use super::editor::{Editor, Read};
use super::engine::Engine;
use super::fault;
use super::history::{self, Inputs};
use super::input::Input;
use super::theme::Theme;
use super::{input_hook, side_thread};
use crate::problem::Problem;
use crate::shown::shown;
use pyo3::exceptions::{PyKeyboardInterrupt, PySystemExit};
use pyo3::prelude::*;
use pyo3::types::{PyCFunction, PyDict, PyTuple};
use reedline::ExternalPrinter;
use std::convert::identity;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Consecutive failures of the line editor after which the session waits for Enter.
const FAILURES_IN_A_ROW: usize = 3;

/// Clears the screen from the cursor to its end.
const CLEAR_BELOW: &str = "\x1b[J";

pub struct Session {
    pub engine: Arc<Engine>,
    pub theme: Arc<Theme>,
    /// The editor, locked by the thread that reads with it.
    editor: Arc<Mutex<Editor>>,
}

/// Whether the session goes on after an input.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    Input,
    End,
}

/// Runs the whole session. Returns when the user leaves with Ctrl-D or `/quit`; `SystemExit` is returned as an error.
pub fn run(py: Python<'_>, config: &Config) -> PyResult<()> {
    let _noted = fault::note_panics();
    let engine = Arc::new(Engine::load(py, config.max_items, config.max_chars)?);
    let theme = Arc::new(if config.color == ColorChoice::Never { Theme::plain() } else { config.theme.clone() });
    engine.session(py, "force_color", (config.color == ColorChoice::Never, config.color == ColorChoice::Always))?;
    let (history, unusable) = Inputs::open(config.history_size, config.history_file.as_deref());
    if let (Some(error), Some(path)) = (unusable, &config.history_file) {
        eprintln!("warning: {}", history::unkept(path, error));
    }
    if config.banner {
        println!("{}", banner());
    }
    let editor = Editor::new(config, theme.clone(), engine.clone(), history);
    let mut session = Session::new(engine, theme, editor);
    let outcome = session.start(py, config.startup_file.as_deref()).and_then(|()| session.inputs(py));
    let closed = session.engine.session(py, "close", ()).map(drop);
    let Session { editor, .. } = session;
    // The editor's threads must leave Python before it finalizes; release the GIL so that they can.
    py.detach(|| drop(editor));
    outcome.and(closed)
}

fn banner() -> String {
    format!(
        "{} {}, Python {}\nType /help for help, name? about a name, Ctrl-D to leave.",
        "PyChat.ai",
        env!("CARGO_PKG_VERSION"),
        pyo3_bundle::library_version()
    )
}

impl Session {
    pub fn new(engine: Arc<Engine>, theme: Arc<Theme>, editor: Editor) -> Self {
        Session { engine, theme, editor: Arc::new(Mutex::new(editor)) }
    }

    fn start(&self, py: Python<'_>, file: Option<&Path>) -> PyResult<()> {
        match file {
            Some(file) if !file.exists() => {
                let what = format!("the startup file `{}` is missing", shown(file));
                let hint = format!("{} --print-config", env!("CARGO_PKG_NAME"));
                eprintln!("error: {}", Problem::new(what, "the configuration names it as `startup_file`", hint));
            }
            Some(file) => {
                // Completion trusts no module that the user's code may have replaced.
                self.engine.warm_up();
                self.engine.session(py, "run_file", (file,)).map(drop)?;
            }
            None => {}
        }
        Ok(())
    }

    /// Reads and answers inputs. Of all errors only `SystemExit` and an unreadable terminal end the session: the user's
    /// values outlive all others.
    fn inputs(&mut self, py: Python<'_>) -> PyResult<()> {
        loop {
            let outcome = match self.read(py) {
                Ok(read) => self.survive(|session| session.answer(py, read)),
                Err(error) => return Err(error),
            };
            match outcome {
                Ok(Next::Input) => {}
                Ok(Next::End) => return Ok(()),
                Err(error) if error.is_instance_of::<PySystemExit>(py) => return Err(error),
                Err(error) => self.show(py, error),
            }
        }
    }

    fn show(&self, py: Python<'_>, error: PyErr) {
        // An interrupt that arrived between two inputs or two statements; the terminal may just have echoed `^C`.
        if error.is_instance_of::<PyKeyboardInterrupt>(py) {
            eprintln!("\nKeyboardInterrupt");
        } else if self.engine.session(py, "show", (error.value(py),)).is_err() {
            error.print(py);
        }
    }

    fn survive(&mut self, answer: impl FnOnce(&mut Self) -> PyResult<Next>) -> PyResult<Next> {
        let answer = fault::survive(|| answer(self));
        fault::tell();
        answer.unwrap_or(Ok(Next::Input))
    }

    fn answer(&mut self, py: Python<'_>, read: Read) -> PyResult<Next> {
        match read {
            Read::Input(text) => self.carry_out(py, &text),
            Read::Edit(text) => {
                if let Err(problem) = commands::edit(self, py, &text) {
                    // The cursor may stand in the middle of the input.
                    eprintln!("\n{CLEAR_BELOW}error: {problem}");
                }
                Ok(Next::Input)
            }
            Read::Dropped => {
                eprintln!("KeyboardInterrupt");
                Ok(Next::Input)
            }
            Read::End => Ok(Next::End),
            Read::Failed(times) if times < FAILURES_IN_A_ROW => Ok(Next::Input),
            Read::Failed(_) => Ok(wait_for_enter(py)?),
        }
    }

    fn carry_out(&mut self, py: Python<'_>, text: &str) -> PyResult<Next> {
        match Input::of(text) {
            Input::Empty => Ok(Next::Input),
            Input::Command { name, rest } => commands::run(self, py, name, rest),
            Input::Shell(command) => commands::shell(py, command).map(|()| Next::Input),
            Input::Help { subject, detail } => commands::describe(self, py, subject, detail).map(|()| Next::Input),
            Input::Question(expression) => {
                commands::question(expression);
                Ok(Next::Input)
            }
            Input::Python(source) => commands::python(self, py, source),
        }
    }

    /// Locks the editor, which is free between two reads.
    pub fn editor(&self) -> MutexGuard<'_, Editor> {
        locked(&self.editor)
    }

    /// Reads an input. An error of Python is shown, and costs only what failed: the user's code can break all of it. Only
    /// `SystemExit` is an error, from the handler of a signal for example.
    fn read(&mut self, py: Python<'_>) -> PyResult<Read> {
        let prompts = match self.engine.prompts(py) {
            Ok(prompts) => prompts,
            Err(error) => {
                self.tell(py, error)?;
                (">>> ".into(), "... ".into())
            }
        };
        self.editor().set_prompts(prompts);
        let read = self.read_undisturbed(py)?;
        if let Some(error) = self.engine.raised() {
            self.tell(py, error)?;
        }
        Ok(read)
    }

    /// Reads an input; what threads and tasks print meanwhile is shown above it.
    fn read_undisturbed(&mut self, py: Python<'_>) -> PyResult<Read> {
        let lines = match self.asked(py, "has_background").and_then(|has| has.then(|| self.divert(py)).transpose()) {
            Ok(Some(lines)) => lines,
            Ok(None) => return Ok(self.read_here(py)?),
            Err(error) => {
                self.restore(py)?;
                self.tell(py, error)?;
                return Ok(self.read_here(py)?);
            }
        };
        // Windows and the event loop both need this thread: with windows, the loop has it only while it has tasks.
        let goes_on = if input_hook::is_set() { "has_tasks" } else { "has_loop" };
        let beside = self.asked(py, goes_on).unwrap_or_else(|error| {
            self.engine.keep(py, error);
            false
        });
        let read = if beside { self.read_beside_the_loop(py) } else { self.read_here(py) };
        lines.end(io::stdout());
        self.restore(py)?;
        Ok(read?)
    }

    fn asked(&self, py: Python<'_>, question: &str) -> PyResult<bool> {
        self.engine.session(py, question, ())?.extract()
    }

    fn restore(&self, py: Python<'_>) -> PyResult<()> {
        // The old printer would show its lines again.
        self.editor().show_above(ExternalPrinter::default());
        let restore = || self.engine.session(py, "restore", ());
        let Err(error) = restore() else { return Ok(()) };
        // The handler of a signal that came while the line was edited raised it: nothing may stay diverted.
        let rest = restore();
        self.tell(py, error)?;
        rest.map(drop).or_else(|error| self.tell(py, error))
    }

    /// Shows an error that does not end the session.
    fn tell(&self, py: Python<'_>, error: PyErr) -> PyResult<()> {
        if error.is_instance_of::<PySystemExit>(py) {
            return Err(error);
        }
        self.show(py, error);
        Ok(())
    }

    /// Shows above the line what threads and tasks print while it is edited.
    fn divert(&mut self, py: Python<'_>) -> PyResult<Arc<Above>> {
        let (lines, printer) = Above::new();
        self.editor().show_above(printer);
        let sender = lines.clone();
        let send = move |arguments: &Bound<'_, PyTuple>, _: Option<&Bound<'_, PyDict>>| {
            let text: String = arguments.get_item(0)?.extract()?;
            // Sending waits for an editor that is behind, and the editor may need Python to catch up.
            PyResult::Ok(arguments.py().detach(|| input_hook::unless_running(|| sender.send(&text))))
        };
        self.engine.session(py, "divert", (PyCFunction::new_closure(py, None, None, send)?,))?;
        Ok(lines)
    }

    fn read_here(&self, py: Python<'_>) -> io::Result<Read> {
        py.detach(|| self.editor().read())
    }

    /// Reads in a second thread while this one runs the event loop: Python's signals need the loop in the main thread.
    /// If the system gives no second thread, the loop waits for the editor.
    fn read_beside_the_loop(&mut self, py: Python<'_>) -> io::Result<Read> {
        let (done_sender, done) = channel::<Option<Py<PyAny>>>();
        let last = done_sender.clone();
        let over = Arc::new(AtomicBool::new(false));
        let reading = side_thread::spawn({
            let (over, editor) = (over.clone(), self.editor.clone());
            move || {
                let read = locked(&editor).read();
                over.store(true, Ordering::SeqCst);
                // There is more than one callable when an interrupt ended the wait in between.
                for done in done.into_iter().map_while(identity) {
                    let _ = Python::attach(|py| done.call0(py).map(drop));
                }
                read
            }
        });
        let Ok(reading) = reading else { return self.read_here(py) };
        let begin = move |arguments: &Bound<'_, PyTuple>, _: Option<&Bound<'_, PyDict>>| {
            let _ = done_sender.send(Some(arguments.get_item(0)?.unbind()));
            PyResult::Ok(())
        };
        let begin = PyCFunction::new_closure(py, None, None, begin);
        while let (Ok(begin), false) = (&begin, over.load(Ordering::SeqCst)) {
            let waited = self.engine.session(py, "keep_running", (begin,));
            if let Ok(raised) = &waited
                && !raised.is_none()
            {
                self.engine.keep(py, PyErr::from_value(raised.clone()));
            }
            // After an interrupt, or a task that raised `SystemExit` or stopped the loop, the other tasks go on. Only a
            // closed loop is over.
            if waited.is_err()
                && !self.engine.session(py, "has_loop", ()).is_ok_and(|has| has.is_truthy().unwrap_or(false))
            {
                break;
            }
        }
        // Python may still hold `begin`, and with it a sender.
        let _ = last.send(None);
        py.detach(|| reading.join()).expect("reading survives its panics")
    }
}

fn locked(editor: &Mutex<Editor>) -> MutexGuard<'_, Editor> {
    editor.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits for Enter: an editor that fails at every start must neither end the session nor keep the machine busy.
fn wait_for_enter(py: Python<'_>) -> io::Result<Next> {
    eprintln!("press Enter to start the line editor again, or Ctrl-D to leave");
    let read = py.detach(|| io::stdin().read_line(&mut String::new()))?;
    Ok(if read == 0 { Next::End } else { Next::Input })
}
