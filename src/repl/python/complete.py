"""Completion and signatures for an unfinished input, without ever running the user's code.

Part 5 of 5, see `lookup.py`: `complete` and `opened` are what the program calls.
"""

MOST_CANDIDATES = 500
MOST_KEY = 1000
PATH_FUNCTIONS = (
    "open", "Path", "PurePath", "chdir", "listdir", "scandir", "exists", "isfile", "isdir", "load", "loadtxt", "imread",
)

# The order of candidates: those that fit only here, then the user's names, then those that are always there.
HERE, USERS, ALWAYS = range(3)


class Said:
    """The kind and the description of a candidate that has no value to look at."""

    def __init__(self, kind, description):
        self.entry = kind, description


def complete(source, cursor, namespace):
    """Returns the start of the replaced text, which ends at the cursor, and rows (replacement, kind, description)."""
    try:
        start, found = candidates(source, cursor, namespace)
        return start, found[:MOST_CANDIDATES]
    except Exception:
        return cursor, []


def signature(source, cursor, namespace):
    """Returns the signature of the innermost call whose brackets enclose the cursor, None when it is not known."""
    try:
        tokens = code_tokens(scan(source[:cursor]))
        calls = [place for place in open_brackets(tokens) if is_call(tokens, place)]
        if not calls:
            return None
        text = signature_text(resolve(tokens, calls[-1], namespace))
        return None if text is None else shortened(tokens[calls[-1] - 1].text + text)
    except Exception:
        return None


def opened(source, namespace):
    """Returns the signature of the call that the bracket at the end of the source opens, None when it opens none."""
    try:
        tokens = scan(source)
        opens = tokens and tokens[-1].kind == OPERATOR and is_call(code_tokens(tokens), len(code_tokens(tokens)) - 1)
        return signature(source, len(source), namespace) if opens else None
    except Exception:
        return None


def candidates(source, cursor, namespace):
    tokens = scan(source[:cursor])
    if tokens and tokens[-1].kind == COMMENT:
        return cursor, []
    tokens = code_tokens(tokens)
    if tokens and tokens[-1].kind == OPEN_STRING:
        return in_string(tokens, source, cursor, namespace)
    found = complete_import(statement(tokens), cursor)
    if found is not None:
        prefix, named = found
        return cursor - len(prefix), ordered(((HERE, *entry) for entry in named), prefix)
    prefix = ""
    if tokens and tokens[-1].kind in (NAME, NUMBER) and tokens[-1].start + len(tokens[-1].text) == cursor:
        prefix, tokens = tokens[-1].text, tokens[:-1]
    start = cursor - len(prefix)
    if tokens and tokens[-1].is_operator("["):
        found = keys(tokens, prefix, source[cursor:], namespace)
        if found and not prefix.isidentifier():
            return start, found
    if prefix and not prefix.isidentifier():
        return cursor, []  # a number
    if tokens and tokens[-1].is_operator("."):
        return start, attributes(resolve(tokens, len(tokens) - 1, namespace), prefix)
    return start, names(tokens, prefix, source[cursor:], namespace)


def ordered(found, prefix):
    """Sorts candidates: public names before private names. Names with `__` appear only when an underscore was typed."""
    rows = [row for row in found if row[1].startswith(prefix) and (prefix.startswith("_") or row[1][:2] != "__")]
    rows.sort(key=lambda row: (row[0], underscores(row[1]), row[1].lower(), row[1]))
    return [(text, kind, description) for _, text, kind, description in rows]


def underscores(name):
    return 2 if name.startswith("__") else 1 if name.startswith("_") else 0


def described(found, prefix):
    """Sorts like `ordered` rows of a rank, a name and its value. Only the values that are shown are described."""
    rows = ordered(((rank, name, value, None) for rank, name, value in found), prefix)[:MOST_CANDIDATES]
    return [(name, *(value.entry if type(value) is Said else describe_value(value))) for name, value, _ in rows]


def attributes(obj, prefix):
    if obj is UNKNOWN or obj is ABSENT:
        return []
    fitting = [(name, entry) for name, entry in members(obj).items() if name.startswith(prefix) and name.isidentifier()]
    return described(((HERE, name, member_value(obj, entry)) for name, entry in fitting), prefix)


def names(tokens, prefix, after, namespace):
    before = tokens[-1] if tokens else Token(NEWLINE, "", 0)
    if before.is_keyword("def", "class", "as"):
        return []  # a new name
    this = statement(tokens)
    soft = len(this) == 1 and this[0].is_keyword(*SOFT_KEYWORDS)
    if before.is_operand() and not soft:
        return [(word, "keyword", "") for word in AFTER_VALUE if word.startswith(prefix)]
    # The place in the signature is the rank: it keeps the arguments in this order, before all other candidates.
    arguments = keyword_arguments(tokens, prefix, after, namespace)
    found = [(place - len(arguments), *row) for place, row in enumerate(arguments)]
    seen = {}
    for rank, known in ((USERS, storage(namespace)), (ALWAYS, storage(own_dict(builtins)))):
        for name, value in known:
            if name.startswith(prefix) and name not in seen and name.isidentifier():
                seen[name] = rank, name, value
    for name in bound_names(tokens):
        seen.setdefault(name, (USERS, name, Said("variable", "")))
    seen |= {word: (ALWAYS, word, Said("keyword", "")) for word in fitting_keywords(before, this)}
    return described([*found, *seen.values()], prefix)


def fitting_keywords(before, this):
    if not this:
        return *KEYWORDS, *SOFT_KEYWORDS[1:]
    return BEFORE_VALUE if before.kind == OPERATOR and before.text != ":" else KEYWORDS


def is_call(tokens, place):
    """Whether the bracket opens the arguments of a call, rather than a group or the parameters of a definition."""
    if not tokens[place].is_operator("(") or place == 0 or not tokens[place - 1].is_operand():
        return False
    return place < 2 or not tokens[place - 2].is_keyword("def", "class")


def keyword_arguments(tokens, prefix, after, namespace):
    brackets = open_brackets(tokens)
    if not brackets or tokens[-1].text not in ("(", ",") or not is_call(tokens, brackets[-1]):
        return []
    known = parameters(resolve(tokens, brackets[-1], namespace)) or []
    given = given_names(tokens[brackets[-1]:]) | given_names([Token(OPERATOR, "(", 0), *code_tokens(scan(after))])
    end = "" if after.startswith("=") else "="
    wanted = [parameter for parameter in known if parameter.kind in (ORDINARY, KEYWORD) and parameter.name not in given]
    return [(parameter.name + end, Said("parameter", str(parameter))) for parameter in wanted]


def given_names(tokens):
    """Returns the keyword arguments in the call that the first token opens."""
    depth, found = 0, set()
    for before, token, after in zip(tokens, tokens[1:], tokens[2:]):
        if token.kind == OPERATOR:
            depth += (token.text in OPENING) - (token.text in CLOSING)
        if depth < 0:
            break
        if depth == 0 and token.is_name() and after.is_operator("=") and before.text in ("(", ","):
            found.add(token.text)
    return found


def resolve(tokens, end, namespace):
    """Returns the value of the operand that ends before the place, as far as no code has to run for it."""
    if end <= 0:
        return UNKNOWN
    token = tokens[end - 1]
    if token.kind == STRING:
        return b"" if "b" in string_parts(token.text)[0] else ""
    if token.kind == NUMBER:
        return number(token.text)
    if token.is_keyword(*VALUES):
        return {"None": None, "True": True, "False": False}[token.text]
    if token.is_name():
        if end < 2 or not tokens[end - 2].is_operator("."):
            return name_value(token.text, namespace)
        below = resolve(tokens, end - 2, namespace)
        return below if below is UNKNOWN or below is ABSENT else static_lookup(below, token.text)
    if token.kind == OPERATOR and token.text in CLOSING:
        return resolve_bracket(tokens, bracket_start(tokens, end - 1), end, namespace)
    return UNKNOWN


def resolve_bracket(tokens, start, end, namespace):
    if start is None:
        return UNKNOWN
    inside = tokens[start + 1:end - 1]
    follows_operand = start > 0 and tokens[start - 1].is_operand()
    if tokens[end - 1].text == "}":
        return {} if not inside or any(token.is_operator(":") for token in inside) else set()
    if tokens[end - 1].text == "]":
        if not follows_operand:
            return []
        container, index = resolve(tokens, start, namespace), constant(inside)
        return UNKNOWN if is_any(UNKNOWN, (container, index)) or container is ABSENT else item(container, index)
    if not follows_operand:
        return resolve(inside, len(inside), namespace) if len(inside) == 1 else UNKNOWN
    made = resolve(tokens, start, namespace)
    if not is_class(made) or is_any(made, (type, super)):
        return UNKNOWN
    makes_own = class_lookup(type(made), "__call__") is type.__dict__["__call__"]
    return InstanceOf(made) if makes_own else UNKNOWN


def number(text):
    try:
        return int(text, 0)
    except ValueError:
        return 0j if text[-1] in "jJ" else 0.0


def constant(tokens):
    """Returns the index that the tokens spell, UNKNOWN when they are not a constant."""
    if len(tokens) == 2 and tokens[0].is_operator("-") and tokens[1].kind == NUMBER:
        value = number(tokens[1].text)
        return -value if type(value) is int else UNKNOWN
    if len(tokens) != 1:
        return UNKNOWN
    if tokens[0].kind == NUMBER:
        return number(tokens[0].text)
    if tokens[0].kind == STRING:
        prefix, quote, body = string_parts(tokens[0].text)
        text = unescaped(body.removesuffix(quote), prefix)
        return UNKNOWN if text is None or "f" in prefix else text.encode() if "b" in prefix else text
    return UNKNOWN


def keyed(tokens, namespace):
    """Returns the entries, in their order, of the dict before the last token, which is a bracket."""
    if len(tokens) < 2 or not tokens[-2].is_operand():
        return []
    container = resolve(tokens, len(tokens) - 1, namespace)
    if container is UNKNOWN or container is ABSENT or not is_a(container, dict):
        return []
    return [(key, value) for key, value in entries(container) if is_constant(key)]


def keys(tokens, typed, after, namespace):
    end = "" if after.startswith("]") else "]"
    found = []
    for key, value in keyed(tokens, namespace):
        text = key_text(key)
        if text is not None and text.startswith(typed):
            found.append((text + end, "key", class_name(type(value))))
        if len(found) == MOST_CANDIDATES:
            break
    return found


def key_text(key):
    if type(key) is not int and len(key) > MOST_KEY:
        return None
    try:
        return repr(key)
    except ValueError:  # the number has more digits than Python writes out
        return None


def in_string(tokens, source, cursor, namespace):
    prefix, quote, body = string_parts(tokens[-1].text)
    tokens, typed = tokens[:-1], unescaped(body, prefix)
    if typed is None or "\n" in body or "{" in body and "f" in prefix:
        return cursor, []
    if tokens and tokens[-1].is_operator("["):
        found = quoted_keys(keyed(tokens, namespace), typed, prefix, closing(quote, source[cursor:]), quote)
        if found:
            return cursor - len(body), found
    if "b" in prefix or not is_path(typed, tokens):
        return cursor, []
    return cursor - len(body) + body.rfind("/") + 1, files(typed, prefix, quote)


def closing(quote, after):
    """Returns the text that is missing behind a key: its quote and the bracket."""
    if after.startswith(quote):
        return ""
    return quote if after.startswith("]") else quote + "]"


def quoted_keys(known, typed, prefix, end, quote):
    found = []
    for key, value in known:
        if type(key) is not (bytes if "b" in prefix else str) or len(key) > MOST_KEY:
            continue
        text = escaped(key.decode("latin-1") if "b" in prefix else key, prefix, quote)
        plain_key = key.decode("latin-1") if "b" in prefix else key
        if plain_key.startswith(typed) and text is not None:
            found.append((text + end, "key", class_name(type(value))))
    return found


def unescaped(body, prefix):
    """Returns the text that the inside of a literal means, None when it escapes more than quotes and backslashes."""
    if "r" in prefix or "\\" not in body:
        return body
    parts = body.split("\\\\")
    simple = all(part.replace("\\'", "").replace('\\"', "").find("\\") < 0 for part in parts)
    return "\\".join(part.replace("\\'", "'").replace('\\"', '"') for part in parts) if simple else None


def escaped(text, prefix, quote):
    """Returns the text as it is written within the literal, None when a raw string cannot hold it."""
    if "r" in prefix:
        return text if text.isprintable() and quote[0] not in text and not text.endswith("\\") else None
    if "f" in prefix:
        text = text.replace("{", "{{").replace("}", "}}")
    return "".join(escaped_letter(letter, prefix, quote) for letter in text)


def escaped_letter(letter, prefix, quote):
    if letter == "\\" or letter == quote[0]:
        return "\\" + letter
    readable = letter.isprintable() and (letter.isascii() or "b" not in prefix)
    return letter if readable else ascii(letter)[1:-1]


def is_path(typed, tokens):
    if "/" in typed or typed.startswith(("~", ".")):
        return True
    called = tokens[-2].text if len(tokens) > 1 and tokens[-1].is_operator("(") else ""
    return called in PATH_FUNCTIONS or called.startswith("read_")


def files(typed, prefix, quote):
    """Returns the entries of a path's folder, by names that go behind its last slash."""
    if typed in ("~", ".."):
        return [(typed + "/", "folder", "")]
    folder, slash, start = typed.rpartition("/")
    found = []
    with os.scandir(os.path.expanduser(folder + slash) or ".") as listing:
        for entry in listing:
            hidden = entry.name.startswith(".") and not start.startswith(".")
            text = escaped(entry.name, prefix, quote)
            if entry.name.startswith(start) and not hidden and text is not None:
                found.append((text + "/", "folder", "") if entry.is_dir() else (text, "file", ""))
    return sorted(found)
