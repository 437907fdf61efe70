"""Tests what `name?`, `name??` and `/inspect` show, above all for definitions typed at the prompt."""

import functools
import linecache
import types
import unittest
from pathlib import Path

from parts import load

PARTS = load("look.py")

INPUTS = {
    "<input 1>": 'def function(a, b=2):\n    """First line.\n\n    Indented.\n    """\n    return a\n',
    "<input 2>": 'x = 1\n\nclass Point(object):\n    "A point."\n    size = 2\n\n'
                 '    def move(self, by: int):\n        return by\n',
    "<input 3>": "@str\nclass Gone: pass\n@keep\nclass Bare:\n    x = 1\n",
    "<input 4>": "class Broken:\n    def __repr__(self): return 1 / 0\n    def __len__(self): return 1 / 0\n"
                 "    def __dir__(self): return 1 / 0\n    @property\n    def p(self): raise SystemExit\n",
}


def session():
    namespace = {"__name__": "__main__", "keep": lambda cls: cls}
    for file, text in INPUTS.items():
        linecache.cache[file] = len(text), None, text.splitlines(True), file
        exec(compile(text, file, "exec"), namespace)
    namespace |= {"point": namespace["Point"](), "numbers": list(range(100_000)), "broken": namespace["Broken"](),
                  "hostile": object.__new__(HOSTILE), "Hostile": HOSTILE,
                  "half": functools.partial(namespace["function"], 1)}
    return namespace


def fails(*_):
    raise RuntimeError


HOOKS = dict.fromkeys(("__getattribute__", "__repr__", "__len__", "__dir__", "__eq__", "__hash__"), fails)
HOSTILE = type.__new__(type("Meta", (type,), HOOKS), "Hostile", (), HOOKS | {"__class__": property(fails)})


class Look(unittest.TestCase):
    def setUp(self):
        self.namespace = session()
        self.addCleanup(linecache.clearcache)

    def describe(self, text, detail=False):
        return PARTS["describe"](text, self.namespace, detail)

    def inspect(self, text):
        return PARTS["inspect_value"](text, self.namespace)

    def source(self, text):
        return PARTS["source"](text, self.namespace)

    def test_a_function(self):
        self.assertEqual(
            self.describe("function"),
            "type:      function\nsignature: function(a, b=2)\ndefined:   <input 1>:1\n\nFirst line.\n\nIndented.")
        self.assertTrue(self.describe("function", True).endswith("\n\n" + INPUTS["<input 1>"]))

    def test_a_class_and_its_method(self):
        self.assertIn("defined:   <input 2>:3", self.describe("Point"))
        self.assertIn("A point.", self.describe(" Point "))
        self.assertTrue(self.describe("Point", True).endswith("        return by\n"))
        self.assertIn("signature: move(by: int)", self.describe("point.move"))
        self.assertIn("defined:   <input 2>:7", self.describe("point.move"))
        self.assertIn("value: <__main__.Point object", self.describe("point"))

    def test_the_source(self):
        self.assertEqual(self.source("function"), INPUTS["<input 1>"])
        self.assertTrue(self.source("Point").startswith("class Point(object):\n"))
        self.assertEqual(self.source("Point.move"), "def move(self, by: int):\n    return by\n")
        self.assertEqual(self.source("Bare"), "@keep\nclass Bare:\n    x = 1\n")
        self.assertEqual(self.source("point"), self.source("Point"))
        self.assertEqual(self.source("half"), self.source("function"))
        self.assertIn("def p", self.source("Broken.p"))

    def test_the_source_of_modules_and_of_what_is_frozen(self):
        import json
        import os

        self.namespace |= {"json": json, "os": os}
        self.assertEqual(self.source("json"), Path(json.__file__).read_text())
        self.assertTrue(self.source("json.dumps").startswith("def dumps("))
        self.assertTrue(self.source("os.path.join").startswith("def join("))
        self.assertIn("posixpath.py:", self.describe("os.path.join"))

    def test_no_source(self):
        self.namespace["typed"] = types.FunctionType(compile("x", "<nowhere>", "exec"), {})
        for name in ("len", "int", "str.join", "numbers"):
            with self.assertRaisesRegex(LookupError, "^it is built into Python"):
                self.source(name)
        with self.assertRaisesRegex(LookupError, "the text it was defined in is not known"):
            self.source("typed")
        with self.assertRaisesRegex(LookupError, "`nowhere` is not defined"):
            self.source("nowhere")
        reason = "no source for `len`: it is built into Python or an extension module"
        self.assertTrue(self.describe("len", True).endswith(reason))

    def test_names_that_are_not_there(self):
        for text, *expected in [
            ("functoin", "`functoin` is not defined", "did you mean `function`?", "function", "dir()"),
            ("zzzzzz", "`zzzzzz` is not defined", "no known name is like it", None, "dir()"),
            ("point.mov", "`point` has no attribute `mov`", "did you mean `move`?", "point.move", "dir(point)"),
            ("point.zzzz", "`point` has no attribute `zzzz`", "no known name is like it", None, "dir(point)"),
            ("1 / 0", "`1 / 0` cannot be evaluated", "ZeroDivisionError: division by zero", None, None),
        ]:
            for ask in (self.describe, self.inspect, self.source):
                with self.subTest(text=text, ask=ask.__name__), self.assertRaises(LookupError) as raised:
                    ask(text)
                self.assertEqual(raised.exception.args, tuple(expected))

    def test_expressions(self):
        self.assertEqual(self.describe("numbers[3] + 1"), "type:  int\nvalue: 4")
        with self.assertRaisesRegex(LookupError, "SyntaxError: "):
            self.describe("1 +")
        self.assertEqual(self.describe("None"), "type:  NoneType\nvalue: None")

    def test_values_are_bounded(self):
        for text in ("numbers", "'x' * 10**6", "[['x' * 5000] * 50] * 50", "10**4000", "10**5000"):
            for shown, most in ((self.describe(text), 4500), (self.inspect(text), 6000)):
                self.assertRegex(shown, r"^type: +\w+\n")
                self.assertLess(len(shown), most, text)

    def test_inspect(self):
        text = self.inspect("Point")
        self.assertIn("module:    __main__", text)
        self.assertIn("methods: move", text)
        self.assertIn("attributes: size", text)
        self.assertIn("size:   100000 items", self.inspect("numbers"))
        self.assertIn("size:   1 item\n", self.inspect("[0]"))
        self.assertIn("(", self.inspect("str").partition("methods: ")[2])
        self.assertEqual(self.inspect("str").partition("methods: ")[2].partition(", …")[0].count(",") + 1, 24)

    def test_broken_objects_are_shown_as_far_as_it_goes(self):
        for show in (self.describe, self.inspect):
            for name in ("broken", "hostile", "Hostile"):
                self.assertRegex(show(name), r"^type: +\S")
        with self.assertRaisesRegex(LookupError, "the text it was defined in is not known"):
            self.source("hostile")

    def test_a_repr_of_several_lines_stands_below_its_title(self):
        self.namespace["table"] = type("Table", (), {"__repr__": lambda self: "a b\n1 2", "shape": (1, 2)})()
        self.assertIn("value:\na b\n1 2", self.describe("table"))
        self.assertIn("shape (1, 2)", self.inspect("table"))

    def test_nothing_is_loaded_before_it_is_wanted(self):
        text = Path(PARTS["describe"].__code__.co_filename).read_text()
        self.assertNotIn("\nimport ", text)
        self.assertNotIn("\nfrom ", text)


if __name__ == "__main__":
    unittest.main()
