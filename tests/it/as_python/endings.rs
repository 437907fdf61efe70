//! How programs end: statuses, uncaught exceptions, signals, threads and children that are left, output that cannot be
//! written.

use super::{Place, case, finish, python3, spawn};
use crate::repl;
use crate::wait::until_interruptible;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;

#[test]
fn each_way_to_exit_has_the_status_of_python() {
    Place::new().same_for_each(&[
        case(&["-c", "import sys; sys.exit(3)"], 3, ""),
        case(&["-c", "import sys; sys.exit()"], 0, ""),
        case(&["-c", "import sys; sys.exit('text é')"], 1, "text é\n"),
        case(&["-c", "import sys; sys.exit((1, 2))"], 1, "(1, 2)\n"),
        case(&["-c", "import sys; sys.exit(259)"], 3, ""),
        case(&["-c", "import sys; sys.exit(-1)"], 255, ""),
        case(&["-c", "import sys; sys.exit(True)"], 1, ""),
        case(&["-c", "raise SystemExit(None)"], 0, ""),
        case(&["-c", "raise SystemExit"], 0, ""),
        case(&["-c", "exit(5)"], 5, ""),
        case(&["-c", "import os; print('lost'); os._exit(7)"], 7, ""),
        case(&["-c", "print('kept', end=''); raise SystemExit(2)"], 2, "kept"),
    ]);
}

#[test]
fn uncaught_exceptions_are_shown_alike() {
    let place = Place::with(&[
        (
            "chain.py",
            "def f():\n    1 / 0\ntry:\n    f()\nexcept ZeroDivisionError as e:\n    raise ValueError('é') from e\n",
        ),
        ("during.py", "try:\n    {}['key']\nexcept KeyError:\n    undefined_name\n"),
        ("group.py", "raise ExceptionGroup('many', [ValueError(1), ExceptionGroup('inner', [TypeError('t')])])\n"),
        ("note.py", "e = OSError(2, 'gone', 'a é')\ne.add_note('a note')\nraise e\n"),
        ("imports.py", "import wrong\n"),
        ("wrong.py", "print('never'\n"),
        ("deep.py", "def f(n): f(n + 1)\nf(0)\n"),
        ("names.py", "import sys\nsys.stdot\n"),
        ("hook.py", "import sys\nsys.excepthook = lambda *a: print('hook', a[0].__name__)\nraise ValueError\n"),
        ("bad_hook.py", "import sys\nsys.excepthook = 3\nraise ValueError\n"),
        ("base.py", "class Mine(BaseException): pass\nraise Mine('own')\n"),
        ("unraisable.py", "class D:\n    def __del__(self): raise ValueError('in del')\nd = D()\ndel d\n"),
    ]);
    place.same_for_each(&[
        case(&["chain.py"], 1, "The above exception was the direct cause"),
        case(&["during.py"], 1, "During handling of the above exception"),
        case(&["group.py"], 1, "+-+---------------- 1"),
        case(&["note.py"], 1, "a note\n"),
        case(&["imports.py"], 1, "SyntaxError: '(' was never closed"),
        case(&["deep.py"], 1, "RecursionError"),
        case(&["names.py"], 1, "Did you mean: 'stdout'?"),
        case(&["hook.py"], 1, "hook ValueError"),
        case(&["bad_hook.py"], 1, "Error in sys.excepthook"),
        case(&["base.py"], 1, "Mine: own"),
        case(&["-c", "import sys; sys.setrecursionlimit(10**9); exec('(' * 500)"], 1, "SyntaxError"),
        case(&["-c", "import os; os.getenv(1)"], 1, "TypeError"),
    ]);
    let found = place.same(&["-X", "no_debug_ranges", "chain.py"]);
    assert!(!found.stderr.contains("^^^"), "{found:?}");
}

/// The program dies of the signal, which shells show as status 130.
#[test]
fn an_uncaught_interrupt_is_a_death_by_it() {
    let place = Place::new();
    for code in ["raise KeyboardInterrupt", "import os; os.kill(os.getpid(), 2); import time; time.sleep(99)"] {
        let found = place.same(&["-c", code]);
        assert_eq!(found.status.signal(), Some(libc::SIGINT), "{found:?}");
        assert!(found.stderr.ends_with("KeyboardInterrupt\n"), "{found:?}");
    }
    let found = place.same_in_shell(
        "\"$@\"; echo $?",
        &["-c", "import atexit; atexit.register(print, 'bye'); raise KeyboardInterrupt"],
    );
    assert_eq!(found.stdout, "bye\n130\n", "{found:?}");
    place.same_for_each(&[case(
        &["-c", "try: raise KeyboardInterrupt\nexcept KeyboardInterrupt: print('caught')"],
        0,
        "caught",
    )]);
}

#[test]
fn a_signal_ends_a_sleep() {
    let place = Place::new();
    let code = "import time\ntry:\n    print('ready', flush=True)\n    time.sleep(99)\nfinally:\n    print('finally')";
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
        let ends = [python3(), repl::program()].map(|program| {
            let mut child = spawn(place.command(&program).args(["-c", code]));
            let mut ready = [0; 6];
            child.stdout.as_mut().unwrap().read_exact(&mut ready).unwrap();
            until_interruptible(child.id() as libc::pid_t);
            // SAFETY: no memory is passed, and the child is not reaped yet.
            assert_eq!(unsafe { libc::kill(child.id() as libc::pid_t, signal) }, 0);
            let end = finish(child);
            (end.status.signal(), end.stdout, end.stderr.lines().last().map(str::to_owned))
        });
        assert_eq!(ends[0], ends[1]);
        assert_eq!(ends[1].0, Some(signal));
    }
}

/// Rust's runtime would otherwise handle two of these signals. How many signals are queued (`SigQ`) is the whole user's,
/// not the program's, and is not compared.
#[test]
fn no_signal_is_handled_that_python_leaves_alone() {
    let place = Place::new();
    let code = "import signal\nfor s in sorted(signal.valid_signals()): print(s, signal.getsignal(s))\n\
                for s in (signal.SIGSEGV, signal.SIGBUS, signal.SIGPIPE): signal.signal(s, signal.getsignal(s))\n\
                import subprocess\nsubprocess.run(['/bin/grep', '^Sig[^Q]', '/proc/self/status'])\n";
    let found = place.same(&["-c", code]);
    assert!(found.status.success() && found.stdout.contains("SigIgn"), "{found:?}");
    let found = place.same(&["-c", "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"]);
    assert_eq!(found.status.signal(), Some(libc::SIGSEGV), "{found:?}");
}

#[test]
fn what_was_registered_and_what_still_runs_at_the_end_is_waited_for() {
    let place = Place::with(&[
        ("order.py", "import atexit, sys\nfor n in range(3): atexit.register(print, n)\nprint('end')\nsys.exit(6)\n"),
        (
            "thread.py",
            "import threading, atexit\natexit.register(print, 'atexit')\ngo = threading.Event()\n\
          def work():\n    go.wait()\n    print('worked')\nthreading.Thread(target=work).start()\n\
          threading._register_atexit(go.set)\nprint('main ends')\n",
        ),
        (
            "daemon.py",
            "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()\nprint('ends')\n",
        ),
        (
            "fails.py",
            "import threading\nt = threading.Thread(target=lambda: 1 / 0, name='named')\nt.start()\nt.join()\nprint('goes on')\n",
        ),
        (
            "fork.py",
            "import os, sys\nprint('before', flush=True)\nif (pid := os.fork()) == 0:\n    print('child')\n    sys.exit(9)\n\
          print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\n",
        ),
        ("late.py", "import atexit\natexit.register(int, 'late')\n"),
        ("del.py", "class D:\n    def __del__(self): print('deleted')\nkept = D()\n"),
    ]);
    place.same_for_each(&[
        case(&["order.py"], 6, "end\n2\n1\n0\n"),
        case(&["thread.py"], 0, "main ends\nworked\natexit\n"),
        case(&["daemon.py"], 0, "ends\n"),
        case(&["fork.py"], 0, "before\nchild\n9\n"),
        case(&["late.py"], 0, "with base 10: 'late'"),
        case(&["del.py"], 0, "deleted\n"),
        case(&["fails.py"], 0, "Exception in thread named:"),
    ]);
}

#[test]
fn a_last_flush_that_fails_exits_120() {
    let place = Place::new();
    for (code, status) in
        [("print('lost')", 120), ("print('lost'); raise SystemExit(3)", 120), ("print('lost', flush=True)", 120)]
    {
        let found = place.same_in_shell("exec \"$@\" >/dev/full", &["-c", code]);
        assert_eq!(found.status.code(), Some(status), "{code}: {found:?}");
        assert!(found.stderr.contains("No space left on device"), "{found:?}");
    }
    let found = place.same_in_shell("exec \"$@\" 2>/dev/full", &["-c", "1 / 0"]);
    assert_eq!(found.status.code(), Some(120), "{found:?}");
}

#[test]
fn a_reader_that_goes_away_is_a_broken_pipe() {
    let place = Place::new();
    let found = place.same_in_shell("{ \"$@\"; echo $? >&2; } | head -n 1", &["-c", "while True: print('line')"]);
    assert_eq!(found.stdout, "line\n");
    assert!(found.stderr.contains("BrokenPipeError") && found.stderr.ends_with("\n1\n"), "{found:?}");
}

#[test]
fn closed_streams_do_not_stop_a_program() {
    let place = Place::new();
    for (line, code, status) in [
        ("exec \"$@\" >&-", "print('nowhere')", 0),
        ("exec \"$@\" 2>&-", "1 / 0", 1),
        ("exec \"$@\" <&-", "print('said')", 0),
        ("exec \"$@\" <&- >&- 2>&-", "print('nowhere'); import sys; sys.exit(4)", 4),
    ] {
        let found = place.same_in_shell(line, &["-c", code]);
        assert_eq!(found.status.code(), Some(status), "{line}: {found:?}");
    }
}

/// The program differs from python3 here: Rust's runtime opens `/dev/null` in place of closed streams, so that the next
/// file that is opened does not get their number.
#[test]
fn closed_streams_are_empty_ones_instead_of_none() {
    let place = Place::new();
    let mut command = place.command("/bin/sh".as_ref());
    let code = "import sys; print(sys.stdin.read(), open('/dev/null').fileno() > 2)";
    command.args(["-c", "exec \"$@\" <&-", "sh"]).arg(repl::program()).args(["-c", code]);
    assert_eq!(super::outcome(&mut command, "").stdout, " True\n");
}

#[test]
fn output_of_any_size_arrives() {
    let place = Place::new();
    let found = place.same(&["-c", "import sys; print('x' * 3_000_000); print('y' * 300_000, file=sys.stderr)"]);
    assert_eq!((found.stdout.len(), found.stderr.len()), (3_000_001, 300_001));
}
