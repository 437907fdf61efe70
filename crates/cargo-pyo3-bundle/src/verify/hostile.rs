//! Tests on bytes made to harm: real files with thousands of changes, tables that overlap or run in circles, endless
//! folders. Whatever comes in, facts or a finding come out. Endless work would be an endless test, so no test looks at
//! a clock.

use super::facts::{Facts, What};
use super::{BuildPaths, scan, walk};
use crate::object::{Format, Native, fixture};
use std::fs;
use std::ops::Range;
use std::os::unix::net::UnixListener;
use std::path::Path;

const MUTATIONS: usize = 4_000;

/// <https://prng.di.unimi.it/splitmix64.c>: the same numbers in every run, so that a failure can be seen again.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    fn within(&mut self, ranges: &[Range<usize>]) -> usize {
        let range = ranges[self.below(ranges.len())].clone();
        range.start + self.below(range.len())
    }
}

/// Changes numbers at the places that parsers read, sometimes cuts, and puts everything back.
fn mutate(data: &mut [u8], places: &[Range<usize>], mut look: impl FnMut(&[u8])) {
    let mut random = Random(42);
    for _ in 0..MUTATIONS {
        let mut before: Vec<(usize, u8)> = Vec::new();
        for _ in 0..=random.below(4) {
            let (at, width) = (random.within(places), [1, 2, 4, 8][random.below(4)]);
            let value = match random.below(4) {
                0 => 0,
                1 => u64::MAX,
                2 => random.below(data.len() * 2) as u64,
                _ => random.next(),
            };
            for (offset, byte) in value.to_le_bytes().into_iter().take(width).enumerate() {
                if let Some(place) = data.get_mut(at + offset) {
                    before.push((at + offset, *place));
                    *place = byte;
                }
            }
        }
        let end = if random.below(8) == 0 { random.below(data.len()) } else { data.len() };
        look(&data[..end]);
        for (at, byte) in before.into_iter().rev() {
            data[at] = byte;
        }
    }
}

/// Counts the files that come out damaged: all or none would show that the changes miss what is read.
fn damaged(mut data: Vec<u8>, places: &[Range<usize>]) -> usize {
    let (mut looked, mut damaged) = (0, 0);
    mutate(&mut data, places, |data| {
        looked += 1;
        damaged += usize::from(matches!(Native::of(data), Native::Damaged(..)));
    });
    assert_eq!(looked, MUTATIONS);
    damaged
}

/// Finds the tables of a 64-bit ELF file by its section headers, which can be trusted here.
fn tables(data: &[u8]) -> Vec<Range<usize>> {
    use object::read::elf::{FileHeader, SectionHeader};
    let header = object::elf::FileHeader64::<object::Endianness>::parse(data).unwrap();
    let endian = header.endian().unwrap();
    let sections = header.sections(endian, data).unwrap();
    let names = ["dynamic", "dynstr", "dynsym", "gnu.version", "gnu.version_r", "gnu.hash"];
    let section = |name: &str| {
        let (_, section) = sections.section_by_name(endian, format!(".{name}").as_bytes())?;
        let (offset, size) = section.file_range(endian)?;
        Some(offset as usize..(offset + size) as usize)
    };
    let mut places: Vec<_> = names.into_iter().filter_map(section).collect();
    assert!(places.len() >= 5, "{places:?}");
    places.push(0..64);
    places.push(64..64 + 56 * 12);
    places
}

fn own() -> Vec<u8> {
    fs::read(std::env::current_exe().unwrap()).unwrap()
}

#[test]
fn a_changed_elf_file_is_read_or_damaged() {
    let data = own();
    let places = tables(&data);
    let damaged = damaged(data, &places);
    assert!((MUTATIONS / 10..MUTATIONS).contains(&damaged), "{damaged}");
}

#[test]
fn a_changed_macho_file_is_read_or_damaged() {
    let thin = fixture::MachO {
        rpaths: &["@executable_path/../lib", "@loader_path"],
        needed: &["@rpath/liba.dylib", "/usr/lib/libSystem.B.dylib"],
        install_name: Some("@rpath/libb.dylib"),
        ..fixture::MachO::default()
    }
    .bytes();
    let fat = fixture::fat(&[&thin, &thin]);
    let (header, all) = (0..32, 32..thin.len());
    for (data, places) in [(thin.clone(), [header, all]), (fat, [0..48, 4096..4096 + thin.len()])] {
        let damaged = damaged(data, &places);
        assert!((MUTATIONS / 10..MUTATIONS).contains(&damaged), "{damaged}");
    }
}

#[test]
fn a_changed_pe_file_is_read_or_damaged() {
    let data = fixture::Pe { imports: &["KERNEL32.dll", "python313.dll", "x.dll"], ..fixture::Pe::default() }.bytes();
    let damaged = damaged(data, &[0..512, 512..640]);
    assert!((MUTATIONS / 10..MUTATIONS).contains(&damaged), "{damaged}");
}

#[test]
fn random_bytes_behind_a_right_start_are_no_program() {
    let mut random = Random(7);
    for start in
        [&b"\x7fELF\x02\x01\x01"[..], b"\x7fELF\x01\x02", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe\0\0\0\x02", b"MZ\0"]
    {
        for length in [0, 1, 50, 4096, 65536] {
            let mut data = start.to_vec();
            data.extend((0..length).map(|_| random.next() as u8));
            assert!(matches!(Native::of(&data), Native::Damaged(..)), "{start:?} {length}");
        }
    }
}

/// A 64-bit file of one segment with a version table at its end: `entries` files that each have the same list, in which
/// every entry leads to the next `step` bytes on.
fn with_versions(entries: u32, aux: u32, next: u32, step: u32) -> Vec<u8> {
    let mut data = vec![0; 0x200];
    data[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
    let put = |data: &mut Vec<u8>, at: usize, value: u64, width: usize| {
        data[at..at + width].copy_from_slice(&value.to_le_bytes()[..width]);
    };
    for (at, value, width) in [(16, 3, 2), (18, 62, 2), (20, 1, 4), (32, 64, 8), (52, 64, 2), (54, 56, 2), (56, 2, 2)] {
        put(&mut data, at, value, width);
    }
    let table = data.len();
    for index in 0..entries {
        let (next, step) = if index + 1 == entries && entries > 1 { (0, 0) } else { (next, step) };
        data.extend([1_u32 | 0xffff << 16, 0, aux, next].iter().flat_map(|word| word.to_le_bytes()));
        data.extend([0, 0, 1, step].iter().flat_map(|word: &u32| word.to_le_bytes()));
    }
    let size = data.len() as u64;
    for (at, value) in [(64, 1), (72, 0), (80, 0), (96, size), (104, size)] {
        put(&mut data, at, value, 8);
    }
    for (at, value) in [(120, 2), (128, 0x100), (136, 0x100), (152, 0x60), (160, 0x60)] {
        put(&mut data, at, value, 8);
    }
    let dynamic = [(5, 0x1f0), (10, 0x10), (0x6fff_fffe, table as u64), (0x6fff_ffff, u64::from(entries)), (0, 0)];
    for (index, (tag, value)) in dynamic.into_iter().enumerate() {
        put(&mut data, 0x100 + 16 * index, tag, 8);
        put(&mut data, 0x108 + 16 * index, value, 8);
    }
    data[0x1f1..0x1f4].copy_from_slice(b"GL\0");
    data
}

#[test]
fn version_tables_that_run_in_circles_or_overlap_end() {
    let sound = Native::of(&with_versions(1, 16, 0, 0));
    assert!(matches!(sound, Native::Elf(_)), "{sound:?}");
    // A hundred thousand files whose lists all run through the whole table: the error says that their number is the bound.
    let why = |data: &[u8]| match Native::of(data) {
        Native::Damaged(Format::Elf, why) => why,
        other => panic!("{other:?}"),
    };
    assert!(why(&with_versions(100_000, 16, 32, 32)).contains("overlap"));
    assert!(!why(&with_versions(100_000, 16, 1, 1)).is_empty());
    assert!(why(&with_versions(1, 16, 0, u32::MAX)).contains("outside"));
    assert!(why(&with_versions(1, u32::MAX, 0, 0)).contains("outside"));
}

fn gathered(dist: &Path) -> Facts {
    let (mut facts, files) = walk::walk(dist);
    scan::scan(&mut facts, &files, &BuildPaths::of_environment(Path::new("/no/checkout"), []));
    facts
}

#[test]
fn a_folder_of_very_many_entries_is_listed_and_judged() {
    // In memory where the machine has such a folder: on a disk, making the entries takes far longer than the test.
    let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    let one = folder.path().join("file");
    fs::write(&one, "text").unwrap();
    // Most entries are links: making files would take far longer than reading them.
    for number in 0..100_000 {
        let name = folder.path().join(format!("entry-{number}"));
        match number % 1000 {
            0 => fs::hard_link(&one, name).unwrap(),
            _ => std::os::unix::fs::symlink("file", name).unwrap(),
        }
    }
    let facts = gathered(folder.path());
    assert_eq!((facts.entries.len(), facts.files().count()), (100_001, 101));
    let policy = super::Policy::parse(super::policy::DEFAULT, "app").unwrap();
    let expected = super::Expected { name: "app", version: "1", max_glibc: None };
    let findings = super::judge::judge(&facts, &policy, &expected);
    assert!(findings.iter().all(|finding| finding.id == "missing-file"), "{findings:?}");
    assert_eq!(findings.len(), policy.elf.contract.len(), "{findings:?}");
}

#[test]
fn what_would_block_is_never_opened_and_what_is_too_large_never_read() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let made = std::process::Command::new("mkfifo").arg(at("fifo")).status().unwrap();
    assert!(made.success());
    let _socket = UnixListener::bind(at("socket")).unwrap();
    fs::File::create(at("hole")).unwrap().set_len(1 << 40).unwrap();
    fs::write(at("metadata.json"), "[".repeat(1_000_000)).unwrap();
    let facts = gathered(folder.path());
    assert!(matches!(facts.entries["fifo"].what, What::Special("a FIFO")));
    assert!(matches!(facts.entries["socket"].what, What::Special("a socket")));
    assert!(matches!(&facts.entries["hole"].what, What::Unread(why) if why.contains("more than")));
    assert!(facts.metadata.claims().is_none());
}

#[test]
fn a_tower_of_folders_deeper_than_a_path_can_say_ends() {
    let folder = tempfile::tempdir().unwrap();
    let tower = |first: &str| folder.path().join(first).join(vec!["d".repeat(200); 15].join("/"));
    fs::create_dir_all(tower("low")).unwrap();
    fs::create_dir_all(tower("high")).unwrap();
    fs::rename(folder.path().join("high"), tower("low").join("high")).unwrap();
    let facts = gathered(folder.path());
    let unread = facts.entries.values().filter(|entry| matches!(entry.what, What::Unread(_))).count();
    assert_eq!(unread, 1, "the first folder that no path reaches");
}
