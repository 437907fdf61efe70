//! Judges PE files as Windows takes them: the libraries they load, the machine they are for, hardening. They have no search
//! paths: Windows looks into the folder of the program, and Python adds that of the module that it loads.

use super::Findings;
use super::loader::{Libraries, folder_of};
use crate::finding::Id;
use crate::object::pe::Pe;
use crate::object::{Format, Native};
use crate::verify::facts::Facts;
use crate::verify::pattern::any;
use crate::verify::policy::{self, FormatRules, Policy, Weakness, foreign};

pub fn judge(facts: &Facts, policy: &Policy, findings: &mut Findings) {
    let rules = &policy.pe;
    let libraries = Libraries::of(facts, true);
    let program = rules.place(policy::Role::Program);
    let machine = files(facts).find(|(file, _)| *file == program).map(|(_, pe)| pe.machine);
    for (file, pe) in files(facts) {
        if let Some(machine) = machine
            && machine != pe.machine
        {
            let why = format!("it is for {}, but {program} for {}", named(pe.machine), named(machine));
            findings.add(Id::WrongMachine, file, why);
        }
        needed(file, pe, rules, &libraries, findings);
        if let Some(path) = pe.pdb.as_deref().filter(|path| is_absolute(path)) {
            findings.add(Id::BuildPath, file, format!("its debug information was at {path}"));
        }
        let mut weak = |has, weakness, why| findings.weak(has, weakness, Format::Pe, file, why);
        weak(!pe.aslr, Weakness::NoPie, "it has no DYNAMICBASE, so its address is fixed");
        weak(!pe.nx, Weakness::ExecutableStack, "it has no NXCOMPAT, so its stack and heap are executable");
        weak(!pe.cfg, Weakness::NoCfg, "it has no GUARD_CF, so its indirect calls are not checked");
    }
}

fn files(facts: &Facts) -> impl Iterator<Item = (&str, &Pe)> {
    facts.files().filter_map(|(name, content)| match &content.native {
        Native::Pe(pe) => Some((name, &**pe)),
        _ => None,
    })
}

fn needed(file: &str, pe: &Pe, rules: &FormatRules, libraries: &Libraries, findings: &mut Findings) {
    for library in &pe.imports {
        if rules.is_of_the_system(&library.to_lowercase()) {
            continue;
        }
        let found = libraries.named(library);
        if library.contains(['/', '\\', ':']) {
            findings.add(Id::ForeignNeeded, file, format!("{library} is a path, and Windows looks nowhere else"));
        } else if found.is_empty() {
            findings.add(Id::ForeignNeeded, file, foreign(library));
        } else if !finds(file, pe, library, rules, libraries) {
            let why = format!("{library} is at {}, where Windows does not look for it", found.join(", "));
            findings.add(Id::UnresolvedNeeded, file, why);
        }
    }
}

/// Whether a file finds a library. A program looks beside itself; what any program may load has to find its libraries
/// beside itself, or beside each of them.
fn finds(file: &str, pe: &Pe, library: &str, rules: &FormatRules, libraries: &Libraries) -> bool {
    let stands_in = |folder: &str| libraries.in_folder(folder, library).is_some();
    let beside_programs =
        || !rules.libraries.is_empty() && rules.libraries.iter().all(|entry| stands_in(&entry.folder));
    let added = rules.search_path(file).map_or(&[][..], |entry| &entry.inside);
    let in_added = || libraries.named(library).iter().any(|path| any(added, folder_of(path)));
    stands_in(folder_of(file)) || pe.library && (beside_programs() || in_added())
}

fn named(machine: u16) -> String {
    match object::pe::Machine(machine) {
        object::pe::IMAGE_FILE_MACHINE_I386 => "32-bit x86".into(),
        object::pe::IMAGE_FILE_MACHINE_AMD64 => "x86_64".into(),
        object::pe::IMAGE_FILE_MACHINE_ARM64 => "aarch64".into(),
        _ => format!("the machine {machine:#06x}"),
    }
}

/// Whether a path of Windows, or one that a linker on another system wrote, leads to one place of one machine.
fn is_absolute(path: &str) -> bool {
    path.starts_with(['/', '\\']) || path.get(1..2) == Some(":")
}

#[cfg(test)]
mod tests {
    use super::super::testing::Dist;

    const SSL: &str = "python/runtime/DLLs/_ssl.pyd";

    fn imports(file: &'static str, library: &'static str) -> impl FnOnce(&mut Dist) {
        move |dist| dist.pe(file).imports.push(library.into())
    }

    #[test]
    fn imports_are_the_systems_or_found() {
        Dist::windows().trips("foreign-needed", "libffi-8.dll is neither", imports("bin/app-bin.exe", "libffi-8.dll"));
        let absolute = imports("bin/app-bin.exe", r"C:\Python\python313.dll");
        Dist::windows().trips("foreign-needed", r"python313.dll is a path", absolute);
        let case = imports("bin/app-bin.exe", "PYTHON313.DLL");
        assert_eq!(Dist::windows().with(case).findings(), Vec::<String>::new());
    }

    /// Neither PATH nor the folder of the Python counts: the program ends before `main`.
    #[test]
    fn a_library_stands_beside_each_program_that_may_load_it() {
        for (gone, wanted) in [
            ("bin/python313.dll", "bin/app-bin.exe: python313.dll is at python/runtime/python313.dll, where Windows"),
            ("bin/vcruntime140.dll", "bin/python313.dll: VCRUNTIME140.dll is at python/runtime/vcruntime140.dll"),
            ("bin/vcruntime140.dll", "DLLs/_ssl.pyd: VCRUNTIME140.dll is at python/runtime/vcruntime140.dll"),
            ("python/runtime/vcruntime140.dll", "python.exe: VCRUNTIME140.dll is at bin/vcruntime140.dll"),
        ] {
            let remove = |dist: &mut Dist| assert!(dist.facts.entries.remove(gone).is_some());
            Dist::windows().trips("unresolved-needed", wanted, remove);
        }
        // A module's own folder counts for the module, and for nothing else.
        let ssl = imports("bin/app-bin.exe", "libssl-3.dll");
        Dist::windows().trips("unresolved-needed", "libssl-3.dll is at python/runtime/DLLs", ssl);
        let ssl = imports("python/runtime/python313.dll", "libssl-3.dll");
        Dist::windows().trips("unresolved-needed", "python313.dll: libssl-3.dll is at", ssl);
    }

    #[test]
    fn a_wheel_finds_what_it_brings() {
        let wheel = |dist: &mut Dist, file: &str, imports: &[&str]| {
            dist.add_pe(&format!("python/runtime/Lib/site-packages/{file}"), imports);
        };
        let sound = Dist::windows().with(|dist| {
            wheel(dist, "pack/core.pyd", &["blas.dll", "python3.dll"]);
            wheel(dist, "pack.libs/blas.dll", &["VCRUNTIME140.dll"]);
        });
        assert_eq!(sound.findings(), Vec::<String>::new());
        Dist::windows().trips("unresolved-needed", "core.pyd: libcrypto-3.dll", |dist| {
            wheel(dist, "pack/core.pyd", &["libcrypto-3.dll"]);
        });
    }

    #[test]
    fn a_file_is_for_the_machine_of_the_program() {
        let change = |machine| move |dist: &mut Dist| dist.pe(SSL).machine = machine;
        Dist::windows().trips("wrong-machine", "it is for 32-bit x86, but bin/app-bin.exe for x86_64", change(0x14c));
        Dist::windows().trips("wrong-machine", "_ssl.pyd: it is for aarch64", change(0xaa64));
        let launcher = |dist: &mut Dist| {
            dist.add_pe("python/runtime/Lib/site-packages/pip/_vendor/distlib/t32.exe", &[]);
            dist.pe("python/runtime/Lib/site-packages/pip/_vendor/distlib/t32.exe").machine = 0x14c;
        };
        assert_eq!(Dist::windows().with(launcher).findings(), Vec::<String>::new());
    }

    #[test]
    fn the_place_of_debug_information_tells_of_the_build_machine() {
        let database = |path: &'static str| move |dist: &mut Dist| dist.pe("bin/app-bin.exe").pdb = Some(path.into());
        for path in [r"D:\a\app\app.pdb", "/zone/app.pdb", r"\\server\app.pdb"] {
            Dist::windows().trips(
                "build-path",
                &format!("bin/app-bin.exe: its debug information was at {path}"),
                database(path),
            );
        }
        assert_eq!(Dist::windows().with(database("app.pdb")).findings(), Vec::<String>::new());
        let upstream = |dist: &mut Dist| dist.pe("bin/python313.dll").pdb = Some(r"D:\a\1\b\python313.pdb".into());
        assert_eq!(Dist::windows().with(upstream).findings(), Vec::<String>::new());
    }

    #[test]
    fn a_weak_program_is_found() {
        Dist::windows().trips("no-pie", "python313.dll", |dist| dist.pe("python/runtime/python313.dll").aslr = false);
        Dist::windows().trips("executable-stack", "app-bin", |dist| dist.pe("bin/app-bin.exe").nx = false);
        let guarded = "[[pe.hardening]]\nfiles = [\"bin/*.exe\"]\nrefuse = [\"no-cfg\"]\nreason = \"a test\"\n";
        assert_eq!(
            Dist::windows().findings_with(guarded),
            ["no-cfg: bin/app-bin.exe: it has no GUARD_CF, so its indirect calls are not checked"]
        );
        let guard = |dist: &mut Dist| dist.pe("bin/app-bin.exe").cfg = true;
        assert_eq!(Dist::windows().with(guard).findings_with(guarded), Vec::<String>::new());
    }

    #[test]
    fn nothing_importable_stands_beside_the_program() {
        for name in [
            "bin/python313.zip",
            "bin/os.py",
            "bin/x.pyc",
            "bin/_ssl.pyd",
            "bin/app-bin._pth",
            "bin/pyvenv.cfg",
            "bin/Encodings/x",
        ] {
            Dist::windows().trips("misplaced-file", name, |dist| dist.file(name, crate::object::Native::None));
        }
        Dist::windows()
            .trips("misplaced-file", "bin/OS.PY", |dist| dist.file("bin/OS.PY", crate::object::Native::None));
    }
}
