//! What verification can say of a dist: an id, where, and what was found. What each means and its remedy: docs/policy.md.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! ids {
    ($($id:ident = $text:literal,)*) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Id {
            $(#[serde(rename = $text)] $id,)*
        }

        impl Id {
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Id::$id => $text,)*
                }
            }

            #[cfg(test)]
            pub const ALL: &[Id] = &[$(Id::$id,)*];
        }
    };
}

ids! {
    AbsoluteInstallName = "absolute-install-name",
    AbsoluteLink = "absolute-link",
    AbsoluteRpath = "absolute-rpath",
    BadMetadata = "bad-metadata",
    BuildPath = "build-path",
    DamagedElf = "damaged-elf",
    DamagedMacho = "damaged-macho",
    DamagedPe = "damaged-pe",
    DanglingLink = "dangling-link",
    DuplicateSoname = "duplicate-soname",
    EscapingLink = "escaping-link",
    ExecutableStack = "executable-stack",
    ForeignNeeded = "foreign-needed",
    ForeignRpath = "foreign-rpath",
    GlibcFloor = "glibc-floor",
    LinkLoop = "link-loop",
    MacosFloor = "macos-floor",
    MetadataDisagrees = "metadata-disagrees",
    MissingFile = "missing-file",
    NoBindNow = "no-bind-now",
    NoPie = "no-pie",
    NoRelro = "no-relro",
    NoRpath = "no-rpath",
    NonUtf8Name = "non-utf8-name",
    RunpathNotRpath = "runpath-not-rpath",
    Textrel = "textrel",
    TooManyFiles = "too-many-files",
    Unreadable = "unreadable",
    UnreadableFile = "unreadable-file",
    UnresolvedNeeded = "unresolved-needed",
    UnsafeMode = "unsafe-mode",
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// Of ours as of the modules that check the sums and the bill of materials.
    pub id: &'static str,
    pub path: String,
    pub why: String,
}

impl Finding {
    pub fn new(id: Id, path: &str, why: impl Into<String>) -> Self {
        Finding { id: id.as_str(), path: path.to_owned(), why: why.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.id, self.path, self.why)
    }
}
