"""Prints the versions of the libraries inside this Python, as far as its modules know them, as JSON.

Each argument names a library and where its version is: `zlib=zlib.ZLIB_RUNTIME_VERSION`.
"""

import importlib
import re
import sys

found = {}
for argument in sys.argv[1:]:
    name, _, place = argument.partition("=")
    module, _, attribute = place.rpartition(".")
    try:
        value = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError):
        continue
    text = ".".join(map(str, value)) if isinstance(value, tuple) else value
    if version := re.search(r"\d+(\.\d+)+[a-z]?", text):
        found[name] = version.group()
# Without the module `json`, which a dist may have left out.
print("{%s}" % ", ".join(f'"{name}": "{version}"' for name, version in found.items()))
