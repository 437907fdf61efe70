"""Finds what modules import by importing them: `python3 -I -c …`, with JSON on standard input and output.

Each module is imported in a process of its own. Two looks: what its import opens and loads, and then what the functions
of the loaded modules import, by their compiled code. What the second look names is imported like the first, until
nothing new is named.
"""

import ast
import json
import os
import subprocess
import sys

RUNTIME = os.path.realpath(sys.prefix)


def imports_of(code, package, skipped, top=True):
    """Yields what the functions of a module import. What the module itself imports was seen when it was loaded."""
    import dis
    import types

    # Disassembling takes long, and most functions import nothing.
    if not top and dis.opmap["IMPORT_NAME"] in code.co_code[::2]:
        last = [None, None]
        for step in dis.get_instructions(code):
            if step.opname == "IMPORT_NAME":
                yield resolve(step.argval, *last, package)
            last = [last[1], step.argval]
    for value in code.co_consts:
        if isinstance(value, types.CodeType) and value.co_name not in skipped:
            yield from imports_of(value, package, skipped, False)


def resolve(name, level, names, package):
    """Makes an order of an import: the module, and the names that are taken from it."""
    if isinstance(level, int) and level:
        parents = package.split(".")
        parents = parents[: len(parents) - (level - 1)]
        name = ".".join([*parents, name] if name else parents)
    return name, tuple(names or ())


def run(order, load, cache):
    reader, writer = os.pipe()
    arguments = [sys.executable, "-I", "-X", f"pycache_prefix={cache}", "-c", load, str(writer), order[0], *order[1]]
    process = subprocess.Popen(
        arguments, pass_fds=[writer], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    os.close(writer)
    with open(reader, encoding="utf-8") as pipe:
        text = pipe.read()
    status = process.wait()
    if not text:
        return {"error": f"Python ended with status {status}", "loaded": {}, "opened": []}
    return ast.literal_eval(text)


def relative(path):
    path = os.path.realpath(path)
    return path[len(RUNTIME) + 1 :] if path.startswith(RUNTIME + os.sep) and os.path.isfile(path) else None


def code_of(path):
    """Compiles a source. Extension modules have none, and sources that are wrong on purpose do not count."""
    if not path or not path.endswith(".py"):
        return None
    try:
        with open(path, "rb") as file:
            return compile(file.read(), path, "exec", dont_inherit=True)
    except (OSError, SyntaxError, ValueError):
        return None


def follows(order, asked):
    """Whether an import is followed: the test suites and the like are only for those who list them."""
    name = order[0]
    listed = any(name == other or name.startswith(f"{other}.") for other in asked["modules"])
    unwanted = any(name == other or name.startswith(f"{other}.") for other in asked["not_followed"])
    return bool(name) and (listed or not unwanted and not name.startswith("_test"))


def main():
    from concurrent.futures import ThreadPoolExecutor

    asked = json.load(sys.stdin)
    skipped, needs = set(asked["skipped"]), asked["needs"]
    # Modules whose functions are followed or never are. Those of the start serve everything: followed, they lead to half
    # of the library.
    looked = set()
    files, errors, done, reached = {}, {}, set(), set()
    wanted = {(name, ()) for name in asked["modules"]}
    start = [(name, ()) for name in asked["start"]]
    orders = list(wanted)
    for path in asked["sources"]:
        # Sources of packages: also what a module of theirs imports that nothing has loaded.
        code = code_of(path)
        package = os.path.dirname(os.path.relpath(path, asked["site"])).replace(os.sep, ".")
        if code:
            orders += imports_of(code, package, skipped, False)
    with ThreadPoolExecutor(os.cpu_count()) as pool:

        def look(orders):
            done.update(orders)
            for order, result in zip(orders, pool.map(lambda order: run(order, asked["load"], asked["cache"]), orders)):
                if result["error"]:
                    errors[order[0]] = result["error"]
                    if order not in wanted:
                        continue
                for path in [*result["opened"], *filter(None, result["loaded"].values())]:
                    if path := relative(path):
                        files.setdefault(path, order[0])
                reached.update(result["loaded"])
                yield from result["loaded"].items()

        for name, _ in list(look(start)):
            if name not in asked["modules"]:
                looked.add(name)
        while orders := [order for order in dict.fromkeys(orders) if order not in done and follows(order, asked)]:
            following = []
            for name, place in look(orders):
                if name in looked:
                    continue
                looked.add(name)
                following += [(needed, ()) for needed in needs.get(name, [])]
                code = code_of(place)
                package = name if place and os.path.basename(place) == "__init__.py" else name.rpartition(".")[0]
                if code:
                    following += imports_of(code, package, skipped)
            orders = following
    json.dump(
        {
            "files": files,
            "reached": sorted(reached),
            "errors": {name: errors[name] for name in asked["modules"] if name in errors},
            "known": sorted(sys.stdlib_module_names),
        },
        sys.stdout,
    )


main()
