//! Python programs on a terminal: programs that ask, a session after a program (`-i`), and terminals without editing.

use super::python3;
use crate::repl::{self, Session};
use crate::terminal::{Home, Terminal, keys};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Command, ExitStatus};

fn start(home: Home, arguments: &[&str]) -> Session {
    Session::spawn(home, |command| {
        command.args(arguments);
    })
}

fn home_with(files: &[(&str, &str)]) -> Home {
    let home = Home::new();
    for (name, text) in files {
        std::fs::write(home.path(name), text).unwrap();
    }
    home
}

/// Runs the program and python3 on a terminal with the same input at the same moments, and compares their output by
/// character.
fn same(prepare: impl Fn(&mut Command) -> &mut Command, talk: impl Fn(&mut Terminal)) -> (String, ExitStatus) {
    let home = Home::new();
    let run = |program: PathBuf| {
        let mut command = home.command(program);
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        prepare(&mut command);
        let mut terminal = Terminal::spawn(command, 24, 80);
        talk(&mut terminal);
        let status = terminal.wait_for_exit();
        (String::from_utf8(terminal.transcript()).unwrap(), status)
    };
    let (wanted, found) = (run(python3()), run(repl::program()));
    assert_eq!(found, wanted, "the outcome of the program is on the left");
    found
}

#[test]
fn with_i_the_session_goes_on_in_the_main_of_the_program() {
    let home = home_with(&[
        ("sets.py", "import sys\nx = 41\ndef f():\n    return __name__, sys.argv\n"),
        ("module.py", "x = 41\n"),
    ]);
    let mut session = start(home, &["-i", "sets.py", "a", "-b"]);
    session.wait_for_prompt(">>> ");
    session.run("x + 1");
    session.wait_for_line("42");
    session.run("f()");
    session.wait_for_line("('__main__', ['sets.py', 'a', '-b'])");
    let mut session = start(session.leave(), &["-i", "-c", "x = 41"]);
    session.wait_for_prompt(">>> ");
    session.run("x + 1");
    session.wait_for_line("42");
    let mut session = start(session.leave(), &["-im", "module"]);
    session.wait_for_prompt(">>> ");
    session.run("x + 1, __file__[-9:]");
    session.wait_for_line("(42, 'module.py')");
    session.leave();
}

#[test]
fn with_i_an_uncaught_exception_is_shown_and_the_session_starts() {
    let home = home_with(&[("fails.py", "x = 41\n1 / 0\n"), ("wrong.py", "x =\n")]);
    let mut session = start(home, &["-i", "fails.py"]);
    session.wait_for_prompt(">>> ");
    session.wait_for_line("ZeroDivisionError: division by zero");
    session.run("x + 1");
    session.wait_for_line("42");
    session.run("import sys; type(sys.last_exc)");
    session.wait_for_line("<class 'ZeroDivisionError'>");
    let session = start(session.leave(), &["-i", "wrong.py"]);
    session.wait_for_prompt(">>> ");
    session.wait_for_line("SyntaxError: invalid syntax");
    let session = start(session.leave(), &["-i", "missing.py"]);
    session.wait_for_prompt(">>> ");
    assert!(session.screen_text().contains("can't open file"), "{}", session.screen_text());
    session.leave();
}

/// As in python3, the exit is shown as a traceback, and the status is that of the session.
#[test]
fn with_i_an_exit_of_the_program_is_not_the_end() {
    let mut session = start(Home::new(), &["-i", "-c", "import sys; x = 41; sys.exit(3)"]);
    session.wait_for_prompt(">>> ");
    session.wait_for_line("SystemExit: 3");
    session.run("x + 1");
    session.wait_for_line("42");
    session.enter("sys.exit(5)");
    assert_eq!(session.wait_for_exit().code(), Some(5));
}

#[test]
fn what_was_registered_to_be_done_at_exit_is_done_after_the_session() {
    let mut session = start(Home::new(), &["-i", "-c", "import atexit; atexit.register(print, 'at', 'exit')"]);
    session.wait_for_prompt(">>> ");
    session.run("1 + 1");
    assert!(!session.screen_text().contains("at exit"));
    session.send(keys::CTRL_D);
    assert!(session.wait_for_exit().success());
    assert!(session.rows().contains(&"at exit".to_owned()), "{}", session.screen_text());
}

#[test]
fn the_session_finds_modules_in_the_current_folder_and_no_hook_of_readline() {
    let home = home_with(&[("beside.py", "print('beside', 'it')\n")]);
    let mut session = start(home, &[]);
    session.wait_for_prompt(">>> ");
    session.run("import beside, sys");
    session.wait_for_line("beside it");
    session.run("sys.path[0], hasattr(sys, '__interactivehook__')");
    session.wait_for_line("('', False)");
    let home = session.leave();
    assert!(!home.path(".python_history").exists());
    let mut session = start(home, &["-I"]);
    session.wait_for_prompt(">>> ");
    session.enter("import beside");
    session.wait_for_line("ModuleNotFoundError: No module named 'beside'");
}

/// `asyncio.__main__` imports `_pyrepl.main`, which the session replaces.
#[test]
fn the_session_goes_on_after_the_one_of_asyncio() {
    let mut session = start(Home::new(), &["-i", "-m", "asyncio"]);
    session.wait_for_text("asyncio REPL");
    session.wait_for_prompt(">>> ");
    session.enter("x = await asyncio.sleep(0, 41)");
    session.wait_for_prompt(">>> ");
    session.send(keys::CTRL_D);
    session.wait_for_text("Type /help for help");
    session.wait_for_prompt(">>> ");
    session.run("from _pyrepl.main import CAN_USE_PYREPL; CAN_USE_PYREPL");
    session.wait_for_line("True");
    session.leave();
}

#[test]
fn without_i_nothing_comes_after_the_program() {
    let (text, status) = same(|command| command.args(["-c", "import sys; print('ran'); sys.exit(3)"]), |_| {});
    assert_eq!((text.as_str(), status.code()), ("ran\r\n", Some(3)));
    let (text, _) = same(|command| command.args(["-c", "1 / 0"]), |_| {});
    assert!(text.contains("\x1b[") && text.contains("ZeroDivisionError"), "{text}");
    let (text, _) = same(|command| command.env("NO_COLOR", "1").args(["-c", "1 / 0"]), |_| {});
    assert!(!text.contains("\x1b["), "{text}");
}

#[test]
fn a_program_asks_on_the_terminal() {
    let code = "import getpass; print([input('name? ')]); print([getpass.getpass('secret? ')]); print([input()])";
    let (text, status) = same(
        |command| command.args(["-c", code]),
        |terminal| {
            terminal.wait_for_prompt("name? ");
            terminal.enter("näme");
            terminal.wait_for_prompt("secret? ");
            terminal.send("hidden\r");
            terminal.wait_for_line("['hidden']");
            terminal.send(keys::CTRL_D);
        },
    );
    assert!(text.contains("['näme']") && text.contains("EOFError"), "{text}");
    assert_eq!(status.code(), Some(1));
}

#[test]
fn ctrl_c_ends_a_program() {
    let code = "import time\nprint('ready', flush=True)\ntime.sleep(99)";
    let home = Home::new();
    let ends = [python3(), repl::program()].map(|program| {
        let mut command = home.command(program);
        command.args(["-c", code]);
        let mut terminal = Terminal::spawn(command, 24, 80);
        terminal.wait_for_line("ready");
        terminal.interrupt();
        (terminal.wait_for_exit().signal(), terminal.screen_text().contains("KeyboardInterrupt"))
    });
    assert_eq!(ends, [(Some(libc::SIGINT), true); 2]);
}

#[test]
fn the_debugger_of_python_runs_a_script() {
    let (text, _) = same(
        |command| {
            std::fs::write(command.get_current_dir().unwrap().join("script.py"), "x = 41\nprint(x + 1)\n").unwrap();
            command.args(["-m", "pdb", "script.py"])
        },
        |terminal| {
            terminal.wait_for_prompt("(Pdb) ");
            terminal.enter("next");
            terminal.wait_for_text("-> print(x + 1)");
            terminal.wait_for_prompt("(Pdb) ");
            terminal.enter("p x");
            terminal.wait_for_line("41");
            terminal.wait_for_prompt("(Pdb) ");
            terminal.enter("q");
        },
    );
    assert!(text.contains("script.py(1)<module>()"), "{text}");
}

#[test]
fn the_loop_of_asyncio_is_pythons() {
    let (text, status) = same(
        |command| command.args(["-m", "asyncio"]).env("PYTHON_BASIC_REPL", "1").env("TERM", "dumb"),
        |terminal| {
            terminal.wait_for_prompt(">>> ");
            terminal.enter("await asyncio.sleep(0, 42)");
            terminal.wait_for_line("42");
            terminal.wait_for_prompt(">>> ");
            terminal.enter("exit()");
        },
    );
    assert!(text.contains("asyncio REPL") && status.success(), "{text}");
}

/// The loop is CPython's own: its output is the same, and has no control sequence.
#[test]
fn a_dumb_terminal_gets_the_basic_loop() {
    for arguments in [&[][..], &["-q"], &["-i", "-c", "import sys; x = 41; sys.exit(3)"]] {
        let (text, status) = same(
            |command| command.env("TERM", "dumb").args(arguments),
            |terminal| {
                terminal.wait_for_prompt(">>> ");
                terminal.enter("x = 41");
                terminal.wait_for_prompt(">>> ");
                terminal.enter("x + 1");
                terminal.wait_for_line("42");
                terminal.wait_for_prompt(">>> ");
                terminal.enter("raise SystemExit(6)");
            },
        );
        assert_eq!(status.code(), Some(6), "{text}");
        assert!(!text.contains('\x1b'), "{text:?}");
    }
}

/// Here python3 differs: it writes the control sequences of its editor into the pipe.
#[test]
fn a_pipe_for_the_output_gets_output_alone() {
    let home = Home::new();
    let mut command = home.command("/bin/sh");
    command.args(["-c", "\"$0\" -q | cat >out; echo done"]).arg(repl::program());
    let mut terminal = Terminal::spawn(command, 24, 80);
    terminal.wait_for_prompt(">>> ");
    terminal.enter("print('ü', 6 * 7)");
    terminal.wait_for_prompt(">>> ");
    terminal.enter("1 / 0");
    terminal.wait_for_text("ZeroDivisionError");
    terminal.send(keys::CTRL_D);
    terminal.wait_for_line("done");
    assert_eq!(std::fs::read_to_string(home.path("out")).unwrap().trim_end(), "ü 42");
    assert!(terminal.wait_for_exit().success());
}
