//! Completion for the editor. Python is asked in a thread of its own: whoever holds the interpreter cannot stop the typing.

mod paths;

use super::engine::Engine;
use super::{commands, input::Input, thread};
use pyo3::prelude::*;
use reedline::{Completer, CompletionResult, CompletionStatus, Span, Suggestion, Suggestions};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// What Tab gives where there is nothing to complete.
pub const INDENT: &str = "    ";

/// Most answers come sooner, and then the menu opens with them; the others are shown when they come.
const PATIENCE: Duration = Duration::from_millis(50);

type Question = (String, usize);

struct Answer {
    question: Question,
    suggestions: Suggestions,
}

pub struct SessionCompleter {
    engine: Arc<Engine>,
    worker: Option<Worker>,
    asked: Option<Question>,
    answer: Option<Answer>,
}

struct Worker {
    questions: Sender<Question>,
    answers: Receiver<Answer>,
    thread: JoinHandle<()>,
}

impl SessionCompleter {
    pub fn new(engine: Arc<Engine>) -> Self {
        SessionCompleter { engine, worker: None, asked: None, answer: None }
    }

    fn ask(&mut self, question: Question) {
        let questions = &self.worker().questions;
        if questions.send(question.clone()).is_ok() {
            self.asked = Some(question);
        }
    }

    fn worker(&mut self) -> &Worker {
        self.worker.get_or_insert_with(|| start(self.engine.clone()))
    }

    /// Takes the answers that have come; an answer to an older question is dropped.
    fn collect(&mut self, patience: Duration) {
        let Some(worker) = &self.worker else { return };
        while let Some(asked) = &self.asked {
            let Ok(answer) = worker.answers.recv_timeout(patience) else { return };
            if answer.question == *asked {
                self.asked = None;
                self.answer = Some(answer);
            }
        }
    }
}

impl Completer for SessionCompleter {
    fn complete(&mut self, line: &str, position: usize) -> CompletionResult {
        if let Some(suggestions) = known(line, position) {
            return CompletionResult::fresh(suggestions);
        }
        let question = (line.to_owned(), position);
        if self.answer.as_ref().is_none_or(|answer| answer.question != question)
            && self.asked.as_ref() != Some(&question)
        {
            self.ask(question.clone());
            self.collect(PATIENCE);
        }
        match &self.answer {
            Some(answer) if answer.question == question => CompletionResult::fresh(answer.suggestions.clone()),
            _ => CompletionResult::Pending,
        }
    }

    /// Asked first when the first prompt has been painted: what the worker loads is there when the first input is.
    fn poll_completion(&mut self) -> CompletionStatus {
        self.worker();
        if self.asked.is_none() {
            return CompletionStatus::Idle;
        }
        self.collect(Duration::ZERO);
        if self.asked.is_none() { CompletionStatus::Ready } else { CompletionStatus::Pending }
    }
}

/// A thread that is still in Python when CPython is finalized would bring the program down.
impl Drop for SessionCompleter {
    fn drop(&mut self) {
        if let Some(Worker { questions, thread, .. }) = self.worker.take() {
            drop(questions);
            let _ = thread.join();
        }
    }
}

/// Who knows what can stand in an input.
#[derive(PartialEq, Eq)]
enum Source {
    Python,
    Files,
    Commands,
    Nobody,
}

impl Source {
    fn of(line: &str) -> Self {
        match Input::of(line) {
            Input::Shell(_) => Source::Nobody,
            Input::Command { name, .. } => match name {
                "edit" | "inspect" | "show" | "show_source" | "time" => Source::Python,
                "include" | "run" | "save" => Source::Files,
                "help" => Source::Commands,
                _ => Source::Nobody,
            },
            _ => Source::Python,
        }
    }
}

/// What is known at once: indentation, the names of commands, and where there is nothing to complete.
fn known(line: &str, position: usize) -> Option<Suggestions> {
    let before = &line[..position];
    if before.rsplit('\n').next().is_some_and(|last| last.trim().is_empty()) {
        return Some(suggestions([(INDENT.to_owned(), String::new())], position, position));
    }
    if let Some(name) = before.strip_prefix('/').filter(|name| !name.contains(char::is_whitespace)) {
        return Some(command_names(name, "/", 0, position));
    }
    match Source::of(line) {
        Source::Nobody => Some(Suggestions::default()),
        Source::Commands => {
            let name = before.rsplit(char::is_whitespace).next().unwrap_or_default();
            Some(command_names(name, "", position - name.len(), position))
        }
        Source::Python | Source::Files => None,
    }
}

fn command_names(typed: &str, mark: &str, start: usize, end: usize) -> Suggestions {
    let fitting = commands::ALL.iter().filter(|command| command.name.starts_with(typed));
    suggestions(fitting.map(|command| (format!("{mark}{}", command.name), command.about.to_owned())), start, end)
}

fn suggestions(found: impl IntoIterator<Item = (String, String)>, start: usize, end: usize) -> Suggestions {
    let suggestion = |(value, description): (String, String)| Suggestion {
        value,
        description: Some(description).filter(|text| !text.is_empty()),
        span: Span::new(start, end),
        ..Suggestion::default()
    };
    found.into_iter().map(suggestion).collect()
}

/// The thread ends with the completer that asks it.
fn start(engine: Arc<Engine>) -> Worker {
    let (questions, asked) = channel::<Question>();
    let (answered, answers) = channel();
    let thread = thread::spawn(move || {
        engine.warm_up();
        while let Ok(first) = asked.recv() {
            // Only the newest question is still of interest.
            let question = asked.try_iter().last().unwrap_or(first);
            let found = answer(&engine, &question);
            if answered.send(Answer { question, suggestions: found }).is_err() {
                return;
            }
        }
    });
    Worker { questions, answers, thread }
}

fn answer(engine: &Engine, question: &Question) -> Suggestions {
    let (line, position) = question;
    if Source::of(line) == Source::Files {
        let (start, found) = paths::complete(&line[..*position]);
        return suggestions(found, start, *position);
    }
    Python::attach(|py| from_python(py, engine, question)).unwrap_or_default()
}

/// Python counts characters where reedline counts bytes.
fn from_python(py: Python<'_>, engine: &Engine, (line, position): &Question) -> PyResult<Suggestions> {
    let (text, skipped) = python_part(line);
    let Some(before) = line.get(skipped..*position) else { return Ok(Suggestions::default()) };
    let cursor = before.chars().count();
    let answer = engine.complete(py, "complete", (text, cursor, engine.namespace(py)?))?;
    let (start, found): (usize, Vec<(String, String, String)>) = answer.extract()?;
    let start = skipped + text.char_indices().nth(start).map_or(text.len(), |(at, _)| at);
    let described = found.into_iter().map(|(value, kind, description)| {
        let kind = if description.is_empty() { kind } else { format!("{kind} {description}") };
        (value, kind)
    });
    Ok(suggestions(described, start.min(*position), *position))
}

/// What of an input is Python, and where it starts: all of it, or what follows the name of a command.
fn python_part(line: &str) -> (&str, usize) {
    let start = match Input::of(line) {
        Input::Command { name, .. } => line.find('/').map_or(0, |slash| slash + 1 + name.len()),
        _ => 0,
    };
    (&line[start..], start)
}
