//! The names that Windows takes. Others are refused before a user there unpacks a part of a dist.

use anyhow::{Result, ensure};
use std::collections::BTreeSet;

/// Names of devices, with any ending (<https://learn.microsoft.com/windows/win32/fileio/naming-a-file>).
const DEVICES: [&str; 6] = ["AUX", "CON", "CONIN$", "CONOUT$", "NUL", "PRN"];
const NUMBERED: [&str; 2] = ["COM", "LPT"];

/// The names so far, in lower case: Windows has one file for all cases of a name.
#[derive(Default)]
pub struct Names(BTreeSet<String>);

impl Names {
    pub fn add(&mut self, name: &str) -> Result<()> {
        for part in name.split('/') {
            ensure!(
                !part.chars().any(|letter| letter < ' ' || "<>:\"|?*\\".contains(letter)),
                "Windows has no such name"
            );
            ensure!(!part.ends_with(['.', ' ']), "Windows drops the dot or the space at the end of a name");
            ensure!(!is_device(part), "on Windows `{part}` is a device");
        }
        ensure!(self.0.insert(name.to_lowercase()), "Windows takes it for another name that differs in its case");
        Ok(())
    }
}

fn is_device(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or_default().trim_end_matches(' ').to_uppercase();
    let is_number = |rest: &str| rest.chars().count() == 1 && rest.contains(|digit| "123456789¹²³".contains(digit));
    let numbered = NUMBERED.iter().any(|start| stem.strip_prefix(start).is_some_and(is_number));
    DEVICES.contains(&stem.as_str()) || numbered
}
