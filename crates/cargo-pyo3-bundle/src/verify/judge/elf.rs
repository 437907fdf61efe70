//! Judges ELF files as glibc's loader takes them: search paths, libraries, the version of glibc, hardening.

use super::Findings;
use super::loader::{Libraries, folder_of, name_of, resolve, takes};
use crate::finding::Id;
use crate::object::elf::{Elf, FileType, origin};
use crate::object::{Format, Version};
use crate::verify::facts::Facts;
use crate::verify::policy::{FormatRules, Policy, Weakness, foreign};
use std::collections::BTreeMap;

pub fn judge(facts: &Facts, policy: &Policy, max_glibc: Option<Version>, findings: &mut Findings) {
    let rules = &policy.elf;
    let libraries = Libraries::of(facts, false);
    let most = max_glibc.or(rules.floor.as_ref().map(|floor| floor.version));
    let machines: BTreeMap<&str, u16> = facts.elf_files().map(|(name, elf)| (name, elf.machine)).collect();
    for (name, elf) in facts.elf_files().filter(|(_, elf)| elf.kind != FileType::Other) {
        search_paths(name, elf, rules, findings);
        let missing = Missing { file: name, elf, rules, libraries: &libraries, machines: &machines };
        missing.judge(findings);
        if let (Some(asked), Some(most)) = (elf.glibc, most)
            && asked > most
        {
            let symbol = elf.glibc_symbol.as_deref().unwrap_or("a symbol without a name");
            let why = format!("{symbol} needs glibc {}.{}, wanted {}.{} at most", asked.0, asked.1, most.0, most.1);
            findings.add(Id::GlibcFloor, name, why);
        }
        hardening(name, elf, findings);
    }
    duplicates(facts.elf_files().filter_map(|(name, elf)| Some((elf.soname.as_deref()?, name))), findings);
}

fn search_paths(file: &str, elf: &Elf, rules: &FormatRules, findings: &mut Findings) {
    let rule = rules.search_path(file);
    if let Some(runpath) = &elf.runpath {
        let why = format!("DT_RUNPATH {}: LD_LIBRARY_PATH wins over it, and it is not inherited", runpath.join(":"));
        findings.add(Id::RunpathNotRpath, file, why);
    }
    if elf.rpath.is_none() && rule.is_some_and(|rule| rule.required) {
        let wanted = rule.map_or(String::new(), |rule| rule.exactly.join(":"));
        findings.add(Id::NoRpath, file, format!("wanted DT_RPATH {wanted}"));
    }
    for entry in elf.rpath.iter().chain(&elf.runpath).flatten() {
        let leads_to = origin(entry).and_then(|rest| resolve(folder_of(file), rest));
        if entry.starts_with('/') {
            findings.add(Id::AbsoluteRpath, file, entry);
        } else if entry.is_empty() {
            findings.add(Id::ForeignRpath, file, "an empty entry, which means the current folder");
        } else if !takes(rule, entry, leads_to.as_deref()) {
            findings.add(Id::ForeignRpath, file, entry);
        }
    }
}

/// One file, and all that is needed to look its libraries up.
struct Missing<'a> {
    file: &'a str,
    elf: &'a Elf,
    rules: &'a FormatRules,
    libraries: &'a Libraries<'a>,
    machines: &'a BTreeMap<&'a str, u16>,
}

impl Missing<'_> {
    fn judge(&self, findings: &mut Findings) {
        if let Some(loader) = &self.elf.interpreter
            && !self.rules.is_of_the_system(name_of(loader))
        {
            findings.add(
                Id::ForeignNeeded,
                self.file,
                format!("it needs the loader {loader}, which not every glibc system has"),
            );
        }
        for library in &self.elf.needed {
            if self.rules.is_of_the_system(library) {
                continue;
            }
            let (file, found) = (self.file, self.libraries.named(library));
            if library.contains('/') || found.is_empty() {
                findings.add(Id::ForeignNeeded, file, foreign(library));
            } else if !self.finds(library) {
                let why = format!("{library} is at {}, which is not on its search path", several(found));
                findings.add(Id::UnresolvedNeeded, file, why);
            }
        }
    }

    fn finds(&self, library: &str) -> bool {
        let own = self.elf.search_path().filter_map(|entry| resolve(folder_of(self.file), origin(entry)?));
        // No other file loads a program, so it inherits nothing, and DT_RUNPATH switches inheriting off.
        let inherits = self.elf.interpreter.is_none() && self.elf.runpath.is_none();
        let inherited = self.rules.libraries.iter().filter(|_| inherits).map(|entry| entry.folder.clone());
        own.chain(inherited).any(|folder| {
            let found = self.libraries.in_folder(&folder, library);
            // The loader passes over a library of another machine. Of a library behind a link only the name is known.
            found.is_some_and(|path| self.machines.get(path).is_none_or(|machine| *machine == self.elf.machine))
        })
    }
}

/// Names at most three places: a library can be in every folder.
fn several(places: &[&str]) -> String {
    match places {
        [first, second, third, _, ..] => format!("{first}, {second}, {third} and {} more places", places.len() - 3),
        places => places.join(", "),
    }
}

fn hardening(file: &str, elf: &Elf, findings: &mut Findings) {
    let mut weak = |has, weakness, why| findings.weak(has, weakness, Format::Elf, file, why);
    weak(elf.kind == FileType::Fixed, Weakness::NoPie, "the program is not position-independent");
    weak(!elf.relro, Weakness::NoRelro, "no GNU_RELRO segment");
    weak(!elf.bind_now, Weakness::NoBindNow, "symbols are bound lazily");
    weak(elf.executable_stack, Weakness::ExecutableStack, "it asks for an executable stack, or does not refuse one");
    weak(elf.textrel, Weakness::Textrel, "it has relocations in its code");
}

/// Finds libraries that have one soname: the loader takes the one that comes first for all of them.
pub fn duplicates<'a>(named: impl Iterator<Item = (&'a str, &'a str)>, findings: &mut Findings) {
    let mut first = BTreeMap::new();
    for (soname, file) in named {
        match first.get(soname) {
            None => drop(first.insert(soname, file)),
            Some(other) => findings.add(Id::DuplicateSoname, file, format!("{other} also has the soname {soname}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Dist;
    use super::*;

    const MODULE: &str = "python/runtime/lib/python3.13/lib-dynload/zlib.so";
    const WHEEL: &str = "python/runtime/lib/python3.13/site-packages/pack/core.so";

    fn change(file: &'static str, change: impl FnOnce(&mut Elf)) -> impl FnOnce(&mut Dist) {
        move |dist| change(dist.elf(file))
    }

    fn rpath(path: &str) -> Option<Vec<String>> {
        Some(path.split(':').map(str::to_owned).collect())
    }

    #[test]
    fn the_search_path_of_the_binary_is_the_contracts_to_the_letter() {
        let binary = |path: &'static str| change("bin/app-bin", move |elf| elf.rpath = rpath(path));
        Dist::linux().trips("absolute-rpath", "bin/app-bin: /opt", binary("$ORIGIN/../python/runtime/lib:/opt"));
        Dist::linux().trips("foreign-rpath", "$ORIGIN/../lib", binary("$ORIGIN/../lib"));
        Dist::linux().trips("foreign-rpath", "lib/./", binary("$ORIGIN/../python/runtime/lib/./"));
        Dist::linux().trips("foreign-rpath", "an empty entry", binary("$ORIGIN/../python/runtime/lib:"));
        Dist::linux().trips("no-rpath", "wanted DT_RPATH $ORIGIN", change("bin/app-bin", |elf| elf.rpath = None));
        Dist::linux().trips(
            "runpath-not-rpath",
            "bin/app-bin: DT_RUNPATH",
            change("bin/app-bin", |elf| elf.runpath = elf.rpath.take()),
        );
    }

    #[test]
    fn other_files_may_only_lead_to_the_same_folder() {
        let ways = |file| move |path: &'static str| change(file, move |elf| elf.rpath = rpath(path));
        assert_eq!(Dist::linux().with(ways(MODULE)("${ORIGIN}/../..")).findings(), Vec::<String>::new());
        Dist::linux().trips("foreign-rpath", MODULE, ways(MODULE)("$ORIGIN/.."));
        Dist::linux().trips("foreign-rpath", MODULE, ways(MODULE)("$ORIGINAL/../.."));
        Dist::linux().trips("foreign-rpath", MODULE, ways(MODULE)("$ORIGIN/../../../../../.."));
        Dist::linux().trips("no-rpath", "python3.13", change("python/runtime/bin/python3.13", |elf| elf.rpath = None));
    }

    #[test]
    fn a_wheels_own_libraries_are_found_by_its_own_search_path() {
        let wheel = |path: &'static str| {
            move |dist: &mut Dist| {
                dist.add_elf(WHEEL, Elf { needed: vec!["libown.so".into()], rpath: rpath(path), ..Elf::sound() });
                let library = "python/runtime/lib/python3.13/site-packages/pack.libs/libown.so";
                dist.add_elf(library, Elf::sound());
            }
        };
        assert_eq!(Dist::linux().with(wheel("$ORIGIN/../pack.libs")).findings(), Vec::<String>::new());
        Dist::linux().trips("unresolved-needed", "pack.libs/libown.so, which is not", wheel("$ORIGIN"));
    }

    #[test]
    fn a_library_that_nobody_has_is_foreign_and_one_elsewhere_is_unresolved() {
        let needs = |file, library: &'static str| change(file, move |elf| elf.needed.push(library.into()));
        Dist::linux().trips("foreign-needed", "libx.so.1 is neither", needs(MODULE, "libx.so.1"));
        Dist::linux().trips("foreign-needed", "/usr/lib/libc.so.6", needs(MODULE, "/usr/lib/libc.so.6"));
        Dist::linux().trips("foreign-needed", "/lib/ld-musl-x86_64.so.1", |dist| {
            dist.elf("bin/app-bin").interpreter = Some("/lib/ld-musl-x86_64.so.1".into());
        });
        Dist::linux().trips("unresolved-needed", "lib-dynload/zlib.so, which is not", needs("bin/app-bin", "zlib.so"));
        let without_inheriting = |dist: &mut Dist| dist.elf(MODULE).runpath = rpath("$ORIGIN");
        Dist::linux().trips("unresolved-needed", "libz.so.1 is at python/runtime/lib/libz.so.1", without_inheriting);
        let of_another_machine = |dist: &mut Dist| dist.elf("python/runtime/lib/libz.so.1").machine = 3;
        Dist::linux().trips("unresolved-needed", "libz.so.1", of_another_machine);
    }

    #[test]
    fn one_soname_is_one_file() {
        let twice = |dist: &mut Dist| {
            dist.add_elf("python/runtime/lib/libother.so", Elf { soname: Some("libz.so.1".into()), ..Elf::sound() });
        };
        Dist::linux().trips(
            "duplicate-soname",
            "libz.so.1: python/runtime/lib/libother.so also has the soname libz.so.1",
            twice,
        );
    }

    #[test]
    fn the_floor_names_the_file_and_the_symbol() {
        let dist = || Dist::linux().with(|dist| dist.max_glibc = Some((2, 17)));
        assert_eq!(dist().findings(), Vec::<String>::new());
        dist().trips("glibc-floor", "bin/app-bin: stat needs glibc 2.33, wanted 2.17 at most", |dist| {
            dist.elf("bin/app-bin").glibc = Some((2, 33));
            dist.elf("bin/app-bin").glibc_symbol = Some("stat".into());
            dist.claims().platform.libc_floor = Some("2.33".into());
        });
    }

    #[test]
    fn a_weak_program_is_found_and_a_weak_library_where_it_matters() {
        Dist::linux().trips("no-pie", "bin/app-bin", change("bin/app-bin", |elf| elf.kind = FileType::Fixed));
        Dist::linux().trips("no-bind-now", "bin/app-bin", change("bin/app-bin", |elf| elf.bind_now = false));
        for file in ["bin/app-bin", MODULE] {
            Dist::linux().trips("no-relro", file, change(file, |elf| elf.relro = false));
            Dist::linux().trips("executable-stack", file, change(file, |elf| elf.executable_stack = true));
            Dist::linux().trips("textrel", file, change(file, |elf| elf.textrel = true));
        }
        let lazy = change(MODULE, |elf| elf.bind_now = false);
        assert_eq!(Dist::linux().with(lazy).findings(), Vec::<String>::new());
        let object = change(MODULE, |elf| *elf = Elf { kind: FileType::Other, ..Elf::default() });
        assert_eq!(Dist::linux().with(object).findings(), Vec::<String>::new());
    }
}
