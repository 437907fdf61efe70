//! PyO3's answer to the question which Python is linked, as PyO3 0.23 to 0.30 write it: lines `key=value`.
//! Reads the answer; what follows from it is decided in `plan`.

use crate::plan::Library;
use pyo3_bundle_layout::layout::INSTALL_PYTHON;
use pyo3_bundle_layout::problem::{About, Problem};
use pyo3_bundle_layout::shown::{shown, visible, word};
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::Command;

/// The answer as pyo3 ≥ 0.29 and pyo3-bundle export it to the build scripts of their dependents.
const EXPORTED: [&str; 2] = ["DEP_PYO3_PYTHON_PYO3_CONFIG", "DEP_PYO3_BUNDLE_CONFIG"];

/// PyO3's own variable with the path of a file that has the answer.
const FILE: &str = "PYO3_CONFIG_FILE";

/// PyO3's own variable with the interpreter to ask.
const INTERPRETER: &str = "PYO3_PYTHON";

/// Prints an interpreter's answer in PyO3's words.
const QUESTION: &str = "\
import os, platform, sys, sysconfig
get = sysconfig.get_config_var
windows = sys.platform == 'win32'
folders = [get('LIBDIR') or '', os.path.join(sys.base_prefix, 'libs' if windows else 'lib')]
version = get('py_version_nodot') if windows else get('LDVERSION') or get('VERSION')
print('implementation=' + platform.python_implementation())
print('version=%d.%d' % sys.version_info[:2])
print('shared=' + str(windows or bool(get('Py_ENABLE_SHARED'))).lower())
print('lib_name=python' + version)
print('lib_dir=' + next(filter(os.path.isdir, folders), ''))
print('build_flags=' + ('Py_GIL_DISABLED' if get('Py_GIL_DISABLED') else ''))
";

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Answer {
    pub implementation: String,
    /// The series, such as `3.13`.
    pub version: String,
    pub shared: bool,
    pub abi3: bool,
    pub free_threaded: bool,
    pub lib_name: Option<String>,
    pub lib_dir: Option<String>,
}

impl Answer {
    /// Reads the lines. Unknown keys are of other versions of PyO3.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let mut answer = Answer::default();
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let (key, value) = line.split_once('=').ok_or_else(|| unreadable(line, "wanted `key=value`"))?;
            let is_true = || value.parse().map_err(|_| unreadable(line, "wanted `true` or `false`"));
            match key {
                "implementation" => answer.implementation = value.into(),
                "version" => answer.version = value.into(),
                "shared" => answer.shared = is_true()?,
                // PyO3 0.30 has `target_abi=CPython-abi3-3.9` instead of `abi3=true`.
                "abi3" => answer.abi3 = is_true()?,
                "target_abi" => {
                    let kind = value.split('-').nth(1).unwrap_or_default();
                    answer.abi3 = kind.starts_with("abi3");
                    answer.free_threaded |= kind == "free_threaded";
                }
                "build_flags" => answer.free_threaded |= value.split(',').any(|flag| flag == "Py_GIL_DISABLED"),
                "lib_name" => answer.lib_name = Some(value.into()).filter(|name: &String| !name.is_empty()),
                "lib_dir" => answer.lib_dir = Some(value.into()).filter(|folder: &String| !folder.is_empty()),
                _ => {}
            }
        }
        if answer.version.is_empty() {
            return Err(unreadable("version=", "wanted a version, found none"));
        }
        Ok(answer)
    }

    /// Reads the variable by which a build script exports the answer: in hexadecimal, because cargo takes one line.
    pub fn exported(value: &str) -> Result<Self, Problem> {
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
        let bytes: Option<Vec<u8>> = value.as_bytes().chunks(2).map(byte).collect();
        let text = bytes.filter(|_| value.len().is_multiple_of(2)).and_then(|bytes| String::from_utf8(bytes).ok());
        Self::parse(&text.ok_or_else(|| unreadable(value, "wanted hexadecimal digits"))?)
    }

    /// Finds the answer in a build script's environment.
    pub fn find(variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, Problem> {
        if let Some(value) = EXPORTED.iter().find_map(|name| variable(name)) {
            return Self::exported(&value.to_string_lossy());
        }
        if let Some(file) = variable(FILE) {
            let text = std::fs::read_to_string(&file).about("cannot read PyO3's configuration", Path::new(&file))?;
            return Self::parse(&text);
        }
        match variable(INTERPRETER) {
            Some(interpreter) => ask(&interpreter),
            None => Err(Problem::new(
                "cannot tell which Python is linked",
                format!("wanted `{INTERPRETER}` in the environment, or PyO3's answer by pyo3-bundle; found neither"),
                "cargo add pyo3-bundle",
            )),
        }
    }

    /// The libpython to link, unless a program that carries its Python cannot be linked with it.
    pub fn library(&self) -> Result<Library<'_>, Problem> {
        if self.abi3 {
            return Err(Problem::new(
                "PyO3 is compiled for the stable ABI",
                "wanted PyO3 without its features `abi3…`, which hide the functions that start Python in its own folder",
                "cargo tree --invert pyo3-ffi --edges features",
            ));
        }
        if self.implementation != "CPython" || self.free_threaded {
            let kind = if self.free_threaded { "free-threaded " } else { "" };
            return Err(Problem::new(
                format!("the chosen Python is a {kind}{}", visible(&self.implementation)),
                "wanted CPython with its global lock, for which the layout of a dist is made",
                INSTALL_PYTHON,
            ));
        }
        Ok(Library { shared: self.shared, dir: self.lib_dir.as_deref(), name: self.lib_name.as_deref() })
    }
}

fn ask(interpreter: &OsStr) -> Result<Answer, Problem> {
    let place = Path::new(interpreter);
    let what = || format!("the Python `{}` does not say where its libpython is", shown(place));
    let output = Command::new(interpreter).args(["-I", "-S", "-c", QUESTION]).output();
    let output = output.map_err(|error| Problem::new(what(), error.to_string(), format!("ls -la {}", word(place))))?;
    if !output.status.success() {
        let said = visible(String::from_utf8_lossy(&output.stderr).trim());
        return Err(Problem::new(what(), format!("{}: {said}", output.status), format!("{} -VV", word(place))));
    }
    Answer::parse(&String::from_utf8_lossy(&output.stdout))
}

fn unreadable(line: &str, why: &str) -> Problem {
    Problem::without_hint(
        format!("cannot read PyO3's answer `{}`", visible(line)),
        format!("{why}; known are PyO3 0.23 to 0.30"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What PyO3 0.23 to 0.28 write.
    const OLDER: &str = "\
implementation=CPython
version=3.13
shared=true
abi3=false
lib_name=python3.13
lib_dir=/py/a=b/lib
executable=/py/bin/python3
pointer_width=64
build_flags=
python_framework_prefix=
suppress_build_script_link_lines=false
";

    fn newer() -> String {
        OLDER.replace("abi3=false", "target_abi=CPython-gil_enabled-3.13")
    }

    fn hex(text: &str) -> String {
        text.bytes().map(|byte| format!("{byte:02x}")).collect()
    }

    fn answer() -> Answer {
        Answer {
            implementation: "CPython".into(),
            version: "3.13".into(),
            shared: true,
            lib_name: Some("python3.13".into()),
            lib_dir: Some("/py/a=b/lib".into()),
            ..Answer::default()
        }
    }

    #[test]
    fn every_version_of_pyo3_is_understood() {
        assert_eq!(Answer::parse(OLDER), Ok(answer()));
        assert_eq!(Answer::parse(&newer()), Ok(answer()));
        assert_eq!(Answer::exported(&hex(OLDER)), Ok(answer()));
        assert_eq!(answer().library().unwrap().name, Some("python3.13"));
    }

    #[test]
    fn what_pyo3_did_not_write_is_refused() {
        for (text, named) in [("version", "key=value"), ("shared=yes", "`true`"), ("", "found none")] {
            let error = Answer::parse(text).unwrap_err().to_string();
            assert!(error.contains(named), "{text}: {error}");
        }
        for value in ["7", "zz", "implementation=CPython\\n", "ff"] {
            let error = Answer::exported(value).unwrap_err().to_string();
            assert!(error.contains("hexadecimal"), "{value}: {error}");
        }
    }

    #[test]
    fn a_python_that_no_program_can_carry_is_refused() {
        let flags = |flags: &str| OLDER.replace("build_flags=", &format!("build_flags={flags}"));
        for (text, named) in [
            (OLDER.replace("abi3=false", "abi3=true"), "stable ABI"),
            (newer().replace("gil_enabled", "abi3"), "stable ABI"),
            (newer().replace("gil_enabled", "abi3t"), "stable ABI"),
            (newer().replace("gil_enabled", "free_threaded"), "a free-threaded CPython"),
            (flags("Py_DEBUG,Py_GIL_DISABLED"), "a free-threaded CPython"),
            (OLDER.replace("=CPython", "=PyPy"), "a PyPy"),
        ] {
            let error = Answer::parse(&text).unwrap().library().err().unwrap().to_string();
            assert!(error.contains(named) && error.contains("\nhint: cargo "), "{text}: {error}");
        }
        assert!(Answer::parse(&flags("Py_DEBUG")).unwrap().library().is_ok());
    }

    #[test]
    fn the_nearest_answer_counts() {
        let folder = std::env::temp_dir().join(format!("answer-{}", std::process::id()));
        std::fs::write(&folder, OLDER.replace("3.13", "3.12")).unwrap();
        let mut set: Vec<(&str, OsString)> = vec![(FILE, folder.clone().into())];
        let found = |set: &[(&str, OsString)]| {
            Answer::find(|name| Some(set.iter().find(|(known, _)| *known == name)?.1.clone()))
                .map(|found| found.version)
        };
        assert_eq!(found(&set).unwrap(), "3.12");
        set.push(("DEP_PYO3_BUNDLE_CONFIG", hex(&OLDER.replace("3.13", "3.11")).into()));
        assert_eq!(found(&set).unwrap(), "3.11");
        set.push(("DEP_PYO3_PYTHON_PYO3_CONFIG", hex(OLDER).into()));
        assert_eq!(found(&set).unwrap(), "3.13");
        std::fs::remove_file(&folder).unwrap();
        let missing = found(&set[..1]).unwrap_err().to_string();
        assert!(missing.starts_with("cannot read PyO3's configuration `"), "{missing}");
        let nothing = found(&[]).unwrap_err().to_string();
        assert!(nothing.contains("`PYO3_PYTHON`") && nothing.ends_with("\nhint: cargo add pyo3-bundle"), "{nothing}");
        let wrong = found(&[(INTERPRETER, "/no/such/python3".into())]).unwrap_err().to_string();
        assert!(wrong.contains("`/no/such/python3`") && wrong.contains("\nhint: "), "{wrong}");
    }
}
