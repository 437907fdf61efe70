//! The loop of the session: the editor reads, Python runs, and while a line is edited the event loop goes on.

use super::commands;
use super::config::{ColorChoice, Config};
use super::editor::{Editor, Read};
use super::engine::Engine;
use super::history::Inputs;
use super::input::Input;
use super::theme::Theme;
use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;
use pyo3::types::{PyCFunction, PyDict, PyTuple};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;

pub struct Session {
    pub engine: Arc<Engine>,
    pub theme: Arc<Theme>,
    /// Always there but while another thread reads with it.
    editor: Option<Editor>,
}

/// Whether the session goes on after an input.
#[derive(PartialEq, Eq)]
pub enum Next {
    Input,
    End,
}

/// The whole session. Returns when the user leaves with Ctrl-D or `/quit`; `SystemExit` comes out as the error it is.
pub fn run(py: Python<'_>, config: &Config) -> PyResult<()> {
    let engine = Arc::new(Engine::load(py, config.max_items, config.max_chars)?);
    let theme = Arc::new(if config.color == ColorChoice::Never { Theme::plain() } else { config.theme.clone() });
    engine.session(py, "force_color", (config.color == ColorChoice::Never, config.color == ColorChoice::Always))?;
    let (history, unusable) = Inputs::open(config.history_size, config.history_file.as_deref());
    if let (Some(error), Some(path)) = (unusable, &config.history_file) {
        eprintln!("warning: the history is not kept: `{}`: {error}", path.display());
    }
    if config.banner {
        println!("{}", banner());
    }
    let editor = Editor::new(config, theme.clone(), engine.clone(), history);
    let mut session = Session { engine, theme, editor: Some(editor) };
    if let Some(file) = &config.startup_file {
        session.engine.session(py, "run_file", (file,))?;
    }
    let outcome = session.inputs(py);
    session.engine.session(py, "close", ())?;
    outcome
}

fn banner() -> String {
    format!(
        "{} {}, Python {}\nType /help for help, name? about a name, Ctrl-D to leave.",
        "PyChat.ai",
        env!("CARGO_PKG_VERSION"),
        crate::python::library_version()
    )
}

impl Session {
    fn inputs(&mut self, py: Python<'_>) -> PyResult<()> {
        loop {
            let next = match self.read(py) {
                Ok(Read::Input(text)) => self.carry_out(py, &text),
                Ok(Read::Edit(text)) => commands::edit(self, py, &text).map(|()| Next::Input),
                Ok(Read::Dropped) => {
                    eprintln!("KeyboardInterrupt");
                    Ok(Next::Input)
                }
                Ok(Read::End) => Ok(Next::End),
                Err(error) => Err(error),
            };
            match next {
                Ok(Next::Input) => {}
                Ok(Next::End) => return Ok(()),
                // One that came in between, from `kill -INT`.
                Err(error) if error.is_instance_of::<PyKeyboardInterrupt>(py) => eprintln!("KeyboardInterrupt"),
                Err(error) => return Err(error),
            }
        }
    }

    fn carry_out(&mut self, py: Python<'_>, text: &str) -> PyResult<Next> {
        match Input::of(text) {
            Input::Empty => Ok(Next::Input),
            Input::Command { name, rest } => commands::run(self, py, name, rest),
            Input::Shell(command) => commands::shell(py, command).map(|()| Next::Input),
            Input::Help { subject, detail } => commands::describe(self, py, subject, detail).map(|()| Next::Input),
            Input::Python(source) if commands::leaves(py, self, source)? => Ok(Next::End),
            Input::Python(source) => self.engine.run(py, source).map(|()| Next::Input),
        }
    }

    pub fn editor(&mut self) -> &mut Editor {
        self.editor.as_mut().expect("no other thread reads now")
    }

    fn read(&mut self, py: Python<'_>) -> PyResult<Read> {
        let prompts = self.engine.prompts(py)?;
        self.editor().set_prompts(prompts);
        let background: bool = self.engine.session(py, "has_background", ())?.extract()?;
        if !background {
            let editor = self.editor();
            return Ok(py.detach(|| editor.read())?);
        }
        self.divert(py)?;
        let read = if self.engine.session(py, "has_loop", ())?.extract()? {
            self.read_beside_the_loop(py)
        } else {
            let editor = self.editor();
            py.detach(|| editor.read())
        };
        self.engine.session(py, "restore", ())?;
        Ok(read?)
    }

    /// What threads and tasks print meanwhile is shown above the line.
    fn divert(&mut self, py: Python<'_>) -> PyResult<()> {
        let lines = self.editor().above();
        let send = move |arguments: &Bound<'_, PyTuple>, _: Option<&Bound<'_, PyDict>>| {
            let text: String = arguments.get_item(0)?.extract()?;
            // Waits where the editor is behind, and it may need Python to catch up.
            arguments.py().detach(|| lines.send(text)).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
            PyResult::Ok(())
        };
        self.engine.session(py, "divert", (PyCFunction::new_closure(py, None, None, send)?,)).map(drop)
    }

    /// The loop's thread is this one, as Python's signals need it, so the editor gets a thread.
    fn read_beside_the_loop(&mut self, py: Python<'_>) -> io::Result<Read> {
        let mut editor = self.editor.take().expect("no other thread reads now");
        let (done_sender, done) = channel::<Py<PyAny>>();
        let over = Arc::new(AtomicBool::new(false));
        let reading = std::thread::spawn({
            let over = over.clone();
            move || {
                let read = editor.read();
                over.store(true, Ordering::SeqCst);
                // More than one when an interrupt ended the wait in between.
                for done in done {
                    let _ = Python::attach(|py| done.call0(py).map(drop));
                }
                (editor, read)
            }
        });
        let begin = move |arguments: &Bound<'_, PyTuple>, _: Option<&Bound<'_, PyDict>>| {
            let _ = done_sender.send(arguments.get_item(0)?.unbind());
            PyResult::Ok(())
        };
        let begin = PyCFunction::new_closure(py, None, None, begin);
        while let (Ok(begin), false) = (&begin, over.load(Ordering::SeqCst)) {
            let waited = self.engine.session(py, "keep_running", (begin,));
            if waited.is_err_and(|error| !error.is_instance_of::<PyKeyboardInterrupt>(py)) {
                break;
            }
        }
        // The last sender: the thread's wait for more ends with it.
        drop(begin);
        let (editor, read) = py.detach(|| reading.join()).expect("the editor does not panic");
        self.editor = Some(editor);
        read
    }
}
