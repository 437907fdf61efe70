//! An input on the screen: its colours, wide characters and long lines, also after the screen is resized.

use super::Session;
use crate::terminal::Home;
use crate::terminal::keys::{BACKSPACE, CTRL_R, ENTER, LEFT, TAB, UP};
use vt100::{Cell, Color};

/// Returns the cell of the cursor's row where a text starts.
fn cell_of(screen: &vt100::Screen, text: &str) -> Option<Cell> {
    let row = screen.cursor_position().0;
    let shown = screen.contents_between(row, 0, row, screen.size().1.get());
    let column = shown[..shown.find(text)?].chars().count();
    screen.cell(row, column as u16).cloned()
}

#[track_caller]
fn wait_for_color(session: &Session, text: &str, color: Color, bold: bool) {
    session.wait_for(&format!("{text:?} in {color:?}, bold: {bold}"), |screen| {
        cell_of(screen, text).is_some_and(|cell| cell.fgcolor() == color && cell.bold() == bold)
    });
}

#[test]
fn code_is_coloured_while_it_is_typed_finished_or_not() {
    let mut session = Session::start();
    wait_for_color(&session, ">>>", Color::Idx(2), true);
    session.type_text("if len(x) > 12: 'unfini");
    for (text, color, bold) in [
        ("if", Color::Idx(4), true),
        ("len", Color::Idx(6), false),
        ("x", Color::Default, false),
        ("12", Color::Idx(3), false),
        ("'unfini", Color::Idx(2), false),
    ] {
        wait_for_color(&session, text, color, bold);
    }
    session.drop_input();
    session.type_text("/help");
    wait_for_color(&session, "/help", Color::Idx(6), true);
}

#[test]
fn the_partner_of_a_bracket_is_shown() {
    let mut session = Session::start();
    session.type_text("(1, 2)");
    session.wait_for("the partner", |screen| cell_of(screen, "(").is_some_and(|cell| cell.underline() && cell.bold()));
    session.send(&LEFT.repeat(3));
    session.wait_for("no partner", |screen| cell_of(screen, "(").is_some_and(|cell| !cell.underline()));
}

#[test]
fn the_theme_is_that_of_the_configuration() {
    for (config, color, bold) in [
        ("[theme]\nname = \"light\"\n", Color::Idx(1), false),
        ("[theme]\nname = \"high-contrast\"\n", Color::Default, false),
        ("[theme.styles]\nnumber = \"bold #ff8800\"\n", Color::Rgb(0xff, 0x88, 0), true),
    ] {
        let mut session = Session::start_configured(config);
        session.type_text("12345");
        wait_for_color(&session, "12345", color, bold);
    }
}

#[test]
fn without_colour_there_is_none_and_the_chosen_entry_is_still_seen() {
    let variable = Session::start_in(Home::new(), |command| {
        command.env("NO_COLOR", "1");
    });
    for mut session in [variable, Session::start_configured("color = \"never\"\n")] {
        session.run("alpha_one = 1; alpha_two = 2");
        session.type_text("def f(x): return 'text' # c");
        session.drop_input();
        session.type_text("alph");
        session.send(TAB);
        session.wait_for_text("│>alpha_one");
        session.drop_input();
        session.send(CTRL_R);
        session.send("alpha");
        session.wait_for_text("(reverse search: alpha) alpha_one");
        let transcript = String::from_utf8(session.transcript()).unwrap();
        for sequence in transcript.split("\x1b[").skip(1).filter_map(|rest| rest.split_once('m').map(|(code, _)| code))
        {
            let is_style = sequence.bytes().all(|byte| byte.is_ascii_digit() || byte == b';');
            assert!(!is_style || ["", "0", "39"].contains(&sequence), "{sequence:?} in {transcript:?}");
        }
    }
}

#[test]
fn the_cursor_stands_behind_wide_characters_and_backspace_takes_them_whole() {
    let mut session = Session::start();
    session.type_text("s = '你好");
    session.wait_for("the column", |screen| screen.cursor_position().1 == 4 + 5 + 4);
    session.send(LEFT);
    session.wait_for("a column of two less", |screen| screen.cursor_position().1 == 4 + 5 + 2);
    session.send(BACKSPACE);
    session.wait_for_text("s = '好");
    session.drop_input();
    for character in ["👩\u{200d}👩\u{200d}👧", "e\u{301}", "🇩🇪", "你", "👍🏽"] {
        session.send(&format!("'a{character}{BACKSPACE}b'.encode()"));
        session.wait_for_text("b'.encode()");
        session.send(ENTER);
        session.wait_for_result("b'ab'");
        session.send("\x0c");
        session.wait_for("a clear screen", |screen| screen.contents().trim_end() == ">>>");
    }
}

#[test]
fn a_long_line_wraps_and_is_edited_where_it_does() {
    let mut session = Session::start();
    let long = "0123456789".repeat(9);
    session.type_text(&format!("'{long}"));
    session.wait_for_view(&[&format!(">>> '{}", &long[..75]), &format!("{}‸", &long[75..])]);
    session.send(&LEFT.repeat(16));
    session.wait_for_view(&[&format!(">>> '{}‸{}", &long[..74], &long[74..75]), &long[75..]]);
    session.send("xy");
    session.wait_for_view(&[&format!(">>> '{}x", &long[..74]), &format!("y‸{}", &long[74..])]);
    session.send(&format!("{BACKSPACE}{BACKSPACE}\x05'[::10]"));
    session.wait_for_text("'[::10]");
    session.send(ENTER);
    session.wait_for_result("'000000000'");
    for columns in [79, 80, 81, 160] {
        session.run(&format!("{:x<1$}", "1 #", columns - ">>> ".len()));
    }
}

#[test]
fn a_new_size_shows_the_input_anew() {
    let mut session = Session::start();
    let long = "0123456789".repeat(7);
    session.type_text(&format!("'{long}"));
    session.resize(24, 40);
    session.wait_for("the wrapped line", |screen| {
        screen.contents().contains(&format!("'{long}")) && screen.cursor_position().1 == 35
    });
    session.resize(24, 100);
    session.wait_for("the line in one row", |screen| {
        screen.contents().contains(&format!("'{long}")) && screen.cursor_position().1 == 75
    });
    session.send("'[:3]\r");
    session.wait_for_result("'012'");
    session.send("if 1:\r'some' + 'thing'");
    session.wait_for_view(&[">>> if 1:", "...     'some' + 'thing'‸"]);
    session.resize(10, 60);
    session.send(" ");
    session.wait_for_view(&[">>> if 1:", "...     'some' + 'thing' ‸"]);
    session.resize(10, 20);
    session.wait_for_view(&[">>> if 1:", "...     'some' + 'th", "ing' ‸"]);
    session.resize(10, 60);
    session.wait_for_view(&[">>> if 1:", "...     'some' + 'thing' ‸"]);
    session.send("\r\r");
    session.wait_for_result("'something'");
}

#[test]
fn the_scrollback_has_what_stood_above_a_tall_input_and_no_copies_of_its_lines() {
    let mut session = Session::start();
    let above = session.rows()[..2].to_vec();
    let lines: Vec<String> = (1..28).map(|number| format!("    {number},")).collect();
    session.paste(&format!("first = [\n{}]", lines.join("\n")));
    session.wait_for("the end", |screen| screen.cursor_position() == (23, 4 + 8));
    session.send(&format!("{LEFT}8"));
    session.wait_for("the text", |screen| cell_of(screen, "27,8]").is_some());
    for number in (1..27).rev() {
        session.send(UP);
        session.wait_for("the line above", |screen| cell_of(screen, &format!("    {number},")).is_some());
    }
    session.send(UP);
    session.wait_for("the first line", |screen| cell_of(screen, "first = [").is_some());
    for text in ["x", "y"] {
        session.send(text);
        session.wait_for("the text", |screen| cell_of(screen, text).is_some());
    }
    let mut screen = session.screen();
    screen.set_scrollback(usize::MAX);
    let hidden = (1..=screen.scrollback()).map(|offset| {
        screen.set_scrollback(offset);
        screen.rows(0, 80).next().unwrap()
    });
    assert_eq!(hidden.collect::<Vec<String>>(), [&*above[1], &above[0]]);
}

#[test]
fn keys_that_are_the_sessions_own_leave_no_prompts_behind_on_the_last_row() {
    let mut session = Session::start();
    session.run("needle = 1");
    session.send("if 1:\r'need' + 'le'\r\r");
    session.wait_for_result("'needle'");
    session.run("print('\\n' * 30 + 'end')");
    session.wait_for_view(&["end", ">>> ‸"]);
    session.type_text("one two");
    for (key, view) in [
        ("\x17", &["end", ">>> one ‸"] as &[_]),
        ("\x17", &["end", ">>> ‸"]),
        ("\x19", &["end", ">>> one two‸"]),
        (CTRL_R, &["end", "(reverse search: ) one two‸"]),
        ("need", &["end", "(reverse search: need) if 1:", "...     '‸need' + 'le'"]),
        ("l", &["end", "(reverse search: needl) ‸needle = 1"]),
        ("\x1b", &["end", ">>> one two‸"]),
    ] {
        session.send(key);
        session.wait_for_view(view);
    }
}

#[test]
fn a_terminal_of_hardly_any_room_is_survived() {
    let mut session = Session::start();
    for (rows, columns) in [(3, 12), (2, 5), (1, 1), (24, 80)] {
        session.resize(rows, columns);
        session.send("os.\t\t\x03if 1:\r'long' * 100\x12os\x03");
    }
    session.wait_for_result("KeyboardInterrupt");
    session.enter("import sys; sys.exit(7)");
    assert_eq!(session.wait_for_exit().code(), Some(7));
}

#[test]
fn the_prompt_has_a_line_of_its_own_behind_unfinished_output() {
    let mut session = Session::start();
    session.enter("print('unfi' + 'nished', end='')");
    session.wait_for_view(&["unfinished", ">>> ‸"]);
}

#[test]
fn the_prompts_are_those_of_sys() {
    let mut session = Session::start();
    session.enter("import sys; sys.ps1 = 'in> '; sys.ps2 = '.. '");
    session.wait_for_prompt("in> ");
    session.send("if 1:\rx");
    session.wait_for_view(&["in> if 1:", "..     x‸"]);
    session.send("\x03");
    session.wait_for_prompt("in> ");
    session.enter("sys.ps1 = '\\x1b[31mred>\\x1b[0m '");
    session.wait_for_prompt("red> ");
    session.type_text("ab");
    session.wait_for_row("red> ab‸");
    wait_for_color(&session, "red>", Color::Idx(1), true);
    session.send("\x03");
    session.wait_for_prompt("red> ");
    session.enter("sys.ps1 = 'one\\ntwo> '");
    session.wait_for_view(&["one", "two> ‸"]);
    session.type_text("ab");
    session.wait_for_view(&["one", "two> ab‸"]);
    session.send("\x03");
    session.wait_for_view(&["one", "two> ‸"]);
    session.enter("sys.ps1 = type('P', (), {'__str__': lambda self: 1/0})()");
    session.wait_for_prompt(">>> ");
    session.run("'ali' + 've'");
    session.wait_for_line("'alive'");
}
