//! The file of the configuration: its place, its entries with their lines, and the errors that it can have.

use super::schema::{self, Key, ValueKind};
use super::value::{key_text, one_line, refuse};
use crate::problem::Problem;
use crate::repl::directories::{self, Environment};
use crate::repl::invalid::Invalid;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use toml::de::{DeTable, DeValue};

/// The file's path and text; both are empty if there is no file.
#[derive(Default)]
pub(super) struct Document {
    pub path: PathBuf,
    text: String,
}

pub(super) struct Entry<'a> {
    pub key: &'static Key,
    pub member: Option<String>,
    pub value: DeValue<'a>,
    pub line: usize,
}

impl Document {
    pub fn read(explicit: Option<&Path>, environment: &Environment) -> Result<Document, Problem> {
        let path = match explicit {
            // Paths in the file count from its folder, whatever the working directory is by then.
            Some(path) => std::path::absolute(path).unwrap_or_else(|_| path.to_owned()),
            None => match directories::config_home(environment) {
                Some(folder) => folder.join("config.toml"),
                None => return Ok(Document::default()),
            },
        };
        match fs::read(&path) {
            Ok(bytes) => decode(path, bytes),
            // The home of a service may be /dev/null, which is not a folder.
            Err(error)
                if explicit.is_none() && matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
            {
                Ok(Document::default())
            }
            Err(error) => Err(unreadable(&path, &error)),
        }
    }

    /// Returns each value with its key, in an arbitrary order.
    pub fn entries(&self) -> Result<Vec<Entry<'_>>, Problem> {
        let table = DeTable::parse(&self.text).map_err(|error| self.not_toml(&error))?;
        let mut entries = Vec::new();
        self.walk("", table.into_inner(), &mut entries)?;
        Ok(entries)
    }

    fn walk<'a>(&self, prefix: &str, table: DeTable<'a>, entries: &mut Vec<Entry<'a>>) -> Result<(), Problem> {
        for (name, value) in table {
            let line = self.line(name.span().start);
            let name = format!("{prefix}{}", key_text(name.get_ref()));
            let value = value.into_inner();
            match (schema::find(&name), value) {
                (Some(key @ Key { kind: ValueKind::Table { .. }, .. }), DeValue::Table(members)) => {
                    entries.extend(members.into_iter().map(|(member, value)| Entry {
                        key,
                        line: self.line(member.span().start),
                        member: Some(member.into_inner().into_owned()),
                        value: value.into_inner(),
                    }));
                }
                (Some(key @ Key { kind: ValueKind::Table { .. }, .. }), value) => {
                    return Err(self.problem(line, refuse(key.name, &key.kind.wanted(), &value)));
                }
                (Some(key), value) => entries.push(Entry { key, member: None, value, line }),
                (None, DeValue::Table(inner)) if is_table(&name) => self.walk(&format!("{name}."), inner, entries)?,
                (None, value) if is_table(&name) => {
                    return Err(self.problem(line, refuse(&name, "a table", &value)));
                }
                (None, _) => return Err(self.problem(line, schema::unknown(&name))),
            }
        }
        Ok(())
    }

    fn line(&self, offset: usize) -> usize {
        self.text.as_bytes()[..offset].iter().filter(|byte| **byte == b'\n').count() + 1
    }

    pub fn problem(&self, line: usize, wrong: Invalid) -> Problem {
        let why = format!("in `{}`, line {line}; {}", shown(&self.path), one_line(&wrong.why));
        Problem::new(one_line(&wrong.what), why, edit(&self.path))
    }

    fn not_toml(&self, error: &toml::de::Error) -> Problem {
        let offset = error.span().map_or(0, |span| span.start).min(self.text.len());
        let before = self.text.get(..offset).unwrap_or_default();
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        let line = self.line(offset);
        let why = format!("line {line}, column {column}: {}", one_line(error.message()));
        Problem::new(format!("`{}` is not TOML", shown(&self.path)), why, edit(&self.path))
    }
}

fn is_table(name: &str) -> bool {
    schema::tables().any(|table| table == name)
}

fn decode(path: PathBuf, bytes: Vec<u8>) -> Result<Document, Problem> {
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Document { path, text }),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let bytes = error.as_bytes();
            let line = bytes[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
            let why = format!("wanted UTF-8, found the byte 0x{:02X} in line {line}", bytes[at]);
            Err(Problem::new(format!("`{}` is not text", shown(&path)), why, edit(&path)))
        }
    }
}

fn unreadable(path: &Path, error: &io::Error) -> Problem {
    let hint = match error.kind() {
        ErrorKind::NotFound => format!("{} --print-config > {}", env!("CARGO_PKG_NAME"), shell_word(path)),
        _ => format!("ls -ld {}", shell_word(path)),
    };
    Problem::new(format!("cannot read `{}`", shown(path)), format!("wanted a readable file, found: {error}"), hint)
}

fn edit(path: &Path) -> String {
    format!("${{EDITOR:-vi}} {}", shell_word(path))
}

pub(super) fn shown(path: &Path) -> String {
    one_line(&path.to_string_lossy())
}

fn shell_word(path: &Path) -> String {
    let text = path.to_string_lossy();
    let plain = |character: char| character.is_alphanumeric() || "/._-+,@%:".contains(character);
    if !text.is_empty() && text.chars().all(plain) { text.into() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}
