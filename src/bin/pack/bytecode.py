"""Compiles a standard library in place: `python3 -I -B bytecode.py FOLDER`, by the very Python that will read it.

The `.pyc` files are of the unchecked-hash kind: they hold whatever time an unpacked source carries, nothing looks at the
source at start-up, and nothing is ever rewritten. The file names in them are relative; the import system puts the real
place in when it loads them.
"""

import multiprocessing
import os
import py_compile
import sys

MODE = py_compile.PycInvalidationMode.UNCHECKED_HASH


def compile_file(path):
    try:
        py_compile.compile(path, dfile=os.path.relpath(path, sys.argv[1]), doraise=True, invalidation_mode=MODE)
    except py_compile.PyCompileError:
        return path  # sources that are wrong on purpose, in the test suites
    return None


def main():
    folder = sys.argv[1]
    sources = [
        os.path.join(place, name) for place, _, names in os.walk(folder) for name in names if name.endswith(".py")
    ]
    with multiprocessing.get_context("fork").Pool(maxtasksperchild=1) as pool:
        broken = [path for path in pool.imap_unordered(compile_file, sorted(sources), chunksize=1) if path]
    outside = [path for path in broken if f"{os.sep}test{os.sep}" not in path]
    if outside:
        sys.exit(f"cannot compile {', '.join(outside)}")


if __name__ == "__main__":
    main()
