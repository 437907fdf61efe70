"""`sys.displayhook`: shows a value as CPython does, but only the beginning of a big value. Walks only exact builtin
containers; any other value is shown by its own `repr`, which is cut."""

import builtins
import sys

BRACKETS = {list: "[]", tuple: "()", set: "{}", frozenset: ("frozenset({", "})"), dict: "{}"}
DEEPEST = 50

most_items = most_characters = 0


def configure(items, characters):
    """Installs the hook with its limits; zero means no limit."""
    global most_items, most_characters
    most_items, most_characters = items, characters
    # A program that sets a hook of its own restores `sys.__displayhook__` afterwards.
    sys.displayhook = sys.__displayhook__ = displayhook


def displayhook(value):
    if value is None:
        return
    builtins._ = None
    text, note = shortened(value) if is_watched(getattr(sys, "stdout", None)) else (repr(value), None)
    write(text + "\n")
    if note:
        write(f"… {note}; /show prints all of it\n")
    builtins._ = value


def is_watched(stream):
    """Whether the stream is a terminal. Output that is collected (by `doctest`, `redirect_stdout`) is never cut."""
    try:
        return bool(stream.isatty())
    except Exception:
        return True


def write(text):
    """Writes a text as `sys.displayhook` does: characters that the stream cannot encode are escaped."""
    stream = getattr(sys, "stdout", None)
    if stream is None:
        raise RuntimeError("lost sys.stdout")
    try:
        stream.write(text)
    except UnicodeEncodeError:
        stream.write(text.encode(stream.encoding, "backslashreplace").decode(stream.encoding))


def shortened(value):
    kind = type(value)
    if kind in (str, bytes, bytearray):
        if not most_characters or len(value) <= most_characters:
            return repr(value), None
        shown = repr(value[:most_characters])
        return shown, f"{most_characters:,} of {len(value):,} {'characters' if kind is str else 'bytes'}"
    if kind not in BRACKETS:
        return cut(repr(value), None)
    if not most_items or fits(value):
        return cut(repr(value), None)
    walk = Walk()
    text = walk.text(value)
    if walk.cut:
        return cut(text, walk.cut)
    return cut(text, f"a {kind.__name__} that is nested more than {DEEPEST} levels deep" if walk.deep else None)


def cut(text, note):
    if most_characters and len(text) > most_characters:
        return text[:most_characters], f"{most_characters:,} of {len(text):,} characters" if not note else note
    return text, note


def fits(value):
    """Whether the value has few enough items for `repr`. A value that contains itself has too many."""
    count, waiting = 0, [value]
    while waiting and count <= most_items:
        each = waiting.pop()
        kind = type(each)
        if kind in BRACKETS:
            count += len(each)
            if count <= most_items:
                waiting += each
                waiting += each.values() if kind is dict else ()
    return count <= most_items


class Walk:
    """Makes the text that `repr` gives, until the limit of items is reached."""

    def __init__(self):
        self.left = most_items
        self.deep = False
        self.open = set()
        # Describes the cut of the outermost container, which notices last and overwrites those inside of it.
        self.cut = None

    def text(self, value):
        kind = type(value)
        if kind not in BRACKETS:
            return repr(value)
        opening, closing = BRACKETS[kind]
        if not value:
            return repr(value)
        if id(value) in self.open:
            return f"{opening}...{closing}"
        if len(self.open) > DEEPEST:
            self.deep = True
            return f"{opening}...{closing}"
        self.open.add(id(value))
        parts = list(self.pairs(value) if kind is dict else self.items(value))
        self.open.discard(id(value))
        comma = "," if kind is tuple and len(value) == 1 else ""
        return f"{opening}{', '.join(parts)}{comma}{closing}"

    def items(self, values):
        for count, value in enumerate(values):
            if not self.take(values, count):
                return (yield "...")
            yield self.text(value)

    def pairs(self, values):
        for count, (key, value) in enumerate(values.items()):
            if not self.take(values, count):
                return (yield "...")
            yield f"{self.text(key)}: {self.text(value)}"

    def take(self, values, count):
        self.left -= 1
        if self.left < 0:
            inner = " inside" if len(self.open) > 1 else ""
            self.cut = f"{count:,} of {len(values):,} items of a {type(values).__name__}{inner}"
        return self.left >= 0
