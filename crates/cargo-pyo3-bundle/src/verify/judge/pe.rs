//! Judges PE files as Windows takes them: the libraries they import and hardening. They have no search paths.

use super::Findings;
use super::loader::{Libraries, folder_of};
use crate::finding::Id;
use crate::object::{Format, Native};
use crate::verify::facts::Facts;
use crate::verify::policy::{Policy, Weakness};

pub fn judge(facts: &Facts, policy: &Policy, findings: &mut Findings) {
    let rules = &policy.pe;
    let libraries = Libraries::of(facts, true);
    for (file, content) in facts.files() {
        let Native::Pe(pe) = &content.native else { continue };
        for library in &pe.imports {
            let folders = rules.libraries.iter().map(|entry| entry.folder.as_str());
            let mut folders = std::iter::once(folder_of(file)).chain(folders);
            if rules.is_of_the_system(&library.to_lowercase()) {
                continue;
            }
            if libraries.named(library).is_empty() {
                findings.add(Id::ForeignNeeded, file, format!("{library} is neither in the dist nor in the system"));
            } else if !folders.any(|folder| libraries.in_folder(folder, library).is_some()) {
                let found = libraries.named(library).join(", ");
                let why = format!("{library} is at {found}, which is not on its search path");
                findings.add(Id::UnresolvedNeeded, file, why);
            }
        }
        let mut weak = |has, weakness, why| findings.weak(has, weakness, Format::Pe, file, why);
        weak(!pe.aslr, Weakness::NoPie, "it has no DYNAMICBASE, so its address is fixed");
        weak(!pe.nx, Weakness::ExecutableStack, "it has no NXCOMPAT, so its stack and heap are executable");
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Dist;

    #[test]
    fn imports_are_the_systems_or_found() {
        let imports =
            |library: &'static str| move |dist: &mut Dist| dist.pe("bin/app-bin.exe").imports.push(library.into());
        Dist::windows().trips("foreign-needed", "libssl-3.dll is neither", imports("libssl-3.dll"));
        Dist::windows().trips("unresolved-needed", "bin/app-bin.exe, which is not", |dist| {
            dist.pe("python/runtime/python313.dll").imports.push("app-bin.exe".into());
        });
        let case = imports("PYTHON313.DLL");
        assert_eq!(Dist::windows().with(case).findings(), Vec::<String>::new());
    }

    #[test]
    fn a_weak_program_is_found() {
        Dist::windows().trips("no-pie", "python313.dll", |dist| dist.pe("python/runtime/python313.dll").aslr = false);
        Dist::windows().trips("executable-stack", "app-bin", |dist| dist.pe("bin/app-bin.exe").nx = false);
    }
}
