"""Prints the versions of the libraries inside this Python, as far as its modules know them, as JSON."""

import importlib
import re

WHERE = {
    "expat": ("pyexpat", "EXPAT_VERSION"),
    "libmpdec": ("_decimal", "__libmpdec_version__"),
    "ncurses": ("_curses", "ncurses_version"),
    "openssl": ("_ssl", "OPENSSL_VERSION"),
    "sqlite": ("_sqlite3", "sqlite_version"),
    "zlib": ("zlib", "ZLIB_RUNTIME_VERSION"),
}

found = {}
for name, (module, attribute) in WHERE.items():
    try:
        value = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError):
        continue
    text = ".".join(map(str, value)) if isinstance(value, tuple) else value
    if version := re.search(r"\d+(\.\d+)+[a-z]?", text):
        found[name] = version.group()
# Without the module `json`, which a dist may have left out.
print("{%s}" % ", ".join(f'"{name}": "{version}"' for name, version in found.items()))
