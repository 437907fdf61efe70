//! Output of threads and tasks while a line is edited: the editor shows it above the line. Texts that the editor has
//! not shown when the editing ends are written right after it.

use reedline::ExternalPrinter;
use std::collections::VecDeque;
use std::io::Write;
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex};
use std::thread::sleep;
use std::time::Duration;

/// Capacity of the queue; a thread that prints more blocks until the editor has caught up.
const MOST: usize = 1000;

/// The queue to the editor; None once the editing is over.
pub struct Above(Mutex<Option<Sent>>);

struct Sent {
    sender: SyncSender<String>,
    /// Copies of the newest texts, as many as the channel can hold: only reedline can take texts out of the channel.
    newest: VecDeque<String>,
}

impl Above {
    pub fn new() -> (Arc<Self>, ExternalPrinter<String>) {
        let printer = ExternalPrinter::new(MOST);
        let sent = Sent { sender: printer.sender(), newest: VecDeque::new() };
        (Arc::new(Above(Mutex::new(Some(sent)))), printer)
    }

    /// Sends a text, and waits while the queue is full. Returns false if the editing is over: the caller then shows it.
    pub fn send(&self, text: &str) -> bool {
        loop {
            match self.0.lock().expect("nothing panics with the lock").as_mut().map(|sent| sent.send(text)) {
                None => return false,
                Some(true) => return true,
                Some(false) => {}
            }
            sleep(Duration::from_millis(5));
        }
    }

    /// Ends the queue and writes the texts that the editor has not shown. Waiting senders then continue.
    pub fn end(&self, mut output: impl Write) {
        let mut sent = self.0.lock().expect("nothing panics with the lock");
        for text in sent.take().map_or_else(Vec::new, Sent::unshown) {
            let _closed = writeln!(output, "{text}");
        }
    }
}

impl Sent {
    fn send(&mut self, text: &str) -> bool {
        let sent = self.sender.try_send(text.to_owned()).is_ok();
        if sent {
            self.newest.push_back(text.to_owned());
            self.newest.drain(..self.newest.len().saturating_sub(MOST));
        }
        sent
    }

    /// Returns the texts that are still in the channel. The room left in it tells how many they are.
    fn unshown(self) -> Vec<String> {
        let room = std::iter::repeat_with(|| self.sender.try_send(String::new())).take_while(Result::is_ok).count();
        let shown = self.newest.len().saturating_sub(MOST - room);
        self.newest.into_iter().skip(shown).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_editor_did_not_take_is_left() {
        let (above, printer) = Above::new();
        for text in ["a", "b", "c"] {
            assert!(above.send(text));
        }
        assert_eq!(printer.get_line().as_deref(), Some("a"));
        let mut unshown = Vec::new();
        above.end(&mut unshown);
        assert_eq!(unshown, b"b\nc\n");
        assert!(!above.send("d"));
    }

    #[test]
    fn who_waits_for_the_editor_is_released_when_the_editing_is_over() {
        let (above, printer) = Above::new();
        for number in 0..MOST {
            assert!(above.send(&number.to_string()));
        }
        let waiting = std::thread::spawn({
            let above = above.clone();
            move || above.send("one more")
        });
        above.end(std::io::sink());
        assert!(!waiting.join().unwrap());
        drop(printer);
    }
}
