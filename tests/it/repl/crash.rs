//! The terminal after the program was stopped or ended while a line was edited.

use super::{Session, program};
use crate::terminal::keys::{CTRL_C, CTRL_Z, ENTER};
use crate::terminal::{Home, Terminal};
use std::os::unix::process::ExitStatusExt;

#[track_caller]
fn check_restored(session: &Session) {
    let modes = session.termios();
    assert!(!modes.is_raw() && modes.echoes());
    assert!(!session.screen().bracketed_paste() && !session.screen().hide_cursor());
}

#[test]
fn a_deadly_signal_leaves_the_terminal_as_it_was() {
    for signal in [libc::SIGTERM, libc::SIGHUP, libc::SIGQUIT, libc::SIGABRT] {
        let mut session = Session::start();
        session.type_text("half a line");
        assert!(session.termios().is_raw());
        session.signal(signal);
        assert_eq!(session.wait_for_exit().signal(), Some(signal));
        check_restored(&session);
    }
}

#[test]
fn a_fault_in_another_thread_leaves_the_terminal_as_it_was() {
    for (fault, signal) in [("ctypes.string_at(0)", libc::SIGSEGV), ("os.abort()", libc::SIGABRT)] {
        let home = Home::new();
        let code = format!(
            "import ctypes, os, threading, time\ndef fail():\n    while not os.path.exists('go'): time.sleep(0.01)\n    {fault}\n\
             threading.Thread(target=fail, daemon=True).start()\n"
        );
        std::fs::write(home.path("fail.py"), code).unwrap();
        let mut session = Session::start_in(home, |_| {});
        session.run("/include fail.py");
        session.type_text("half a line");
        std::fs::write(session.home.path("go"), "").unwrap();
        assert_eq!(session.wait_for_exit().signal(), Some(signal));
        check_restored(&session);
    }
}

#[test]
fn a_suspended_session_goes_on_with_the_line_that_was_edited() {
    let home = Home::new();
    let mut command = home.command("sh");
    command.arg("-i").env("PS1", "$ ").env("ENV", "/dev/null").env("PROGRAM", program());
    let mut terminal = Terminal::spawn(command, 24, 80);
    terminal.wait_for_prompt("$ ");
    terminal.enter("\"$PROGRAM\"");
    terminal.wait_for_prompt(">>> ");
    for round in ["once", "twice"] {
        terminal.send(&format!("'kept {round}"));
        terminal.wait_for_text(&format!(">>> 'kept {round}"));
        terminal.send(CTRL_Z);
        terminal.wait_for_prompt("$ ");
        let modes = terminal.termios();
        assert!(!modes.is_raw() && modes.echoes());
        terminal.enter("fg");
        terminal.wait_for("the line again", |screen| {
            let (row, column) = screen.cursor_position();
            screen.contents_between(row, 0, row, column) == format!(">>> 'kept {round}")
        });
        terminal.send("'.upper()");
        terminal.send(ENTER);
        terminal.wait_for_line(&format!("'KEPT {}'", round.to_uppercase()));
        terminal.wait_for_prompt(">>> ");
    }
    terminal.send(CTRL_C);
    terminal.wait_for_line("KeyboardInterrupt");
    terminal.wait_for_prompt(">>> ");
}
