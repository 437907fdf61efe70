//! The commands that begin with `/`: their use and their misuse.

use super::Session;
use crate::support::{stdout, write_program};
use crate::terminal::{Home, keys};
use std::fs;
use std::os::unix::fs::PermissionsExt;

#[track_caller]
fn assert_last(session: &mut Session, input: &str, last: &str) {
    let shown = session.answer(input);
    assert_eq!(shown.last().map(String::as_str), Some(last), "{input}: {shown:#?}");
}

#[test]
fn misuse_is_answered_with_the_usage() {
    let mut session = Session::start();
    for (input, usage) in [
        ("/clear all", "/clear"),
        ("/last_error 1", "/last_error"),
        ("/version x", "/version"),
        ("/run", "/run FILE [ARGUMENTS]"),
        ("/include", "/include FILE"),
        ("/inspect", "/inspect EXPR"),
        ("/show_source", "/show_source NAME"),
        ("/time", "/time CODE"),
        ("/save", "/save [-f] FILE"),
        ("/pip", "/pip ARGUMENTS"),
        ("/history x", "/history [N]"),
        ("/history -1", "/history [N]"),
        ("/quit 256", "/quit [STATUS]"),
        ("/save a b", "/save [-f] FILE"),
    ] {
        let shown = session.answer(input);
        let [.., what, why, hint] = &shown[..] else { panic!("{input}: {shown:#?}") };
        assert!(what.starts_with("error: ") && why.starts_with(&format!("  wanted `{usage}`")), "{shown:#?}");
        let name = input.split([' ', '/']).nth(1).unwrap();
        assert_eq!(*hint, format!("hint: /help {name}"), "{input}: {shown:#?}");
    }
    for (input, last) in [
        ("/hlep", "hint: /help"),
        ("/tiem 1", "hint: /time 1"),
        ("/nothing-like-it", "hint: /help"),
        ("/", "hint: /help"),
        ("/help nothing-like-it", "hint: /help"),
        ("/run no-such.py", "hint: !ls"),
        ("/include no-such.py", "hint: !ls"),
        ("/run 'open", "  No closing quotation; put a name with spaces in quotes"),
        ("/show", "hint: /help show"),
        ("/last_error", "no error so far"),
    ] {
        assert_last(&mut session, input, last);
    }
}

#[test]
fn what_the_commands_are_is_told() {
    let mut session = Session::start();
    session.tell("/help");
    let shown = String::from_utf8_lossy(&session.transcript()).into_owned();
    for name in [
        "clear",
        "edit",
        "help",
        "history",
        "include",
        "inspect",
        "last_error",
        "pip",
        "quit",
        "run",
        "save",
        "show",
        "show_source",
        "time",
        "version",
    ] {
        assert!(shown.contains(&format!("/{name} ")), "{name}");
    }
    assert_last(&mut session, "/help time", "  run code and say how long it took");
    assert_last(&mut session, "/help /time", "  run code and say how long it took");
    let shown = session.answer("/version").join("\n");
    assert!(shown.starts_with(concat!("pychat_ai ", env!("CARGO_PKG_VERSION"), "\nPython 3.")), "{shown}");
    assert!(shown.contains("\npip "), "{shown}");
}

#[test]
fn values_are_looked_at() {
    let mut session = Session::start();
    session.tell("def twice(n: int) -> int:\n    \"\"\"Two of it.\"\"\"\n    return 2 * n\n");
    let source = ["def twice(n: int) -> int:", "    \"\"\"Two of it.\"\"\"", "    return 2 * n"];
    assert_eq!(session.answer("/show_source twice"), source);
    for input in ["twice?", "?twice", "/inspect twice"] {
        let shown = session.answer(input).join("\n");
        assert!(shown.contains("twice(n: int) -> int") && shown.contains("Two of it."), "{input}: {shown}");
        assert!(!shown.contains("return 2"), "{shown}");
    }
    for input in ["twice??", "??twice"] {
        assert!(session.answer(input).join("\n").contains("return 2 * n"), "{input}");
    }
    session.tell("import os");
    assert!(session.answer("os.path.join?").join("\n").contains("join(a, *p)"));
    for (input, hint) in [("twise?", "twice?"), ("twise??", "twice??"), ("/inspect twise", "/inspect twice")] {
        let expected = ["error: `twise` is not defined", "  did you mean `twice`?", &format!("hint: {hint}")];
        assert_eq!(session.answer(input), expected, "{input}");
    }
    assert_eq!(
        session.answer("/inspect 1 / 0"),
        ["error: `1 / 0` cannot be evaluated", "  ZeroDivisionError: division by zero"]
    );
    assert_last(&mut session, "/show_source len", "hint: len?");
    let shown = session.answer("/time sum(range(10))");
    assert!(shown.len() == 2 && shown[0] == "45" && shown[1].ends_with("CPU)"), "{shown:?}");
    assert_eq!(session.answer("_"), ["45"]);
    assert_eq!(session.answer("/show twice(_)"), ["90"]);
    assert_eq!(session.answer("/show"), ["45"]);
    assert_eq!(session.answer("/history 2"), ["/show", "/history 2"]);
    session.tell("/clear");
    assert_eq!(session.rows()[0], ">>>");
}

#[test]
fn files_run_as_programs_or_in_the_session() {
    let mut session = Session::start();
    let program = "import sys\nprint(__name__, sys.argv[1:], 'kept' in globals())\nmade = 1\nsys.exit(2)\n";
    fs::write(session.home.path("a program.py"), program).unwrap();
    fs::write(session.home.path("beside.py"), "value = 'beside'\n").unwrap();
    fs::write(session.home.path("imports.py"), "import beside\nprint(beside.value)\n").unwrap();
    fs::create_dir(session.home.path("app")).unwrap();
    fs::write(session.home.path("app/__main__.py"), "import sys, inside\nsys.exit(inside.value)\n").unwrap();
    fs::write(session.home.path("app/inside.py"), "value = 'boom'\n").unwrap();
    fs::write(session.home.path("awaits.py"), "import asyncio\ngot = await asyncio.sleep(0, 'awaited')\n").unwrap();
    session.converse(&[
        ("kept = 1", &[]),
        ("/run 'a program.py' x 'y z'", &["__main__ ['x', 'y z'] False", "exit status: 2"]),
        ("'made' in globals(), __name__", &["(False, '__main__')"]),
        ("import sys; sys.argv", &["['']"]),
        ("/run ~/imports.py", &["beside"]),
        ("/run app", &["boom", "exit status: 1"]),
        ("/include app", &["error: `app` is not a file", "  wanted a file, found a folder", "hint: !ls"]),
        ("/include ~/awaits.py", &[]),
        ("got", &["'awaited'"]),
        ("/include awaits.py", &[]),
    ]);
}

#[test]
fn a_saved_session_is_a_script() {
    let mut session = Session::start();
    session.tell("x = 20");
    session.tell("1 / 0");
    session.tell("def f(n):\n    return n + 1\n");
    session.tell("from __future__ import annotations");
    session.tell("print(f(x) * 2)");
    session.converse(&[("/save 'my session.py'", &["saved my session.py"])]);
    assert_last(&mut session, "/save 'my session.py'", "hint: /save -f 'my session.py'");
    session.converse(&[("x = 'more'", &[]), ("/save -f 'my session.py'", &["saved my session.py"])]);
    assert_last(&mut session, "/save nowhere/x.py", "hint: /save ~/session.py");
    let path = session.home.path("my session.py");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("# ZeroDivisionError:\n# 1 / 0\n") && text.contains("x = 'more'"), "{text}");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o111, 0);
    let home = session.leave();
    let output = home.command(super::program()).arg(path).output().unwrap();
    assert_eq!(stdout(&output), "42\n", "{output:?}");
}

#[test]
fn a_saved_session_that_awaits_says_how_it_is_run() {
    let mut session = Session::start();
    session.tell("import asyncio");
    session.tell("print(await asyncio.sleep(0, 'awaited'))");
    session.tell("/save awaits.py");
    let text = fs::read_to_string(session.home.path("awaits.py")).unwrap();
    assert!(text.starts_with("# awaits outside of a function: run it with /include\n"), "{text}");
    session.converse(&[("/include awaits.py", &["awaited"])]);
}

fn with_editor(variable: &str, body: &str) -> Session {
    let home = Home::new();
    let editor = home.path("an editor.sh");
    write_program(&editor, format!("#!/bin/sh\n{body}\n"));
    Session::start_in(home, |command| {
        command.env("EDITOR", "false").env(variable, format!("'{}'", editor.display()));
    })
}

#[test]
fn the_last_input_is_edited_in_the_users_editor() {
    for variable in ["EDITOR", "VISUAL"] {
        let mut session = with_editor(variable, "sed -i s/20/21/ \"$1\"");
        session.tell("20 * 2");
        session.enter("/edit");
        session.wait_for_line(">>> 21 * 2");
        session.send("\r");
        session.wait_for_line("42");
        session.wait_for_prompt(">>> ");
        session.enter("/edit 'text' * 20");
        session.wait_for_line(">>> 'text' * 21");
    }
}

#[test]
fn an_editor_that_fails_keeps_the_input_and_the_session() {
    let mut session = with_editor("EDITOR", "exit 3");
    session.tell("1 + 1");
    session.enter("/edit");
    session.wait_for_line("  exit status: 3");
    session.wait_for_line(">>> 1 + 1");
    let mut session = with_editor("EDITOR", "rm \"$1\"");
    session.enter("/edit 'kept'");
    session.wait_for_text("error: the editor removed `");
    session.wait_for_line(">>> 'kept'");
}

#[test]
fn what_was_typed_comes_back_where_there_is_no_place_to_edit_it() {
    // A folder that is missing, one where not even root can create files, a file, and one where files cannot be written.
    for (folder, why) in [
        ("/nowhere/at/all", "No such file or directory"),
        ("/proc/self", "No such file or directory"),
        ("/dev/null", "Not a directory"),
        ("full", "File too large"),
    ] {
        let home = Home::new();
        fs::create_dir(home.path("full")).unwrap();
        let mut session = Session::start_in(home, |command| {
            command.env("TMPDIR", folder).env("EDITOR", "true");
        });
        if folder == "full" {
            session.tell("import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))");
        }
        for key in ["\x1bOQ", keys::CTRL_O, keys::ENTER] {
            session.tell("/clear");
            session.type_text(if key == keys::ENTER { "/edit 'typed'" } else { "'typed'" });
            session.send(key);
            let what = format!("cannot create a file to edit in `{folder}`, so the input stays as it was");
            session.wait_for_text(&format!("\nerror: {what}\n"));
            session.wait_for_text(why);
            session.wait_for_text("hint: import os; os.environ['TMPDIR'] = os.path.expanduser('~')\n>>> 'typed'");
            session.send(keys::CTRL_C);
            session.wait_for_prompt(">>> ");
        }
        assert_eq!(fs::read_dir(session.home.path("full")).unwrap().count(), 0);
    }
}

#[test]
fn what_an_editor_saved_and_is_not_text_stays_in_the_file_that_is_named() {
    let mut session = with_editor("EDITOR", "printf 'caf\\351 = 1\\n' > \"$1\"");
    let home = session.home.path("").display().to_string();
    session.tell(&format!("import os; os.environ['TMPDIR'] = {home:?}"));
    session.enter("/edit 'typed'");
    session.wait_for_text("` is not UTF-8");
    session.wait_for_line(">>> 'typed'");
    session.send(keys::CTRL_C);
    session.wait_for_prompt(">>> ");
    let text = session.screen_text();
    let hint = text.split("hint: ").nth(1).unwrap().split("\n>>> ").next().unwrap().to_owned();
    session.tell("/clear");
    session.give(&hint);
    session.wait_for_line("café = 1");
    session.wait_for_prompt(">>> ");
}

#[test]
fn a_shell_that_is_not_found_is_an_error_with_a_way_out() {
    let mut session = Session::start_in(Home::new(), |command| {
        command.env("PATH", "/nowhere");
    });
    assert_last(&mut session, "!ls", "hint: env PATH=/usr/bin:/bin pychat_ai");
}
