"""A tolerant tokeniser: tells where in an unfinished input the cursor is, and which names the input has bound so far.

Part 3 of 5 of completion, see `lookup.py`. It is written by hand, because the first key press would import `re`, from
wherever the user's `sys.path` has it first.
"""

# The keywords are spelled out for the same reason; a test compares them with the module `keyword`.
KEYWORDS = tuple(
    "False None True and as assert async await break class continue def del elif else except finally for from global "
    "if import in is lambda nonlocal not or pass raise return try while with yield".split()
)
SOFT_KEYWORDS = ("_", "case", "match", "type")
VALUES = ("False", "None", "True")
BEFORE_VALUE = ("False", "None", "True", "await", "lambda", "not", "yield")
AFTER_VALUE = ("and", "as", "async", "else", "for", "from", "if", "in", "is", "not", "or")

PAIRS = ":= == != <= >= -> ** // << >> += -= *= /= %= &= |= ^= @=".split()
OPENING, CLOSING = "([{", ")]}"
STRING_PREFIX = "rRbBuUfF"

NAME, NUMBER, STRING, OPEN_STRING, COMMENT, OPERATOR, NEWLINE = range(7)


class Token:
    def __init__(self, kind, text, start):
        self.kind, self.text, self.start = kind, text, start

    def is_operator(self, text):
        return self.kind == OPERATOR and self.text == text

    def is_name(self):
        return self.kind == NAME and self.text not in KEYWORDS

    def is_keyword(self, *words):
        return self.kind == NAME and self.text in words

    def is_operand(self):
        """Whether a value ends here: what follows an operand is an operator, a call or a subscript."""
        if self.kind == OPERATOR:
            return self.text in CLOSING
        return self.is_name() or self.kind in (NUMBER, STRING) or self.is_keyword(*VALUES)


def scan(text):
    """Returns the tokens of the text. The last token may be an open string or a comment."""
    return scan_code(text, 0, [], False)[0]


def scan_code(text, at, tokens, in_field):
    """Scans until the end of the text or, in a field of an f-string, of the field; returns the tokens and the place."""
    depth = 0
    while at < len(text):
        letter = text[at]
        if letter in " \t\f\r":
            at += 1
            continue
        if in_field and depth == 0 and letter == "}":
            return tokens, at
        start = at
        if letter == "\n":
            kind, at = NEWLINE, at + 1
        elif letter == "\\":
            at += 2
            continue
        elif letter == "#":
            kind, at = COMMENT, find(text, "\n", at)
        elif letter.isidentifier():
            at = name_end(text, at)
            kind = NAME
            if at < len(text) and text[at] in "'\"" and is_string_prefix(text[start:at]):
                kind, at, tokens = scan_string(text, start, at, tokens)
        elif letter in "'\"":
            kind, at, tokens = scan_string(text, start, at, tokens)
        elif letter.isdigit() or letter == "." and text[at + 1:at + 2].isdigit():
            kind, at = NUMBER, number_end(text, at)
        else:
            kind, at = OPERATOR, at + (2 if text[at:at + 2] in PAIRS else 1)
            depth += (letter in OPENING) - (letter in CLOSING)
        if kind is not None:
            tokens.append(Token(kind, text[start:at], start))
    return tokens, at


def is_string_prefix(word):
    return len(word) <= 2 and all(letter in STRING_PREFIX for letter in word)


def find(text, what, at):
    found = text.find(what, at)
    return len(text) if found < 0 else found


def name_end(text, at):
    while at < len(text) and (text[at] == "_" or text[at].isalnum()):
        at += 1
    return at


def number_end(text, at):
    while at < len(text) and (text[at].isalnum() or text[at] in "._"):
        # `1..real` is a number and an attribute; the dot before a letter does not belong to the number.
        if text[at] == "." and text[at + 1:at + 2].isalpha():
            break
        at += 1
    return at


def scan_string(text, start, at, tokens):
    """Returns the kind, the end and the tokens; within an open field of an f-string the tokens of the field."""
    prefix = text[start:at].lower()
    quote = text[at] * 3 if text.startswith(text[at] * 3, at) else text[at]
    at += len(quote)
    while at < len(text):
        if text.startswith(quote, at):
            return STRING, at + len(quote), tokens
        if text[at] == "\n" and len(quote) == 1:
            return STRING, at, tokens  # the quote was forgotten: the next line is code again
        if text[at] == "\\":
            at += 2
        elif text[at] == "{" and "f" in prefix and text[at + 1:at + 2] != "{":
            field, at = scan_code(text, at + 1, [], True)
            if at >= len(text):
                return None, at, tokens + [Token(OPERATOR, "{", start)] + field
            at += 1
        else:
            at += 2 if text.startswith("{{", at) else 1
    return OPEN_STRING, len(text), tokens


def string_parts(literal):
    """Returns the prefix in lower case, the quote and the body of a literal, which need not be closed."""
    prefix = literal[:len(literal) - len(literal.lstrip(STRING_PREFIX))]
    rest = literal[len(prefix):]
    quote = rest[:3] if rest[:3] in ("'''", '"""') else rest[:1]
    return prefix.lower(), quote, rest[len(quote):]


def code_tokens(tokens):
    """Returns the tokens without comments, and without the line ends inside of brackets."""
    depth, found = 0, []
    for token in tokens:
        if token.kind == OPERATOR:
            depth = max(0, depth + (token.text in OPENING) - (token.text in CLOSING))
        if token.kind != COMMENT and (token.kind != NEWLINE or depth == 0):
            found.append(token)
    return found


def open_brackets(tokens):
    """Returns the places of the brackets that are not closed, innermost last."""
    stack = []
    for place, token in enumerate(tokens):
        if token.kind == OPERATOR and token.text in OPENING:
            stack.append(place)
        elif token.kind == OPERATOR and token.text in CLOSING and stack:
            stack.pop()
    return stack


def bracket_start(tokens, end):
    """Returns the place of the bracket that is closed by the bracket at `end`, None when it closes none."""
    depth = 0
    for place in range(end, -1, -1):
        token = tokens[place]
        if token.kind == OPERATOR:
            depth += (token.text in CLOSING) - (token.text in OPENING)
            if depth == 0:
                return place
    return None


def statement(tokens):
    """Returns the tokens of the statement that the last token belongs to."""
    start = depth = 0
    for place, token in enumerate(tokens):
        if token.kind == OPERATOR:
            depth = max(0, depth + (token.text in OPENING) - (token.text in CLOSING))
        if depth == 0 and (token.kind == NEWLINE or token.is_operator(";")):
            start = place + 1
    return [token for token in tokens[start:] if token.kind != NEWLINE]


def bound_names(tokens):
    """Returns the names that the input binds: assignments, loops, definitions and their parameters, imports."""
    found, targets, depth, importing = {}, [], 0, False
    follows = [*tokens[1:], Token(NEWLINE, "", 0)]
    for place, (token, after) in enumerate(zip(tokens, follows)):
        before = tokens[place - 1] if place else Token(NEWLINE, "", 0)
        if token.kind == OPERATOR:
            depth = max(0, depth + (token.text in OPENING) - (token.text in CLOSING))
        if depth == 0 and (token.kind == NEWLINE or token.text in (";", ":")):
            targets, importing = [], False
        if token.is_operator("=") and depth == 0 or token.is_keyword("in"):
            found |= dict.fromkeys(targets)
        elif token.is_keyword("for"):
            targets = []
        elif token.is_keyword("import"):
            importing = True
        elif token.is_keyword("lambda") or token.is_keyword("def"):
            found |= dict.fromkeys(parameter_names(tokens, place))
        elif token.is_name() and not before.is_operator("."):
            if before.is_keyword("def", "class", "as") or after.is_operator(":=") or is_annotated(before, after):
                found[token.text] = None
            elif importing and not after.is_keyword("as"):
                found[token.text] = None
            elif after.kind == OPERATOR and after.text in ",=)]" or after.is_keyword("in"):
                targets.append(token.text)
    return list(found)


def is_annotated(before, after):
    return before.kind == NEWLINE and after.is_operator(":")


def parameter_names(tokens, place):
    """Returns the names between the brackets of a `def`, or between `lambda` and its colon."""
    is_lambda, depth, found = tokens[place].text == "lambda", 0, []
    wanted = 0 if is_lambda else 1
    for before, token in zip(tokens[place:], tokens[place + 1:]):
        if token.kind == OPERATOR:
            depth += (token.text in OPENING) - (token.text in CLOSING)
            if depth < 0 or depth == 0 and token.text in ":)":
                break
        starts = before.text in ("(", ",", "*", "**", "lambda")
        if token.is_name() and depth == wanted and starts:
            found.append(token.text)
    return found
