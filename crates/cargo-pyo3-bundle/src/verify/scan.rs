//! Reads every file once, on all cores: tells what it is by its first bytes, and finds the paths of the build in it.

use super::build_path::BuildPaths;
use super::claims::Document;
use super::facts::{Content, Facts, What};
use super::walk::Unread;
use crate::layout;
use crate::object::Native;
use pyo3_bundle_layout::cores;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Limit for the size of a file, so that no file takes all memory. There are libraries of half a gigabyte.
const LARGEST: u64 = 512 << 20;

/// Limit for the bytes of all names, a thousand times those of a dist: many files may have many names each.
const MOST_NAMES: usize = 256 << 20;

pub fn scan(facts: &mut Facts, files: &[Unread], paths: &BuildPaths) {
    scan_at_most(facts, files, paths, MOST_NAMES);
}

pub fn scan_at_most(facts: &mut Facts, files: &[Unread], paths: &BuildPaths, most: usize) {
    let length = AtomicUsize::new(0);
    let look = |data: &[u8]| {
        let content = Content { native: Native::of(data), build_paths: paths.find(data) };
        match length.fetch_add(content.length(), Ordering::Relaxed) {
            before if before > most => What::Unread("its names were not kept: other files have too many".into()),
            _ => What::File(content),
        }
    };
    let work = |buffer: &mut Vec<u8>, file: &Unread| {
        let what = match read(&file.path, buffer) {
            Ok(()) => look(buffer),
            Err(error) => What::Unread(error.to_string()),
        };
        let is_metadata = file.name == layout::METADATA && matches!(what, What::File(_));
        (what, is_metadata.then(|| Document::parse(buffer)))
    };
    let results = cores::each(files, Vec::new, work);
    for (file, (what, metadata)) in files.iter().zip(results) {
        facts.metadata = metadata.unwrap_or(std::mem::take(&mut facts.metadata));
        if let Some(entry) = facts.entries.get_mut(&file.name) {
            entry.what = what;
        }
    }
}

fn read(path: &Path, buffer: &mut Vec<u8>) -> io::Result<()> {
    let file = File::open(path)?;
    let size = file.metadata()?.len();
    if size > LARGEST {
        return Err(io::Error::other(format!("{size} bytes are more than verification reads")));
    }
    buffer.clear();
    buffer.reserve(size as usize + 1); // the size fits, as checked above
    file.take(LARGEST).read_to_end(buffer)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::walk;
    use super::*;
    use crate::object::Format;
    use std::fs;

    const METADATA: &str = r#"{"schema_version": 1, "name": "app", "version": "1", "target": "t", "launcher": "a", "binary": "b",
        "platform": {"os": "o", "arch": "a"}, "python": {"version": "v"}}"#;

    fn gathered(make: impl FnOnce(&Path)) -> Facts {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("sub")).unwrap();
        make(folder.path());
        let (mut facts, files) = walk::walk(folder.path());
        scan(&mut facts, &files, &BuildPaths::of_environment(Path::new("/no/checkout"), ["/zone/app".to_owned()]));
        facts
    }

    #[test]
    fn the_metadata_is_the_one_file_of_that_name_at_the_top() {
        let others = |dist: &Path| {
            fs::write(dist.join("other.json"), "{").unwrap();
            fs::write(dist.join("sub/metadata.json"), "{").unwrap();
        };
        assert!(matches!(gathered(others).metadata, Document::Missing));
        let all = gathered(|dist| {
            others(dist);
            fs::write(dist.join("metadata.json"), METADATA).unwrap();
        });
        assert_eq!(all.metadata.claims().unwrap().name, "app");
        // Metadata that is too large is not read, and the file that was read before it is not taken for it.
        let hole = gathered(|dist| {
            others(dist);
            fs::File::create(dist.join("metadata.json")).unwrap().set_len(LARGEST + 1).unwrap();
        });
        assert!(matches!(hole.metadata, Document::Missing));
        assert!(matches!(&hole.entries["metadata.json"].what, What::Unread(why) if why.contains("more than")));
    }

    #[test]
    fn each_file_has_what_was_found_in_it() {
        let facts = gathered(|dist| {
            fs::write(dist.join("a"), "of /zone/app").unwrap();
            fs::write(dist.join("b"), "").unwrap();
            fs::write(dist.join("sub/c"), "\x7fELF").unwrap();
        });
        let files: Vec<_> = facts.files().map(|(name, content)| (name, content.build_paths.len())).collect();
        assert_eq!(files, [("a", 1), ("b", 0), ("sub/c", 0)]);
        let What::File(content) = &facts.entries["sub/c"].what else { panic!("{facts:?}") };
        assert!(matches!(content.native, Native::Damaged(Format::Elf, _)));
    }
}
