"""Runs inputs in `__main__` as CPython's interactive compiler does, and shows their errors. Inputs that await share one
event loop. This file is loaded before the first prompt, so it imports modules only when they are needed."""

import sys
from _contextvars import copy_context

# Values of `ast` and `codeop`, copied so that these modules need not be imported.
TOP_LEVEL_AWAIT = 0x2000
ONLY_AST = 0x400
INCOMPLETE_INPUT = 0x4000
DONT_IMPLY_DEDENT = 0x200
COROUTINE = 0x80
FUTURE_FEATURES = 0x1FE0000

# An input that uses one of these names needs the session's loop running, although it awaits nothing.
NEEDS_LOOP = {"create_task", "ensure_future", "gather", "get_running_loop", "current_task", "all_tasks"}
# Frames between ours and the user's code, hidden from tracebacks.
CALLED_BY_US = {"runpy", "asyncio.runners", "asyncio.base_events"}
OURS = {__name__, "<display>", "<look>", "<tools>"}

main = sys.modules["__main__"].__dict__
flags = TOP_LEVEL_AWAIT
inputs = []
runner = None
last_error = None
# All inputs share this context, whether they await or not.
context = copy_context()


class Input:
    def __init__(self, source):
        self.source = source
        self.name = f"<input {len(inputs) + 1}>"
        self.failure = None
        inputs.append(self)


def prompts():
    """Returns the texts of `sys.ps1` and `sys.ps2`, which may be any objects; one whose `str` fails is replaced."""
    texts = []
    for name, default in (("ps1", ">>> "), ("ps2", "... ")):
        try:
            text = str(sys.__dict__.setdefault(name, default))
            # A terminal shows no lone surrogates.
            text.encode()
            texts.append(text)
        except Exception:
            texts.append(default)
    return tuple(texts)


def prepare():
    """Imports the modules that every input needs, before the first input runs."""
    import linecache
    import traceback
    import warnings


def force_color(never, always):
    """Makes the configuration decide on colours; otherwise CPython decides by the terminal and the environment."""
    if never or always:
        import _colorize

        _colorize.can_colorize = lambda *_, **__: always


def is_whole(source):
    """Whether Enter runs the source, by the rule of CPython's REPL extended to any number of statements."""
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
        # The source is an error or several statements. If the last statement is a block, an empty line must end it.
        state = compiles(source, "exec")
    last = source.rpartition("\n")[2]
    in_block = "\n" in source and last[:1] in (" ", "\t") and last.strip()
    return state == "wrong" or state == "whole" and not in_block


def verdict(source):
    """Returns the compiler's verdict on a text: `whole`, `open` where more may follow, or `wrong`."""
    import warnings

    # `In [1]: x` copied from IPython would compile as an annotated subscript.
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
    """Runs one input, shows its error and returns whether it succeeded. An exception that ends the session passes."""
    entry = Input(source)
    remember(entry)
    return attempt(entry, lambda: execute(parts(source, entry.name)))


def failure():
    """Returns how the last input failed: whether by its syntax, and the name that is not defined."""
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
    """Yields the code objects of an input: for the statements before the last line, and for the last line, whose values
    are shown."""
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
            # Both are on one line: a debugger that steps past the end of the input must not stop in this file.
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
    """Returns the only loop of the session; its tasks go on while the next input is typed."""
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
    """Runs the loop until the callable that `begin` receives is called, from any thread. Returns what the handler of a
    signal raised meanwhile; what ends the loop otherwise is an error."""
    import asyncio

    async def wait():
        own = asyncio.get_running_loop()
        over = own.create_future()
        begin(lambda: own.call_soon_threadsafe(lambda: over.done() or over.set_result(None)))
        await over

    try:
        runner.run(wait())
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        if is_of_a_handler(error):
            return error
        raise


def is_of_a_handler(error):
    """Tells an error of a signal's handler, which the loop met while it waited, from those of its tasks and its own."""
    import asyncio.events

    trace, code = error.__traceback__, None
    while trace:
        code = trace.tb_frame.f_code
        if code is asyncio.events.Handle._run.__code__:
            return False
        trace = trace.tb_next
    return not code.co_filename.startswith(asyncio.__path__[0])


class Above:
    """Replaces the `write` of a terminal's stream while a line is edited: threads and tasks print above the line."""

    def __init__(self, stream, send):
        import _thread

        # The lock is reentrant, because an object that is freed while it is held may print.
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

    def end(self):
        with self.lock:
            self.over = True
            self.stream.__dict__.pop("write", None)
            self.stream.write(self.rest)
            self.rest = ""
            self.stream.flush()


diverted = []


def has_background():
    # `threading` may be a module of the user.
    import _thread

    return has_loop() or _thread._count() > 0


def divert(send):
    """Diverts the terminal's streams. They stay the same objects, because a handler of `logging` may have kept one."""
    for stream in (sys.__stdout__, sys.__stderr__):
        if stream is not None and not stream.closed and stream.isatty():
            diverted.append(Above(stream, send))


def restore():
    """Ends the diversion of all streams, and raises the last error of any."""
    failure = None
    # What the handler of a signal interrupts stays in the list, so that another call goes on with it.
    while diverted:
        try:
            diverted[0].end()
        except Exception as error:
            if "write" in diverted[0].stream.__dict__:
                raise
            failure = error
        diverted.pop(0)
    if failure:
        raise failure


def close():
    if has_loop():
        attempt(None, runner.close)


def remember(entry):
    """Stores the source of an input for tracebacks, `inspect` and warnings."""
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
        # The loop interrupts a task by cancelling it; the traceback of the cancellation shows where.
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
    """Returns the traceback without this program's own frames."""
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
    """Runs the statements of a file in `__main__`, for the startup file and `/include`."""
    path = str(path)

    def work():
        import io

        with io.open_code(path) as file:
            source = file.read()
        execute([compile(source, path, "exec", flags, dont_inherit=True)])

    return attempt(None, work)
