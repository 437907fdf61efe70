"""Tells which modules the profile "minimal" has left out of this dist. `site` imports this file at each start."""

import sys

# Each name stands between two blanks. A text is read faster than a set is made.
LEFT_OUT = " @NAMES@ "


def find_spec(name, path=None, target=None):
    """The last finder, asked for what no other has found. It only answers an import, not a question like
    `importlib.util.find_spec`, which has its own way to say that there is no such module."""
    if f" {name} " in LEFT_OUT and sys._getframe(2).f_code.co_name == "_find_and_load_unlocked":
        why = 'the profile "minimal" of this dist left it out'
        hint = 'add it to "modules" in [package.metadata.pyo3-bundle]'
        raise ModuleNotFoundError(f"No module named {name!r}: {why}: {hint}", name=name)


# Not an instance of a new class: making a class would take longer than all the rest.
sys.meta_path.append(type(sys.implementation)(find_spec=find_spec))
