//! What stands at the end of a one-file program, for the packager that writes it and the stub that reads it. In front of
//! it is the archive of the dist, and in front of that the stub. std-only.

/// The number of bytes of a [`Trailer`].
pub const SIZE: usize = 512;

/// The user's variable for the folder that one-file programs are unpacked to.
pub const CACHE_VARIABLE: &str = "PYO3_BUNDLE_CACHE";

/// The user's variable that has a start remove what other versions of the program have unpacked.
pub const CLEAN_VARIABLE: &str = "PYO3_BUNDLE_CACHE_CLEAN";

const MAGIC: &[u8; 16] = b"pyo3-bundle/one\n";
const SUM: usize = 64;

/// The parts of the bytes: magic, length, check, sha256, names.
const LENGTH_AT: usize = MAGIC.len();
const CHECK_AT: usize = LENGTH_AT + 8;
const SUM_AT: usize = CHECK_AT + 8;
const NAMES_AT: usize = SUM_AT + SUM;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trailer {
    /// The name of its folder in a cache.
    pub application: String,
    /// The file to start, as the archive names it.
    pub program: String,
    /// The length of the archive.
    pub length: u64,
    /// The sha256 of the archive, in hexadecimal digits.
    pub sha256: String,
}

impl Trailer {
    /// Fails if the names do not fit. The error says why.
    pub fn encode(&self) -> Result<[u8; SIZE], String> {
        let names = format!("{}\n{}\n", self.application, self.program);
        let most = SIZE - NAMES_AT;
        if names.len() > most || self.sha256.len() != SUM {
            return Err(format!("wanted names of {most} bytes at most, found {}", names.len()));
        }
        let mut bytes = [0; SIZE];
        bytes[..LENGTH_AT].copy_from_slice(MAGIC);
        bytes[LENGTH_AT..CHECK_AT].copy_from_slice(&self.length.to_le_bytes());
        bytes[SUM_AT..NAMES_AT].copy_from_slice(self.sha256.as_bytes());
        bytes[NAMES_AT..NAMES_AT + names.len()].copy_from_slice(names.as_bytes());
        let check = check(&bytes);
        bytes[CHECK_AT..SUM_AT].copy_from_slice(&check);
        Ok(bytes)
    }

    /// Returns nothing for bytes that are not a whole trailer.
    pub fn decode(bytes: &[u8; SIZE]) -> Option<Self> {
        if !bytes.starts_with(MAGIC) || bytes[CHECK_AT..SUM_AT] != check(bytes) {
            return None;
        }
        let sha256 = str::from_utf8(&bytes[SUM_AT..NAMES_AT]).ok()?;
        let mut names = str::from_utf8(&bytes[NAMES_AT..]).ok()?.split('\n');
        Some(Trailer {
            application: names.next()?.to_owned(),
            program: names.next()?.to_owned(),
            length: u64::from_le_bytes(bytes[LENGTH_AT..CHECK_AT].try_into().ok()?),
            sha256: sha256.to_owned(),
        })
    }
}

/// The check of a trailer, FNV-1a over all other bytes of it: it finds damage, and every start computes it.
fn check(bytes: &[u8; SIZE]) -> [u8; 8] {
    let others = bytes[..CHECK_AT].iter().chain(&bytes[SUM_AT..]);
    let hash =
        others.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    hash.to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trailer() -> Trailer {
        let program = "app-1.2.3-x86_64-unknown-linux-gnu/bin/app-bin".into();
        Trailer { application: "app".into(), program, length: 70_000_000_000, sha256: "ab".repeat(32) }
    }

    #[test]
    fn what_is_written_is_read_back() {
        assert_eq!(Trailer::decode(&trailer().encode().unwrap()), Some(trailer()));
    }

    #[test]
    fn a_changed_bit_anywhere_is_found() {
        let whole = trailer().encode().unwrap();
        for at in 0..SIZE {
            let mut bytes = whole;
            bytes[at] ^= 1;
            assert_eq!(Trailer::decode(&bytes), None, "{at}");
        }
        assert_eq!(Trailer::decode(&[0; SIZE]), None);
    }

    #[test]
    fn names_that_do_not_fit_are_refused() {
        let most = SIZE - NAMES_AT - 2;
        let named = |length| Trailer { application: "a".into(), program: "p".repeat(length), ..trailer() };
        assert_eq!(Trailer::decode(&named(most - 1).encode().unwrap()), Some(named(most - 1)));
        let why = named(most).encode().unwrap_err();
        assert!(why.contains("wanted names of 416 bytes at most, found 417"), "{why}");
    }
}
