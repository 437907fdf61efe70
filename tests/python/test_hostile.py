"""Tests that completion never runs the user's code, with objects whose hooks record each call and raise, print or loop."""

import builtins
import contextlib
import faulthandler
import functools
import signal
import sys
import types
import unittest

from parts import COMPLETION, load

PARTS = load(*COMPLETION)
SECONDS = 120

HITS = []
ARMED = False

HOOKS = """
    __getattr__ __getattribute__ __setattr__ __dir__ __repr__ __str__ __format__ __len__ __length_hint__ __iter__
    __next__ __contains__ __getitem__ __missing__ __eq__ __ne__ __lt__ __hash__ __bool__ __int__ __index__ __call__
    __get__ __instancecheck__ __subclasscheck__ __subclasshook__ __fspath__ __bytes__ __reversed__ __sizeof__
    __reduce_ex__ __enter__ __await__ __or__ __add__ __mro_entries__ __class_getitem__ __set_name__ keys items values
    get copy startswith isidentifier lower
""".split()
PROPERTIES = """
    __class__ __dict__ __doc__ __signature__ __wrapped__ __text_signature__ __annotations__ __name__ __qualname__
    __module__ __defaults__ __code__ __func__ __self__ __path__ __all__ __members__ __mro__ __bases__
    __abstractmethods__ value
""".split()


def hook(name, loops):
    def run(*arguments, **named):
        if not ARMED:
            return harmless(name, *arguments)
        HITS.append(name)
        print("touched", name)
        while loops:
            pass
        raise RuntimeError(name)

    return run


def harmless(name, obj, *arguments):
    """Stands in for a hook while a test builds its objects."""
    if name == "__getattribute__":
        base = type if issubclass(type(obj), type) else object
        return base.__getattribute__(obj, *arguments)
    if name == "__hash__":
        return str.__hash__(obj) if issubclass(type(obj), str) else 0
    if name == "__eq__":
        return obj is arguments[0]
    raise AttributeError(name)


def hooks(loops, without=()):
    found = {name: hook(name, loops) for name in HOOKS}
    found |= {name: property(hook(name, loops)) for name in PROPERTIES}
    return {name: value for name, value in found.items() if name not in without}


def hostile_types(loops):
    """Makes a class with all hooks, which its metaclass also has, and one below each type that completion looks into."""
    inherent = ("__dict__", "__set_name__", "__mro_entries__", "__class_getitem__", "__qualname__", "__module__")
    meta = type("Meta", (type,), hooks(loops, inherent))
    classes = {}
    for base in (object, dict, list, tuple, str, int, types.ModuleType, functools.partial, property, staticmethod):
        without = ("__set_name__", "__qualname__", "__module__", "__class_getitem__", "__mro_entries__")
        classes[base.__name__] = type.__new__(meta, "Hostile", (base,), hooks(loops, without))
    return meta, classes


class EvilKey(str):
    """A string with the hash of a name that is looked for, which runs code when it is compared."""

    __hash__ = hook("__hash__", False)
    __eq__ = hook("__eq__", False)
    __repr__ = hook("__repr__", False)
    startswith = hook("startswith", False)
    isidentifier = hook("isidentifier", False)


class EvilTuple(tuple):
    __iter__ = __len__ = __getitem__ = hook("tuple", False)


class EvilDict(dict):
    __iter__ = __len__ = __getitem__ = items = keys = get = __contains__ = hook("dict", False)


class EvilName(str):
    __str__ = __format__ = __len__ = replace = hook("name", False)


def hostile_namespace(loops):
    meta, classes = hostile_types(loops)
    evil = object.__new__(classes["object"])

    def function(a, b=evil, *, c=evil) -> evil: ...
    def defaults(a, b=1): ...
    def wrapped(*arguments): ...
    function.__signature__ = evil
    function.__annotations__["a"] = evil
    function.__annotations__["b"] = list[evil]
    defaults.__defaults__ = EvilTuple((1, evil))
    defaults.__annotations__ = EvilDict(a=evil)
    defaults.__kwdefaults__ = EvilDict(b=evil)
    wrapped.__wrapped__ = evil
    wrapped.__dict__[EvilKey("__wrapped__")] = 1

    class Plain:
        __slots__ = ("value", "unset", "__dict__")
        descriptor = evil
        made = property(hook("property", loops))
        cached = functools.cached_property(hook("cached_property", loops))
        static, of_class = staticmethod(evil), classmethod(evil)

        def __new__(cls, *, key=evil): return object.__new__(cls)
        def method(self, a=evil): ...

    class Named:
        pass

    Named.__name__ = EvilName("Named")
    keys = {EvilKey("k"): evil, "k": evil, 1: evil, (1, "a"): evil}
    module = types.ModuleType("hostile")
    module.__dict__.update({"__getattr__": hook("module", loops), "__dir__": hook("module", loops), "inner": evil,
                            "__path__": evil, "__all__": evil, EvilKey("k"): 1})
    plain = Plain()
    plain.value = evil
    plain.__dict__.update({EvilKey("attribute"): 1, "attribute": evil, "made": evil, "k": keys})
    namespace = {
        "meta": meta, "evil": evil, "function": function, "defaults": defaults, "wrapped": wrapped, "Plain": Plain,
        "Named": Named, "named": Named(), "keys": keys, "module": module, "plain": plain, "list_": [evil, keys, plain],
        "partial": functools.partial(evil, evil, k=evil), "bound": types.MethodType(evil, evil),
        "nested": {"k": {"k": evil}}, "made": type("Made", (), {EvilKey("k"): evil, "k": evil})(),
        "partial_of_function": functools.partial(function, evil, k=evil),
        EvilKey("plain"): evil, EvilKey("len"): evil, EvilKey("not_compared"): evil, 7: evil,
    }
    for name, cls in classes.items():
        namespace[f"class_{name}"] = cls
        if name not in ("property", "staticmethod"):
            namespace[f"instance_{name}"] = instance(cls)
    dict.update(namespace["instance_dict"], k=evil)
    list.append(namespace["instance_list"], evil)
    return namespace



def instance(cls):
    base = next(base for base in type.__dict__["__mro__"].__get__(cls)[1:])
    return base.__new__(cls, print) if base is functools.partial else base.__new__(cls)


INPUTS = (
    "{0}", "{0}.", "{0}.a", "{0}._", "{0}.__", "{0}.attribute.", "{0}.value.", "{0}.made.", "{0}.cached.",
    "{0}.method(", "{0}.descriptor.", "{0}.descriptor(", "{0}.static(", "{0}.of_class(", "{0}.unset.", "{0}.inner.",
    "{0}.inner(", "{0}(", "{0}(a", "{0}(b=1, ", "{0}().", "{0}()._", "{0}[", "{0}['", "{0}['k'].", "{0}['k']['",
    "{0}[0].", "{0}[1]['", "{0}[2].", "{0}[-1].", "{0}[0](", "{0}['k']('", "{0}.k['", "{0}.__class__.",
    "{0}.__dict__.", "{0}.__dict__['", "{0}.__doc__.", "f'{{{0}.", "for x in {0}.", "print({0}.", "({0}).", "{0}.k.",
    "{0}[(1, 'a')].", "{0}[1].", "{0}.__init__(", "{0} ",
)


class Hostile(unittest.TestCase):
    def setUp(self):
        faulthandler.dump_traceback_later(SECONDS, exit=True)
        signal.signal(signal.SIGALRM, self.too_long)
        signal.setitimer(signal.ITIMER_REAL, SECONDS / 2, 1)  # repeatedly, because one loop leads to the next
        HITS.clear()

    def tearDown(self):
        self.arm(False)
        signal.setitimer(signal.ITIMER_REAL, 0)
        faulthandler.cancel_dump_traceback_later()

    def too_long(self, *_):
        raise TimeoutError

    def arm(self, armed):
        global ARMED
        ARMED = armed

    def asked(self, namespace, sources):
        """Asks everything that can be asked while the hooks are active, and returns the number of candidates."""
        count = 0
        self.arm(True)
        for source in sources:
            count += len(PARTS["complete"](source, len(source), namespace)[1])
            PARTS["signature"](source, len(source), namespace)
            if HITS:
                break
        self.arm(False)
        self.assertEqual(HITS, [], f"`{source}` ran user code")
        return count

    def test_hooks_are_never_run(self):
        for loops in (False, True):
            namespace = hostile_namespace(loops)
            names = [name for name in namespace if type(name) is str]
            for name in names:
                with self.subTest(name=name, loops=loops):
                    self.assertGreater(self.asked(namespace, [text.format(name) for text in INPUTS]), 0)

    def test_a_failing_hook_is_noticed(self):
        """The hooks record their calls; otherwise the test above would prove nothing."""
        namespace = hostile_namespace(False)
        self.arm(True)
        for use in (dir, repr, len, bool, hash, lambda evil: isinstance(evil, int), lambda evil: evil.anything):
            HITS.clear()
            with self.assertRaises(RuntimeError), contextlib.redirect_stdout(None):
                use(namespace["evil"])
            self.assertNotEqual(HITS, [])
        HITS.clear()
        with self.assertRaises(RuntimeError), contextlib.redirect_stdout(None):
            namespace["class_object"].anything
        self.assertEqual(HITS, ["__getattribute__"])

    def test_what_is_stored_is_offered_all_the_same(self):
        namespace = hostile_namespace(True)
        expected = {
            "plain.": set("attribute cached descriptor k made method of_class static unset value".split()),
            "module.": {"inner"},
            "keys['": {"k']"},
            "keys[": {"'k']", "1]", "(1, 'a')]"},
            "instance_dict['": {"k']"},
            "Plain(k": {"key=", "keys"},
        }
        for source, texts in expected.items():
            self.arm(True)
            found = PARTS["complete"](source, len(source), namespace)[1]
            self.arm(False)
            self.assertEqual({text for text, _, _ in found}, texts, source)
        self.assertEqual(HITS, [])

    def test_replaced_builtins_are_not_called(self):
        saved = {name: vars(builtins)[name] for name in ("any", "len", "type", "dict", "repr", "__import__", "compile")}
        namespace, found = {"text": "", "number": 1, "f": lambda a, b=1: None}, []
        sources = [(text, len(text)) for text in ("text.", "f(", "nu", "import o", "from turtle import T", "'./")]
        try:
            self.arm(True)
            for name in saved:
                vars(builtins)[name] = hook(name, False)
            for source, cursor in sources:
                found.append(PARTS["complete"](source, cursor, namespace)[1])
        finally:
            vars(builtins).update(saved)
        self.assertEqual(HITS, [])
        self.assertTrue(all(found))

    def test_nothing_is_imported_and_no_finder_is_asked(self):
        class Finder:
            find_spec = staticmethod(hook("find_spec", False))

        before = set(sys.modules)
        sys.meta_path.insert(0, Finder)
        try:
            sources = ["import turtle.", "from turtle import ", "from xml.dom import ", "import this", "open('~"]
            self.assertGreater(self.asked({}, sources), 0)
        finally:
            sys.meta_path.remove(Finder)
        self.assertEqual(set(sys.modules) - before, set())

    def test_nothing_heavy_is_loaded(self):
        import subprocess

        program = ("import sys; sys.path.insert(0, sys.argv[1]); from parts import *; before = set(sys.modules);"
                   "parts = load(*COMPLETION); parts['complete']('import o', 8, {}); parts['signature']('int(', 4, {});"
                   "print(sorted({*sys.modules} - before))")
        folder = __file__.rpartition("/")[0]
        done = subprocess.run([sys.executable, "-I", "-B", "-c", program, folder], capture_output=True, text=True)
        self.assertEqual(done.stderr, "")
        self.assertLessEqual(set(eval(done.stdout)), {"_functools", "warnings"})


if __name__ == "__main__":
    unittest.main()
