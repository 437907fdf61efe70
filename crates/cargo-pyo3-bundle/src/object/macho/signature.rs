//! The code signature of a Mach-O file, and whether it fits the file: the hashes of its pages and of its own parts. Reads
//! only. Whether anybody trusts the signer is a question to a Mac.
//! Layout: <https://github.com/apple-oss-distributions/xnu/blob/main/osfmk/kern/cs_blobs.h>

use anyhow::{Context, Result, bail, ensure};
use sha2::{Digest, Sha256, Sha384};
use std::ops::Range;

const SUPER_BLOB: u32 = 0xfade_0cc0;
const CODE_DIRECTORY: u32 = 0xfade_0c02;

/// Slots of the super blob: the first code directory, others with other hashes, and the CMS signature.
const FIRST_DIRECTORY: u32 = 0;
const OTHER_DIRECTORIES: Range<u32> = 0x1000..0x1005;
const CMS: u32 = 0x1_0000;

/// Parts beside the code directory, whose hashes it has: requirements, entitlements, entitlements as DER. Others (the
/// information of a bundle, its resources) are files of their own.
const HASHED_PARTS: [u32; 3] = [2, 5, 7];

/// The hardened runtime: <https://developer.apple.com/documentation/security/hardened_runtime>
const HARDENED: u32 = 0x1_0000;

/// Limit for the parts of a signature, which no real one reaches.
const MOST_PARTS: u32 = 64;

#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub enum Signature {
    #[default]
    Absent,
    Whole(Signer),
    /// It does not fit the file, with the reason.
    Broken(String),
}

impl Signature {
    pub fn has_certificate(&self) -> bool {
        matches!(self, Signature::Whole(signer) if !signer.ad_hoc)
    }
}

/// Who has signed, and with what restrictions.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Signer {
    /// Without a certificate.
    pub ad_hoc: bool,
    pub hardened: bool,
    pub team: Option<String>,
}

/// Compares the signature that stands in a range of a thin file with the file.
pub fn read(file: &[u8], place: Range<usize>) -> Signature {
    match check(file, place) {
        Ok(signer) => Signature::Whole(signer),
        Err(error) => Signature::Broken(format!("{error:#}")),
    }
}

fn check(file: &[u8], place: Range<usize>) -> Result<Signer> {
    let directories = directories(file, &place)?;
    let mut signer = None;
    for directory in &directories {
        directory.check_parts()?;
        directory.check_pages(file)?;
        signer.get_or_insert_with(|| directory.signer());
    }
    signer.context("it has no hashes that macOS trusts: wanted SHA-256 or SHA-384")
}

/// Puts the hashes of the changed bytes of a file into its signature. The signature has to fit otherwise, and to be one
/// without a certificate, which would sign the hashes.
pub fn renew(file: &mut [u8], place: Range<usize>, changed: &Range<usize>) -> Result<()> {
    let found = directories(file, &place)?;
    ensure!(!found.is_empty(), "its signature has no hashes that macOS trusts");
    let mut hashes = Vec::new();
    for directory in &found {
        ensure!(!directory.has_cms, "it is signed with a certificate");
        for page in changed.start / directory.page..=(changed.end - 1) / directory.page {
            let bytes = file.get(directory.bytes_of(page)).context("its signature covers less than the file")?;
            hashes.push((directory.place_of_hash(page)?, directory.hash.of_bytes(bytes)));
        }
    }
    hashes.into_iter().for_each(|(at, hash)| file[at].copy_from_slice(&hash));
    check(file, place).map(drop)
}

/// Reads the code directories whose hashes count. SHA-1 stands beside them for systems that know nothing else.
fn directories<'a>(file: &'a [u8], place: &Range<usize>) -> Result<Vec<Directory<'a>>> {
    let blob = Blob { data: file.get(place.clone()).context("it lies outside of the file")? };
    ensure!(blob.word(0)? == SUPER_BLOB, "it does not start as a signature does");
    let count = blob.word(8)?;
    ensure!(count <= MOST_PARTS, "it has {count} parts");
    let part = |index: u32| {
        let entry = 12 + 8 * index as usize;
        let (slot, offset) = (blob.word(entry)?, blob.word(entry + 4)? as usize);
        let rest = Blob { data: blob.data.get(offset..).context("a part lies outside of it")? };
        let data = rest.data.get(..rest.word(4)? as usize).context("a part lies outside of it")?;
        Ok(Part { slot, start: place.start + offset, blob: Blob { data } })
    };
    let parts: Vec<Part> = (0..count).map(part).collect::<Result<_>>()?;
    let is_directory = |part: &&Part| part.slot == FIRST_DIRECTORY || OTHER_DIRECTORIES.contains(&part.slot);
    let found = parts.iter().filter(is_directory).map(|own| Directory::of(own, &parts, place.start));
    found.filter_map(Result::transpose).collect()
}

#[derive(Clone, Copy)]
struct Blob<'a> {
    data: &'a [u8],
}

impl Blob<'_> {
    /// A number of four bytes, in the order of the network.
    fn word(&self, at: usize) -> Result<u32> {
        let bytes = at.checked_add(4).and_then(|end| self.data.get(at..end)).context("it is cut")?;
        Ok(u32::from_be_bytes(bytes.try_into().expect("they are four")))
    }

    fn byte(&self, at: usize) -> Result<u8> {
        self.data.get(at).copied().context("it is cut")
    }
}

struct Part<'a> {
    slot: u32,
    /// Where it starts in the file.
    start: usize,
    blob: Blob<'a>,
}

/// A code directory: the hashes of a file's pages, and of the other parts of the signature.
struct Directory<'a> {
    blob: Blob<'a>,
    start: usize,
    hash: Hash,
    hashes: usize,
    special: u32,
    pages: usize,
    page: usize,
    limit: usize,
    flags: u32,
    has_cms: bool,
    /// The parts of the signature that it has to know, by their slots.
    others: Vec<(u32, &'a [u8])>,
}

impl<'a> Directory<'a> {
    /// `None` for one whose hashes do not count.
    fn of(own: &Part<'a>, parts: &[Part<'a>], end_of_code: usize) -> Result<Option<Self>> {
        let blob = own.blob;
        ensure!(blob.word(0)? == CODE_DIRECTORY, "a code directory does not start as one does");
        let (size, kind, page) = (blob.byte(36)?, blob.byte(37)?, blob.byte(39)?);
        let Some(hash) = Hash::of(kind) else { return Ok(None) };
        ensure!(usize::from(size) == hash.size(), "its hashes have {size} bytes");
        ensure!(page < 32, "its pages are too large");
        let limit = blob.word(32)? as usize;
        let directory = Directory {
            start: own.start,
            hash,
            hashes: blob.word(16)? as usize,
            special: blob.word(24)?,
            pages: blob.word(28)? as usize,
            page: if page == 0 { limit.max(1) } else { 1 << page },
            limit,
            flags: blob.word(12)?,
            has_cms: parts.iter().any(|part| part.slot == CMS && part.blob.data.len() > 8),
            others: parts.iter().map(|part| (part.slot, part.blob.data)).collect(),
            blob,
        };
        ensure!(limit == end_of_code, "it covers {limit} bytes of the {end_of_code} before it");
        let wanted = limit.div_ceil(directory.page);
        ensure!(directory.pages == wanted, "it has hashes of {} pages, the file has {wanted}", directory.pages);
        Ok(Some(directory))
    }

    fn check_parts(&self) -> Result<()> {
        let known = self.others.iter().filter(|(slot, _)| HASHED_PARTS.contains(slot));
        for (slot, data) in known {
            let back = *slot as usize * self.hash.size();
            let hash = (*slot <= self.special).then(|| self.hashes.checked_sub(back)).flatten();
            let hash = hash.and_then(|at| self.blob.data.get(at..at + self.hash.size()));
            ensure!(hash == Some(self.hash.of_bytes(data).as_slice()), "its part {slot} has another hash");
        }
        Ok(())
    }

    fn check_pages(&self, file: &[u8]) -> Result<()> {
        for page in 0..self.pages {
            let place = self.place_of_hash(page)?;
            let Some(bytes) = file.get(self.bytes_of(page)) else { bail!("page {page} lies outside of the file") };
            if file[place] != *self.hash.of_bytes(bytes) {
                let bytes = self.bytes_of(page);
                bail!("page {page} (bytes {} to {}) has another hash", bytes.start, bytes.end - 1);
            }
        }
        Ok(())
    }

    /// The bytes of a page in the file.
    fn bytes_of(&self, page: usize) -> Range<usize> {
        page * self.page..((page + 1) * self.page).min(self.limit)
    }

    /// The place of a page's hash in the file.
    fn place_of_hash(&self, page: usize) -> Result<Range<usize>> {
        let size = self.hash.size();
        let start = self.hashes + page * size;
        ensure!(start + size <= self.blob.data.len(), "it is cut");
        Ok(self.start + start..self.start + start + size)
    }

    fn signer(&self) -> Signer {
        Signer { ad_hoc: !self.has_cms, hardened: self.flags & HARDENED != 0, team: self.team() }
    }

    /// The identity of the signer's team, in directories of version 2.2 and later.
    fn team(&self) -> Option<String> {
        let at = self.blob.word(48).ok().filter(|_| self.blob.word(8).is_ok_and(|version| version >= 0x2_0200))?;
        let text = self.blob.data.get(at as usize..).filter(|_| at != 0)?;
        Some(crate::shown::name(text.split(|byte| *byte == 0).next()?))
    }
}

#[derive(Clone, Copy)]
enum Hash {
    Sha256,
    /// The first 20 bytes.
    CutSha256,
    Sha384,
}

impl Hash {
    fn of(kind: u8) -> Option<Self> {
        match kind {
            2 => Some(Hash::Sha256),
            3 => Some(Hash::CutSha256),
            4 => Some(Hash::Sha384),
            _ => None,
        }
    }

    fn size(self) -> usize {
        match self {
            Hash::Sha256 => 32,
            Hash::CutSha256 => 20,
            Hash::Sha384 => 48,
        }
    }

    fn of_bytes(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Hash::Sha256 => Sha256::digest(bytes).to_vec(),
            Hash::CutSha256 => Sha256::digest(bytes)[..20].to_vec(),
            Hash::Sha384 => Sha384::digest(bytes).to_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: &[u8] = &[7; 5000];

    /// A signature of the code with other parts, whose hashes stand before those of the pages.
    struct Made {
        kind: u8,
        limit: usize,
        parts: Vec<(u32, Vec<u8>)>,
        team: &'static str,
    }

    impl Default for Made {
        fn default() -> Self {
            Made { kind: 2, limit: CODE.len(), parts: Vec::new(), team: "TEAM" }
        }
    }

    impl Made {
        fn bytes(&self) -> Vec<u8> {
            let big = |numbers: &[usize]| numbers.iter().flat_map(|it| (*it as u32).to_be_bytes()).collect::<Vec<u8>>();
            let pages: Vec<_> = CODE[..self.limit].chunks(4096).map(Sha256::digest).collect();
            let special = 7;
            let hashes = 52 + self.team.len() + 1 + 32 * special;
            let size = hashes + 32 * pages.len();
            let mut own = big(&[0xfade_0c02, size, 0x2_0200, 0x1_0000, hashes, 0, special, pages.len(), self.limit]);
            own.extend([32, self.kind, 0, 12]);
            own.extend(big(&[0, 0, if self.team.is_empty() { 0 } else { 52 }]));
            own.extend(self.team.bytes().chain([0]));
            for slot in (1..=special).rev() {
                let part = self.parts.iter().find(|(own, _)| *own == slot as u32);
                own.extend(part.map_or([0; 32].to_vec(), |(_, data)| Sha256::digest(data).to_vec()));
            }
            pages.iter().for_each(|page| own.extend(&page[..]));
            let all: Vec<(u32, Vec<u8>)> = [(0, own)].into_iter().chain(self.parts.clone()).collect();
            let mut at = 12 + 8 * all.len();
            let mut data = big(&[0xfade_0cc0, at + all.iter().map(|(_, part)| part.len()).sum::<usize>(), all.len()]);
            for (slot, part) in &all {
                data.extend(big(&[*slot as usize, at]));
                at += part.len();
            }
            all.into_iter().for_each(|(_, part)| data.extend(part));
            data
        }
    }

    /// A part with its head: eight bytes.
    fn part(text: &str) -> Vec<u8> {
        let size = 8 + text.len() as u32;
        [&0xfade_7171_u32.to_be_bytes()[..], &size.to_be_bytes(), text.as_bytes()].concat()
    }

    fn found(made: &Made, change: impl FnOnce(&mut Vec<u8>)) -> Result<Signer, String> {
        let mut file = [CODE, &made.bytes()].concat();
        change(&mut file);
        let place = CODE.len()..file.len();
        match read(&file, place) {
            Signature::Whole(signer) => Ok(signer),
            Signature::Broken(why) => Err(why),
            Signature::Absent => panic!("it was given"),
        }
    }

    #[test]
    fn who_has_signed_is_read_and_each_page_and_part_is_compared() {
        let with = |slot, text| Made { parts: vec![(slot, part(text))], ..Made::default() };
        let signer = found(&Made::default(), |_| ()).unwrap();
        assert_eq!(signer, Signer { ad_hoc: true, hardened: true, team: Some("TEAM".into()) });
        assert_eq!(found(&Made { team: "", ..Made::default() }, |_| ()).unwrap().team, None);
        assert!(!found(&with(CMS, "certificate"), |_| ()).unwrap().ad_hoc);
        assert!(found(&with(CMS, ""), |_| ()).unwrap().ad_hoc, "apple-codesign leaves an empty part");
        assert!(
            found(&Made::default(), |file| file[4999] ^= 1).unwrap_err().starts_with("page 1 (bytes 4096 to 4999)")
        );
        for slot in HASHED_PARTS {
            assert!(found(&with(slot, "entitlements"), |_| ()).is_ok());
            let changed = found(&with(slot, "entitlements"), |file| *file.last_mut().unwrap() ^= 1).unwrap_err();
            assert_eq!(changed, format!("its part {slot} has another hash"));
        }
    }

    #[test]
    fn what_covers_less_or_has_old_hashes_does_not_count() {
        let less = found(&Made { limit: 4096, ..Made::default() }, |_| ()).unwrap_err();
        assert_eq!(less, "it covers 4096 bytes of the 5000 before it");
        let old = found(&Made { kind: 1, ..Made::default() }, |_| ()).unwrap_err();
        assert!(old.contains("no hashes that macOS trusts"), "{old}");
        let other = found(&Made { kind: 4, ..Made::default() }, |_| ()).unwrap_err();
        assert_eq!(other, "its hashes have 32 bytes");
    }

    #[test]
    fn a_strangers_signature_gives_an_answer() {
        let start = CODE.len();
        for (at, value, wanted) in [
            (start, 0, "does not start as a signature"),
            (start + 8, 65, "it has 65 parts"),
            (start + 16, u32::MAX, "a part lies outside"),
            (start + 20 + 4, u32::MAX, "a part lies outside"),
            (start + 20 + 16, u32::MAX - 8, "it is cut"),
            (start + 20 + 28, u32::MAX, "it has hashes of 4294967295 pages"),
        ] {
            let why =
                found(&Made::default(), |file| file[at..at + 4].copy_from_slice(&value.to_be_bytes())).unwrap_err();
            assert!(why.contains(wanted), "{at}: {why}");
        }
        for length in 0..Made::default().bytes().len() {
            assert!(found(&Made::default(), |file| file.truncate(CODE.len() + length)).is_err(), "{length}");
        }
        assert_eq!(read(CODE, 10..usize::MAX), Signature::Broken("it lies outside of the file".into()));
        #[expect(clippy::reversed_empty_ranges, reason = "a load command may say so")]
        let backwards = 20..10;
        assert!(matches!(read(CODE, backwards), Signature::Broken(_)));
    }

    #[test]
    fn a_certificates_signature_is_not_renewed() {
        let made = Made { parts: vec![(CMS, part("certificate"))], ..Made::default() };
        let mut file = [CODE, &made.bytes()].concat();
        let place = CODE.len()..file.len();
        let why = renew(&mut file, place, &(0..1)).unwrap_err().to_string();
        assert_eq!(why, "it is signed with a certificate");
    }
}
