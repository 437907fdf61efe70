//! Keys: Emacs and vi, keys of the configuration, keys that end the session, and the key for the user's own editor.

use super::Session;
use crate::terminal::Home;
use crate::terminal::keys::{CTRL_C, CTRL_D, CTRL_R, ENTER, ESC, UP};
use std::fs;

const CTRL_O: &str = "\x0f";
const F2: &str = "\x1bOQ";

#[test]
fn emacs_keys_edit_a_line() {
    let mut session = Session::start();
    for (typed, view) in [
        ("abc def\x01X", ">>> X‸abc def"),
        ("abc\x01X\x05Y", ">>> XabcY‸"),
        ("abc def\x1bb\x0b", ">>> abc ‸"),
        ("abc def\x1bb\x15", ">>> ‸def"),
        ("abc def\x17", ">>> abc ‸"),
        ("abc def\x17\x19\x19", ">>> abc defdef‸"),
        ("abc def\x01\x1bfX", ">>> abcX‸ def"),
        ("abc def\x01\x1bd", ">>> ‸ def"),
        ("abc\x01\x04", ">>> ‸bc"),
        ("abc\x02X", ">>> abX‸c"),
        ("abc def\x17\x1f", ">>> abc def‸"),
        ("foo.bar\x01\x1bd", ">>> ‸.bar"),
        ("foo.bar b\x01\x1b[1;5CX", ">>> fooX‸.bar b"),
        ("foo.bar\x1b\x7f", ">>> foo.‸"),
        ("f(a.b, c.d)\x17", ">>> f(a.b, ‸"),
        ("foo.bar\x01\x1bu", ">>> FOO‸.bar"),
        ("a b c\x17\x17\x17\x19\x19", ">>> a b ca b c‸"),
        ("a b c\x01\x1bd\x1bd\x05\x19", ">>>  ca b‸"),
        ("a b c\x17\x01\x0b\x19\x19", ">>> a b a b ‸"),
    ] {
        session.send(typed);
        session.wait_for_row(view);
        session.drop_input();
    }
}

#[test]
fn vi_keys_edit_a_line_and_the_next_prompt_inserts_again() {
    let mut session = Session::start_configured("edit_mode = \"vi\"\n");
    session.type_text("one two");
    session.send(ESC);
    session.wait_for_row(">>> one tw‸o");
    for (typed, view) in [
        ("0", ">>> ‸one two"),
        ("w", ">>> one ‸two"),
        ("x", ">>> one ‸wo"),
        ("b", ">>> ‸one wo"),
        ("dw", ">>> ‸wo"),
        ("dd", ">>> ‸"),
        ("i'vi' + 'm'", ">>> 'vi' + 'm'‸"),
    ] {
        session.send(typed);
        session.wait_for_row(view);
    }
    session.send(ESC);
    session.wait_for_row(">>> 'vi' + 'm‸'");
    session.send(ENTER);
    session.wait_for_result("'vim'");
    session.send("'in' + 'sert'\r");
    session.wait_for_result("'insert'");
    session.type_text("half");
    session.send(ESC);
    session.wait_for_row(">>> hal‸f");
    session.drop_input();
    session.type_text("inserted");
}

#[test]
fn lines_that_are_cut_one_after_the_other_come_back_together() {
    let mut session = Session::start();
    session.send("(1,\r2)");
    session.wait_for_view(&[">>> (1,", "... 2)‸"]);
    session.send("\x1b<");
    session.wait_for_view(&[">>> ‸(1,", "... 2)"]);
    for (key, left) in [("\x0b", &[">>> ‸", "... 2)"] as &[_]), ("\x0b", &[">>> ‸2)"]), ("\x0b", &[">>> ‸"])] {
        session.send(key);
        session.wait_for_view(left);
    }
    session.send("\x19");
    session.wait_for_view(&[">>> (1,", "... 2)‸"]);
}

#[test]
fn escape_that_comes_with_what_was_typed_before_it_leaves_that_as_it_was() {
    let mut session = Session::start_configured("edit_mode = \"vi\"\n");
    session.send("abc\x1b");
    session.wait_for_row(">>> ab‸c");
    session.send("x");
    session.wait_for_row(">>> a‸b");
    session.send("Acd\x1b");
    session.wait_for_row(">>> abc‸d");
}

/// Returns the shapes that the cursor had, as the numbers of `DECSCUSR`.
fn shapes(session: &Session) -> Vec<char> {
    let transcript = String::from_utf8(session.transcript()).unwrap();
    let mut parts: Vec<&str> = transcript.split(" q").collect();
    parts.pop();
    let mut shapes: Vec<char> = parts.iter().filter_map(|part| part.chars().last()).collect();
    shapes.dedup();
    shapes
}

#[test]
fn the_cursors_shape_shows_the_mode_of_vi_and_is_given_back() {
    const BAR: char = '6';
    const BLOCK: char = '2';
    const OWN: char = '0';
    let mut session = Session::start_configured("edit_mode = \"vi\"\n");
    session.type_text("'ab' + 'c");
    session.send(ESC);
    session.wait_for_row(">>> 'ab' + '‸c");
    session.send("a'");
    session.wait_for_row(">>> 'ab' + 'c'‸");
    session.send(ENTER);
    session.wait_for_result("'abc'");
    session.type_text("1");
    assert_eq!(shapes(&session), [BAR, BLOCK, BAR, OWN, BAR]);
    session.signal(libc::SIGTERM);
    session.wait_for_exit();
    assert_eq!(shapes(&session).last(), Some(&OWN));
    let mut emacs = Session::start();
    emacs.type_text("1");
    assert_eq!(shapes(&emacs), []);
}

#[test]
fn vi_searches_for_letters_from_normal_mode_and_keeps_what_it_found() {
    let mut session = Session::start_configured("edit_mode = \"vi\"\n");
    session.run("needle = 1");
    session.run("'x'");
    session.type_text("draft");
    session.send(ESC);
    session.wait_for_row(">>> draf‸t");
    session.send(CTRL_R);
    session.wait_for_row("(reverse search: ) draf‸t");
    session.send("eed");
    session.wait_for_row("(reverse search: eed) n‸eedle = 1");
    session.send(ESC);
    session.wait_for_row(">>> draf‸t");
}

#[test]
fn configured_keys_are_added_and_taken_away() {
    let config = "[keys]\n\"ctrl-o\" = \"line-start\"\n\"alt-e\" = \"line-end\"\n\"ctrl-k\" = \"none\"\n";
    let mut session = Session::start_configured(config);
    session.send("abc\x0fX\x1beY\x01\x0bZ");
    session.wait_for_row(">>> Z‸XabcY");
}

#[test]
fn the_users_editor_gets_what_was_typed_and_its_text_waits_for_enter() {
    for key in [F2, CTRL_O] {
        let home = Home::new();
        fs::write(home.path("editor"), "cat \"$1\" >seen\necho \"'from ' + 'there'\" >\"$1\"\n").unwrap();
        let mut session = Session::start_in(home, |command| {
            command.env("EDITOR", "sh editor");
        });
        session.type_text("half a line");
        session.send(key);
        session.wait_for_row(">>> 'from ' + 'there'‸");
        assert_eq!(fs::read_to_string(session.home.path("seen")).unwrap(), "half a line\n");
        session.send(ENTER);
        session.wait_for_result("'from there'");
    }
}

#[test]
fn ctrl_c_drops_what_is_edited() {
    let mut session = Session::start();
    for typed in ["half", "if 1:\rprint('ne' + 'ver')", "'''\rtext", "[1,\r2"] {
        session.send(typed);
        let last = typed.rsplit('\r').next().unwrap();
        session.wait_for("the input", |screen| {
            let (row, column) = screen.cursor_position();
            screen.contents_between(row, 0, row, column).ends_with(last)
        });
        session.send(CTRL_C);
        session.wait_for_result("KeyboardInterrupt");
    }
    session.run("'ali' + 've'");
    session.wait_for_line("'alive'");
    assert!(!session.screen_text().contains("never"));
}

#[test]
fn ctrl_d_deletes_in_a_line_and_leaves_on_an_empty_one() {
    let mut session = Session::start();
    session.send("abc\x01");
    session.wait_for_row(">>> ‸abc");
    session.send(CTRL_D);
    session.wait_for_row(">>> ‸bc");
    session.send(&CTRL_D.repeat(2));
    session.wait_for_row(">>> ‸");
    session.leave();
}

#[test]
fn keys_of_the_line_do_nothing_to_a_search() {
    let mut session = Session::start();
    session.run("needle = 1");
    session.type_text("kept");
    session.send(CTRL_R);
    session.wait_for_text("(reverse search: )");
    session.send("need");
    session.wait_for_text("(reverse search: need) needle = 1");
    session.send(&format!("{F2}\x1b\r\x1b[Z"));
    session.send("le");
    session.wait_for_text("(reverse search: needle) needle = 1");
    session.send(ESC);
    session.wait_for_row(">>> kept‸");
}

#[test]
fn ctrl_l_clears_the_screen_and_keeps_the_input() {
    let mut session = Session::start();
    session.run("'output'");
    session.type_text("kept");
    session.send("\x0c");
    session.wait_for("a clear screen", |screen| screen.contents() == ">>> kept");
    session.wait_for_row(">>> kept‸");
}

#[test]
fn an_editor_that_fails_leaves_the_input_as_it_was() {
    let mut session = Session::start_in(Home::new(), |command| {
        command.env("EDITOR", "false");
    });
    session.send("if 1:\rx");
    session.wait_for_view(&[">>> if 1:", "...     x‸"]);
    // The key is pressed in the middle of the input, whose end must not be mixed with the message.
    session.send(UP);
    session.wait_for_view(&[">>> if 1:‸", "...     x"]);
    session.send(F2);
    session.wait_for_line("error: the editor failed, so the input stays as it was");
    session.wait_for_line("hint: import os; os.environ['VISUAL'] = 'vi'");
    session.wait_for_view(&[">>> if 1:", "...     x‸"]);
    assert!(session.screen_text().matches("...     x").count() == 1, "{}", session.screen_text());
}

#[test]
fn keys_in_one_batch_behind_a_cut_do_what_they_do_alone() {
    let mut session = Session::start();
    session.tell("needle_one = needle_two = 1");
    session.run("'ear' + 'lier'");
    for (keys, row) in [
        ("x\x15\x1b[A", ">>> 'ear' + 'lier'‸"),
        ("'ear' y\x17\x1b[A", ">>> 'ear' + 'lier'‸"),
        ("x\x15\x1b[A\x17Z", ">>> 'ear' + Z‸"),
        ("x = y\x17needle_o\t", ">>> x = needle_one‸"),
    ] {
        session.send(keys);
        session.wait_for_row(row);
        session.drop_input();
    }
    session.send("x\x15\x04");
    session.leave();
}
