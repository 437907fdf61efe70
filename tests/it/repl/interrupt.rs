//! Ctrl-C, and SIGINT from elsewhere, end the running code and never the session.

use super::Session;
use crate::terminal::{Home, keys};
use crate::wait::{until, until_interruptible};
use std::fs;
use std::path::PathBuf;

/// Starts the loop that runs beside the editor.
const LOOP: &str = "import asyncio; await asyncio.sleep(0)";

/// Runs an input that says when it is ready, presses Ctrl-C, and waits for the next prompt.
#[track_caller]
fn interrupted(session: &mut Session, input: &str, ready: &str) -> Vec<String> {
    session.enter("/clear");
    session.wait_for_prompt(">>> ");
    session.give(input);
    session.wait_for_line(ready);
    session.interrupt();
    session.wait_for_prompt(">>> ");
    session.rows()
}

#[test]
fn whatever_runs_is_interrupted_and_the_session_keeps_its_values() {
    let mut session = Session::start();
    fs::write(session.home.path("endless.py"), "print('ready')\nwhile True: pass\n").unwrap();
    session.tell("import asyncio, re, time, threading");
    session.tell("kept = 'kept'");
    session.tell("class Slow: __repr__ = lambda self: print('ready') or time.sleep(1000)");
    session.tell("'last'");
    for input in [
        "print('ready'); time.sleep(1000)",
        "print('ready')\nwhile True: pass\n",
        "print('ready'); sum(0 for _ in iter(int, 1))",
        "print('ready'); threading.Event().wait()",
        "print('ready'); re.match('(a?){28}a{28}b', 'a' * 28 * 2)",
        "print('ready'); await asyncio.sleep(1000)",
        "print('ready'); input()",
        "/run endless.py",
        "/include endless.py",
        "/time print('ready') or time.sleep(1000)",
    ] {
        let rows = interrupted(&mut session, input, "ready");
        assert!(rows.iter().any(|row| row == "KeyboardInterrupt"), "{input}: {rows:#?}");
        assert!(!rows.iter().any(|row| row.contains("CancelledError") || row.contains("<session>")), "{rows:#?}");
    }
    session.converse(&[("_", &["'last'"]), ("kept", &["'kept'"])]);
    let rows = interrupted(&mut session, "Slow()", "ready");
    assert!(rows.iter().any(|row| row == "KeyboardInterrupt"), "{rows:#?}");
    interrupted(&mut session, "!echo ready; exec sleep 1000", "ready");
    session.converse(&[("kept", &["'kept'"])]);
}

#[test]
fn the_keys_that_end_a_child_leave_the_session_as_it_is() {
    let home = Home::new();
    let editor = home.path("editor.sh");
    fs::write(&editor, "echo ready\nexec sleep 1000\n").unwrap();
    let mut session = Session::start_in(home, |command| {
        command.env("EDITOR", format!("sh '{}'", editor.display()));
    });
    session.tell("import signal; kept = 'kept'");
    // Signals that the session ignores are still not ignored in its child.
    for actions in ["SIG_DFL", "SIG_IGN"] {
        session.tell(&format!("old = signal.signal(signal.SIGQUIT, signal.{actions})"));
        session.tell(&format!("old = signal.signal(signal.SIGINT, signal.{actions})"));
        for (key, signal) in [(keys::CTRL_BACKSLASH, "signal: 3 (SIGQUIT)"), (keys::CTRL_C, "signal: 2 (SIGINT)")] {
            for input in ["!echo ready; exec sleep 1000", "/edit kept"] {
                session.tell("/clear");
                session.enter(input);
                session.wait_for_line("ready");
                session.send(key);
                session.wait_for_text(signal);
                if input.starts_with('/') {
                    session.wait_for_line(">>> kept");
                    session.send(keys::CTRL_C);
                }
                session.wait_for_prompt(">>> ");
            }
        }
        session.converse(&[(&format!("signal.getsignal(signal.SIGQUIT) is signal.{actions}"), &["True"])]);
    }
    session.converse(&[("kept", &["'kept'"])]);
}

#[test]
fn a_long_output_is_interrupted() {
    let mut session = Session::start();
    session.give("while True: print('again and again')");
    session.wait_for_line("again and again");
    session.send(keys::CTRL_C);
    session.wait_for_prompt(">>> ");
    session.converse(&[("1", &["1"])]);
}

#[test]
fn two_in_a_row_are_survived() {
    let mut session = Session::start();
    session.tell("import time");
    session.enter("print('ready'); time.sleep(1000)");
    session.wait_for_line("ready");
    session.interrupt();
    session.send(keys::CTRL_C);
    session.wait_for_prompt(">>> ");
    session.converse(&[("1", &["1"])]);
}

#[test]
fn a_signal_from_outside_interrupts_what_runs() {
    let mut session = Session::start();
    session.enter("print('ready'); import time; time.sleep(1000)");
    session.wait_for_line("ready");
    until_interruptible(session.pid());
    session.signal(libc::SIGINT);
    session.wait_for_line("KeyboardInterrupt");
    session.wait_for_prompt(">>> ");
}

#[test]
fn a_signal_from_outside_leaves_the_line_being_edited() {
    for prepare in ["pass", LOOP] {
        let mut session = Session::start();
        session.tell(prepare);
        session.send("for i in 'ab':");
        session.wait_for_text(">>> for i in 'ab':");
        session.signal(libc::SIGINT);
        session.send(keys::ENTER);
        session.wait_for_prompt_of_block();
        session.send("print(i)\r\r");
        session.wait_for_line("b");
        session.wait_for_prompt(">>> ");
        session.converse(&[("1", &["1"])]);
    }
}

#[test]
fn a_handler_that_exits_ends_the_session() {
    let lines = [(keys::ENTER, "open('ran', 'w')"), (keys::CTRL_C, "half a line")];
    for ((key, line), before) in lines.into_iter().flat_map(|line| [(line, "pass"), (line, LOOP)]) {
        let mut session = Session::start();
        session.tell(before);
        session.tell("import signal, sys");
        session.tell("old = signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))");
        session.type_text(line);
        session.signal(libc::SIGTERM);
        session.send(key);
        assert_eq!(session.wait_for_exit().code(), Some(3));
        assert!(!session.home.path("ran").exists());
    }
}

#[test]
fn what_a_handler_raises_while_a_line_is_edited_is_shown() {
    for before in ["pass", LOOP] {
        let mut session = Session::start();
        session.tell(before);
        session.tell("import signal");
        session.tell("old = signal.signal(signal.SIGUSR1, lambda *_: 1 / 0)");
        session.type_text("'kept' + ' line'");
        session.signal(libc::SIGUSR1);
        session.send(keys::ENTER);
        session.wait_for_text("ZeroDivisionError: division by zero\n'kept line'\n>>>");
    }
}

#[test]
fn a_signal_that_comes_while_a_thread_ends_leaves_no_output_back() {
    let mut session = Session::start();
    let code = "import os, sys, threading, time\ndef work():\n    while not os.path.exists('go'): time.sleep(0.01)\n\
                thread = threading.Thread(target=work)\nthread.start()\nopen('id', 'w').write(str(thread.native_id))\n";
    fs::write(session.home.path("work.py"), code).unwrap();
    session.tell("/include work.py");
    session.type_text("half a line");
    session.signal(libc::SIGINT);
    fs::write(session.home.path("go"), "").unwrap();
    let thread = fs::read_to_string(session.home.path("id")).unwrap();
    let task = PathBuf::from(format!("/proc/{}/task/{thread}", session.pid()));
    until("the end of the thread", || !task.exists());
    session.send(keys::CTRL_C);
    session.wait_for_prompt(">>> ");
    session.converse(&[("'write' in vars(sys.stdout), 'write' in vars(sys.stderr)", &["(False, False)"])]);
}

impl Session {
    #[track_caller]
    fn wait_for_prompt_of_block(&self) {
        self.wait_for("an indented line", |screen| screen.cursor_position().1 == 8);
    }
}

#[test]
fn a_handler_of_ones_own_is_called() {
    let mut session = Session::start_in(Home::new(), |_| {});
    session.tell("import signal, time");
    session.tell("calls = []");
    session.tell("old = signal.signal(signal.SIGINT, lambda *_: calls.append('handled'))");
    session.give("print('ready')\nwhile not calls: time.sleep(0.01)\nprint(*calls)\n");
    session.wait_for_line("ready");
    session.send(keys::CTRL_C);
    session.wait_for_text("^Chandled\n");
    session.wait_for_prompt(">>> ");
}
