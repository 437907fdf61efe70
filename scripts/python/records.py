"""Reads and writes the JSON records of an installed or packed CPython, and does what only that Python can do.

Every decision is that of the scripts of this folder. The check that an installation is there runs often: only what it needs
is imported here, the rest where it is used.
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


def read(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def write_whole(path, data):
    """Writes a file beside its place and renames it: a reader sees the old file or the new one, never a part."""
    partial = f"{path}.{os.getpid()}"
    with open(partial, "w", encoding="utf-8") as file:
        file.write(json.dumps(data, indent=2, ensure_ascii=False) + "\n")
    os.replace(partial, path)


def print_sha256(path):
    print(sha256(path))


def fields(path, *keys):
    """Prints one line per key, which is empty where the record does not have the key."""
    record = read(path)
    for key in keys:
        value = record.get(key, "")
        print(",".join(value) if isinstance(value, list) else value)


def built(out, *pairs):
    """Writes KEY=VALUE pairs in the order given, without empty ones; `patches` is a comma-separated list."""
    record = dict(pair.split("=", 1) for pair in pairs)
    record = {key: value for key, value in record.items() if value}
    record["patches"] = [name for name in record.get("patches", "").split(",") if name]
    write_whole(out, record)


def adopted(build, out, pin):
    """Makes the record of an installation from that of a build."""
    record = read(build)
    head = {key: record.pop(key) for key in ("provider", "version")}
    write_whole(out, {**head, "pinned_version": pin, **record})


def downloaded(cache, out, pin):
    """Records what uv installed: its list of downloads is on standard input, its cache has `<start of sha256>-<name>`."""
    import re
    import shlex
    from urllib.parse import unquote, urlsplit

    entry = next(entry for entry in json.load(sys.stdin) if entry["version"] == pin and entry["variant"] == "default")
    parts = urlsplit(entry["url"])
    name = unquote(parts.path.rpartition("/")[2])
    digests = set()
    for cached in os.listdir(cache):
        start, _, rest = cached.partition("-")
        if rest == re.sub(r"[^A-Za-z0-9._-]", "-", name):
            digests |= {digest for digest in [sha256(os.path.join(cache, cached))] if digest.startswith(start)}
    if len(digests) != 1:
        sys.exit(
            f"error: cannot tell which archive was installed\n"
            f"  found {len(digests)} of `{name}` in `{cache}`, wanted 1\n"
            f"hint: rm -r -- {shlex.quote(cache)}"
        )
    # The record is shipped: it must not have a password or a path of this machine.
    host = parts.netloc.rpartition("@")[2]
    address = f"{parts.scheme}://{host}{parts.path}" if host else f"file:{name}"
    version = "{}.{}.{}".format(*sys.version_info)
    record = {"provider": "uv", "version": version, "pinned_version": pin}
    write_whole(out, {**record, "source_url": address, "source_sha256": digests.pop(), "patches": []})


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


COMMANDS = (adopted, built, downloaded, downloads, expect_modules, fields, print_sha256, relocate_scripts)

if __name__ == "__main__":
    {command.__name__.replace("_", "-"): command for command in COMMANDS}[sys.argv[1]](*sys.argv[2:])
