//! Has uv download and install a Python, and records which archive that was.

use super::record::{Record, public_address};
use super::uv::Uv;
use super::{Places, finish, version_of};
use crate::integrity;
use crate::metadata::Provider;
use crate::problem::{About, Problem};
use crate::shown::{shown, word};
use anyhow::Result;
use serde::Deserialize;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// What uv said when it did not install.
#[derive(Debug)]
pub enum Refusal {
    /// It could not reach the download.
    OutOfReach(String),
    /// Anything else: a wrong checksum, a full disk.
    Other(String),
}

/// Where uv takes its list of downloads and the downloads from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mirror {
    /// UV_PYTHON_INSTALL_MIRROR, if it is set.
    OfUser,
    /// None: with a mirror set, uv refuses every address that the mirror does not replace.
    None,
}

/// Installs a version. The present installation stays until the new one is whole. It has no record meanwhile, because uv
/// may be replacing its very folder.
pub fn install(uv: &Uv, places: &Places, version: &str, mirror: Mirror) -> Result<Result<PathBuf, Refusal>> {
    let (home, record) = (places.home(), places.record());
    let before = record.with_extension("json.before");
    match fs::rename(&record, &before) {
        Ok(()) => {}
        // Without a record the tree may be half replaced, and one that an interrupted run moved aside must not come back.
        Err(error) if error.kind() == ErrorKind::NotFound => drop(fs::remove_file(&before)),
        Err(error) => Err(error).about("cannot move aside", &record)?,
    }
    let mut command = uv.command();
    command.args(["python", "install", "--install-dir"]).arg(&home).args(["--no-bin", "--reinstall", version]);
    if mirror == Mirror::None {
        command.env_remove("UV_PYTHON_INSTALL_MIRROR");
    }
    let output = uv.output(&mut command)?;
    if output.status.success() {
        let _earlier = fs::remove_file(&before);
        // A link by an absolute path.
        remove_named(&home, &format!("cpython-{}-", super::pin::series(version)))?;
        return finish(places, version).map(Ok);
    }
    let _no_earlier = fs::rename(&before, &record);
    remove_damaged(&uv.downloads())?;
    remove_named(&home, &format!("cpython-{}-", super::pin::series(version)))?;
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).trim_end().to_owned();
    Ok(Err(if is_out_of_reach(&said) { Refusal::OutOfReach(said) } else { Refusal::Other(said) }))
}

/// Removes the entries of a folder whose names start so.
pub fn remove_named(folder: &Path, start: &str) -> Result<()> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    for entry in entries {
        let path = entry.about("cannot list", folder)?.path();
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(start)) {
            let is_folder = path.symlink_metadata().about("cannot read", &path)?.is_dir();
            if is_folder { fs::remove_dir_all(&path) } else { fs::remove_file(&path) }.about("cannot remove", &path)?;
        }
    }
    Ok(())
}

/// Removes the archives that do not have the sum which their names start with: uv keeps what it fetched even where the sum
/// was wrong, and would find it again. The others stay, because there may be no network to fetch them by.
fn remove_damaged(cache: &Path) -> Result<()> {
    let Ok(entries) = fs::read_dir(cache) else { return Ok(()) };
    for entry in entries {
        let path = entry.about("cannot list", cache)?.path();
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Some((start, _)) = file.split_once('-').filter(|(start, _)| is_start_of_sum(start)) else { continue };
        if path.is_file() && !integrity::digest(&path).about("cannot read", &path)?.starts_with(start) {
            fs::remove_file(&path).about("cannot remove", &path)?;
        }
    }
    Ok(())
}

fn is_start_of_sum(text: &str) -> bool {
    text.len() >= 8 && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// Whether something else may take the download's place: never after a wrong checksum or on a full disk.
fn is_out_of_reach(said: &str) -> bool {
    let has = |texts: &[&str]| texts.iter().any(|text| said.contains(text));
    !has(&["Hash mismatch", "No space left", "ermission denied", "Read-only file system"])
        && has(&[
            "No download found",
            "Failed to download",
            "Request failed",
            "Network connectivity is disabled",
            "failed to query metadata of file",
        ])
}

/// The variable that puts a list of the user's in the place of uv's own.
const LIST: &str = "UV_PYTHON_DOWNLOADS_JSON_URL";

/// A row of uv's list.
#[derive(Deserialize)]
struct Download {
    version: String,
    variant: String,
    url: String,
}

/// Records the download. The address is that of uv's list, even where a mirror was used: the file is the same.
pub fn record(uv: &Uv, python: &Path, pin: &str) -> Result<Record> {
    let mut command = uv.command();
    command.args(["python", "list", "--only-downloads", "--output-format", "json", pin]);
    let output = uv.output(command.env_remove("UV_PYTHON_INSTALL_MIRROR"))?;
    let rows: Vec<Download> = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let found = rows.into_iter().find(|row| row.version == pin && row.variant == "default");
    let url = found.map(|row| row.url).unwrap_or_default();
    let cache = uv.downloads();
    let digests = archives(&cache, &name_in_cache(&url))?;
    let [sha256] = digests.as_slice() else {
        let why = format!("found {} of `{}` in `{}`, wanted 1", digests.len(), name_in_cache(&url), shown(&cache));
        let hint = format!("rm -r -- {}", word(&cache));
        return Err(Problem::new("cannot tell which archive was installed", why, hint).into());
    };
    let is_of_a_list = std::env::var_os(LIST).is_some_and(|value| !value.is_empty());
    Ok(Record {
        provider: if is_of_a_list { Provider::List } else { Provider::Uv },
        version: version_of(python)?,
        pinned_version: pin.to_owned(),
        source_url: Some(public_address(&url)),
        source_sha256: Some(sha256.clone()),
        recipe: None,
        patches_source: None,
        patches: Vec::new(),
    })
}

/// The end of a file's name in uv's cache.
fn name_in_cache(url: &str) -> String {
    let name = url.split(['?', '#']).next().unwrap_or_default().rsplit('/').next().unwrap_or_default();
    let plain = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' };
    percent_decoded(name).chars().map(plain).collect()
}

pub fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        bytes.extend(before.bytes());
        match after.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(b'%');
                rest = after;
            }
        }
    }
    bytes.extend(rest.bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The different sums of the cached files `<start of sha256>-<name>` that have the sum which their names start with.
fn archives(cache: &Path, name: &str) -> Result<Vec<String>> {
    let mut digests = Vec::new();
    for entry in fs::read_dir(cache).about("cannot list", cache)? {
        let path = entry.about("cannot list", cache)?.path();
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if let Some((start, rest)) = file.split_once('-')
            && rest == name
        {
            let digest = integrity::digest(&path).about("cannot read", &path)?;
            if digest.starts_with(start) && !digests.contains(&digest) {
                digests.push(digest);
            }
        }
    }
    Ok(digests)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_unreachable_download_is_out_of_reach() {
        assert!(is_out_of_reach(
            "error: Failed to install\n  cause: Request failed after 3 retries\n  cause: dns error"
        ));
        assert!(is_out_of_reach("error: No download found for request: cpython-3.13.99"));
        assert!(!is_out_of_reach("error: Failed to download x\n  cause: Hash mismatch for x"));
        assert!(!is_out_of_reach("error: Failed to download x\n  cause: No space left on device"));
        assert!(!is_out_of_reach("thread 'main' panicked"));
    }

    #[test]
    fn only_what_is_known_to_be_damaged_is_removed_from_the_cache() {
        let folder = tempfile::tempdir().unwrap();
        let names = ["00000000-x.tar.gz", "README-x", "ba7816bf-x.tar.gz", "x.tar.gz"];
        for name in names {
            fs::write(folder.path().join(name), "abc").unwrap();
        }
        fs::create_dir(folder.path().join("00000000-folder")).unwrap();
        remove_damaged(folder.path()).unwrap();
        let mut left: Vec<String> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        left.sort();
        assert_eq!(left, ["00000000-folder", "README-x", "ba7816bf-x.tar.gz", "x.tar.gz"]);
        remove_damaged(Path::new("/no/such/cache")).unwrap();
    }

    #[test]
    fn a_cached_archive_is_found_by_its_name_and_its_sum() {
        let url = "https://host/1/cpython-3.13.5%2B1-x86_64.tar.gz?a=b";
        assert_eq!(name_in_cache(url), "cpython-3.13.5-1-x86_64.tar.gz");
        assert_eq!(percent_decoded("100%_%4"), "100%_%4");
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| fs::write(folder.path().join(name), "abc").unwrap();
        file("ba7816bf-x.tar.gz");
        file("00000000-x.tar.gz");
        file("ba7816bf-y.tar.gz");
        assert_eq!(archives(folder.path(), "x.tar.gz").unwrap().len(), 1);
        assert_eq!(archives(folder.path(), "z.tar.gz").unwrap().len(), 0);
    }
}
