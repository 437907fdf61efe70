//! Inputs of other prompts: the error is Python's, and below it stands the input that does the same here.

use super::Session;
use crate::terminal::Home;

fn start() -> Session {
    Session::start_in(Home::new(), |command| {
        command.env("NO_COLOR", "1");
    })
}

#[track_caller]
fn check(session: &mut Session, input: &str, error: &str, advice: &str) {
    let shown = session.answer(input);
    assert!(shown.iter().any(|row| row == error), "{input}: {shown:#?}");
    assert_eq!(shown.last().map(String::as_str), Some(advice), "{input}: {shown:#?}");
}

#[test]
fn a_habit_gets_its_hint_below_the_error() {
    let mut session = start();
    let not_python = "SyntaxError: invalid syntax";
    for (input, error, advice) in [
        ("%timeit sum([1])", not_python, "hint: /time sum([1])"),
        ("%who", not_python, "hint: dir()"),
        ("ls", "NameError: name 'ls' is not defined", "hint: !ls"),
        ("cd ..", not_python, "hint: import os; os.chdir(os.path.expanduser(\"..\"))"),
        (":q", not_python, "hint: /quit"),
        ("?", not_python, "hint: /help"),
        ("/who", "error: unknown command `/who`", "hint: dir()"),
        ("/exit", "error: unknown command `/exit`", "hint: /quit"),
    ] {
        check(&mut session, input, error, advice);
    }
    session.tell("%paste");
    session.wait_for_text("note: paste the text at the prompt");
}

#[test]
fn a_name_of_the_users_is_no_habit() {
    let mut session = start();
    session.converse(&[
        ("ls = who = clear = exit = 5", &[]),
        ("ls", &["5"]),
        ("who", &["5"]),
        ("clear", &["5"]),
        ("exit", &["5"]),
        ("l = 2; ls -l", &["3"]),
    ]);
    // Another name than the habit is missing, so nothing is said of the habit.
    for input in ["ls(missing)", "cat = missing"] {
        let shown = session.answer(input);
        assert_eq!(shown.last().unwrap(), "NameError: name 'missing' is not defined", "{shown:#?}");
    }
}

#[test]
fn clear_clears_the_screen_as_in_cpython() {
    let mut session = start();
    session.tell("'above'");
    session.tell("clear");
    assert_eq!(session.rows()[0], ">>>");
}

#[test]
fn a_question_about_a_call_does_not_call() {
    let mut session = start();
    session.tell("def f(): print('called')");
    for input in ["f()?", "f()??", "?f()"] {
        check(&mut session, input, "error: `f()` is not a name", "hint: /inspect f()");
    }
    check(&mut session, "quit()?", "error: `quit()` is not a name", "hint: /inspect quit()");
    let transcript = String::from_utf8_lossy(&session.transcript()).replace("'called'", "");
    assert!(!transcript.contains("called"), "{}", session.screen_text());
    session.converse(&[("1", &["1"])]);
}
