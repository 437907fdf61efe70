//! What the name of an entry may be, and where it may stand: one folder with everything in it, in order. The readers of all
//! kinds of archives ask this.

use super::entry::{Entry, EntryKind, order};
use anyhow::{Context, Result, ensure};

pub fn check_name(name: &str) -> Result<()> {
    let plain = |part: &str| !matches!(part, "" | "." | "..") && !part.contains('\0');
    ensure!(name.split('/').all(plain), "it is not a plain relative name");
    Ok(())
}

/// Checks that the archive is one folder with everything in it, and that nothing is below a link. `last` is the entry
/// before this one.
pub fn check_place(last: Option<&Entry>, name: &str) -> Result<()> {
    let Some(last) = last else {
        ensure!(!name.contains('/'), "the archive does not begin with its folder");
        return Ok(());
    };
    ensure!(order(&last.name, name).is_lt(), "it comes after `{}`: there twice, or out of order", last.name);
    let (folder, _) = name.rsplit_once('/').context("the archive has a second folder")?;
    let open = match last.kind {
        EntryKind::Folder => Some(last.name.as_str()),
        _ => last.name.rsplit_once('/').map(|(folder, _)| folder),
    };
    // Everything above the last entry is a folder: this check has let the entry pass.
    let open = open.context("the archive begins with something else than its folder")?;
    let below = open.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    ensure!(below, "`{folder}` is not a folder of the archive");
    Ok(())
}
