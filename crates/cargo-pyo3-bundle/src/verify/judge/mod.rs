//! Judges facts by a policy and returns the findings. Never touches the disk: only the facts are known here.

mod claims;
mod elf;
mod loader;
mod macho;
mod pe;
#[cfg(test)]
mod testing;
mod tree;

use super::facts::{Content, Facts};
use super::policy::{Policy, Role, Weakness};
use super::report;
use crate::finding::{Finding, Id};
use crate::object::{Format, Native, Version};
use std::collections::BTreeMap;

/// What the run expects of the dist, besides the policy.
pub struct Expected<'a> {
    pub name: &'a str,
    pub version: &'a str,
    pub max_glibc: Option<Version>,
}

pub fn judge(facts: &Facts, policy: &Policy, expected: &Expected) -> Vec<Finding> {
    let mut findings = Findings { policy, list: Vec::new(), of_file: BTreeMap::new() };
    let format = format_of_dist(facts, policy);
    tree::judge(facts, policy, format, &mut findings);
    for (name, content) in facts.files() {
        if let Native::Damaged(format, why) = &content.native {
            findings.add(damaged(*format), name, why);
        }
        build_paths(name, content, &mut findings);
    }
    elf::judge(facts, policy, expected.max_glibc, &mut findings);
    macho::judge(facts, policy, &mut findings);
    pe::judge(facts, policy, &mut findings);
    claims::judge(facts, policy, format, expected, &mut findings);
    findings.all()
}

/// Limit for the findings that are kept of one file. More say nothing new, and a file can have one for every name in
/// it.
const MOST_OF_A_FILE: usize = 50;

/// The findings so far; those that the policy allows never get in.
struct Findings<'a> {
    policy: &'a Policy,
    list: Vec<Finding>,
    of_file: BTreeMap<String, usize>,
}

impl Findings<'_> {
    fn add(&mut self, id: Id, file: &str, why: impl AsRef<str>) {
        if self.policy.allows(id, file, why.as_ref()) {
            return;
        }
        let count = match self.of_file.get_mut(file) {
            Some(count) => count,
            None => self.of_file.entry(file.to_owned()).or_default(),
        };
        *count += 1;
        // One finding beyond the limit of the report shows that there were more.
        if *count <= MOST_OF_A_FILE && self.list.len() <= report::MOST {
            self.list.push(Finding::new(id, file, why.as_ref()));
        }
    }

    /// Returns all findings, and one more for each file that has more than were kept.
    fn all(mut self) -> Vec<Finding> {
        let cut = self.of_file.iter().filter(|(_, count)| **count > MOST_OF_A_FILE);
        self.list.extend(cut.map(|(file, count)| {
            let why = format!("it has {count} findings, of which {MOST_OF_A_FILE} are kept");
            Finding::new(Id::TooManyFindings, file, why)
        }));
        self.list
    }

    /// Adds a finding if the file has the weakness and the policy refuses it there.
    fn weak(&mut self, has: bool, weakness: Weakness, format: Format, file: &str, why: &str) {
        if has && self.policy.rules(format).refuses(weakness, file) {
            let id = match weakness {
                Weakness::NoCfg => Id::NoCfg,
                Weakness::NoPie => Id::NoPie,
                Weakness::NoRelro => Id::NoRelro,
                Weakness::NoBindNow => Id::NoBindNow,
                Weakness::ExecutableStack => Id::ExecutableStack,
                Weakness::Textrel => Id::Textrel,
                Weakness::Unsigned => Id::Unsigned,
            };
            self.add(id, file, why);
        }
    }
}

/// Tells the format by the program; without one, by the metadata.
fn format_of_dist(facts: &Facts, policy: &Policy) -> Format {
    let formats = [Format::Elf, Format::MachO, Format::Pe];
    let stands = |format: &Format| {
        let program = policy.rules(*format).place(Role::Program);
        facts.files().any(|(name, content)| name == program && content.native.format() == Some(*format))
    };
    let by_claim = || match facts.metadata.claims().map(|claims| claims.platform.os.as_str()) {
        Some("macos") => Format::MachO,
        Some("windows") => Format::Pe,
        _ => Format::Elf,
    };
    formats.into_iter().find(stands).unwrap_or_else(by_claim)
}

fn damaged(format: Format) -> Id {
    match format {
        Format::Elf => Id::DamagedElf,
        Format::MachO => Id::DamagedMacho,
        Format::Pe => Id::DamagedPe,
    }
}

fn build_paths(name: &str, content: &Content, findings: &mut Findings) {
    for named in &content.build_paths {
        // Words that were not kept cannot be allowed.
        let all_are_known = named.words.len() >= named.times || named.words.len() < super::build_path::MOST_WORDS;
        let word = named.words.iter().find(|word| !findings.policy.allows(Id::BuildPath, name, word));
        let Some(word) = word.or_else(|| named.words.first().filter(|_| !all_are_known)) else { continue };
        let times = if named.times == 1 { "once".to_owned() } else { format!("{} times", named.times) };
        findings.add(Id::BuildPath, name, format!("names {} {times}, as in {word}", named.path));
    }
}

#[cfg(test)]
mod tests {
    use super::super::claims::Document;
    use super::super::facts::Named;
    use super::super::policy::DEFAULT;
    use super::testing::Dist;
    use super::*;

    #[test]
    fn a_whole_dist_of_each_system_has_no_finding() {
        for dist in [Dist::linux(), Dist::macos(), Dist::windows()] {
            assert_eq!(dist.findings(), Vec::<String>::new());
        }
    }

    #[test]
    fn the_format_is_that_of_the_binary_and_without_one_the_claimed_one() {
        let policy = Policy::parse(DEFAULT, "app").unwrap();
        let of_binary = [
            (Dist::linux(), "bin/app-bin", Format::Elf),
            (Dist::macos(), "bin/app-bin", Format::MachO),
            (Dist::windows(), "bin/app-bin.exe", Format::Pe),
        ];
        let of_claim = [("linux", Format::Elf), ("macos", Format::MachO), ("windows", Format::Pe), ("", Format::Elf)];
        for (mut dist, binary, format) in of_binary {
            for (os, _) in of_claim {
                dist.claims().platform.os = os.into();
                assert_eq!(format_of_dist(&dist.facts, &policy), format, "{os}");
            }
            // Another file of the format is not the program.
            assert!(dist.facts.entries.remove(binary).is_some());
            for (os, claimed) in of_claim {
                dist.claims().platform.os = os.into();
                assert_eq!(format_of_dist(&dist.facts, &policy), claimed, "{os}");
            }
            dist.facts.metadata = Document::Missing;
            assert_eq!(format_of_dist(&dist.facts, &policy), Format::Elf);
        }
    }

    #[test]
    fn a_damaged_file_is_found_by_its_format() {
        for (format, id) in [(Format::Elf, "damaged-elf"), (Format::MachO, "damaged-macho"), (Format::Pe, "damaged-pe")]
        {
            let damaged = |dist: &mut Dist| dist.file("bin/x", Native::Damaged(format, "it is cut".into()));
            Dist::linux().trips(id, "bin/x: it is cut", damaged);
        }
    }

    #[test]
    fn a_path_of_the_build_is_found_with_the_word_it_stands_in() {
        let named = |words: &[&str], times| {
            let words = words.iter().map(|word| (*word).to_owned()).collect();
            let named = Named { path: "/zone/app".into(), words, times };
            move |dist: &mut Dist| dist.content("bin/app-bin").build_paths = vec![named]
        };
        Dist::linux().trips("build-path", "/zone/app once, as in /zone/app/x", named(&["/zone/app/x"], 1));
        Dist::linux().trips("build-path", "2 times, as in /zone/app/x", named(&["/zone/app/src/x", "/zone/app/x"], 2));
        assert_eq!(Dist::linux().with(named(&["/zone/app/src/x"], 1)).findings(), Vec::<String>::new());
        // Words below the limit are all known; at the limit, others may have been lost.
        assert_eq!(Dist::linux().with(named(&["/zone/app/src/x"], 3)).findings(), Vec::<String>::new());
        let many = ["/zone/app/src/x"; super::super::build_path::MOST_WORDS];
        assert_eq!(Dist::linux().with(named(&many, many.len())).findings(), Vec::<String>::new());
        Dist::linux().trips("build-path", "100 times", named(&many, 100));
    }
}
