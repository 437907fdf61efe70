"""Compiles the sources named on standard input, in place: `python3 -I -S -B -c … FOLDER`.

The Python that compiles them is the one that will read them. The `.pyc` files are of the unchecked-hash kind: they are
valid whatever the time of an unpacked source, and Python neither looks at the source at start-up nor rewrites them. The
file names in them are relative to FOLDER; the import system puts the real path in when it loads them.
"""

import multiprocessing
import multiprocessing.pool
import os
import py_compile
import subprocess
import sys

MODE = py_compile.PycInvalidationMode.UNCHECKED_HASH


def compile_file(name):
    try:
        py_compile.compile(os.path.join(sys.argv[1], name), dfile=name, doraise=True, invalidation_mode=MODE)
    except py_compile.PyCompileError:
        return name
    return None


# The same for a system without fork, where a pool's processes would import this text from a file.
ONE = """
import os, py_compile, sys
place = os.path.join(sys.argv[1], sys.argv[2])
mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
py_compile.compile(place, dfile=sys.argv[2], doraise=True, invalidation_mode=mode)
"""


def compile_alone(name):
    command = [sys.executable, "-I", "-S", "-B", "-c", ONE, sys.argv[1], name]
    return name if subprocess.run(command, stderr=subprocess.DEVNULL).returncode else None


def main():
    print("started", flush=True)
    names = sys.stdin.read().split("\0")
    # A process for each file: what marshal writes depends on the strings that were interned before.
    if hasattr(os, "fork"):
        pool, compile_one = multiprocessing.get_context("fork").Pool(maxtasksperchild=1), compile_file
    else:
        pool, compile_one = multiprocessing.pool.ThreadPool(), compile_alone
    with pool:
        broken = [name for name in pool.imap_unordered(compile_one, names, chunksize=1) if name]
    # Sources that are wrong on purpose: in the test suites, and in packages (templates, code for another Python).
    wrong = [name for name in broken if not name.startswith(("test/", "site-packages/"))]
    if wrong:
        sys.exit(f"cannot compile {', '.join(wrong)}")


if __name__ == "__main__":
    main()
