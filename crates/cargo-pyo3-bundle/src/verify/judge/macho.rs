//! Judges Mach-O files as dyld takes them: search paths, libraries, install names, signatures, the oldest macOS.

use super::Findings;
use super::loader::{Libraries, folder_of, name_of, resolve, takes};
use crate::finding::Id;
use crate::object::macho::signature::{Signature, Signer};
use crate::object::macho::{FileType, MachO};
use crate::object::{Format, Native};
use crate::verify::facts::Facts;
use crate::verify::policy::{self, FormatRules, Policy, Weakness};
use std::collections::BTreeMap;

pub fn judge(facts: &Facts, policy: &Policy, findings: &mut Findings) {
    let rules = &policy.macho;
    let libraries = Libraries::of(facts, false);
    let of_program = files(facts).find(|(file, _)| *file == rules.place(policy::Role::Program));
    let program = of_program.map(|(_, macho)| &macho.signature);
    let mut machines: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    files(facts).for_each(|(file, part)| machines.entry(file).or_default().push(part.cpu));
    for (file, macho) in files(facts).filter(|(_, macho)| macho.kind != FileType::Other) {
        let part =
            if machines[file].len() > 1 { format!("its part for {}: ", macho.architecture()) } else { String::new() };
        let place = Place { file, macho, part, rules, libraries: &libraries, machines: &machines };
        place.search_paths(findings);
        place.needed(findings);
        place.install_name(findings);
        place.signature(program, findings);
        if let (Some(asked), Some(floor)) = (macho.minos, &rules.floor)
            && asked > floor.version
        {
            let most = floor.version;
            let why = format!("it needs macOS {}.{}, wanted {}.{} at most", asked.0, asked.1, most.0, most.1);
            place.add(findings, Id::MacosFloor, &why);
        }
        let mut weak = |has, weakness, why: &str| {
            findings.weak(has, weakness, Format::MachO, file, &format!("{}{why}", place.part));
        };
        weak(macho.kind == FileType::Program && !macho.pie, Weakness::NoPie, "the program is not position-independent");
        weak(macho.executable_stack, Weakness::ExecutableStack, "it asks for an executable stack");
        let is_unsigned = macho.needs_signature() && macho.signature == Signature::Absent;
        weak(is_unsigned, Weakness::Unsigned, "it has no code signature, which macOS on arm64 asks for");
    }
    duplicates(facts, findings);
}

/// The facts of each architecture of each file.
fn files(facts: &Facts) -> impl Iterator<Item = (&str, &MachO)> {
    facts.files().flat_map(|(name, content)| {
        let parts = if let Native::MachO(parts) = &content.native { parts.as_slice() } else { &[] };
        parts.iter().map(move |part| (name, part))
    })
}

fn duplicates(facts: &Facts, findings: &mut Findings) {
    // The architectures of one file have one name.
    let first = facts.files().filter_map(|(name, content)| match &content.native {
        Native::MachO(parts) => Some((parts.first()?.install_name.as_deref()?, name)),
        _ => None,
    });
    super::elf::duplicates(first, findings);
}

/// One architecture of a file, and all that is needed to judge it.
struct Place<'a> {
    file: &'a str,
    macho: &'a MachO,
    /// Words that name the architecture, for a file that has several.
    part: String,
    rules: &'a FormatRules,
    libraries: &'a Libraries<'a>,
    /// The architectures of each file.
    machines: &'a BTreeMap<&'a str, Vec<u32>>,
}

impl Place<'_> {
    fn add(&self, findings: &mut Findings, id: Id, why: &str) {
        findings.add(id, self.file, format!("{}{why}", self.part));
    }

    /// Resolves a path that starts with a place which dyld knows.
    fn resolve(&self, path: &str) -> Option<String> {
        let own = folder_of(self.file);
        match path.split_once('/').unwrap_or((path, "")) {
            ("@loader_path", rest) => resolve(own, rest),
            // The runtime has programs of its own in another folder.
            ("@executable_path", rest) if own.ends_with("/bin") => resolve(own, rest),
            // A library is loaded by a program of another folder.
            ("@executable_path", rest) => resolve(folder_of(self.rules.place(policy::Role::Program)), rest),
            _ => None,
        }
    }

    fn search_paths(&self, findings: &mut Findings) {
        let (macho, rule) = (self.macho, self.rules.search_path(self.file));
        if macho.rpaths.is_empty() && macho.kind == FileType::Program && rule.is_some_and(|rule| rule.required) {
            let wanted = rule.map_or(String::new(), |rule| rule.exactly.join(" "));
            self.add(findings, Id::NoRpath, &format!("wanted LC_RPATH {wanted}"));
        }
        for entry in &macho.rpaths {
            if entry.starts_with('/') {
                self.add(findings, Id::AbsoluteRpath, entry);
            } else if !takes(rule, entry, self.resolve(entry).as_deref()) {
                self.add(findings, Id::ForeignRpath, entry);
            }
        }
        if rule.is_some_and(|rule| rule.required) && macho.rpaths.len() > 1 {
            self.add(
                findings,
                Id::ForeignRpath,
                &format!("it has {} entries LC_RPATH, wanted one", macho.rpaths.len()),
            );
        }
        for variable in &macho.environment {
            self.add(
                findings,
                Id::ForeignRpath,
                &format!("LC_DYLD_ENVIRONMENT {variable}: it changes where dyld looks"),
            );
        }
    }

    fn needed(&self, findings: &mut Findings) {
        if let Some(loader) = &self.macho.loader
            && !self.rules.is_of_the_system(loader)
        {
            self.add(findings, Id::ForeignNeeded, &format!("it needs the loader {loader}, which no macOS has"));
        }
        for library in &self.macho.needed {
            if is_python(library) && library.starts_with('/') {
                self.add(findings, Id::ForeignNeeded, &format!("{library} is another Python than the dist's"));
            } else if !self.rules.is_of_the_system(library) {
                self.look_up(library, findings);
            }
        }
    }

    fn look_up(&self, library: &str, findings: &mut Findings) {
        let own = self.macho.rpaths.iter().filter_map(|entry| self.resolve(entry));
        let folders = own.chain(self.rules.libraries.iter().map(|entry| entry.folder.clone()));
        let places: Vec<String> = match library.strip_prefix("@rpath/") {
            Some(rest) => folders.filter_map(|folder| resolve(&folder, rest)).collect(),
            None => self.resolve(library).into_iter().collect(),
        };
        let mut found = places.iter().filter_map(|path| self.libraries.in_folder(folder_of(path), name_of(path)));
        let other = match found.next() {
            // Of a library behind a link only the name is known.
            Some(path) if self.machines.get(path).is_some_and(|cpus| !cpus.contains(&self.macho.cpu)) => path,
            Some(_) => return,
            None if library.starts_with('@') => {
                return self.add(findings, Id::UnresolvedNeeded, &format!("{library} is not on its search path"));
            }
            None => return self.add(findings, Id::ForeignNeeded, &policy::foreign(library)),
        };
        let why = format!("{library} is at {other}, which is not for {}", self.macho.architecture());
        self.add(findings, Id::UnresolvedNeeded, &why);
    }

    /// Judges the name that the linker takes over from a library into all that it links with it.
    fn install_name(&self, findings: &mut Findings) {
        let Some(name) = &self.macho.install_name else { return };
        let stands = || self.libraries.in_folder(folder_of(self.file), name_of(name)).is_some();
        if name.starts_with('/') {
            self.add(findings, Id::AbsoluteInstallName, name);
        } else if !name.starts_with('@') || !stands() {
            let why = format!("{name} is not the place of a library in {}", folder_of(self.file));
            self.add(findings, Id::WrongInstallName, &why);
        }
    }

    /// A program with a certificate wants the same team in every file, and the hardened runtime in every program.
    fn signature(&self, program: Option<&Signature>, findings: &mut Findings) {
        let own = match &self.macho.signature {
            Signature::Broken(why) => return self.add(findings, Id::BrokenSignature, why),
            Signature::Absent => None,
            Signature::Whole(own) => Some(own),
        };
        let Some(Signature::Whole(wanted)) = program.filter(|signature| signature.has_certificate()) else { return };
        let found = match own {
            None => "by nobody".to_owned(),
            Some(own) if own.ad_hoc => "ad hoc".to_owned(),
            Some(own) if own.team != wanted.team => format!("by {}", team(own)),
            Some(own) if !own.hardened && self.macho.kind == FileType::Program => {
                "without the hardened runtime".to_owned()
            }
            Some(_) => return,
        };
        self.add(findings, Id::OtherSigner, &format!("it is signed {found}, the program by {}", team(wanted)));
    }
}

fn team(signer: &Signer) -> String {
    signer.team.as_deref().map_or("no team".to_owned(), |team| format!("the team {team}"))
}

/// Whether a library is a Python: `libpython3.13.dylib`, or the `Python` of a framework.
fn is_python(library: &str) -> bool {
    let name = name_of(library);
    name.starts_with("libpython") || name == "Python"
}

#[cfg(test)]
mod tests {
    use super::super::testing::Dist;
    use super::*;

    const LIBPYTHON: &str = "python/runtime/lib/libpython3.13.dylib";

    fn change(file: &'static str, change: impl FnOnce(&mut MachO)) -> impl FnOnce(&mut Dist) {
        move |dist| change(dist.macho(file))
    }

    #[test]
    fn search_paths_are_the_contracts() {
        let rpaths = |file, path: &'static str| change(file, move |macho| macho.rpaths = vec![path.into()]);
        Dist::macos().trips("absolute-rpath", "bin/app-bin: /opt/lib", rpaths("bin/app-bin", "/opt/lib"));
        Dist::macos().trips("foreign-rpath", "@loader_path/x", rpaths("bin/app-bin", "@loader_path/x"));
        Dist::macos().trips("foreign-rpath", LIBPYTHON, rpaths(LIBPYTHON, "@loader_path/../../../.."));
        Dist::macos().trips("no-rpath", "bin/app-bin", change("bin/app-bin", |macho| macho.rpaths.clear()));
        // `@executable_path` is a program's own folder, and for a library the folder of the program that loads it.
        let same = [
            (LIBPYTHON, "@loader_path"),
            (LIBPYTHON, "@executable_path/../python/runtime/lib"),
            ("python/runtime/bin/python3", "@executable_path/../lib"),
        ];
        for (file, path) in same {
            assert_eq!(Dist::macos().with(rpaths(file, path)).findings(), Vec::<String>::new(), "{file} {path}");
        }
        let others =
            [(LIBPYTHON, "@executable_path/../lib"), ("python/runtime/bin/python3", "@executable_path/../python")];
        for (file, path) in others {
            Dist::macos().trips("foreign-rpath", &format!("{file}: {path}"), rpaths(file, path));
        }
    }

    #[test]
    fn libraries_are_the_systems_or_found() {
        let needs = |library: &'static str| change("bin/app-bin", move |macho| macho.needed.push(library.into()));
        Dist::macos().trips("foreign-needed", "/opt/homebrew", needs("/opt/homebrew/lib/libssl.3.dylib"));
        Dist::macos().trips("unresolved-needed", "@rpath/libx.dylib", needs("@rpath/libx.dylib"));
        Dist::macos().trips("unresolved-needed", "@loader_path/libx.dylib", needs("@loader_path/libx.dylib"));
        let by_place = needs("@executable_path/../python/runtime/lib/libpython3.13.dylib");
        assert_eq!(Dist::macos().with(by_place).findings(), Vec::<String>::new());
    }

    #[test]
    fn a_library_is_for_the_architecture_of_the_file_that_needs_it() {
        let x86_64 = object::macho::CPU_TYPE_X86_64.0;
        let wanted = "python/runtime/lib/libpython3.13.dylib, which is not for arm64";
        Dist::macos().trips("unresolved-needed", wanted, change(LIBPYTHON, |macho| macho.cpu = x86_64));
        // One of the halves of a fat library is enough, and each is judged.
        let fat = |signature: Signature| {
            move |dist: &mut Dist| {
                let other = MachO { cpu: x86_64, signature, ..dist.macho(LIBPYTHON).clone() };
                let Native::MachO(parts) = &mut dist.content(LIBPYTHON).native else { panic!("it is Mach-O") };
                parts.push(other);
            }
        };
        assert_eq!(Dist::macos().with(fat(Signature::Absent)).findings(), Vec::<String>::new());
        let wanted = format!("{LIBPYTHON}: its part for x86_64: page 1");
        Dist::macos().trips("broken-signature", &wanted, fat(Signature::Broken("page 1".into())));
    }

    #[test]
    fn no_other_python_and_no_other_loader_is_taken() {
        for python in
            ["/System/Library/Frameworks/Python.framework/Versions/3.13/Python", "/usr/lib/libpython3.13.dylib"]
        {
            let needs = change("bin/app-bin", |macho| macho.needed.push(python.into()));
            Dist::macos().trips("foreign-needed", &format!("{python} is another Python"), needs);
        }
        let loader = change("bin/app-bin", |macho| macho.loader = Some("/opt/dyld".into()));
        Dist::macos().trips("foreign-needed", "the loader /opt/dyld", loader);
        let variable = change("bin/app-bin", |macho| macho.environment.push("DYLD_LIBRARY_PATH=/opt".into()));
        Dist::macos().trips("foreign-rpath", "LC_DYLD_ENVIRONMENT DYLD_LIBRARY_PATH=/opt", variable);
        let twice = change("bin/app-bin", |macho| macho.rpaths.push(macho.rpaths[0].clone()));
        Dist::macos().trips("foreign-rpath", "2 entries LC_RPATH", twice);
    }

    #[test]
    fn signatures_are_there_and_fit() {
        let signature = |signature| change("bin/app-bin", move |macho| macho.signature = signature);
        Dist::macos().trips("unsigned", "bin/app-bin", signature(Signature::Absent));
        Dist::macos().trips("broken-signature", "bin/app-bin: page 3", signature(Signature::Broken("page 3".into())));
        // All that a certificate's program loads is signed by the same team, or not even checked by Apple.
        let of =
            |team: &str, hardened| Signature::Whole(Signer { ad_hoc: false, hardened, team: Some(team.to_owned()) });
        let all = |last: Signature| {
            let mut dist = Dist::macos();
            for (file, signature) in
                [("bin/app-bin", of("A", true)), ("python/runtime/bin/python3", last), (LIBPYTHON, of("A", false))]
            {
                dist.macho(file).signature = signature;
            }
            dist.findings()
        };
        assert_eq!(all(of("A", true)), Vec::<String>::new());
        let python = "other-signer: python/runtime/bin/python3: it is signed";
        let ad_hoc = Signature::Whole(Signer { ad_hoc: true, ..Signer::default() });
        for (last, how) in
            [(of("A", false), "without the hardened runtime"), (of("B", true), "by the team B"), (ad_hoc, "ad hoc")]
        {
            assert_eq!(all(last), [format!("{python} {how}, the program by the team A")]);
        }
        assert!(all(Signature::Absent).contains(&format!("{python} by nobody, the program by the team A")));
    }

    #[test]
    fn names_systems_and_flags_are_judged() {
        let name = |name: &'static str| change(LIBPYTHON, move |macho| macho.install_name = Some(name.into()));
        Dist::macos().trips("absolute-install-name", "/install/lib/libpython", name("/install/lib/libpython.dylib"));
        for other in ["@rpath/libpython3.12.dylib", "libpython3.13.dylib", "@rpath/"] {
            Dist::macos().trips("wrong-install-name", &format!("{LIBPYTHON}: {other} is not"), name(other));
        }
        let wheel = "python/runtime/lib/python3.13/site-packages/x/.dylibs/libx.dylib";
        let of_delocate = |dist: &mut Dist| {
            let part =
                MachO { install_name: Some("/DLC/x/.dylibs/libx.dylib".into()), ..dist.macho(LIBPYTHON).clone() };
            dist.file(wheel, Native::MachO(vec![part]));
        };
        assert_eq!(Dist::macos().with(of_delocate).findings(), Vec::<String>::new());
        Dist::macos().trips("duplicate-soname", "libz", |dist| {
            let part = MachO { install_name: Some("@rpath/libz.dylib".into()), ..MachO::default() };
            dist.file("python/runtime/lib/libz.dylib", Native::MachO(vec![part.clone()]));
            dist.file("python/runtime/lib/libz.1.dylib", Native::MachO(vec![part]));
        });
        Dist::macos().trips("macos-floor", "macOS 14.2", change("bin/app-bin", |macho| macho.minos = Some((14, 2))));
        Dist::macos().trips("no-pie", "bin/app-bin", change("bin/app-bin", |macho| macho.pie = false));
        Dist::macos().trips("executable-stack", LIBPYTHON, change(LIBPYTHON, |macho| macho.executable_stack = true));
    }
}
