//! What unit tests of the session share: an engine, and an editor that reads from a script instead of a terminal.

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

/// A session's Python side.
pub fn engine() -> Arc<Engine> {
    crate::python::testing::start();
    Arc::new(Python::attach(|py| Engine::load(py, 0, 0)).unwrap())
}

pub fn config() -> Config {
    config::load(None, &|_| None).unwrap()
}

/// Stands for the cursor in a text.
const CURSOR: char = '‸';

/// What the user does until `read_line` returns.
pub type Step = Box<dyn FnOnce(&mut Reedline) -> io::Result<Signal> + Send>;

/// Types a text, goes back to where `‸` stands in it, and presses a key that has this host command.
pub fn key(typed: &str, command: &str) -> Step {
    let back = typed.chars().rev().position(|character| character == CURSOR).unwrap_or(0);
    let (text, command) = (typed.replace(CURSOR, ""), command.to_owned());
    Box::new(move |line| {
        line.run_edit_commands(&[EditCommand::InsertString(text)]);
        line.run_edit_commands(&vec![EditCommand::MoveLeft { select: false }; back]);
        Ok(Signal::HostCommand(command))
    })
}

/// Puts what stands in the line, with its cursor, where the test can see it, and leaves.
pub fn look(seen: &Arc<Mutex<String>>) -> Step {
    let seen = seen.clone();
    Box::new(move |line| {
        let mut text = line.current_buffer_contents().to_owned();
        text.insert(line.current_insertion_point(), CURSOR);
        *seen.lock().unwrap() = text;
        Ok(Signal::CtrlD)
    })
}

/// Ends `read_line` with this.
pub fn signal(signal: Signal) -> Step {
    Box::new(move |_| Ok(signal))
}

/// Reedline gives an accepted line away, and clears it.
pub fn accept() -> Step {
    Box::new(|line| {
        let text = line.current_buffer_contents().to_owned();
        line.run_edit_commands(&[EditCommand::Clear]);
        Ok(Signal::Success(text))
    })
}

/// An editor for which each `read_line` takes the next of the steps, and the history that it has.
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

/// A session whose user does this.
pub fn session(steps: impl IntoIterator<Item = Step>) -> Session {
    let engine = engine();
    let (editor, _) = editor(engine.clone(), steps);
    Session::new(engine, Arc::new(Theme::plain()), editor)
}
