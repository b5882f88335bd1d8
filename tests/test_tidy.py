"""The house rules that a machine can check: import directions, lengths, leftovers, kernels.

Directions are those of the picture in exchange/README.md, "Who may import whom". An exception stands in a table here
with its reason, or it does not exist.
"""

import ast
import json
import re
import subprocess
import sys

import pytest

from tests.source_tree import (
    PACKAGES,
    ROOT,
    all_python,
    annotation_lines,
    doors,
    imported_module,
    imports,
    prefixes,
    sources,
    tree,
    written_tests,
)

FUNCTION_LINES_MAX = 50
FILE_LINES_MAX = 400

FOUNDATION = {
    f"exchange.{name}"
    for name in ("codes", "units", "limits", "records", "kernel", "compiler", "seams", "direct_write", "errors")
}
PRODUCT = {*FOUNDATION, "exchange.book", "exchange.clearing", "exchange.engine", "exchange.journal", "exchange.wire"}

# Part -> the parts below it. A part is the longest prefix of a module's name that stands here.
MAY_IMPORT = {
    **dict.fromkeys(FOUNDATION, FOUNDATION),
    "contracts_spec": {"exchange.codes", "exchange.units", "exchange.errors"},
    "exchange.wire": FOUNDATION,
    "exchange.book": FOUNDATION,
    "exchange.clearing": FOUNDATION | {"contracts_spec"},
    "exchange.engine": FOUNDATION | {"contracts_spec", "exchange.book", "exchange.clearing"},
    "exchange.journal": PRODUCT - {"exchange.wire"} | {"contracts_spec"},
    "exchange.gateway": PRODUCT | {"contracts_spec"},
    "exchange.publish": PRODUCT | {"contracts_spec"},
    "exchange.web": PRODUCT | {"contracts_spec"},
    "exchange": {*PACKAGES, "exchange.gateway", "exchange.publish", "exchange.web", *PRODUCT},
    "clients": {"exchange.wire", "exchange.codes", "exchange.units", "exchange.errors", "contracts_spec"},
    "bench": {*PACKAGES, "exchange.gateway", "exchange.publish", "exchange.web", *PRODUCT},
}

# Module of the outside world -> parts and modules that may import it, with the reason.
EVENT_LOOP = {
    "exchange.gateway.server": "the websockets shell",
    "exchange.venue.loop": "chooses the event loop",
    "exchange.main": "listens in the event loop",
    "exchange.cli.serve": "starts the event loop",
    "exchange.operator.port": "listens at the operator's Unix socket",
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
    "exchange.direct_write": "the real disk, which the seams hand out",
    "exchange.kernel": "folder of compiled kernels",
    "exchange.compiler": "folder of compiled kernels",
    "exchange.engine.warmup": "folder of compiled kernels",
    "exchange.cli.conformance": "reads scenario files",
    "exchange.__init__": "sets the limits of the websockets library before anything imports it (SEC-030)",
}
RESTRICTED = {
    "numba": {"exchange.kernel": "the one decorator", "exchange.compiler": "how a kernel is compiled"},
    "asyncio": EVENT_LOOP,
    "uvloop": {"exchange.venue.loop": "chooses the event loop"},
    "websockets": EVENT_LOOP,
    "time": OUTSIDE,
    "socket": OUTSIDE,
    "random": OUTSIDE,
    "secrets": OUTSIDE,
    "uuid": OUTSIDE,
    "threading": OUTSIDE,
    "os": FILES,
    "pathlib": FILES,
    "shutil": FILES,
    "tempfile": FILES,
    "fcntl": FILES,
    "mmap": FILES | {"exchange.engine.state": "memory for the record, no file"},
}
# Modules whose purpose is to talk to a person at a terminal.
PRINTS = {"exchange.cli.app", "exchange.cli.operator", "exchange.demo", "bench"}
TESTS_LONGER_THAN_A_FILE: dict[str, str] = {}

LEFTOVERS = {
    "a note to self": re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b"),
    "a debugger": re.compile(r"\b(break" r"point\(\)|pdb\.set_" r"trace)"),
    "a path of somebody's machine": re.compile(r"[\"' (]/(home|ro" r"ot|Users|tm" r"p|work)/"),
    "a conflict mark": re.compile(r"^(<{7}|>{7}) ", re.MULTILINE),
}


def part(name: str) -> str | None:
    """The part of the picture that a module belongs to."""
    return next((prefix for prefix in prefixes(name) if prefix in MAY_IMPORT), None)


def may_import(module: str, imported: str) -> bool:
    own, other = part(module), part(imported)
    assert own is not None and other is not None
    return own == other or other in MAY_IMPORT[own]


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
        ("exchange.gateway.server", "exchange.venue.venue"),
        ("exchange.journal.frames", "exchange.wire.messages"),
        ("exchange.units", "exchange.book.levels"),
        ("clients.client", "exchange.engine.engine"),
        ("contracts_spec.load", "exchange.kernel"),
        ("exchange.engine.apply", "bench.flow"),
    ],
)
def test_an_import_up_or_sideways_is_seen(module: str, imported: str) -> None:
    assert not may_import(module, imported)


def test_no_part_of_the_product_imports_tests() -> None:
    wrong = [str(path) for path in sources().values() for name, _ in imports(path) if name.split(".")[0] == "tests"]
    assert not wrong


def test_no_module_imports_itself_in_a_circle() -> None:
    graph = {
        module: {
            target
            for name, line in imports(path)
            if (target := imported_module(name)) and target != module and line not in annotation_lines(path)
        }
        for module, path in sources().items()
    }
    done: set[str] = set()

    def visit(module: str, trail: tuple[str, ...]) -> None:
        assert module not in trail, " -> ".join((*trail[trail.index(module) :], module))
        if module not in done:
            for target in sorted(graph[module]):
                visit(target, (*trail, module))
            done.add(module)

    for module in graph:
        visit(module, ())


@pytest.mark.rule("SIM-001")
def test_the_outside_world_is_reached_only_through_its_doors() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: imports {name}"
        for path in sources().values()
        for name, line in imports(path)
        if (allowed := RESTRICTED.get(name.split(".")[0])) is not None
        and not any(door in allowed for door in doors(path))
    ]
    assert not wrong, "\n".join(wrong)


def test_files_are_opened_only_at_the_doors() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno}: open()"
        for path in sources().values()
        if not any(door in FILES for door in doors(path))
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "open"
    ]
    assert not wrong, "\n".join(wrong)


def test_every_module_says_its_purpose() -> None:
    silent = [str(path.relative_to(ROOT)) for path in all_python() if not ast.get_docstring(tree(path))]
    assert not silent


def test_every_file_is_read_in_one_sitting() -> None:
    long = [
        f"{path.relative_to(ROOT)}: {lines} lines"
        for path in all_python()
        if (lines := len(path.read_text().splitlines())) > FILE_LINES_MAX
        and str(path.relative_to(ROOT)) not in TESTS_LONGER_THAN_A_FILE
    ]
    assert not long, "\n".join(long)


def test_every_function_fits_a_screen() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {node.name} has {lines} lines"
        for path in all_python()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION_LINES_MAX
    ]
    assert not long, "\n".join(long)


def test_nothing_is_left_lying_about() -> None:
    texts = [
        *all_python(),
        *(file for package in PACKAGES for file in (ROOT / package).rglob("*.md")),
        *(file for package in PACKAGES for file in (ROOT / package).rglob("*.toml")),
        *(ROOT / name for name in ("README.md", "CHANGELOG.md", "Makefile", "pyproject.toml")),
    ]
    found = [
        f"{path.relative_to(ROOT)}: {what}: {match.group().strip()}"
        for path in texts
        for what, pattern in LEFTOVERS.items()
        for match in pattern.finditer(path.read_text())
    ]
    assert not found, "\n".join(found)


def test_no_error_is_swallowed_whole() -> None:
    bare = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in all_python()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ExceptHandler) and node.type is None
    ]
    assert not bare, "\n".join(bare)


def test_libraries_do_not_print() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources().values()
        if not any(door in PRINTS for door in doors(path))
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert not wrong, "\n".join(wrong)


def test_tests_neither_sleep_nor_read_the_clock() -> None:
    clocks = {("time", name) for name in ("sleep", "time", "time_ns", "monotonic", "monotonic_ns")}
    clocks |= {("datetime", "now"), ("datetime", "utcnow"), ("date", "today")}
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {node.value.id}.{node.attr}"
        for path in written_tests()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and (node.value.id, node.attr) in clocks
    ]
    assert not wrong, "\n".join(wrong)


def is_kernel(function: ast.FunctionDef) -> bool:
    return any(isinstance(decorator, ast.Name) and decorator.id == "kernel" for decorator in function.decorator_list)


def test_kernels_use_the_one_decorator_and_nothing_that_a_compiler_cannot_hold() -> None:
    forbidden = ast.Try | ast.Dict | ast.DictComp | ast.Lambda | ast.JoinedStr | ast.Raise | ast.Yield | ast.With
    wrong = [
        f"{path.relative_to(ROOT)}:{inner.lineno}: {type(inner).__name__} in kernel {node.name}"
        for path in sources().values()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef) and is_kernel(node)
        for inner in ast.walk(node)
        if isinstance(inner, forbidden) or (isinstance(inner, ast.FunctionDef) and inner is not node)
    ]
    assert not wrong, "\n".join(wrong)


# Kernels after the warm-up, then after a second day: [name, signatures, signatures later, kernels it calls].
# A part that Python calls is compiled anew under its old signature: that counts as one more.
PROBE = """
import importlib, json, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
import numpy as np
from exchange.codes import CommandKind, Side
from exchange.engine import query
from exchange.engine.engine import Engine, blank_commands
from exchange.engine.warmup import day_limits, definitions, warm_up
from exchange.kernel import KERNELS
from exchange.limits import TEST
warm_up(TEST)
before = [dict(kernel.overloads) for kernel in KERNELS]
engine = Engine(TEST)
for size in (1, 3):
    for kind in [kind for kind in CommandKind if kind < 64]:
        rows = blank_commands(size)
        rows["sequence"] = np.arange(engine.sequence + 1, engine.sequence + 1 + size)
        rows["kind"] = kind
        engine.first_refusal(rows)
        engine.apply(rows)
for kind, payload in [*definitions(), day_limits()]:
    row = blank_commands(1)
    row["sequence"], row["kind"] = engine.sequence + 1, kind
    engine.control(row, payload)
query.depth(engine.states, 1, 0)
query.queue(engine.states, 1, Side.BUY, 100)
query.ahead(engine.states, 1)
query.open_orders(engine.states, 1)
query.open_page(engine.states, 1, 5, 10)
query.has_quote(engine.states, 1, 1)
query.find_order(engine.states, 1, client_order_id="A")
query.find_order(engine.states, 1, order_id=1)
query.position(engine.states, 1, 1)
query.margin(engine.states, 1)
def name_of(kernel):
    return f"{kernel.py_func.__module__}.{kernel.py_func.__name__}"
def calls(kernel):
    used = (kernel.py_func.__globals__.get(name) for name in kernel.py_func.__code__.co_names)
    return [name_of(other) for other in used if hasattr(other, "py_func")]
def fresh(kernel, known):
    return sum(code is not known.get(signature) for signature, code in kernel.overloads.items())
print(json.dumps([[name_of(k), len(n), len(n) + fresh(k, n), calls(k)] for k, n in zip(KERNELS, before)]))
"""
Warmed = dict[str, tuple[int, int, list[str]]]


@pytest.fixture(scope="module")
def warmed() -> Warmed:
    """Kernel -> (signatures after the warm-up, signatures after more trading, kernels it calls)."""
    modules = [m for m, path in sources().items() if m.startswith("exchange.") and "\n@kernel" in path.read_text()]
    run = subprocess.run([sys.executable, "-c", PROBE, *modules], capture_output=True, text=True, cwd=ROOT, check=False)
    assert run.returncode == 0, run.stderr
    return {name: (first, later, calls) for name, first, later, calls in json.loads(run.stdout.splitlines()[-1])}


def test_every_kernel_is_compiled_by_the_warm_up(warmed: Warmed) -> None:
    """A callee that a warm cache brings along has no signature of its own: follow the calls."""
    reached = {name for name, (signatures, _, _) in warmed.items() if signatures}
    waiting = list(reached)
    while waiting:
        for callee in warmed[waiting.pop()][2]:
            if callee in warmed and callee not in reached:
                reached.add(callee)
                waiting.append(callee)
    assert warmed
    assert not set(warmed) - reached


def test_every_entry_kernel_has_one_signature(warmed: Warmed) -> None:
    """Kernels called by kernels are specialised while these compile; one that Python calls must stay as it is."""
    inner = {callee for _, _, calls in warmed.values() for callee in calls}
    several = {name: first for name, (first, _, _) in warmed.items() if name not in inner and first != 1}
    assert set(warmed) - inner
    assert not several


def test_nothing_compiles_after_the_warm_up(warmed: Warmed) -> None:
    """A compile is a pause in trading."""
    compiled = {name: later - first for name, (first, later, _) in warmed.items() if later != first}
    assert not compiled
