"""Writes the JSON records of a CPython that was built from source, and does what only that Python can do.

Every decision is that of the scripts of this folder.
"""

import json
import os
import sys

BLOCK = 1 << 20


def sha256(path):
    import hashlib

    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def write_whole(path, data):
    """Writes a file beside its place and renames it: a reader sees the old file or the new one, never a part."""
    partial = f"{path}.{os.getpid()}"
    with open(partial, "w", encoding="utf-8") as file:
        file.write(json.dumps(data, indent=2, ensure_ascii=False) + "\n")
    os.replace(partial, path)


def built(out, *pairs):
    """Writes KEY=VALUE pairs in the order given, without empty ones; `patches` is a comma-separated list."""
    record = dict(pair.split("=", 1) for pair in pairs)
    record = {key: value for key, value in record.items() if value}
    record["patches"] = [name for name in record.get("patches", "").split(",") if name]
    write_whole(out, record)


def downloads(archive, version, out):
    """Writes uv's list of downloads with one entry: the archive that was packed."""
    import pathlib
    import platform

    major, minor, patch = (int(part) for part in version.split("."))
    arch = platform.machine()
    entry = {
        "name": "cpython",
        "arch": {"family": arch, "variant": None},
        "os": "linux",
        "libc": "gnu",
        "major": major,
        "minor": minor,
        "patch": patch,
        "prerelease": "",
        "url": pathlib.Path(archive).as_uri(),
        "sha256": sha256(archive),
        "variant": None,
        "build": None,
    }
    write_whole(out, {f"cpython-{version}-linux-{arch}-gnu": entry})


def relocate_scripts(folder, prefix):
    """Makes scripts that start with the prefix find the interpreter beside themselves, wherever the tree is."""
    start = f"#!{prefix}/bin/".encode()
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        if os.path.islink(path):
            continue
        with open(path, "rb") as file:
            content = file.read()
        if not content.startswith(start):
            continue
        first, rest = content.split(b"\n", 1)
        interpreter = first[len(start) :].decode()
        opening = f"""#!/bin/sh
'''exec' "$(dirname -- "$(realpath -- "$0")")/{interpreter}" "$0" "$@"
' '''
"""
        with open(path, "wb") as file:
            file.write(opening.encode() + rest)


def expect_modules(*names):
    """Imports each module; the error names all that cannot be imported."""
    import importlib

    missing = []
    for name in names:
        try:
            importlib.import_module(name)
        except ImportError as error:
            missing.append(f"`{name}` ({error})")
    if missing:
        sys.exit("missing modules: " + ", ".join(missing))


COMMANDS = (built, downloads, expect_modules, relocate_scripts)

if __name__ == "__main__":
    {command.__name__.replace("_", "-"): command for command in COMMANDS}[sys.argv[1]](*sys.argv[2:])
