//! Turns a value of the file into a field of the configuration, and back into TOML.

use super::schema::{Key, ValueKind};
use super::{Config, Place, Written};
use crate::repl::invalid::Invalid;
use crate::repl::system::files::HOME;
use std::path::{Path, PathBuf};
use toml::de::{DeInteger, DeValue};

/// Sets the field of `key`, or of its `member`, and returns the value in TOML.
pub(super) fn take(
    key: &Key,
    config: &mut Config,
    member: Option<&str>,
    value: &DeValue,
    place: &Place,
) -> Result<Written, Invalid> {
    let wrong = || refuse(key.name, &key.kind.wanted(), value);
    match key.kind {
        ValueKind::Flag(set) => {
            let flag = value.as_bool().ok_or_else(wrong)?;
            set(config, flag);
            Ok(Ok(flag.to_string()))
        }
        ValueKind::Number { most, set } => {
            let number = value.as_integer().and_then(natural).filter(|number| *number <= most).ok_or_else(wrong)?;
            set(config, number);
            Ok(Ok(number.to_string()))
        }
        ValueKind::Choice { set, .. } => {
            let word = value.as_str().ok_or_else(wrong)?;
            set(config, word).ok_or_else(wrong)?;
            Ok(Ok(quote(word)))
        }
        ValueKind::File(set) => {
            let path = resolve(value.as_str().filter(|text| !text.is_empty()).ok_or_else(wrong)?, place)?;
            let text = write_path(&path);
            set(config, path);
            Ok(text)
        }
        ValueKind::Table { wanted, set } => {
            let member = member.unwrap_or_default();
            let name = format!("{}.{}", key.name, key_text(member));
            let text = value.as_str().ok_or_else(|| refuse(&name, wanted, value))?;
            set(config, member, text)?;
            Ok(Ok(quote(text)))
        }
    }
}

fn natural(integer: &DeInteger) -> Option<usize> {
    usize::from_str_radix(integer.as_str(), integer.radix()).ok()
}

fn resolve(text: &str, place: &Place) -> Result<PathBuf, Invalid> {
    let Some(below_home) = text.strip_prefix("~/") else { return Ok(place.folder.join(text)) };
    let home = place.home.as_ref();
    home.map(|home| home.join(below_home)).ok_or_else(|| {
        Invalid::new(
            format!("`{text}` is below an unknown home folder"),
            format!("wanted an absolute path in `{HOME}`, found none"),
        )
    })
}

pub(super) fn refuse(name: &str, wanted: &str, value: &DeValue) -> Invalid {
    let found = match value {
        DeValue::String(text) => format!("the string `{text}`"),
        DeValue::Integer(integer) => format!("the integer `{integer}`"),
        DeValue::Boolean(flag) => format!("the boolean `{flag}`"),
        DeValue::Array(_) => "an array".into(),
        other => format!("a {}", other.type_str()),
    };
    Invalid::new(format!("`{name}` cannot have this value"), format!("wanted {wanted}, found {found}"))
}

pub(super) fn write_path(path: &Path) -> Written {
    path.to_str().map(quote).ok_or("is not UTF-8, so TOML cannot hold it")
}

pub(super) fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            control if control.is_control() => quoted += &format!("\\u{:04X}", u32::from(control)),
            other => quoted.push(other),
        }
    }
    quoted + "\""
}

/// Returns the name of a key as it is written in a file.
pub(super) fn key_text(name: &str) -> String {
    let bare = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if !name.is_empty() && name.bytes().all(bare) { name.into() } else { quote(name) }
}

/// Replaces control characters, for a message or a comment that must stay on one line.
pub(super) fn one_line(text: &str) -> String {
    text.replace(char::is_control, "?")
}
