//! CPython's options reach CPython, the program's own options do not, and the environment's variables for Python have
//! no effect.

use super::{Case, Place, case, outcome, python3};
use crate::repl;
use crate::support::{bare, stderr, stdout};
use crate::terminal::Home;
use std::collections::BTreeMap;
use std::path::PathBuf;

const FLAGS: &str = "import sys; print(sys.flags, sys.warnoptions, sys._xoptions, sys.flags.utf8_mode)";

/// The effect of each option of python3 that a Python program can see.
const SEEN: [Case; 22] = [
    case(&["-u", "-c", "import sys; print(sys.stdout.write_through, sys.stderr.write_through)"], 0, "True True"),
    case(&["-c", "import sys; print(sys.stdout.write_through)"], 0, "False"),
    case(&["-O", "-c", "'doc'; assert 0; print(__debug__, __doc__)"], 0, "False doc"),
    case(&["-OO", "-c", "def f(): 'doc'\nassert 0; print(f.__doc__)"], 0, "None"),
    case(&["-c", "assert 0, 'asserted'"], 1, "AssertionError: asserted"),
    case(&["-W", "error", "-c", "import warnings; warnings.warn('raised')"], 1, "UserWarning: raised"),
    case(&["-Wignore", "-c", "import warnings; warnings.warn('x'); print('quiet')"], 0, "quiet"),
    case(&["-c", "import warnings; warnings.warn('shown é')"], 0, "UserWarning: shown é"),
    case(&["-W", "nonsense", "-c", "import sys; print(sys.warnoptions)"], 0, "['nonsense']"),
    case(&["-W", "a", "-Werror", "-uW", "b", "-c", "import sys; print(sys.warnoptions)"], 0, "['a', 'error', 'b']"),
    case(&["-b", "-c", "b'' == ''"], 0, "BytesWarning"),
    case(&["-bb", "-c", "b'' == ''"], 1, "BytesWarning"),
    case(&["-X", "dev", "-c", "import sys; open('/dev/null'); print(sys.flags.dev_mode)"], 0, "ResourceWarning"),
    case(&["-X", "faulthandler", "-c", "import faulthandler; print(faulthandler.is_enabled())"], 0, "True"),
    case(&["-Xa", "-X", "b=c", "-c", "import sys; print(sys._xoptions)"], 0, "{'a': True, 'b': 'c'}"),
    case(&["-X", "tracemalloc=3", "-c", "import tracemalloc; print(tracemalloc.get_traceback_limit())"], 0, "3"),
    case(&["-X", "int_max_str_digits=700", "-c", "print(10 ** 800)"], 1, "(700 digits)"),
    case(&["-X", "cpu_count=3", "-c", "import os; print(os.cpu_count())"], 0, "3"),
    case(&["-X", "utf8", "-c", "import sys; print(sys.flags.utf8_mode, sys.stdout.encoding)"], 0, "1 utf-8"),
    case(&["-uOc", "import sys; print(sys.orig_argv[1:], sys.flags.optimize)", "-c"], 0, "['-uOc', "),
    case(&["-S", "-c", "import sys; print('site' in sys.modules, sys.path)"], 0, "False"),
    case(
        &["-R", "--check-hash-based-pycs", "always", "-c", "import _imp; print(_imp.check_hash_based_pycs)"],
        0,
        "always",
    ),
];

#[test]
fn the_options_of_python_do_what_they_do_there() {
    let place = Place::new();
    place.same_for_each(&SEEN);
}

/// The program has the flags of `python3 -E -s`, whatever its arguments are.
#[test]
fn the_flags_are_those_of_a_python_without_an_environment() {
    let place = Place::new();
    for options in
        [&[][..], &["-b"], &["-q", "-d"], &["-P"], &["-I"], &["-S"], &["-OO", "-X", "dev"], &["-iv"], &["-x"]]
    {
        let run = |program: PathBuf, first: &[&str]| {
            let mut command = place.command(&program);
            outcome(command.args(first).args(options).args(["-c", FLAGS]), "").stdout
        };
        // With `-E` python3 ignores PYTHONDONTWRITEBYTECODE, so it gets `-B`.
        let wanted = run(python3(), &["-E", "-s", "-B"]);
        assert_eq!(run(repl::program(), &[]), wanted, "{options:?}");
        assert!(wanted.starts_with("sys.flags(debug="), "{wanted}");
    }
}

#[test]
fn isolation_takes_the_folder_of_the_program_from_the_path() {
    let place = Place::with(&[
        ("beside.py", "print('beside')"),
        ("uses.py", "import beside"),
        ("safe.py", "import sys; print(sys.path)"),
    ]);
    place.same_for_each(&[
        case(&["uses.py"], 0, "beside\n"),
        case(&["-E", "-s", "uses.py"], 0, "beside\n"),
        case(&["-I", "uses.py"], 1, "No module named 'beside'"),
        case(&["-P", "uses.py"], 1, "No module named 'beside'"),
        case(&["-P", "safe.py"], 0, "python313.zip"),
        case(&["-I", "-m", "beside"], 1, "No module named beside"),
    ]);
}

#[test]
fn times_of_imports_and_what_is_imported_are_told() {
    for (options, says) in [(&["-X", "importtime"][..], "import time: self [us] |"), (&["-v"], "import 'site'")] {
        let found = outcome(bare(repl::program()).args(options).args(["-c", "print('ran')"]), "");
        assert!(found.stderr.contains(says) && found.stdout == "ran\n", "{found:?}");
    }
}

/// The test sets every variable of Python's, each with a value that a python3 would obey.
#[test]
fn variables_for_python_have_no_effect() {
    let place = Place::with(&[("hostile/json.py", "print('hostile')"), ("startup.py", "print('hostile')")]);
    let hostile = place.path("hostile");
    let startup = place.path("startup.py");
    let variables: BTreeMap<&str, &std::ffi::OsStr> = [
        ("PYTHONPATH", hostile.as_os_str()),
        ("PYTHONHOME", hostile.as_os_str()),
        ("PYTHONSTARTUP", startup.as_os_str()),
        ("PYTHONUSERBASE", hostile.as_os_str()),
    ]
    .into_iter()
    .chain(
        [
            ("PYTHONWARNINGS", "error"),
            ("PYTHONINSPECT", "1"),
            ("PYTHONOPTIMIZE", "2"),
            ("PYTHONDEVMODE", "1"),
            ("PYTHONUTF8", "0"),
            ("PYTHONIOENCODING", "latin-1"),
            ("PYTHONUNBUFFERED", "1"),
            ("PYTHONVERBOSE", "1"),
            ("PYTHONSAFEPATH", "1"),
            ("PYTHONBREAKPOINT", "builtins.print"),
            ("PYTHONFAULTHANDLER", "1"),
            ("PYTHONPROFILEIMPORTTIME", "1"),
            ("PYTHONMALLOC", "nonsense"),
            ("PYTHONHASHSEED", "nonsense"),
            ("PYTHONTRACEMALLOC", "nonsense"),
            ("PYTHONINTMAXSTRDIGITS", "nonsense"),
            ("PYTHONPLATLIBDIR", "nonsense"),
            ("PYTHONCOERCECLOCALE", "0"),
            ("PYTHONDUMPREFS", "1"),
            ("PYTHON_CPU_COUNT", "77"),
            ("PYTHON_FROZEN_MODULES", "off"),
            ("PYTHON_GIL", "0"),
        ]
        .map(|(name, value)| (name, value.as_ref())),
    )
    .collect();
    let code = format!(
        "{FLAGS}\nimport json, os, warnings\nwarnings.warn('é')\nassert 'kept'\n\
         print(sys.path, sys.prefix, sys.executable, json.__file__, os.cpu_count(), sys.stdout, sys.platlibdir)\n\
         print(os.environ.get('LC_CTYPE'))\n"
    );
    let place = Place::with(&[("program.py", &code)]);
    let mut calm = place.command(&repl::program());
    let wanted = outcome(calm.arg("program.py"), "print('hostile')");
    let found = outcome(place.command(&repl::program()).envs(&variables).arg("program.py"), "print('hostile')");
    assert_eq!(found, wanted);
    let mut python = place.command(&python3());
    let ignoring = outcome(python.args(["-E", "-s", "-B", "program.py"]).envs(&variables), "print('hostile')");
    assert_eq!(found, ignoring);
    assert!(found.status.success() && found.stdout.contains("utf-8"), "{found:?}");
    // The values are effective: a python3 that obeys them does not even start.
    let bitten = outcome(place.command(&python3()).envs(&variables).arg("program.py"), "");
    assert!(!bitten.status.success(), "{bitten:?}");
}

/// CPython obeys these two variables even with `-E`, and then does not find its own files.
#[test]
fn no_variable_renames_the_executable() {
    let place = Place::new();
    let mut command = place.command(&repl::program());
    let other = place.path("other");
    command.env("PYTHONEXECUTABLE", &other).env("__PYVENV_LAUNCHER__", &other);
    let found = outcome(command.args(["-c", "import sys; print(sys.executable, sys._base_executable)"]), "");
    assert_eq!(found.stdout, format!("{0} {0}\n", python3().display()), "{found:?}");
}

/// The program is always in UTF-8 mode, because CPython fails on non-ASCII paths without it; so is python3 in an empty
/// environment.
#[test]
fn the_locale_does_not_change_the_encodings() {
    let place = Place::new();
    let code = "import sys, locale; print(sys.stdin.encoding, sys.stdout.errors, sys.stderr.encoding, \
                sys.getfilesystemencoding(), locale.getpreferredencoding(), 'é')";
    let wanted = place.same(&["-c", code]).stdout;
    for (name, value) in [("LANG", "C"), ("LC_ALL", "POSIX"), ("LANG", "C.UTF-8"), ("LC_ALL", "de_DE.ISO-8859-1")] {
        let found = outcome(place.command(&repl::program()).env(name, value).args(["-c", code]), "");
        assert_eq!((found.stdout, found.stderr.as_str()), (wanted.clone(), ""), "{name}={value}");
    }
    let locale = "import locale, os, subprocess; print(locale.setlocale(locale.LC_CTYPE), flush=True); \
                  subprocess.run('echo $LC_CTYPE', shell=True)";
    for value in ["", "C", "C.UTF-8"] {
        let found = place.same_with(|command| command.env("LC_CTYPE", value).args(["-c", locale]), "");
        assert_eq!(found.stdout, "C.UTF-8\nC.UTF-8\n", "{value}");
    }
}

/// The program's error has three parts where python3 prints its usage.
#[test]
fn unknown_options_and_missing_values_are_our_errors() {
    for arguments in
        [&["--no-such"][..], &["-Z", "-c", "pass"], &["-uZ"], &["-c"], &["-m"], &["-W"], &["-uX"], &["--config"]]
    {
        let output = bare(repl::program()).args(arguments).output().unwrap();
        let text = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {text}");
        assert!(text.starts_with("error: ") && text.contains("\nhint: "), "{arguments:?}: {text}");
        assert!(stdout(&output).is_empty());
    }
}

#[test]
fn a_config_that_was_named_is_read_before_the_program_runs() {
    let home = Home::new();
    std::fs::write(home.path("wrong.toml"), "no_such_key = 1\n").unwrap();
    std::fs::write(home.path("right.toml"), "banner = false\n").unwrap();
    let run = |config: &str| {
        let config = home.path(config);
        let mut command = home.command(repl::program());
        command.arg("--config").arg(config).args(["-c", "print('ran')"]).output().unwrap()
    };
    for (config, says) in [("wrong.toml", "no_such_key"), ("missing.toml", "missing.toml")] {
        let output = run(config);
        assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(2), ""), "{config}");
        assert!(stderr(&output).starts_with("error: ") && stderr(&output).contains(says), "{}", stderr(&output));
    }
    assert_eq!(stdout(&run("right.toml")), "ran\n");
    // A wrong configuration at the default place has no effect on a script.
    std::fs::create_dir_all(home.config_file().parent().unwrap()).unwrap();
    std::fs::copy(home.path("wrong.toml"), home.config_file()).unwrap();
    let output = home.command(repl::program()).args(["-c", "print('ran')"]).output().unwrap();
    assert_eq!(stdout(&output), "ran\n", "{}", stderr(&output));
}

#[test]
fn the_help_lists_every_option_that_is_taken() {
    let help = stdout(&bare(repl::program()).arg("--help").output().unwrap());
    let own = ["--config", "--print-config", "--smoke-python", "--verify", "--json", "--version", "--help", "-V", "-h"];
    let programs =
        ["-c CODE", "-m MODULE", "FILE, -", "-i ", "-W ARG", "-X OPT", "--check-hash-based-pycs MODE", "-OO"];
    for option in own.into_iter().chain(programs) {
        assert!(help.contains(option), "{option}");
    }
    let letters = ('A'..='z').filter(char::is_ascii_alphabetic);
    for option in letters.filter(|letter| !"cmiWXhV".contains(*letter)).map(|letter| format!("-{letter}")) {
        let output = bare(repl::program()).args([&option, "-c", "pass"]).output().unwrap();
        let listed = help.contains(&format!(" {option} ")) || help.contains(&format!(" {option},"));
        assert_eq!(output.status.success(), listed, "{option}: {}", stderr(&output));
    }
}
