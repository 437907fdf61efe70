//! A Python for another system, unpacked from its archive only to be packed: nothing of it runs here, and the managed
//! Python stays what it is.

use super::pin::{Pin, series};
use super::record::Record;
use super::unpack::{Archive, obtain, unpack};
use super::{Places, checked_sum};
use crate::config::Application;
use crate::problem::{About, Problem};
use crate::shown::visible;
use anyhow::Result;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The unpacked tree and its record, until this is dropped.
#[derive(Debug)]
pub struct Foreign {
    folder: TempDir,
}

impl Foreign {
    pub fn unpack(source: &str, sha256: &str, application: &Application) -> Result<Foreign> {
        let archive = Archive { source: source.to_owned(), sha256: checked_sum(sha256)? };
        let (places, pin) = (Places::of(application), Pin::of(application)?);
        fs::create_dir_all(places.cache()).about("cannot create", &places.cache())?;
        let file = obtain(&archive, &places)?;
        let folder = tempfile::Builder::new().prefix("python-").tempdir_in(places.cache());
        let foreign = Foreign { folder: folder.about("cannot work in", &places.cache())? };
        unpack(&file, foreign.folder.path())?;
        foreign.record(&archive, &pin)?.write(&foreign.provenance())?;
        Ok(foreign)
    }

    pub fn python(&self) -> PathBuf {
        self.folder.path().join("python")
    }

    pub fn provenance(&self) -> PathBuf {
        self.folder.path().join("provenance.json")
    }

    fn record(&self, archive: &Archive, pin: &Pin) -> Result<Record> {
        let what = || format!("`{}` cannot be packed", visible(&archive.source));
        let version = version(&self.python()).ok_or_else(|| {
            let why = "wanted a Python with its headers, as in archives with `install_only` in their names; found no \
                `patchlevel.h`, which tells the version";
            Problem::without_hint(what(), why)
        })?;
        if series(&version) != pin.series() {
            let why = format!("wanted the series {} that {} pins, found {version}", pin.series(), pin.origin);
            return Err(Problem::without_hint(what(), why).into());
        }
        Ok(archive.record(version, pin))
    }
}

/// Reads the version of an installed Python from its headers: in `include` on Windows, else in a folder of it.
fn version(python: &Path) -> Option<String> {
    let include = python.join("include");
    let folders = fs::read_dir(&include).ok()?.flatten().map(|entry| entry.path());
    let text =
        std::iter::once(include).chain(folders).find_map(|it| fs::read_to_string(it.join("patchlevel.h")).ok())?;
    let line = text.lines().find_map(|line| line.strip_prefix("#define PY_VERSION "))?;
    let version = line.trim().trim_matches('"').trim_end_matches('+');
    (version.split('.').count() == 3).then(|| version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::integrity;
    use crate::metadata::Provider;

    /// An archive with one header, at that place.
    fn archive(folder: &Path, header: &str, text: &str) -> (String, String) {
        let path = folder.join("python.tar.gz");
        let mut tar = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
        let mut entry = tar::Header::new_gnu();
        entry.set_size(text.len() as u64);
        entry.set_mode(0o644);
        tar.append_data(&mut entry, header, text.as_bytes()).unwrap();
        fs::write(&path, tar.into_inner().unwrap().finish().unwrap()).unwrap();
        (path.display().to_string(), integrity::digest(&path).unwrap())
    }

    #[test]
    fn a_python_is_known_by_its_headers_and_the_sum_of_its_archive() {
        let folder = tempfile::tempdir().unwrap();
        let mut application = Application { workspace: folder.path().join("w"), ..Application::default() };
        application.keys.python = Some("3.13.1".into());
        let unpacked = |header: &str, text: &str| {
            let (source, sum) = archive(folder.path(), header, text);
            Foreign::unpack(&source, &sum, &application)
        };
        const VERSION: &str = "#define PY_MAJOR_VERSION 3\n#define PY_VERSION              \"3.13.2+\"\n";
        for header in ["python/include/patchlevel.h", "python/include/python3.13/patchlevel.h"] {
            let foreign = unpacked(header, VERSION).unwrap();
            let record = Record::read(&foreign.provenance()).unwrap();
            assert_eq!((record.version.as_str(), record.pinned_version.as_str()), ("3.13.2", "3.13.1"));
            assert_eq!(record.provider, Provider::Archive);
            assert!(foreign.python().is_dir());
        }
        let text = format!("{:#}", unpacked("python/include/patchlevel.h", &VERSION.replace("13", "12")).unwrap_err());
        assert!(text.contains("wanted the series 3.13 that the key `python` pins, found 3.12.2"), "{text}");
        let text = format!("{:#}", unpacked("python/bin/python3", "").unwrap_err());
        assert!(text.contains("found no `patchlevel.h`"), "{text}");
        let (source, _) = archive(folder.path(), "python/x", "");
        let text = format!("{:#}", Foreign::unpack(&source, &"0".repeat(64), &application).unwrap_err());
        assert!(text.contains("is another archive or damaged") && text.contains("\nhint: sha256sum -- "), "{text}");
        let text = format!("{:#}", Foreign::unpack(&source, "abc", &application).unwrap_err());
        assert_eq!(text, "`--sha256 abc` is not a sum\n  wanted 64 hexadecimal digits");
        assert_eq!(fs::read_dir(folder.path().join("w/.local/cache")).unwrap().count(), 0, "what was unpacked stays");
    }
}
