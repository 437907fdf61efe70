"""Imports every module of the standard library in one process and prints the names of those that can be imported.

`sweep.py FOLDER`: the names are taken from the standard library in FOLDER, so two Pythons are asked the same.
"""

import contextlib
import importlib
import os
import sys

# `antigravity` opens a browser when it is imported.
LEFT_ALONE = {"antigravity"}


def names(stdlib):
    yield from sys.builtin_module_names
    for place, folders, files in os.walk(stdlib):
        folders[:] = sorted(set(folders) - {"__pycache__", "site-packages", "test"})
        package = os.path.relpath(place, stdlib).replace(os.sep, ".")
        package = "" if package in (".", "lib-dynload") else package + "."
        for file in sorted(files):
            stem, dot, ending = file.partition(".")
            if ending == "py" or ending.endswith(".so"):
                yield (package + stem).removesuffix(".__init__")


def imports(name):
    try:
        with contextlib.redirect_stdout(None):
            importlib.import_module(name)
    except BaseException:
        return False
    return True


found = [name for name in sorted(set(names(sys.argv[1]))) if name not in LEFT_ALONE and not name.endswith("__main__")]
print(*filter(imports, found), sep="\n")
