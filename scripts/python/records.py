"""The JSON files and links that the scripts of this folder leave behind; run by the very Python that they describe.

Leaves every decision to its caller. Standard library only, and nothing newer than Python 3.8.
"""

import argparse
import hashlib
import importlib
import json
import os
import pathlib
import platform
import re
import sys

ARCHES = {"arm64": "aarch64"}  # uv's names, where they differ from the kernel's


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def write_whole(path, data):
    """Beside and renamed: a reader sees the old file or the new one, never a part."""
    path = pathlib.Path(path)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    os.replace(partial, path)


def downloads(args):
    """uv's list of downloads with one entry: the archive that was just packed."""
    major, minor, patch = (int(part) for part in args.version.split("."))
    machine = platform.machine()
    arch = ARCHES.get(machine, machine)
    entry = {
        "name": "cpython",
        "arch": {"family": arch, "variant": None},
        "os": "linux",
        "libc": "gnu",
        "major": major,
        "minor": minor,
        "patch": patch,
        "prerelease": "",
        "url": pathlib.Path(args.archive).absolute().as_uri(),
        "sha256": sha256(args.archive),
        "variant": None,
        "build": None,
    }
    write_whole(args.out, {f"cpython-{args.version}-linux-{arch}-gnu": entry})


def provenance(args):
    """KEY=VALUE pairs in the order given; `patches` is a comma-separated list."""
    record = dict(pair.split("=", 1) for pair in args.pairs)
    record["patches"] = [name for name in record.get("patches", "").split(",") if name]
    write_whole(args.out, record)


def fields(args):
    """One line per key, empty where the record has none."""
    record = json.loads(pathlib.Path(args.file).read_text(encoding="utf-8"))
    for key in args.keys:
        value = record.get(key, "")
        print(",".join(value) if isinstance(value, list) else value)


def link(args):
    """LINK points at TARGET, relatively where both are below BASE; untouched when it does already."""
    target, path, base = (os.path.abspath(name) for name in (args.target, args.link, args.base))
    inside = path.startswith(base + os.sep) and target.startswith(base + os.sep)
    wanted = os.path.relpath(target, os.path.dirname(path)) if inside else target
    if os.path.islink(path) and os.readlink(path) == wanted:
        return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    partial = f"{path}.{os.getpid()}"
    os.symlink(wanted, partial)
    try:
        os.replace(partial, path)
    except OSError:
        os.unlink(partial)
        raise


def relocate_scripts(args):
    """Scripts that start with the prefix find the interpreter beside themselves, however often the tree is moved."""
    start = f"#!{args.prefix}/bin/".encode()
    for path in sorted(pathlib.Path(args.bin).iterdir()):
        if path.is_symlink() or not path.is_file():
            continue
        content = path.read_bytes()
        if not content.startswith(start):
            continue
        first, rest = content.split(b"\n", 1)
        name = first[len(start) :].decode().split()[0]
        opening = f"""#!/bin/sh
'''exec' "$(dirname -- "$(realpath -- "$0")")/{name}" "$0" "$@"
' '''
"""
        path.write_bytes(opening.encode() + rest)


def expect_modules(args):
    """Every module imports; the complaint names all that do not."""
    missing = []
    for name in args.names:
        try:
            importlib.import_module(name)
        except ImportError as error:
            missing.append(f"{name} ({error})")
    if missing:
        sys.exit("missing: " + ", ".join(missing))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    commands = parser.add_subparsers(required=True)

    def command(run, *names):
        sub = commands.add_parser(run.__name__.replace("_", "-"), help=re.split(r"\n|$", run.__doc__ or "")[0])
        for name in names:
            sub.add_argument(name.rstrip("*"), **({"nargs": "+"} if name.endswith("*") else {}))
        sub.set_defaults(run=run)

    command(downloads, "archive", "version", "out")
    command(provenance, "out", "pairs*")
    command(fields, "file", "keys*")
    command(link, "target", "link", "base")
    command(relocate_scripts, "bin", "prefix")
    command(expect_modules, "names*")
    args = parser.parse_args()
    args.run(args)


if __name__ == "__main__":
    main()
