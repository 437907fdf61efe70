"""Imports one module, and prints what that loaded: `python3 -I -c … DESCRIPTOR MODULE [NAME…]`.

NAMEs are taken from the module, and may be modules. This file imports nothing itself: that would be loaded, too.
"""

import os
import sys


def load(module, names):
    try:
        # As `import a.b` does, and without a helper that would have to be imported.
        __import__(module)
        for name in names:
            if name != "*" and not hasattr(sys.modules[module], name):
                try:
                    __import__(f"{module}.{name}")
                except ModuleNotFoundError:
                    pass
    except BaseException as error:
        return f"{type(error).__name__}: {error}"


def place(module):
    """The file of a module. A frozen one also has a source in the runtime, for tracebacks."""
    path = getattr(module, "__file__", None) or getattr(getattr(module, "__spec__", None), "origin", None)
    return path if path and os.path.isabs(path) else None


def main():
    opened = set()

    def hook(event, arguments):
        if event == "open" and isinstance(arguments[0], str):
            opened.add(arguments[0])
        elif event == "import" and arguments[1]:
            opened.add(arguments[1])

    sys.addaudithook(hook)
    error = load(sys.argv[2], sys.argv[3:])
    loaded = {name: place(module) for name, module in list(sys.modules.items())}
    # Not to stdout, which the module may have used or replaced. Its threads and exit handlers do not matter any more.
    with open(int(sys.argv[1]), "w", encoding="utf-8") as out:
        out.write(repr({"error": error, "loaded": loaded, "opened": sorted(opened)}))
    os._exit(0)


main()
