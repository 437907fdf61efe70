//! `PyOS_InputHook` while a line is edited, by which tkinter, Qt and matplotlib draw their windows.

use super::Session;
use crate::terminal::Home;
use crate::terminal::keys::{CTRL_C, TAB};
use std::fs;
use std::path::PathBuf;

/// Starts a session with a hook of this body; `calls` counts its calls. The file is there after the fourth call.
fn start_with_hook(body: &str) -> (Session, PathBuf) {
    let home = Home::new();
    let fourth = home.path("fourth");
    let code = format!(
        "import ctypes, select, threading\n\
         calls, callers = 0, set()\n\
         @ctypes.CFUNCTYPE(ctypes.c_int)\n\
         def hook():\n    global calls\n    calls += 1\n    callers.add(threading.current_thread())\n    calls == 4 and open({fourth:?}, 'a').close()\n    {body}\n    return 0\n\
         slot = ctypes.c_void_p.in_dll(ctypes.pythonapi, 'PyOS_InputHook')\n\
         slot.value = ctypes.cast(hook, ctypes.c_void_p).value\n\
         only_main = lambda: callers == {{threading.main_thread()}}\n"
    );
    fs::write(home.path("hook.py"), code).unwrap();
    let mut session = Session::start_in(home, |_| {});
    session.tell("/include hook.py");
    (session, fourth)
}

const PRINTS: &str = "calls == 3 and print('from the hook\\n  and its second line')";

#[test]
fn the_hook_is_called_while_a_line_is_edited() {
    let (mut session, _) = start_with_hook(PRINTS);
    session.wait_for_line("  and its second line");
    session.tell("/clear");
    session.converse(&[("calls >= 3, only_main()", &["(True, True)"])]);
    session.converse(&[("slot.value = None; before = calls", &[]), ("calls == before", &["True"])]);
}

/// The body of a hook that waits for input, as tkinter's does.
const WAITS: &str = "select.select([0], [], [])";

#[test]
fn a_hook_that_waits_for_the_terminal_holds_nothing_up() {
    let (mut session, fourth) = start_with_hook(WAITS);
    session.send("'fir' + 'st'\r'sec' + 'ond'\rif 1:\r'third'\r\r");
    session.wait_for_line("'first'");
    session.wait_for_line("'second'");
    session.wait_for_result("'third'");
    session.type_text("only_ma");
    session.send(TAB);
    session.wait_for_row(">>> only_main‸()");
    session.send(CTRL_C);
    session.wait_for_prompt(">>> ");
    // Each key ends a call, and the next call comes unless more keys are there already.
    for _ in 0..100 {
        if fourth.exists() {
            break;
        }
        session.type_text("#");
    }
    session.send(CTRL_C);
    session.wait_for_prompt(">>> ");
    session.converse(&[("calls >= 4, only_main()", &["(True, True)"])]);
}

#[test]
fn threads_print_while_a_hook_waits() {
    let (mut session, _) = start_with_hook(WAITS);
    session.tell("thread = threading.Timer(0.05, print, ['one\\ntwo from ' + 'the thread']); thread.start()");
    session.wait_for_line("two from the thread");
}

#[test]
fn an_idle_loop_leaves_the_terminal_to_the_hook_and_a_busy_one_goes_on() {
    let (mut session, _) = start_with_hook(PRINTS);
    session.wait_for_line("  and its second line");
    session.tell("/clear");
    session.tell("import asyncio; await asyncio.sleep(0); calls = 0");
    session.wait_for_line("  and its second line");
    session.tell("async def later():\n    await asyncio.sleep(0.01)\n    print('the ' + 'task')\n");
    session.tell("task = asyncio.create_task(later())");
    session.wait_for_line("the task");
}
