//! Tests on archives that are written and read in memory: what survives, and what is refused.

use super::super::entry::{Entry, EntryKind, Source};
use super::super::tests::List;
use super::header::{CENTRAL, Header, LOCAL, end};
use super::{Reader, time, write};
use anyhow::Result;
use std::io::{Cursor, Read};

fn zip(list: &List) -> Vec<u8> {
    write(&mut list.clone(), Cursor::new(Vec::new())).unwrap().into_inner()
}

fn read(bytes: &[u8]) -> Result<Vec<(Entry, Vec<u8>)>> {
    let mut reader = Reader::new(Cursor::new(bytes), 1 << 20)?;
    let mut found = Vec::new();
    while let Some(entry) = reader.advance()? {
        let mut content = Vec::new();
        reader.read_to_end(&mut content)?;
        found.push((entry, content));
    }
    assert!(reader.advance()?.is_none(), "the end stays the end");
    Ok(found)
}

fn refused(bytes: &[u8], because: &str) {
    let text = format!("{:#}", read(bytes).expect_err(because));
    assert!(text.contains(because), "wanted `{because}`, found: {text}");
}

fn sample() -> List {
    let list = List::default().folder("top").file("top/a", b"").folder("top/b").file("top/b/é \u{1f40d}", &[7; 70_000]);
    list.file("top/c", b"text")
}

/// An archive of entries as their records have them, with their packed bytes.
fn of(entries: &[(Header, &[u8])]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (header, packed) in entries {
        directory.extend(header.central(out.len() as u32));
        out.extend(header.local());
        out.extend(*packed);
    }
    let (size, offset) = (directory.len() as u32, out.len() as u32);
    [out, directory, end(entries.len() as u16, size, offset)].concat()
}

fn header(name: &str) -> Header {
    let mode = if name.ends_with('/') { 0o755 } else { 0o644 };
    Header { name: name.into(), mode, time: time(0), sum: 0, packed: 0, size: 0 }
}

fn with(change: impl FnOnce(&mut Header)) -> Vec<u8> {
    let mut changed = header("top/x");
    change(&mut changed);
    of(&[(header("top/"), b""), (changed, b"")])
}

#[test]
fn what_is_written_is_read_and_always_the_same() {
    let bytes = zip(&sample());
    assert_eq!(read(&bytes).unwrap(), sample().entries);
    assert_eq!(zip(&sample()), bytes);
    assert!(read(&with(|_| ())).is_ok());
}

#[test]
fn another_reader_reads_it() {
    let mut archive = zip::ZipArchive::new(Cursor::new(zip(&sample()))).unwrap();
    let names: Vec<String> =
        (0..archive.len()).map(|at| archive.by_index(at).unwrap().name().unwrap().into()).collect();
    assert_eq!(names, ["top/", "top/a", "top/b/", "top/b/é \u{1f40d}", "top/c"]);
    let mut file = archive.by_index(3).unwrap();
    let mut content = Vec::new();
    file.read_to_end(&mut content).unwrap();
    assert_eq!((content, file.unix_mode()), (vec![7; 70_000], Some(0o100_644)));
    assert_eq!(file.last_modified().unwrap().to_string(), "2023-11-14 22:13:20");
}

#[test]
fn a_time_is_one_that_a_zip_has() {
    assert_eq!((time(0), time(1_700_000_001), time(u64::MAX)), (315_532_800, 1_700_000_000, 4_354_819_198));
    for seconds in [0, 951_782_400, 1_700_000_001, u64::MAX] {
        let entry = Header { time: time(seconds), ..header("top/") };
        assert_eq!(Header::parse(&entry.central(0)).unwrap().0, entry);
    }
}

#[test]
fn what_windows_does_not_take_is_neither_written_nor_read() {
    for (name, because) in [
        ("top/a:b", "Windows has no such name"),
        ("top/a\\b", "Windows has no such name"),
        ("top/a\n", "Windows has no such name"),
        ("top/a.", "drops the dot"),
        ("top/a ", "drops the dot or the space"),
        ("top/Nul.txt", "is a device"),
        ("top/com1", "is a device"),
    ] {
        refused(&with(|header| header.name = name.into()), because);
        let list = List::default().folder("top").file(name, b"");
        let error = write(&mut list.clone(), Cursor::new(Vec::new())).unwrap_err();
        assert!(format!("{error:#}").contains(because), "{error:#}");
    }
    for name in ["top/com", "top/com10", "top/console", "top/nully.txt"] {
        assert!(read(&with(|header| header.name = name.into())).is_ok(), "{name}");
    }
    let twice = List::default().folder("top").file("top/A", b"").file("top/a", b"");
    let error = write(&mut twice.clone(), Cursor::new(Vec::new())).unwrap_err();
    assert!(format!("{error:#}").contains("cannot pack `top/a`: Windows takes it for another name"), "{error:#}");
    let link = List::default().folder("top").link("top/x", "y");
    let error = write(&mut link.clone(), Cursor::new(Vec::new())).unwrap_err();
    assert!(format!("{error:#}").contains("cannot pack `top/x`: it is a link"), "{error:#}");
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    for name in ["/etc/passwd", "top/../../x", "..", "top/./x", "top//x", ""] {
        refused(&with(|header| header.name = name.into()), "not a plain relative name");
    }
    refused(&with(|header| header.name = "zzz".into()), "second folder");
    refused(&with(|header| header.name = "top/no/x".into()), "not a folder");
    refused(&with(|header| header.name = "top/".into()), "Windows takes it for another name");
    refused(&of(&[(header("top/"), b""), (header("top/y"), b""), (header("top/x"), b"")]), "out of order");
    refused(&of(&[(header("top/x"), b"")]), "does not begin with its folder");
    let mut bytes = with(|_| ());
    let at = bytes.windows(5).rposition(|part| part == b"top/x").unwrap();
    bytes[at] = 0xff;
    refused(&bytes, "not UTF-8");
}

#[test]
fn every_byte_of_a_record_is_the_one_that_would_be_written() {
    let bytes = with(|_| ());
    for at in 0..bytes.len() {
        for change in [1, 0x80] {
            let mut changed = bytes.clone();
            changed[at] ^= change;
            match read(&changed) {
                Err(_) => {}
                // The name and the time are said twice, so both would have to change.
                Ok(found) => panic!("byte {at} of {} changed by {change}: {found:?}", bytes.len()),
            }
        }
    }
    refused(&with(|header| header.mode = 0o4755), "its mode is 4755");
    refused(&with(|header| header.mode = 0o666), "its mode is 666");
    assert!(LOCAL + CENTRAL < bytes.len());
}

#[test]
fn an_archive_that_is_cut_off_or_goes_on_is_refused_at_every_byte() {
    let bytes = zip(&List::default().folder("top").file("top/x", &[1; 600]));
    for end in 0..bytes.len() {
        assert!(read(&bytes[..end]).is_err(), "{end}");
    }
    refused(&[&bytes[..], b"\0"].concat(), "goes on after its end");
    refused(&[b"MZ", &bytes[..]].concat(), "is not where it says");
    refused(&end(0, 0, 0), "the archive is empty");
    let mut between = bytes;
    between.insert(LOCAL + 4, 0);
    assert!(read(&between).is_err());
}

#[test]
fn content_is_what_the_records_say() {
    let list = List::default().folder("top").file("top/x", b"some text, some text");
    let sound = zip(&list);
    let start = LOCAL + 4 + LOCAL + 5;
    let (entry, offset) = {
        let directory = sound.windows(4).position(|part| part == b"PK\x01\x02").unwrap();
        let (_, _, rest) = Header::parse(&sound[directory..]).unwrap();
        let (entry, offset, _) = Header::parse(rest).unwrap();
        (entry, offset)
    };
    assert_eq!(offset as usize, LOCAL + 4);
    let packed = &sound[start..start + entry.packed as usize];
    let of_entry = |entry: &Header, packed: &[u8]| of(&[(header("top/"), b""), (entry.clone(), packed)]);
    assert_eq!(read(&of_entry(&entry, packed)).unwrap()[1].1, b"some text, some text");
    refused(&of_entry(&Header { sum: 1, ..entry.clone() }, packed), "another sum");
    refused(&of_entry(&Header { size: entry.size - 1, ..entry.clone() }, packed), "longer than it says");
    refused(&of_entry(&Header { size: entry.size + 1, ..entry.clone() }, packed), "");
    let more = [packed, b"\0"].concat();
    refused(&of_entry(&Header { packed: entry.packed + 1, ..entry.clone() }, &more), "longer than it says");
    refused(&of_entry(&Header { size: 1 << 21, ..entry.clone() }, packed), "unpacks to more than it may");
    refused(&of_entry(&Header { name: "top/x/".into(), mode: 0o755, ..entry.clone() }, packed), "it has content");
    refused(&of_entry(&Header { size: 0, ..entry.clone() }, packed), "it has bytes and no content");
}

#[test]
fn a_small_file_that_unpacks_to_anything_is_refused() {
    let bomb = zip(&List::default().folder("top").file("top/x", &vec![0; 1 << 21]));
    assert!(bomb.len() < 1 << 14);
    refused(&bomb, "unpacks to more than it may");
}

#[test]
fn a_file_that_changes_while_it_is_packed_is_an_error() {
    for (size, found) in [(3, 4), (5, 4)] {
        let mut list = List::default().folder("top");
        list.push("top/x", EntryKind::File(size), 0o644, b"text");
        let error = write(&mut list, Cursor::new(Vec::new())).unwrap_err();
        assert!(format!("{error:#}").contains(&format!("wanted {size} bytes, found {found}")), "{error:#}");
    }
}
