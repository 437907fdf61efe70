"""Runs inputs in `__main__` as CPython's interactive compiler does, on one event loop where they await, and shows what fails.
Loaded before the first prompt, so nothing is imported until it is needed."""

import sys
from _contextvars import copy_context

# Names of `ast` and `codeop`, which are not worth importing for them.
TOP_LEVEL_AWAIT = 0x2000
ONLY_AST = 0x400
INCOMPLETE_INPUT = 0x4000
DONT_IMPLY_DEDENT = 0x200
COROUTINE = 0x80
FUTURE_FEATURES = 0x1FE0000

# An input that names one of these wants the session's loop to be the running one, though it awaits nothing.
NEEDS_LOOP = {"create_task", "ensure_future", "gather", "get_running_loop", "current_task", "all_tasks"}
# Frames between ours and the user's code, hidden from tracebacks.
CALLED_BY_US = {"runpy", "asyncio.runners", "asyncio.base_events"}
OURS = {__name__, "<display>", "<look>", "<tools>"}

main = sys.modules["__main__"].__dict__
flags = TOP_LEVEL_AWAIT
inputs = []
runner = None
last_error = None
# One for all inputs, whether they await or not.
context = copy_context()


class Input:
    def __init__(self, source):
        self.source = source
        self.name = f"<input {len(inputs) + 1}>"
        self.failure = None
        inputs.append(self)


def prompts():
    """`sys.ps1` and `sys.ps2` may be any object; one that cannot be shown is replaced."""
    texts = []
    for name, default in (("ps1", ">>> "), ("ps2", "... ")):
        try:
            texts.append(str(sys.__dict__.setdefault(name, default)))
        except Exception:
            texts.append(default)
    return tuple(texts)


def prepare():
    """What every input needs, before the first runs."""
    import linecache
    import traceback
    import warnings


def force_color(never, always):
    """CPython decides by the terminal and the environment, unless the configuration does."""
    if never or always:
        import _colorize

        _colorize.can_colorize = lambda *_, **__: always


def is_whole(source):
    """Whether Enter runs the source, or another line belongs to it: the rule of CPython's REPL for any number of statements."""
    import warnings

    head, _, last = source.rpartition("\n")
    if head and not last.strip():
        source = head + "\n"
    if all(not line.strip() or line.lstrip().startswith("#") for line in source.split("\n")):
        return True
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        state = compiles(source, "single")
        if state != "wrong":
            return state == "whole"
        # An error, or several statements: of those the last must have been ended by an empty line if it is a block.
        state = compiles(source, "exec")
    last = source.rpartition("\n")[2]
    in_block = "\n" in source and last[:1] in (" ", "\t") and last.strip()
    return state == "wrong" or state == "whole" and not in_block


def verdict(source):
    """Whether a text is Python: `whole`, `open` where more may follow, or `wrong`."""
    import warnings

    # An input copied from IPython would pass for an annotation of a subscript.
    if source.lstrip().startswith("In [") and "In" not in main:
        return "wrong"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return compiles(source, "exec")


def compiles(source, mode):
    for text in (source, source + "\n"):
        try:
            compile(text, "<input>", mode, flags | INCOMPLETE_INPUT | DONT_IMPLY_DEDENT, dont_inherit=True)
            return "whole" if text is source else "open"
        except SyntaxError as error:
            if type(error).__name__ == "_IncompleteInputError" and text is not source:
                return "open"
        except (OverflowError, ValueError, MemoryError, RecursionError):
            return "wrong"
    return "wrong"


def run(source):
    """Runs one input; what it raises is shown, except what leaves the session. Whether it went well."""
    entry = Input(source)
    remember(entry)
    return attempt(entry, lambda: execute(parts(source, entry.name)))


def failure():
    """How the last input failed: whether it is not Python, and the name that it misses."""
    error = last_error
    if isinstance(error, SyntaxError):
        return error.filename == inputs[-1].name, None
    return False, error.name if type(error) is NameError else None


def attempt(entry, work):
    try:
        work()
    except SystemExit:
        raise
    except BaseException as error:
        if entry:
            entry.failure = type(error).__name__
        show(error)
        return False
    finally:
        if hasattr(sys.gettrace(), "__self__"):
            sys.settrace(None)
        flush()
    return True


def parts(source, name):
    """The code objects of an input: the statements before the last line, and the last line, whose values are shown."""
    global flags
    import _ast

    tree = compile(source, name, "exec", flags | ONLY_AST, dont_inherit=True)
    if not tree.body:
        return
    start = tree.body[-1].lineno
    last = [statement for statement in tree.body if statement.end_lineno >= start]
    before = tree.body[: len(tree.body) - len(last)]
    if before:
        code = compile(_ast.Module(body=before, type_ignores=[]), name, "exec", flags, dont_inherit=True)
        flags |= code.co_flags & FUTURE_FEATURES
        yield code
    code = compile(_ast.Interactive(body=last), name, "single", flags, dont_inherit=True)
    flags |= code.co_flags & FUTURE_FEATURES
    yield code


def execute(codes):
    for code in codes:
        if code.co_flags & COROUTINE or wants_loop(code.co_names):
            on_loop(code)
        else:
            # On one line: a debugger that steps past the end of the input must not come to a line of ours.
            context.run(exec, code, main), hasattr(sys.gettrace(), "__self__") and sys.settrace(None)


def wants_loop(names):
    return ("asyncio" in sys.modules or "asyncio" in names) and not NEEDS_LOOP.isdisjoint(names)


def on_loop(code):
    async def awaited():
        result = eval(code, main)
        if code.co_flags & COROUTINE:
            await result

    loop().run(awaited(), context=context)


def loop():
    """The one loop of the session; its tasks go on while the next input is typed."""
    global runner
    import asyncio

    if runner is None or runner.get_loop().is_closed():
        runner = asyncio.Runner()
    return runner


def has_loop():
    return runner is not None and not runner.get_loop().is_closed()


def has_tasks():
    if not has_loop():
        return False
    import asyncio

    return bool(asyncio.all_tasks(runner.get_loop()))


def keep_running(begin):
    """Runs the loop until the callable that `begin` is given has been called, from whatever thread."""
    import asyncio

    async def wait():
        own = asyncio.get_running_loop()
        over = own.create_future()
        begin(lambda: own.call_soon_threadsafe(lambda: over.done() or over.set_result(None)))
        await over

    runner.run(wait())


class Above:
    """The `write` of a stream of the terminal while a line is edited: what threads and tasks print goes above the line."""

    def __init__(self, stream, send):
        import _thread

        # An object that is freed while the lock is held may print.
        self.stream, self.send, self.rest, self.lock = stream, send, "", _thread.RLock()
        self.over = False
        stream.write = self.write

    def write(self, text):
        with self.lock:
            if self.over:
                return type(self.stream).write(self.stream, text)
            lines, newline, self.rest = (self.rest + text).rpartition("\n")
        if newline and not self.send(lines):
            type(self.stream).write(self.stream, lines + newline)
        return len(text)


diverted = []


def has_background():
    threading = sys.modules.get("threading")
    return has_loop() or threading is not None and threading.active_count() > 1


def divert(send):
    """The streams stay the objects they are: a handler of `logging` has kept one."""
    for stream in (sys.__stdout__, sys.__stderr__):
        if stream is not None and stream.isatty():
            diverted.append(Above(stream, send))


def restore():
    for each in diverted:
        with each.lock:
            each.over = True
            del each.stream.write
            print(each.rest, end="", file=each.stream, flush=True)
    diverted.clear()


def close():
    if has_loop():
        attempt(None, runner.close)


def remember(entry):
    """Tracebacks, `inspect` and warnings find the source of what was typed."""
    try:
        import linecache
    except ImportError:
        return
    lines = [line + "\n" for line in entry.source.split("\n")]
    linecache.cache[entry.name] = (len(entry.source), None, lines, entry.name)


def show(error):
    global last_error
    cancelled = error.__context__
    if type(error) is KeyboardInterrupt and type(cancelled).__name__ == "CancelledError":
        # The loop interrupts by cancelling; the cancelled task's traceback shows what was interrupted.
        error.__context__, error.__traceback__ = None, cancelled.__traceback__
    error.__traceback__ = trace = users(error.__traceback__)
    last_error = sys.last_exc = sys.last_value = error
    sys.last_type, sys.last_traceback = type(error), trace
    try:
        sys.excepthook(type(error), error, trace)
    except SystemExit:
        raise
    except BaseException as second:
        print("Error in sys.excepthook:", file=sys.stderr)
        second.__context__, second.__traceback__ = None, users(second.__traceback__)
        sys.__excepthook__(type(second), second, second.__traceback__)
        print("\nOriginal exception was:", file=sys.stderr)
        sys.__excepthook__(type(error), error, trace)


def users(trace):
    """The traceback without the frames that are ours."""
    while trace and module(trace) in OURS | CALLED_BY_US:
        trace = trace.tb_next
    each = trace
    while each and each.tb_next:
        if module(each.tb_next) in OURS:
            each.tb_next = each.tb_next.tb_next
        else:
            each = each.tb_next
    return trace


def module(trace):
    return trace.tb_frame.f_globals.get("__name__")


def flush():
    for name in ("stdout", "stderr"):
        try:
            getattr(sys, name).flush()
        except Exception:
            pass


def run_file(path):
    """The startup file, and `/include`: the file's statements in `__main__`."""
    path = str(path)

    def work():
        import io

        with io.open_code(path) as file:
            source = file.read()
        execute([compile(source, path, "exec", flags, dont_inherit=True)])

    return attempt(None, work)
