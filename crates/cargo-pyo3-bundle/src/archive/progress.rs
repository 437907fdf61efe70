//! A line that shows the progress of long work on a terminal, and nothing in a pipe.

use super::entry::{Entry, Source};
use anyhow::Result;
use std::io::{self, IsTerminal, Read, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const PAUSE: Duration = Duration::from_millis(100);

pub struct Progress {
    what: String,
    total: u64,
    done: AtomicU64,
    /// When the line was last shown; `None` in a pipe.
    shown: Option<Mutex<Instant>>,
}

impl Progress {
    pub fn new(what: &str, total: u64) -> Self {
        let shown = io::stderr().is_terminal().then(|| Mutex::new(Instant::now()));
        Progress { what: what.to_owned(), total: total.max(1), done: AtomicU64::new(0), shown }
    }

    /// Counts all that is written to that writer.
    pub fn watch<W: Write>(&self, out: W) -> Watched<'_, W> {
        Watched { out, progress: self }
    }

    fn add(&self, bytes: u64) {
        let done = self.done.fetch_add(bytes, Ordering::Relaxed) + bytes;
        let Some(Ok(mut shown)) = self.shown.as_ref().map(Mutex::try_lock) else { return };
        if shown.elapsed() >= PAUSE {
            *shown = Instant::now();
            // Progress is best effort.
            let _ = write!(io::stderr(), "\r{}: {} %\x1b[K", self.what, done * 100 / self.total);
        }
    }
}

impl Progress {
    /// Counts all that is read from that source.
    pub fn read<'a, S: Source>(&'a self, source: &'a mut S) -> Watched<'a, &'a mut S> {
        Watched { out: source, progress: self }
    }
}

impl<S: Source> Source for Watched<'_, &mut S> {
    fn advance(&mut self) -> Result<Option<Entry>> {
        self.out.advance()
    }
}

impl<S: Source> Read for Watched<'_, &mut S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.out.read(buffer)?;
        self.progress.add(read as u64);
        Ok(read)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown.is_some() {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}

pub struct Watched<'a, W> {
    out: W,
    progress: &'a Progress,
}

impl<W> Watched<'_, W> {
    pub fn into_inner(self) -> W {
        self.out
    }
}

impl<W: Write> Write for Watched<'_, W> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let written = self.out.write(data)?;
        self.progress.add(written as u64);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
