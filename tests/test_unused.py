"""Nothing at the top of a module of the exchange is there for nothing: other code of the product uses it."""

import ast
from collections import Counter, defaultdict
from collections.abc import Iterator

import pytest

from tests.source_tree import sources, tree

# Modules that name all there is, used or not.
WHOLE_TABLES = ("exchange.kernel_codes.", "exchange.engine.event_rows.")
# Name -> why nothing but tests uses it.
UNUSED = {
    "exchange.book.check.check_books": "asserts every invariant of the books, for whoever changes them",
    "exchange.records.COMMAND_KINDS": "which names each kind of row uses; tests hold rows to it",
    "exchange.records.EVENT_KINDS": "which names each kind of row uses; tests hold rows to it",
    "exchange.reference.listing.one_operator_may": "the twin of a control's check",
    "exchange.engine.query.ahead": "where an order stands in its queue; a question that research asks",
    "exchange.engine.query.queue": "the orders of a queue; a question that research asks",
    "exchange.engine.query.statistics": "the day's figures; a channel of them comes",
}


def used_from_outside(modules: dict[str, ast.Module]) -> dict[str, set[str]]:
    """Module -> names that other modules take from it."""
    taken: dict[str, set[str]] = defaultdict(set)
    for module in modules.values():
        called: dict[str, str] = {}  # what a module is called here
        for node in ast.walk(module):
            if isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    whole = f"{node.module}.{alias.name}"
                    if whole in modules:
                        called[alias.asname or alias.name] = whole
                    else:
                        taken[node.module or ""].add(alias.name)
            elif isinstance(node, ast.Import):
                called |= {alias.asname or alias.name: alias.name for alias in node.names if alias.name in modules}
        for node in ast.walk(module):
            if isinstance(node, ast.Attribute) and (owner := ast.unparse(node.value)) in called:
                taken[called[owner]].add(node.attr)
    return taken


def defined(module: ast.Module) -> Iterator[tuple[str, ast.stmt]]:
    """Names that a module defines at its top. A decorator other than a kernel's hands a function on: it is used."""
    for node in module.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            handed_on = any(isinstance(decorator, ast.Call | ast.Attribute) for decorator in node.decorator_list)
            if isinstance(node, ast.ClassDef) or not handed_on:
                yield node.name, node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = (name for target in targets for name in ast.walk(target) if isinstance(name, ast.Name))
            yield from ((name.id, node) for name in names)


def read_in(node: ast.AST) -> Counter[str]:
    """How often each name is read, in annotations that are text too."""
    names = Counter(
        inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name) and not isinstance(inner.ctx, ast.Store)
    )
    texts = (inner.value for inner in ast.walk(node) if isinstance(inner, ast.Constant))
    names.update(text for text in texts if isinstance(text, str) and text.isidentifier())
    return names


def unused(modules: dict[str, ast.Module]) -> set[str]:
    taken = used_from_outside(modules)
    found = set()
    for module, tree_of in modules.items():
        read = read_in(tree_of)
        for name, node in defined(tree_of):
            if name not in taken[module] and read[name] <= read_in(node)[name] and not name.startswith("__"):
                found.add(f"{module}.{name}")
    return found


def test_everything_is_used() -> None:
    modules = {module: tree(path) for module, path in sources().items()}
    found = {name for name in unused(modules) if name.startswith("exchange.") and not name.startswith(WHOLE_TABLES)}
    assert found == set(UNUSED)


@pytest.mark.parametrize(
    ("own", "other", "expected"),
    [
        ("def read(): ...", "", {"a.read"}),
        ("def read(): ...", "from a import read", set()),
        ("def read(): ...", "import a\na.read()", set()),
        ("def read(): ...\nread()", "", set()),
        ("def read(): return read()", "", {"a.read"}),
        ("LIMIT: int = 3", "", {"a.LIMIT"}),
        ("class Row: ...\ndef make() -> 'Row': ...", "from a import make", set()),
        ("@app.command\ndef serve(): ...", "", set()),
    ],
)
def test_what_is_unused_is_seen(own: str, other: str, expected: set[str]) -> None:
    assert unused({"a": ast.parse(own), "b": ast.parse(other)}) == expected
