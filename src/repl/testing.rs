//! Shared by unit tests of the session: an engine, and an editor that reads from a script instead of a terminal.

use super::config::{self, Config};
use super::editor::Editor;
use super::engine::Engine;
use super::history::Inputs;
use super::prompt::SessionPrompt;
use super::session::Session;
use super::theme::Theme;
use pyo3::prelude::*;
use reedline::{EditCommand, Reedline, Signal};
use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex};

/// Returns a session's Python side.
pub fn engine() -> Arc<Engine> {
    crate::python::testing::start();
    Arc::new(Python::attach(|py| Engine::load(py, 0, 0)).unwrap())
}

pub fn config() -> Config {
    config::load(None, &|_| None).unwrap()
}

/// The character for the cursor in a text.
const CURSOR: char = '‸';

/// One call of `read_line`, with the user's part in it.
pub type Step = Box<dyn FnOnce(&mut Reedline) -> io::Result<Signal> + Send>;

/// Types a text, moves the cursor to its `‸`, and presses a key that has this host command.
pub fn key(typed: &str, command: &str) -> Step {
    let back = typed.chars().rev().position(|character| character == CURSOR).unwrap_or(0);
    let (text, command) = (typed.replace(CURSOR, ""), command.to_owned());
    Box::new(move |line| {
        line.run_edit_commands(&[EditCommand::InsertString(text)]);
        line.run_edit_commands(&vec![EditCommand::MoveLeft { select: false }; back]);
        Ok(Signal::HostCommand(command))
    })
}

/// Copies the line, with its cursor, to where the test can see it, and leaves.
pub fn look(seen: &Arc<Mutex<String>>) -> Step {
    let seen = seen.clone();
    Box::new(move |line| {
        let mut text = line.current_buffer_contents().to_owned();
        text.insert(line.current_insertion_point(), CURSOR);
        *seen.lock().unwrap() = text;
        Ok(Signal::CtrlD)
    })
}

/// Ends `read_line` with this signal.
pub fn signal(signal: Signal) -> Step {
    Box::new(move |_| Ok(signal))
}

/// Returns and clears the line, as reedline does with an accepted line.
pub fn accept() -> Step {
    Box::new(|line| {
        let text = line.current_buffer_contents().to_owned();
        line.run_edit_commands(&[EditCommand::Clear]);
        Ok(Signal::Success(text))
    })
}

/// Returns an editor for which each `read_line` takes the next of the steps, and its history.
pub fn editor(engine: Arc<Engine>, steps: impl IntoIterator<Item = Step>) -> (Editor, Inputs) {
    let config = config();
    let (history, _) = Inputs::open(100, None);
    let steps: Mutex<VecDeque<Step>> = Mutex::new(steps.into_iter().collect());
    let reader = move |line: &mut Reedline, _: &SessionPrompt| {
        let step = steps.lock().unwrap().pop_front();
        step.map_or(Ok(Signal::CtrlD), |step| step(line))
    };
    let theme = Arc::new(config.theme.clone());
    (Editor::with_reader(&config, theme, engine, history.clone(), Box::new(reader)), history)
}

/// Returns a session whose user takes these steps.
pub fn session(steps: impl IntoIterator<Item = Step>) -> Session {
    let engine = engine();
    let (editor, _) = editor(engine.clone(), steps);
    Session::new(engine, Arc::new(Theme::plain()), editor)
}
