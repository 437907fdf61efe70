"""The Python half of the session's commands. `session` is the dict of session.py, `main` the user's namespace.
These functions print their answers; an error of the user's code is shown as a traceback."""

import sys

main = sys.modules["__main__"].__dict__


def fail(what, why, hint=None):
    """Prints an error. The hint is a command that can be pasted as it stands; where there is none it is left out."""
    print(f"error: {what}\n  {why}" + (f"\nhint: {hint}" if hint else ""), file=sys.stderr)


def printed(function, arguments, form):
    """Prints what a function of look.py answers. `form` is the input that asks about another text."""

    def work():
        try:
            print(function(*arguments).rstrip("\n"))
        except LookupError as error:
            unanswered(form, *error.args)

    session["attempt"](None, work)


def unanswered(form, what, why, near, listing):
    fail(what, why, form.format(near) if near else listing)


def source(function, name, namespace):
    try:
        return function(name, namespace)
    except LookupError as error:
        if len(error.args) == 1:
            return fail(f"the source of `{name}` is not known", error.args[0], f"{name}?")
        unanswered("/show_source {}", *error.args)
    except Exception as error:
        session["show"](error)


def show(expression):
    import builtins

    def work():
        if not expression and not hasattr(builtins, "_"):
            return fail("there is no last value", "nothing has been shown yet", "/help show")
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
    import os
    import shlex

    words = shlex.shlex(text, posix=True)
    words.whitespace_split, words.commenters = True, ""
    if os.name == "nt":
        # It separates the names of a path.
        words.escape = ""
    try:
        return list(words)
    except ValueError as error:
        fail(f"`{text}` cannot be split into words", f"{error}; put a name with spaces in quotes")


def readable(path, is_fit, wanted):
    """Returns the path with `~` expanded, or None after an error when it is not what is wanted."""
    import os

    path = os.path.expanduser(path)
    if is_fit(path):
        return path
    why = f"wanted {wanted}, found a folder" if os.path.isdir(path) else f"looked in `{working_folder()}`"
    fail(f"`{path}` is not a file", why, "!dir" if os.name == "nt" else "!ls")


def working_folder():
    """Returns the current folder, or why it has no name: it may have been deleted."""
    import os

    try:
        return os.getcwd()
    except OSError as error:
        return error.strerror


def is_file(path):
    import os

    return os.path.isfile(path)


def runnable(path):
    """Whether `python3 PATH` would run it: a file, or a folder with a `__main__` in it."""
    import os

    return os.path.isfile(path) or any(os.path.isfile(os.path.join(path, f"__main__.{end}")) for end in ("py", "pyc"))


def run_script(text):
    words = split(text)
    path = words and readable(words[0], runnable, "a file, or a folder with a `__main__.py`")
    if path:
        session["attempt"](None, lambda: run_program(path, words[1:]))


def run_program(path, arguments):
    """Runs a program as `python3 PATH` does, but in this process. It neither sees nor changes the session's names."""
    import os
    import runpy
    from pkgutil import get_importer

    folder = os.path.dirname(os.path.abspath(path))
    # The modules of a file stand beside it; for a folder or an archive `runpy` itself extends `sys.path`.
    importer = get_importer(path)
    beside = importer is None
    if hasattr(importer, "invalidate_caches"):
        # The archive may have changed since it was last read.
        importer.invalidate_caches()
    argv, sys.argv = sys.argv, [path, *arguments]
    if beside:
        sys.path.insert(0, folder)
    try:
        runpy.run_path(path, run_name="__main__")
    except SystemExit as leave:
        tell_exit(leave.code)
    finally:
        sys.argv = argv
        if beside and folder in sys.path:
            sys.path.remove(folder)


def tell_exit(code):
    """Shows the argument of `sys.exit` as `python3` does: anything but a number is a message, and the status is 1."""
    if code is None:
        return
    if not isinstance(code, int):
        print(code, file=sys.stderr)
        code = 1
    if code & 0xFF:
        print(f"exit status: {code & 0xFF}", file=sys.stderr)


def include(text):
    words = split(text)
    path = words and readable(words[0], is_file, "a file")
    if path:
        session["run_file"](path)


def save(text):
    import os

    words = split(text)
    if words is None:
        return
    force = words[:1] == ["-f"]
    names = words[1:] if force else words
    if len(names) != 1:
        return fail("`/save` cannot run", f"wanted `/save [-f] FILE`, found {len(names)} names of files", "/help save")
    path = os.path.expanduser(names[0])
    try:
        (replace if force else create)(path, script())
    except FileExistsError:
        return fail(f"`{path}` already exists", "wanted a new file, or `-f` to replace this one", f"/save -f {text}")
    except OSError as error:
        return fail(f"cannot write `{path}`", error.strerror or str(error), "/save ~/session.py")
    print(f"saved {path}")


def create(path, text):
    """Writes a new file. A hard link, or a rename that replaces nothing, would not work on every file system."""
    import os

    with open(path, "x", encoding="utf-8") as file:
        try:
            file.write(text)
            file.flush()
        except BaseException:
            os.unlink(path)
            raise


def replace(path, text):
    """Writes beside the file and renames, so that the old file is replaced only by a complete new one."""
    import contextlib
    import os
    import tempfile

    folder = os.path.dirname(path) or "."
    with tempfile.NamedTemporaryFile("w", dir=folder, encoding="utf-8", delete_on_close=False) as file:
        file.write(text)
        # Windows renames no open file.
        file.close()
        # A file system without modes refuses `chmod`.
        with contextlib.suppress(PermissionError):
            os.chmod(file.name, 0o666 & ~umask())
        os.replace(file.name, path)


def umask():
    import os

    before = os.umask(0)
    os.umask(before)
    return before


def script():
    """Returns the inputs in their order as a script; an input that failed is kept as a comment."""
    first, lines = [], []
    for entry in session["inputs"]:
        text = entry.source.rstrip()
        if entry.failure:
            text = "\n".join(f"# {line}".rstrip() for line in [f"{entry.failure}:", *text.split("\n")])
        # Python takes these imports only at the beginning of a file.
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
    """Returns the words of a pip command line, or None after an error when it would uninstall a package of the dist."""
    words = split(text)
    if not words or "uninstall" not in words:
        return words
    import importlib.metadata
    import re

    def plain(name):
        return re.sub(r"[-_.]+", "-", name).lower()

    own = {plain(each.name) for each in importlib.metadata.distributions(path=[str(folder)])}
    for word in words[words.index("uninstall") + 1 :]:
        # `-r` names a file of requirements, whose packages are not checked here, so it is refused.
        named = not word.startswith("-") or word.startswith(("-r", "--r"))
        if named and plain(word) not in own:
            return fail(f"`{word}` is not in your packages", f"looked in `{folder}`", "/pip list")
    return words


def find_packages(folder):
    """Makes newly installed packages importable at once."""
    import importlib
    import site

    if str(folder) not in sys.path:
        site.addsitedir(str(folder))
    importlib.invalidate_caches()
