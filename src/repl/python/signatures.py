"""Makes signatures and descriptions of objects from their stored parts, without their `__signature__` and `repr`.

Part 2 of 5 of completion, see `lookup.py`.
"""

MOST_SIGNATURE = 200
MOST_DEFAULT = 40
MOST_WRAPPERS = 10
ELSE = "…"

POSITIONAL, ORDINARY, STARRED, KEYWORD, DOUBLE_STARRED = range(5)
ONLY_AST = 0x400  # ast.PyCF_ONLY_AST; the module `ast` costs more than all the rest of completion
VARARGS, VARKEYWORDS = 0x04, 0x08  # inspect.CO_VARARGS, inspect.CO_VARKEYWORDS


class Parameter:
    def __init__(self, name, kind, default=None, annotation=None):
        self.name, self.kind, self.default, self.annotation = name, kind, default, annotation

    def __str__(self):
        text = {STARRED: "*", DOUBLE_STARRED: "**"}.get(self.kind, "") + self.name
        if self.annotation is not None:
            text += f": {self.annotation}"
        if self.default is not None:
            text += f" = {self.default}" if self.annotation is not None else f"={self.default}"
        return text


def parameters(function, depth=0):
    """Returns the parameters of a callable object, None when they are not known."""
    kind = type(function)
    if depth > MOST_WRAPPERS:
        return None
    if kind is FunctionType:
        wrapped = stored(own_dict(function), "__wrapped__")
        known = None if wrapped is ABSENT else parameters(wrapped, depth + 1)
        return function_parameters(function) if known is None else known
    if kind is MethodType:
        return without_first(parameters(function.__func__, depth + 1))
    if is_any(kind, (BuiltinType, MethodDescriptorType, SlotWrapperType, MethodWrapperType, ClassMethodDescriptorType)):
        return text_parameters(kind.__dict__["__text_signature__"].__get__(function))
    if is_class(function):
        return class_parameters(function, depth + 1)
    if kind is PartialType:
        return partial_parameters(function, depth + 1)
    call = class_lookup(kind, "__call__")
    return without_first(parameters(call, depth + 1)) if type(call) is FunctionType else None


def function_parameters(function):
    code = function.__code__
    names, positional = code.co_varnames, code.co_argcount
    ordinary, keywords = names[:positional], names[positional:positional + code.co_kwonlyargcount]
    rest = iter(names[positional + code.co_kwonlyargcount:])
    # The attributes of a function may be of subclasses of tuple and dict: only their storage is read.
    defaults = () if function.__defaults__ is None else tuple(tuple.__iter__(function.__defaults__))
    first_default = len(ordinary) - len(defaults)
    keyword_defaults = {} if function.__kwdefaults__ is None else dict(storage(function.__kwdefaults__))
    notes = {name: annotation_text(note) for name, note in storage(function.__annotations__)}
    found = []
    for place, name in enumerate(ordinary):
        kind = POSITIONAL if place < code.co_posonlyargcount else ORDINARY
        default = default_text(defaults[place - first_default]) if place >= first_default else None
        found.append(Parameter(name, kind, default, notes.get(name)))
    if code.co_flags & VARARGS:
        name = next(rest)
        found.append(Parameter(name, STARRED, None, notes.get(name)))
    for name in keywords:
        default = default_text(keyword_defaults[name]) if name in keyword_defaults else None
        found.append(Parameter(name, KEYWORD, default, notes.get(name)))
    if code.co_flags & VARKEYWORDS:
        name = next(rest)
        found.append(Parameter(name, DOUBLE_STARRED, None, notes.get(name)))
    return found


def text_parameters(text):
    """Reads the signature that builtin functions keep as text: `($self, iterable=(), /)`."""
    if type(text) is not str:
        return None
    # The signature of `open` has two lines, but the columns of the syntax tree count from the start of a line.
    source = f"def f{text.replace('$', '').replace('\n', ' ')}: pass"
    try:
        arguments = compile(source, "", "exec", ONLY_AST, dont_inherit=True).body[0].args
    except (SyntaxError, ValueError):
        return None
    ordinary = arguments.posonlyargs + arguments.args
    defaults = [None] * (len(ordinary) - len(arguments.defaults)) + arguments.defaults
    found = []
    for place, (node, default) in enumerate(zip(ordinary, defaults)):
        kind = POSITIONAL if place < len(arguments.posonlyargs) else ORDINARY
        found.append(Parameter(node.arg, kind, segment(source, default)))
    if arguments.vararg is not None:
        found.append(Parameter(arguments.vararg.arg, STARRED))
    for node, default in zip(arguments.kwonlyargs, arguments.kw_defaults):
        found.append(Parameter(node.arg, KEYWORD, segment(source, default)))
    if arguments.kwarg is not None:
        found.append(Parameter(arguments.kwarg.arg, DOUBLE_STARRED))
    return found[1:] if "$" in text else found


def segment(source, node):
    return None if node is None else source[node.col_offset:node.end_col_offset]


def class_parameters(cls, depth):
    call = class_lookup(type(cls), "__call__")
    if type(call) is FunctionType:
        return without_first(parameters(call, depth))
    for base in mro(cls):
        own = dict(class_storage(base))
        for name in ("__init__", "__new__"):
            maker = own.get(name, ABSENT)
            maker = maker.__func__ if type(maker) is staticmethod else maker
            if type(maker) is FunctionType:
                return without_first(parameters(maker, depth))
        known = text_parameters(type.__dict__["__text_signature__"].__get__(base))
        if known is not None:
            return known
        if type(own.get("__init__", ABSENT)) is SlotWrapperType:
            return parameters(own["__init__"], depth)
        if "__new__" in own:
            return None  # a `__new__` in C does not tell its arguments
    return None


def partial_parameters(partial, depth):
    known = parameters(partial.func, depth)
    if known is None:
        return None
    given = {name for name, _ in storage(partial.keywords)}
    left = tuple.__len__(partial.args)
    found = []
    for parameter in known:
        if left > 0 and parameter.kind in (POSITIONAL, ORDINARY):
            left -= 1
        elif parameter.name in given:
            found.append(Parameter(parameter.name, KEYWORD, ELSE, parameter.annotation))
        else:
            found.append(parameter)
    return found


def without_first(known):
    """Leaves out `self`, unless `*args` takes it."""
    return known[1:] if known and known[0].kind in (POSITIONAL, ORDINARY) else known


def default_text(value):
    kind = type(value)
    if value is None or kind is bool or kind is float:
        return repr(value)
    if kind is int:
        return repr(value) if value.bit_length() < 128 else ELSE
    if kind is str or kind is bytes:
        return repr(value) if len(value) <= MOST_DEFAULT else ELSE
    return ELSE


def annotation_text(note):
    kind = type(note)
    if note is None or note is Ellipsis:
        return {None: "None", Ellipsis: "..."}[note]
    if kind is str:
        return note
    if kind is GenericAliasType:
        origin, arguments = (kind.__dict__[name].__get__(note) for name in ("__origin__", "__args__"))
        parts = list(map(annotation_text, arguments))
        return f"{annotation_text(origin)}[{', '.join(parts)}]" if None not in parts else annotation_text(origin)
    if kind is UnionType:
        parts = list(map(annotation_text, kind.__dict__["__args__"].__get__(note)))
        return " | ".join(parts) if None not in parts else None
    if is_class(note):
        return "None" if note is type(None) else class_name(note)
    return None


def signature_text(function):
    """Returns a signature such as `(a: int, b=2, *, c)`, or None."""
    known = parameters(function)
    if known is None:
        return None
    parts, kinds = [], [parameter.kind for parameter in known]
    for place, parameter in enumerate(known):
        if parameter.kind == KEYWORD and not any(kind in (STARRED, KEYWORD) for kind in kinds[:place]):
            parts.append("*")
        parts.append(str(parameter))
        if parameter.kind == POSITIONAL and POSITIONAL not in kinds[place + 1:]:
            parts.append("/")
    return shortened(f"({', '.join(parts)})")


def shortened(text):
    text = text.replace("\n", " ")
    return text if len(text) <= MOST_SIGNATURE else text[:MOST_SIGNATURE - 1] + ELSE


CALLABLES = (
    FunctionType, MethodType, BuiltinType, MethodDescriptorType, SlotWrapperType, MethodWrapperType,
    ClassMethodDescriptorType, PartialType,
)


def describe_value(value):
    """Returns the kind and the description of a candidate with this value."""
    if value is UNKNOWN:
        return "property", ""
    if type(value) is InstanceOf:
        return "variable", class_name(value.cls)
    if is_class(value):
        return "class", signature_text(value) or ""
    if is_a(value, ModuleType):
        return "module", ""
    if is_any(type(value), CALLABLES):
        return "function", signature_text(value) or ""
    return "variable", shortened(class_name(type(value)))
