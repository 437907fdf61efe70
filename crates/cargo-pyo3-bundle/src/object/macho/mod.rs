//! Facts about one Mach-O file, thin or fat, by its load commands. Reads only, judges nothing.

pub mod signature;

use super::{LONGEST_NAMES, MOST_NAMES, Version};
use crate::problem::{About, Problem};
use crate::shown::{shown, word};
use anyhow::{Context, Result, ensure};
use object::macho::{self, FatArch32, FatArch64, LinkeditDataCommand, MachHeader32, MachHeader64};
use object::read::macho::{FatArch, LoadCommandVariant, MachHeader, MachOFatFile, Segment};
use object::{BigEndian, Endianness, U32};
use signature::Signature;
use std::ops::Range;
use std::path::Path;

/// A Java class starts with the same four bytes as a fat file; what follows is its version, of 45 or more.
/// <https://github.com/file/file/blob/master/magic/Magdir/cafebabe>
const MOST_ARCHITECTURES: u32 = 44;
/// Limit for a name, which no real file reaches.
const LONGEST_NAME: usize = 4096;

#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct MachO {
    pub cpu: u32,
    pub kind: FileType,
    pub install_name: Option<String>,
    pub needed: Vec<String>,
    pub rpaths: Vec<String>,
    /// The loader that a program asks for.
    pub loader: Option<String>,
    /// Variables for the loader, as in `DYLD_LIBRARY_PATH=…`.
    pub environment: Vec<String>,
    /// The oldest macOS that it runs on.
    pub minos: Option<Version>,
    pub pie: bool,
    pub executable_stack: bool,
    pub signature: Signature,
}

impl MachO {
    /// Whether the system runs the code only with a signature.
    pub fn needs_signature(&self) -> bool {
        self.cpu == macho::CPU_TYPE_ARM64.0
    }

    /// The architecture, as Apple's tools and `file` name it.
    pub fn architecture(&self) -> String {
        match self.cpu {
            cpu if cpu == macho::CPU_TYPE_ARM64.0 => "arm64".to_owned(),
            cpu if cpu == macho::CPU_TYPE_X86_64.0 => "x86_64".to_owned(),
            cpu => format!("cpu {cpu:#x}"),
        }
    }
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum FileType {
    #[default]
    Library,
    Program,
    /// A file that no loader takes: an object file, debug symbols.
    Other,
}

pub fn is_macho(data: &[u8]) -> bool {
    let Some(start) = data.get(..4) else { return false };
    match u32::from_be_bytes([start[0], start[1], start[2], start[3]]) {
        macho::MH_MAGIC | macho::MH_CIGAM | macho::MH_MAGIC_64 | macho::MH_CIGAM_64 => true,
        macho::FAT_MAGIC | macho::FAT_MAGIC_64 => {
            let count = data.get(4..8).map_or(0, |count| u32::from_be_bytes([count[0], count[1], count[2], count[3]]));
            count <= MOST_ARCHITECTURES
        }
        _ => false,
    }
}

/// Reads the facts of a file; `None` if it is not Mach-O. An error names the file.
pub fn read(path: &Path) -> Result<Option<Vec<MachO>>> {
    let data = std::fs::read(path).about("cannot read", path)?;
    if !is_macho(&data) {
        return Ok(None);
    }
    Ok(Some(parse(&data).map_err(|error| damaged(path, &error))?))
}

pub fn damaged(path: &Path, error: &anyhow::Error) -> Problem {
    let what = format!("`{}` is a damaged Mach-O file", shown(path));
    Problem::new(what, format!("{error:#}"), format!("file {}", word(path)))
}

/// Reads the facts of each architecture.
pub fn parse(data: &[u8]) -> Result<Vec<MachO>> {
    let magic: &U32<BigEndian> = object::pod::from_bytes(data).map_err(|()| anyhow::anyhow!("it is cut"))?.0;
    match magic.get(BigEndian) {
        macho::FAT_MAGIC => fat::<FatArch32>(data),
        macho::FAT_MAGIC_64 => fat::<FatArch64>(data),
        _ => Ok(vec![thin(data, &mut 0)?]),
    }
}

/// Reads a fat file. Its parts may overlap, so the limit for the names is for all parts together.
fn fat<Arch: FatArch>(data: &[u8]) -> Result<Vec<MachO>> {
    let mut length = 0;
    let parts = MachOFatFile::<Arch>::parse(data)?;
    let part = |arch: &Arch| {
        let found = arch.data(data).map_err(anyhow::Error::from).and_then(|data| thin(data, &mut length));
        let part = MachO { cpu: arch.cputype().0, ..MachO::default() };
        let found = found.with_context(|| format!("its part for {}", part.architecture()))?;
        ensure!(found.cpu == part.cpu, "its part for {} is for {}", part.architecture(), found.architecture());
        Ok(found)
    };
    parts.arches().iter().map(part).collect()
}

/// The places of a file's architectures in it: one, or those of a fat file.
pub fn places(data: &[u8]) -> Result<Vec<Range<usize>>> {
    fn of_fat<Arch: FatArch>(data: &[u8]) -> Result<Vec<Range<usize>>> {
        let place = |arch: &Arch| {
            let (start, size) = arch.file_range();
            let place = usize::try_from(start)?..usize::try_from(start.saturating_add(size))?;
            ensure!(place.end <= data.len(), "a part lies outside of the file");
            Ok(place)
        };
        MachOFatFile::<Arch>::parse(data)?.arches().iter().map(place).collect()
    }
    match data.get(..4) {
        Some([0xca, 0xfe, 0xba, 0xbe]) => of_fat::<FatArch32>(data),
        Some([0xca, 0xfe, 0xba, 0xbf]) => of_fat::<FatArch64>(data),
        _ => Ok(std::iter::once(0..data.len()).collect()),
    }
}

/// A load command that has a place in the file: where the name stands with all its room, where the signature is.
pub enum Command {
    InstallName(Range<usize>),
    Signature(Range<usize>),
}

/// The commands with a place of a thin file. Every system that a dist is made for has 64 bits.
pub fn commands(data: &[u8]) -> Result<Vec<Command>> {
    let header = MachHeader64::<Endianness>::parse(data, 0)?;
    let endian = header.endian()?;
    let start = size_of::<MachHeader64<Endianness>>();
    let mut found = Vec::new();
    let mut at = start;
    let mut commands = header.load_commands(endian, data, 0)?;
    while let Some(command) = commands.next()? {
        let end = at + command.cmdsize() as usize;
        match command.variant()? {
            LoadCommandVariant::IdDylib(library) => {
                let name = at + library.dylib.name.offset.get(endian) as usize;
                ensure!(name <= end, "a name lies outside of its command");
                found.push(Command::InstallName(name..end));
            }
            LoadCommandVariant::LinkeditData(place) if command.cmd() == macho::LC_CODE_SIGNATURE => {
                found.push(Command::Signature(place_of(place, endian)));
            }
            _ => {}
        }
        at = end;
    }
    Ok(found)
}

fn place_of(place: &LinkeditDataCommand<Endianness>, endian: Endianness) -> Range<usize> {
    let (start, size) = (place.dataoff.get(endian) as usize, place.datasize.get(endian) as usize);
    start..start.saturating_add(size)
}

fn thin(data: &[u8], length: &mut usize) -> Result<MachO> {
    match data.get(..4) {
        Some([0xfe, 0xed, 0xfa, 0xcf] | [0xcf, 0xfa, 0xed, 0xfe]) => facts::<MachHeader64<Endianness>>(data, length),
        _ => facts::<MachHeader32<Endianness>>(data, length),
    }
}

fn facts<Header: MachHeader<Endian = Endianness>>(data: &[u8], length: &mut usize) -> Result<MachO> {
    let header = Header::parse(data, 0)?;
    let endian = header.endian()?;
    let flags = header.flags(endian);
    let mut found = MachO {
        cpu: header.cputype(endian).0,
        kind: match header.filetype(endian) {
            macho::MH_EXECUTE => FileType::Program,
            macho::MH_DYLIB | macho::MH_BUNDLE => FileType::Library,
            _ => FileType::Other,
        },
        pie: flags.contains(macho::MH_PIE),
        executable_stack: flags.contains(macho::MH_ALLOW_STACK_EXECUTION),
        ..MachO::default()
    };
    let mut commands = header.load_commands(endian, data, 0)?;
    while let Some(command) = commands.next()? {
        let mut text = |at| {
            let text = command.string(endian, at)?;
            ensure!(text.len() <= LONGEST_NAME, "a name has {} bytes", text.len());
            let text = crate::shown::name(text);
            *length += text.len();
            ensure!(*length <= LONGEST_NAMES, "its names have more than {LONGEST_NAMES} bytes");
            Ok::<_, anyhow::Error>(text)
        };
        let names = found.needed.len() + found.rpaths.len() + found.environment.len();
        ensure!(names < MOST_NAMES, "it names more than {MOST_NAMES} places");
        match command.variant()? {
            LoadCommandVariant::Dylib(library) => found.needed.push(text(library.dylib.name)?),
            LoadCommandVariant::IdDylib(library) => found.install_name = Some(text(library.dylib.name)?),
            LoadCommandVariant::Rpath(rpath) => found.rpaths.push(text(rpath.path)?),
            LoadCommandVariant::VersionMin(oldest) if command.cmd() == macho::LC_VERSION_MIN_MACOSX => {
                found.minos = Some(version(oldest.version.get(endian).0));
            }
            LoadCommandVariant::BuildVersion(build, _) if build.platform.get(endian) == macho::PLATFORM_MACOS => {
                found.minos = Some(version(build.minos.get(endian).0));
            }
            LoadCommandVariant::LoadDylinker(loader) => found.loader = Some(text(loader.name)?),
            LoadCommandVariant::DyldEnvironment(variable) => found.environment.push(text(variable.name)?),
            LoadCommandVariant::LinkeditData(place) if command.cmd() == macho::LC_CODE_SIGNATURE => {
                found.signature = signature::read(data, place_of(place, endian));
            }
            LoadCommandVariant::Segment32(segment, _) => whole(segment.file_range(endian), data)?,
            LoadCommandVariant::Segment64(segment, _) => whole(segment.file_range(endian), data)?,
            _ => {}
        }
    }
    Ok(found)
}

fn whole((offset, size): (u64, u64), data: &[u8]) -> Result<()> {
    let inside = offset.checked_add(size).is_some_and(|end| end <= data.len() as u64);
    ensure!(inside, "a segment lies outside of the file");
    Ok(())
}

/// `X.Y.Z` is encoded as xxxx.yy.zz.
fn version(packed: u32) -> Version {
    (packed >> 16, packed >> 8 & 0xff)
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    #[test]
    fn what_the_load_commands_say_is_read() {
        let data = fixture::MachO {
            rpaths: &["@executable_path/../python/runtime/lib"],
            needed: &["@rpath/libpython3.13.dylib", "/usr/lib/libSystem.B.dylib"],
            ..fixture::MachO::default()
        }
        .bytes();
        let wanted = MachO {
            cpu: macho::CPU_TYPE_ARM64.0,
            kind: FileType::Program,
            install_name: None,
            needed: vec!["@rpath/libpython3.13.dylib".into(), "/usr/lib/libSystem.B.dylib".into()],
            rpaths: vec!["@executable_path/../python/runtime/lib".into()],
            loader: None,
            environment: vec![],
            minos: Some((11, 0)),
            pie: true,
            executable_stack: false,
            signature: Signature::Whole(signature::Signer { ad_hoc: true, ..signature::Signer::default() }),
        };
        assert!(is_macho(&data));
        assert_eq!(parse(&data).unwrap(), std::slice::from_ref(&wanted));
        let fat = fixture::fat(&[&data, &data]);
        assert!(is_macho(&fat));
        assert_eq!(parse(&fat).unwrap(), [wanted.clone(), wanted]);
        for length in [8, 20, 40, 100] {
            assert!(parse(&data[..length]).is_err(), "{length}");
        }
    }

    #[test]
    fn names_are_neither_endless_nor_without_number() {
        let of_length = |length| {
            let name = "n".repeat(length);
            parse(&fixture::MachO { rpaths: &[&name], ..fixture::MachO::default() }.bytes())
        };
        assert_eq!(of_length(4096).unwrap()[0].rpaths[0].len(), 4096);
        assert!(of_length(4097).unwrap_err().to_string().contains("a name has 4097 bytes"));
        let of_number = |number| {
            let names = vec!["@rpath/x"; number];
            parse(&fixture::MachO { needed: &names, rpaths: &names, ..fixture::MachO::default() }.bytes())
        };
        assert_eq!(of_number(500).unwrap()[0].needed.len(), 500);
        assert!(of_number(2500).unwrap_err().to_string().contains("more than"));
    }

    #[test]
    fn a_segment_lies_inside_of_the_file() {
        let with_segment = |offset: u64, size: u64| {
            let mut data = fixture::MachO { signed: false, ..fixture::MachO::default() }.bytes();
            let [number, length] = [16, 20].map(|at| u32::from_le_bytes(data[at..at + 4].try_into().unwrap()));
            data[16..20].copy_from_slice(&(number + 1).to_le_bytes());
            data[20..24].copy_from_slice(&(length + 72).to_le_bytes());
            // LC_SEGMENT_64: its size, its name and its place in memory; then its place in the file; then what it may do.
            data.extend([0x19_u32, 72, 0, 0, 0, 0, 0, 0, 0, 0].iter().flat_map(|word| word.to_le_bytes()));
            data.extend([offset, size, 0, 0].iter().flat_map(|word| word.to_le_bytes()));
            parse(&data).map(|parts| (parts.len(), data.len() as u64))
        };
        let (parts, length) = with_segment(0, 0).unwrap();
        assert_eq!(parts, 1);
        assert!(with_segment(0, length).is_ok() && with_segment(length, 0).is_ok());
        for (offset, size) in [(0, length + 1), (1, length), (length + 1, 0), (u64::MAX, 2)] {
            let error = with_segment(offset, size).unwrap_err().to_string();
            assert!(error.contains("a segment lies outside"), "{offset} {size}: {error}");
        }
    }

    #[test]
    fn a_wrong_half_of_a_fat_file_is_told_by_its_architecture() {
        let half = fixture::MachO::default().bytes();
        let fat = |change: &dyn Fn(&mut Vec<u8>)| {
            let mut data = fixture::fat(&[&half, &half]);
            change(&mut data);
            parse(&data).map_err(|error| format!("{error:#}"))
        };
        let second = fat(&|data| data[8 + 20..8 + 24].copy_from_slice(&macho::CPU_TYPE_X86_64.0.to_be_bytes()));
        assert_eq!(second.unwrap_err(), "its part for x86_64 is for arm64");
        let cut = fat(&|data| data.truncate(8192 + 40)).unwrap_err();
        assert!(cut.starts_with("its part for arm64: "), "{cut}");
        let changed = fat(&|data| data[8192 + 40] ^= 1).unwrap();
        let [whole, Signature::Broken(why)] = [&changed[0].signature, &changed[1].signature] else {
            panic!("{changed:?}")
        };
        assert!(matches!(whole, Signature::Whole(_)) && why.contains("page 0 (bytes 0 to "), "{why}");
    }

    #[test]
    fn a_java_class_is_no_fat_file() {
        assert!(!is_macho(b"\xca\xfe\xba\xbe\0\0\0\x34"));
        assert!(!is_macho(b"\xca") && !is_macho(b"text"));
    }
}
