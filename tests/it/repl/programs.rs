//! Running code owns the terminal: `input()`, passwords, pdb, children and programs that take the whole screen.

use super::Session;
use crate::terminal::{Home, keys};
use crate::wait::until;
use std::fs;

#[test]
fn the_terminal_is_raw_only_while_a_line_is_edited() {
    let mut session = Session::start();
    assert!(session.termios().is_raw());
    session.enter("print('asking'); answer = input('name: ')");
    session.wait_for_line("name:");
    assert!(!session.termios().is_raw() && session.termios().echoes());
    session.send("Adaa\x7f\r");
    session.wait_for_prompt(">>> ");
    assert!(session.termios().is_raw());
    session.converse(&[("answer", &["'Ada'"])]);
    session.enter("input('again: ')");
    session.wait_for_line("again:");
    session.send(keys::CTRL_D);
    session.wait_for_line("EOFError");
    session.wait_for_prompt(">>> ");
    session.enter("input('stop: ')");
    session.wait_for_line("stop:");
    session.interrupt();
    session.wait_for_line("KeyboardInterrupt");
    session.wait_for_prompt(">>> ");
}

#[test]
fn a_password_is_not_echoed() {
    let mut session = Session::start();
    session.enter("import getpass; secret = getpass.getpass()");
    session.wait_for_text("Password: ");
    assert!(!session.termios().echoes());
    session.send("hidden\r");
    session.wait_for_prompt(">>> ");
    assert!(!session.screen_text().contains("hidden"), "{}", session.screen_text());
    session.converse(&[("len(secret)", &["6"])]);
}

#[test]
fn output_comes_as_it_is_written() {
    let mut session = Session::start();
    session.enter("for n in range(3): print(f'\\r{n} of 3', end='', flush=True); _ = input()");
    session.wait_for_prompt("... ");
    session.send(keys::ENTER);
    for shown in ["0 of 3", "1 of 3", "2 of 3"] {
        session.wait_for_line(shown);
        session.send(keys::ENTER);
    }
    session.wait_for_prompt(">>> ");
}

#[test]
fn pdb_works_and_is_left_behind() {
    let mut session = Session::start();
    session.tell("def f(n):\n    total = n\n    breakpoint()\n    total += 1\n    return total\n");
    session.enter("f(5)");
    session.wait_for_prompt("(Pdb) ");
    assert!(!session.termios().is_raw());
    session.send("p total * 7\r");
    session.wait_for_line("35");
    session.wait_for_prompt("(Pdb) ");
    session.send("w\r");
    session.wait_for_text("<module>");
    session.wait_for_prompt("(Pdb) ");
    session.interrupt();
    session.wait_for_text("KeyboardInterrupt");
    session.wait_for_prompt("(Pdb) ");
    session.send("c\r");
    session.wait_for_line("6");
    session.wait_for_prompt(">>> ");
    session.enter("f(6)");
    session.wait_for_prompt("(Pdb) ");
    session.send("q\r");
    session.wait_for_line("bdb.BdbQuit");
    session.wait_for_prompt(">>> ");
    session.enter("f(7)");
    session.wait_for_prompt("(Pdb) ");
    session.send(keys::CTRL_D);
    session.wait_for_prompt(">>> ");
    session.converse(&[("1", &["1"])]);
}

#[test]
fn a_debugger_that_steps_past_the_input_does_not_step_into_the_session() {
    let mut session = Session::start();
    session.enter("breakpoint(); x = 1");
    session.wait_for_prompt("(Pdb) ");
    // At most two lines of the input are left; lines of the session itself must not follow them.
    for _ in 0..3 {
        let (asked, _) = session.cursor();
        session.enter("n");
        session.wait_for("the next stop", |screen| {
            let (row, column) = screen.cursor_position();
            let shown: String = screen.rows(0, 80).nth(row.into()).unwrap();
            row > asked && column > 3 && (shown.trim_end() == "(Pdb)" || shown.trim_end() == ">>>")
        });
        if session.rows()[usize::from(session.cursor().0)] == ">>>" {
            break;
        }
    }
    session.wait_for_prompt(">>> ");
    assert!(!session.screen_text().contains("<session>"), "{}", session.screen_text());
    session.converse(&[("x", &["1"])]);
}

#[test]
fn children_have_the_terminal() {
    let mut session = Session::start();
    for (input, typed) in [
        ("!echo ready; cat", "to the shell's\r"),
        ("import os; os.system('echo ready; cat')", "to a child\r"),
        ("import subprocess; print('ready', flush=1); subprocess.call(['cat'])", "to another child\r"),
    ] {
        session.enter(input);
        session.wait_for_line("ready");
        session.send(typed);
        session.wait_for("what was typed, twice", |screen| screen.contents().matches(typed.trim_end()).count() == 2);
        session.send(keys::CTRL_D);
        session.wait_for_prompt(">>> ");
        session.tell("/clear");
    }
    session.converse(&[("!exit 3", &["exit status: 3"]), ("!kill -9 $$", &["signal: 9 (SIGKILL)"]), ("!true", &[])]);
    session.converse(&[("!yes | head -1", &["y"]), ("!echo \"$0 'a  b'\"", &["sh 'a  b'"])]);
    let shown = session.answer("!");
    assert_eq!(shown, ["error: `!` cannot run", "  wanted `!COMMAND`, found no command", "hint: /help"]);
    let shown = session.answer("!cd /tmp");
    assert_eq!(shown.last().unwrap(), "hint: import os; os.chdir(os.path.expanduser(\"/tmp\"))");
    session.converse(&[("!cd / && pwd", &["/"]), ("!no-such-command 2>&1 | grep -c found", &["1"])]);
}

#[test]
fn while_an_input_runs_there_is_one_thread() {
    let mut session = Session::start();
    session.tell("import os, threading");
    for _ in 0..3 {
        // Completion starts its worker thread.
        session.type_text("os.getppi");
        session.send(keys::TAB);
        session.wait_for_text(">>> os.getppid");
        session.send(keys::CTRL_C);
        session.wait_for_prompt(">>> ");
        session.tell("/clear");
        session.converse(&[
            ("os.waitpid(os.fork() or os._exit(7), 0)[1] >> 8", &["7"]),
            ("len(os.listdir('/proc/self/task'))", &["1"]),
            ("!sed -n 's/^Threads:.//p' /proc/$PPID/status", &["1"]),
        ]);
    }
    // The event loop needs a second thread while a line is edited, but not while an input runs.
    session.converse(&[
        ("import asyncio; await asyncio.sleep(0)", &[]),
        ("len(os.listdir('/proc/self/task'))", &["1"]),
        ("await asyncio.sleep(0, os.waitpid(os.fork() or os._exit(7), 0)[1] >> 8)", &["7"]),
    ]);
}

#[test]
fn programs_that_take_the_whole_screen_give_it_back() {
    let mut session = Session::start();
    let program = "import curses\ndef main(screen):\n    screen.addstr(3, 5, 'a full screen')\n    screen.refresh()\n    return screen.getch()\n";
    fs::write(session.home.path("full.py"), program).unwrap();
    session.tell("/include full.py");
    session.enter("curses.wrapper(main)");
    session.wait_for_text("a full screen");
    assert!(session.screen().alternate_screen());
    session.send("k");
    session.wait_for_line(&u32::from('k').to_string());
    session.wait_for_prompt(">>> ");
    assert!(!session.screen().alternate_screen());
    session.enter("!less full.py");
    session.wait_for_text("screen.getch()");
    session.send("q");
    session.wait_for_prompt(">>> ");
    session.converse(&[("'back'", &["'back'"])]);
}

#[test]
fn what_was_printed_stays_in_the_scrollback() {
    let mut session = Session::start_in(Home::new(), |_| {});
    session.enter("print('the first line'); print(*range(100), sep='\\n')");
    session.wait_for_line("99");
    session.wait_for_prompt(">>> ");
    let transcript = String::from_utf8_lossy(&session.transcript()).into_owned();
    assert!(transcript.contains("the first line\r\n0\r\n1\r\n"));
    assert!(!transcript.contains("\x1b[3J") && !transcript.contains("\x1b[?1049h"));
}

/// Between two keys the terminal would make a signal of Ctrl-C, and show what is typed itself.
#[test]
fn the_terminal_stays_raw_while_an_input_is_edited() {
    let mut session = Session::start();
    session.run("needle = 1");
    for _ in 0..10 {
        for (keys, shown) in [("\x12ne", "search: ne) needle = 1"), ("\x07", "\n>>> ")] {
            session.send(keys);
            until("the keys are handled", || {
                for _ in 0..500 {
                    assert!(session.termios().is_raw(), "the terminal is not raw between two keys");
                }
                session.screen_text().ends_with(shown)
            });
        }
    }
}
