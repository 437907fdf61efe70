"""Gathers what the embedded Python reports about itself; Rust judges it.

It needs no configuration, home, terminal, network or /dev/shm: a bare chroot with /proc has to be enough.
"""

import os
import sys

# Extension modules are found in their folder; these parts of the standard library are the first that users miss.
MODULES = (
    "asyncio bz2 code codecs concurrent.futures csv ctypes dataclasses datetime decimal email.message encodings.idna "
    "fractions gzip hashlib hmac http.client importlib.metadata json locale logging lzma multiprocessing "
    "pathlib pdb pickle platform random re secrets select socket sqlite3 ssl statistics struct subprocess "
    "sysconfig tarfile tempfile threading tomllib traceback unicodedata unittest urllib.request uuid venv "
    "xml.etree.ElementTree zipfile zlib zoneinfo"
).split()
MODULES += ["winreg", "winsound"] if os.name == "nt" else ["curses", "readline"]

# The folders of `sys.path` with extension modules.
EXTENSIONS = ("lib-dynload", "DLLs")

CHILD_SECONDS = 60

# The children run this line as well, so all three answers have the same shape.
IDENTITY = "import sys; identity = [sys.prefix, sys.executable, '.'.join(map(str, sys.version_info[:3]))]"


def gather():
    os.chdir("/")  # `multiprocessing` starts nothing from a folder that was deleted
    return {
        "version": ".".join(map(str, sys.version_info[:3])),
        "prefix": sys.prefix,
        "executable": sys.executable,
        "path": list(sys.path),
        "imports": imports(),
        "exercises": {name: outcome(run) for name, run in EXERCISES.items()},
        "child": outcome(child),
        "worker": outcome(worker),
    }


def outcome(run):
    """Returns `(result, error)`, one of them None, so that a broken part does not hide the others."""
    try:
        return run(), None
    except BaseException as error:
        words = f"{type(error).__name__}: {error}"  # may quote a path that is not UTF-8
        return None, words.encode("utf-8", "backslashreplace").decode()


def imports():
    from importlib import import_module

    names = sorted({*extension_modules(), *MODULES})
    return {name: outcome(lambda name=name: import_module(name) and None)[1] for name in names}


def extension_modules():
    yield from sys.builtin_module_names
    for folder in sys.path:
        if os.path.basename(folder) in EXTENSIONS and os.path.isdir(folder):
            yield from (name.split(".")[0] for name in os.listdir(folder) if name.endswith((".so", ".pyd")))


def child():
    import ast
    import subprocess

    command = [sys.executable, "-I", "-B", "-c", f"{IDENTITY}; print(ascii(identity))"]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=CHILD_SECONDS)
    if done.returncode != 0:
        raise RuntimeError(f"status {done.returncode}: {done.stderr.strip()}")
    return ast.literal_eval(done.stdout)


def worker():
    """Starts a worker without a semaphore, because queues, pools and locks need /dev/shm."""
    import multiprocessing

    spawn = multiprocessing.get_context("spawn")
    reader, writer = spawn.Pipe(duplex=False)
    process = spawn.Process(target=exec, args=(f"{IDENTITY}; writer.send(identity)", {"writer": writer}))
    process.start()
    writer.close()
    try:
        if not reader.poll(CHILD_SECONDS):
            raise TimeoutError(f"no answer in {CHILD_SECONDS} s")
        return reader.recv()
    except EOFError:
        process.join(CHILD_SECONDS)
        raise RuntimeError(f"ended with status {process.exitcode} before it answered") from None
    finally:
        process.kill()
        process.join()


def sqlite():
    import sqlite3

    assert sqlite3.connect(":memory:").execute("select 6 * 7").fetchone() == (42,)


def compression():
    import bz2
    import lzma
    import zlib

    for codec in (bz2, lzma, zlib):
        assert codec.decompress(codec.compress(b"smoke")) == b"smoke", codec.__name__


def digests():
    import hashlib

    assert hashlib.sha256(b"").hexdigest().startswith("e3b0c442")


def foreign_call():
    import ctypes

    assert ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(lambda number: number + 1)(41) == 42


def tls():
    import ssl

    ssl.create_default_context()


EXERCISES = {"sqlite3": sqlite, "compression": compression, "hashlib": digests, "ctypes": foreign_call, "ssl": tls}
