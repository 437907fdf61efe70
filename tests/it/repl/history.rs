//! The history: kept across sessions, found by prefix and by search, and offered as hints.

use super::Session;
use crate::terminal::Home;
use crate::terminal::keys::{BACKSPACE, CTRL_C, CTRL_R, CTRL_S, DOWN, ENTER, ESC, LEFT, RIGHT, TAB, UP};
use std::fs;
use std::os::unix::fs::PermissionsExt;

#[test]
fn inputs_are_kept_whole_for_the_next_session_and_for_nobody_else() {
    let mut session = Session::start();
    session.run("first = '<\\n>'");
    session.send("def f():\rreturn 2\r\r");
    session.wait_for_view(&["...     return 2", ">>> ‸"]);
    let home = session.leave();
    let file = home.history_file();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
    let mut session = Session::start_in(home, |_| {});
    session.send(UP);
    session.wait_for_view(&[">>> def f():‸", "...     return 2"]);
    session.send(UP);
    session.wait_for_row(">>> first = '<\\n>'‸");
    session.send(ENTER);
    session.run("first");
    session.wait_for_line("'<\\n>'");
}

#[test]
fn sessions_at_the_same_time_keep_each_others_inputs() {
    let mut first = Session::start();
    let home = Home::new();
    let state = first.home.path("state");
    let mut second = Session::start_in(home, |command| {
        command.env("XDG_STATE_HOME", &state);
    });
    first.run("'of the first'");
    second.run("'of the second'");
    first.run("'again of the first'");
    second.leave();
    let mut third = Session::start_in(first.leave(), |_| {});
    for input in ["'again of the first'", "'of the second'", "'of the first'"] {
        third.send(UP);
        third.wait_for_row(&format!(">>> {input}‸"));
    }
}

#[test]
fn up_and_down_go_through_the_inputs_that_start_as_what_was_typed() {
    let mut session = Session::start();
    for input in ["import os", "x = 1", "import sys", "y = 2"] {
        session.run(input);
    }
    session.type_text("imp");
    for input in ["import sys", "import os"] {
        session.send(UP);
        session.wait_for_row(&format!(">>> {input}‸"));
    }
    session.send(DOWN);
    session.wait_for_row(">>> import sys‸");
    session.send(DOWN);
    session.wait_for("the typed text", |screen| screen.cursor_position().1 == 7);
    session.drop_input();
    session.send(UP);
    session.wait_for_row(">>> y = 2‸");
}

#[test]
fn from_the_first_of_several_lines_up_and_down_go_by_what_is_left_of_the_cursor() {
    let mut session = Session::start();
    for input in ["for_a = 1", "x = 1", "for_b = 2", "y = 2"] {
        session.run(input);
    }
    session.send("for i in y:\rz");
    session.wait_for_view(&[">>> for i in y:", "...     z‸"]);
    session.send(&format!("{UP}{}", LEFT.repeat(2)));
    session.wait_for_view(&[">>> for‸ i in y:", "...     z"]);
    for input in ["for_b = 2", "for_a = 1"] {
        session.send(UP);
        session.wait_for_row(&format!(">>> {input}‸"));
    }
    session.send(DOWN);
    session.wait_for_row(">>> for_b = 2‸");
    session.send(DOWN);
    session.wait_for_view(&[">>> for i in y:", "...     z‸"]);
}

#[test]
fn a_search_in_lower_case_finds_any_and_one_with_capitals_only_those() {
    let mut session = Session::start();
    session.run("ReadMe = 1");
    session.run("readme = 2");
    session.send(CTRL_R);
    session.send("readm");
    session.wait_for_row("(reverse search: readm) ‸readme = 2");
    session.send(CTRL_R);
    session.wait_for_row("(reverse search: readm) ‸ReadMe = 1");
    session.send(&BACKSPACE.repeat(5));
    session.send("ReadM");
    session.wait_for_row("(reverse search: ReadM) ‸ReadMe = 1");
}

#[test]
fn a_search_goes_forward_again() {
    let mut session = Session::start();
    for input in ["x = 1", "x = 2", "x = 3"] {
        session.run(input);
    }
    session.send(CTRL_R);
    session.send("x");
    for (key, direction, found) in [
        ("", "reverse", 3),
        (CTRL_R, "reverse", 2),
        (CTRL_R, "reverse", 1),
        (CTRL_S, "forward", 2),
        (CTRL_R, "reverse", 1),
    ] {
        session.send(key);
        session.wait_for_row(&format!("({direction} search: x) ‸x = {found}"));
    }
    session.send(&CTRL_S.repeat(3));
    session.wait_for_row("(forward search: x) ‸x = 3");
}

#[test]
fn a_key_that_moves_takes_what_was_found_as_the_input() {
    let mut session = Session::start();
    session.run("needle = 'fo' + 'und'; needle");
    session.send(CTRL_R);
    session.send("needle =");
    session.wait_for_row("(reverse search: needle =) ‸needle = 'fo' + 'und'; needle");
    session.send("\x05");
    session.wait_for_row(">>> needle = 'fo' + 'und'; needle‸");
    session.send("[:2]\r");
    session.wait_for_result("'fo'");
}

#[test]
fn a_search_finds_and_enter_runs_what_was_found() {
    let mut session = Session::start();
    for input in ["needle = 'fo' + 'und'; needle", "x = 1"] {
        session.run(input);
    }
    session.send("\x0c");
    session.wait_for("a clear screen", |screen| screen.cursor_position() == (0, 4));
    session.send(CTRL_R);
    session.wait_for_text("reverse search: )");
    session.send("needl");
    session.wait_for_text("(reverse search: needl) needle = 'fo' + 'und'; needle");
    session.send(ENTER);
    session.wait_for_result("'found'");
    assert!(!session.screen_text().contains("reverse search"), "{}", session.screen_text());
}

#[test]
fn a_search_in_vain_says_so_and_backspace_widens_it() {
    let mut session = Session::start();
    session.run("x = 1");
    session.send(CTRL_R);
    session.send("x!");
    session.wait_for_text("(failing reverse search: x!)");
    session.send(BACKSPACE);
    session.wait_for_text("(reverse search: x) x = 1");
}

#[test]
fn a_search_is_left_without_running_anything() {
    for key in [ESC, CTRL_C] {
        let mut session = Session::start();
        session.run("print('r' + 'an')");
        session.wait_for_line("ran");
        session.send(CTRL_R);
        session.send("print");
        session.wait_for_text("search: print) print('r'");
        session.send(key);
        session.wait_for_prompt(">>> ");
        session.run("'alive'");
        assert_eq!(session.rows().iter().filter(|row| *row == "ran").count(), 1, "{}", session.screen_text());
    }
}

#[test]
fn ctrl_c_in_a_search_drops_what_was_typed_before_it_and_esc_keeps_it() {
    let mut session = Session::start();
    session.run("needle = 1");
    for (key, left) in [(ESC, "half a line"), (CTRL_C, "")] {
        session.type_text("half a line");
        session.send(CTRL_R);
        session.wait_for_text("(reverse search: )");
        session.send("need");
        session.wait_for_text("(reverse search: need) needle = 1");
        session.send(key);
        session.wait_for_row(&format!(">>> {left}‸"));
        session.drop_input();
    }
}

#[test]
fn an_input_of_several_lines_is_found_and_run_whole() {
    let mut session = Session::start();
    session.send("for i in range(2):\rprint('turn', i)\r\r");
    session.wait_for_result("turn 1");
    session.run("x = 1");
    session.send(CTRL_R);
    session.send("turn");
    session.wait_for_view(&["(reverse search: turn) for i in range(2):", "...     print('‸turn', i)"]);
    session.send(ENTER);
    session.wait_for_result("turn 1");
    assert_eq!(session.rows().iter().filter(|row| *row == "turn 1").count(), 2);
}

#[test]
fn an_input_of_several_lines_that_is_recalled_runs_with_enter() {
    let mut session = Session::start();
    session.send("for i in range(2):\rprint('turn', i)\r\r");
    session.wait_for_result("turn 1");
    session.send("\x0c");
    session.wait_for("a clear screen", |screen| screen.cursor_position() == (0, 4));
    session.send(UP);
    session.wait_for_view(&[">>> for i in range(2):‸", "...     print('turn', i)"]);
    session.send(ENTER);
    session.wait_for_result("turn 1");
    session.send(UP);
    session.wait_for_view(&[">>> for i in range(2):‸", "...     print('turn', i)"]);
    session.send(DOWN);
    session.wait_for_view(&[">>> for i in range(2):", "...     print('turn', ‸i)"]);
}

#[test]
fn what_starts_with_a_space_is_kept_as_any_input() {
    let mut session = Session::start();
    session.run(" /last_error");
    session.send(UP);
    session.wait_for_row(">>>  /last_error‸");
    session.drop_input();
    // For Python the history has the text that ran.
    session.run(" 'spaced'");
    session.send(UP);
    session.wait_for_row(">>> 'spaced'‸");
}

#[test]
fn without_a_size_nothing_is_kept() {
    let mut session = Session::start_configured("[history]\nsize = 0\n");
    session.run("'gone'");
    let home = session.leave();
    assert!(!home.history_file().exists());
    let mut session = Session::start_in(home, |_| {});
    session.send(UP);
    session.type_text("'alone'");
    session.wait_for_row(">>> 'alone'‸");
}

#[test]
fn a_history_that_cannot_be_written_is_said_and_the_session_works() {
    let home = Home::new();
    fs::write(home.path("state/pychat_ai"), "a file").unwrap();
    let mut session = Session::start_in(home, |_| {});
    session.wait_for_text("warning: the history is not kept in `");
    session.wait_for_text("hint: !ls -ld ");
    session.run("'wor' + 'ks'");
    session.wait_for_line("'works'");
    session.send(UP);
    session.wait_for_row(">>> 'wor' + 'ks'‸");
}

#[test]
fn the_rest_of_an_earlier_input_is_offered_and_taken() {
    let mut session = Session::start();
    session.run("offered = 1");
    session.send("off");
    session.wait_for("the hint", |screen| {
        let row = screen.cursor_position().0;
        screen.cursor_position().1 == 7 && screen.contents_between(row, 0, row, 80).contains(">>> offered = 1")
    });
    let (row, _) = session.cursor();
    let screen = session.screen();
    let color = |column| screen.cell(row, column).unwrap().fgcolor();
    assert_eq!((color(4), color(8)), (vt100::Color::Default, vt100::Color::Idx(8)));
    session.send(RIGHT);
    session.wait_for_row(">>> offered = 1‸");
}

#[test]
fn a_hint_that_is_not_taken_is_no_part_of_the_input() {
    let mut session = Session::start();
    session.run("offered = 1");
    session.run("off = 'sho' + 'rt'");
    session.run("offer = 2");
    session.send("off");
    session.wait_for_text(">>> offer = 2\n>>> offer = 2");
    session.send(ENTER);
    session.wait_for_view(&[">>> off", "'short'", ">>> ‸"]);
}

#[test]
fn keys_of_a_search_may_come_at_once() {
    let mut session = Session::start();
    session.run("needle = 'fo' + 'und'; needle");
    session.run("x = 1");
    session.send("\x12needl\r");
    session.wait_for_view(&["'found'", ">>> ‸"]);
    session.wait_for("both outputs", |screen| screen.contents().matches("'found'").count() == 2);
}

#[test]
fn keys_that_leave_a_search_may_come_with_those_in_it() {
    let mut session = Session::start();
    for input in ["x = 1", "x = 2", "x = 3"] {
        session.run(input);
    }
    session.send("\x12x\x12\x12\x13\x05 + 1");
    session.wait_for_row(">>> x = 2 + 1‸");
    session.send("\x12x\x07");
    session.wait_for_row(">>> x = 2 + 1‸");
    session.send("\x12x\x03");
    session.wait_for_prompt(">>> ");
    session.send("'after' + 'wards'\r\x12aft\r");
    session.wait_for("both outputs", |screen| screen.contents().matches("'afterwards'").count() == 2);
}

#[test]
fn a_search_closes_the_menu_that_was_open() {
    let mut session = Session::start();
    session.run("needle = 'fo' + 'und'; needle");
    session.run("alpha_one = 1; alpha_two = 2");
    session.send("alph");
    session.wait_for_text(">>> alpha_one = 1; alpha_two = 2\n>>> alpha_one");
    session.send(TAB);
    session.wait_for_text("│alpha_one│");
    session.send(CTRL_R);
    session.wait_for_row("(reverse search: ) alpha_‸");
    session.send("needle =");
    session.wait_for_text("(reverse search: needle =) needle");
    session.send(ENTER);
    session.wait_for_result("'found'");
}

#[test]
fn what_is_pasted_into_a_search_is_its_term() {
    let mut session = Session::start();
    session.run("needle = 1");
    session.send(CTRL_R);
    session.wait_for_row("(reverse search: ) ‸");
    session.paste("dle =\nx");
    session.wait_for_row("(reverse search: dle =) nee‸dle = 1");
    session.send(BACKSPACE);
    session.wait_for_row("(reverse search: dle ) nee‸dle = 1");
}

#[test]
fn hints_can_be_switched_off() {
    let mut session = Session::start_configured("hints = false\n");
    session.run("offered = 1");
    let before = session.transcript().len();
    session.type_text("off");
    session.drop_input();
    // A hint would have been drawn behind the typed text, and then removed.
    let drawn = String::from_utf8_lossy(&session.transcript()[before..]).into_owned();
    assert!(drawn.contains("off") && !drawn.contains("ered"), "{drawn:?}");
}
