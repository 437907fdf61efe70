//! The link plan: turns binary, target, profile and libpython into the directives that build.rs prints for cargo.
//! std-only and pure, so the arguments for every platform are tested on any host.

use pyo3_bundle_layout::layout::{LIBRARIES_FROM_BINARY, LINKED_LIBRARY};
use pyo3_bundle_layout::problem::Problem;
use std::fmt;
use std::path::Path;

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

/// What pyo3-build-config knows about the libpython that is linked.
pub struct Library<'a> {
    pub shared: bool,
    pub dir: Option<&'a str>,
}

/// The cargo targets that an argument is for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Reach {
    Everything,
    Binary(String),
    /// The crates of `tests/` only. Cargo has no directive for "unit tests but not binaries"
    /// (<https://github.com/rust-lang/cargo/issues/10937>).
    Tests,
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
            Reach::Binary(name) => write!(f, "cargo:rustc-link-arg-bin={name}={}", self.argument),
            Reach::Tests => write!(f, "cargo:rustc-link-arg-tests={}", self.argument),
        }
    }
}

/// The kinds of loaders, which differ in how a search path is written.
enum Loader {
    Elf,
    MachO,
    Pe,
}

/// Plans the relocatable search path for release binaries, and the absolute one for whatever runs only on this machine.
pub fn plan(binary: &str, target: &Target, profile: Profile, library: &Library) -> Result<Vec<Directive>, Problem> {
    let loader = loader_of(target)?;
    if !library.shared {
        return Err(Problem::new(
            "the chosen Python has no shared libpython",
            "wanted a shared library, which its extension modules need; found a static build",
            "scripts/python/install-managed-python.sh",
        ));
    }
    let Some(dir) = library.dir else {
        return Err(Problem::new(
            "the chosen Python does not say where its libpython is",
            "wanted a library directory from pyo3-build-config, found none",
            "scripts/python/install-managed-python.sh",
        ));
    };
    Ok(match profile {
        Profile::Debug => arguments(Reach::Everything, &absolute(&loader, dir)),
        Profile::Release => {
            let mut directives = arguments(Reach::Binary(binary.into()), &relocatable(&loader));
            directives.extend(arguments(Reach::Tests, &absolute(&loader, dir)));
            directives
        }
    })
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
        ("windows", "msvc") => Ok(Loader::Pe),
        (os, env) => Err(Problem::new(
            format!("no link plan for the target `{os}` `{env}`"),
            "wanted linux (gnu), macos or windows (msvc)",
            "rustup target list --installed",
        )),
    }
}

/// The name of the file that the linker opens for `-lpython3.13`.
pub fn file_name(target: &Target, lib_name: &str) -> String {
    match target.os {
        "macos" => format!("lib{lib_name}.dylib"),
        "windows" => format!("{lib_name}.lib"),
        _ => format!("lib{lib_name}.so"),
    }
}

/// The variables for the compiler. Every build sets all of them, so that none comes from the environment.
pub fn variables(series: &str, profile: Profile, libraries: &Path, sha256: &str) -> [(&'static str, String); 3] {
    let development = match (profile, libraries.parent()) {
        (Profile::Debug, Some(prefix)) => prefix.display().to_string(),
        _ => String::new(), // a release binary finds its Python by its own place
    };
    [
        ("PYTHON_SERIES", series.to_owned()),
        ("DEVELOPMENT_PYTHON", development),
        ("LINKED_LIBPYTHON", format!("{LINKED_LIBRARY}{sha256}")),
    ]
}

fn relocatable(loader: &Loader) -> Vec<String> {
    match loader {
        // DT_RPATH, not DT_RUNPATH: it wins over LD_LIBRARY_PATH, and what the process loads later inherits it.
        Loader::Elf => vec!["-Wl,--disable-new-dtags".into(), format!("-Wl,-rpath,$ORIGIN/{LIBRARIES_FROM_BINARY}")],
        Loader::MachO => vec![format!("-Wl,-rpath,@executable_path/{LIBRARIES_FROM_BINARY}")],
        // PE has no search path to write. This keeps PATH and the current folder out of it: the binary's own folder
        // (0x200) and System32 (0x800), https://learn.microsoft.com/cpp/build/reference/dependentloadflag
        Loader::Pe => vec!["/DEPENDENTLOADFLAG:0xA00".into()],
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
        Loader::Pe => vec![],
    }
}

fn arguments(reach: Reach, arguments: &[String]) -> Vec<Directive> {
    let directive = |argument: &String| Directive { reach: reach.clone(), argument: argument.clone() };
    arguments.iter().map(directive).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINUX: Target = Target { os: "linux", env: "gnu" };
    const MACOS: Target = Target { os: "macos", env: "" };
    const WINDOWS: Target = Target { os: "windows", env: "msvc" };

    fn lines(target: &Target, profile: Profile) -> Vec<String> {
        let library = Library { shared: true, dir: Some("/a dir, with/lib") };
        let plan = plan("app", target, profile, &library).unwrap();
        plan.iter().map(Directive::to_string).collect()
    }

    fn problem(target: &Target, shared: bool, dir: Option<&str>) -> String {
        let library = Library { shared, dir };
        plan("app", target, Profile::Release, &library).unwrap_err().to_string()
    }

    #[test]
    fn linux_release_is_rpath_and_relocatable() {
        assert_eq!(
            lines(&LINUX, Profile::Release),
            [
                "cargo:rustc-link-arg-bin=app=-Wl,--disable-new-dtags",
                "cargo:rustc-link-arg-bin=app=-Wl,-rpath,$ORIGIN/../python/runtime/lib",
                "cargo:rustc-link-arg-tests=-Wl,--disable-new-dtags",
                "cargo:rustc-link-arg-tests=-Xlinker",
                "cargo:rustc-link-arg-tests=-rpath",
                "cargo:rustc-link-arg-tests=-Xlinker",
                "cargo:rustc-link-arg-tests=/a dir, with/lib",
            ]
        );
    }

    #[test]
    fn linux_debug_is_absolute() {
        assert_eq!(
            lines(&LINUX, Profile::Debug),
            [
                "cargo:rustc-link-arg=-Wl,--disable-new-dtags",
                "cargo:rustc-link-arg=-Xlinker",
                "cargo:rustc-link-arg=-rpath",
                "cargo:rustc-link-arg=-Xlinker",
                "cargo:rustc-link-arg=/a dir, with/lib",
            ]
        );
    }

    #[test]
    fn macos_release_starts_from_the_executable() {
        assert_eq!(
            lines(&MACOS, Profile::Release),
            [
                "cargo:rustc-link-arg-bin=app=-Wl,-rpath,@executable_path/../python/runtime/lib",
                "cargo:rustc-link-arg-tests=-Xlinker",
                "cargo:rustc-link-arg-tests=-rpath",
                "cargo:rustc-link-arg-tests=-Xlinker",
                "cargo:rustc-link-arg-tests=/a dir, with/lib",
            ]
        );
    }

    #[test]
    fn macos_debug_is_absolute() {
        assert_eq!(
            lines(&MACOS, Profile::Debug),
            [
                "cargo:rustc-link-arg=-Xlinker",
                "cargo:rustc-link-arg=-rpath",
                "cargo:rustc-link-arg=-Xlinker",
                "cargo:rustc-link-arg=/a dir, with/lib",
            ]
        );
    }

    #[test]
    fn windows_has_no_search_path_but_a_closed_search() {
        assert_eq!(lines(&WINDOWS, Profile::Release), ["cargo:rustc-link-arg-bin=app=/DEPENDENTLOADFLAG:0xA00"]);
        assert!(lines(&WINDOWS, Profile::Debug).is_empty());
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

    #[test]
    fn every_build_sets_every_variable_and_a_release_has_no_development_python() {
        let set = |profile| variables("3.13", profile, Path::new("/py/lib"), "abc").map(|(_, value)| value);
        assert_eq!(set(Profile::Debug), ["3.13", "/py", "linked-libpython:sha256:abc"]);
        assert_eq!(set(Profile::Release), ["3.13", "", "linked-libpython:sha256:abc"]);
        let names = variables("3.13", Profile::Release, Path::new("/py/lib"), "abc").map(|(name, _)| name);
        assert_eq!(names, ["PYTHON_SERIES", "DEVELOPMENT_PYTHON", "LINKED_LIBPYTHON"]);
    }

    #[test]
    fn the_library_that_is_linked_has_the_name_that_its_linker_looks_for() {
        assert_eq!(file_name(&LINUX, "python3.13"), "libpython3.13.so");
        assert_eq!(file_name(&MACOS, "python3.13"), "libpython3.13.dylib");
        assert_eq!(file_name(&WINDOWS, "python313"), "python313.lib");
    }
}
