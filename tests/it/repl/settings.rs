//! The configuration and the startup file, as the session follows them.

use super::{Session, program};
use crate::support::{stderr, stdout};
use crate::terminal::Home;
use std::fs;

fn configured(text: &str) -> Home {
    let home = Home::new();
    fs::create_dir_all(home.config_file().parent().unwrap()).unwrap();
    fs::write(home.config_file(), text).unwrap();
    home
}

#[test]
fn the_startup_file_runs_in_main_before_the_prompt() {
    let home = configured("startup_file = '~/start.py'\n");
    fs::write(
        home.path("start.py"),
        "print('started in', __name__)\nmade = 1\nimport asyncio\nawait asyncio.sleep(0)\n",
    )
    .unwrap();
    let mut session = Session::start_in(home, |_| {});
    session.wait_for_line("started in __main__");
    session.converse(&[("made", &["1"])]);
}

#[test]
fn a_startup_file_that_fails_or_is_missing_is_told_and_survived() {
    let home = configured("startup_file = '~/start.py'\n");
    fs::write(home.path("start.py"), "made = 1\n1 / 0\n").unwrap();
    let mut session = Session::start_in(home, |_| {});
    session.wait_for_line("ZeroDivisionError: division by zero");
    assert!(!session.screen_text().contains("<session>"));
    session.converse(&[("made", &["1"])]);
    let mut session = Session::start_in(configured("startup_file = '~/start.py'\n"), |_| {});
    session.wait_for_text("is missing");
    session.wait_for_line("hint: pychat_ai --print-config");
    session.converse(&[("1", &["1"])]);
    let home = configured("startup_file = '~/start.py'\n");
    fs::write(home.path("start.py"), "raise SystemExit(8)\n").unwrap();
    assert_eq!(Session::spawn(home, |_| {}).wait_for_exit().code(), Some(8));
}

#[test]
fn banner_and_limits_are_those_of_the_file() {
    let home = configured("banner = false\n[output]\nmax_items = 3\nmax_chars = 20\n");
    let mut session = Session::start_in(home, |_| {});
    assert_eq!(session.rows()[0], ">>>");
    session.converse(&[
        ("[1, 2, 3]", &["[1, 2, 3]"]),
        ("[1, 2, 3, 4]", &["[1, 2, 3, ...]", "… 3 of 4 items of a list; /show prints all of it"]),
        ("/show", &["[1, 2, 3, 4]"]),
        ("print([1, 2, 3, 4], 'x' * 30)", &["[1, 2, 3, 4] xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"]),
        ("'y' * 21", &["'yyyyyyyyyyyyyyyyyyyy'", "… 20 of 21 characters; /show prints all of it"]),
        ("_ == 'y' * 21", &["True"]),
    ]);
}

#[test]
fn a_named_file_is_used_and_a_wrong_one_starts_nothing() {
    let home = Home::new();
    fs::write(home.path("mine.toml"), "banner = false\n").unwrap();
    let session = Session::start_in(home, |command| {
        command.args(["--config", "mine.toml"]);
    });
    assert_eq!(session.rows()[0], ">>>");
    for (text, named) in [("baner = false\n", "`banner`"), ("[theme]\nnme = 'light'\n", "`theme.name`")] {
        let session = Session::spawn(configured(text), |_| {});
        assert_eq!(session.wait_for_exit().code(), Some(2));
        let screen = session.screen_text();
        assert!(screen.contains(named) && !screen.contains("Python 3."), "{screen}");
    }
}

#[test]
fn what_is_in_force_is_printed_with_where_it_comes_from() {
    let home = configured("banner = false\n");
    let output = home.command(program()).arg("--print-config").env("NO_COLOR", "1").output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let text = stdout(&output);
    let file = home.config_file();
    for line in [format!("banner = false  # {}:1", file.display()), "color = \"never\"  # NO_COLOR".into()] {
        assert!(text.lines().any(|each| each == line), "{line}\n{text}");
    }
    fs::write(&file, &text).unwrap();
    let again = home.command(program()).arg("--print-config").output().unwrap();
    assert!(again.status.success(), "what is printed is a configuration: {}", stderr(&again));
}
