//! Judges Mach-O files as dyld takes them: search paths, libraries, the oldest macOS, hardening.

use super::Findings;
use super::loader::{Libraries, folder_of, resolve, takes};
use crate::finding::Id;
use crate::object::macho::{FileType, MachO};
use crate::object::{Format, Native};
use crate::verify::facts::Facts;
use crate::verify::policy::{self, FormatRules, Policy, Weakness};

pub fn judge(facts: &Facts, policy: &Policy, findings: &mut Findings) {
    let rules = &policy.macho;
    let libraries = Libraries::of(facts, false);
    for (file, macho) in files(facts).filter(|(_, macho)| macho.kind != FileType::Other) {
        let place = Place { file, program: folder_of(rules.place(policy::Role::Program)) };
        search_paths(&place, macho, rules, findings);
        needed(&place, macho, rules, &libraries, findings);
        if let Some(name) = &macho.install_name
            && name.starts_with('/')
        {
            findings.add(Id::AbsoluteInstallName, file, name);
        }
        if let (Some(asked), Some(floor)) = (macho.minos, &rules.floor)
            && asked > floor.version
        {
            let most = floor.version;
            let why = format!("it needs macOS {}.{}, wanted {}.{} at most", asked.0, asked.1, most.0, most.1);
            findings.add(Id::MacosFloor, file, why);
        }
        let mut weak = |has, weakness, why| findings.weak(has, weakness, Format::MachO, file, why);
        weak(macho.kind == FileType::Program && !macho.pie, Weakness::NoPie, "the program is not position-independent");
        weak(macho.executable_stack, Weakness::ExecutableStack, "it asks for an executable stack");
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

/// The path of a file, and the folder of the program that loads it.
struct Place<'a> {
    file: &'a str,
    program: &'a str,
}

impl Place<'_> {
    fn resolve(&self, path: &str) -> Option<String> {
        let own = folder_of(self.file);
        match path.split_once('/').unwrap_or((path, "")) {
            ("@loader_path", rest) => resolve(own, rest),
            // The runtime has programs of its own in another folder.
            ("@executable_path", rest) if own.ends_with("/bin") => resolve(own, rest),
            ("@executable_path", rest) => resolve(self.program, rest),
            _ => None,
        }
    }
}

fn search_paths(place: &Place, macho: &MachO, rules: &FormatRules, findings: &mut Findings) {
    let rule = rules.search_path(place.file);
    if macho.rpaths.is_empty() && macho.kind == FileType::Program && rule.is_some_and(|rule| rule.required) {
        let wanted = rule.map_or(String::new(), |rule| rule.exactly.join(" "));
        findings.add(Id::NoRpath, place.file, format!("wanted LC_RPATH {wanted}"));
    }
    for entry in &macho.rpaths {
        if entry.starts_with('/') {
            findings.add(Id::AbsoluteRpath, place.file, entry);
        } else if !takes(rule, entry, place.resolve(entry).as_deref()) {
            findings.add(Id::ForeignRpath, place.file, entry);
        }
    }
}

fn needed(place: &Place, macho: &MachO, rules: &FormatRules, libraries: &Libraries, findings: &mut Findings) {
    let own = macho.rpaths.iter().filter_map(|entry| place.resolve(entry));
    let folders: Vec<String> = own.chain(rules.libraries.iter().map(|entry| entry.folder.clone())).collect();
    for library in macho.needed.iter().filter(|library| !rules.is_of_the_system(library)) {
        let stands = |path: Option<String>| {
            path.is_some_and(|path| libraries.in_folder(folder_of(&path), super::loader::name_of(&path)).is_some())
        };
        let found = match library.strip_prefix("@rpath/") {
            Some(rest) => folders.iter().any(|folder| stands(resolve(folder, rest))),
            None => stands(place.resolve(library)),
        };
        if found {
            continue;
        }
        if library.starts_with('@') {
            findings.add(Id::UnresolvedNeeded, place.file, format!("{library} is not on its search path"));
        } else {
            findings.add(Id::ForeignNeeded, place.file, format!("{library} is neither in the dist nor in the system"));
        }
    }
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
    fn names_systems_and_flags_are_judged() {
        let name = |name: &'static str| change(LIBPYTHON, move |macho| macho.install_name = Some(name.into()));
        Dist::macos().trips("absolute-install-name", "/install/lib/libpython", name("/install/lib/libpython.dylib"));
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
