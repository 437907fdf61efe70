//! Compares the claims of `metadata.json` with the files and the manifest.

use super::{Expected, Findings};
use crate::finding::Id;
use crate::layout;
use crate::object::{Format, Native};
use crate::verify::claims::Document;
use crate::verify::facts::Facts;
use crate::verify::policy::{Policy, Role};
use pyo3_bundle_layout::metadata::Metadata;

pub fn judge(facts: &Facts, policy: &Policy, format: Format, expected: &Expected, findings: &mut Findings) {
    match &facts.metadata {
        Document::Missing => {} // a finding of the contract
        Document::Unusable(why) => findings.add(Id::BadMetadata, layout::METADATA, why),
        Document::Read(claims) => {
            for Claim { claim, said, source, found } in compare(claims, facts, policy, format, expected) {
                if said != found {
                    let why = format!("{claim} is {said}, but {source} {found}");
                    findings.add(Id::MetadataDisagrees, layout::METADATA, why);
                }
            }
        }
    }
}

/// A claim, what it says, and what the source says instead where they differ: `{source} {found}`.
struct Claim {
    claim: &'static str,
    said: String,
    source: &'static str,
    found: String,
}

impl Claim {
    fn new(claim: &'static str, said: impl Into<String>, source: &'static str, found: impl Into<String>) -> Self {
        Claim { claim, said: said.into(), source, found: found.into() }
    }
}

/// Pairs each claim with what the files and the manifest say.
fn compare(claims: &Metadata, facts: &Facts, policy: &Policy, format: Format, expected: &Expected) -> Vec<Claim> {
    let rules = policy.rules(format);
    let mut pairs = vec![
        Claim::new("name", &claims.name, "`Cargo.toml` has", expected.name),
        Claim::new("version", &claims.version, "`Cargo.toml` has", expected.version),
        Claim::new("launcher", &claims.launcher, "the policy has", rules.place(Role::Script)),
        Claim::new("binary", &claims.binary, "the policy has", rules.place(Role::Program)),
    ];
    pairs.push(Claim::new("platform.os", &claims.platform.os, "the program is for", format.os()));
    if let Some(arch) = architecture(facts, rules.place(Role::Program)) {
        pairs.push(Claim::new("platform.arch", &claims.platform.arch, "the program is for", arch));
        pairs.push(Claim::new("target", &claims.target, "the program is for", target(claims, arch, format)));
    }
    if format == Format::Elf {
        let found = facts.glibc_floor().map(|floor| format!("{}.{}", floor.version.0, floor.version.1));
        let none = || "none".to_owned();
        let said = claims.platform.libc_floor.clone();
        let (said, found) = (said.unwrap_or_else(none), found.unwrap_or_else(none));
        pairs.push(Claim::new("platform.libc_floor", said, "the newest glibc that a file needs is", found));
    }
    if format == Format::MachO {
        let found = facts.macos_floor().map(|floor| format!("{}.{}", floor.0, floor.1));
        let (said, found) = (claims.platform.os_floor.clone(), found);
        let [said, found] = [said, found].map(|floor| floor.unwrap_or_else(|| "none".to_owned()));
        pairs.push(Claim::new("platform.os_floor", said, "the newest macOS that a file needs is", found));
    }
    if let Some(series) = series(facts, format) {
        let said = claims.python.version.rsplit_once('.').map_or("", |(series, _)| series);
        pairs.push(Claim::new("python.version", format!("{said}.x"), "libpython is", format!("{series}.x")));
    }
    pairs
}

/// The target of the program. A PE file does not tell which of the toolchains for Windows it is from.
fn target(claims: &Metadata, arch: &str, format: Format) -> String {
    match claims.target.strip_prefix(arch) {
        Some(system) if format == Format::Pe && WINDOWS.contains(&system) => claims.target.clone(),
        _ => format!("{arch}-{}", format.system()),
    }
}

const WINDOWS: [&str; 2] = ["-pc-windows-gnu", "-pc-windows-msvc"];

fn architecture(facts: &Facts, program: &str) -> Option<&'static str> {
    let (_, content) = facts.files().find(|(name, _)| *name == program)?;
    match &content.native {
        // A universal binary is for several architectures.
        Native::MachO(parts) if parts.len() != 1 => None,
        Native::None | Native::Damaged(..) => None,
        native => Some(native.architecture().unwrap_or("an unknown architecture")),
    }
}

/// The series of Python, such as `3.13`, by the name of libpython.
fn series(facts: &Facts, format: Format) -> Option<String> {
    let (before, after) = match format {
        Format::Elf => ("python/runtime/lib/libpython", ".so.1.0"),
        Format::MachO => ("python/runtime/lib/libpython", ".dylib"),
        // `python313.dll` has no dot, and `python3.dll` is of every series.
        Format::Pe => ("python/runtime/python3", ".dll"),
    };
    let named = facts.entries.keys().filter_map(|name| name.strip_prefix(before)?.strip_suffix(after));
    match format {
        Format::Elf | Format::MachO => named.map(str::to_owned).next(),
        Format::Pe => named.filter(|minor| minor.parse::<u8>().is_ok()).map(|minor| format!("3.{minor}")).next(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Dist;
    use super::*;

    #[test]
    fn metadata_that_cannot_be_read_is_found() {
        Dist::linux().trips("bad-metadata", "metadata.json: EOF", |dist| {
            dist.facts.metadata = Document::Unusable("EOF".into());
        });
    }

    #[test]
    fn the_architecture_is_that_of_the_binary() {
        let nameless = Some("an unknown architecture");
        let found = |mut dist: Dist, file: &str, change: &dyn Fn(&mut Dist)| {
            change(&mut dist);
            architecture(&dist.facts, file)
        };
        for (machine, wanted) in [
            (object::elf::EM_X86_64, Some("x86_64")),
            (object::elf::EM_AARCH64, Some("aarch64")),
            (object::elf::EM_ARM, nameless),
        ] {
            let change = |dist: &mut Dist| dist.elf("bin/app-bin").machine = machine.0;
            assert_eq!(found(Dist::linux(), "bin/app-bin", &change), wanted);
        }
        for (cpu, wanted) in [
            (object::macho::CPU_TYPE_X86_64, Some("x86_64")),
            (object::macho::CPU_TYPE_ARM64, Some("aarch64")),
            (object::macho::CPU_TYPE_ARM, nameless),
        ] {
            let change = |dist: &mut Dist| dist.macho("bin/app-bin").cpu = cpu.0;
            assert_eq!(found(Dist::macos(), "bin/app-bin", &change), wanted);
            let universal = |dist: &mut Dist| {
                let other = dist.macho("bin/app-bin").clone();
                dist.macho("bin/app-bin").cpu = cpu.0;
                let Native::MachO(parts) = &mut dist.content("bin/app-bin").native else { panic!("it is not Mach-O") };
                parts.push(other);
            };
            assert_eq!(found(Dist::macos(), "bin/app-bin", &universal), None);
        }
        for (machine, wanted) in [
            (object::pe::IMAGE_FILE_MACHINE_AMD64, Some("x86_64")),
            (object::pe::IMAGE_FILE_MACHINE_ARM64, Some("aarch64")),
            (object::pe::IMAGE_FILE_MACHINE_I386, nameless),
        ] {
            let change = |dist: &mut Dist| dist.pe("bin/app-bin.exe").machine = machine.0;
            assert_eq!(found(Dist::windows(), "bin/app-bin.exe", &change), wanted);
        }
        assert_eq!(found(Dist::linux(), "no/such/file", &|_| ()), None);
        assert_eq!(found(Dist::linux(), "app", &|_| ()), None, "a script has none");
    }

    #[test]
    fn each_claim_is_held_against_the_files() {
        let says = |change: fn(&mut Metadata)| move |dist: &mut Dist| change(dist.claims());
        let disagrees = |why: &str, change: fn(&mut Metadata)| {
            Dist::linux().trips("metadata-disagrees", &format!("metadata.json: {why}"), says(change));
        };
        disagrees("name is other, but `Cargo.toml` has app", |claims| claims.name = "other".into());
        disagrees("version is 9.9, but `Cargo.toml` has 1.2.3", |claims| claims.version = "9.9".into());
        disagrees("launcher is x, but the policy has app", |claims| claims.launcher = "x".into());
        disagrees("binary is x, but the policy has bin/app-bin", |claims| claims.binary = "x".into());
        disagrees("platform.os is macos, but the program is for linux", |claims| claims.platform.os = "macos".into());
        disagrees("platform.arch is x, but the program is for x86_64", |claims| claims.platform.arch = "x".into());
        disagrees("target is x, but the program is for x86_64-unknown-linux-gnu", |claims| claims.target = "x".into());
        let floor = |said| format!("platform.libc_floor is {said}, but the newest glibc that a file needs is 2.17");
        disagrees(&floor("none"), |claims| claims.platform.libc_floor = None);
        disagrees(&floor("2.36"), |claims| claims.platform.libc_floor = Some("2.36".into()));
        let series = "python.version is 3.12.x, but libpython is 3.13.x";
        disagrees(series, |claims| claims.python.version = "3.12.1".into());
        let floor = "platform.os_floor is 10.15, but the newest macOS that a file needs is 11.0";
        let older = says(|claims| claims.platform.os_floor = Some("10.15".into()));
        Dist::macos().trips("metadata-disagrees", floor, older);
        Dist::macos().trips(
            "metadata-disagrees",
            "target",
            says(|claims| claims.target = "x86_64-apple-darwin".into()),
        );
    }
}
