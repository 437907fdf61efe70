//! Makes thousands of small changes to an archive: the reader refuses or reads it, and never leaves its folder.

use super::*;

const MUTATIONS: usize = 4_000;

/// xorshift64*: the same mutations in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % end.max(1)
    }

    /// Picks a place anywhere, or in a header: most of an archive is content, in which little can go wrong.
    fn place(&mut self, bytes: &[u8]) -> usize {
        let is_header = |block: &usize| bytes[block * 512..].get(257..262) == Some(b"ustar");
        let headers: Vec<usize> = (0..bytes.len() / 512).filter(is_header).collect();
        match headers.get(self.below(headers.len() * 2)) {
            Some(block) => block * 512 + self.below(512),
            None => self.below(bytes.len()),
        }
    }

    fn mutate(&mut self, bytes: &mut Vec<u8>) {
        let at = self.place(bytes);
        let block = at / 512 * 512;
        match self.below(8) {
            0 => bytes[at] ^= 1 << self.below(8),
            1 => bytes[at] = [0, b'/', b'.', 0xff, b'0', b'7'][self.below(6)],
            2 => bytes.truncate(at),
            3 => drop(bytes.drain(block..(block + 512).min(bytes.len()))),
            4 => {
                let copy = bytes[block..(block + 512).min(bytes.len())].to_vec();
                let to = self.below(bytes.len()) / 512 * 512;
                bytes.splice(to..to, copy);
            }
            // A field of the header: name, size, type, target.
            5 => self.overwrite(
                bytes,
                block,
                &[&b"../../x\0"[..], b"/etc/x\0", b"top/\xff\0", b"top/b/z/x\0", b"top/b/.\0", b"top/..\0", b"top/\0"],
            ),
            6 => self.overwrite(
                bytes,
                block + 124,
                &[b"77777777777\0", b"\x80\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff", b"00000001000\0"],
            ),
            _ => self.overwrite(
                bytes,
                block + 156,
                &[b"2../../..\0", b"1top/a\0", b"L", b"K", b"5", b"2/\0", b"2b/../..\0", b"x", b"g", b"S"],
            ),
        }
    }

    fn overwrite(&mut self, bytes: &mut [u8], at: usize, values: &[&[u8]]) {
        let value = values[self.below(values.len())];
        if let Some(place) = bytes.get_mut(at..at + value.len()) {
            place.copy_from_slice(value);
        }
    }
}

/// Corrects the checksums, which would otherwise stop nearly every mutation at the door.
fn mend_checksums(bytes: &mut [u8]) {
    for block in bytes.chunks_exact_mut(512).filter(|block| &block[257..262] == b"ustar") {
        let mut header = Header::new_old();
        header.as_mut_bytes().copy_from_slice(block);
        header.set_cksum();
        block.copy_from_slice(header.as_bytes());
    }
}

/// Whatever an archive says, the reader's entries stay in one folder, and reading ends.
#[test]
fn no_mutation_gets_past_the_reader() {
    let original = sample().tar();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut accepted = 0;
    for _ in 0..MUTATIONS {
        let mut bytes = original.clone();
        for _ in 0..=random.below(3) {
            random.mutate(&mut bytes);
            if bytes.is_empty() {
                break;
            }
        }
        if random.below(4) > 0 {
            mend_checksums(&mut bytes);
        }
        let Ok(entries) = read(&bytes) else { continue };
        accepted += 1;
        let mut names = std::collections::BTreeSet::new();
        for (entry, content) in &entries {
            assert!(entry.name.split('/').all(|part| !matches!(part, "" | "." | "..")), "{entry:?}");
            assert!(
                entry.name == entries[0].0.name || entry.name.starts_with(&format!("{}/", entries[0].0.name)),
                "{entry:?}"
            );
            assert!(names.insert(entry.name.clone()), "{entry:?}");
            assert!(content.len() <= bytes.len(), "{entry:?}");
            assert!([0o755, 0o644, 0o777].contains(&entry.mode), "{entry:?}");
            if let EntryKind::Link(target) = &entry.kind {
                let up = target.split('/').filter(|part| *part == "..").count();
                assert!(!target.starts_with('/') && up < entry.name.split('/').count() - 1, "{entry:?}");
            }
        }
    }
    assert!((MUTATIONS / 100..MUTATIONS / 2).contains(&accepted), "{accepted} of {MUTATIONS} accepted");
}
