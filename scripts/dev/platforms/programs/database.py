"""Keeps rows in SQLite, with a function of Python's in a query and a transaction that is taken back."""

import sqlite3

base = sqlite3.connect(":memory:")
base.create_function("shout", 1, str.upper)
base.execute("CREATE TABLE names (name TEXT, number INTEGER)")
with base:
    base.executemany("INSERT INTO names VALUES (?, ?)", [("é", 1), ("b", 2)])
try:
    with base:
        base.execute("DELETE FROM names")
        raise KeyError
except KeyError:
    pass
assert base.execute("SELECT shout(name), sum(number) OVER () FROM names ORDER BY number").fetchall() == [("É", 3), ("B", 3)]
print("ok database.py")
