//! Wheels inside the dist, which are zip files, are stored without compression. The compressor of an archive then finds
//! what they have in common with the packages that are installed beside them; it cannot look into a compressed wheel.

use crate::shown::shown;
use crate::tree;
use anyhow::{Context, Result};
use std::fs::{self, DirEntry, File};
use std::io::{self, BufReader, BufWriter, Write};
use std::path::Path;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// Writes the wheels of a folder anew, with the same files, modes and times. An absent folder was slimmed away.
pub fn store(folder: &Path) -> Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    for path in tree::entries(folder)?.iter().map(DirEntry::path) {
        if path.extension().is_some_and(|ending| ending == "whl") {
            store_one(&path).with_context(|| format!("cannot store `{}` without compression", shown(&path)))?;
        }
    }
    Ok(())
}

fn store_one(path: &Path) -> Result<()> {
    let metadata = fs::metadata(path)?;
    let mut wheel = ZipArchive::new(BufReader::new(File::open(path)?))?;
    let part = path.with_extension("partial");
    let mut stored = ZipWriter::new(BufWriter::new(File::create(&part)?));
    for index in 0..wheel.len() {
        let mut file = wheel.by_index(index)?;
        let options = file.options().compression_method(CompressionMethod::Stored);
        stored.start_file(file.name()?, options)?;
        io::copy(&mut file, &mut stored)?;
    }
    let mut out = stored.finish()?;
    out.flush()?;
    out.get_ref().set_permissions(metadata.permissions())?;
    out.get_ref().set_modified(metadata.modified()?)?;
    Ok(fs::rename(&part, path)?)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::io::Read;
    use zip::{DateTime, write::SimpleFileOptions};

    const TEXT: &str = "the same line again\n";

    fn made(folder: &Path, name: &str) {
        let mut wheel = ZipWriter::new(File::create(folder.join(name)).unwrap());
        let time = DateTime::from_date_and_time(2025, 1, 2, 3, 4, 6).unwrap();
        for (file, mode) in [("pip/a.py", 0o644), ("pip-1.dist-info/RECORD", 0o600), ("pip/run", 0o755)] {
            let options = SimpleFileOptions::default().unix_permissions(mode).last_modified_time(time);
            wheel.start_file(file, options.compression_method(CompressionMethod::Deflated)).unwrap();
            wheel.write_all(TEXT.repeat(100).as_bytes()).unwrap();
        }
        wheel.finish().unwrap();
    }

    fn compressions(wheel: &Path) -> Vec<CompressionMethod> {
        let mut wheel = ZipArchive::new(File::open(wheel).unwrap()).unwrap();
        (0..wheel.len()).map(|index| wheel.by_index(index).unwrap().compression()).collect()
    }

    fn contents(wheel: &Path) -> Vec<String> {
        let mut wheel = ZipArchive::new(File::open(wheel).unwrap()).unwrap();
        let mut content = |index| {
            let mut file = wheel.by_index(index).unwrap();
            let mut text = String::new();
            file.read_to_string(&mut text).unwrap();
            format!("{:?} {:?} {:?} {text}", file.name(), file.unix_mode(), file.last_modified())
        };
        (0..3).map(&mut content).collect()
    }

    #[test]
    fn a_wheel_keeps_all_but_its_compression() {
        let folder = tempfile::tempdir().unwrap();
        let (wheel, other) = (folder.path().join("pip-1-py3-none-any.whl"), folder.path().join("data.zip"));
        made(folder.path(), "pip-1-py3-none-any.whl");
        made(folder.path(), "data.zip");
        fs::set_permissions(&wheel, std::os::unix::fs::PermissionsExt::from_mode(0o640)).unwrap();
        let (was, before) = (fs::metadata(&wheel).unwrap(), contents(&wheel));
        store(folder.path()).unwrap();
        let (is, after) = (fs::metadata(&wheel).unwrap(), contents(&wheel));
        assert_eq!(compressions(&wheel), [CompressionMethod::Stored; 3]);
        assert_eq!(after, before);
        assert_eq!((is.permissions(), is.modified().unwrap()), (was.permissions(), was.modified().unwrap()));
        assert_eq!(compressions(&other), [CompressionMethod::Deflated; 3]);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn what_is_no_wheel_is_told_by_name_and_an_absent_folder_is_fine() {
        let folder = tempfile::tempdir().unwrap();
        store(&folder.path().join("absent")).unwrap();
        fs::write(folder.path().join("pip.whl"), "text").unwrap();
        let error = format!("{:#}", store(folder.path()).unwrap_err());
        assert!(error.contains("/pip.whl` without compression: "), "{error}");
    }
}
