//! Every way to name a program, and what the program sees of it.

use super::{Place, case};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// Prints what a Python program can see of how it was started.
const TELL: &str = "\
import sys
print(sys.argv, __name__, globals().get('__file__'), sys.orig_argv[1:])
print(sys.path)
print(__spec__ and (__spec__.name, __spec__.origin), __package__, type(__loader__).__name__ if __loader__ else None, sys.executable, sys.prefix)
";

#[test]
fn a_file_gets_its_arguments_and_finds_what_stands_beside_it() {
    let place =
        Place::with(&[("tell.py", TELL), ("below/uses.py", "import beside\n"), ("below/beside.py", "print(__name__)")]);
    let absolute = place.path("tell.py");
    let found = place.same(&[absolute.as_os_str(), OsStr::new("a b"), OsStr::new("-i"), OsStr::new("--verify")]);
    assert!(found.stdout.contains("'a b', '-i', '--verify'] __main__ /"), "{found:?}");
    place.same_for_each(&[
        case(&["tell.py", "--help", "-c", "x"], 0, "['tell.py', '--help', '-c', 'x'] __main__"),
        case(&["./tell.py"], 0, "['./tell.py'] __main__"),
        case(&["below/../tell.py"], 0, "['below/../tell.py']"),
        case(&["--", "tell.py", "--", "x"], 0, "['tell.py', '--', 'x']"),
        case(&["below/uses.py"], 0, "beside\n"),
    ]);
}

#[test]
fn the_first_of_sys_path_is_that_of_python() {
    let code = "import sys; print([sys.path[0]])";
    let place = Place::with(&[("below/first.py", code), ("package/__main__.py", code), ("package/__init__.py", "")]);
    let root = place.path("");
    let folder = root.to_str().unwrap().trim_end_matches('/');
    for (arguments, wanted) in [
        (&["below/first.py"][..], format!("['{folder}/below']")),
        (&["package"], format!("['{folder}/package']")),
        (&["-m", "package"], format!("['{folder}']")),
        (&["-c", code], "['']".to_owned()),
    ] {
        let found = place.same(arguments);
        assert_eq!(found.stdout, format!("{wanted}\n"), "{arguments:?}");
    }
    let found = place.same_with(|command| command.arg("-"), code);
    assert_eq!(found.stdout, "['']\n");
}

#[test]
fn folders_and_zip_files_with_a_main_run() {
    let place = Place::with(&[("folder/__main__.py", TELL), ("folder/beside.py", ""), ("empty/other.py", "")]);
    place.same(&["-m", "zipapp", "folder", "-o", "archive.pyz", "-p", "/usr/bin/env python3"]);
    place.same(&["-m", "zipfile", "-c", "archive.zip", "folder/__main__.py", "folder/beside.py"]);
    place.same_for_each(&[
        case(&["folder", "x"], 0, "['folder', 'x'] __main__ "),
        case(&["archive.pyz", "x"], 0, "['archive.pyz', 'x'] __main__ "),
        case(&["archive.zip"], 0, "archive.zip/__main__.py"),
        case(&["empty"], 1, "can't find '__main__' module"),
        case(&["/"], 1, "can't find '__main__' module"),
    ]);
}

#[test]
fn names_with_spaces_and_letters_of_any_kind_are_names() {
    let place = Place::with(&[("a é/größe $HOME '.py", TELL)]);
    let found = place.same(&["a é/größe $HOME '.py", "日本", ""]);
    assert!(found.status.success(), "{found:?}");
    assert!(found.stdout.contains("'日本', ''"), "{found:?}");
}

#[test]
fn arguments_that_are_not_utf_8_come_as_surrogates() {
    let place = Place::new();
    let odd = OsStr::from_bytes(b"\xff\xe9");
    let told = place.same(&[OsStr::new("-c"), OsStr::new("import sys; print(ascii(sys.argv))"), odd]);
    assert_eq!(told.stdout, "['-c', '\\udcff\\udce9']\n");
    let raw = place.same(&[OsStr::new("-c"), OsStr::new("import sys; print(sys.argv[1])"), odd]);
    assert_eq!(raw.stdout, r"\xff\xe9\n");
    let name = OsStr::from_bytes(b"\xff.py");
    std::fs::write(place.path("").join(name), "print(ascii(__file__))").unwrap();
    assert!(place.same(&[name]).stdout.contains("udcff.py"));
}

#[test]
fn what_is_no_program_is_refused_in_the_words_of_python() {
    let place = Place::with(&[
        ("wrong.py", "x = 1\nif x\n    pass\n"),
        ("tabs.py", "if 1:\n\tx\n        y\n"),
        ("late.py", "print('never')\nreturn 1\n"),
        ("nul.py", "x\0y"),
    ]);
    place.write("bytes.py", b"x = '\xe9'\n");
    place.write("coding.py", b"# coding: latin-1\nprint(ascii('\xe9'))\n");
    place.same_for_each(&[
        case(&["missing.py"], 2, "can't open file"),
        case(&["missing/", "x"], 2, "can't open file"),
        case(&["wrong.py"], 1, "SyntaxError: expected ':'"),
        case(&["tabs.py"], 1, "TabError"),
        case(&["late.py"], 1, "SyntaxError: 'return' outside function"),
        case(&["nul.py"], 1, "null bytes"),
        case(&["bytes.py"], 1, "Non-UTF-8 code"),
        case(&["coding.py"], 0, "'\\xe9'"),
    ]);
}

#[test]
fn code_in_an_argument_runs() {
    Place::new().same_for_each(&[
        case(&["-c", TELL, "a", "-i", "-c"], 0, "['-c', 'a', '-i', '-c'] __main__ None"),
        case(&["-c", "for i in range(2):\n    print(i)\nelse:\n    print('done')"], 0, "0\n1\ndone\n"),
        case(&["-cprint('joined')"], 0, "joined\n"),
        case(&["-c", ""], 0, ""),
        case(&["-c", "   print('indented')"], 1, "IndentationError"),
        case(&["-c", "print('ü', ascii('é'))"], 0, "ü '\\xe9'"),
        case(&["-c", "x ="], 1, "SyntaxError"),
        case(&["-c", "import os; print(os.getcwd())"], 0, "/it "),
    ]);
}

#[test]
fn modules_run() {
    let place = Place::with(&[
        ("here.py", TELL),
        ("package/__init__.py", "print('init')"),
        ("package/__main__.py", TELL),
        ("package/inner.py", "from . import beside\nprint(__package__)"),
        ("package/beside.py", ""),
        ("bare/__init__.py", ""),
        ("wrong.py", "x ="),
        ("data.json", "{\"b\": [1], \"a\": \"ü\"}"),
    ]);
    place.same_for_each(&[
        case(&["-m", "here", "a", "-m"], 0, "', 'a', '-m'] __main__ "),
        case(&["-mhere"], 0, "__main__"),
        case(&["-m", "package", "x"], 0, "init\n"),
        case(&["-m", "package.inner"], 0, "init\npackage\n"),
        case(&["-m", "bare"], 1, "No module named bare.__main__"),
        case(&["-m", "missing"], 1, "No module named missing"),
        case(&["-m", "here.missing"], 1, "here.missing"),
        case(&["-m", "wrong"], 1, "SyntaxError"),
        case(&["-m", "json.tool", "data.json"], 0, "\"b\": ["),
        case(&["-m", "json.tool", "missing.json"], 1, "missing.json"),
        case(&["-m", "json.tool", "--no-such"], 2, "usage: "),
        case(&["-m", "this"], 0, "Namespaces are one honking great idea"),
        case(&["-m", "timeit", "-n", "1", "-r", "1", "-u", "sec", "raise ValueError(7)"], 1, "ValueError: 7"),
        case(&["-m", "base64", "-t"], 2, "option -t not recognized"),
        case(&["-m", "py_compile", "missing.py"], 1, "missing.py"),
        case(&["-m", "tokenize", "here.py"], 0, "NAME"),
        case(&["-m", "ast", "here.py"], 0, "Module("),
    ]);
}

#[test]
fn programs_come_through_standard_input() {
    let place = Place::new();
    for arguments in [&[][..], &["-"], &["-", "a", "--help"], &["-q"], &["/dev/stdin", "a"]] {
        let found = place.same_with(|command| command.args(arguments), TELL);
        assert!(found.status.success() && found.stdout.contains("__main__"), "{arguments:?}: {found:?}");
    }
    let cases = [
        ("print('no end')", 0, "no end\n"),
        ("", 0, ""),
        ("def f():\n  print('f')\nf()\n", 0, "f\n"),
        ("print('before')\n1 / 0\nprint('after')", 1, "ZeroDivisionError"),
        ("print('never')\nx =", 1, "SyntaxError"),
        ("import sys; print(sys.stdin.read())\nprint('the rest')", 0, "the rest"),
        ("import sys; sys.exit(4)", 4, ""),
    ];
    for (input, status, says) in cases {
        let found = place.same_with(|command| command, input);
        assert_eq!(found.status.code(), Some(status), "{input}: {found:?}");
        assert!(found.says(says), "{input}: {found:?}");
    }
}

#[test]
fn input_reads_what_is_piped() {
    let place = Place::with(&[("ask.py", "print(repr(input('? ')))\nprint(repr(input()))\nprint(input())")]);
    let found = place.same_with(|command| command.arg("ask.py"), "one\ntwö\n");
    assert!(found.stdout.starts_with("? 'one'\n") && found.stderr.contains("EOFError"), "{found:?}");
}

#[test]
fn with_i_the_basic_loop_goes_on_where_stdin_is_no_terminal() {
    let place = Place::with(&[("sets.py", "x = 40\ndef f(): return 2\n"), ("fails.py", "x = 40\n1 / 0\n")]);
    let input = "x\n__name__\ndef g():\n  return 'g'\n\ng()\n1 / 0\nimport sys; sys.ps1\nx + 2\n";
    for arguments in
        [&["-i", "sets.py"][..], &["-ic", "x = 40"], &["-i", "fails.py"], &["-i", "-c", "x=40; raise SystemExit(3)"]]
    {
        let found = place.same_with(|command| command.args(arguments), input);
        assert!(found.stdout.contains("40") && found.stdout.contains("42"), "{arguments:?}: {found:?}");
        assert_eq!(found.status.code(), Some(0), "{arguments:?}: {found:?}");
    }
    let found = place.same_with(|command| command.args(["-i", "sets.py"]), "x\nraise SystemExit(5)\n");
    assert_eq!(found.status.code(), Some(5), "{found:?}");
}

#[test]
fn a_program_knows_its_own_source() {
    let place = Place::with(&[(
        "own.py",
        "import inspect, pickle\n\nclass Thing:\n    pass\n\ndef shown():\n    return 1\n\n\
         print(inspect.getsource(shown))\nprint(type(pickle.loads(pickle.dumps(Thing()))), Thing.__module__)\n",
    )]);
    place
        .same_for_each(&[case(&["own.py"], 0, "def shown():\n    return 1\n"), case(&["own.py"], 0, "__main__.Thing")]);
}

#[test]
fn the_first_line_can_be_skipped() {
    let place = Place::with(&[("odd.cmd", "@echo off & not python\nprint('second')\n1 / 0\n")]);
    place.same_for_each(&[case(&["-x", "odd.cmd"], 1, "second"), case(&["odd.cmd"], 1, "SyntaxError")]);
}
