"""Nothing at the top of a module of the exchange is there for nothing: other code of the product uses it."""

import ast
import symtable
from collections import defaultdict
from collections.abc import Container, Iterator

import pytest

from tests.source_tree import sources, tree

# Modules that name all there is, used or not.
WHOLE_TABLES = ("exchange.kernel_codes.", "exchange.engine.event_rows.")
# Name -> why nothing but tests uses it.
UNUSED = {
    "exchange.cli.main": "the command `gpux`, which pyproject.toml names",
    "exchange.book.check.check_books": "asserts every invariant of the books, for changes of them",
    "exchange.records.COMMAND_KINDS": "which names each kind of row uses; tests hold rows to it",
    "exchange.records.EVENT_KINDS": "which names each kind of row uses; tests hold rows to it",
    "exchange.reference.listing.changes_published": "the twin of a control's check",
    "exchange.reference.listing.is_allowed_for_one": "the twin of a control's check",
    "exchange.reference.controls.block.block_refusal": "the twin of a control's check",
    "exchange.reference.controls.bust.bust_refusal": "the twin of a control's check",
    "exchange.reference.controls.transfer.transfer_refusal": "the twin of a control's check",
    "exchange.engine.query.ahead": "where an order stands in its queue; a question that research asks",
    "exchange.engine.query.order_of": "a live order by its id alone; a question that research asks",
    "exchange.engine.query.queue": "the orders of a queue; a question that research asks",
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


def read_inside(module: ast.Module) -> dict[str, set[str]]:
    """Name at the top of a module -> functions and classes at its top that read it, "" for the module itself. A local
    variable or an argument of the same name is another."""
    found: dict[str, set[str]] = defaultdict(set)
    text = ast.unparse(module)

    def look(table: symtable.SymbolTable, owner: str) -> None:
        for symbol in table.get_symbols():
            if symbol.is_referenced() and (table.get_type() == "module" or symbol.is_global()):
                found[symbol.get_name()].add(owner)
        for inner in table.get_children():
            look(inner, owner or inner.get_name())

    look(symtable.symtable(text, "module", "exec"), "")
    for statement in module.body:
        owner = getattr(statement, "name", "")
        for node in ast.walk(statement):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
                found[node.value].add(owner)  # an annotation may be text
    return found


def unused(modules: dict[str, ast.Module], allowed: Container[str] = ()) -> set[str]:
    """Names that neither another module takes nor anything of their own module reads that is used itself. What those
    that are `allowed` read is used."""
    taken = used_from_outside(modules)
    found = set()
    for module, tree_of in modules.items():
        names, read = {name for name, _ in defined(tree_of)}, read_inside(tree_of)
        used = reached({name for name in names if name in taken[module] or name.startswith("__")}, names, read)
        kept = {name for name in names - used if f"{module}.{name}" in allowed}
        found |= {f"{module}.{name}" for name in kept | (names - reached(used | kept, names, read))}
    return found


def reached(used: set[str], names: set[str], read: dict[str, set[str]]) -> set[str]:
    """Names that are used, if these are: what a used name or the module itself reads is used, too."""
    more = {name for name in names if any(owner not in names or owner in used for owner in read[name])}
    return used if more <= used else reached(used | more, names, read)


def test_everything_is_used() -> None:
    modules = {module: tree(path) for module, path in sources().items()}
    found = {
        name for name in unused(modules, UNUSED) if name.startswith("exchange.") and not name.startswith(WHOLE_TABLES)
    }
    assert found == set(UNUSED)


@pytest.mark.parametrize(
    ("own", "other", "expected"),
    [
        ("def read(): ...", "", {"a.read"}),
        ("def read(): ...", "from a import read", set()),
        ("def read(): ...", "import a\na.read()", set()),
        ("def read(): ...\nread()", "", set()),
        ("def read(): return read()", "", {"a.read"}),
        ("def read(): return walk()\ndef walk(): return read()", "", {"a.read", "a.walk"}),
        ("def read(): ...\ndef walk(read): return read", "from a import walk", {"a.read"}),
        ("def read(): ...\ndef walk():\n  read = 1\n  return read", "from a import walk", {"a.read"}),
        ("def read(): ...\ndef walk(row): return row.read", "from a import walk", {"a.read"}),
        ("LIMIT: int = 3", "", {"a.LIMIT"}),
        ("class Row: ...\ndef make() -> 'Row': ...", "from a import make", set()),
        ("@app.command\ndef serve(): ...", "", set()),
    ],
)
def test_what_is_unused_is_seen(own: str, other: str, expected: set[str]) -> None:
    assert unused({"a": ast.parse(own), "b": ast.parse(other)}) == expected
