//! The history of whole inputs. Reedline keeps it in memory; this module keeps it in a file, one JSON string a line,
//! because reedline's own format cannot hold every text. Appending whole lines lets concurrent sessions share the file.

use super::line_state::LineState;
use super::system::files;
use crate::problem::Problem;
use crate::shown::{shown, word};
use reedline::{
    CommandLineSearch, FileBackedHistory, History, HistoryItem, HistoryItemId, HistorySessionId, Result,
    SearchDirection, SearchQuery,
};
use std::fmt::Display;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The history in memory and its file. A clone is another handle on the same history.
#[derive(Clone)]
pub struct Inputs {
    memory: Arc<Mutex<FileBackedHistory>>,
    file: Option<PathBuf>,
    line: LineState,
    /// The entries of the current walk begin with this text.
    beginning: Arc<Mutex<String>>,
}

impl Inputs {
    /// Reads the file. If it cannot be read or created, the error is returned beside a history in memory only.
    pub fn open(size: usize, file: Option<&Path>) -> (Self, Option<io::Error>) {
        let memory = FileBackedHistory::new(size.max(1)).expect("the size of the history is bounded");
        let mut inputs = Inputs {
            memory: Arc::new(Mutex::new(memory)),
            file: None,
            line: LineState::default(),
            beginning: Arc::default(),
        };
        let Some(path) = file.filter(|_| size > 0) else { return (inputs, None) };
        match read(path, size) {
            Ok(texts) => {
                for text in texts {
                    let _ = inputs.memory().save(HistoryItem::from_command_line(text));
                }
                inputs.file = Some(path.to_owned());
                (inputs, None)
            }
            Err(error) => (inputs, Some(error)),
        }
    }

    /// Locks the history. A panic that held the lock has left it whole: each change is one step.
    fn memory(&self) -> MutexGuard<'_, FileBackedHistory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the line from which a walk through the history starts.
    pub fn walked_from(mut self, line: LineState) -> Self {
        self.line = line;
        self.beginning = Arc::default();
        self
    }

    /// Narrows a query to the text on the left of the cursor. Reedline itself narrows it only when the cursor is at the
    /// end of the line; no upstream issue is known. The following steps of the walk keep the same text.
    fn narrowed(&self, mut query: SearchQuery) -> SearchQuery {
        let is_step = query.filter.command_line.is_none() && query.limit == Some(1);
        if is_step {
            let mut beginning = self.beginning.lock().unwrap_or_else(PoisonError::into_inner);
            if query.start_id.is_none() {
                *beginning = self.line.beginning();
            }
            query.filter.command_line = Some(CommandLineSearch::Prefix(beginning.clone()));
        }
        query
    }
}

/// Reads the newest `size` entries. A file that has grown to twice that size is cut to them.
fn read(path: &Path, size: usize) -> io::Result<Vec<String>> {
    if let Some(folder) = path.parent() {
        files::private_folder(fs::DirBuilder::new().recursive(true)).create(folder)?;
    }
    let file = open(path)?;
    let _lock = Lock::on(&file)?;
    let mut texts: Vec<String> = Vec::new();
    let mut lines = 0;
    for line in BufReader::new(&file).split(b'\n') {
        lines += 1;
        // A line that a power cut left incomplete is not an entry.
        texts.extend(serde_json::from_slice::<String>(&line?).ok());
    }
    let texts = texts.split_off(texts.len().saturating_sub(size));
    if !ends_with_newline(&file)? {
        (&file).write_all(b"\n")?;
    }
    if lines > size.saturating_mul(2) {
        let whole: String = texts.iter().map(|text| encoded(text)).collect();
        file.set_len(0)?;
        (&file).rewind()?;
        (&file).write_all(whole.as_bytes())?;
    }
    Ok(texts)
}

/// Opens the file to read and to write. Not to append: Windows neither locks nor cuts such a file.
fn open(path: &Path) -> io::Result<File> {
    files::private(OpenOptions::new().create(true).truncate(false).read(true).write(true)).open(path)
}

/// Whether a new line can be written at the end, where the file then is; an empty file also counts.
fn ends_with_newline(mut file: &File) -> io::Result<bool> {
    let mut last = [b'\n'];
    if file.seek(SeekFrom::End(0))? > 0 {
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
    }
    Ok(last == [b'\n'])
}

fn encoded(text: &str) -> String {
    serde_json::to_string(text).expect("a string always serializes") + "\n"
}

/// Appends an entry. The lock excludes the other sessions.
fn append(path: &Path, text: &str) -> io::Result<()> {
    let file = open(path)?;
    let _lock = Lock::on(&file)?;
    (&file).seek(SeekFrom::End(0))?;
    (&file).write_all(encoded(text).as_bytes())
}

/// A lock on a file, held until this is dropped: closing the file would not end it while a child, just forked, has it.
struct Lock<'a>(&'a File);

impl<'a> Lock<'a> {
    fn on(file: &'a File) -> io::Result<Self> {
        file.lock().map(|()| Lock(file))
    }
}

impl Drop for Lock<'_> {
    fn drop(&mut self) {
        let _gone = self.0.unlock();
    }
}

impl History for Inputs {
    fn save(&mut self, item: HistoryItem) -> Result<HistoryItem> {
        let saved = self.memory().save(item)?;
        // An entry without an id was not added: its text is empty or the same as the entry before.
        if let (Some(path), true) = (&self.file, saved.id.is_some()) {
            append(path, &saved.command_line)?;
        }
        Ok(saved)
    }

    fn load(&self, id: HistoryItemId) -> Result<HistoryItem> {
        self.memory().load(id)
    }

    fn count(&self, query: SearchQuery) -> Result<i64> {
        self.memory().count(query)
    }

    fn search(&self, query: SearchQuery) -> Result<Vec<HistoryItem>> {
        self.memory().search(self.narrowed(query))
    }

    fn update(&mut self, id: HistoryItemId, updater: &dyn Fn(HistoryItem) -> HistoryItem) -> Result<()> {
        self.memory().update(id, updater)
    }

    fn clear(&mut self) -> Result<()> {
        self.memory().clear()
    }

    fn delete(&mut self, id: HistoryItemId) -> Result<()> {
        self.memory().delete(id)
    }

    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn session(&self) -> Option<HistorySessionId> {
        None
    }
}

/// Returns the newest entries, the oldest of them first.
pub fn newest(history: &dyn History, count: usize, containing: Option<&str>) -> Vec<String> {
    let mut query = SearchQuery::everything(SearchDirection::Backward, None);
    query.limit = Some(count as i64);
    query.filter.command_line = containing.map(|text| CommandLineSearch::Substring(text.to_owned()));
    let mut items = history.search(query).unwrap_or_default();
    items.reverse();
    items.into_iter().map(|item| item.command_line).collect()
}

/// The warning that entries do not reach their file. The hint shows the rights and the free space of its folder.
pub fn unkept(path: &Path, error: impl Display) -> Problem {
    let folder = path.ancestors().skip(1).find(|folder| folder.exists()).map_or_else(|| ".".into(), word);
    let what = format!("the history is not kept in `{}`", shown(path));
    Problem::new(what, error.to_string(), files::look_at(&folder))
}

/// Whether an input of this or an earlier session was exactly this text.
pub fn contains(history: &dyn History, text: &str) -> bool {
    let mut query = SearchQuery::everything(SearchDirection::Backward, None);
    query.limit = Some(1);
    query.filter.command_line = Some(CommandLineSearch::Exact(text.to_owned()));
    history.search(query).is_ok_and(|found| !found.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(inputs: &Inputs) -> Vec<String> {
        newest(inputs, 100, None)
    }

    fn save(inputs: &mut Inputs, text: &str) {
        inputs.save(HistoryItem::from_command_line(text)).unwrap();
    }

    #[test]
    fn any_text_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/er/history");
        let texts = ["print('<\\n>')", "def f():\n    return \"é\u{1F40D}\"", "\t\\", "\u{0}\u{1b}[0m"];
        let (mut first, error) = Inputs::open(10, Some(&path));
        assert!(error.is_none(), "{error:?}");
        texts.iter().for_each(|text| save(&mut first, text));
        let (second, _) = Inputs::open(10, Some(&path));
        assert_eq!(entries(&second), texts);
    }

    #[test]
    fn concurrent_sessions_keep_each_others_entries() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history");
        std::thread::scope(|scope| {
            for session in 0..8 {
                let path = &path;
                scope.spawn(move || {
                    let (mut inputs, _) = Inputs::open(1000, Some(path));
                    (0..50).for_each(|number| save(&mut inputs, &format!("{session} {number}")));
                });
            }
        });
        let (inputs, _) = Inputs::open(1000, Some(&path));
        assert_eq!(newest(&inputs, 1000, None).len(), 400);
    }

    #[test]
    fn a_repeated_input_and_a_torn_line_are_not_entries() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history");
        fs::write(&path, "\"whole\"\n\"to").unwrap();
        let (mut inputs, _) = Inputs::open(10, Some(&path));
        assert_eq!(entries(&inputs), ["whole"]);
        save(&mut inputs, "same");
        save(&mut inputs, "same");
        assert_eq!(entries(&inputs), ["whole", "same"]);
        assert_eq!(entries(&Inputs::open(10, Some(&path)).0), ["whole", "same"]);
    }

    #[test]
    fn the_file_is_cut_when_it_has_grown_to_twice_the_size() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history");
        let (mut inputs, _) = Inputs::open(3, Some(&path));
        (0..8).for_each(|number| save(&mut inputs, &number.to_string()));
        let (inputs, _) = Inputs::open(3, Some(&path));
        assert_eq!(entries(&inputs), ["5", "6", "7"]);
        assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 3);
    }

    #[test]
    fn without_a_place_or_a_size_nothing_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history");
        let (mut none, error) = Inputs::open(0, Some(&path));
        save(&mut none, "x");
        assert!(error.is_none() && !path.exists());
        fs::write(folder.path().join("file"), "").unwrap();
        let (mut refused, error) = Inputs::open(5, Some(&folder.path().join("file/history")));
        save(&mut refused, "x");
        assert!(error.is_some());
        assert_eq!(entries(&refused), ["x"]);
    }
}

#[cfg(all(test, unix))]
mod tests_on_posix {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn only_the_owner_reads_the_file_and_lists_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/er/history");
        assert!(Inputs::open(10, Some(&path)).1.is_none());
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!([mode(&path), mode(path.parent().unwrap())], [0o600, 0o700]);
    }

    #[test]
    fn a_history_that_is_not_kept_is_told_with_its_nearest_folder() {
        let folder = tempfile::tempdir().unwrap();
        let (path, there) = (folder.path().join("deep/er/history"), folder.path().display());
        let expected =
            format!("the history is not kept in `{}`\n  why\nhint: !ls -ld {there} && df -h {there}", path.display());
        assert_eq!(unkept(&path, "why").to_string(), expected);
    }
}
