//! The policy file: what a dist may have in it, in entries with reasons. Parsed strictly; `judge` applies it.

use super::pattern::{Pattern, any};
use crate::finding::{Id, Reporter};
use crate::layout;
use crate::object::{Format, Version};
use crate::platform::windows;
use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Deserializer};

/// The built-in policy; `--policy` puts another file in its place.
pub const DEFAULT: &str = include_str!("policy.toml");

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Policy {
    pub modes: Modes,
    /// Texts to look for in every file, besides the places of the run.
    #[serde(default)]
    pub build_path: Vec<BuildPath>,
    #[serde(default)]
    allow: Vec<Allow>,
    pub elf: FormatRules,
    pub macho: FormatRules,
    pub pe: FormatRules,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Modes {
    #[serde(deserialize_with = "octal")]
    pub forbidden: u32,
    #[serde(deserialize_with = "octal")]
    pub file_needs: u32,
    #[serde(deserialize_with = "octal")]
    pub folder_needs: u32,
    pub reason: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BuildPath {
    pub text: String,
    reason: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Allow {
    #[serde(deserialize_with = "id_of_policy")]
    id: Id,
    files: Vec<Pattern>,
    /// Limits the entry to findings whose reason, or whose path for a build path, starts with this text.
    text: Option<String>,
    reason: String,
}

/// FormatRules for the files of one format, and for a dist whose program has that format.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FormatRules {
    pub contract: Vec<Contract>,
    /// The first entry that names a file counts.
    #[serde(default)]
    pub search_path: Vec<SearchPath>,
    /// Folders where a library is found, besides the search path of the file that needs it.
    pub libraries: Vec<LibraryFolder>,
    pub system: Vec<SystemLibraries>,
    #[serde(default)]
    pub hardening: Vec<Hardening>,
    #[serde(default)]
    pub absent: Vec<Absent>,
    pub floor: Option<Floor>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contract {
    pub path: Pattern,
    pub kind: Role,
    pub reason: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    File,
    /// Text that everybody may execute.
    Script,
    /// A file of the format.
    Native,
    /// A file of the format whose format is also that of the dist.
    Program,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SearchPath {
    pub files: Vec<Pattern>,
    /// Entries that are allowed to the letter.
    #[serde(default)]
    pub exactly: Vec<String>,
    /// Folders of the dist that an entry may lead to.
    #[serde(default)]
    pub inside: Vec<Pattern>,
    #[serde(default)]
    pub required: bool,
    reason: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LibraryFolder {
    pub folder: String,
    reason: String,
}

/// Libraries that every machine of that system has.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SystemLibraries {
    pub names: Vec<Pattern>,
    reason: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hardening {
    pub files: Vec<Pattern>,
    pub refuse: Vec<Weakness>,
    reason: String,
}

/// Files and folders that a dist must not have.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Absent {
    pub files: Vec<Pattern>,
    pub reason: String,
}

/// A weakness, under the id of its finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weakness {
    NoCfg,
    NoPie,
    NoRelro,
    NoBindNow,
    ExecutableStack,
    Textrel,
    Unsigned,
}

/// The newest version of glibc or macOS that a file may need.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Floor {
    #[serde(deserialize_with = "version")]
    pub version: Version,
    reason: String,
}

impl Policy {
    /// Parses a policy, in which `{name}` stands for the name of the program, and `{glibc}`, `{macos}` and `{windows}` for
    /// the libraries of those systems.
    pub fn parse(text: &str, name: &str) -> Result<Self> {
        let glibc = layout::GLIBC.map(|soname| format!("\"{soname}\"")).join(", ");
        let macos = layout::MACOS.map(|folder| format!("\"{folder}**\"")).join(", ");
        let windows = windows::SYSTEM.map(|library| format!("\"{library}\"")).join(", ");
        let systems = [("{glibc}", glibc), ("{macos}", macos), ("{windows}", windows)];
        let name_is_in = text.replace("{name}", name);
        let text = systems.iter().fold(name_is_in, |text, (word, names)| text.replace(&format!("\"{word}\""), names));
        let policy: Policy = toml::from_str(&text)?;
        for (format, rules) in [("elf", &policy.elf), ("macho", &policy.macho), ("pe", &policy.pe)] {
            let programs = rules.contract.iter().filter(|entry| entry.kind == Role::Program).count();
            ensure!(programs == 1, "the policy names {programs} programs in `{format}.contract`, wanted one");
        }
        ensure!(policy.pe.floor.is_none(), "the policy has `pe.floor`, but PE files do not name a system version");
        let has_reasons = policy.reasons().all(|reason| !reason.trim().is_empty());
        ensure!(has_reasons, "the policy has an entry without a reason: later readers have to know why it is there");
        Ok(policy)
    }

    /// The policy of a dist that has no launcher.
    pub fn without_launcher(mut self) -> Self {
        for rules in [&mut self.elf, &mut self.macho, &mut self.pe] {
            rules.contract.retain(|entry| entry.kind != Role::Script);
        }
        self
    }

    fn reasons(&self) -> impl Iterator<Item = &str> {
        let own = [self.modes.reason.as_str()].into_iter();
        let own = own.chain(self.build_path.iter().map(|entry| entry.reason.as_str()));
        let own = own.chain(self.allow.iter().map(|entry| entry.reason.as_str()));
        own.chain([&self.elf, &self.macho, &self.pe].into_iter().flat_map(FormatRules::reasons))
    }

    pub fn rules(&self, format: Format) -> &FormatRules {
        match format {
            Format::Elf => &self.elf,
            Format::MachO => &self.macho,
            Format::Pe => &self.pe,
        }
    }

    /// Tells whether a file of a dist may need a library that the dist does not have, such as that of a driver. Staging
    /// asks as well: it does not copy such a library from this machine.
    pub fn leaves_to_the_system(&self, format: Format, file: &str, soname: &str) -> bool {
        self.rules(format).is_of_the_system(soname) || self.allows(Id::ForeignNeeded, file, &foreign(soname))
    }

    /// Tells whether some file of a Linux dist may need this library of the system.
    pub fn leaves_to_any_system(&self, soname: &str) -> bool {
        let names = |allow: &Allow| allow.text.as_ref().is_some_and(|text| foreign(soname).starts_with(text));
        self.elf.is_of_the_system(soname) || self.allow.iter().any(|it| it.id == Id::ForeignNeeded && names(it))
    }

    pub fn allows(&self, id: Id, file: &str, found: &str) -> bool {
        let fits = |allow: &Allow| allow.text.as_ref().is_none_or(|text| found.starts_with(text));
        self.allow.iter().any(|allow| allow.id == id && any(&allow.files, file) && fits(allow))
    }
}

impl FormatRules {
    fn reasons(&self) -> impl Iterator<Item = &str> {
        let reasons = self.contract.iter().map(|entry| entry.reason.as_str());
        let reasons = reasons.chain(self.search_path.iter().map(|entry| entry.reason.as_str()));
        let reasons = reasons.chain(self.libraries.iter().map(|entry| entry.reason.as_str()));
        let reasons = reasons.chain(self.system.iter().map(|entry| entry.reason.as_str()));
        let reasons = reasons.chain(self.hardening.iter().map(|entry| entry.reason.as_str()));
        let reasons = reasons.chain(self.absent.iter().map(|entry| entry.reason.as_str()));
        reasons.chain(self.floor.iter().map(|entry| entry.reason.as_str()))
    }

    pub fn search_path(&self, file: &str) -> Option<&SearchPath> {
        self.search_path.iter().find(|entry| any(&entry.files, file))
    }

    pub fn is_of_the_system(&self, library: &str) -> bool {
        self.system.iter().any(|entry| any(&entry.names, library))
    }

    pub fn refuses(&self, weakness: Weakness, file: &str) -> bool {
        self.hardening.iter().any(|entry| entry.refuse.contains(&weakness) && any(&entry.files, file))
    }

    /// The path in the contract's entry of that kind.
    pub fn place(&self, kind: Role) -> &str {
        let of = |kind| self.contract.iter().find(|entry| entry.kind == kind);
        // Without a launcher, people start the program itself.
        of(kind).or_else(|| of(Role::Program)).map_or("", |entry| entry.path.as_str())
    }
}

/// The reason of the finding about a library that is nowhere.
pub fn foreign(library: &str) -> String {
    format!("{library} is neither in the dist nor in the system")
}

/// Parses a version like `2.17`.
pub fn parse_version(text: &str) -> Result<Version> {
    let (major, minor) = text.split_once('.').with_context(|| format!("`{text}` is not a version like `2.17`"))?;
    let number = |part: &str| part.parse::<u32>().with_context(|| format!("`{text}` is not a version like `2.17`"));
    Ok((number(major)?, number(minor)?))
}

fn version<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Version, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_version(&text).map_err(serde::de::Error::custom)
}

/// An id that this judging reports: an allowance for any other one would have no effect.
fn id_of_policy<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Id, D::Error> {
    let id = Id::deserialize(deserializer)?;
    let is_judged = id.reporter() == Reporter::Policy;
    is_judged.then_some(id).ok_or_else(|| serde::de::Error::custom(format!("`{id}` cannot be allowed by a policy")))
}

fn octal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let text = String::deserialize(deserializer)?;
    let mode = u32::from_str_radix(&text, 8).ok().filter(|mode| *mode <= 0o7777);
    mode.ok_or_else(|| serde::de::Error::custom(format!("`{text}` is not a mode like \"0755\"")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn refused(change: impl Fn(&str) -> String) -> String {
        format!("{:#}", Policy::parse(&change(DEFAULT), "app").expect_err("it was taken"))
    }

    #[test]
    fn the_default_agrees_with_the_layout() {
        let policy = Policy::parse(DEFAULT, "app").unwrap();
        let places = [
            (Role::Script, layout::launcher(Path::new(""), "app")),
            (Role::Program, layout::binary(Path::new(""), "app")),
        ];
        for (kind, wanted) in places {
            assert_eq!(Path::new(policy.elf.place(kind)), wanted);
        }
        let bare = Policy::parse(DEFAULT, "app").unwrap().without_launcher();
        assert_eq!(bare.elf.place(Role::Script), "bin/app-bin", "people start the program itself");
        let search = policy.elf.search_path("bin/app-bin").unwrap();
        assert_eq!(search.exactly, [format!("$ORIGIN/{}", layout::LIBRARIES_FROM_BINARY)]);
        assert!(search.required && search.inside.is_empty());
        assert_eq!(policy.elf.libraries[0].folder, format!("{}/lib", layout::RUNTIME));
    }

    #[test]
    fn the_systems_libraries_are_those_of_the_layout() {
        let policy = Policy::parse(DEFAULT, "app").unwrap();
        let names = policy.elf.system.iter().flat_map(|entry| &entry.names).map(Pattern::as_str);
        assert_eq!(names.collect::<Vec<_>>(), layout::GLIBC);
        for name in ["libc.so.6", "libm.so.6", "ld-linux-x86-64.so.2", "libnss_files.so.2", "libmvec.so.1"] {
            assert!(layout::is_glibc(name) && policy.elf.is_of_the_system(name), "{name}");
        }
    }

    #[test]
    fn what_is_unknown_or_has_no_reason_is_refused() {
        assert!(refused(|text| format!("{text}\n[[allow]]\nid = \"no-such-id\"\n")).contains("no-such-id"));
        assert!(
            refused(|text| format!("{text}\n[[allow]]\nid = \"altered\"\n")).contains("`altered` cannot be allowed")
        );
        assert!(refused(|text| text.replace("forbidden =", "forbiden =")).contains("forbiden"));
        assert!(refused(|text| text.replace("\"6022\"", "\"6089\"")).contains("6089"));
        assert!(refused(|text| text.replace("\"11.0\"", "\"eleven\"")).contains("eleven"));
        assert!(refused(|text| text.replace("kind = \"program\"", "kind = \"native\"")).contains("0 programs"));
        let empty = "\n[[build-path]]\ntext = \"/x\"\nreason = \" \"\n";
        assert!(refused(|text| format!("{text}{empty}")).contains("without a reason"));
        assert!(refused(|text| format!("{text}{}", empty.replace("reason", "raeson"))).contains("raeson"));
        let floor = "\n[pe.floor]\nversion = \"10.0\"\nreason = \"x\"\n";
        assert!(refused(|text| format!("{text}{floor}")).contains("pe.floor"));
    }

    #[test]
    fn every_entry_needs_a_reason() {
        let floor = "\n[elf.floor]\nversion = \"2.17\"\nreason = \"x\"\n";
        let text = format!("{DEFAULT}{floor}");
        assert!(Policy::parse(&text, "app").is_ok());
        let reasons: Vec<_> = text.match_indices("\nreason = \"").map(|(at, start)| at + start.len()).collect();
        assert!(reasons.len() > 30, "{reasons:?}");
        for at in reasons {
            let end = at + text[at..].find('"').unwrap();
            let error = Policy::parse(&format!("{}{}", &text[..at], &text[end..]), "app").expect_err(&text[at..end]);
            assert!(format!("{error:#}").contains("without a reason"), "{}: {error:#}", &text[at..end]);
        }
    }

    #[test]
    fn versions_and_modes_are_numbers_of_their_kind() {
        assert_eq!(parse_version("2.17").unwrap(), (2, 17));
        for text in ["", "2", "2.", ".17", "2.x", "x.17", "-2.17", "2.17.1"] {
            assert!(parse_version(text).unwrap_err().to_string().contains(&format!("`{text}`")), "{text}");
        }
        let forbidding = |mode: &str| Policy::parse(&DEFAULT.replace("\"6022\"", &format!("\"{mode}\"")), "app");
        assert_eq!(forbidding("7777").unwrap().modes.forbidden, 0o7777);
        for mode in ["10000", "-1", "", "rwx"] {
            assert!(forbidding(mode).is_err(), "{mode}");
        }
    }

    #[test]
    fn an_allowance_is_for_its_id_its_files_and_its_text() {
        let allowance = "[[allow]]\nid = \"build-path\"\nfiles = [\"lib/*\"]\ntext = \"/here/\"\nreason = \"x\"\n";
        let policy = Policy::parse(&format!("{allowance}{DEFAULT}"), "app").unwrap();
        assert!(policy.allows(Id::BuildPath, "lib/a", "/here/main.rs"));
        assert!(!policy.allows(Id::BuildPath, "lib/a", "/zone/here/main.rs"));
        assert!(!policy.allows(Id::BuildPath, "bin/a", "/here/main.rs"));
        assert!(!policy.allows(Id::Textrel, "lib/a", "/here/main.rs"));
    }
}
