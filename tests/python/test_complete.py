"""Tests what completion offers and where it starts, and that no unfinished input makes it fail."""

import collections
import enum
import functools
import json
import keyword
import os
import sys
import tempfile
import unittest
from pathlib import Path

from parts import COMPLETION, load

PARTS = load(*COMPLETION)


class Point:
    label: str

    def __init__(self, x, *, y=3):
        self.x = x

    def move(self, by: int, steps=1, *others): ...

    @property
    def size(self):
        raise RuntimeError

    @classmethod
    def origin(cls, scale): ...

    @staticmethod
    def parse(text): ...

    def _private(self): ...


def ordered(zoo, _low=0, Beta=1, *, alpha=2): ...


def decorated(function):
    @functools.wraps(function)
    def run(*arguments, **named): ...

    return run


@decorated
def inner(alpha, beta: "int | None" = None, /, gamma: list[int] = (), **rest) -> None: ...


NAMESPACE = {
    "Point": Point, "point": Point(1), "os": os, "json": json, "inner": inner,
    "_hidden": 1, "__double__": 1, "two words": 1,
    "table": {"first": 1, "it's": {"deep": Point(2)}, 'a"b': 1, 7: [Point(3)], (1, "a"): 2, b"raw": 3, 1.5: 4, None: 5},
    "ordered": collections.OrderedDict(key=Point(4)), "points": (Point(5), "text"),
    "partial": functools.partial(inner, 1), "Color": enum.Enum("Color", "RED"),
}


def ask(source, namespace=NAMESPACE):
    """Completes at the `|`, or at the end; returns the candidates and the input with each of them."""
    before, _, after = source.partition("|")
    start, found = PARTS["complete"](before + after, len(before), namespace)
    return start, found, [before[:start] + text + after for text, _, _ in found]


def texts(source, namespace=NAMESPACE):
    return [text for text, _, _ in ask(source, namespace)[1]]


def signature(source):
    return PARTS["signature"](source, len(source), NAMESPACE)


class Complete(unittest.TestCase):
    def offers(self, source, *expected):
        self.assertEqual(texts(source), list(expected), source)

    def gives(self, source, *expected):
        self.assertEqual(ask(source)[2], list(expected), source)

    def test_names(self):
        self.offers("poin", "point", "points")
        self.offers("x = pri", "print")
        self.gives("x = poi|nt", "x = pointnt", "x = pointsnt")
        self.assertIn("while", texts("wh"))
        self.assertIn("match", texts("ma"))
        self.assertNotIn("match", texts("x = ma"))
        self.assertNotIn("while", texts("x = wh"))
        self.assertIn("return", texts("if x: ret"))
        self.assertIn("lambda", texts("x = [la"))
        self.offers("point i", "if", "in", "is")
        self.offers("def po")
        self.offers("two")
        self.assertEqual(texts("")[:2], ["Color", "inner"])
        self.assertEqual([text for text in texts("_") if text in ("_hidden", "__double__")], ["_hidden", "__double__"])
        self.assertNotIn("__double__", texts(""))

    def test_names_of_the_input_itself(self):
        program = ("import a.b as alias, plain\nfrom m import (\n  one as first,\n  second\n)\n"
                   "def function(arg, *args, key=1, note: int = 2):\n  with x as opened:\n"
                   "    for i, (j, k) in z: pass\n"
                   "  left, right = 1, 2\n  typed: int = 3\n  if (walrus := 1): pass\n  lambda inside, more=1: 0\n")
        names = "alias plain first second function arg args key note opened i j k left right typed walrus inside more"
        for name in names.split():
            self.assertIn(name, texts(program + name[:-1], {}), name)
        for name in ("one", "b", "m"):
            self.assertNotIn(name, texts(program, {}))

    def test_attributes(self):
        self.offers("point.", "move", "origin", "parse", "size", "x", "_private")
        self.offers("Point(1).", "label", "move", "origin", "parse", "size", "_private")
        self.offers("os.path.joi", "join")
        self.offers("''.joi", "join")
        self.offers("b''.dec", "decode")
        self.offers("[].app", "append")
        self.offers("{}.ite", "items")
        self.offers("{1, 2}.uni", "union")
        self.offers("1 .rea", "real")
        self.offers("points[0].mo", "move")
        self.offers("points[-1].joi", "join")
        self.offers("table[7][0].mo", "move")
        self.offers("table['it\\'s'][\"deep\"].mo", "move")
        self.offers("ordered['key'].mo", "move")
        self.offers("(\n  point\n  .mo", "move")
        self.offers("f'{point.mo", "move")
        self.offers("f'{point.x:>{point.mo", "move")
        self.offers("Color.R", "RED")
        for source in ("inner().", "point.size.", "nothing.", "points[9].", "points[i].", "type(point).",
                       "1.", "super()."):
            self.offers(source)

    def test_kinds_and_descriptions(self):
        rows = {text: (kind, description) for text, kind, description in ask("point.")[1]}
        self.assertEqual(rows, {
            "move": ("function", "(by: int, steps=1, *others)"), "origin": ("function", "(scale)"),
            "x": ("variable", "int"), "parse": ("function", "(text)"), "size": ("property", ""),
            "_private": ("function", "()"),
        })
        self.assertEqual(ask("Poin")[1], [("Point", "class", "(x, *, y=3)")])
        self.assertEqual(ask("jso")[1], [("json", "module", "")])
        self.assertEqual(ask("tabl")[1], [("table", "variable", "dict")])
        self.assertEqual(ask("Non")[1], [("None", "keyword", "")])

    def test_keys(self):
        self.gives('table["fi', 'table["first"]')
        self.gives('table["fi|"]', 'table["first"]')
        self.gives('table["fi|]', 'table["first"]')
        self.gives("table['it", "table['it\\'s']")
        self.gives("table['it\\'s']['", "table['it\\'s']['deep']")
        self.gives("table['a", "table['a\"b']")
        self.gives("table[b'", "table[b'raw']")
        self.gives("table[7", "table[7]")
        self.offers("table[", "'first']", '"it\'s"]', "'a\"b']", "7]", "(1, 'a')]", "b'raw']")
        self.gives("print(f'{table[\"fi", "print(f'{table[\"first\"]")
        self.assertEqual(texts("huge[", {"huge": {10**9999: 1, 1: 1, "x" * 9999: 1}}), ["1]"])
        self.offers("table[poin", "point", "points")
        self.assertEqual(ask("table['fi")[1], [("first']", "key", "int")])

    def test_imports(self):
        self.offers("import os.pa", "path")
        self.assertIn("minidom", texts("import xml.dom.mini"))
        self.assertIn("json", texts("import sys, js"))
        self.assertIn("join", texts("from os.path import jo"))
        self.assertIn("dumps", texts("if 1: from json import (loads,\n  du"))
        self.assertIn("decoder", texts("from json import de"))
        self.assertNotIn("turtle", sys.modules)
        self.assertIn("Turtle", texts("from turtle import Tu"))
        self.assertNotIn("turtle", sys.modules)
        self.offers("from json ", "import")
        self.offers("import json ", "as")
        for source in ("from . import ", "from .x import ", "import json as js", "from nothing.at.all import "):
            self.offers(source)

    def test_imports_from_the_search_path(self):
        with tempfile.TemporaryDirectory() as folder:
            package = Path(folder, "zz_package")
            package.mkdir()
            package.joinpath("__init__.py").write_text(
                "import os\nraise SystemExit\nif x:\n  A = 1\nelse:\n  B, C = 1, 2\ntry:\n  def f(): '\\d'\n"
                "except E:\n  class G: pass\n"
                "__all__ = ['declared']\n")
            package.joinpath("module.py").write_text("")
            package.joinpath("broken.py").write_text("def (")
            Path(folder, "zz_plain").mkdir()
            sys.path.insert(0, folder)
            try:
                self.offers("import zz_", "zz_package")
                self.offers("import zz_package.", "broken", "module")
                found = texts("from zz_package import ")
                self.assertLessEqual({"A", "B", "C", "f", "G", "os", "declared", "module", "broken"}, set(found))
                self.offers("from zz_package.broken import ")
            finally:
                sys.path.remove(folder)

    def test_keyword_arguments(self):
        self.offers("Point(1, y", "y=", "yield")
        self.offers("Point(x=1, y|=2)", "y", "yield")
        self.assertEqual(texts("Point(")[:2], ["x=", "y="])
        # Keywords are in the order of the signature, before the names that also fit.
        for call in "ordered(", "ordered(1, ", "ordered(**{}, ":
            self.assertEqual(texts(call, {"ordered": ordered, "alpha": 1})[:4], ["zoo=", "_low=", "Beta=", "alpha="])
        self.assertEqual(texts("ordered(zoo=1, ", {"ordered": ordered})[:2], ["_low=", "Beta="])
        self.assertNotIn("x=", texts("Point(x=1, "))
        self.assertNotIn("y=", texts("Point(|, y=1)"))
        self.offers("len(Point(1,\n  y", "y=", "yield")
        self.offers("inner(ga", "gamma=")
        self.offers("inner(alph")
        self.offers("point.move(ste", "steps=")
        self.offers("partial(ga", "gamma=")
        self.assertNotIn("x=", texts("Point([x"))
        self.assertNotIn("x=", texts("Point(1 + "))
        self.assertEqual(ask("Point(1, y")[1][0], ("y=", "parameter", "y=3"))

    def test_signatures(self):
        expected = {
            "Point(": "Point(x, *, y=3)",
            "point.move(1, ": "move(by: int, steps=1, *others)",
            "Point.move(": "move(self, by: int, steps=1, *others)",
            "inner([1, ": "inner(alpha, beta: int | None = None, /, gamma: list[int] = …, **rest)",
            "partial(": "partial(beta: int | None = None, /, gamma: list[int] = …, **rest)",
            "print(len(": "len(obj, /)",
            "''.join(": "join(iterable, /)",
            "open(": "open(file, mode='r', buffering=-1, encoding=None, errors=None, newline=None, "
                     "closefd=True, opener=None)",
            "x = [].sort(": "sort(*, key=None, reverse=False)",
            "json.loads('(', ": "loads(s, *, cls=None, object_hook=None, parse_float=None, parse_int=None, "
                                "parse_constant=None, object_pairs_hook=None, **kw)",
        }
        for source, text in expected.items():
            self.assertEqual(signature(source), text, source)
        for source in ("", "len", "len()", "nothing(", "def f(", "(", "int(", "table[0](", "range("):
            self.assertIsNone(signature(source), source)

    def test_nothing_in_comments_and_plain_strings(self):
        for source in ("# poin", "x = 1 # os.", "'poin", '"""os.pa', "'os", "b'/", "f'poin", "'http://x/", "r'poin"):
            self.offers(source)
        self.assertEqual(texts("'x\npoin"), ["point", "points"])

    def test_no_more_than_the_limit(self):
        many = {f"name_{number}": number for number in range(100_000)}
        self.assertEqual(len(texts("name", many)), 500)
        self.assertEqual(len(texts("many[", {"many": many})), 500)
        self.assertEqual(len(texts("many['", {"many": many})), 500)
        self.assertEqual(texts("name_99999", many), ["name_99999"])

    def test_keywords_are_those_of_python(self):
        self.assertEqual(list(PARTS["KEYWORDS"]), keyword.kwlist)
        self.assertEqual(list(PARTS["SOFT_KEYWORDS"]), keyword.softkwlist)


class Files(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(folder.name)
        os.makedirs("data/deep")
        for name in ("data/one.csv", "data/it's.csv", "data/back\\slash", "data/br{ce", "data/.hidden",
                     "data/new\nline"):
            Path(name).touch()
        self.folder = folder.name

    def test_relative_and_absolute(self):
        self.assertEqual(ask("'data/o"), (6, [("one.csv", "file", "")], ["'data/one.csv"]))
        self.assertEqual(texts("open('da"), ["data/"])
        self.assertEqual(texts("pd.read_csv('da"), ["data/"])
        self.assertEqual(texts("'./da"), ["data/"])
        self.assertEqual(texts(f"'{self.folder}/da"), ["data/"])
        self.assertEqual(texts("'data/."), [".hidden"])
        self.assertEqual(texts("'.."), ["../"])
        self.assertEqual(texts("'da"), [])
        self.assertEqual(texts("'nothing/"), [])
        self.assertEqual(ask("'data/d")[1], [("deep/", "folder", "")])

    def test_home(self):
        saved = os.environ.get("HOME")
        os.environ["HOME"] = self.folder
        try:
            self.assertEqual(ask("'~/da")[2], ["'~/data/"])
            self.assertEqual(texts("'~"), ["~/"])
        finally:
            os.environ.pop("HOME") if saved is None else os.environ.update(HOME=saved)

    def test_the_string_stays_valid(self):
        for prefix, quote in (("", "'"), ("", '"'), ("f", "'"), ("", "'''"), ("r", '"')):
            offered = ask(f"{prefix}{quote}data/")[2]
            self.assertGreaterEqual(len(offered), 5)
            for text in offered:
                named = eval(text + quote)
                self.assertTrue(os.path.exists(named), text)
        self.assertEqual(len(texts("'data/")), 6)
        self.assertEqual(len(texts('r"data/')), 5)
        self.assertEqual(ask("'data/it\\'")[2], ["'data/it\\'s.csv"])


PROGRAM = '''
import os.path, json as j
from json import (loads, dumps as d)
class A(Base, metaclass=M):
    """Doc `x["y"].z` \\N{DASH}"""
    async def f(self, a: int = 1, /, *args, b=[1, {'k': (2,)}], **kw) -> str:
        # comment with "quote and (bracket
        return f"{self.x!r:>{width}} {{no}} {d['k']}" + rb'\\x00/' + """multi
line/{point.}"""
match table["it's"][0]:
    case Point(x=1 | 2, y=[*_]) if (n := len(points)) > 1e-3: pass
x = lambda q, *r: {**table, 1.5: q}[7][-1].move(by=1)(2)[:, ...]; print(end='~/', *[i for i in points if i @ 2])
}}])) ' " \\
'''


class Unfinished(unittest.TestCase):
    def test_every_prefix_and_every_cursor_position(self):
        """Calls the function below `complete`, because `complete` hides exceptions."""
        answered = 0
        for cursor in range(len(PROGRAM) + 1):
            for source in (PROGRAM[:cursor], PROGRAM):
                try:
                    start, found = PARTS["candidates"](source, cursor, NAMESPACE)
                except OSError:
                    continue  # a path that is not there
                self.assertLessEqual(start, cursor)
                self.assertGreaterEqual(start, 0)
                answered += bool(found)
                for row in found:
                    self.assertEqual([type(part) for part in row], [str] * 3)
                PARTS["signature"](source, cursor, NAMESPACE)
        self.assertGreater(answered, len(PROGRAM) // 2)

    def test_suffixes_too(self):
        for start in range(len(PROGRAM)):
            PARTS["scan"](PROGRAM[start:])
            PARTS["complete"](PROGRAM[start:], len(PROGRAM) - start, NAMESPACE)

    def test_nonsense_is_answered_with_nothing(self):
        self.assertEqual(PARTS["complete"](None, 3, None), (3, []))
        self.assertIsNone(PARTS["signature"](None, 3, None))


if __name__ == "__main__":
    unittest.main()
