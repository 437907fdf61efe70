//! Programs that start others: by fork, by `sys.executable`, by the helpers of the standard library.

use super::{Place, case, outcome, python3};
use crate::repl;
use std::path::PathBuf;

/// A function for workers, and a main part that starts them in each way.
const POOL: &str = "\
import multiprocessing, sys

def square(n):
    return n * n

def report(queue):
    queue.put((__name__, multiprocessing.current_process().name, sys.flags.utf8_mode, sys.argv))

class Thing:
    def __init__(self, n):
        self.n = n

def unwrap(thing):
    return type(thing).__name__, thing.n

if __name__ == '__main__':
    context = multiprocessing.get_context(sys.argv[1])
    with context.Pool(2) as pool:
        print(pool.map(square, range(5)), pool.apply(unwrap, (Thing(3),)))
    queue = context.Queue()
    process = context.Process(target=report, args=(queue,), name='named')
    process.start()
    print(queue.get())
    process.join()
    print(process.exitcode)
    failing = context.Process(target=sys.exit, args=(5,))
    failing.start()
    failing.join()
    print(failing.exitcode)
    with context.Manager() as manager:
        shared = manager.list([1])
        shared.append(2)
        print(list(shared))
";

#[test]
fn multiprocessing_works_in_each_way() {
    let place = Place::with(&[("größe/pool.py", POOL)]);
    for kind in ["spawn", "forkserver", "fork"] {
        let found = place.same(&["größe/pool.py", kind]);
        assert!(found.status.success(), "{kind}: {found:?}");
        assert!(found.stdout.contains("[0, 1, 4, 9, 16] ('Thing', 3)\n"), "{kind}: {found:?}");
        assert!(found.stdout.ends_with("0\n5\n[1, 2]\n"), "{kind}: {found:?}");
    }
}

#[test]
fn a_module_as_main_and_a_missing_guard_do_as_they_do_in_python() {
    let place = Place::with(&[
        ("package/__init__.py", ""),
        ("package/pool.py", POOL),
        (
            "unguarded.py",
            "import multiprocessing\n\
          try:\n    multiprocessing.get_context('spawn').Process(target=print).start()\nexcept RuntimeError as e:\n    print('refused', len(str(e)))\n",
        ),
    ]);
    place.same_for_each(&[case(&["-m", "package.pool", "spawn"], 0, "[0, 1, 4, 9, 16]")]);
    let found = place.same(&["unguarded.py"]);
    assert!(found.stdout.contains("refused"), "{found:?}");
}

#[test]
fn executors_of_both_kinds_work() {
    let place = Place::with(&[
        (
            "futures.py",
            "from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, InterpreterPoolExecutor\n",
        ),
        (
            "executors.py",
            "from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor\nimport multiprocessing\n\
         def half(n):\n    return 2 // n\n\
         if __name__ == '__main__':\n    for kind in ('spawn', 'forkserver', 'fork'):\n        \
         with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(kind)) as pool:\n            \
         print(kind, list(pool.map(half, [1, 2])), repr(pool.submit(half, 0).exception()))\n    \
         with ThreadPoolExecutor() as pool:\n        print(list(pool.map(half, [1, 2])))\n    \
         ThreadPoolExecutor().submit(print, 'still run')\n",
        ),
    ]);
    place.same_for_each(&[case(
        &["executors.py"],
        0,
        "spawn [2, 1] ZeroDivisionError('integer division or modulo by zero')",
    )]);
    place.same_for_each(&[case(&["executors.py"], 0, "still run\n"), case(&["futures.py"], 1, "ImportError")]);
}

#[test]
fn the_executable_is_the_python_of_the_dist() {
    let place = Place::with(&[(
        "children.py",
        "import os, subprocess, sys\n\
         run = lambda *a, **k: subprocess.run([sys.executable, *a], text=True, **k)\n\
         sys.stdout.reconfigure(line_buffering=True)\n\
         print(sys.executable, sys._base_executable)\n\
         print(run('-c', 'import sys; print(sys.prefix, sys.argv, sys.flags)', 'a é', capture_output=True))\n\
         print(run('-c', 'print(input())', input='piped', capture_output=True).stdout)\n\
         print(run('-m', 'json.tool', '--no-such').returncode)\n\
         print(run('-c', 'import os; os.kill(os.getpid(), 9)').returncode)\n\
         os.execv(sys.executable, [sys.executable, '-c', 'import sys; print(\"executed\"); sys.exit(8)'])\n",
    )]);
    let found = place.same(&["children.py"]);
    assert_eq!(found.status.code(), Some(8), "{found:?}");
    assert!(
        found.stdout.contains("python/runtime/bin/python3 ") && found.stdout.ends_with("2\n-9\nexecuted\n"),
        "{found:?}"
    );
}

/// A child process that is started with the program's flags gets `-E -s`: like the program, it ignores the
/// environment's variables for Python.
#[test]
fn the_flags_that_children_get_are_ours() {
    let place = Place::with(&[("flags.py", "import subprocess; print(subprocess._args_from_interpreter_flags())")]);
    let run =
        |program: PathBuf, options: &[&str]| outcome(place.command(&program).args(options).arg("flags.py"), "").stdout;
    for options in [&[][..], &["-O", "-W", "error"], &["-X", "dev"], &["-I"], &["-P"]] {
        let python = [&["-E", "-s", "-B"], options].concat();
        assert_eq!(run(repl::program(), options), run(python3(), &python), "{options:?}");
    }
}

#[test]
fn the_environment_of_children_is_that_of_a_python() {
    let place = Place::new();
    let code = "import os, subprocess; print(sorted(os.environ.items())); \
                print(sorted(subprocess.check_output('/usr/bin/env').splitlines()))";
    let found = place.same_with(|command| command.env("NAME", "é").args(["-c", code]), "");
    assert!(found.stdout.contains("('NAME', 'é')") && found.stdout.contains("b'NAME="), "{found:?}");
}

#[test]
fn event_loops_run() {
    let place = Place::with(&[(
        "loops.py",
        "import asyncio, sys\n\
         async def child():\n    p = await asyncio.create_subprocess_exec(sys.executable, '-c', 'print(7)', stdout=-1)\n    \
         print(await p.communicate())\n    return p.returncode\n\
         async def main():\n    print(await asyncio.gather(child(), asyncio.to_thread(len, 'abc')))\n    \
         try:\n        async with asyncio.TaskGroup() as group:\n            group.create_task(asyncio.sleep(99))\n            \
         group.create_task(asyncio.to_thread(int, 'x'))\n    except* ValueError as e:\n        print(e.exceptions)\n    \
         raise SystemExit(6)\nasyncio.run(main(), debug=False)\n",
    )]);
    place.same_for_each(&[case(&["loops.py"], 6, "[0, 3]\n")]);
}
