//! The records of a zip file, as bytes: PKWARE's APPNOTE 6.3, chapter 4.3
//! (<https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT>). A record that is read has to be the one that would be
//! written, so no field of it can say anything else.

use anyhow::{Result, ensure};

/// How a zip with an entry begins.
pub const MAGIC: [u8; 4] = *b"PK\x03\x04";

pub const LOCAL: usize = 30;
pub const CENTRAL: usize = 46;
pub const END: usize = 22;

/// Version 2.0: folders and deflate. Made by Unix, so that unpackers there set the modes.
const VERSION: u16 = 20;
const MADE_BY: u16 = 3 << 8 | VERSION;
/// The name is UTF-8 (bit 11).
const FLAGS: u16 = 1 << 11;
const STORED: u16 = 0;
const DEFLATED: u16 = 8;
/// What DOS calls a folder.
const DOS_FOLDER: u32 = 0x10;

const FOLDER_TYPE: u32 = 0o040_000;
const FILE_TYPE: u32 = 0o100_000;

/// An entry as its records have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// With a slash at its end for a folder.
    pub name: String,
    pub mode: u32,
    /// Seconds since 1970, one that [`time`] returns.
    pub time: u64,
    pub sum: u32,
    /// The number of bytes as they stand in the file, and as they are unpacked.
    pub packed: u32,
    pub size: u32,
}

impl Header {
    pub fn is_folder(&self) -> bool {
        self.name.ends_with('/')
    }

    fn common(&self) -> Vec<u8> {
        let (day, clock) = dos(self.time);
        let method = if self.size == 0 { STORED } else { DEFLATED };
        let mut out: Vec<u8> = [VERSION, FLAGS, method, clock, day].iter().flat_map(|it| it.to_le_bytes()).collect();
        out.extend([self.sum, self.packed, self.size].iter().flat_map(|it| it.to_le_bytes()));
        out.extend((self.name.len() as u16).to_le_bytes());
        out.extend([0; 2]); // no extra field
        out
    }

    /// The record before the content.
    pub fn local(&self) -> Vec<u8> {
        [&MAGIC[..], &self.common(), self.name.as_bytes()].concat()
    }

    /// The record in the directory at the end of the file. The content's record is at `offset`.
    pub fn central(&self, offset: u32) -> Vec<u8> {
        let (kind, dos) = if self.is_folder() { (FOLDER_TYPE, DOS_FOLDER) } else { (FILE_TYPE, 0) };
        let mut out = b"PK\x01\x02".to_vec();
        out.extend(MADE_BY.to_le_bytes());
        out.extend(self.common());
        out.extend([0; 6]); // no comment, the first disk, no text
        out.extend(((kind | self.mode) << 16 | dos).to_le_bytes());
        out.extend(offset.to_le_bytes());
        out.extend(self.name.as_bytes());
        out
    }

    /// Reads the next record of a directory. Returns it with the place of its content's record, and the rest.
    pub fn parse(data: &[u8]) -> Result<(Header, u32, &[u8])> {
        ensure!(data.len() >= CENTRAL, "the directory of the archive is cut off");
        let half = |at: usize| u16::from_le_bytes([data[at], data[at + 1]]);
        let word = |at: usize| u32::from(half(at)) | u32::from(half(at + 2)) << 16;
        let length = usize::from(half(28));
        let (record, rest) = data.split_at_checked(CENTRAL + length).unwrap_or((data, &[]));
        ensure!(record.len() == CENTRAL + length, "the directory of the archive is cut off");
        let name = std::str::from_utf8(&record[CENTRAL..]);
        let name = name.map_err(|_| anyhow::anyhow!("`{}` is not UTF-8", record[CENTRAL..].escape_ascii()))?;
        let header = Header {
            name: name.to_owned(),
            mode: word(38) >> 16 & 0o7777,
            time: of_dos(half(14), half(12)),
            sum: word(16),
            packed: word(20),
            size: word(24),
        };
        let offset = word(42);
        ensure!(header.central(offset) == record, "`{}` has a record that no dist has", name.escape_debug());
        Ok((header, offset, rest))
    }
}

/// The record at the end of the file: the number of entries, the size and the place of their directory.
pub fn end(count: u16, size: u32, offset: u32) -> Vec<u8> {
    let mut out = b"PK\x05\x06\0\0\0\0".to_vec();
    out.extend([count, count].iter().flat_map(|it| it.to_le_bytes()));
    out.extend([size, offset].iter().flat_map(|it| it.to_le_bytes()));
    out.extend([0; 2]); // no comment
    out
}

/// The first second that a zip can name, and the last: two bytes have the days from 1980 to 2107.
const FIRST: u64 = 315_532_800;
const LAST: u64 = 4_354_819_198;

/// Rounds a time to one that a zip can have: it counts in steps of two seconds.
pub fn time(seconds: u64) -> u64 {
    seconds.clamp(FIRST, LAST) & !1
}

fn dos(seconds: u64) -> (u16, u16) {
    let at = jiff::Timestamp::from_second(seconds as i64).unwrap_or_default().to_zoned(jiff::tz::TimeZone::UTC);
    let day = (at.year() as u16 - 1980) << 9 | (at.month() as u16) << 5 | at.day() as u16;
    (day, (at.hour() as u16) << 11 | (at.minute() as u16) << 5 | (at.second() as u16 / 2))
}

/// A date that is none becomes another one, so its record is not what would be written.
fn of_dos(day: u16, clock: u16) -> u64 {
    let part = |of: u16, shift: u16, bits: u16| (of >> shift & ((1 << bits) - 1)) as i8;
    let date = jiff::civil::Date::new(1980 + (day >> 9) as i16, part(day, 5, 4), part(day, 0, 5));
    let at = jiff::civil::Time::new(part(clock, 11, 5), part(clock, 5, 6), part(clock, 0, 5).saturating_mul(2), 0);
    let (Ok(date), Ok(at)) = (date, at) else { return FIRST };
    let zoned = date.to_datetime(at).to_zoned(jiff::tz::TimeZone::UTC);
    zoned.map_or(FIRST, |zoned| zoned.timestamp().as_second() as u64)
}
