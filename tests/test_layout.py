"""Where things stand and what they are called: folders, test files, names of classes, who changes an object.

An exception stands in a table here with its reason, or it does not exist.
"""

import ast
from collections import Counter
from pathlib import Path

import pytest

from tests.attributes import known_classes, set_from_outside
from tests.source_tree import ROOT, sources, tree, written_tests

LOOSE_MODULES_MAX = 12
FOLDER_FILES_MAX = 22

# Folder with more files than that -> why.
LARGE_FOLDERS: dict[str, str] = {}

# Packages whose objects have one owner each.
OWNERS = (
    *(f"exchange.{name}" for name in ("venue", "gateway", "publish", "journal", "operator", "main", "demo", "cli")),
    "clients",
)
# Module -> why it sets attributes of objects of other files.
SET_FROM_OUTSIDE: dict[str, str] = {
    # a client's state is records that messages fill in; each is changed by one of these files
    "clients.core": "accounts, requests and feeds of its session",
    "clients.feeds": "books of its channels",
    "clients.order_replies": "orders, as a reply has changed them",
}

# Module -> why it has no test file of its own.
WITHOUT_TEST: dict[str, str] = {}

# Class name with several meanings -> why each of them is the field's own word where it stands.
SEVERAL_MEANINGS = {
    # the slow twin is called what its fast one is
    "AllocationTerms": "of a pro-rata book, in the engine and in the reference",
    "Instrument": "of the catalogue, and of the reference",
    "Market": "all books of the reference, and one to trade in for research",
    "Replay": "the request for missed messages, and a tape that research trades in",
    "Order": "as the reference, a client and research know it",
    "Phases": "market states as published, and as the reference keeps them",
    "Position": "the reference's record, and the message that says it",
    # what one side asks for, and what the other gives
    "Settlement": "a price as it was found, and the message that says it",
    "Session": "the venue's side of a conversation, and the client's",
}


def test_few_modules_stand_loose() -> None:
    loose = [path.name for path in (ROOT / "exchange").glob("*.py") if path.name != "__init__.py"]
    assert len(loose) <= LOOSE_MODULES_MAX, sorted(loose)


def test_a_folder_is_seen_at_a_glance() -> None:
    files = Counter(path.relative_to(ROOT).parent.as_posix() for path in sources().values() if path.stem != "__init__")
    large = {
        folder: count for folder, count in files.items() if count > FOLDER_FILES_MAX and folder not in LARGE_FOLDERS
    }
    assert not large


def test_exceptions_for_large_folders_are_needed() -> None:
    files = Counter(path.relative_to(ROOT).parent.as_posix() for path in sources().values() if path.stem != "__init__")
    assert not [folder for folder in LARGE_FOLDERS if files[folder] <= FOLDER_FILES_MAX]


def own_test_of(path: Path) -> Path:
    """Where the tests of a module stand."""
    inside = path.relative_to(ROOT)
    inside = inside.relative_to("exchange") if inside.parts[0] == "exchange" else inside
    return ROOT / "tests" / inside.parent / f"test_{inside.name}"


def test_every_module_has_a_test_file_of_its_own() -> None:
    files = {module: own_test_of(path) for module, path in sources().items() if path.name != "__init__.py"}
    without = {module for module, file in files.items() if not file.exists()}
    missing = [
        f"{files[module].relative_to(ROOT)}: tests of {module}" for module in sorted(without - set(WITHOUT_TEST))
    ]
    assert not missing, "\n".join(missing)
    assert not set(WITHOUT_TEST) - without


def test_every_test_file_tests_something() -> None:
    empty = [
        str(path.relative_to(ROOT))
        for path in written_tests()
        if path.name.startswith("test_")
        and not any(
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
            for node in ast.walk(tree(path))
        )
        and "TestCase" not in path.read_text()
    ]
    assert not empty, "\n".join(empty)


def test_a_class_name_has_one_meaning() -> None:
    places: dict[str, list[str]] = {}
    for module, path in sources().items():
        for node in tree(path).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append(module)
    several = {name: modules for name, modules in places.items() if len(modules) > 1}
    unknown = [
        f"{name}: {', '.join(modules)}" for name, modules in sorted(several.items()) if name not in SEVERAL_MEANINGS
    ]
    assert not unknown, "\n".join(unknown)
    assert not set(SEVERAL_MEANINGS) - set(several)


def test_no_attribute_is_set_from_outside() -> None:
    """State is changed in one place by one owner: the class itself, its file, or who has just built the object."""
    trees = {module: tree(path) for module, path in sources().items() if module.startswith(("exchange.", "clients."))}
    known = known_classes(trees)
    found = {
        module: [
            f"{sources()[module].relative_to(ROOT)}:{line}: {what}"
            for line, what in set_from_outside(known, module, trees[module])
        ]
        for module in trees
        if module.startswith(OWNERS)
    }
    wrong = [place for module, places in found.items() if module not in SET_FROM_OUTSIDE for place in places]
    assert not wrong, "\n".join(wrong)
    assert not [module for module in SET_FROM_OUTSIDE if not found.get(module)], "exceptions are needed"


HUB = """
class Hub:
    def __init__(self) -> None:
        self.line = Line()
        self.lines: list[Line] = []

    def first(self) -> Line:
        return self.lines[0]

class Line:
    def __init__(self) -> None:
        self.open = False

    def close(self) -> None:
        self.open = False

@dataclass
class Row:
    lots: int
"""


@pytest.mark.parametrize(
    ("body", "outside"),
    [
        ("def use(hub: Hub) -> None: hub.line.open = True", True),
        ("def use(hub: 'Hub') -> None: hub.first().open = True", True),
        ("def use(hub: Hub | None) -> None:\n for line in hub.lines:\n  line.open = True", True),
        ("def use(hub: Hub) -> None:\n one, two = hub.lines[0], 1\n one.open = True", True),
        ("def use(thing) -> None: thing.open = True", True),
        ("def use(hub: Hub) -> None: hub.line.open += 1", True),
        ("def use() -> None:\n line = Line()\n line.open = True", False),
        ("def use(row: Row) -> None: row.lots = 1", False),
        ("def use(rows) -> None: rows[0].lots = 1", False),
        ("class Other:\n def __init__(self) -> None: self.open = True", False),
    ],
)
def test_what_is_set_from_outside_is_seen(body: str, outside: bool) -> None:
    trees = {"hub": ast.parse(HUB), "user": ast.parse(body)}
    assert bool(list(set_from_outside(known_classes(trees), "user", trees["user"]))) == outside
    assert not list(set_from_outside(known_classes(trees), "hub", trees["hub"])), "a file may set what it defines"
