//! Completion for the editor. A worker thread asks Python, so that code that holds the interpreter cannot stop the
//! typing. The thread lives only while one input is edited, because `os.fork()` warns when there is a second thread.

mod paths;
#[cfg(test)]
mod tests;

use super::commands::{self, Completes};
use super::engine::Engine;
use super::input::{self, Input};
use super::side_thread::SideThread;
use super::{fault, side_thread};
use pyo3::prelude::*;
use reedline::{Completer, CompletionResult, CompletionStatus, Span, Suggestion, Suggestions};
use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The text that Tab inserts where there is nothing to complete.
pub const INDENT: &str = "    ";

/// How long the menu waits for an answer before it opens, and a signature before the line is shown without it. Later
/// answers are shown when they come.
const PATIENCE: Duration = Duration::from_millis(50);

/// How long a finished input waits for an answer that is no longer needed, such as the listing of a folder on a network
/// that is down.
const LAST_PATIENCE: Duration = Duration::from_secs(1);

type Question = (String, usize);

struct Answer {
    question: Question,
    suggestions: Suggestions,
}

/// The completer for reedline. A clone is another handle on the same worker.
#[derive(Clone)]
pub struct SessionCompleter(Arc<Mutex<State>>);

struct State {
    answering: Answering,
    worker: Option<Worker>,
    asked: Option<Question>,
    answer: Option<Answer>,
    /// Threads that had not ended when the input was run.
    left: Vec<SideThread<()>>,
}

/// The source of a worker's answers; tests bring their own.
#[derive(Clone)]
struct Answering {
    engine: Arc<Engine>,
    answer: fn(&Engine, &Question) -> Suggestions,
}

struct Worker {
    questions: Sender<Question>,
    answers: Receiver<Answer>,
    thread: SideThread<()>,
}

impl SessionCompleter {
    pub fn new(engine: Arc<Engine>) -> Self {
        Self::answering(engine, answer)
    }

    /// Returns a completer with its own worker, which answers with the signature of the call that a text opens at its
    /// end.
    pub fn of_signatures(engine: Arc<Engine>) -> Self {
        Self::answering(engine, signature)
    }

    fn answering(engine: Arc<Engine>, answer: fn(&Engine, &Question) -> Suggestions) -> Self {
        let answering = Answering { engine, answer };
        let state = State { answering, worker: None, asked: None, answer: None, left: Vec::new() };
        SessionCompleter(Arc::new(Mutex::new(state)))
    }

    /// Ends the worker's thread; the next question starts another. A thread that does not end in time is left running.
    pub fn rest(&self) {
        self.state().rest(LAST_PATIENCE);
    }

    /// Whether an answer is still to come.
    pub fn is_waiting(&self) -> bool {
        self.state().asked.is_some()
    }

    /// Whether the line was completed by its only candidate.
    pub fn has_completed(&self, line: &str) -> bool {
        let state = self.state();
        let Some(Answer { question: (asked, position), suggestions }) = &state.answer else { return false };
        let [only] = &suggestions[..] else { return false };
        *position == asked.len() && line.strip_prefix(&asked[..only.span.start]) == Some(&only.value)
    }

    /// Returns the only answer about the end of a text, if it comes soon enough to be shown with the text.
    pub fn only(&self, text: &str) -> Option<String> {
        let mut state = self.state();
        state.collect(Duration::ZERO);
        match state.complete(text, text.len()) {
            CompletionResult::Fresh { suggestions, .. } => suggestions.first().map(|only| only.value.clone()),
            _ => None,
        }
    }

    /// Collects the answers that have arrived since.
    pub fn poll(&self) -> CompletionStatus {
        self.state().poll()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Asks a question. If no thread can be started, there is no answer, and completion offers nothing.
    fn ask(&mut self, question: Question) {
        if self.worker().is_some_and(|worker| worker.questions.send(question.clone()).is_ok()) {
            self.asked = Some(question);
        }
    }

    fn worker(&mut self) -> Option<&Worker> {
        if self.worker.is_none() {
            self.worker = start(self.answering.clone()).ok();
        }
        self.worker.as_ref()
    }

    /// Takes the answers that have arrived; an answer to an older question is dropped.
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

    fn poll(&mut self) -> CompletionStatus {
        if self.asked.is_none() {
            return CompletionStatus::Idle;
        }
        self.collect(Duration::ZERO);
        if self.asked.is_none() { CompletionStatus::Ready } else { CompletionStatus::Pending }
    }

    fn rest(&mut self, patience: Duration) {
        // The code that runs next may change the answers.
        (self.asked, self.answer) = (None, None);
        self.left.retain(|thread| !thread.is_finished());
        let Some(Worker { questions, answers, thread }) = self.worker.take() else { return };
        drop(questions);
        if is_closed(&answers, patience) {
            let _ = thread.join();
        } else {
            self.left.push(thread);
        }
    }

    fn complete(&mut self, line: &str, position: usize) -> CompletionResult {
        let question = (line.to_owned(), position);
        if self.answer.as_ref().is_none_or(|answer| answer.question != question)
            && self.asked.as_ref() != Some(&question)
        {
            self.ask(question.clone());
            self.collect(PATIENCE);
        }
        match &self.answer {
            Some(answer) if answer.question == question => CompletionResult::fresh(answer.suggestions.clone()),
            _ if self.asked.is_none() => CompletionResult::fresh(Suggestions::default()),
            _ => CompletionResult::Pending,
        }
    }
}

/// Whether the worker closes its end in time.
fn is_closed(answers: &Receiver<Answer>, patience: Duration) -> bool {
    let deadline = Instant::now() + patience;
    loop {
        match answers.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(_) => {}
            Err(error) => return error == RecvTimeoutError::Disconnected,
        }
    }
}

impl Completer for SessionCompleter {
    fn complete(&mut self, line: &str, position: usize) -> CompletionResult {
        match known(line, position) {
            Some(suggestions) => CompletionResult::fresh(suggestions),
            None => self.state().complete(line, position),
        }
    }

    /// Collects answers. Reedline first calls it when the first prompt has been painted: from then on the worker loads
    /// its Python parts, so that they are ready for the first input.
    fn poll_completion(&mut self) -> CompletionStatus {
        let mut state = self.state();
        if !state.answering.engine.is_warm() {
            state.worker();
        }
        state.poll()
    }
}

/// Ends the thread: a thread that is in Python when CPython is finalized would crash the program.
impl Drop for State {
    fn drop(&mut self) {
        let worker = self.worker.take().map(|worker| worker.thread);
        for thread in self.left.drain(..).chain(worker) {
            let _ = thread.join();
        }
    }
}

/// Returns what offers candidates for an input.
fn source(line: &str) -> Completes {
    match Input::of(line) {
        Input::Shell(_) => Completes::Nobody,
        Input::Command { name, .. } => commands::named(name).map_or(Completes::Nobody, |command| command.completes),
        _ => Completes::Code,
    }
}

/// Returns what is known without Python: indentation, the names of commands, and that there is nothing to complete.
fn known(line: &str, position: usize) -> Option<Suggestions> {
    let before = &line[..position];
    if before.rsplit('\n').next().is_some_and(|last| last.trim().is_empty()) {
        return Some(suggestions([(INDENT.to_owned(), String::new())], position, position));
    }
    if let Input::Command { name, .. } = Input::of(before)
        && input::code(before) == position
    {
        return Some(command_names(name, "/", position - name.len() - 1, position));
    }
    match source(line) {
        Completes::Nobody => Some(Suggestions::default()),
        Completes::Commands => {
            let name = before.rsplit(char::is_whitespace).next().unwrap_or_default();
            Some(command_names(name, "", position - name.len(), position))
        }
        Completes::Code | Completes::Files => None,
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

/// Starts a worker. Its thread ends when its questions' sender is dropped. A question that panics gets an empty answer.
fn start(Answering { engine, answer }: Answering) -> io::Result<Worker> {
    let (questions, asked) = channel::<Question>();
    let (answered, answers) = channel();
    let thread = side_thread::spawn(move || {
        engine.warm_up();
        while let Ok(first) = asked.recv() {
            // Older questions no longer matter.
            let question = asked.try_iter().last().unwrap_or(first);
            let suggestions = fault::survive(|| answer(&engine, &question)).unwrap_or_default();
            if answered.send(Answer { question, suggestions }).is_err() {
                return;
            }
        }
    })?;
    Ok(Worker { questions, answers, thread })
}

fn answer(engine: &Engine, question: &Question) -> Suggestions {
    let (line, position) = question;
    if source(line) == Completes::Files {
        let (start, found) = paths::complete(&line[..*position]);
        return suggestions(found, start, *position);
    }
    Python::attach(|py| from_python(py, engine, question)).unwrap_or_default()
}

fn signature(engine: &Engine, (text, position): &Question) -> Suggestions {
    let found: PyResult<Option<String>> =
        Python::attach(|py| engine.complete(py, "opened", (text, engine.namespace(py)?))?.extract());
    suggestions(found.ok().flatten().map(|text| (text, String::new())), *position, *position)
}

/// Asks Python, which counts characters where reedline counts bytes.
fn from_python(py: Python<'_>, engine: &Engine, (line, position): &Question) -> PyResult<Suggestions> {
    // Python gets the part of a command or a question that is code.
    let skipped = input::code(line);
    let text = &line[skipped..];
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
