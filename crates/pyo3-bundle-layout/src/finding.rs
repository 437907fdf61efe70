//! What is wrong with a dist: an id, a path and what was found there. One type for all that judge a dist, and the table
//! of all ids with their meanings; docs/policy.md of this repository adds what to do about each.

use crate::shown::{shown, visible};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::Path;

/// Who reports an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reporter {
    /// Two archives that are compared.
    Archives,
    /// The judging of a dist by a policy, whose allowances name these ids.
    Policy,
    /// The comparison of a dist with its own records.
    Records,
    /// The check of the bill of materials.
    Sbom,
    /// The Python of a dist, asked in the running program.
    Smoke,
}

macro_rules! ids {
    ($($id:ident = $text:literal, $reporter:ident, $meaning:literal;)*) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Id {
            $(#[serde(rename = $text)] #[doc = $meaning] $id,)*
        }

        impl Id {
            pub const ALL: &[Id] = &[$(Id::$id,)*];

            pub fn as_str(self) -> &'static str {
                match self {
                    $(Id::$id => $text,)*
                }
            }

            pub fn reporter(self) -> Reporter {
                match self {
                    $(Id::$id => Reporter::$reporter,)*
                }
            }

            /// What a finding with this id means, in a sentence without its full stop.
            pub fn meaning(self) -> &'static str {
                match self {
                    $(Id::$id => $meaning,)*
                }
            }
        }
    };
}

// A row is all that belongs to an id. The order is that of the texts: reports are sorted by it.
ids! {
    AbsoluteInstallName = "absolute-install-name", Policy,
        "the install name of a Mach-O library is a path of one machine, and whatever links to it looks there";
    AbsoluteLink = "absolute-link", Policy, "a link to an absolute path leads somewhere else on another machine";
    AbsoluteRpath = "absolute-rpath", Policy,
        "a search path leads to a fixed place: on another machine to nothing, or to somebody's files";
    Altered = "altered", Records, "a file is not the one that was packed";
    BadMetadata = "bad-metadata", Policy, "`metadata.json` lacks a key, is not JSON or has another schema";
    BadSbom = "bad-sbom", Sbom, "`sbom.cdx.json` is not what a CycloneDX 1.6 document must be";
    BrokenSignature = "broken-signature", Policy,
        "the code signature of a Mach-O file does not fit the file, so macOS ends a process that loads it";
    BuildPath = "build-path", Policy,
        "a file names a path of the machine it was built on: it tells about that machine, and may look for things \
        there";
    ChildFailed = "child-failed", Smoke,
        "a Python that the program starts as a child is another one, or does not start";
    DamagedElf = "damaged-elf", Policy,
        "an ELF file that the loader would refuse or misread: truncated, or with tables that point outside of it";
    DamagedMacho = "damaged-macho", Policy, "a Mach-O file that the loader would refuse or misread";
    DamagedPe = "damaged-pe", Policy, "a PE file that the loader would refuse or misread";
    DanglingLink = "dangling-link", Policy, "a link leads to nothing";
    DifferentContent = "different-content", Archives, "the files have other bytes";
    DifferentMode = "different-mode", Archives, "the entries have other modes";
    DifferentPacking = "different-packing", Archives, "the archives hold the same, but their bytes differ";
    DifferentTarget = "different-target", Archives, "the links lead elsewhere";
    DifferentTime = "different-time", Archives, "the entries have other times";
    DifferentType = "different-type", Archives, "one entry is a file and the other a folder or a link";
    DuplicateSoname = "duplicate-soname", Policy,
        "two libraries have one soname: the first one that is needed is loaded for both";
    EscapingLink = "escaping-link", Policy, "a link leads out of the dist";
    ExecutableStack = "executable-stack", Policy,
        "the stack (Windows: stack and heap) can be executed; one such library makes it so for the whole process";
    ExerciseFailed = "exercise-failed", Smoke, "a module that needs a native library does not work";
    Extra = "extra", Records, "a file, folder or link that was not packed";
    ForeignNeeded = "foreign-needed", Policy,
        "a file needs a library (or loader) that is neither in the dist nor on every machine";
    ForeignObject = "foreign-object", Smoke, "a file is mapped that is neither in the dist nor part of the system";
    ForeignRpath = "foreign-rpath", Policy,
        "a search path is not the contract's, or leads out of the folders it may lead to";
    GlibcFloor = "glibc-floor", Policy,
        "a file asks for a newer glibc than `--max-glibc` (or `elf.floor`) allows, or than the system has that the launcher is run on";
    ImportFailed = "import-failed", Smoke, "a module of the standard library cannot be imported";
    LinkLoop = "link-loop", Policy, "links lead in a circle";
    MacosFloor = "macos-floor", Policy, "a file asks for a newer macOS than `macho.floor` allows";
    MetadataDisagrees = "metadata-disagrees", Policy,
        "`metadata.json` differs from what the files (or `Cargo.toml`) show";
    MisplacedFile = "misplaced-file", Policy,
        "a file stands where the dist must not have it: Python would import it, or be led elsewhere by it";
    Missing = "missing", Records, "something that was packed is not there";
    MissingEntry = "missing-entry", Archives, "only one of the archives has the entry";
    MissingFile = "missing-file", Policy,
        "a part of the contract is not there, or is not what it must be; the finding says what needs it";
    MissingLicense = "missing-license", Sbom, "a component of the SBOM has no licence text below `licenses/`";
    NoBindNow = "no-bind-now", Policy, "symbols are bound lazily, so the table of their addresses stays writable";
    NoCfg = "no-cfg", Policy, "a Windows file does not check its indirect calls (control flow guard)";
    NoPie = "no-pie", Policy, "a program is loaded at a fixed address, which makes exploits easy";
    NoRelro = "no-relro", Policy, "the loader's tables stay writable after the start";
    NoRpath = "no-rpath", Policy, "a program that needs a search path has none, so it finds no libpython";
    NonUtf8Name = "non-utf8-name", Policy, "a name is not UTF-8, so Python and archives cannot carry it everywhere";
    OtherSigner = "other-signer", Policy,
        "a Mach-O file is signed by somebody else than the program, so Apple does not notarize the dist";
    OutsideDist = "outside-dist", Smoke, "a path that Python uses is outside of the dist";
    RunpathNotRpath = "runpath-not-rpath", Policy,
        "DT_RUNPATH: `LD_LIBRARY_PATH` wins over it, and it switches inheriting DT_RPATH off";
    SbomDisagrees = "sbom-disagrees", Sbom,
        "the SBOM differs from the files: it lacks a library or package, or names one that is not there";
    Textrel = "textrel", Policy, "the code has relocations, so it has to be made writable to be loaded";
    TooManyFiles = "too-many-files", Policy, "the folder has more entries, or longer names, than verification holds";
    TooManyFindings = "too-many-findings", Policy,
        "a file has more than 50 findings, or the dist more than 10,000; the others are left out";
    Unreadable = "unreadable", Policy, "not every user can read it";
    UnreadableFile = "unreadable-file", Policy,
        "it could not be read: no permission, too large, or not a regular file (FIFO, socket, device)";
    UnresolvedNeeded = "unresolved-needed", Policy,
        "a needed library is in the dist, but not on the search path of the file that needs it, or it is for another \
        machine";
    UnsafeMode = "unsafe-mode", Policy,
        "a file or folder is setuid, setgid, sticky, or writable for others than its owner";
    Unsigned = "unsigned", Policy, "a Mach-O file for arm64 has no code signature, so macOS does not run it";
    WorkerFailed = "worker-failed", Smoke, "a worker of `multiprocessing` is another Python, or does not start";
    WrongInstallName = "wrong-install-name", Policy,
        "the install name of a Mach-O library is not its place, so whatever is linked to it finds nothing";
    WrongLink = "wrong-link", Records, "a link leads elsewhere than when it was packed";
    WrongMachine = "wrong-machine", Policy, "a Windows file is for another machine than the program";
    WrongMode = "wrong-mode", Records,
        "a file gained or lost its executable bit, or others may now write to a file or folder";
}

/// Fields in the order of the JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub id: Id,
    pub path: String,
    pub why: String,
}

impl Finding {
    /// Makes a finding about a path or subject that is already fit to be shown. The reason may quote strings of a file.
    pub fn new(id: Id, path: &str, why: impl AsRef<str>) -> Self {
        Finding { id, path: visible(path), why: visible(why.as_ref()) }
    }

    /// Makes a finding about a path of the disk or of an archive. Its name could look like another line of the report.
    pub fn at(id: Id, path: impl AsRef<Path>, why: impl AsRef<str>) -> Self {
        Finding::new(id, &shown(path.as_ref()), why)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.id, self.path, self.why)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl PartialEq<str> for Id {
    fn eq(&self, text: &str) -> bool {
        self.as_str() == text
    }
}

impl PartialEq<&str> for Id {
    fn eq(&self, text: &&str) -> bool {
        self.as_str() == *text
    }
}

impl Ord for Finding {
    /// By path, so that a report shows together what is wrong with one file.
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (&self.path, self.id, &self.why).cmp(&(&other.path, other.id, &other.why))
    }
}

impl PartialOrd for Finding {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ids_are_in_order_in_kebab_case_and_say_what_they_mean() {
        assert!(Id::ALL.is_sorted_by_key(|id| id.as_str()), "the rows are ordered by their texts");
        for id in Id::ALL {
            assert!(id.as_str().bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'), "{id}");
            assert!(id.meaning().len() > 10 && !id.meaning().ends_with('.'), "{id}: {}", id.meaning());
            assert_eq!(serde_json::to_value(id).unwrap(), id.as_str());
        }
    }

    #[test]
    fn a_finding_is_one_line_and_one_shape_of_json() {
        let finding = Finding::at(Id::Extra, "a\\b\n", "is `\x1b`");
        assert_eq!(finding.to_string(), r"extra: a\\b\n: is `\u{1b}`");
        let json = r#"{"id":"extra","path":"a\\\\b\\n","why":"is `\\u{1b}`"}"#;
        assert_eq!(serde_json::to_string(&finding).unwrap(), json);
    }

    #[test]
    fn what_a_file_says_cannot_look_like_a_line_of_ours() {
        let finding = Finding::new(Id::ForeignNeeded, "bin/x", "lib\x1b[2K\rverify: ok\u{202e}");
        assert_eq!(finding.to_string(), r"foreign-needed: bin/x: lib\u{1b}[2K\rverify: ok\u{202e}");
    }

    #[test]
    fn findings_are_sorted_by_path_then_by_id() {
        let finding = |path, id| Finding::new(id, path, "");
        let mut findings = [finding("b", Id::Altered), finding("a", Id::WrongMode), finding("a", Id::Missing)];
        findings.sort();
        let order = findings.map(|finding| (finding.path, finding.id));
        assert_eq!(order, [("a", Id::Missing), ("a", Id::WrongMode), ("b", Id::Altered)].map(|(p, id)| (p.into(), id)));
    }
}
