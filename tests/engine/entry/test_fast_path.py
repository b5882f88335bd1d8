"""What the fast path takes for granted: rows as they lie in memory, the position of an account's last order, places
that are refreshed."""

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from bench.flows.flow import FLOWS
from bench.warm_engine import prepare_engine
from exchange.codes import OrderState
from exchange.engine.engine import Engine
from exchange.engine.prefetch import PREFETCH_ALL, PREFETCH_ORDERS
from exchange.limits import MEDIUM
from exchange.records import COMMAND, EVENT, EVENT_ALIASES, blank_rows
from tests.source_tree import kernel_files, kernels_of, sources, tree


@pytest.mark.parametrize(
    "commands",
    [blank_rows(COMMAND, 8)[::2], blank_rows(EVENT, 2), blank_rows(COMMAND, 4).reshape(2, 2), np.zeros(256, np.uint8)],
    ids=["not one after the other", "events", "two dimensions", "bytes"],
)
def test_only_whole_command_rows_are_run(commands: np.ndarray) -> None:
    """The machine code reads them without a look at their type."""
    engine = Engine(MEDIUM)
    before = engine.state_hash()
    for run in (engine.apply, engine.run_silently):
        with pytest.raises(TypeError, match="want whole COMMAND rows"):
            run(commands)
    assert engine.state_hash() == before


@pytest.mark.parametrize(
    ("rows", "extent"), [(4_000, PREFETCH_ALL), (1, PREFETCH_ORDERS)], ids=["looked up ahead", "remembered"]
)
@pytest.mark.rule("LIMIT-004")
def test_accounts_that_change_books_count_each_order_at_its_own_position(rows: int, extent: int) -> None:
    stage = prepare_engine(replace(FLOWS["mixed"], commands=4_000, warm_orders=400, accounts=5, books=3), "medium")
    stage.reset()
    stage.engine.outs["prefetch_extent"] = PREFETCH_ORDERS
    for start in range(0, len(stage.rows), rows):
        stage.engine.run_silently(stage.rows[start : start + rows])
    assert stage.engine.outs["prefetch_extent"] == extent
    state = stage.engine.states[0]
    orders = state.orders[state.orders["state"] != OrderState.NONE]
    wanted: Counter[tuple[int, int, int]] = Counter()
    for order in orders:
        wanted[int(order.account), int(order.book), int(order.side)] += int(order.leaves_lots)
    assert len(wanted) > 20
    positions = state.positions[1 : int(state.used_positions) + 1]
    working = {
        (int(row.account), int(row.book), side): int(row.working_lots[side]) for row in positions for side in (0, 1)
    }
    assert {key: lots for key, lots in working.items() if lots} == wanted


REFRESHERS = {"refresh_fast_path", "derive_margin_terms", "changing_terms"}
COMPILED = ("exchange.book.", "exchange.clearing.", "exchange.engine.")
RESULT = "fast_path_places"


@cache
def inputs() -> frozenset[str]:
    """What `refresh_fast_path` reads of a book, by itself and in the kernels that it calls."""
    functions = {name: node for path in kernel_files().values() for name, node in kernels_of(path).items()}
    found: set[str] = set()
    waiting, done = ["refresh_fast_path"], set[str]()
    while waiting:
        name = waiting.pop()
        done.add(name)
        found |= {ast.unparse(node).removeprefix("book.") for node in ast.walk(functions[name]) if _is_of_book(node)}
        waiting += [other for other in called(functions[name]) if other in functions and other not in done]
    return frozenset(found - {RESULT})


def _is_of_book(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "book"


def inputs_written(function: ast.FunctionDef) -> dict[str, int]:
    """Inputs that a function assigns, by name, by a text or by a name that it works out; each with its last line."""
    targets = [target for node in ast.walk(function) if isinstance(node, ast.Assign) for target in node.targets]
    targets += [node.target for node in ast.walk(function) if isinstance(node, ast.AugAssign)]
    flat = [part for target in targets for part in (target.elts if isinstance(target, ast.Tuple) else [target])]
    written = {name: part.lineno for part in flat for name in fields_of(part) if name in inputs()}
    return written | ({"setattr": function.lineno} if "setattr" in called(function) else {})


def fields_of(target: ast.expr) -> Iterator[str]:
    """Names of fields in what is assigned, `state.books["market_state"][1]` or `book.market_state`; those of EVENT rows
    and of the cursor left out."""
    node: ast.AST = target
    while isinstance(node, ast.Subscript | ast.Attribute):
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            yield str(node.slice.value)
        elif isinstance(node, ast.Attribute) and not _is_of_another(node):
            yield node.attr
        node = node.value


def _is_of_another(field: ast.Attribute) -> bool:
    """Whether a field is of an EVENT row or of the cursor, some of which have the names of a book's."""
    owner = ast.unparse(field.value)
    return (owner == "row" and field.attr in EVENT_ALIASES) or owner in ("cursor", "state.cursor")


def called(function: ast.FunctionDef) -> dict[str, int]:
    """Functions that a function calls, each with the last line where their work is done: of a block, its end."""
    blocks = {id(item.context_expr): node for node in ast.walk(function) if isinstance(node, ast.With)
              for item in node.items}  # fmt: skip
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    calls.sort(key=lambda call: call.lineno)
    return {
        call.func.id: blocks.get(id(call), call).end_lineno or 0 for call in calls if isinstance(call.func, ast.Name)
    }


def stale_writers(whole: ast.Module) -> list[str]:
    """Functions that write an input, and neither they nor all their callers in the file refresh the places after it."""
    functions = {node.name: node for node in whole.body if isinstance(node, ast.FunctionDef)}

    def is_fresh(name: str, line: int) -> bool:
        if name in REFRESHERS:
            return True
        refreshed = [last for refresher, last in called(functions[name]).items() if refresher in REFRESHERS]
        if refreshed and max(refreshed) >= line:
            return True
        callers = {other: called(node)[name] for other, node in functions.items() if name in called(node)}
        return bool(callers) and all(is_fresh(other, last) for other, last in callers.items())

    written = {name: inputs_written(node) for name, node in functions.items()}
    return [name for name, lines in written.items() if lines and not is_fresh(name, max(lines.values()))]


def test_what_the_places_depend_on_is_read_off_the_code() -> None:
    assert inputs() == {
        "market_state", "order_entry", "leg_count", "term", "spot_weight", "min_inc", "lot_inc", "edge_tick",
        "band_ticks", "has_last", "last_tick", "has_indicative", "indicative_tick", "settle_tick",
    }  # fmt: skip


def test_whatever_changes_the_places_of_the_fast_path_refreshes_them() -> None:
    files = {module: path for module, path in sources().items() if module.startswith(COMPILED)}
    writers = {
        node.name
        for path in files.values()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef) and inputs_written(node)
    }
    assert {"_note_trades", "_set_book_state", "_end_day", "_set_limits", "_open_book", "_set_legs"} <= writers
    assert not {module: stale for module, path in files.items() if (stale := stale_writers(tree(path)))}


@pytest.mark.parametrize(
    ("source", "stale"),
    [
        ("def close(book):\n book.market_state = 0", ["close"]),
        ("def widen(book):\n book.edge_tick[:], x = 1, 2", ["widen"]),
        ("def trade(book):\n book.last_tick = 1\n refresh_fast_path(book)", []),
        ("def open(book):\n legs(book)\n refresh_fast_path(book)\ndef legs(book):\n book.leg_count = 2", []),
        ("def open(book):\n refresh_fast_path(book)\n legs(book)\ndef legs(book):\n book.leg_count = 2", ["legs"]),
        ("def close(book):\n refresh_fast_path(book)\n book.market_state = 0", ["close"]),
        ("def close(state):\n state.books['market_state'][1] = 0", ["close"]),
        ("def close(state):\n state.books[1]['market_state'] = 0", ["close"]),
        ("def close(state):\n row = state.books[1]\n row.order_entry = 0", ["close"]),
        ("def settle(book):\n with changing_terms(book):\n  book.settle_tick = 1", []),
        ("def settle(book):\n with changing_terms(book):\n  pass\n book.settle_tick = 1", ["settle"]),
    ],
)
def test_a_writer_that_does_not_refresh_is_seen(source: str, stale: list[str]) -> None:
    assert stale_writers(ast.parse(source)) == stale
