//! The link plan: turns target, profile and libpython into the directives that a build script prints for cargo.
//! Pure, so the arguments for every platform are tested on any host.

use pyo3_bundle_layout::layout::{INSTALL_PYTHON, LIBRARIES_FROM_BINARY};
use pyo3_bundle_layout::problem::Problem;
use std::fmt;
use std::path::{Path, PathBuf};

/// The target, as cargo's `CARGO_CFG_TARGET_OS` and `CARGO_CFG_TARGET_ENV` name it.
pub struct Target<'a> {
    pub os: &'a str,
    pub env: &'a str,
}

/// cargo's `PROFILE`: every custom profile counts as the one it inherits from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    Debug,
    Release,
}

/// What PyO3 knows about the libpython that is linked.
#[derive(Debug)]
pub struct Library<'a> {
    pub shared: bool,
    pub dir: Option<&'a str>,
    /// The name for the linker, such as `python3.13`.
    pub name: Option<&'a str>,
}

/// The cargo targets that an argument is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    Everything,
    /// Every binary of the package, whatever its name is: cargo refuses a directive for a binary that does not exist.
    Binaries,
}

/// A `cargo:` line.
#[derive(Debug, PartialEq, Eq)]
pub struct Directive {
    reach: Reach,
    argument: String,
}

impl fmt::Display for Directive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reach {
            Reach::Everything => write!(f, "cargo:rustc-link-arg={}", self.argument),
            Reach::Binaries => write!(f, "cargo:rustc-link-arg-bins={}", self.argument),
        }
    }
}

/// The kinds of loaders, which differ in how a search path is written.
enum Loader {
    Elf,
    MachO,
    /// With the linker of Microsoft or of GNU.
    Pe(Linker),
}

enum Linker {
    Msvc,
    Gnu,
}

/// Plans the relocatable search path for release binaries, and an absolute one for debug builds, so that a program in
/// `target/debug` can be started without cargo.
pub fn plan(target: &Target, profile: Profile, library: &Library) -> Result<Vec<Directive>, Problem> {
    let loader = loader_of(target)?;
    let dir = directory(library)?;
    Ok(match profile {
        Profile::Debug => arguments(Reach::Everything, &absolute(&loader, dir)),
        Profile::Release => arguments(Reach::Binaries, &relocatable(&loader)),
    })
}

/// The arguments for one release program, for a build that has no build script to print them.
pub fn of_program(target: &Target) -> Result<Vec<String>, Problem> {
    Ok(relocatable(&loader_of(target)?))
}

/// The file that the loader opens for this library.
pub fn loaded(target: &Target, library: &Library) -> Result<PathBuf, Problem> {
    let loader = loader_of(target)?;
    let dir = Path::new(directory(library)?);
    let name = library.name.ok_or_else(|| silent("the name of its libpython"))?;
    Ok(match loader {
        Loader::Elf => dir.join(format!("lib{name}.so.1.0")),
        Loader::MachO => dir.join(format!("lib{name}.dylib")),
        // The folder `libs` has what the linker needs, and the folder above it what the loader needs.
        Loader::Pe(_) => dir.parent().unwrap_or(dir).join(format!("{name}.dll")),
    })
}

fn directory<'a>(library: &Library<'a>) -> Result<&'a str, Problem> {
    if !library.shared {
        return Err(Problem::new(
            "the chosen Python has no shared libpython",
            "wanted a shared library, which its extension modules need; found a static build",
            INSTALL_PYTHON,
        ));
    }
    library.dir.ok_or_else(|| silent("where its libpython is"))
}

fn silent(about: &str) -> Problem {
    let what = format!("the chosen Python does not say {about}");
    Problem::new(what, "wanted `lib_dir` and `lib_name` in PyO3's answer, found only a part", INSTALL_PYTHON)
}

fn loader_of(target: &Target) -> Result<Loader, Problem> {
    match (target.os, target.env) {
        ("linux", "gnu") => Ok(Loader::Elf),
        ("linux", "musl") => Err(Problem::new(
            "musl targets cannot carry this Python",
            "the pinned CPython is built for glibc, and a static program cannot load extension modules",
            "cargo build --release --target x86_64-unknown-linux-gnu",
        )),
        ("macos", _) => Ok(Loader::MachO),
        ("windows", "msvc") => Ok(Loader::Pe(Linker::Msvc)),
        ("windows", "gnu") => Ok(Loader::Pe(Linker::Gnu)),
        (os, env) => Err(Problem::new(
            format!("no link plan for the target `{os}` `{env}`"),
            "wanted linux (gnu), macos or windows (msvc, gnu)",
            "rustup target list --installed",
        )),
    }
}

fn relocatable(loader: &Loader) -> Vec<String> {
    match loader {
        // DT_RPATH, not DT_RUNPATH: it wins over LD_LIBRARY_PATH, and what the process loads later inherits it.
        Loader::Elf => vec!["-Wl,--disable-new-dtags".into(), format!("-Wl,-rpath,$ORIGIN/{LIBRARIES_FROM_BINARY}")],
        // Room for names as long as a path can be: `codesign` and `install_name_tool` work on a file with a full header
        // only if they find it.
        Loader::MachO => vec![
            "-Wl,-headerpad_max_install_names".into(),
            format!("-Wl,-rpath,@executable_path/{LIBRARIES_FROM_BINARY}"),
        ],
        // PE has no search path to write: Windows looks beside the program, where `stage` puts python3X.dll. This keeps
        // PATH and the current folder out of it: only the program's own folder (0x200) and System32 (0x800),
        // https://learn.microsoft.com/cpp/build/reference/dependentloadflag
        Loader::Pe(Linker::Msvc) => vec!["/DEPENDENTLOADFLAG:0xA00".into()],
        // GNU's linker has no such option. The program's own folder comes first all the same.
        Loader::Pe(Linker::Gnu) => vec![],
    }
}

fn absolute(loader: &Loader, dir: &str) -> Vec<String> {
    // `-Xlinker` and not `-Wl,`: the compiler driver would split a directory's name at its commas.
    let rpath = ["-Xlinker", "-rpath", "-Xlinker", dir].map(String::from);
    match loader {
        Loader::Elf => {
            let mut arguments = vec!["-Wl,--disable-new-dtags".to_string()];
            arguments.extend(rpath);
            arguments
        }
        Loader::MachO => rpath.into(),
        // cargo puts the folder of the library on PATH for what it runs.
        Loader::Pe(_) => vec![],
    }
}

fn arguments(reach: Reach, arguments: &[String]) -> Vec<Directive> {
    let directive = |argument: &String| Directive { reach, argument: argument.clone() };
    arguments.iter().map(directive).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINUX: Target = Target { os: "linux", env: "gnu" };
    const MACOS: Target = Target { os: "macos", env: "" };
    const WINDOWS: Target = Target { os: "windows", env: "msvc" };
    const MINGW: Target = Target { os: "windows", env: "gnu" };

    fn library(shared: bool, dir: Option<&str>) -> Library<'_> {
        Library { shared, dir, name: Some("python3.13") }
    }

    fn problem(target: &Target, shared: bool, dir: Option<&str>) -> String {
        plan(target, Profile::Release, &library(shared, dir)).unwrap_err().to_string()
    }

    #[test]
    fn a_program_alone_gets_what_all_binaries_get() {
        for target in [&LINUX, &MACOS, &WINDOWS, &MINGW] {
            let program = of_program(target).unwrap();
            let printed: Vec<String> =
                program.iter().map(|argument| format!("cargo:rustc-link-arg-bins={argument}")).collect();
            let plan = plan(target, Profile::Release, &library(true, Some("/lib"))).unwrap();
            assert_eq!(printed, plan.iter().map(Directive::to_string).collect::<Vec<_>>());
        }
        assert!(of_program(&Target { os: "linux", env: "musl" }).is_err());
    }

    #[test]
    fn the_file_is_the_one_that_the_loader_opens() {
        let file = |target, dir| loaded(target, &library(true, Some(dir))).unwrap();
        assert_eq!(file(&LINUX, "/py/lib"), Path::new("/py/lib/libpython3.13.so.1.0"));
        assert_eq!(file(&MACOS, "/py/lib"), Path::new("/py/lib/libpython3.13.dylib"));
        for target in [&WINDOWS, &MINGW] {
            assert_eq!(file(target, "/py/libs"), Path::new("/py/python3.13.dll"));
        }
        let nameless = Library { name: None, ..library(true, Some("/py/lib")) };
        assert!(loaded(&LINUX, &nameless).unwrap_err().to_string().contains("the name of its libpython"));
    }

    #[test]
    fn a_debug_build_takes_the_folder_as_one_argument() {
        let plan = plan(&LINUX, Profile::Debug, &library(true, Some("/a dir, with/lib"))).unwrap();
        assert_eq!(plan.last().unwrap().to_string(), "cargo:rustc-link-arg=/a dir, with/lib");
    }

    #[test]
    fn a_static_libpython_is_refused() {
        let text = problem(&LINUX, false, Some("/lib"));
        assert!(text.contains("no shared libpython"), "{text}");
        assert!(text.contains("\nhint: "), "{text}");
    }

    #[test]
    fn a_missing_library_directory_is_refused() {
        let text = problem(&LINUX, true, None);
        assert!(text.contains("does not say where its libpython is"), "{text}");
    }

    #[test]
    fn musl_is_refused_and_says_which_target_works() {
        let musl = Target { os: "linux", env: "musl" };
        let text = problem(&musl, true, Some("/lib"));
        assert!(text.contains("glibc"), "{text}");
        assert!(text.contains("unknown-linux-gnu"), "{text}");
    }

    #[test]
    fn an_unknown_target_is_refused_by_name() {
        let plan9 = Target { os: "plan9", env: "" };
        assert!(problem(&plan9, true, Some("/lib")).contains("`plan9`"));
    }
}
