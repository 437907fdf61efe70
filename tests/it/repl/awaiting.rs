//! `await` outside of functions, on one loop that goes on between the inputs, and what threads print meanwhile.

use super::Session;
use crate::terminal::keys;
use std::fs;

/// The loop's head of code that prints above the line only after the test has typed the line.
const UNTIL_GO: &str = "while not os.path.exists('go'):";

/// Waits for the line that is being typed with the cursor behind it, in any row.
#[track_caller]
fn wait_for_typed(session: &Session, text: &str) {
    session.wait_for(&format!("{text:?} being edited"), |screen| {
        let (row, column) = screen.cursor_position();
        let rows: Vec<String> = screen.rows(0, 80).collect();
        rows[usize::from(row)].trim_end() == format!(">>> {text}") && usize::from(column) == 4 + text.len()
    });
}

#[test]
fn values_are_awaited_and_shown() {
    Session::start().converse(&[
        ("import asyncio, contextvars", &[]),
        ("await asyncio.sleep(0, 5)", &["5"]),
        ("_ + 1", &["6"]),
        ("x = await asyncio.sleep(0, 'x'); x", &["'x'"]),
        ("async def numbers():\n    yield 1\n    yield 2\n", &[]),
        ("async for n in numbers(): n", &["1", "2"]),
        ("[n async for n in numbers()]", &["[1, 2]"]),
        ("async with asyncio.timeout(9): 'inside'", &["'inside'"]),
        ("asyncio.run(asyncio.sleep(0, 'own loop'))", &["'own loop'"]),
        ("first = asyncio.get_running_loop()", &[]),
        ("first is asyncio.get_running_loop()", &["True"]),
        ("task = asyncio.create_task(asyncio.sleep(0, 'task'))", &[]),
        ("await task", &["'task'"]),
        ("await asyncio.sleep(0, 'after')", &["'after'"]),
    ]);
}

#[test]
fn awaiting_inputs_and_others_share_one_context() {
    Session::start().converse(&[
        ("import asyncio, contextvars, decimal", &[]),
        ("v = contextvars.ContextVar('v', default=0)", &[]),
        ("await asyncio.sleep(0)", &[]),
        ("token = v.set(1)", &[]),
        ("await asyncio.sleep(0, v.get())", &["1"]),
        ("v.set(await asyncio.sleep(0, 2)) and None", &[]),
        ("v.get()", &["2"]),
        ("decimal.getcontext().prec = 3", &[]),
        ("decimal.Decimal(1) / 3", &["Decimal('0.333')"]),
    ]);
}

#[test]
fn tasks_go_on_while_a_line_is_typed_and_leave_it_alone() {
    let mut session = Session::start();
    session.tell("import asyncio, os");
    session.tell("async def ticks(flag):\n    await flag.wait()\n    print('the tick')\n");
    session.tell("flag = asyncio.Event()");
    session.tell(&format!("async def later():\n    {UNTIL_GO} await asyncio.sleep(0.01)\n    flag.set()\n"));
    session.tell("tasks = [asyncio.create_task(ticks(flag)), asyncio.create_task(later())]");
    session.send("1 + 41");
    wait_for_typed(&session, "1 + 41");
    fs::write(session.home.path("go"), "").unwrap();
    session.wait_for_line("the tick");
    wait_for_typed(&session, "1 + 41");
    session.send(keys::ENTER);
    session.wait_for_line("42");
    session.wait_for_prompt(">>> ");
    session.converse(&[("[task.done() for task in tasks]", &["[True, True]"])]);
}

#[test]
fn what_threads_print_and_log_comes_above_the_line() {
    let mut session = Session::start();
    session.tell("import logging, os, sys, threading, time");
    session.tell("logging.basicConfig(format='log: %(message)s')");
    session.tell("kept = sys.stdout");
    session.tell(&format!(
        "def work():\n    {UNTIL_GO} time.sleep(0.01)\n    kept.write('kept\\n'); logging.error('told'); print('said')\n"
    ));
    session.tell("thread = threading.Thread(target=work); thread.start()");
    session.send("'typed'");
    wait_for_typed(&session, "'typed'");
    fs::write(session.home.path("go"), "").unwrap();
    for line in ["kept", "log: told", "said"] {
        session.wait_for_line(line);
    }
    wait_for_typed(&session, "'typed'");
    session.send(keys::ENTER);
    session.wait_for_prompt(">>> ");
    session.converse(&[("thread.join(); sys.stdout is sys.__stdout__", &["True"])]);
}

#[test]
fn a_thread_that_prints_much_neither_blocks_nor_loses_lines() {
    let mut session = Session::start();
    session.tell("import threading; ends = []");
    session
        .tell("def much():\n    n = 0\n    while not ends: print(f'line {n}.'); n += 1\n    print('of', n, 'lines')\n");
    session.tell("thread = threading.Thread(target=much); thread.start()");
    session.wait_for_text("line ");
    session.send("ends.append(thread.join(1)); thread.join()\r");
    session.wait_for_text(" lines\n");
    session.wait_for_prompt(">>> ");
    let transcript = String::from_utf8_lossy(&session.transcript()).into_owned();
    let numbers = transcript.split("line ").filter_map(|text| text.split_once('.')?.0.parse::<usize>().ok());
    let numbers: Vec<usize> = numbers.collect();
    let wrong = numbers.iter().enumerate().position(|(place, number)| place != *number);
    assert_eq!(wrong.map(|place| &numbers[place.saturating_sub(2)..place + 2]), None, "lost or out of order");
    assert!(transcript.contains(&format!("of {} lines", numbers.len())));
}

#[test]
fn ctrl_c_cancels_only_what_is_awaited() {
    let mut session = Session::start();
    session.tell("import asyncio");
    session.tell("other = asyncio.create_task(asyncio.sleep(1000))");
    session.give("print('ready'); await asyncio.sleep(1000)");
    session.wait_for_line("ready");
    session.interrupt();
    session.wait_for_line("KeyboardInterrupt");
    session.wait_for_prompt(">>> ");
    session.converse(&[("other.done()", &["False"]), ("other.cancel()", &["True"])]);
}

#[test]
fn what_goes_wrong_in_the_background_is_told_and_survived() {
    let mut session = Session::start();
    session.tell("import asyncio, sys");
    session.tell("async def fails(error):\n    await asyncio.sleep(0)\n    raise error\n");
    session.tell("t = asyncio.create_task(fails(KeyError('in the background')))");
    session.tell("del t");
    session.wait_for_text("KeyError: 'in the background'");
    session.tell("t = asyncio.create_task(fails(SystemExit(9)))");
    session.tell("asyncio.get_running_loop().call_soon(asyncio.get_running_loop().stop) and None");
    session.converse(&[("await asyncio.sleep(0, 'on')", &["'on'"])]);
    session.tell("loop = asyncio.get_running_loop()");
    session.tell("loop.close()");
    session.converse(&[("await asyncio.sleep(0, 'a new loop')", &["'a new loop'"])]);
}

#[test]
fn tasks_end_properly_with_the_session() {
    let mut session = Session::start();
    let program =
        "import asyncio\nasync def work():\n    try: await asyncio.sleep(1000)\n    finally: print('cleaned up')\n";
    fs::write(session.home.path("work.py"), program).unwrap();
    session.tell("/include work.py");
    session.tell("task = asyncio.create_task(work())");
    session.enter("import sys; sys.exit(6)");
    assert_eq!(session.wait_for_exit().code(), Some(6));
    session.wait_for_line("cleaned up");
}
