"""What a package may import: the picture of shared/design/architecture.md, section 4, in exchange/README.md.

An import counts wherever it stands: at the top, inside a function, for annotations alone, or by name through
`importlib`. An exception stands in a table here with its reason, or it does not exist.
"""

import ast
import re

import pytest

from tests.source_tree import (
    PACKAGES,
    ROOT,
    circles,
    import_graph,
    imported_module,
    imports,
    imports_of,
    named_in_tables,
    prefixes,
    sources,
    tree,
)

BASE = {
    f"exchange.{name}"
    for name in (
        "codes",
        "clearing_codes",
        "kernel_codes",
        "units",
        "records",
        "limits",
        "errors",
        "kernel",
        "machine",
        "compiler",
        "seams",
    )
}
SPEC, WIRE = {"contracts_spec"}, {"exchange.wire"}
ENGINE = {*BASE, *SPEC, "exchange.book", "exchange.clearing", "exchange.engine"}
JOURNAL = {*ENGINE, "exchange.journal"}
EDGE = {*JOURNAL, *WIRE, "exchange.gateway", "exchange.publish"}
# Pure parts of the venue, which scenarios call without one: days, new accounts, settlements.
PURE_DAILY = ("index_days", "settlement", "lives", "spot_months", "position_flags")
VENUE_PURE = {
    *(f"exchange.venue.{name}" for name in ("day_schedule", "account_terms", *(f"daily.{one}" for one in PURE_DAILY))),
}
VENUE = {*EDGE, *VENUE_PURE, "exchange.venue"}
MIDDLE = {*VENUE, "exchange.operator", "exchange.conformance", "exchange.reference", "exchange.web"}

# Part -> the parts below it. A part is the longest prefix of a module's name that stands here.
MAY_IMPORT: dict[str, set[str]] = {
    **dict.fromkeys(BASE, BASE),
    "contracts_spec": {"exchange.codes", "exchange.units", "exchange.errors"},
    "exchange.wire": BASE,
    "exchange.book": BASE | SPEC,
    "exchange.clearing": BASE | SPEC,
    "exchange.engine": ENGINE,
    "exchange.journal": JOURNAL,
    "exchange.gateway": JOURNAL | WIRE,
    "exchange.publish": JOURNAL | WIRE,
    "exchange.web": JOURNAL | WIRE,
    "exchange.reference": {f"exchange.{name}" for name in ("codes", "clearing_codes", "units", "records", "errors")}
    | SPEC,
    "exchange.conformance": {*JOURNAL, *VENUE_PURE, "exchange.reference"},
    **dict.fromkeys(VENUE_PURE, JOURNAL | VENUE_PURE),
    "exchange.venue": EDGE | VENUE_PURE,
    "exchange.operator": VENUE,  # steers a venue that serves
    "exchange.main": MIDDLE,
    "exchange.demo": {*MIDDLE, "exchange.main", "clients"},
    "exchange.cli": {*MIDDLE, "exchange.main", "exchange.demo", "clients", "bench"},
    "exchange": set(),
    "clients": {"exchange.codes", "exchange.units"} | SPEC | WIRE,
    "bench": {*PACKAGES, *MIDDLE, "exchange.main", "exchange.demo", "exchange.cli"},
}

# Groups of the engine, each above those before it; modules of the engine itself stand between them as needed.
ENGINE_GROUPS = ("entry", "quotes", "cancels", "phases", "matching", "control")

# Packages whose docstring is a map: each module stands above all that it imports.
MAPS = ("exchange.gateway", "exchange.gateway.handlers")

# Modules that import each other in a circle -> the reason.
CIRCLES: dict[tuple[str, ...], str] = {}

# Module of the outside world -> parts and modules that may import it, with the reason.
EVENT_LOOP = {
    "exchange.gateway.server": "the websockets shell",
    "exchange.operator.port": "listens at the operator's Unix socket",
    "exchange.venue": "the tick of a venue",
    "exchange.main": "listens in the event loop",
    "exchange.cli": "starts the event loop",
    "exchange.demo": "runs venue and clients in one event loop",
    "exchange.seams": "the real clock sleeps in it",
    "clients": "a client lives across a socket",
    "bench": "measures over real sockets",
}
OUTSIDE = {
    "exchange.seams": "the real clock, disk, network and random bytes",
    "exchange.venue.loop": "the thread that writes the journal",
    "exchange.main": "wiring: hands the real seams down",
    "exchange.cli.app": "wiring: hands the real seams down",
    "exchange.cli.serve": "wiring: hands the real seams down",
    "exchange.operator.port": "asks at the operator's Unix socket",
    "exchange.demo": "wiring: hands the real seams down",
    "clients": "lives across a socket, outside the exchange",
    "bench": "measures real time",
}
FILES = OUTSIDE | {
    "contracts_spec": "reads its own TOML files, before anything runs",
    "exchange.kernel": "folder of compiled kernels",
    "exchange.compiler": "folder of compiled kernels",
    "exchange.engine.warmup": "folder of compiled kernels",
    "exchange.cli": "opens what a user names",
    "exchange.web.files": "reads its own pages and schema files, at the first request for one",
    "exchange.__init__": "sets the limits of the websockets library before anything imports it (SEC-030)",
}
COMPILER = {
    "exchange.kernel": "the one decorator",
    "exchange.machine": "machine operations",
    "exchange.compiler": "how a kernel is compiled",
}
RESTRICTED = {
    "numba": COMPILER,
    "llvmlite": COMPILER,
    "asyncio": EVENT_LOOP,
    "uvloop": {"exchange.venue.loop": "chooses the event loop"},
    "websockets": EVENT_LOOP,
    "time": OUTSIDE,
    "socket": OUTSIDE,
    "random": OUTSIDE,
    "secrets": OUTSIDE,
    "signal": OUTSIDE | {"exchange.cli.serving": "stops a venue at a signal"},
    "select": OUTSIDE,
    "selectors": OUTSIDE,
    "subprocess": OUTSIDE,
    "multiprocessing": OUTSIDE,
    "concurrent": OUTSIDE,
    "ctypes": FILES,
    "_thread": OUTSIDE,
    "uuid": OUTSIDE,
    "threading": OUTSIDE,
    "os": FILES,
    "pathlib": FILES,
    "shutil": FILES,
    "tempfile": FILES,
    "io": FILES,
    "sqlite3": {
        "exchange.gateway.key_file": "reads the key store (DUR-150)",
        "exchange.gateway.keys": "the key store (DUR-150)",
    },
    "fcntl": FILES,
    "mmap": FILES | {"exchange.engine.state": "memory for the record, no file"},
}


def part(name: str) -> str | None:
    """The part of the picture that a module belongs to."""
    return next((prefix for prefix in prefixes(name) if prefix in MAY_IMPORT), None)


def may_import(module: str, imported: str) -> bool:
    own, other = part(module), part(imported)
    assert own is not None and other is not None
    return own == other or other in MAY_IMPORT[own]


def engine_group(module: str) -> str | None:
    parts = module.split(".")
    return parts[2] if parts[:2] == ["exchange", "engine"] and len(parts) > 2 and parts[2] in ENGINE_GROUPS else None


def groups_reached(module: str) -> dict[str, str]:
    """Groups of the engine that a module of it imports, directly or over modules of the engine itself, and the way."""
    found: dict[str, str] = {}
    ways = {module: module}
    waiting = [module]
    while waiting:
        place = waiting.pop()
        for target in import_graph()[place]:
            if not target.startswith("exchange.engine.") or target in ways:
                continue
            ways[target] = f"{ways[place]} > {target}"
            group = engine_group(target)
            if group is None:
                waiting.append(target)
            else:
                found.setdefault(group, ways[target])
    return found


def test_every_import_points_down_the_picture() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: {module} imports {name}"
        for module, path in sources().items()
        for name, line in imports(path)
        if (target := imported_module(name)) and not may_import(module, target)
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("module", "imported"),
    [
        ("exchange.book.fifo", "exchange.clearing.fees"),
        ("exchange.gateway.server", "exchange.publish.market_data"),
        ("exchange.publish.replies", "exchange.gateway.session"),
        ("exchange.gateway.server", "exchange.venue.venue"),
        ("exchange.venue.venue", "exchange.operator.desk"),
        ("exchange.conformance.runner", "exchange.venue.venue"),
        ("exchange.venue.daily.settlement", "exchange.venue.daily.settler"),
        ("exchange.journal.frames", "exchange.wire.messages"),
        ("exchange.units", "exchange.book.levels"),
        ("exchange.reference.book", "exchange.limits"),
        ("exchange.reference.book", "exchange.book.levels"),
        ("exchange.main", "exchange.cli.serve"),
        ("clients.client", "exchange.engine.engine"),
        ("contracts_spec.load", "exchange.kernel"),
        ("exchange.engine.apply", "bench.flows.flow"),
    ],
)
def test_an_import_up_or_sideways_is_seen(module: str, imported: str) -> None:
    assert not may_import(module, imported)


def test_every_package_has_its_place_in_the_picture() -> None:
    packages = {module for module, path in sources().items() if path.name == "__init__.py"}
    unplaced = {package for package in packages if package.startswith("exchange.") and part(package) == "exchange"}
    loose = {f"exchange.{path.stem}" for path in (ROOT / "exchange").glob("*.py") if path.stem != "__init__"}
    assert not unplaced
    assert not loose - set(MAY_IMPORT)


def test_groups_of_the_engine_are_layered() -> None:
    wrong = [
        way
        for module in sources()
        if (own := engine_group(module))
        for group, way in groups_reached(module).items()
        if ENGINE_GROUPS.index(group) > ENGINE_GROUPS.index(own)
    ]
    assert not wrong, "\n".join(wrong)


def test_no_part_of_the_product_imports_tests() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in sources().values()
        for name, line in imports(path)
        if name.split(".")[0] == "tests"
    ]
    assert not wrong, "\n".join(wrong)


def test_no_modules_import_each_other_in_a_circle() -> None:
    unknown = [" ".join(group) for group in circles(import_graph()) if tuple(group) not in CIRCLES]
    assert not unknown, "\n".join(unknown)


def test_every_circle_that_is_allowed_is_there() -> None:
    assert set(CIRCLES) <= {tuple(group) for group in circles(import_graph())}


def mapped(package: str) -> list[str]:
    """Modules and folders of a package in the order of the map in its docstring."""
    text = ast.get_docstring(tree(sources()[package])) or ""
    rows = re.findall(r"^([a-z_/]+(?:, [a-z_]+)*) {2,}\S", text, re.MULTILINE)
    return [f"{package}.{name.rstrip('/')}" for row in rows for name in row.split(", ")]


@pytest.mark.parametrize("package", MAPS)
def test_a_module_stands_in_the_map_of_its_package_above_all_that_it_imports(package: str) -> None:
    places = {name: place for place, name in enumerate(mapped(package))}

    def place(module: str) -> int | None:
        return next((places[prefix] for prefix in prefixes(module) if prefix in places), None)

    inside = [module for module in sources() if module.startswith(f"{package}.")]
    assert not [module for module in inside if place(module) is None]
    wrong = [
        f"{module} imports {target}"
        for module in inside
        for target in import_graph()[module]
        if (own := place(module)) is not None and (other := place(target)) is not None and other < own
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "text",
    [
        "from exchange.book import levels",
        "def use():\n    import exchange.book.levels",
        "if TYPE_CHECKING:\n    from exchange.book.levels import best_row",
        "from importlib import import_module\nimport_module('exchange.book.levels')",
        "import importlib\nQUESTIONS = {'levels': 'exchange.book.levels'}\nimportlib.import_module(QUESTIONS[name])",
        "__import__('exchange.book.levels')",
        "import importlib\nimportlib.import_module('exchange.book.levels' + suffix)",
        "import importlib\nimportlib.import_module(f'exchange.book.levels.{name}')",
        "import runpy\nrunpy.run_module('exchange.book.levels')",
        "def use(levels: 'exchange.book.levels.Ladder') -> None: ...",
        "levels: 'list[exchange.book.levels.Ladder]' = []",
    ],
)
def test_an_import_is_seen_wherever_it_stands(text: str) -> None:
    assert "exchange.book.levels" in {imported_module(name) for name, _ in imports_of(ast.parse(text))}


def test_a_text_is_no_import_where_nothing_is_imported_by_name() -> None:
    assert not imports_of(ast.parse("NAMES = ['exchange.book.levels']"))


def test_a_circle_over_several_modules_is_seen_once() -> None:
    ring = {"a": frozenset("b"), "b": frozenset("c"), "c": frozenset("a"), "d": frozenset("a"), "e": frozenset()}
    assert circles(ring) == [["a", "b", "c"]]


def test_imports_are_written_out() -> None:
    relative = [str(path) for path in sources().values() for name, _ in imports(path) if name.startswith(".")]
    assert not relative


@pytest.mark.rule("SIM-001")
def test_the_outside_world_is_reached_only_through_its_doors() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: imports {name}"
        for path in sources().values()
        for name, line in imports(path)
        if (allowed := RESTRICTED.get(name.split(".")[0])) is not None
        and not any(own in allowed for own in named_in_tables(path))
    ]
    assert not wrong, "\n".join(wrong)


def clocks_read(module: ast.Module) -> list[int]:
    """Lines that ask `datetime` for the time or NumPy for a random number, which no import shows."""
    return [
        node.lineno
        for node in ast.walk(module)
        if isinstance(node, ast.Attribute)
        and (
            (node.attr in ("now", "utcnow", "today") and ast.unparse(node.value).split(".")[-1] in ("datetime", "date"))
            or ast.unparse(node) in ("np.random", "numpy.random")
        )
    ]


@pytest.mark.rule("SIM-001")
def test_the_time_and_random_numbers_come_through_the_doors() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in sources().values()
        if not any(own in OUTSIDE for own in named_in_tables(path))
        for line in clocks_read(tree(path))
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "text", ["datetime.now(UTC)", "date.today()", "datetime.datetime.utcnow()", "np.random.rand()"]
)
def test_a_clock_without_an_import_is_seen(text: str) -> None:
    assert clocks_read(ast.parse(text)) == [1]
    assert not clocks_read(ast.parse("self.clock.now(); date.fromisoformat(text)"))


def test_files_are_opened_only_at_the_doors() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno}: open()"
        for path in sources().values()
        if not any(own in FILES for own in named_in_tables(path))
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "open"
    ]
    assert not wrong, "\n".join(wrong)
