"""Compiles the sources named on standard input, in place: `python3 -I -S -B -c … FOLDER`.

The Python that compiles them is the one that will read them. The `.pyc` files are of the unchecked-hash kind: they are
valid whatever the time of an unpacked source, and Python neither looks at the source at start-up nor rewrites them. The
file names in them are relative to FOLDER; the import system puts the real path in when it loads them.
"""

import multiprocessing
import os
import py_compile
import sys

MODE = py_compile.PycInvalidationMode.UNCHECKED_HASH


def compile_file(name):
    try:
        py_compile.compile(os.path.join(sys.argv[1], name), dfile=name, doraise=True, invalidation_mode=MODE)
    except py_compile.PyCompileError:
        return name
    return None


def main():
    print("started", flush=True)
    names = sys.stdin.read().split("\0")
    # A process for each file: what marshal writes depends on the strings that were interned before.
    with multiprocessing.get_context("fork").Pool(maxtasksperchild=1) as pool:
        broken = [name for name in pool.imap_unordered(compile_file, names, chunksize=1) if name]
    # Sources that are wrong on purpose: in the test suites, and in packages (templates, code for another Python).
    wrong = [name for name in broken if not name.startswith(("test/", "site-packages/"))]
    if wrong:
        sys.exit(f"cannot compile {', '.join(wrong)}")


if __name__ == "__main__":
    main()
