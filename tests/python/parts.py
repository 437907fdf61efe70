"""Loads the Python parts of the program as the program does: by path, run in a dict, never as modules."""

from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "src/repl/python"
COMPLETION = ("lookup.py", "signatures.py", "scan.py", "modules.py", "complete.py")


def load(*files):
    globals_ = {}
    for name in files:
        path = FOLDER / name
        exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), globals_)
    return globals_
