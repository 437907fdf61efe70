//! Small ELF, Mach-O and PE files made byte by byte, for the tests: no linker here writes them.

use sha2::{Digest, Sha256};

/// A thin 64-bit Mach-O file of arm64.
pub struct MachO<'a> {
    pub program: bool,
    pub pie: bool,
    pub rpaths: &'a [&'a str],
    pub needed: &'a [&'a str],
    pub install_name: Option<&'a str>,
    pub minos: u32,
    /// Has a signature without a certificate, as the linker writes it.
    pub signed: bool,
}

impl Default for MachO<'_> {
    fn default() -> Self {
        MachO { program: true, pie: true, rpaths: &[], needed: &[], install_name: None, minos: 11, signed: true }
    }
}

impl MachO<'_> {
    pub fn bytes(&self) -> Vec<u8> {
        let mut commands: Vec<Vec<u8>> = self.rpaths.iter().map(|path| command(0x8000_001c, &[12], path)).collect();
        let dylib = |cmd, name: &str| command(cmd, &[24, 2, 0, 0], name);
        commands.extend(self.needed.iter().map(|name| dylib(0xc, name)));
        commands.extend(self.install_name.map(|name| dylib(0xd, name)));
        commands.push(words(&[0x32, 24, 1, self.minos << 16, self.minos << 16, 0]));
        let size = commands.iter().map(Vec::len).sum::<usize>() + if self.signed { 16 } else { 0 };
        let end = 32 + size;
        if self.signed {
            commands.push(words(&[0x1d, 16, end as u32, signature(&vec![0; end]).len() as u32]));
        }
        let flags = if self.pie { 0x20_0000 } else { 0 };
        let kind = if self.program { 2 } else { 6 };
        let mut data = words(&[0xfeed_facf, 0x0100_000c, 0, kind, commands.len() as u32, size as u32, flags, 0]);
        data.extend(commands.into_iter().flatten());
        if self.signed {
            data.extend(signature(&data));
        }
        data
    }
}

/// A signature with the SHA-256 of each page of 4096 bytes.
pub fn signature(code: &[u8]) -> Vec<u8> {
    let hashes: Vec<_> = code.chunks(4096).map(Sha256::digest).collect();
    let (pages, identity) = (hashes.len() as u32, b"fixture\0");
    let (start, size) = (52 + identity.len() as u32, 52 + identity.len() as u32 + 32 * pages);
    let big = |numbers: &[u32]| numbers.iter().flat_map(|number| number.to_be_bytes()).collect::<Vec<u8>>();
    let mut data = big(&[0xfade_0cc0, 20 + size, 1, 0, 20]);
    data.extend(big(&[0xfade_0c02, size, 0x2_0200, 2, start, 52, 0, pages, code.len() as u32]));
    data.extend([32, 2, 0, 12]);
    data.extend(big(&[0, 0, 0]));
    data.extend(identity);
    hashes.iter().for_each(|hash| data.extend(&hash[..]));
    data
}

/// A load command: its number, its size, the given numbers (the first is where the text starts) and the text.
fn command(cmd: u32, numbers: &[u32], text: &str) -> Vec<u8> {
    let start = 8 + 4 * numbers.len();
    let size = (start + text.len() + 1).next_multiple_of(8);
    let mut data = words(&[cmd, size as u32]);
    data.extend(words(numbers));
    data.extend(text.bytes());
    data.resize(size, 0);
    data
}

fn words(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

pub fn fat(thin: &[&[u8]]) -> Vec<u8> {
    let mut data: Vec<u8> = [0xcafe_babe, thin.len() as u32].iter().flat_map(|word: &u32| word.to_be_bytes()).collect();
    let mut offset = 4096;
    for file in thin {
        let words = [0x0100_000c, 0, offset, file.len() as u32, 12];
        data.extend(words.iter().flat_map(|word: &u32| word.to_be_bytes()));
        offset += (file.len() as u32).next_multiple_of(4096);
    }
    for file in thin {
        data.resize(data.len().next_multiple_of(4096), 0);
        data.extend(*file);
    }
    data
}

/// A PE file of x86-64 with one section, which holds the import table.
pub struct Pe<'a> {
    pub imports: &'a [&'a str],
    pub flags: u16,
}

impl Default for Pe<'_> {
    fn default() -> Self {
        Pe { imports: &[], flags: 0x0140 }
    }
}

/// The same file for a 32-bit machine.
pub fn narrow(pe: &[u8]) -> Vec<u8> {
    let mut data = pe.to_vec();
    data[64 + 4..64 + 6].copy_from_slice(&0x14c_u16.to_le_bytes());
    data
}

const SECTION: u32 = 0x1000;
const FILE_ALIGNMENT: usize = 512;

impl Pe<'_> {
    pub fn bytes(&self) -> Vec<u8> {
        let section = self.section();
        let mut data = b"MZ".to_vec();
        data.resize(60, 0);
        data.extend(words(&[64]));
        data.extend(b"PE\0\0");
        let halves = |numbers: &[u16]| numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>();
        data.extend(halves(&[0x8664, 1, 0, 0, 0, 0, 0, 0, 240, 0x22]));
        let optional = data.len();
        data.extend(halves(&[0x20b]));
        data.resize(optional + 70, 0);
        data.extend(halves(&[self.flags]));
        data.resize(optional + 108, 0);
        data.extend(words(&[16, 0, 0, SECTION, 20]));
        data.resize(optional + 240, 0);
        data.extend(b".idata\0\0");
        data.extend(words(&[section.len() as u32, SECTION, section.len() as u32, FILE_ALIGNMENT as u32, 0, 0, 0, 0]));
        data.resize(FILE_ALIGNMENT, 0);
        data.extend(section);
        data
    }

    fn section(&self) -> Vec<u8> {
        let mut names = 20 * (self.imports.len() as u32 + 1);
        let (mut table, mut texts) = (Vec::new(), Vec::new());
        for name in self.imports {
            table.extend(words(&[SECTION, 0, 0, SECTION + names, SECTION]));
            texts.extend(name.bytes().chain([0]));
            names += name.len() as u32 + 1;
        }
        table.resize(table.len() + 20, 0);
        table.extend(texts);
        table.resize(table.len().next_multiple_of(FILE_ALIGNMENT), 0);
        table
    }
}

/// A 64-bit ELF file of x86-64 whose dynamic table has that many entries of one tag, all of the one string.
pub fn elf(tag: u64, count: u64, string: &str) -> Vec<u8> {
    with_dynamic((0..count).map(|_| (tag, 1)), &format!("\0{string}\0"))
}

/// The same with an entry for each tag and its string.
pub fn elf_of(entries: &[(u64, &str)]) -> Vec<u8> {
    let mut strings = "\0".to_owned();
    let add = |(tag, string): &(u64, &str)| {
        let at = strings.len() as u64;
        strings += &format!("{string}\0");
        (*tag, at)
    };
    let table: Vec<_> = entries.iter().map(add).collect();
    with_dynamic(table.into_iter(), &strings)
}

fn with_dynamic(entries: impl Iterator<Item = (u64, u64)>, strings: &str) -> Vec<u8> {
    let mut data = vec![0; 64 + 2 * 56];
    data[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
    let put = |data: &mut Vec<u8>, at: usize, value: u64, width: usize| {
        data[at..at + width].copy_from_slice(&value.to_le_bytes()[..width]);
    };
    for (at, value, width) in [(16, 3, 2), (18, 62, 2), (20, 1, 4), (32, 64, 8), (52, 64, 2), (54, 56, 2), (56, 2, 2)] {
        put(&mut data, at, value, width);
    }
    let start = data.len() as u64;
    data.extend(strings.bytes());
    let table = data.len() as u64;
    let own = [(5, start), (10, strings.len() as u64)];
    let entries = own.into_iter().chain(entries).chain([(0, 0)]);
    data.extend(entries.flat_map(|(tag, value)| [tag, value]).flat_map(u64::to_le_bytes));
    let size = data.len() as u64;
    for (at, value) in [(64, 1), (72, 0), (80, 0), (96, size), (104, size)] {
        put(&mut data, at, value, 8);
    }
    for (at, value) in [(120, 2), (128, table), (136, table), (152, size - table), (160, size - table)] {
        put(&mut data, at, value, 8);
    }
    data
}

pub const NEEDED: u64 = 1;
pub const RPATH: u64 = 15;
pub const RUNPATH: u64 = 29;
