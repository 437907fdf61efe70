//! Compares two sources entry by entry: finds entries that only one has, and the first difference in each of the
//! others.

use super::entry::{Entry, EntryKind, Source, order};
use crate::finding::{Finding, Id};
use anyhow::Result;
use std::cmp::Ordering;
use std::io::{self, Read};

/// Limit for the differences in a report: two unrelated archives differ in every entry.
const MOST: usize = 100;

/// A source, with the name that a report gives it.
pub type Side<'a, S> = (&'a str, &'a mut S);

/// Returns the first hundred differences. An empty list says that both sources hold the same.
pub fn sources(one: Side<impl Source>, other: Side<impl Source>) -> Result<Vec<Finding>> {
    let ((one_is, one), (other_is, other)) = (one, other);
    let mut found = Vec::new();
    let (mut left, mut right) = (one.advance()?, other.advance()?);
    while found.len() < MOST {
        let missing = |entry: &Entry, in_one: bool| {
            let (has, lacks) = if in_one { (one_is, other_is) } else { (other_is, one_is) };
            Finding::at(Id::MissingEntry, &entry.name, format!("is in {has} and not in {lacks}"))
        };
        match (&left, &right) {
            (None, None) => break,
            (Some(entry), None) => {
                found.push(missing(entry, true));
                left = one.advance()?;
            }
            (None, Some(entry)) => {
                found.push(missing(entry, false));
                right = other.advance()?;
            }
            (Some(a), Some(b)) => match order(&a.name, &b.name) {
                Ordering::Less => {
                    found.push(missing(a, true));
                    left = one.advance()?;
                }
                Ordering::Greater => {
                    found.push(missing(b, false));
                    right = other.advance()?;
                }
                Ordering::Equal => {
                    let what = match entries(a, b) {
                        None if matches!(a.kind, EntryKind::File(_)) => content(a, one, other)?,
                        what => what,
                    };
                    found.extend(what);
                    (left, right) = (one.advance()?, other.advance()?);
                }
            },
        }
    }
    Ok(found)
}

/// Compares all but the content. A difference in size is left to it, because the first byte that differs says more.
fn entries(a: &Entry, b: &Entry) -> Option<Finding> {
    let kind = |entry: &Entry| match &entry.kind {
        EntryKind::Folder => "a folder",
        EntryKind::File(_) => "a file",
        EntryKind::Link(_) => "a link",
    };
    if kind(a) != kind(b) {
        return Some(Finding::at(Id::DifferentType, &a.name, format!("is {} and {}", kind(a), kind(b))));
    }
    if let (EntryKind::Link(one), EntryKind::Link(other)) = (&a.kind, &b.kind)
        && one != other
    {
        return Some(Finding::at(Id::DifferentTarget, &a.name, format!("links to `{one}` and `{other}`")));
    }
    if a.mode != b.mode {
        return Some(Finding::at(Id::DifferentMode, &a.name, format!("has mode {:o} and {:o}", a.mode, b.mode)));
    }
    (a.time != b.time).then(|| Finding::at(Id::DifferentTime, &a.name, format!("has time {} and {}", a.time, b.time)))
}

fn content(entry: &Entry, one: &mut impl Read, other: &mut impl Read) -> Result<Option<Finding>> {
    Ok(streams(one, other)?.map(|place| Finding::at(Id::DifferentContent, &entry.name, place)))
}

/// Finds the first difference of two streams, with the bytes from there on.
pub fn streams(one: &mut impl Read, other: &mut impl Read) -> io::Result<Option<String>> {
    let (mut left, mut right) = (Window::new(), Window::new());
    let mut before = 0;
    loop {
        let (a, b) = (left.fill(one)?, right.fill(other)?);
        if a == b {
            if a.is_empty() {
                return Ok(None);
            }
            before += a.len();
            continue;
        }
        let same = a.iter().zip(b).take_while(|(a, b)| a == b).count();
        let from = |bytes: &[u8]| match &bytes[same..] {
            [] => "the end".to_owned(),
            rest => rest.iter().take(8).map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" "),
        };
        // Counted from 1, as `cmp` counts.
        return Ok(Some(format!("differs from byte {} on: {} and {}", before + same + 1, from(a), from(b))));
    }
}

struct Window(Box<[u8; 64 << 10]>);

impl Window {
    fn new() -> Self {
        Window(Box::new([0; 64 << 10]))
    }

    /// Reads until the window is full or the input ends, so that two windows have the same length unless one input
    /// ended.
    fn fill(&mut self, input: &mut impl Read) -> io::Result<&[u8]> {
        let mut filled = 0;
        while filled < self.0.len() {
            match input.read(&mut self.0[filled..]) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(&self.0[..filled])
    }
}
