//! A stray libpython with all symbols that the program needs, which loads wherever the search path lets it, and stray
//! modules beside the user.

use crate::repl::Session;
use crate::support::{Copy, bare, compile, python, runtime_python, scratch, stderr, stdout};
use crate::terminal::Home;
use object::read::elf::{FileHeader, Sym};
use std::fs;
use std::path::Path;

const OTHER_VERSION: &str = "3.12.9";

/// Defines every symbol that the program needs from outside, and a version of its own.
pub fn build_decoy(binary: &Path, out: &Path) {
    let mut source = format!("const char *Py_GetVersion(void) {{ return \"{OTHER_VERSION} (a decoy)\"; }}\n");
    let symbols = python_symbols(binary);
    assert!(symbols.len() > 20, "a decoy without what the binary wants does not load: {symbols:?}");
    for symbol in symbols.iter().filter(|symbol| *symbol != "Py_GetVersion") {
        source += &format!("void {symbol}(void) {{}}\n");
    }
    let soname = format!("-Wl,-soname,{}", out.file_name().unwrap().to_str().unwrap());
    compile(&source, out, &["-shared", "-fPIC", &soname]);
}

fn python_symbols(binary: &Path) -> Vec<String> {
    let data = fs::read(binary).unwrap();
    let data = data.as_slice();
    let header = object::elf::FileHeader64::<object::Endianness>::parse(data).unwrap();
    let endian = header.endian().unwrap();
    let sections = header.sections(endian, data).unwrap();
    let symbols = sections.symbols(endian, data, object::elf::SHT_DYNSYM).unwrap();
    let undefined = symbols.iter().filter(|symbol| symbol.is_undefined(endian));
    let names =
        undefined.map(|symbol| String::from_utf8_lossy(symbol.name(endian, symbols.strings()).unwrap()).into_owned());
    names.filter(|name| name.starts_with("Py") || name.starts_with("_Py")).collect()
}

#[test]
fn a_library_of_another_minor_is_refused_in_words() {
    let copy = Copy::new();
    let libpython = copy.libpython();
    fs::remove_file(&libpython).unwrap();
    build_decoy(&copy.binary(), &libpython);
    let output = bare(copy.launcher()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = stderr(&output);
    assert!(text.starts_with(&format!("error: the libpython in this process has version {OTHER_VERSION}\n")), "{text}");
    assert!(text.contains("starts on no other"), "{text}");
}

#[test]
fn a_stray_library_in_the_environment_loses() {
    let copy = Copy::new();
    let folder = scratch();
    let stray = folder.path().join(copy.libpython().file_name().unwrap());
    build_decoy(&copy.binary(), &stray);
    for program in [copy.launcher(), copy.binary()] {
        let mut command = bare(program);
        command.env("LD_LIBRARY_PATH", folder.path()).env("PYTHONHOME", folder.path()).env("PYTHONPATH", folder.path());
        let output = python(&mut command, "import sys; print(sys.version_info[:2] >= (3, 13), sys.prefix)");
        assert!(output.status.success(), "{}", stderr(&output));
        let prefix = copy.path("python/runtime").canonicalize().unwrap();
        assert_eq!(stdout(&output), format!("True {}\n", prefix.display()));
    }
}

/// The reason for DT_RPATH, shown on a program linked both ways: the environment beats DT_RUNPATH, not DT_RPATH.
#[test]
fn the_environment_beats_runpath_and_not_rpath() {
    let folder = scratch();
    let (own, stray) = (folder.path().join("own"), folder.path().join("stray"));
    for (place, answer) in [(&own, 1), (&stray, 2)] {
        fs::create_dir(place).unwrap();
        let source = format!("int answer(void) {{ return {answer}; }}");
        compile(&source, &place.join("libanswer.so"), &["-shared", "-fPIC", "-Wl,-soname,libanswer.so"]);
    }
    let status = |dtags: &str| {
        let program = folder.path().join("program");
        let source = "int answer(void); int main(void) { return answer(); }";
        let library = own.join("libanswer.so");
        compile(source, &program, &[library.to_str().unwrap(), dtags, "-Wl,-rpath,$ORIGIN/own"]);
        bare(program).env("LD_LIBRARY_PATH", &stray).status().unwrap().code()
    };
    assert_eq!(status("-Wl,--disable-new-dtags"), Some(1));
    assert_eq!(status("-Wl,--enable-new-dtags"), Some(2));
}

/// Makes a module for each name of the standard library. The module notes that it was run.
fn decoy_modules(home: &Home) {
    let code = "import sys; print(*sorted(sys.stdlib_module_names), sep='\\n')";
    let names = stdout(&bare(runtime_python()).args(["-I", "-c", code]).output().unwrap());
    assert!(names.lines().count() > 200, "{names}");
    for name in names.lines() {
        fs::write(home.path(&format!("{name}.py")), "open('ran', 'a').write(__name__ + '\\n')\n").unwrap();
    }
}

/// A user's own import finds stray modules, as in CPython's session; the session's own parts come from the runtime.
#[test]
fn modules_beside_the_user_are_for_the_users_own_imports() {
    let home = Home::new();
    decoy_modules(&home);
    fs::write(home.path("script.py"), "print('script ran')\n").unwrap();
    let mut session = Session::start_in(home, |command| {
        command.env("NO_COLOR", "1");
    });
    for line in [
        "1 / 0",
        "x = = 1",
        "print('\\N{no such}')",
        "f = lambda: [0] * 1000",
        "f()",
        "f?",
        "f??",
        "len?",
        "nonsense?",
        "/inspect f()",
        "/show",
        "/time f()",
        "/run script.py",
        "/include script.py",
        "/save saved.txt",
        "/pip --version",
        "G = type('G', (), {'__await__': lambda self: iter(())})",
        "await G()",
        "/help",
    ] {
        session.run(line);
    }
    session.send("x = f.__na\t");
    session.wait_for_text("x = f.__name__");
    session.send("\x03");
    session.wait_for_prompt(">>> ");
    let ran = || fs::read_to_string(session.home.path("ran")).unwrap_or_default();
    assert_eq!(ran(), "", "{}", session.screen_text());
    session.run("import colorsys");
    let ran = fs::read_to_string(session.home.path("ran")).unwrap();
    assert_eq!(ran, "colorsys\n");
    session.leave();
}
