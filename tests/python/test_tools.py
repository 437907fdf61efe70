"""Tests the decisions of the session's commands `/run`, `/save`, `/include` and `/show`, and their errors."""

import contextlib
import io
import os
import resource
import sys
import tempfile
import unittest
import zipfile
from pathlib import Path
from unittest import mock

from parts import load


def attempt(_entry, work):
    work()


class Input:
    def __init__(self, source, failure=None):
        self.source, self.failure = source, failure


@contextlib.contextmanager
def no_space_in_files():
    """Lets files be made but not written: Python ignores the signal of the limit on their size."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


class Tools(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.folder)
        self.tools = load("tools.py")
        self.ran = []
        self.tools["session"] = {"attempt": attempt, "inputs": [Input("x = 1")], "run_file": self.ran.append}

    def told(self, name, *arguments):
        """Returns what a function prints, on both streams."""
        out = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            self.tools[name](*arguments)
        return out.getvalue()

    def make(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path


class Run(Tools):
    def test_what_a_program_exits_with_is_told_as_python3_tells_it(self):
        for argument, told in [
            ("", ""),
            ("None", ""),
            ("0", ""),
            ("2", "exit status: 2\n"),
            ("-1", "exit status: 255\n"),
            ("256", ""),
            ("True", "exit status: 1\n"),
            ("'boom'", "boom\nexit status: 1\n"),
            ("''", "\nexit status: 1\n"),
            ("0.0", "0.0\nexit status: 1\n"),
            ("[1, 2]", "[1, 2]\nexit status: 1\n"),
        ]:
            with self.subTest(argument):
                self.make("leaves.py", f"import sys\nsys.exit({argument})\n")
                self.assertEqual(self.told("run_script", "leaves.py"), told)

    def test_a_folder_and_an_archive_with_a_main_run_as_python3_runs_them(self):
        main = "import sys, beside\nprint(__name__, sys.argv, beside.where, sys.path[0])\n"
        self.make("app/__main__.py", main)
        self.make("app/beside.py", "where = 'inside'\n")
        # `python3 FOLDER` does not import a module beside the folder.
        self.make("beside.py", "where = 'outside'\n")
        with zipfile.ZipFile(self.folder / "app.pyz", "w") as archive:
            for name in ("__main__.py", "beside.py"):
                archive.write(self.folder / "app" / name, name)
        path, argv = list(sys.path), sys.argv
        for name in ("app", "app.pyz"):
            with self.subTest(name):
                sys.modules.pop("beside", None)
                self.addCleanup(sys.modules.pop, "beside", None)
                shown = self.told("run_script", f"{name} x")
                self.assertEqual(shown, f"__main__ ['{name}', 'x'] inside {name}\n")
                self.assertEqual((sys.path, sys.argv), (path, argv))

    def test_what_was_changed_a_moment_ago_is_what_runs(self):
        for value in ("one", "another"):
            with zipfile.ZipFile(self.folder / "app.zip", "w") as archive:
                archive.writestr("__main__.py", f"print({value!r})\n")
            self.assertEqual(self.told("run_script", "app.zip"), f"{value}\n")

    def test_what_cannot_run_is_an_error_with_what_was_looked_at(self):
        (self.folder / "empty").mkdir()
        for command, name, why in [
            ("run_script", "missing.py", f"looked in `{os.getcwd()}`"),
            ("include", "missing.py", f"looked in `{os.getcwd()}`"),
            ("run_script", "empty", "wanted a file, or a folder with a `__main__.py`, found a folder"),
            ("include", "empty", "wanted a file, found a folder"),
        ]:
            with self.subTest(command, name=name):
                self.assertEqual(self.told(command, name), f"error: `{name}` is not a file\n  {why}\nhint: !ls\n")
        self.assertEqual(self.ran, [])
        os.chdir(self.folder / "empty")
        (self.folder / "empty").rmdir()
        self.assertIn("No such file or directory", self.told("run_script", "missing.py"))

    def test_words_that_cannot_be_split_are_told_without_a_hint(self):
        told = self.told("include", "'open")
        self.assertEqual(
            told,
            "error: `'open` cannot be split into words\n  No closing quotation; put a name with spaces in quotes\n",
        )

    def test_a_name_that_is_not_known_is_an_error_in_the_form_of_the_question(self):
        def answer(near):
            raise LookupError("`aera` is not defined", "why", near, "dir()")

        for near, hint in [("area", "/inspect area"), (None, "dir()")]:
            told = self.told("printed", answer, (near,), "/inspect {}")
            self.assertEqual(told, f"error: `aera` is not defined\n  why\nhint: {hint}\n")

    def test_a_file_of_the_home_is_included(self):
        path = self.make("in home.py", "")
        with mock.patch.dict(os.environ, HOME=str(self.folder)):
            self.assertEqual(self.told("include", "'~/in home.py'"), "")
        self.assertEqual(self.ran, [str(path)])


class Save(Tools):
    def text(self, name="saved.py"):
        return (self.folder / name).read_text()

    def test_a_new_file_needs_no_hard_links(self):
        with mock.patch("os.link", side_effect=PermissionError(1, "Operation not permitted")):
            self.assertEqual(self.told("save", "saved.py"), "saved saved.py\n")
        self.assertEqual(self.text(), "x = 1\n")
        self.assertEqual((self.folder / "saved.py").stat().st_mode & 0o777, 0o666 & ~self.tools["umask"]())

    def test_what_is_there_is_replaced_only_when_asked(self):
        self.make("saved.py", "theirs")
        (self.folder / "broken link.py").symlink_to("nowhere")
        for name in ("saved.py", "'broken link.py'"):
            self.assertIn(f"hint: /save -f {name}\n", self.told("save", name))
        self.assertEqual(self.text(), "theirs")
        self.assertEqual(self.told("save", "-f saved.py"), "saved saved.py\n")
        self.assertEqual(self.text(), "x = 1\n")

    def test_a_file_system_without_modes_takes_a_replacement(self):
        self.make("saved.py", "theirs")
        with mock.patch("os.chmod", side_effect=PermissionError(1, "Operation not permitted")):
            self.told("save", "-f saved.py")
        self.assertEqual(self.text(), "x = 1\n")

    def test_where_writing_fails_nothing_is_left_and_nothing_is_lost(self):
        self.make("kept.py", "theirs")
        for words in ("new.py", "-f kept.py"):
            with self.subTest(words), no_space_in_files():
                self.assertIn("  File too large\n", self.told("save", words))
        self.assertEqual(sorted(os.listdir()), ["kept.py"])
        self.assertEqual(self.text("kept.py"), "theirs")
        self.assertIn("  No such file or directory\nhint: /save ~/session.py\n", self.told("save", "no/such.py"))

    def test_the_script_has_what_failed_as_a_comment_and_the_future_first(self):
        future = Input("from __future__ import annotations")
        self.tools["session"]["inputs"] += [Input("1 / 0", "ZeroDivisionError"), future]
        self.assertEqual(
            self.tools["script"](), "from __future__ import annotations\nx = 1\n# ZeroDivisionError:\n# 1 / 0\n"
        )
        self.tools["session"]["inputs"].append(Input("await x"))
        self.assertTrue(self.tools["script"]().startswith("# awaits outside of a function: run it with /include\n"))


class Small(Tools):
    def test_durations_have_three_digits_and_a_unit(self):
        for seconds, text in [(90, "90 s"), (1.5, "1.5 s"), (0.0123456, "12.3 ms"), (2e-6, "2 µs"), (0, "0 µs")]:
            self.assertEqual(self.tools["duration"](seconds), text)

    def test_pip_takes_nothing_away_that_is_not_the_users(self):
        arguments = self.tools["pip_arguments"]
        self.assertEqual(arguments("install a 'b c'", self.folder), ["install", "a", "b c"])
        self.make("My_Own.pkg-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: My_Own.pkg\nVersion: 1.0\n")
        words = ["uninstall", "-y", "my-own-pkg"]
        self.assertEqual(arguments(" ".join(words), self.folder), words)
        for refused in ("uninstall pip", "uninstall -y -rlist.txt", "--quiet uninstall my-own-pkg pip"):
            self.assertIn("hint: /pip list\n", self.told("pip_arguments", refused, self.folder))


if __name__ == "__main__":
    unittest.main()
