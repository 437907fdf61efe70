//! Pasted text: kept as it is, and run only by Enter. Also keys that are typed ahead.

use super::Session;
use crate::terminal::keys::{CTRL_C, CTRL_R, ENTER, LEFT};

#[test]
fn a_paste_is_kept_as_it_was_and_runs_with_enter() {
    let mut session = Session::start();
    session.paste("def f():\n  if 1:\n\n      # deep\n      return 'pas' + 'ted'\n");
    session.wait_for_view(&[
        ">>> def f():",
        "...   if 1:",
        "...",
        "...       # deep",
        "...       return 'pas' + 'ted'",
        "... ‸",
    ]);
    session.send(ENTER);
    session.wait_for_prompt(">>> ");
    session.enter("f()");
    session.wait_for_result("'pasted'");
}

#[test]
fn white_space_and_line_ends_of_a_paste_survive() {
    let mut session = Session::start();
    session.paste("text = '''a\n\tb  \n\n    c'''");
    session.wait_for_text("c'''");
    session.send(ENTER);
    session.wait_for_prompt(">>> ");
    session.enter("text");
    session.wait_for_result(r"'a\n\tb  \n\n    c'");
    session.send("\x1b[200~text = '''a\r\nb'''\x1b[201~");
    session.wait_for_text("b'''");
    session.send(ENTER);
    session.wait_for_prompt(">>> ");
    session.enter("text");
    session.wait_for_result(r"'a\nb'");
}

#[test]
fn several_statements_are_pasted_at_once() {
    let mut session = Session::start();
    session.paste("import math\ndef f():\n    return 'whole'\n\nx = f()\nx * 2\n");
    session.wait_for_view(&[
        ">>> import math",
        "... def f():",
        "...     return 'whole'",
        "...",
        "... x = f()",
        "... x * 2",
        "... ‸",
    ]);
    session.send(ENTER);
    session.wait_for_result("'wholewhole'");
}

#[test]
fn one_ctrl_c_drops_a_whole_paste() {
    let mut session = Session::start();
    session.paste("print('ne' + 'ver')\nprint('ne' + 'ver')");
    session.wait_for_text("... print");
    session.send(CTRL_C);
    session.wait_for_prompt(">>> ");
    session.run("'alive'");
    assert!(!session.screen_text().contains("never"));
}

#[test]
fn two_thousand_lines_are_pasted_and_run() {
    let mut session = Session::start();
    let lines: String = (0..1998).map(|number| format!("    x = {number}  # 'text'\n")).collect();
    session.paste(&format!("def f():\n{lines}    return 'end', x\n"));
    session.wait_for_view(&["...     x = 1997  # 'text'", "...     return 'end', x", "... ‸"]);
    session.send(ENTER);
    session.wait_for_prompt(">>> ");
    session.enter("f()");
    session.wait_for_result("('end', 1997)");
}

#[test]
fn escape_characters_of_a_paste_are_text() {
    let mut session = Session::start();
    session.send("\x1b[200~x = '\x1b[31mred\x07'\x1b[201~");
    session.wait_for_row(">>> x = '?[31mred?'‸");
    session.send(ENTER);
    session.wait_for_prompt(">>> ");
    session.enter("x");
    session.wait_for_result(r"'\x1b[31mred\x07'");
}

#[test]
fn tabs_of_a_paste_stand_at_their_stops() {
    let mut session = Session::start();
    session.paste("if 1:\n\tx = 'tab'");
    session.wait_for_view(&[">>> if 1:", "...     x = 'tab'‸"]);
    session.send(LEFT);
    session.send("s");
    session.wait_for_view(&[">>> if 1:", "...     x = 'tabs‸'"]);
    session.send("\x05\r");
    session.wait_for_view(&[">>> if 1:", "...     x = 'tabs'", "...     ‸"]);
    session.send("x\r\r");
    session.wait_for_result("'tabs'");
}

#[test]
fn a_paste_into_a_search_is_searched_for() {
    let mut session = Session::start();
    session.run("needle = 1");
    session.send(CTRL_R);
    session.wait_for_text("(reverse search: )");
    session.paste("need\nmore");
    session.wait_for_text("(reverse search: need) needle = 1");
}

#[test]
fn enter_right_behind_a_paste_runs_it() {
    let mut session = Session::start();
    session.send("\x1b[200~'past' +\\\r'ed'\x1b[201~\r'and' + ' more'\r");
    session.wait_for_line("'pasted'");
    session.wait_for_result("'and more'");
}

#[test]
fn several_inputs_sent_at_once_all_run() {
    let mut session = Session::start();
    session.send("a = 'fir' + 'st'\ra\rif a:\rb = a + ' last'\r\rb\r");
    session.wait_for_result("'first last'");
    session.wait_for_line("'first'");
}

#[test]
fn what_is_typed_while_code_runs_is_the_next_input() {
    let mut session = Session::start();
    session.tell("import os, time");
    session.give("print('runs' + ' now')\nwhile not os.path.exists('go'): time.sleep(0.01)\n");
    session.wait_for_line("runs now");
    session.send("'type' + ' ahead'\r'not' + ' run'");
    // While code runs, the terminal itself echoes the keys. After the echo the code may end.
    session.wait_for_text("'type' + ' ahead'\n'not' + ' run'");
    std::fs::write(session.home.path("go"), "").unwrap();
    session.wait_for_line("'type ahead'");
    session.wait_for_row(">>> 'not' + ' run'‸");
}

#[test]
fn a_line_of_many_screens_is_pasted_and_runs() {
    let mut session = Session::start();
    session.paste(&format!("len('{}')", "0123456789".repeat(2000)));
    session.wait_for_text("789')");
    session.send(ENTER);
    session.wait_for_result("20000");
}
