//! Errors of an input are shown as CPython shows them, without a frame of this program, and the session goes on.

use super::Session;
use crate::terminal::Home;
use std::fs;

const INPUT: &str = "Traceback (most recent call last):";

fn colorless() -> Session {
    Session::start_in(Home::new(), |command| {
        command.env("NO_COLOR", "1");
    })
}

#[track_caller]
fn assert_ours_hidden(rows: &[String]) {
    for name in ["<session>", "<tools>", "<display>", "<look>", "runpy", "asyncio/"] {
        assert!(!rows.iter().any(|row| row.contains(name)), "{name}: {rows:#?}");
    }
}

#[test]
fn a_traceback_shows_what_was_typed_and_no_frame_of_ours() {
    colorless().converse(&[
        ("def f():\n    return 1 / 0\n", &[]),
        (
            "f()",
            &[
                INPUT,
                "  File \"<input 2>\", line 1, in <module>",
                "    f()",
                "    ~^^",
                "  File \"<input 1>\", line 2, in f",
                "    return 1 / 0",
                "           ~~^~~",
                "ZeroDivisionError: division by zero",
            ],
        ),
        ("x = = 1", &["  File \"<input 3>\", line 1", "    x = = 1", "        ^", "SyntaxError: invalid syntax"]),
        (
            "import sys; sys.last_exc, sys.last_value is sys.last_exc",
            &["(SyntaxError('invalid syntax', ('<input 3>', 1, 5, 'x = = 1\\n', 1, 6)), True)"],
        ),
    ]);
}

#[test]
fn our_frames_are_hidden_wherever_code_is_run() {
    let mut session = colorless();
    fs::write(session.home.path("bad.py"), "def g():\n    raise KeyError('k')\ng()\n").unwrap();
    session.tell("import asyncio");
    session.tell("class R: __repr__ = lambda self: 1 / 0");
    session.tell("async def a(): raise KeyError('k')");
    for (input, frames) in [
        ("R()", 2),
        ("[R()]", 2),
        ("await a()", 2),
        ("/run bad.py", 2),
        ("/include bad.py", 2),
        ("/time 1 / 0", 1),
        ("/show 1 / 0", 1),
        ("/show R()", 1),
        ("await asyncio.wait_for(a(), 1)", 3),
    ] {
        let shown = session.answer(input);
        assert_eq!(shown.iter().filter(|row| row.starts_with("  File ")).count(), frames, "{input}: {shown:#?}");
        if !input.contains("wait_for") {
            assert_ours_hidden(&shown);
        }
    }
    let shown = session.answer("/last_error");
    assert!(shown.last().unwrap().starts_with("KeyError"), "{shown:?}");
}

#[test]
fn hostile_errors_are_shown_and_survived() {
    let mut session = colorless();
    session.tell("class E(Exception): __str__ = lambda self: 1 / 0");
    session.tell("def deep(): deep()");
    session.tell("class Odd(BaseException): pass");
    session.tell("import sys");
    for (input, last) in [
        ("raise E", "E: <exception str() failed>"),
        ("deep()", "RecursionError: maximum recursion depth exceeded"),
        ("bytearray(1 << 62)", "MemoryError"),
        ("raise Odd('odd')", "Odd: odd"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("raise GeneratorExit", "GeneratorExit"),
        ("compile('\\0', 'f', 'exec')", "SyntaxError: source code string cannot contain null bytes"),
    ] {
        let shown = session.answer(input);
        assert_eq!(shown.last().map(String::as_str), Some(last), "{input}: {shown:#?}");
        assert_ours_hidden(&shown);
    }
    let shown = session.answer("raise ExceptionGroup('g', [ValueError(1), TypeError(2)])");
    assert!(shown.iter().any(|row| row.trim_start().starts_with("| ExceptionGroup: g (2 sub")), "{shown:#?}");
    assert_eq!(session.answer("'on'"), ["'on'"]);
}

#[test]
fn a_hook_for_exceptions_is_asked_and_may_fail() {
    let mut session = colorless();
    session.tell("import sys");
    session.tell("sys.excepthook = lambda kind, value, trace: print('hook:', value)");
    assert_eq!(session.answer("1 / 0"), ["hook: division by zero"]);
    session.tell("sys.excepthook = lambda *_: [][0]");
    let shown = session.answer("1 / 0");
    assert_eq!(shown[0], "Error in sys.excepthook:");
    assert!(shown.iter().any(|row| row == "IndexError: list index out of range"), "{shown:#?}");
    assert_eq!(shown.last().unwrap(), "ZeroDivisionError: division by zero");
    assert_ours_hidden(&shown);
    assert_eq!(session.answer("sys.excepthook = sys.__excepthook__"), [""; 0]);
    session.enter("sys.excepthook = lambda *_: sys.exit(4)");
    session.wait_for_prompt(">>> ");
    session.enter("1 / 0");
    assert_eq!(session.wait_for_exit().code(), Some(4));
}

#[test]
fn colour_is_for_terminals_that_want_it() {
    const RED_OR_MAGENTA: &[u8] = b"\x1b[1;35mZeroDivisionError";
    let colored = |config: &str, variable: Option<&str>| {
        let home = Home::new();
        fs::create_dir_all(home.config_file().parent().unwrap()).unwrap();
        fs::write(home.config_file(), config).unwrap();
        let mut session = Session::start_in(home, |command| {
            variable.map(|name| command.env(name, "1"));
        });
        session.tell("1 / 0");
        session.transcript().windows(RED_OR_MAGENTA.len()).any(|window| window == RED_OR_MAGENTA)
    };
    assert!(colored("", None));
    assert!(!colored("", Some("NO_COLOR")));
    assert!(!colored("color = \"never\"\n", None));
    assert!(colored("color = \"always\"\n", Some("NO_COLOR")));
}

#[test]
fn an_error_of_our_own_does_not_end_the_session() {
    let mut session = colorless();
    session.tell("kept = 1");
    session.tell("import sys; sys.modules['linecache'] = None");
    session.answer("'the input that found nothing'");
    session.tell("del sys.modules['linecache']");
    session.tell("sys.modules['threading'] = None");
    assert_eq!(session.answer("kept"), ["1"]);
}

#[test]
fn a_history_that_can_no_longer_be_written_is_told_once() {
    const WARNING: &str = "warning: the history is not kept in `";
    let mut session = Session::start();
    session.tell("import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))");
    for _ in 0..3 {
        session.tell("'typed'");
    }
    session.wait_for_text("File too large");
    assert_eq!(session.screen_text().matches(WARNING).count(), 1, "{}", session.screen_text());
    session.send("\x1b[A");
    session.wait_for_line(">>> 'typed'");
}
