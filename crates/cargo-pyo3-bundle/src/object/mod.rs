//! Facts about one file of native code, told by its first bytes. Reads only, judges nothing: `verify::judge` judges.

pub mod elf;
#[cfg(test)]
pub mod fixture;
pub mod macho;
pub mod pe;

use elf::Elf;
use macho::MachO;
use pe::Pe;

/// `1.2` → `(1, 2)`: the ordered parts of a version of glibc or macOS.
pub type Version = (u32, u32);

/// Limits for the names in a file, which no real file reaches. A small table can name one long string again and again.
pub const MOST_NAMES: usize = 1024;
pub const LONGEST_NAMES: usize = 128 << 10;

#[derive(Debug, Default)]
pub enum Native {
    #[default]
    None,
    Elf(Box<Elf>),
    /// The facts of each architecture.
    MachO(Vec<MachO>),
    Pe(Box<Pe>),
    Damaged(Format, String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Elf,
    MachO,
    Pe,
}

impl Native {
    /// Reads the facts of a file from its content.
    pub fn of(data: &[u8]) -> Self {
        let (format, found) = if data.starts_with(elf::MAGIC) {
            (Format::Elf, elf::parse(data).map(|elf| Native::Elf(Box::new(elf))))
        } else if macho::is_macho(data) {
            (Format::MachO, macho::parse(data).map(Native::MachO))
        } else if pe::is_pe(data) {
            (Format::Pe, pe::parse(data).map(|pe| Native::Pe(Box::new(pe))))
        } else {
            return Native::None;
        };
        found.unwrap_or_else(|error| Native::Damaged(format, format!("{error:#}")))
    }

    pub fn format(&self) -> Option<Format> {
        match self {
            Native::None => None,
            Native::Elf(_) => Some(Format::Elf),
            Native::MachO(_) => Some(Format::MachO),
            Native::Pe(_) => Some(Format::Pe),
            Native::Damaged(format, _) => Some(*format),
        }
    }
    /// The architecture, as in a target triple: `None` for one that no dist is made for, and for a universal binary.
    pub fn architecture(&self) -> Option<&'static str> {
        match self {
            Native::Elf(elf) => match object::elf::Machine(elf.machine) {
                object::elf::EM_X86_64 => Some("x86_64"),
                object::elf::EM_AARCH64 => Some("aarch64"),
                _ => None,
            },
            Native::MachO(parts) => match parts.as_slice() {
                [only] if only.cpu == object::macho::CPU_TYPE_X86_64.0 => Some("x86_64"),
                [only] if only.cpu == object::macho::CPU_TYPE_ARM64.0 => Some("aarch64"),
                _ => None,
            },
            Native::Pe(pe) => match object::pe::Machine(pe.machine) {
                object::pe::IMAGE_FILE_MACHINE_AMD64 => Some("x86_64"),
                object::pe::IMAGE_FILE_MACHINE_ARM64 => Some("aarch64"),
                _ => None,
            },
            Native::None | Native::Damaged(..) => None,
        }
    }

    /// The target triples that the file is for: several for a universal binary.
    pub fn targets(&self) -> Vec<String> {
        let Native::MachO(parts) = self else { return self.target().into_iter().collect() };
        let alone = parts.iter().map(|part| Native::MachO(vec![part.clone()]));
        alone.filter_map(|part| part.target()).collect()
    }

    /// The target triple that the file is linked for.
    pub fn target(&self) -> Option<String> {
        let (arch, format) = (self.architecture()?, self.format()?);
        let is_musl = matches!(self, Native::Elf(elf) if elf.needed.iter().any(|name| name.starts_with("libc.musl-")));
        let system = match self {
            _ if is_musl => "unknown-linux-musl",
            Native::Pe(pe) if pe.gnu => "pc-windows-gnu",
            _ => format.system(),
        };
        Some(format!("{arch}-{system}"))
    }
}

impl Format {
    /// The operating system, as the metadata names it.
    pub fn os(self) -> &'static str {
        match self {
            Format::Elf => "linux",
            Format::MachO => "macos",
            Format::Pe => "windows",
        }
    }

    /// What follows the architecture in a target triple.
    pub fn system(self) -> &'static str {
        match self {
            Format::Elf => "unknown-linux-gnu",
            Format::MachO => "apple-darwin",
            Format::Pe => "pc-windows-msvc",
        }
    }
}
