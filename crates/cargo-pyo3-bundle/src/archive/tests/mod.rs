//! Tests on archives that are written and read in memory: what survives, what is refused, what a mutation can do.

use super::compare;
use super::compression::Compression;
use super::entry::{Entry, EntryKind, Source};
use super::read::Reader;
use super::write;
use anyhow::Result;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::PathBuf;
use tar::{Builder, EntryType, Header};

mod mutations;
mod streams;

const TIME: u64 = 1_700_000_000;

/// A source of entries made by hand.
#[derive(Default, Clone)]
pub struct List {
    pub entries: Vec<(Entry, Vec<u8>)>,
    next: usize,
    read: usize,
}

impl List {
    pub fn folder(mut self, name: &str) -> Self {
        self.push(name, EntryKind::Folder, 0o755, b"");
        self
    }

    pub fn file(mut self, name: &str, content: &[u8]) -> Self {
        self.push(name, EntryKind::File(content.len() as u64), 0o644, content);
        self
    }

    pub fn link(mut self, name: &str, target: &str) -> Self {
        self.push(name, EntryKind::Link(target.into()), 0o777, b"");
        self
    }

    pub fn push(&mut self, name: &str, kind: EntryKind, mode: u32, content: &[u8]) {
        self.entries.push((Entry { name: name.into(), kind, mode, time: TIME }, content.to_vec()));
    }

    fn tar(&self) -> Vec<u8> {
        write::tar(&mut self.clone(), Vec::new()).unwrap()
    }
}

impl Source for List {
    fn advance(&mut self) -> Result<Option<Entry>> {
        self.next += 1;
        self.read = 0;
        Ok(self.entries.get(self.next - 1).map(|(entry, _)| entry.clone()))
    }
}

impl Read for List {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = (&self.entries[self.next - 1].1[self.read..]).read(buffer)?;
        self.read += read;
        Ok(read)
    }
}

fn sample() -> List {
    let long = "n".repeat(200);
    List::default()
        .folder("top")
        .file("top/a", b"")
        .folder("top/b")
        .file(&format!("top/b/{}", "x".repeat(94)), &[7; 512])
        .file(&format!("top/b/{}", "y".repeat(95)), &[8; 511])
        .link("top/b/z", "../a")
        .folder(&format!("top/{long}"))
        .file(&format!("top/{long}/{long}"), &[9; 70_000])
        .link(&format!("top/{long}/z"), &format!("./{long}"))
        .file("top/é \u{1f40d}\n", b"name")
        .link("top/ü", "b/../a".trim_start_matches("b/../"))
}

fn read(bytes: &[u8]) -> Result<Vec<(Entry, Vec<u8>)>> {
    let mut reader = Reader::new(bytes, 1 << 20);
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

/// An archive of the folder `top` and of one entry, a plain file whose header the function changes.
fn with_entry(change: impl FnOnce(&mut Header)) -> Vec<u8> {
    let mut header = Header::new_gnu();
    header.set_size(0);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_entry_type(EntryType::Regular);
    set_name(&mut header, b"top/x");
    change(&mut header);
    header.set_cksum();
    let mut bytes = List::default().folder("top").tar();
    bytes.truncate(512);
    let mut builder = Builder::new(bytes);
    builder.append(&header, io::empty()).unwrap();
    builder.into_inner().unwrap()
}

fn set_name(header: &mut Header, name: &[u8]) {
    header.as_old_mut().name = [0; 100];
    header.as_old_mut().name[..name.len()].copy_from_slice(name);
}

fn link_to(target: &str) -> Vec<u8> {
    with_entry(|header| {
        header.set_entry_type(EntryType::Symlink);
        header.set_mode(0o777);
        header.set_link_name_literal(target).unwrap();
    })
}

#[test]
fn what_is_written_is_read() {
    let sample = sample();
    let bytes = sample.tar();
    assert_eq!(read(&bytes).unwrap(), sample.entries);
    assert_eq!(write::size(&mut sample.clone()).unwrap(), bytes.len() as u64);
    assert_eq!(sample.tar(), bytes);
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    for name in ["/etc/passwd", "top/../../x", "..", "top/./x", "top//x", "top/x/", ""] {
        refused(&with_entry(|header| set_name(header, name.as_bytes())), "not a plain relative name");
    }
    refused(&with_entry(|header| set_name(header, b"top/\xff")), "not UTF-8");
    refused(&with_entry(|header| set_name(header, b"zzz")), "second folder");
    refused(&with_entry(|header| set_name(header, b"top/no/x")), "not a folder");
}

#[test]
fn links_that_lead_out_are_refused() {
    // The last one leads out when `b` is a link to a folder near the top.
    for target in ["/etc/passwd", "..", "../top/x", "a/../../x", "", "b/.."] {
        refused(&link_to(target), "links out of the archive");
    }
    assert!(read(&link_to("a/b")).is_ok());
}

#[test]
fn nothing_is_below_a_link_or_a_file() {
    let through = |list: List| list.file("top/x/y", b"").tar();
    refused(&through(List::default().folder("top").link("top/x", "z")), "`top/x` is not a folder");
    refused(&through(List::default().folder("top").file("top/x", b"")), "`top/x` is not a folder");
    refused(&List::default().file("top", b"").file("top/x", b"").tar(), "something else than its folder");
}

#[test]
fn the_same_name_twice_is_refused_wherever_it_stands() {
    let list =
        |names: &[&str]| names.iter().fold(List::default().folder("top"), |list, name| list.file(name, b"")).tar();
    refused(&list(&["top/x", "top/x"]), "there twice");
    refused(&list(&["top/x", "top/y", "top/x"]), "there twice");
    refused(&List::default().folder("top").folder("top").tar(), "there twice");
}

#[test]
fn other_kinds_of_entries_are_refused() {
    for kind in [b'1', b'3', b'4', b'6', b'7', b'S', b'x', b'g', b'V', 0xff] {
        refused(&with_entry(|header| header.set_entry_type(EntryType::new(kind))), "wanted a file, a folder or a link");
    }
    refused(&with_entry(|header| header.set_mode(0o4755)), "its mode is 4755");
    refused(&with_entry(|header| header.set_mode(0o666)), "its mode is 666");
    refused(&with_entry(|header| header.set_uid(1000)), "owner");
    refused(&with_entry(|header| header.set_username("root").unwrap()), "owner");
    refused(&with_entry(|header| header.as_gnu_mut().unwrap().magic = *b"tar   "), "not in GNU's format");
}

#[test]
fn huge_sizes_are_refused_before_anything_is_read() {
    for size in [1 << 20, 1 << 40, u64::MAX - 600, u64::MAX] {
        refused(&with_entry(|header| header.set_size(size)), "more than it may");
    }
    let long_name = |size: u64| {
        with_entry(|header| {
            header.set_entry_type(EntryType::GNULongName);
            header.set_size(size);
        })
    };
    refused(&long_name(1 << 19), "a name is 524288 bytes long");
    refused(&long_name(0), "a name is 0 bytes long");
}

#[test]
fn a_small_file_that_unpacks_to_anything_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for compression in Compression::ALL {
        let path = folder.path().join(compression.ending());
        let mut encoder = compression.encoder(File::create(&path).unwrap(), 1 << 26).unwrap();
        let bomb = with_entry(|header| header.set_size((1 << 26) - 1024));
        encoder.write_all(&bomb[..1024]).unwrap();
        io::copy(&mut io::repeat(0).take((1 << 26) - 1024), &mut encoder).unwrap();
        encoder.finish().unwrap();
        assert!(fs::metadata(&path).unwrap().len() < 1 << 17);
        let error = drain(Reader::new(compression.decoder(File::open(&path).unwrap()).unwrap(), 1 << 20)).unwrap_err();
        assert!(format!("{error:#}").contains("more than it may"), "{error:#}");
    }
}

fn drain(mut reader: Reader<impl Read>) -> Result<()> {
    while reader.advance()?.is_some() {}
    Ok(())
}

#[test]
fn an_archive_that_is_cut_off_is_refused_at_every_byte() {
    let bytes = List::default().folder("top").file("top/x", &[1; 600]).tar();
    for end in 0..bytes.len() {
        assert!(read(&bytes[..end]).is_err(), "{end}");
    }
    let zeros = [bytes.clone(), vec![0; 10240]].concat();
    assert!(read(&zeros).is_ok(), "GNU tar fills a record");
    refused(&[bytes.clone(), bytes.clone()].concat(), "goes on after its end");
    refused(&[&bytes[..bytes.len() - 512], &bytes].concat(), "goes on after its end");
    refused(&bytes[bytes.len() - 1024..], "empty");
}

/// Archives as the compressors write them, to be changed: (compression, bytes, path to write them to).
fn packed() -> (tempfile::TempDir, Vec<(Compression, Vec<u8>, PathBuf)>) {
    let folder = tempfile::tempdir().unwrap();
    let list = List::default().folder("top").file("top/x", &[1; 600]).file("top/y", b"some more");
    let packed = Compression::ALL.map(|compression| {
        let path = folder.path().join(compression.ending());
        let size = write::size(&mut list.clone()).unwrap();
        let encoder = compression.encoder(File::create(&path).unwrap(), size).unwrap();
        write::tar(&mut list.clone(), encoder).unwrap().finish().unwrap();
        (compression, fs::read(&path).unwrap(), path)
    });
    (folder, packed.into())
}

/// Numbers that repeat at a distance: enough for several jobs of zstd and blocks of gzip, and soon compressed.
fn long_input() -> Vec<u8> {
    (0..10 << 20).flat_map(|number: u32| (number % (3 << 20)).to_le_bytes()).collect()
}

/// Compresses at a low level, which cuts the jobs the same way: the level of archives would take minutes.
#[test]
fn the_bytes_do_not_depend_on_the_number_of_workers() {
    let input = long_input();
    for compression in Compression::ALL {
        let pack = |workers| {
            let mut encoder = compression.encoder_with(Vec::new(), input.len() as u64, workers).unwrap();
            if let super::compression::Encoder::Zstd(zstd) = &mut encoder {
                zstd.set_parameter(zstd::zstd_safe::CParameter::CompressionLevel(1)).unwrap();
            }
            input.chunks(100_000).for_each(|piece| encoder.write_all(piece).unwrap());
            encoder.finish().unwrap()
        };
        let one = pack(1);
        assert!(pack(2) == one && pack(3) == one && pack(0) == one, "{compression:?}");
    }
}

#[test]
fn a_compressed_archive_that_is_cut_off_or_goes_on_is_refused() {
    let (_folder, packed) = packed();
    for (compression, bytes, path) in packed {
        let result = |bytes: &[u8]| {
            fs::write(&path, bytes).unwrap();
            drain(Reader::new(compression.decoder(File::open(&path).unwrap()).unwrap(), 1 << 20))
        };
        result(&bytes).unwrap();
        for end in 0..bytes.len() {
            assert!(result(&bytes[..end]).is_err(), "{compression:?} {end}");
        }
        for extra in [&b"x"[..], b"\x28\xb5\x2f", &bytes] {
            assert!(result(&[&bytes, extra].concat()).is_err(), "{compression:?} {extra:?}");
        }
    }
}

#[test]
fn a_window_that_wants_more_memory_than_zstd_gives_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x");
    // A frame without a content size, its window 2^(10 + 18), and one last, empty block.
    fs::write(&path, [0x28, 0xb5, 0x2f, 0xfd, 0, 18 << 3, 1, 0, 0]).unwrap();
    let error =
        drain(Reader::new(Compression::Zstd.decoder(File::open(&path).unwrap()).unwrap(), 1 << 20)).unwrap_err();
    assert!(format!("{error:#}").contains("memory"), "{error:#}");
}

#[test]
fn every_difference_is_named() {
    let different = |one: List, other: List| {
        let (mut one, mut other) = (one, other);
        let found = compare::sources(("A", &mut one), ("B", &mut other)).unwrap();
        found.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let base = || List::default().folder("top");
    assert!(different(sample(), sample()).is_empty());
    assert_eq!(
        different(base().file("top/a", b"").file("top/c", b""), base().file("top/b", b"").file("top/c", b"")),
        ["missing-entry: top/a: is in A and not in B", "missing-entry: top/b: is in B and not in A"]
    );
    assert_eq!(
        different(base().file("top/a", b"1234"), base().file("top/a", b"1254")),
        ["different-content: top/a: differs from byte 3 on: 33 34 and 35 34"]
    );
    let (long, longer) = (vec![1; 100_000], [vec![1; 100_000], vec![0xff]].concat());
    assert_eq!(
        different(base().file("top/a", &long), base().file("top/a", &longer)),
        ["different-content: top/a: differs from byte 100001 on: the end and ff"]
    );
    assert_eq!(
        different(base().link("top/a", "x"), base().link("top/a", "y")),
        ["different-target: top/a: links to `x` and `y`"]
    );
    assert_eq!(
        different(base().file("top/a", b"").file("top/z", b"1"), base().folder("top/a").file("top/z", b"2")),
        [
            "different-type: top/a: is a file and a folder",
            "different-content: top/z: differs from byte 1 on: 31 and 32"
        ]
    );
    let mut executable = base().file("top/a", b"");
    executable.entries[1].0.mode = 0o755;
    assert_eq!(different(executable, base().file("top/a", b"")), ["different-mode: top/a: has mode 755 and 644"]);
    let mut later = base();
    later.entries[0].0.time += 1;
    assert_eq!(different(base(), later), ["different-time: top: has time 1700000000 and 1700000001"]);
}

/// A reader that gives one byte at a time, is interrupted before each, and may fail at the end.
struct Stutter<'a> {
    rest: &'a [u8],
    interrupted: bool,
    end: io::Result<usize>,
}

impl Read for Stutter<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.interrupted = !self.interrupted;
        match self.rest {
            _ if self.interrupted => Err(io::ErrorKind::Interrupted.into()),
            [] => std::mem::replace(&mut self.end, Ok(0)),
            _ => self.rest.read(&mut buffer[..1]),
        }
    }
}

#[test]
fn streams_are_compared_however_they_come_and_an_error_is_not_their_end() {
    let stutter = |rest, end| Stutter { rest, interrupted: false, end };
    let compared = |one: &mut Stutter, mut other: &[u8]| compare::streams(one, &mut other);
    assert_eq!(compared(&mut stutter(b"same", Ok(0)), b"same").unwrap(), None);
    let place = "differs from byte 4 on: 65 and 78".to_owned();
    assert_eq!(compared(&mut stutter(b"same", Ok(0)), b"samx").unwrap(), Some(place));
    let broken = stutter(b"same", Err(io::ErrorKind::TimedOut.into()));
    assert_eq!(compared(&mut { broken }, b"same").unwrap_err().kind(), io::ErrorKind::TimedOut);
}

#[test]
fn a_hundred_differences_are_enough() {
    let names = |start: &str| (0..150).map(|number| format!("top/{start}{number:03}")).collect::<Vec<_>>();
    let list = |start| names(start).iter().fold(List::default().folder("top"), |list, name| list.file(name, b""));
    let found = compare::sources(("A", &mut list("a")), ("B", &mut list("b"))).unwrap();
    let told: Vec<String> = found.into_iter().map(|difference| difference.path).collect();
    assert_eq!(told, names("a")[..100]);
}

#[test]
fn an_archive_that_is_not_its_dist_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (dist, path) = (folder.path().join("dist"), folder.path().join("archive"));
    fs::create_dir(&dist).unwrap();
    let contents = || super::tree::Tree::new(&dist, "top", TIME);
    for compression in Compression::ALL {
        fs::write(dist.join("file"), "one").unwrap();
        let size = write::size(&mut contents()).unwrap();
        let encoder = compression.encoder(File::create(&path).unwrap(), size).unwrap();
        write::tar(&mut contents(), encoder).unwrap().finish().unwrap();
        super::read_back(&path, &mut contents(), size).unwrap();
        fs::write(dist.join("file"), "two").unwrap();
        let text = format!("{:#}", super::read_back(&path, &mut contents(), size).unwrap_err());
        assert!(text.contains("is not what was packed") && text.contains("top/file"), "{text}");
    }
}
