"""Starts children: this Python again with a pipe, and a program of the system, whose environment names no Python."""

import os, subprocess, sys

code = "import sys; print(sys.stdin.read().upper(), end=''); sys.exit(3)"
child = subprocess.run([sys.executable, "-c", code], input="é\n", capture_output=True, text=True)
assert (child.returncode, child.stdout) == (3, "É\n"), child
names = subprocess.run(["env"], capture_output=True, text=True, check=True).stdout
assert "PYTHONHOME" not in names and "LD_LIBRARY_PATH" not in names, names
assert os.waitstatus_to_exitcode(os.system("exit 5")) == 5
print("ok children.py")
