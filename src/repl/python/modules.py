"""Finds names for import statements: modules on disk, and the names in a module without importing it.

Part 4 of 5 of completion, see `lookup.py`. Finders and loaders may be the user's, so they are not asked. A file such as
`warnings.py` may also be the user's, so everything is imported at the start.
"""

import _imp
import os
import warnings

MOST_SOURCE = 2_000_000


def complete_import(tokens, cursor):
    """Returns candidates for the statement, None when it is not an import. The last token may be an unfinished name."""
    place = import_place(tokens)
    if place is None:
        return None
    prefix = ""
    if tokens[-1].kind == NAME and tokens[-1].start + len(tokens[-1].text) == cursor and len(tokens) > place + 1:
        prefix, tokens = tokens[-1].text, tokens[:-1]
    words = tokens[place + 1:]
    imports = [at for at, token in enumerate(words) if token.is_keyword("import")]
    if tokens[place].text == "import":
        return prefix, module_item(last_item(words), prefix)
    if not imports:
        return prefix, source_module(words, prefix)
    module = dotted(words[:imports[0]])
    if module is None:
        return prefix, []
    return prefix, name_item(last_item(words[imports[0] + 1:]), module, prefix)


def import_place(tokens):
    """Returns the place of the `import` or `from` that starts the statement, also behind a colon: `if x: import y`."""
    for place, token in enumerate(tokens):
        if token.is_keyword("import", "from"):
            return place if place == 0 or tokens[place - 1].is_operator(":") else None
    return None


def last_item(words):
    """Returns the words behind the last comma or the opening bracket."""
    for place in range(len(words) - 1, -1, -1):
        if words[place].kind == OPERATOR and words[place].text in ",(":
            return words[place + 1:]
    return words


def dotted(words):
    """Returns the parts of `a.b.c`, None for anything else: at the prompt a relative import has no parent module."""
    names, dots = words[::2], words[1::2]
    good = all(word.is_name() for word in names) and all(dot.is_operator(".") for dot in dots)
    return [word.text for word in names] if good and len(words) % 2 == 1 else None


def module_item(words, prefix):
    if not words:
        return top_level(prefix)
    if words[-1].is_operator("."):
        return submodules(dotted(words[:-1]), prefix)
    return keyword("as", prefix) if dotted(words) else []


def source_module(words, prefix):
    if not words or words[-1].is_operator("."):
        return module_item(words, prefix)
    return keyword("import", prefix)


def name_item(words, module, prefix):
    if words:
        return keyword("as", prefix) if len(words) == 1 else []
    found = {name: (kind, text) for name, kind, text in submodules(module, prefix)}
    loaded = loaded_module(module)
    if loaded is not None:
        for name, value in storage(own_dict(loaded)):
            if name.startswith(prefix):
                found[name] = describe_value(value)
    else:
        found = {name: ("variable", "") for name in names_in_source(module) if name.startswith(prefix)} | found
    return [(name, *description) for name, description in found.items()]


def keyword(word, prefix):
    return [(word, "keyword", "")] if word.startswith(prefix) else []


def top_level(prefix):
    names = {name for name in sys.builtin_module_names if name.startswith(prefix)}
    names |= {name for name, _ in storage(sys.modules) if "." not in name and name.startswith(prefix)}
    names.update(*(names_in_folder(folder, prefix) for folder in search_path()))
    return [(name, "module", "") for name in names]


def submodules(module, prefix):
    if module is None:
        return []
    start = ".".join(module) + "."
    loaded = [name[len(start):] for name, _ in storage(sys.modules) if name.startswith(start + prefix)]
    names = {name for name in loaded if "." not in name}
    names.update(*(names_in_folder(folder, prefix) for folder in folders(module)))
    return [(name, "module", "") for name in names]


def loaded_module(module):
    found = stored(sys.modules, ".".join(module))
    return found if found is not ABSENT and is_a(found, ModuleType) else None


def search_path():
    return [folder or "." for folder in list.copy(sys.path) if type(folder) is str]


def folders(module):
    """Returns the folders that hold the package's modules."""
    loaded = loaded_module(module)
    if loaded is not None:
        path = stored(own_dict(loaded), "__path__")
        if type(path) is list:
            return [folder for folder in path if type(folder) is str]
    above = search_path() if len(module) == 1 else folders(module[:-1])
    return [folder for folder in (os.path.join(base, module[-1]) for base in above) if os.path.isdir(folder)]


def names_in_folder(folder, prefix):
    endings = (*_imp.extension_suffixes(), ".py")
    found = []
    try:
        with os.scandir(folder) as listing:
            for entry in listing:
                if not entry.name.startswith(prefix) or entry.name.startswith("__init__."):
                    continue
                ending = next((ending for ending in endings if entry.name.endswith(ending)), "")
                name = entry.name.removesuffix(ending)
                if name.isidentifier() and (ending or is_package(entry)):
                    found.append(name)
    except OSError:
        pass
    return found


def is_package(entry):
    return os.path.isfile(os.path.join(entry.path, "__init__.py"))


def names_in_source(module):
    """Returns the names that the module's source defines at its top level, and those of a literal `__all__`."""
    source = module_source(module)
    if source is None:
        return []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the parser would warn of odd escapes on the user's terminal
        try:
            tree = compile(source, "", "exec", ONLY_AST, dont_inherit=True)
        except (SyntaxError, ValueError):
            return []
    return list(dict.fromkeys(defined(tree.body)))


def module_source(module):
    above = search_path() if len(module) == 1 else folders(module[:-1])
    for base in above:
        for file in (os.path.join(base, module[-1], "__init__.py"), os.path.join(base, module[-1] + ".py")):
            if os.path.isfile(file) and os.path.getsize(file) <= MOST_SOURCE:
                with open(file, "rb") as source:
                    return source.read()
    return None


def defined(body):
    """Yields the names that statements bind, including statements within `if`, `try` and `with`."""
    for node in body:
        kind = type(node).__name__
        if kind in ("FunctionDef", "AsyncFunctionDef", "ClassDef"):
            yield node.name
        elif kind in ("Import", "ImportFrom"):
            yield from (alias.asname or alias.name.split(".")[0] for alias in node.names if alias.name != "*")
        elif kind == "Assign":
            yield from (name for target in node.targets for name in assigned(target))
            if any(name == "__all__" for target in node.targets for name in assigned(target)):
                yield from listed(node.value)
        elif kind in ("AnnAssign", "TypeAlias"):
            yield from assigned(node.target if kind == "AnnAssign" else node.name)
        elif kind in ("If", "Try", "With"):
            yield from defined(node.body)
            yield from defined(getattr(node, "orelse", []))
            for handler in getattr(node, "handlers", []):
                yield from defined(handler.body)


def assigned(target):
    if type(target).__name__ in ("Tuple", "List"):
        return [name for element in target.elts for name in assigned(element)]
    return [target.id] if type(target).__name__ == "Name" else []


def listed(value):
    elements = getattr(value, "elts", [])
    texts = [getattr(element, "value", None) for element in elements]
    return [text for text in texts if type(text) is str and text.isidentifier()]
