"""Looks into objects without running their code: dicts, slots and class hierarchies are read as stored.

Part 1 of 5 of completion: `lookup.py`, `signatures.py`, `scan.py`, `modules.py`, `complete.py` are run in this order
in one dict. Types are only ever compared by `is`: `==`, `in` and sets would ask the metaclass, `isinstance` the object.
"""

import builtins
import sys
from _functools import partial as PartialType  # built into Python, unlike `functools`

# These files take their builtins from this dict, so a user's `builtins.len = …` or `__import__` does not reach them.
__builtins__ = dict(vars(builtins))

ABSENT = object()  # the name has no value
UNKNOWN = object()  # the name has a value, but only running code would tell which


def _probe():
    yield


FunctionType = type(_probe)
CodeType = type(_probe.__code__)
ModuleType = type(sys)
BuiltinType = type(len)
MethodWrapperType = type("".__str__)
MethodDescriptorType = type(str.join)
SlotWrapperType = type(object.__init__)
ClassMethodDescriptorType = type(dict.__dict__["fromkeys"])
GetSetType = type(FunctionType.__dict__["__code__"])
MemberType = type(FunctionType.__dict__["__globals__"])
GenericAliasType = type(list[int])
UnionType = type(int | None)


class _Probe:
    def method(self):
        pass


MethodType = type(_Probe().method)

# An entry of these types in the dict of a class is itself the attribute's value.
PLAIN_DESCRIPTORS = (MethodDescriptorType, SlotWrapperType, ClassMethodDescriptorType, BuiltinType)

_class_mro = type.__dict__["__mro__"].__get__
_class_dict = type.__dict__["__dict__"].__get__
_class_name = type.__dict__["__name__"].__get__


class InstanceOf:
    """Stands for an object that does not exist yet: the result of calling a class."""

    def __init__(self, cls):
        self.cls = cls


def is_any(value, others):
    return any(value is other for other in others)


def mro(cls):
    return _class_mro(cls)


def is_a(value, base):
    """Whether a value is an instance of a class, without `__instancecheck__` and `__class__`."""
    return is_any(base, mro(type(value)))


def is_class(value):
    return is_a(value, type)


def plain(text):
    """Returns a string without the methods of a subclass."""
    return text if type(text) is str else str.__str__(text)


def class_name(cls):
    return plain(_class_name(cls))


def type_of(value):
    return value.cls if type(value) is InstanceOf else type(value)


def entries(mapping):
    """Returns a copy of the stored items of a dict: another thread may add some meanwhile."""
    return list(dict.items(mapping))


def storage(mapping):
    """Returns the entries whose keys are exact strings: comparing other keys may run their code."""
    return [(key, value) for key, value in entries(mapping) if type(key) is str]


def stored(mapping, name):
    """Looks a name up without comparing it with a key that is not an exact string, even if their hashes are equal."""
    for key, value in entries(mapping):
        if type(key) is str and key == name:
            return value
    return ABSENT


def class_storage(cls):
    return [(key, value) for key, value in _class_dict(cls).items() if type(key) is str]


def class_lookup(cls, name):
    """Returns the stored entry of the first class dict that has the name."""
    for base in mro(cls):
        for key, value in _class_dict(base).items():
            if type(key) is str and key == name:
                return value
    return ABSENT


def own_dict(obj):
    """Returns the instance's real dict. A `__dict__` that is a property, or of another class, is passed over."""
    if type(obj) is InstanceOf:
        return {}
    for base in mro(type(obj)):
        for key, descriptor in class_storage(base):
            if key == "__dict__" and is_genuine(descriptor, base):
                found = type(descriptor).__get__(descriptor, obj)
                return found if is_a(found, dict) else {}
    return {}


def is_genuine(descriptor, base):
    kinds = (GetSetType, MemberType)
    return is_any(type(descriptor), kinds) and descriptor.__objclass__ is base and descriptor.__name__ == "__dict__"


def members(obj):
    """Returns all attributes of the object: name → (the raw entry, whether it is in a class dict)."""
    found = {}
    for base in reversed(mro(obj if is_class(obj) else type_of(obj))):
        for name, raw in class_storage(base):
            found[name] = raw, True
            if name == "__annotations__" and type(raw) is dict and type(obj) is InstanceOf:
                found |= {field: (UNKNOWN, True) for field, _ in storage(raw) if field not in found}
    if is_class(obj):
        return found
    return found | {name: (value, False) for name, value in storage(own_dict(obj)) if not is_data(found.get(name))}


def is_data(entry):
    """Whether the entry of a class dict takes precedence over the instance's dict."""
    if entry is None:
        return False
    kind = type(entry[0])
    return kind is property or class_lookup(kind, "__set__") is not ABSENT


def static_attributes(obj):
    """Returns the names of an object's attributes."""
    return list(members(obj))


def static_lookup(obj, name):
    """Returns the attribute's value, ABSENT, or UNKNOWN where user code or a property would have to run."""
    found = ABSENT
    if is_class(obj):
        found = class_lookup(obj, name)
        if found is not ABSENT:
            return bound(found, ABSENT, obj)
    raw = class_lookup(type_of(obj), name)
    if not is_class(obj) and (raw is ABSENT or not is_data((raw,))):
        found = stored(own_dict(obj), name)
    if found is ABSENT:
        return ABSENT if raw is ABSENT else bound(raw, obj, type_of(obj))
    return found


def bound(raw, instance, owner):
    """Returns the value of a class dict's entry accessed through `instance`, or through the class `owner` if ABSENT."""
    kind = type(raw)
    if kind is FunctionType:
        return raw if instance is ABSENT else MethodType(raw, instance)
    if kind is staticmethod:
        return raw.__func__
    if kind is classmethod:
        function = raw.__func__
        return MethodType(function, owner) if type(function) is FunctionType else UNKNOWN
    if kind is MemberType:
        return slot(raw, instance)
    if is_any(kind, PLAIN_DESCRIPTORS) or class_lookup(kind, "__get__") is ABSENT:
        return raw
    return UNKNOWN


def slot(descriptor, instance):
    if instance is ABSENT or type(instance) is InstanceOf:
        return UNKNOWN
    try:
        return MemberType.__get__(descriptor, instance)
    except (AttributeError, TypeError):  # the slot is not set, or belongs to another class
        return UNKNOWN


def member_value(obj, entry):
    """Returns the value of an entry of `members(obj)`."""
    raw, in_class = entry
    if raw is UNKNOWN or not in_class:
        return raw
    return bound(raw, ABSENT, obj) if is_class(obj) else bound(raw, obj, type_of(obj))


def item(container, index):
    """Returns `container[index]` for a constant index, if the type has the subscription of list, tuple or dict."""
    if type(container) is InstanceOf:
        return UNKNOWN
    subscription = class_lookup(type(container), "__getitem__")
    if subscription is dict.__dict__["__getitem__"]:
        return dict_item(container, index)
    for base in (list, tuple):
        if subscription is base.__dict__["__getitem__"] and type(index) is int:
            inside = -base.__len__(container) <= index < base.__len__(container)
            return base.__getitem__(container, index) if inside else UNKNOWN
    return UNKNOWN


def dict_item(mapping, index):
    for key, value in entries(mapping):
        if is_constant(key) and type(key) is type(index) and key == index:
            return value
    return UNKNOWN


def is_constant(key):
    """Whether comparing and showing the key runs only Python's own code."""
    if type(key) is tuple:
        return all(map(is_constant, key))
    return is_any(type(key), (str, int, bytes))


def name_value(name, namespace):
    """Returns the value of a bare name."""
    value = stored(namespace, name)
    return stored(own_dict(builtins), name) if value is ABSENT else value
