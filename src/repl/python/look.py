"""Answers `name?`, `name??`, `/show_source` and `/inspect`: the user asked, so the expression is evaluated.

The modules that help with it are imported at their first use: together they cost more than the start of Python.
"""

MOST_REPR = 4096
MOST_MEMBERS = 24
MOST_DOC_LINES = 6
MOST_SOURCE = 200_000


class Unanswerable(LookupError):
    """The text has no value. Its arguments: what is wrong, why, the nearest text that has a value (or None), and an
    input that lists such texts (or None)."""


def describe(text, namespace, detail):
    """Returns the answer to `text?`, and with detail to `text??`; Unanswerable when the text has no value."""
    value = evaluated(text, namespace)
    rows = [("type", type_name(value)), ("signature", signature_of(text, value)), ("defined", place(value))]
    if not is_definition(value):
        rows.append(("value", bounded_repr(value)))
    parts = [table(rows)]
    if documentation(value):
        parts.append(documentation(value))
    if detail:
        parts.append(source_or_reason(text, value))
    return "\n\n".join(parts)


def source(name, namespace):
    """Returns the source of what the name means; LookupError, in words, when there is none."""
    return source_of(evaluated(name, namespace))


def inspect_value(text, namespace):
    """Returns the answer to `/inspect text`; Unanswerable when the text has no value."""
    value = evaluated(text, namespace)
    rows = [
        ("type", type_name(value)),
        ("module", attribute(value if is_definition(value) else type(value), "__module__", str)),
        ("size", size(value)),
        ("signature", signature_of(text, value)),
        ("value", bounded_repr(value)),
    ]
    parts = [table(rows)]
    for title, names in members(value).items():
        if names:
            parts.append(f"{title}: {listed(names)}")
    lines = documentation(value).splitlines()
    if lines:
        parts.append("\n".join(lines[:MOST_DOC_LINES] + ["…"] * (len(lines) > MOST_DOC_LINES)))
    return "\n\n".join(parts)


def evaluated(text, namespace):
    text = text.strip()
    parts = text.split(".")
    try:
        if all(part.isidentifier() for part in parts):
            return dotted_value(parts, namespace)
        return eval(text, namespace)
    except Unanswerable:
        raise
    except Exception as error:
        why = f"{type(error).__name__}: {safely(str, error)}"
        raise Unanswerable(f"`{text}` cannot be evaluated", why, None, None) from None


def dotted_value(parts, namespace):
    import builtins

    first, names = parts[0], {**vars(builtins), **namespace}
    if first not in names:
        raise missing(f"`{first}` is not defined", first, names, "")
    value = names[first]
    for count, part in enumerate(parts[1:], 1):
        try:
            value = getattr(value, part)
        except AttributeError:
            owner = ".".join(parts[:count])
            raise missing(f"`{owner}` has no attribute `{part}`", part, names_of(value), owner) from None
    return value


def missing(what, name, names, owner):
    import difflib

    close = difflib.get_close_matches(name, [other for other in names if type(other) is str], n=1)
    why = f"did you mean `{close[0]}`?" if close else "no known name is like it"
    near = ".".join(filter(None, [owner, close[0]])) if close else None
    return Unanswerable(what, why, near, f"dir({owner})")


def names_of(value):
    names = safely(dir, value)
    return names if type(names) is list else []


def safely(function, *arguments):
    """Returns the result, or None where the object's own code is broken: the other rows are still wanted."""
    try:
        return function(*arguments)
    except Exception:
        return None


def attribute(value, name, kind):
    """Returns an attribute if it is of the wanted kind, else None."""
    found = safely(getattr, value, name, None)
    return found if type(found) is kind else None


def is_definition(value):
    """Whether the value is described by type, signature and place alone."""
    import inspect

    return bool(safely(inspect.isroutine, value)) or is_type(value) or type(value) is type(inspect)


def is_type(value):
    """Whether the value is a class. `isinstance` would ask the value's `__class__`, which may be broken."""
    return issubclass(type(value), type)


def type_name(value):
    cls = type(value)
    module, name = attribute(cls, "__module__", str), attribute(cls, "__qualname__", str) or "?"
    return name if module in (None, "builtins", "__main__") else f"{module}.{name}"


def signature_of(text, value):
    import inspect

    if not callable(value):
        return None
    known = safely(inspect.signature, value)
    shown = safely(str, known) if known is not None else None
    return None if shown is None else text.strip().rpartition(".")[2] + shown


def place(value):
    """Returns `file:line` where the value was defined, as far as Python knows."""
    import inspect

    if not is_definition(value):
        return None
    found = safely(located, value)
    if found is None:
        return safely(inspect.getfile, value)
    file, line, _ = found
    return f"{file}:{line}" if line else file


def bounded_repr(value):
    import reprlib

    bounds = reprlib.Repr(
        maxlevel=4, maxdict=50, maxlist=50, maxtuple=50, maxset=50, maxfrozenset=50, maxdeque=50, maxarray=50,
        maxlong=200, maxstring=MOST_REPR, maxother=MOST_REPR,
    )
    text = safely(bounds.repr, value)
    if text is None:
        return f"<{type_name(value)}: its repr fails>"
    return text if len(text) <= MOST_REPR else text[:MOST_REPR - 1] + "…"


def documentation(value):
    """Returns the dedented docstring. An instance has that of its class, but not that of a builtin such as `int`."""
    import inspect

    own = is_definition(value) or attribute(type(value), "__module__", str) != "builtins"
    text = safely(inspect.getdoc, value) if own else None
    return text.strip() if type(text) is str else ""


def size(value):
    """Returns the length, and the shape of arrays and tables."""
    if is_type(value):
        return None
    found = []
    shape, length = attribute(value, "shape", tuple), safely(len, value)
    if shape is not None:
        found.append(f"shape {safely(repr, shape)}")
    if length is not None:
        found.append(f"{length} {'item' if length == 1 else 'items'}")
    return ", ".join(found) or None


def members(value):
    """Returns the names of the public members by their kind, found without running properties."""
    import inspect

    found = {"methods": [], "classes": [], "attributes": []}
    for name in names_of(value):
        if type(name) is str and not name.startswith("_"):
            member = safely(inspect.getattr_static, value, name)
            is_method = callable(member) or issubclass(type(member), (staticmethod, classmethod))
            found["classes" if is_type(member) else "methods" if is_method else "attributes"].append(name)
    return found


def listed(names):
    rest = len(names) - MOST_MEMBERS
    return ", ".join(names[:MOST_MEMBERS]) + (f", … ({rest} more)" if rest > 0 else "")


def table(rows):
    known = [(title, text) for title, text in rows if text is not None]
    width = max(len(title) for title, _ in known) + 2
    return "\n".join(f"{title}:\n{text}" if "\n" in text else f"{title + ':':<{width}}{text}" for title, text in known)


def source_or_reason(text, value):
    try:
        return source_of(value)
    except LookupError as problem:
        return f"no source for `{text.strip()}`: {problem}"


def source_of(value):
    import textwrap

    value = wanted(value)
    try:
        lines = located(value)[2]
    except Exception:
        why = safely(reason, value) or "the text it was defined in is not known"
        raise LookupError(why) from None
    return textwrap.dedent("".join(lines))[:MOST_SOURCE]


def located(value):
    """Returns the file, the first line's number (0: a module) and the lines of a definition, or raises."""
    import inspect

    value = inspect.unwrap(value)
    found = prompt_class(value) if is_type(value) else frozen_function(value)
    if found is not None:
        return found
    lines, number = inspect.getsourcelines(value)
    return inspect.getsourcefile(value) or inspect.getfile(value), number, lines


def prompt_class(cls):
    """Locates a class typed at the prompt. Python keeps its line but no file: the file is that of its methods, or else
    the newest input that has the class in this line."""
    import inspect
    import linecache

    line = vars(cls).get("__firstlineno__")
    if cls.__module__ != "__main__" or type(line) is not int:
        return None
    codes = [getattr(inspect.unwrap(member), "__code__", None) for member in vars(cls).values()]
    inputs = [file for file in reversed(list(linecache.cache)) if type(file) is str and file.startswith("<")]
    for file in [code.co_filename for code in codes if inspect.iscode(code)] + inputs:
        lines = inspect.getblock(linecache.getlines(file)[line - 1:])
        if any(text.split("(")[0].split(":")[0].split() == ["class", cls.__name__] for text in lines):
            return file, line, lines
    return None


def frozen_function(value):
    """Locates a function of `os`, `posixpath` and the like, compiled into Python: its module still knows the file."""
    import inspect
    import linecache
    import sys

    code = getattr(getattr(value, "__func__", value), "__code__", None)
    if not inspect.iscode(code) or not code.co_filename.startswith("<frozen "):
        return None
    file = attribute(sys.modules.get(value.__module__), "__file__", str)
    lines = linecache.getlines(file)[code.co_firstlineno - 1:] if file is not None else []
    return (file, code.co_firstlineno, inspect.getblock(lines)) if lines else None


def wanted(value):
    """Returns the object whose source is shown: of an instance its class, of a property its getter."""
    import functools
    import types

    if type(value) is property and value.fget is not None:
        return value.fget
    if type(value) is functools.partial:
        return value.func
    running = issubclass(type(value), (types.CodeType, types.FrameType, types.TracebackType))
    return value if running or is_definition(value) else type(value)


def reason(value):
    """Returns why there is no source, None when the reason is not known."""
    import inspect

    if inspect.isbuiltin(value) or inspect.ismethoddescriptor(value):
        return "it is built into Python or an extension module"
    module = value if inspect.ismodule(value) else inspect.getmodule(value)
    file = attribute(module, "__file__", str)
    if module is not None and (file is None or not file.endswith(".py")) and module.__name__ != "__main__":
        return "it is built into Python or an extension module"
    return None
