//! Inputs run in `__main__` as CPython's interactive compiler runs them.

use super::Session;

#[test]
fn values_are_shown_as_the_interactive_compiler_shows_them() {
    Session::start().converse(&[
        ("40 + 2", &["42"]),
        ("_", &["42"]),
        ("None", &[]),
        ("_ + 1", &["43"]),
        ("1; 2", &["1", "2"]),
        ("x = 1; x", &["1"]),
        ("for i in range(3): i", &["0", "1", "2"]),
        ("for i in range(2):\n    i\n", &["0", "1"]),
        ("7\n8\n9", &["9"]),
        ("if x:\n    'yes'\n", &["'yes'"]),
        ("_ = 'mine'", &[]),
        ("5", &["5"]),
        ("_", &["'mine'"]),
        ("del _", &[]),
        ("_", &["'mine'"]),
        ("# a comment", &[]),
        ("'a\\nb'", &["'a\\nb'"]),
    ]);
}

#[test]
fn a_display_hook_of_ones_own_is_asked() {
    Session::start().converse(&[
        ("import sys; sys.displayhook = lambda value: print('<', value, '>')", &[]),
        ("1; None; 'x'", &["< 1 >", "< None >", "< x >"]),
        ("sys.displayhook = sys.__displayhook__", &[]),
        ("3", &["3"]),
    ]);
}

#[test]
fn what_is_imported_from_the_future_stays() {
    Session::start().converse(&[
        ("from __future__ import annotations", &[]),
        ("def f(x: Missing): pass", &[]),
        ("f.__annotations__", &["{'x': 'Missing'}"]),
        ("class C:\n    x: Missing\n", &[]),
        ("C.__annotations__", &["{'x': 'Missing'}"]),
    ]);
}

#[test]
fn main_is_the_real_one() {
    Session::start().converse(&[
        ("import sys, pickle, inspect, dataclasses", &[]),
        ("__name__, sys.modules['__main__'].__dict__ is globals()", &["('__main__', True)"]),
        ("class Point:\n    x = 1\n", &[]),
        ("type(pickle.loads(pickle.dumps(Point()))) is Point", &["True"]),
        ("def outer(n):\n    def inner():\n        return n\n    return inner\n", &[]),
        ("outer(3)()", &["3"]),
        ("print(inspect.getsource(outer(1)))", &["    def inner():", "        return n", ""]),
        ("@dataclasses.dataclass\nclass D:\n    x: int = 1\n", &[]),
        ("D(2)", &["D(x=2)"]),
        ("globals()['made'] = 5; made", &["5"]),
        ("sys.argv, sys.flags.interactive", &["([''], 0)"]),
        ("sorted(name for name in globals() if not name.startswith('__'))[:2]", &["['D', 'Point']"]),
    ]);
}

#[test]
fn warnings_are_shown_once_with_their_input() {
    let mut session = Session::start();
    let shown = session.answer("1 is 1");
    assert_eq!(shown.iter().filter(|row| row.contains("SyntaxWarning")).count(), 1, "{shown:?}");
    assert!(shown[0].starts_with("<input 1>:1: SyntaxWarning"), "{shown:?}");
    let shown = session.answer("'\\d'");
    assert_eq!(shown.iter().filter(|row| row.contains("SyntaxWarning")).count(), 1, "{shown:?}");
    let shown = session.answer("import warnings; warnings.warn('careful')");
    assert_eq!(shown.iter().filter(|row| row.contains("careful")).count(), 2, "the message and its line: {shown:?}");
}

#[test]
fn prompts_are_those_of_sys() {
    let mut session = Session::start();
    session.enter("import sys; sys.ps1 = 'in: '");
    session.wait_for_prompt("in: ");
    session.give("class P: __str__ = lambda self: 'p> '");
    session.wait_for_prompt("in: ");
    session.enter("sys.ps1 = P()");
    session.wait_for_prompt("p> ");
    session.enter("P.__str__ = lambda self: 1 / 0");
    session.wait_for_prompt(">>> ");
}

#[test]
fn streams_that_are_replaced_or_gone_do_not_end_the_session() {
    let mut session = Session::start();
    session.converse(&[
        ("import io, sys", &[]),
        ("sys.stdout = io.StringIO()", &[]),
        ("'hidden'", &[]),
        ("text, sys.stdout = sys.stdout.getvalue(), sys.__stdout__", &[]),
        ("text", &["\"'hidden'\\n\""]),
        ("sys.stdout.buffer.write(b'bytes\\n') and None", &["bytes"]),
        ("del sys.stdout", &[]),
    ]);
    let shown = session.answer("1");
    assert_eq!(shown.last().map(String::as_str), Some("RuntimeError: lost sys.stdout"), "{shown:?}");
    session.converse(&[("sys.stdout = None", &[]), ("sys.stdout = sys.__stdout__", &[]), ("2", &["2"])]);
}

#[test]
fn an_output_without_a_newline_leaves_the_prompt_usable() {
    let mut session = Session::start();
    session.enter("print('no newline', end='')");
    session.wait_for("the next prompt", |screen| {
        let (row, column) = screen.cursor_position();
        let rows: Vec<String> = screen.rows(0, 80).collect();
        rows[usize::from(row)].trim_end().ends_with(">>>")
            && column >= 4
            && rows.iter().any(|row| row.contains("no newline"))
    });
    session.send("1 + 1\r");
    session.wait_for_line("2");
}

#[test]
fn an_input_can_leave_with_a_status() {
    let mut session = Session::start();
    session.enter("import os; os._exit(5)");
    assert_eq!(session.wait_for_exit().code(), Some(5));
    assert!(!session.termios().is_raw());
    let mut session = Session::start();
    session.enter("raise SystemExit");
    assert_eq!(session.wait_for_exit().code(), Some(0));
    let mut session = Session::start();
    session.enter("import sys; sys.exit('why it ends')");
    assert_eq!(session.wait_for_exit().code(), Some(1));
    session.wait_for_line("why it ends");
}
