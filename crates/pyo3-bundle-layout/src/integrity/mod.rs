//! Compares content, modes and link targets of a dist with what the dist records about itself.
//! Shared by the packager, which writes the records, and the program, which checks them after unpacking.
//!
//! `SHA256SUMS` records the content of every other file. `metadata.json`, one of these files, records modes and link
//! targets. Folders are 0755 and a file is executable (0755) or plain (0644), so a list of the executables is enough.
//! Windows has no such modes, and there they are not compared.

use crate::cores;
use crate::finding::{Finding, Id};
use crate::layout;
use crate::metadata::{self, Metadata};
use crate::problem::{About, Problem};
use anyhow::{Result, bail};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, Metadata as OfSystem};
use std::io::{self, Read};
use std::path::Path;

pub use crate::layout::SUMS;

const BLOCK: usize = 1 << 17;

/// The name of the dist's own folder in an inventory.
const ROOT: &str = ".";

/// The number of characters of a line that a finding quotes: a sum and a usual path.
const LONGEST_QUOTE: usize = 200;

/// What a dist contains now. Links are not followed.
#[derive(Debug, Default)]
struct Inventory {
    files: BTreeMap<String, Item>,
    /// Folders with their modes; the dist's own folder is `.`.
    folders: BTreeMap<String, Mode>,
    found: Vec<Finding>,
}

#[derive(Debug, PartialEq, Eq)]
enum Item {
    File { mode: Mode },
    Link { target: String },
}

/// The permission bits, on systems that have them.
type Mode = Option<u32>;

#[cfg(unix)]
fn mode(metadata: &OfSystem) -> Mode {
    Some(std::os::unix::fs::MetadataExt::mode(metadata) & 0o7777)
}

#[cfg(not(unix))]
fn mode(_: &OfSystem) -> Mode {
    None
}

/// Records what `SHA256SUMS` cannot, for a dist that is being made.
pub fn record(dist: &Path, metadata: &mut Metadata) -> Result<()> {
    let inventory = whole_inventory(dist)?;
    metadata.sums = Some(digest_of_others(&sums_of(dist, &inventory)?));
    let (mut executables, mut links) = (BTreeSet::new(), BTreeMap::new());
    for (path, kind) in inventory.files {
        match kind {
            Item::Link { target } => drop(links.insert(path, target)),
            Item::File { mode: Some(mode) } if mode & 0o100 != 0 => drop(executables.insert(path)),
            Item::File { .. } => {}
        }
    }
    (metadata.executables, metadata.links) = (Some(executables), Some(links));
    Ok(())
}

/// Writes `SHA256SUMS` with a line for every other file, in the format of `sha256sum -c`.
pub fn write_sums(dist: &Path) -> Result<()> {
    let text = sums_of(dist, &whole_inventory(dist)?)?;
    Ok(fs::write(dist.join(SUMS), text).about("cannot write", &dist.join(SUMS))?)
}

fn sums_of(dist: &Path, inventory: &Inventory) -> Result<String> {
    let paths = content_paths(inventory);
    let mut text = String::new();
    for (path, digest) in paths.iter().zip(digests(dist, &paths)) {
        let digest = digest.about("cannot read", &dist.join(path))?;
        text += &line(&digest, path);
    }
    Ok(text)
}

fn line(digest: &str, path: &str) -> String {
    format!("{digest}  {path}\n")
}

/// The sha256 that `metadata.json` records for the sums: of all lines but its own, which it cannot know.
fn digest_of_others(sums: &str) -> String {
    let own = format!("  {}\n", layout::METADATA);
    let others: String = sums.split_inclusive('\n').filter(|line| !line.ends_with(&own)).collect();
    digest_of(others.as_bytes())
}

/// Returns everything that is not as it was packed; nothing for an undamaged dist.
pub fn compare(dist: &Path) -> Result<Vec<Finding>> {
    let mut inventory = take_inventory(dist)?;
    let mut found = std::mem::take(&mut inventory.found);
    let (sums, metadata) = match read_records(dist) {
        Ok(records) => records,
        Err(finding) => return Ok(vec![finding]),
    };
    compare_names(&inventory, &sums, &metadata, &mut found);
    let paths: Vec<String> = content_paths(&inventory).into_iter().filter(|path| sums.contains_key(path)).collect();
    for (path, digest) in paths.iter().zip(digests(dist, &paths)) {
        match digest {
            Ok(digest) if digest == sums[path] => {}
            Ok(digest) => {
                found.push(Finding::at(Id::Altered, path, format!("has sha256 {digest}, packed as {}", sums[path])));
                // Nothing else records the sum of the metadata, so nothing tells which of the two is as it was packed.
                if path == layout::METADATA {
                    let why = format!("has another sum of `{path}` than the file: one of the two is altered");
                    found.push(Finding::at(Id::Altered, SUMS, why));
                }
            }
            Err(error) => found.push(Finding::at(Id::UnreadableFile, path, format!("cannot be read: {error}"))),
        }
    }
    found.sort();
    Ok(found)
}

fn compare_names(now: &Inventory, sums: &BTreeMap<String, String>, metadata: &Metadata, found: &mut Vec<Finding>) {
    let (Some(executables), Some(links)) = (&metadata.executables, &metadata.links) else { return };
    for (path, kind) in &now.files {
        match kind {
            Item::Link { target } => match links.get(path) {
                Some(packed) if packed == target => {}
                Some(packed) => {
                    found.push(Finding::at(Id::WrongLink, path, format!("leads to `{target}`, packed as `{packed}`")))
                }
                None => found.push(Finding::at(Id::Extra, path, "is a link that was not packed")),
            },
            Item::File { mode } if sums.contains_key(path) || path == SUMS => {
                let executable = executables.contains(path);
                // A umask may have removed bits at unpacking; no bit may have been added.
                if let Some(mode) = mode
                    && ((mode & 0o100 != 0) != executable || mode & 0o7022 != 0)
                {
                    let packed = if executable { "0755" } else { "0644" };
                    found.push(Finding::at(Id::WrongMode, path, format!("has mode {mode:04o}, packed as {packed}")));
                }
            }
            Item::File { .. } => found.push(Finding::at(Id::Extra, path, "is a file that was not packed")),
        }
    }
    let packed = || sums.keys().chain(links.keys());
    for path in packed().filter(|path| !now.files.contains_key(*path)) {
        found.push(Finding::at(Id::Missing, path, "was packed and is not there"));
    }
    let folders: BTreeSet<&Path> = packed().flat_map(|path| Path::new(path).ancestors().skip(1)).collect();
    for (path, mode) in &now.folders {
        if path != ROOT && !folders.contains(Path::new(path)) {
            found.push(Finding::at(Id::Extra, path, "is a folder that was not packed"));
        } else if let Some(mode) = mode
            && mode & 0o022 != 0
        {
            found.push(Finding::at(Id::WrongMode, path, format!("has mode {mode:04o}, packed as 0755")));
        }
    }
}

/// Reads both records. If one cannot be read or parsed, that is the only finding: every file would be one without it.
fn read_records(dist: &Path) -> Result<(BTreeMap<String, String>, Metadata), Finding> {
    let read = |name: &str| {
        read_record(&dist.join(name)).map_err(|error| {
            let id = if error.kind() == io::ErrorKind::NotFound { Id::Missing } else { Id::UnreadableFile };
            Finding::at(id, name, format!("cannot be read: {error}"))
        })
    };
    let text = read(SUMS)?;
    let sums = parse_sums(&text).map_err(|line| {
        // A damaged file can be one line of any length.
        let start: String = line.chars().take(LONGEST_QUOTE).collect();
        Finding::at(Id::Altered, SUMS, format!("has a line that is not a sum: `{start}`"))
    })?;
    let text_of_metadata = read(layout::METADATA)?;
    let metadata = Metadata::parse(text_of_metadata.as_bytes());
    let metadata = metadata.and_then(|it| it.needs(&["executables", "links"]).map(|()| it));
    let metadata = metadata
        .map_err(|error| Finding::at(Id::BadMetadata, layout::METADATA, format!("is not metadata: {error}")))?;
    // Metadata from another dist records other sums; only metadata as packed can accuse the sums.
    let is_metadata_as_packed = || text.contains(&line(&digest_of(text_of_metadata.as_bytes()), layout::METADATA));
    let are_others = metadata.sums.as_ref().is_some_and(|sums| *sums != digest_of_others(&text));
    if !sums.contains_key(layout::METADATA) || are_others && is_metadata_as_packed() {
        return Err(Finding::at(Id::Altered, SUMS, "has other lines than it was packed with"));
    }
    Ok((sums, metadata))
}

/// Reads a record, but only from a plain file: a pipe, or a link to one, would never end.
fn read_record(path: &Path) -> io::Result<String> {
    let metadata = fs::symlink_metadata(path)?;
    if !metadata.is_file() || metadata.len() > metadata::LARGEST {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is not a plain file, or it is too large"));
    }
    fs::read_to_string(path)
}

fn parse_sums(text: &str) -> Result<BTreeMap<String, String>, String> {
    let entry = |line: &str| {
        let (digest, path) = line.split_once("  ")?;
        let is_digest = digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_digest.then(|| (path.to_owned(), digest.to_owned()))
    };
    // Not `lines`, which would take CRLF for an end of line; `sha256sum -c` does not.
    text.split_terminator('\n').map(|line| entry(line).ok_or_else(|| line.to_owned())).collect()
}

fn content_paths(inventory: &Inventory) -> Vec<String> {
    let files = inventory.files.iter().filter(|(path, kind)| matches!(kind, Item::File { .. }) && *path != SUMS);
    files.map(|(path, _)| path.clone()).collect()
}

/// Takes the inventory of a dist that is being made. Anything in it that cannot be recorded is an error.
fn whole_inventory(dist: &Path) -> Result<Inventory> {
    let inventory = take_inventory(dist)?;
    if let Some(odd) = inventory.found.first() {
        bail!(Problem::without_hint(format!("`{}` cannot be packed", odd.path), format!("it {}", odd.why)));
    }
    Ok(inventory)
}

fn take_inventory(dist: &Path) -> Result<Inventory> {
    let mut inventory = Inventory::default();
    let root = fs::metadata(dist).about("cannot list", dist)?;
    inventory.folders.insert(ROOT.to_owned(), mode(&root));
    let mut unseen = vec![String::new()];
    while let Some(folder) = unseen.pop() {
        let place = dist.join(&folder);
        let entries = match fs::read_dir(&place) {
            Ok(entries) => entries,
            Err(error) if folder.is_empty() => {
                return Err(error).about("cannot list", dist).map_err(Into::into);
            }
            Err(error) => {
                inventory.found.push(Finding::at(Id::UnreadableFile, &folder, format!("cannot be listed: {error}")));
                continue;
            }
        };
        for entry in entries {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    let why = format!("cannot be listed to its end: {error}");
                    inventory.found.push(Finding::at(Id::UnreadableFile, &folder, why));
                    break;
                }
            };
            // `sha256sum` escapes such names in its lines. No packed file has one.
            let name = match entry.file_name().into_string() {
                Ok(name) if !name.contains(['\n', '\\']) => name,
                other => {
                    let relative = Path::new(&folder).join(other.map_or_else(|name| name, Into::into));
                    inventory.found.push(Finding::at(Id::Extra, &relative, "has a name that was never packed"));
                    continue;
                }
            };
            let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            let look = || {
                let metadata = entry.metadata()?;
                let target = metadata.is_symlink().then(|| fs::read_link(entry.path())).transpose()?;
                Ok::<_, io::Error>((metadata, target))
            };
            let (metadata, target) = match look() {
                Ok(seen) => seen,
                Err(error) => {
                    inventory.found.push(Finding::at(Id::UnreadableFile, &path, format!("cannot be read: {error}")));
                    continue;
                }
            };
            if metadata.is_dir() {
                inventory.folders.insert(path.clone(), mode(&metadata));
                unseen.push(path);
            } else if let Some(target) = target {
                inventory.files.insert(path, Item::Link { target: target.to_string_lossy().into_owned() });
            } else if metadata.is_file() {
                inventory.files.insert(path, Item::File { mode: mode(&metadata) });
            } else {
                inventory.found.push(Finding::at(Id::Extra, &path, "is neither file, folder nor link"));
            }
        }
    }
    Ok(inventory)
}

/// Hashes on every core: hashing takes most of the time.
fn digests(dist: &Path, paths: &[String]) -> Vec<io::Result<String>> {
    cores::each(paths, || (), |(), path| digest(&dist.join(path)))
}

/// The sha256 of a file, as `sha256sum` shows it.
pub fn digest(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut block = vec![0; BLOCK];
    loop {
        match file.read(&mut block)? {
            0 => break,
            length => hasher.update(&block[..length]),
        }
    }
    Ok(hex(hasher.finalize()))
}

/// The sha256 of some bytes.
pub fn digest_of(bytes: &[u8]) -> String {
    hex(Sha256::digest(bytes))
}

fn hex(digest: impl AsRef<[u8]>) -> String {
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(all(test, unix))]
mod limits;
#[cfg(all(test, unix))]
mod tests;
