//! `--print-config`: writes the configuration as a file, with the source of each value.

use super::document::shown;
use super::schema::{KEYS, Key, ValueKind};
use super::value::key_text;
use super::{Config, Setting, Source};

impl Config {
    pub fn print(&self) -> String {
        let mut text = format!("# The configuration of {}.\n", env!("CARGO_PKG_NAME"));
        let mut table = "";
        for key in &KEYS {
            let (own_table, name) = address(key);
            if own_table != table {
                text += &format!("\n[{own_table}]");
                table = own_table;
            }
            text += &format!("\n# {}\n", key.meaning);
            for setting in self.settings.iter().filter(|setting| setting.key == key) {
                text += &self.line(name, setting);
            }
        }
        text
    }

    fn line(&self, name: &str, setting: &Setting) -> String {
        let name = setting.member.as_deref().map_or(name.into(), key_text);
        let source = match setting.source {
            Source::Default => "default".into(),
            Source::Variable(variable) => variable.into(),
            Source::Line(line) => format!("{}:{line}", shown(&self.file)),
        };
        match &setting.text {
            Ok(value) => format!("{name} = {value}  # {source}\n"),
            Err(reason) => format!("# {name} {reason}  # {source}\n"),
        }
    }
}

/// Returns the table of a key, and the key's name in it.
fn address(key: &Key) -> (&str, &str) {
    match key.kind {
        ValueKind::Table { .. } => (key.name, ""),
        _ => key.name.rsplit_once('.').unwrap_or(("", key.name)),
    }
}
