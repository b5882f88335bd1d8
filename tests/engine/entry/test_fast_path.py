"""What the fast path takes for granted: rows as they lie in memory, the position of an account's last order, places
that are refreshed."""

import ast
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from bench.flow import FLOWS
from bench.warm_engine import prepare_engine
from exchange.codes import OrderState
from exchange.engine.engine import Engine
from exchange.engine.prefetch import PREFETCH_ALL, PREFETCH_ORDERS
from exchange.limits import TEST
from exchange.records import COMMAND, EVENT, blank_rows
from tests.source_tree import sources, tree


@pytest.mark.parametrize(
    "commands",
    [blank_rows(COMMAND, 8)[::2], blank_rows(EVENT, 2), blank_rows(COMMAND, 4).reshape(2, 2), np.zeros(256, np.uint8)],
    ids=["not one after the other", "events", "two dimensions", "bytes"],
)
def test_only_whole_command_rows_are_run(commands: np.ndarray) -> None:
    """The machine code reads them without a look at their type."""
    engine = Engine(TEST)
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
    stage = prepare_engine(replace(FLOWS["mixed"], commands=4_000, warm_orders=400, accounts=5, books=3), "tape")
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


# What `refresh_fast_path` reads of a book, but its ladder: `edge_tick` changes with the limits.
INPUTS = {
    "market_state", "order_entry", "leg_count", "term", "spot_weight", "min_inc", "lot_inc", "low_tick", "high_tick",
    "edge_tick", "band_ticks", "has_last", "last_tick", "has_indicative", "indicative_tick", "mark_tick",
}  # fmt: skip
REFRESHERS = {"refresh_fast_path", "derive_margin_terms", "changing_terms"}
COMPILED = ("exchange.book.", "exchange.clearing.", "exchange.engine.")


def inputs_written(function: ast.FunctionDef) -> set[str]:
    """Inputs that a function assigns, by name or by a name that it works out."""
    targets = [target for node in ast.walk(function) if isinstance(node, ast.Assign) for target in node.targets]
    targets += [node.target for node in ast.walk(function) if isinstance(node, ast.AugAssign)]
    flat = [part for target in targets for part in (target.elts if isinstance(target, ast.Tuple) else [target])]
    fields = [part.value if isinstance(part, ast.Subscript) else part for part in flat]
    written = {field.attr for field in fields if isinstance(field, ast.Attribute) and not of_another(field)} & INPUTS
    return written | ({"setattr"} if "setattr" in called(function) else set())


def of_another(field: ast.Attribute) -> bool:
    """Whether a field is of an EVENT row or of the cursor, which share some names with a book."""
    return ast.unparse(field.value) in ("row", "cursor", "state.cursor")


def called(function: ast.FunctionDef) -> set[str]:
    calls = (node.func for node in ast.walk(function) if isinstance(node, ast.Call))
    return {call.id for call in calls if isinstance(call, ast.Name)}


def stale_writers(whole: ast.Module) -> list[str]:
    """Functions that write an input, and neither they nor all their callers in the file refresh the places."""
    functions = {node.name: node for node in whole.body if isinstance(node, ast.FunctionDef)}
    refreshing = {name for name, node in functions.items() if name in REFRESHERS or REFRESHERS & called(node)}

    def is_fresh(name: str) -> bool:
        callers = [other for other, node in functions.items() if name in called(node)]
        return name in refreshing or (bool(callers) and all(map(is_fresh, callers)))

    return [name for name, node in functions.items() if inputs_written(node) and not is_fresh(name)]


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
    ],
)
def test_a_writer_that_does_not_refresh_is_seen(source: str, stale: list[str]) -> None:
    assert stale_writers(ast.parse(source)) == stale
