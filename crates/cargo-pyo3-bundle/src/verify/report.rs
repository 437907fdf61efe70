//! Shows the outcome of a verification: a line per finding and a summary, or JSON.

use super::facts::Facts;
use crate::finding::{Finding, Id};
use crate::object::{Format, Version};
use crate::shown::shown;
use serde::Serialize;
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

/// Limit for the findings in a report.
pub const MOST: usize = 10_000;

/// Puts findings in the order of a report, each once. Drops those beyond the limit; one finding says that there were
/// more.
pub fn sorted(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort();
    findings.dedup();
    if findings.len() > MOST {
        findings.truncate(MOST);
        let why = format!("there are more than {MOST} findings, the others are not shown");
        findings.push(Finding::new(Id::TooManyFindings, ".", why));
    }
    findings
}

#[derive(Serialize)]
pub struct Report<'a> {
    ok: bool,
    dist: String,
    files: usize,
    elf: usize,
    glibc_floor: Option<Floor<'a>>,
    /// The native files by their formats, in words.
    #[serde(skip)]
    natives: String,
    #[serde(skip)]
    macos_floor: Option<Version>,
    findings: Vec<Finding>,
}

#[derive(Serialize)]
struct Floor<'a> {
    version: String,
    file: &'a str,
    symbol: Option<&'a str>,
}

impl<'a> Report<'a> {
    pub fn new(dist: &Path, facts: &'a Facts, findings: Vec<Finding>) -> Self {
        let findings = sorted(findings);
        let floor = facts.glibc_floor().map(|floor| Floor {
            version: format!("{}.{}", floor.version.0, floor.version.1),
            file: floor.file,
            symbol: floor.symbol,
        });
        Report {
            ok: findings.is_empty(),
            dist: shown(dist),
            files: facts.files().count(),
            elf: facts.elf_files().count(),
            glibc_floor: floor,
            natives: natives(facts),
            macos_floor: facts.macos_floor(),
            findings,
        }
    }

    pub fn ok(&self) -> bool {
        self.ok
    }

    /// Prints the report. A reader that closes the pipe early (`| head`) is not an error.
    pub fn show(&self, json: bool, took: Duration) -> io::Result<()> {
        let shown = if json { self.write_json(&mut io::stdout().lock()) } else { self.write_lines(took) };
        match shown {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
            _ => Ok(()),
        }
    }

    fn write_json(&self, out: &mut impl Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, self)?;
        writeln!(out)
    }

    fn write_lines(&self, took: Duration) -> io::Result<()> {
        self.show_findings()?;
        writeln!(io::stdout(), "{} in {:.2} s", self.summary(), took.as_secs_f64())
    }

    pub fn show_findings(&self) -> io::Result<()> {
        let mut errors = io::BufWriter::new(io::stderr().lock());
        self.findings.iter().try_for_each(|finding| writeln!(errors, "{finding}"))?;
        errors.flush()
    }

    fn summary(&self) -> String {
        let of_macos = || self.macos_floor.map(|(major, minor)| format!(", macOS {major}.{minor}"));
        let floor = match &self.glibc_floor {
            None => of_macos().unwrap_or_default(),
            Some(Floor { version, file, symbol }) => {
                let symbol = symbol.map_or(String::new(), |symbol| format!("{symbol} of "));
                format!(", glibc {version} ({symbol}{file})")
            }
        };
        let findings = match self.findings.len() {
            0 => "ok".to_owned(),
            1 => "1 finding".to_owned(),
            count => format!("{count} findings"),
        };
        format!("verify: {findings}: {} files, {}{floor}", self.files, self.natives)
    }
}

/// `94 of them ELF`, and the same for other formats that the dist has.
fn natives(facts: &Facts) -> String {
    let count = |format| facts.files().filter(|(_, content)| content.native.format() == Some(format)).count();
    let formats = [(Format::Elf, "ELF"), (Format::MachO, "Mach-O"), (Format::Pe, "PE")];
    let found = formats.map(|(format, name)| (count(format), name));
    let words = |(count, name): &(usize, &str)| format!("{count} of them {name}");
    let words: Vec<String> = found.iter().filter(|(count, _)| *count > 0).map(words).collect();
    if words.is_empty() { "none of them native".to_owned() } else { words.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::super::facts::{Content, Entry, What};
    use super::*;
    use crate::object::Native;
    use crate::object::elf::Elf;
    use crate::object::macho::MachO;

    fn facts() -> Facts {
        let mut facts = Facts::default();
        let glibc = Some((2, 34));
        let elf = Elf { glibc, glibc_symbol: Some("stat".into()), ..Elf::default() };
        let natives = [("bin/app", Native::Elf(Box::new(elf))), ("text", Native::None)];
        for (name, native) in natives {
            let what = What::File(Content { native, build_paths: Vec::new() });
            facts.entries.insert(name.into(), Entry { mode: 0o755, utf8: true, what });
        }
        facts
    }

    #[test]
    fn a_report_is_sorted_and_says_what_it_leaves_out() {
        let findings =
            |count: usize| (0..count).rev().map(|at| Finding::new(Id::NoPie, &format!("{at:06}"), "")).collect();
        let all = sorted(findings(MOST));
        assert_eq!((all.len(), all[0].path.as_str()), (MOST, "000000"));
        let cut = sorted(findings(2 * MOST));
        let last = cut.last().unwrap();
        assert_eq!((cut.len(), last.id, last.path.as_str()), (MOST + 1, Id::TooManyFindings, "."));
    }

    #[test]
    fn the_report_is_of_one_shape_in_json_and_in_words() {
        let facts = facts();
        let finding = |path| Finding::new(Id::NoPie, path, "why");
        let report = Report::new(Path::new("/d"), &facts, vec![finding("b"), finding("a"), finding("b")]);
        assert!(!report.ok());
        let mut json = Vec::new();
        report.write_json(&mut json).unwrap();
        let found: serde_json::Value = serde_json::from_slice(&json).unwrap();
        let wanted = serde_json::json!({
            "ok": false, "dist": "/d", "files": 2, "elf": 1,
            "glibc_floor": {"version": "2.34", "file": "bin/app", "symbol": "stat"},
            "findings": [{"id": "no-pie", "path": "a", "why": "why"}, {"id": "no-pie", "path": "b", "why": "why"}],
        });
        assert_eq!(found, wanted);
        assert_eq!(report.summary(), "verify: 2 findings: 2 files, 1 of them ELF, glibc 2.34 (stat of bin/app)");
        let mut macos = Facts::default();
        let part = MachO { minos: Some((11, 0)), ..MachO::default() };
        let what = What::File(Content { native: Native::MachO(vec![part]), build_paths: Vec::new() });
        macos.entries.insert("bin/app".into(), Entry { mode: 0o755, utf8: true, what });
        let summary = |facts| Report::new(Path::new("/d"), facts, Vec::new()).summary();
        assert_eq!(summary(&macos), "verify: ok: 1 files, 1 of them Mach-O, macOS 11.0");
        assert_eq!(summary(&Facts::default()), "verify: ok: 0 files, none of them native");
        let report = Report::new(Path::new("/d"), &facts, Vec::new());
        assert!(report.ok() && report.summary().starts_with("verify: ok: "));
    }
}
