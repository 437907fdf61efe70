//! Inputs of several lines: what Enter does where, and how lines are indented.

use super::Session;
use crate::terminal::keys::{ALT_ENTER, BACKSPACE, CTRL_C, DOWN, ENTER, LEFT, TAB, UP};

const SHIFT_TAB: &str = "\x1b[Z";

#[test]
fn statements_of_several_lines_run_when_they_are_whole() {
    let mut session = Session::start();
    for (typed, result) in [
        ("for i in range(2):\rprint('loop', i)\r\r", "loop 1"),
        ("def f():\rreturn 'fu' + 'nc'\r\rf()\r", "'func'"),
        ("class A:\rx = 'cla' + 'ss'\r\rA.x\r", "'class'"),
        ("@staticmethod\rdef g():\rreturn 'deco' + 'rated'\r\rg()\r", "'decorated'"),
        ("try:\r1/0\rexcept ZeroDivisionError:\rprint('cau' + 'ght')\r\r", "caught"),
        ("with open('/dev/null') as n:\rprint('wi' + 'th')\r\r", "with"),
        ("match 3:\rcase 3:\rprint('mat' + 'ched')\r\r", "matched"),
        ("if 0:\rpass\relse:\rprint('el' + 'se')\r\r", "else"),
        ("if 0:\r1\relif 1:\rprint('el' + 'if')\r\r", "elif"),
        ("print(\r'brack' +\r'et')\r", "bracket"),
        ("'''tri\rple'''\r", r"'tri\nple'"),
        ("'back' + \\\r'slash'\r", "'backslash'"),
        ("async def h():\rreturn 'as' + 'ync'\r\rawait h()\r", "'async'"),
        ("# a comment\r'af' + 'ter'\r", "'after'"),
        ("a = 'se'; b = 'veral'; a + b\r", "'several'"),
    ] {
        session.send(typed);
        session.wait_for_result(result);
    }
}

#[test]
fn a_line_is_indented_as_the_one_before_it_asks() {
    let mut session = Session::start();
    session.send("def f(x):\r");
    session.wait_for_view(&[">>> def f(x):", "...     ‸"]);
    session.send("if x:\r");
    session.wait_for_view(&[">>> def f(x):", "...     if x:", "...         ‸"]);
    session.send("return 1\r");
    session.wait_for_view(&[">>> def f(x):", "...     if x:", "...         return 1", "...     ‸"]);
    session.send("else:\r");
    let lined_up = [">>> def f(x):", "...     if x:", "...         return 1", "...     else:", "...         ‸"];
    session.wait_for_view(&lined_up);
    session.send("pass\r");
    session.wait_for_view(&[&lined_up[..4], &["...         pass", "...     ‸"]].concat());
    session.send(CTRL_C);
    session.wait_for_prompt(">>> ");
}

#[test]
fn a_clause_goes_back_to_what_it_belongs_to() {
    let mut session = Session::start();
    session.send("try:\rx = 1\rexcept E:\r");
    session.wait_for_view(&[">>> try:", "...     x = 1", "... except E:", "...     ‸"]);
}

#[test]
fn the_keys_of_indentation_go_by_levels() {
    let mut session = Session::start();
    session.send(TAB);
    session.wait_for_row(">>>     ‸");
    session.send(BACKSPACE);
    session.wait_for_row(">>> ‸");
    session.send("if 1:\rif 2:\r");
    session.wait_for_view(&[">>> if 1:", "...     if 2:", "...         ‸"]);
    session.send(TAB);
    session.wait_for_view(&[">>> if 1:", "...     if 2:", "...             ‸"]);
    for left in ["...         ‸", "...     ‸"] {
        session.send(SHIFT_TAB);
        session.wait_for_view(&[">>> if 1:", "...     if 2:", left]);
    }
    session.send("  ");
    session.wait_for_view(&[">>> if 1:", "...     if 2:", "...       ‸"]);
    for left in ["...     ‸", "... ‸"] {
        session.send(BACKSPACE);
        session.wait_for_view(&[">>> if 1:", "...     if 2:", left]);
    }
    session.send(BACKSPACE);
    session.wait_for_view(&[">>> if 1:", "...     if 2:‸"]);
    session.send(BACKSPACE);
    session.wait_for_view(&[">>> if 1:", "...     if 2‸"]);
}

#[test]
fn backspace_goes_by_levels_when_it_is_typed_ahead() {
    let mut session = Session::start();
    session.send("if 1:\rif 2:\rif 3:\r\x7f\x7fx");
    session.wait_for_view(&[">>> if 1:", "...     if 2:", "...         if 3:", "...     x‸"]);
}

#[test]
fn backspace_takes_one_character_where_white_space_is_no_indentation() {
    let mut session = Session::start();
    session.send("x    ");
    session.wait_for_row(">>> x    ‸");
    session.send(BACKSPACE);
    session.wait_for_row(">>> x   ‸");
    session.drop_input();
    session.send("'''\r    ");
    session.wait_for_view(&[">>> '''", "...     ‸"]);
    session.send(BACKSPACE);
    session.wait_for_view(&[">>> '''", "...    ‸"]);
}

#[test]
fn enter_within_the_lines_breaks_one_and_at_their_end_runs_them() {
    let mut session = Session::start();
    session.send("def f():\rx = 'ab'\r");
    session.wait_for_view(&[">>> def f():", "...     x = 'ab'", "...     ‸"]);
    session.send("return x");
    session.wait_for_view(&[">>> def f():", "...     x = 'ab'", "...     return x‸"]);
    session.send(UP);
    session.wait_for_view(&[">>> def f():", "...     x = 'ab'‸", "...     return x"]);
    session.send(ENTER);
    session.wait_for_view(&[">>> def f():", "...     x = 'ab'", "...     ‸", "...     return x"]);
    session.send("x += 'cd'");
    session.send(DOWN);
    session.wait_for_view(&[">>> def f():", "...     x = 'ab'", "...     x += 'cd'", "...     return x‸"]);
    session.send(ENTER);
    session.send(ENTER);
    session.wait_for_prompt(">>> ");
    session.enter("f()");
    session.wait_for_result("'abcd'");
}

#[test]
fn enter_before_or_in_the_indentation_of_a_line_leaves_it_as_it_was() {
    let mut session = Session::start();
    session.send("[\r1,\r2");
    session.wait_for_view(&[">>> [", "...     1,", "...     2‸"]);
    for left in ["...     ‸1,", "... ‸    1,"] {
        session.send(if left.contains("‸1") { "\x1b[A\x1b[D" } else { "\x01" });
        session.wait_for_view(&[">>> [", left, "...     2"]);
    }
    session.send(ENTER);
    session.wait_for_view(&[">>> [", "...", "... ‸    1,", "...     2"]);
    session.send("\x1b[C\x1b[C");
    session.wait_for_view(&[">>> [", "...", "...   ‸  1,", "...     2"]);
    session.send(ALT_ENTER);
    session.wait_for_view(&[">>> [", "...", "...", "...   ‸  1,", "...     2"]);
}

#[test]
fn alt_enter_breaks_a_line_that_is_whole() {
    let mut session = Session::start();
    session.send("a = 'one'");
    session.send(ALT_ENTER);
    session.wait_for_view(&[">>> a = 'one'", "... ‸"]);
    session.send("a * 2");
    session.wait_for_view(&[">>> a = 'one'", "... a * 2‸"]);
    session.send(ENTER);
    session.wait_for_result("'oneone'");
}

#[test]
fn a_line_broken_in_its_midst_keeps_both_parts() {
    let mut session = Session::start();
    session.send("[1,2]");
    session.wait_for_row(">>> [1,2]‸");
    session.send(&LEFT.repeat(2));
    session.wait_for_row(">>> [1,‸2]");
    session.send(ALT_ENTER);
    session.wait_for_view(&[">>> [1,", "... ‸2]"]);
    session.send(ENTER);
    session.wait_for_result("[1, 2]");
}
