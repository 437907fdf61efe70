//! The findings of verification: an id, a path, and what was found there. docs/policy.md has their meanings and
//! remedies.

use crate::shown::visible;
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
    TooManyFindings = "too-many-findings",
    Unreadable = "unreadable",
    UnreadableFile = "unreadable-file",
    UnresolvedNeeded = "unresolved-needed",
    UnsafeMode = "unsafe-mode",
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// The text of an [`Id`], or an id of `integrity` or `sbom::check`.
    pub id: &'static str,
    pub path: String,
    pub why: String,
}

impl Finding {
    pub fn new(id: Id, path: &str, why: impl Into<String>) -> Self {
        // The path is already fit to be shown; what was found may quote strings of a file.
        Finding { id: id.as_str(), path: path.to_owned(), why: visible(&why.into()) }
    }
}

/// Limit for the findings in a report.
pub const MOST: usize = 10_000;

/// Puts findings in the order of a report, each once. Drops those beyond the limit; one finding says that there were
/// more.
pub fn sorted(mut findings: Vec<Finding>) -> Vec<Finding> {
    let order =
        |one: &Finding, other: &Finding| (&one.path, one.id, &one.why).cmp(&(&other.path, other.id, &other.why));
    findings.sort_by(order);
    findings.dedup();
    if findings.len() > MOST {
        findings.truncate(MOST);
        let why = format!("there are more than {MOST} findings, the others are not shown");
        findings.push(Finding::new(Id::TooManyFindings, ".", why));
    }
    findings
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.id, self.path, self.why)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_sorted_and_says_what_it_leaves_out() {
        let findings =
            |count: usize| (0..count).rev().map(|at| Finding::new(Id::NoPie, &format!("{at:06}"), "")).collect();
        let all = sorted(findings(MOST));
        assert_eq!((all.len(), all[0].path.as_str()), (MOST, "000000"));
        let cut = sorted(findings(2 * MOST));
        let last = cut.last().unwrap();
        assert_eq!((cut.len(), last.id, last.path.as_str()), (MOST + 1, "too-many-findings", "."));
    }

    #[test]
    fn what_a_file_says_cannot_look_like_a_line_of_ours() {
        let finding = Finding::new(Id::ForeignNeeded, "bin/x", "lib\x1b[2K\rverify: ok\u{202e}");
        assert_eq!(finding.to_string(), r"foreign-needed: bin/x: lib\u{1b}[2K\rverify: ok\u{202e}");
    }
}
