"""Tests what the session shows of a value: its `repr` where nothing is cut, and never much more than the limits."""

import builtins
import contextlib
import io
import random
import sys
import unittest

from parts import load

CPYTHON = sys.__displayhook__
PARTS = load("display.py")


def shown(value, items=1000, characters=10_000):
    try:
        PARTS["configure"](items, characters)
        return PARTS["shortened"](value)
    finally:
        sys.displayhook = sys.__displayhook__ = CPYTHON


def anything(source, depth):
    """Makes a random value of nested builtin containers."""
    def several(count=6):
        return [anything(source, depth - 1) for _ in range(source.randrange(count))]

    def hashable():
        return source.choice([source.randrange(99), source.random(), "text", b"bytes", None, True, (1, "two")])

    if depth == 0:
        return hashable()
    kinds = [
        hashable, several, lambda: tuple(several()), lambda: {hashable() for _ in range(4)},
        lambda: frozenset(hashable() for _ in range(3)), lambda: {hashable(): each for each in several()},
        lambda: (several(2),), set, frozenset, dict, list, tuple,
    ]
    return source.choice(kinds)()


class Display(unittest.TestCase):
    def test_what_is_not_cut_is_the_repr(self):
        source = random.Random(1)
        for _ in range(3000):
            value = anything(source, 4)
            self.assertEqual(shown(value, 10**6, 0), (repr(value), None))
            if len(repr(value)) < 1000:
                self.assertEqual(shown(value), (repr(value), None))

    def test_the_walk_gives_the_repr_too(self):
        source = random.Random(2)
        shown(None)
        for _ in range(3000):
            value = anything(source, 4)
            walk = PARTS["Walk"]()
            self.assertEqual(walk.text(value), repr(value))
            self.assertFalse(walk.left < 0 or walk.deep)

    def test_containers_in_themselves(self):
        items, pairs, inner = [1], {}, []
        items.append(items)
        pairs["self"] = (pairs,)
        around = (inner,)
        inner.append(around)
        for value in items, pairs, around:
            self.assertEqual(shown(value), (repr(value), None))

    def test_deep_values(self):
        value = []
        for _ in range(300):
            value = [value]
        self.assertEqual(shown(value), (repr(value), None))
        text, note = shown([value, *range(2000)])
        self.assertIn("[...]", text)
        self.assertEqual(note, "950 of 2,001 items of a list")
        value.append(value)
        text, note = shown(value)
        self.assertEqual(note, "a list that is nested more than 50 levels deep")

    def test_subclasses_show_themselves(self):
        class Mine(list):
            def __repr__(self):
                return "mine" * 10_000

        self.assertEqual(shown(Mine()), ("mine" * 2_500, "10,000 of 40,000 characters"))
        self.assertEqual(shown([Mine()])[0], ("[" + "mine" * 2_500)[:10_000])

    def test_what_is_cut_is_told(self):
        for value, text, note in [
            ([1, 2, 3, 4], "[1, 2, 3, ...]", "3 of 4 items of a list"),
            ({1: 2, 3: 4, 5: 6, 7: 8}, "{1: 2, 3: 4, 5: 6, ...}", "3 of 4 items of a dict"),
            ([[1, 2], [3, 4]], "[[1, 2], ...]", "1 of 2 items of a list"),
            ({1: [2, 3, 4, 5]}, "{1: [2, 3, ...]}", "2 of 4 items of a list inside"),
            ([[1, 2, 3, 4], 5], "[[1, 2, ...], ...]", "1 of 2 items of a list"),
            ((1,), "(1,)", None),
            ("x" * 30, repr("x" * 30), None),
            ("x" * 31, repr("x" * 30), "30 of 31 characters"),
            (b"x" * 31, repr(b"x" * 30), "30 of 31 bytes"),
        ]:
            self.assertEqual(shown(value, 3, 30), (text, note))
        self.assertEqual(shown(list(range(5000)), 0, 0), (repr(list(range(5000))), None))

    def test_resetting_the_hook_gives_that_of_the_session(self):
        try:
            PARTS["configure"](3, 0)
            sys.displayhook = print
            sys.displayhook = sys.__displayhook__
            self.assertIs(sys.displayhook, PARTS["displayhook"])
        finally:
            sys.displayhook = sys.__displayhook__ = CPYTHON

    def test_only_what_is_shown_on_a_terminal_is_cut(self):
        class Terminal(io.StringIO):
            def isatty(self):
                return True

        shown(None, 3)
        for output, text in [
            (io.StringIO(), "[0, 1, 2, 3]\n"),
            (Terminal(), "[0, 1, 2, ...]\n… 3 of 4 items of a list; /show prints all of it\n"),
        ]:
            with contextlib.redirect_stdout(output):
                PARTS["displayhook"](list(range(4)))
            self.assertEqual(output.getvalue(), text)
        del builtins._

    def test_the_hook_is_that_of_cpython_for_what_is_small(self):
        class Bad:
            def __repr__(self):
                raise RuntimeError

        shown(None)
        for value in [None, 1, "ü\udc80", Bad(), [Bad()]]:
            results = []
            for hook in CPYTHON, PARTS["displayhook"]:
                builtins._ = "before"
                output = io.TextIOWrapper(io.BytesIO(), "ascii")
                error = None
                with contextlib.redirect_stdout(output):
                    try:
                        hook(value)
                    except RuntimeError as raised:
                        error = type(raised)
                output.flush()
                results.append((output.buffer.getvalue(), error, builtins._))
            del builtins._
            self.assertEqual(*results)
