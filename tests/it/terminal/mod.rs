//! A terminal for programs under test: a pseudo-terminal with a screen to look at and keys to press. A wait blocks
//! until the program has written something new, so nothing here sleeps.

mod display;
mod home;
pub mod keys;
mod pty;
mod tests;

pub use home::Home;

use crate::wait::until_interruptible;
use display::Display;
use pty::{Life, Termios};
use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{JoinHandle, spawn};
use std::time::{Duration, Instant};

/// The limit of every wait: far more than a program needs on a busy machine, so that only a failure takes this long.
const PATIENCE: Duration = Duration::from_secs(30);

pub struct Terminal {
    child: Child,
    master: File,
    keyboard: Sender<Vec<u8>>,
    shared: Arc<Shared>,
    watcher: Option<JoinHandle<()>>,
    patience: Duration,
    /// The length of the program's output when the last key was pressed, and below it when Enter was.
    pressed: Option<usize>,
    entered: Option<usize>,
}

impl Terminal {
    pub fn spawn(command: Command, rows: u16, columns: u16) -> Self {
        let (master, slave) = pty::open().unwrap();
        pty::set_size(&master, rows, columns).unwrap();
        let child = pty::start(command, slave).unwrap();
        let shared = Arc::new(Shared { display: Mutex::new(Display::new(rows, columns)), changed: Condvar::new() });
        let (keyboard, pressed) = channel();
        let (input, output) = (master.try_clone().unwrap(), master.try_clone().unwrap());
        spawn(move || write(input, pressed));
        let (reader, answers) = (shared.clone(), keyboard.clone());
        spawn(move || reader.read(output, answers));
        let (watcher, process) = (shared.clone(), child.id() as libc::pid_t);
        let watcher = Some(spawn(move || watcher.watch(process)));
        Terminal { child, master, keyboard, shared, watcher, patience: PATIENCE, pressed: None, entered: None }
    }

    /// Sends keys without blocking: a program that does not read must not hang its test.
    pub fn send(&mut self, text: &str) {
        self.pressed = Some(self.shared.lock().transcript.len());
        if text.contains(keys::ENTER) {
            self.entered = self.pressed;
        }
        // The writer is gone only if the program is, and the next wait reports that better.
        let _gone = self.keyboard.send(text.into());
    }

    /// Types text and waits until it stands before the cursor.
    #[track_caller]
    pub fn type_text(&mut self, text: &str) {
        self.send(text);
        self.wait_for(&format!("the echo of {text:?}"), |screen| {
            let (row, column) = screen.cursor_position();
            // Behind text that fills its row the cursor is on the next row.
            screen.contents_between(0, 0, row, column).trim_end_matches('\n').ends_with(text)
        });
    }

    /// Types a line and waits for its echo before Enter, so that what is typed stands behind the prompt.
    #[track_caller]
    pub fn enter(&mut self, line: &str) {
        self.type_text(line);
        self.send(keys::ENTER);
    }

    /// Presses Ctrl-C when what runs can see it.
    #[track_caller]
    pub fn interrupt(&mut self) {
        until_interruptible(self.pid());
        self.send(keys::CTRL_C);
    }

    /// Pastes as terminals do: marked, and with Enter for the ends of lines.
    #[track_caller]
    pub fn paste(&mut self, text: &str) {
        let report = self.shared.lock().report();
        assert!(self.screen().bracketed_paste(), "bracketed paste is off\n{report}");
        self.send(&format!("\x1b[200~{}\x1b[201~", text.replace('\n', keys::ENTER)));
    }

    /// Waits for a condition. The program must have written something since the last key: the screen before the key is
    /// not an answer to it.
    #[track_caller]
    pub fn wait_for(&self, what: &str, predicate: impl Fn(&vt100::Screen) -> bool) {
        self.wait(what, |display| (self.answers(display) && predicate(display.screen())).then_some(()));
    }

    fn answers(&self, display: &Display) -> bool {
        display.drained || self.pressed.is_none_or(|before| display.transcript.len() > before)
    }

    fn is_past_enter(&self, display: &Display) -> bool {
        display.drained || self.entered.is_none_or(|before| display.transcript[before..].contains(&b'\n'))
    }

    /// Waits for a line; rows that continue on the next row are one line.
    #[track_caller]
    pub fn wait_for_text(&self, text: &str) {
        self.wait_for(&format!("the text {text:?}"), |screen| screen.contents().contains(text));
    }

    #[track_caller]
    pub fn wait_for_line(&self, line: &str) {
        self.wait_for(&format!("the line {line:?}"), |screen| rows(screen).iter().any(|row| row == line));
    }

    /// Waits for a prompt of narrow characters alone on the cursor's row, with the cursor just behind it. After Enter
    /// it must be on another line: while an input is painted for the last time, the cursor passes behind its own
    /// prompt.
    #[track_caller]
    pub fn wait_for_prompt(&self, prompt: &str) {
        self.wait(&format!("the prompt {prompt:?}"), |display| {
            let screen = display.screen();
            let (row, column) = screen.cursor_position();
            let at_prompt =
                || usize::from(column) == prompt.chars().count() && rows(screen)[usize::from(row)] == prompt.trim_end();
            (self.answers(display) && self.is_past_enter(display) && at_prompt()).then_some(())
        });
    }

    /// Waits for the program and for the rest of its output.
    #[track_caller]
    pub fn wait_for_exit(&self) -> ExitStatus {
        self.wait("the program's end", Display::exit_status)
    }

    /// Waits until the program is stopped. For Ctrl-Z a test waits for the message of a shell instead: the kernel does
    /// not stop a session leader from the keyboard.
    #[track_caller]
    pub fn wait_for_stopped(&self) {
        self.wait("a stopped program", |display| (display.life == Life::Stopped).then_some(()));
    }

    #[track_caller]
    fn wait<T>(&self, what: &str, found: impl Fn(&Display) -> Option<T>) -> T {
        let deadline = Instant::now() + self.patience;
        let mut display = self.shared.lock();
        loop {
            if let Some(value) = found(&display) {
                return value;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || display.exit_status().is_some() {
                let report = display.report();
                drop(display);
                panic!("waited in vain for {what}\n{report}");
            }
            let woken = self.shared.changed.wait_timeout(display, left);
            display = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    pub fn screen(&self) -> vt100::Screen {
        self.shared.lock().screen().clone()
    }

    pub fn screen_text(&self) -> String {
        self.screen().contents()
    }

    /// Returns the rows of the screen without the blanks at their ends.
    pub fn rows(&self) -> Vec<String> {
        rows(&self.screen())
    }

    /// Returns the cursor's row and column, from zero.
    pub fn cursor(&self) -> (u16, u16) {
        self.screen().cursor_position()
    }

    /// Returns everything that the program has written so far.
    pub fn transcript(&self) -> Vec<u8> {
        self.shared.lock().transcript.clone()
    }

    /// Resizes the terminal; the kernel notifies the foreground group.
    pub fn resize(&mut self, rows: u16, columns: u16) {
        // Both sizes change under one lock, so that output for the new size meets a screen of that size.
        let mut display = self.shared.lock();
        display.set_size(rows, columns);
        pty::set_size(&self.master, rows, columns).unwrap();
    }

    pub fn termios(&self) -> Termios {
        Termios::of(&self.master).unwrap()
    }

    pub fn foreground_group(&self) -> libc::pid_t {
        pty::foreground_group(&self.master).unwrap()
    }

    pub fn pid(&self) -> libc::pid_t {
        self.child.id() as libc::pid_t
    }

    pub fn signal(&self, signal: libc::c_int) {
        pty::signal(self.pid(), signal).unwrap();
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        pty::kill_session(self.pid());
        // The watcher observes the child until its end, so the child may be reaped only then.
        let _panicked = self.watcher.take().map(JoinHandle::join);
        let _reaped = self.child.wait();
    }
}

/// The rows without the blanks at their ends.
fn rows(screen: &vt100::Screen) -> Vec<String> {
    screen.rows(0, screen.size().1.get()).map(|row| row.trim_end().to_owned()).collect()
}

/// The state that the threads of a terminal share with its test.
struct Shared {
    display: Mutex<Display>,
    changed: Condvar,
}

impl Shared {
    /// Locks the display. A predicate that panicked with the lock has changed nothing, so the display is sound.
    fn lock(&self) -> MutexGuard<'_, Display> {
        self.display.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self, mut output: File, answers: Sender<Vec<u8>>) {
        let mut buffer = [0; 4096];
        loop {
            match output.read(&mut buffer) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // Linux reports a closed other end as an error.
                Ok(0) | Err(_) => break,
                Ok(count) => {
                    let due = self.lock().feed(&buffer[..count]);
                    self.changed.notify_all();
                    let _gone = answers.send(due);
                }
            }
        }
        self.lock().drained = true;
        self.changed.notify_all();
    }

    fn watch(&self, process: libc::pid_t) {
        loop {
            let life = pty::wait_for_change(process).unwrap();
            self.lock().life = life;
            self.changed.notify_all();
            if matches!(life, Life::Ended(_)) {
                return;
            }
        }
    }
}

fn write(mut input: File, pressed: Receiver<Vec<u8>>) {
    for text in pressed {
        if input.write_all(&text).is_err() {
            return;
        }
    }
}
