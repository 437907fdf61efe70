//! The console's modes. Closing a console ends its programs, so nothing has to be restored for that.

use crate::repl::terminal::RESTORE;
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};
use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::Win32::System::Console::{
    CONSOLE_MODE, COORD, ENABLE_ECHO_INPUT, ENABLE_LINE_INPUT, ENABLE_PROCESSED_INPUT, ENABLE_PROCESSED_OUTPUT,
    ENABLE_VIRTUAL_TERMINAL_PROCESSING, GetConsoleMode, GetStdHandle, INPUT_RECORD, INPUT_RECORD_0, STD_HANDLE,
    STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, SetConsoleMode, WINDOW_BUFFER_SIZE_EVENT, WINDOW_BUFFER_SIZE_RECORD,
    WriteConsoleInputW,
};

/// The modes of input and output before an input was edited, while one is.
static SAVED: Mutex<Option<[Modes; 2]>> = Mutex::new(None);

/// A stream of the console with its modes.
#[derive(Clone, Copy)]
struct Modes {
    stream: STD_HANDLE,
    modes: CONSOLE_MODE,
}

impl Modes {
    fn of(stream: STD_HANDLE) -> Option<Self> {
        let mut modes = 0;
        // SAFETY: a handle that is not a console's makes the call fail.
        let known = unsafe { GetConsoleMode(handle(stream), &mut modes) } != 0;
        known.then_some(Modes { stream, modes })
    }

    fn set(self) {
        // SAFETY: as in `of`.
        unsafe { SetConsoleMode(handle(self.stream), self.modes) };
    }
}

fn handle(stream: STD_HANDLE) -> HANDLE {
    // SAFETY: plain call; the handle is not owned.
    unsafe { GetStdHandle(stream) }
}

/// A raw console, until the value is dropped. Reedline makes the input cooked again after each read, so that a Ctrl-C
/// between two reads is a signal for Python.
pub struct Raw(());

impl Raw {
    pub fn new() -> Self {
        if let (Some(input), Some(output)) = (Modes::of(STD_INPUT_HANDLE), Modes::of(STD_OUTPUT_HANDLE)) {
            *SAVED.lock().unwrap_or_else(PoisonError::into_inner) = Some([input, output]);
            let cooked = ENABLE_LINE_INPUT | ENABLE_ECHO_INPUT | ENABLE_PROCESSED_INPUT;
            Modes { modes: input.modes & !cooked, ..input }.set();
            let sequences = ENABLE_PROCESSED_OUTPUT | ENABLE_VIRTUAL_TERMINAL_PROCESSING;
            Modes { modes: output.modes | sequences, ..output }.set();
        }
        Raw(())
    }
}

impl Drop for Raw {
    /// Restores the console, also when the work with it panics.
    fn drop(&mut self) {
        if std::thread::panicking() {
            restore();
        }
        if let Some(saved) = SAVED.lock().unwrap_or_else(PoisonError::into_inner).take() {
            saved.into_iter().for_each(Modes::set);
        }
    }
}

/// Restores the console after an editor that left it as it was.
pub fn restore() {
    if let Some(saved) = *SAVED.lock().unwrap_or_else(PoisonError::into_inner) {
        let mut output = io::stdout();
        let _unseen = output.write_all(RESTORE).and_then(|()| output.flush());
        saved.into_iter().for_each(Modes::set);
    }
}

/// Does nothing: a console has no job control.
pub fn suspend() {}

/// Puts an event into the input that the window's size may have changed: the only event that no program takes for a key.
pub fn tell_size() {
    // The reader asks the console for the size itself.
    let size = WINDOW_BUFFER_SIZE_RECORD { dwSize: COORD { X: 0, Y: 0 } };
    let event = INPUT_RECORD_0 { WindowBufferSizeEvent: size };
    let record = INPUT_RECORD { EventType: WINDOW_BUFFER_SIZE_EVENT as u16, Event: event };
    let mut written = 0;
    // SAFETY: one record is passed, with the count 1.
    unsafe { WriteConsoleInputW(handle(STD_INPUT_HANDLE), &record, 1, &mut written) };
}

/// Whether the terminal is a console: that of MSYS is a pipe, in which no key can be read.
pub fn can_position() -> bool {
    [STD_INPUT_HANDLE, STD_OUTPUT_HANDLE].into_iter().all(|stream| Modes::of(stream).is_some())
}

/// Does nothing: a raw console translates line ends.
pub struct Printing(());

impl Printing {
    pub fn new() -> Self {
        Printing(())
    }
}
