//! Tests of the commands' answers that are decided in Rust.

use super::*;
use crate::repl::testing::session;

#[test]
fn an_unknown_command_is_told_with_the_nearest() {
    for (name, hint) in [
        ("hlep", "/help"),
        ("tiem", "/time"),
        ("nothing-like-it", "/help"),
        ("", "/help"),
        ("rum", "/run"),
        ("reset", "/help"),
    ] {
        let text = unknown(name, "").to_string();
        assert!(text.starts_with(&format!("unknown command `/{name}`\n")), "{text}");
        assert!(text.ends_with(&format!("\nhint: {hint}")), "{text}");
    }
}

#[test]
fn each_command_says_how_it_is_used() {
    let usage = |name| ALL.iter().find(|command| command.name == name).unwrap().usage();
    assert_eq!(["clear", "help", "run"].map(usage), ["/clear", "/help [COMMAND]", "/run FILE [ARGUMENTS]"]);
    assert!(ALL.iter().is_sorted_by_key(|command| command.name));
}

#[test]
fn misuse_is_told_with_the_usage_and_the_help() {
    let time = ALL.iter().find(|command| command.name == "time").unwrap();
    let expected = "`/time` cannot run\n  wanted `/time CODE`, found no argument\nhint: /help time";
    assert_eq!(misused(time, "found no argument").to_string(), expected);
}

#[test]
fn only_a_status_ends_the_session() {
    let mut session = session([]);
    Python::attach(|py| {
        let mut quit = |rest| run(&mut session, py, "quit", rest);
        assert_eq!(quit("").unwrap(), Next::End);
        for refused in ["256", "-1", "x", "0x1"] {
            assert_eq!(quit(refused).unwrap(), Next::Input, "{refused}");
        }
        for status in ["0", "255"] {
            let error = quit(status).unwrap_err();
            let code = error.value(py).getattr("code").unwrap();
            assert_eq!(code.to_string(), status);
        }
    });
}

#[test]
fn misuse_goes_on() {
    let mut session = session([]);
    Python::attach(|py| {
        for (name, rest) in [("clear", "all"), ("run", ""), ("history", "x"), ("help", "none"), ("none", "")] {
            assert_eq!(run(&mut session, py, name, rest).unwrap(), Next::Input, "/{name} {rest}");
        }
    });
}

#[test]
fn a_bare_exit_leaves_unless_it_is_a_name_of_the_users() {
    let mut session = session([]);
    Python::attach(|py| {
        let mut leaves = |source| python(&mut session, py, source).unwrap() == Next::End;
        for (source, expected) in [("exit", true), (" quit ", true), ("exit + 0", false), ("exited", false)] {
            assert_eq!(leaves(source), expected, "{source:?}");
        }
        let names = py.import("__main__").unwrap();
        names.setattr("quit", 1).unwrap();
        assert!(!leaves("quit"));
        names.delattr("quit").unwrap();
    });
}
