//! The first prompt, and leaving.

use super::Session;
use crate::terminal::Home;
use std::os::unix::process::ExitStatusExt;

#[test]
fn the_banner_has_two_lines_and_says_how_to_get_help() {
    let session = Session::start();
    let rows = session.rows();
    assert!(rows[0].contains("Python 3."), "{rows:?}");
    assert!(rows[1].contains("/help"), "{rows:?}");
    assert_eq!(rows[2].trim_end(), ">>>");
}

#[test]
fn quiet_is_quiet() {
    let session = Session::start_in(Home::new(), |command| {
        command.arg("-q");
    });
    assert_eq!(session.rows()[0].trim_end(), ">>>");
}

#[test]
fn each_way_out_has_its_status() {
    for (line, status) in [("exit()", 0), ("quit", 0), ("/quit", 0), ("/quit 7", 7), ("import sys; sys.exit(3)", 3)] {
        let mut session = Session::start();
        session.enter(line);
        assert_eq!(session.wait_for_exit().code(), Some(status), "{line}");
    }
    Session::start().leave();
}

#[test]
fn an_ended_session_leaves_the_terminal_as_it_was() {
    let mut session = Session::start();
    assert!(session.termios().is_raw());
    session.enter("import os; os.kill(os.getpid(), 15)");
    assert_eq!(session.wait_for_exit().signal(), Some(15));
    assert!(!session.termios().is_raw() && session.termios().echoes());
}
