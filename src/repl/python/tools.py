"""The Python half of the session's commands. `session` is the dict of session.py, `main` the user's namespace.
What these functions have to say they print; what the user's code raises is shown as a traceback."""

import sys

main = sys.modules["__main__"].__dict__


def fail(what, why, hint):
    print(f"error: {what}\n  {why}\nhint: {hint}", file=sys.stderr)


def printed(function, arguments):
    session["attempt"](None, lambda: print(function(*arguments).rstrip("\n")))


def source(function, name, namespace):
    try:
        return function(name, namespace)
    except LookupError as error:
        fail(f"no source of `{name}`", error.args[0] if error.args else "it is not there", f"{name}?")
    except Exception as error:
        session["show"](error)


def show(expression):
    import builtins

    def work():
        if not expression and not hasattr(builtins, "_"):
            return fail("there is no last value", "nothing has been shown yet", "/show EXPR")
        print(repr(eval(expression, main) if expression else builtins._))

    session["attempt"](None, work)


def last_error():
    error = session["last_error"]
    if error is None:
        print("no error so far")
    else:
        session["show"](error)


def timed(code):
    import time

    wall, busy = time.perf_counter(), time.process_time()
    if session["run"](code):
        wall, busy = time.perf_counter() - wall, time.process_time() - busy
        print(f"{duration(wall)} ({duration(busy)} CPU)")


def duration(seconds):
    for unit, size in (("s", 1), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            break
    return f"{seconds / size:.3g} {unit}"


def split(text):
    import shlex

    try:
        return shlex.split(text)
    except ValueError as error:
        fail(f"`{text}` cannot be split into words", str(error), "quote what has spaces in it")


def readable(path):
    import os

    path = os.path.expanduser(path)
    if os.path.isfile(path):
        return path
    fail(f"`{path}` is no file", f"looked in `{os.getcwd()}`", "!ls")


def run_script(text):
    """As `python3 FILE` would, in this process: the session's names are neither seen nor changed."""
    words = split(text)
    path = words and readable(words[0])
    if not path:
        return
    import os

    argv, sys.argv = sys.argv, [path, *words[1:]]
    folder = os.path.dirname(os.path.abspath(path))
    sys.path.insert(0, folder)

    def work():
        import runpy

        try:
            runpy.run_path(path, run_name="__main__")
        except SystemExit as leave:
            if leave.code not in (None, 0):
                print(f"exit status: {leave.code}", file=sys.stderr)

    try:
        session["attempt"](None, work)
    finally:
        sys.argv = argv
        if folder in sys.path:
            sys.path.remove(folder)


def include(text):
    words = split(text)
    path = words and readable(words[0])
    if path:
        session["run_file"](path)


def save(text):
    """Written beside and then linked or renamed, so nothing is lost where it fails."""
    import os
    import tempfile

    words = split(text) or []
    force = words[:1] == ["-f"]
    names = words[1:] if force else words
    if len(names) != 1:
        return print("usage: /save [-f] FILE", file=sys.stderr)
    path = os.path.expanduser(names[0])
    try:
        with tempfile.NamedTemporaryFile("w", dir=os.path.dirname(path) or ".", encoding="utf-8") as file:
            file.write(script())
            file.flush()
            os.chmod(file.name, 0o666 & ~umask())
            # A rename takes the place of what is there, a link does not.
            (os.replace if force else os.link)(file.name, path)
    except FileExistsError:
        return fail(f"`{path}` is there already", "wanted a new file", f"/save -f {text}")
    except OSError as error:
        return fail(f"`{path}` cannot be written", error.strerror or str(error), "/save ~/session.py")
    print(f"saved {path}")


def umask():
    import os

    before = os.umask(0)
    os.umask(before)
    return before


def script():
    """The inputs in their order; one that failed is kept as a comment."""
    first, lines = [], []
    for entry in session["inputs"]:
        text = entry.source.rstrip()
        if entry.failure:
            text = "\n".join(f"# {line}".rstrip() for line in [f"{entry.failure}:", *text.split("\n")])
        # A file has to begin with them.
        (first if text.startswith("from __future__ ") else lines).append(text)
    text = "\n".join(first + lines) + "\n"
    return text if runs_alone(text) else f"# awaits outside of a function: run it with /include\n{text}"


def runs_alone(text):
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return bool(compile(text, "<saved>", "exec", dont_inherit=True))
        except SyntaxError:
            return False


def versions():
    import importlib.metadata
    import platform

    print(f"Python {sys.version}\npip {importlib.metadata.version('pip')}\n{platform.platform()}")
    print(sys.prefix)


def pip_arguments(text, folder):
    """The words of a pip command line, or None where it would take something away from the dist."""
    words = split(text)
    if not words or "uninstall" not in words:
        return words
    import importlib.metadata
    import re

    def plain(name):
        return re.sub(r"[-_.]+", "-", name).lower()

    own = {plain(each.name) for each in importlib.metadata.distributions(path=[str(folder)])}
    for word in words[words.index("uninstall") + 1 :]:
        # A file of requirements would not be looked into.
        named = not word.startswith("-") or word.startswith(("-r", "--r"))
        if named and plain(word) not in own:
            return fail(f"`{word}` is not in your packages", f"looked in `{folder}`", "/pip list")
    return words


def find_packages(folder):
    """What was installed just now can be imported just now."""
    import importlib
    import site

    if str(folder) not in sys.path:
        site.addsitedir(str(folder))
    importlib.invalidate_caches()
