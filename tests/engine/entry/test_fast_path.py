"""What the short way takes for granted: rows as they lie in memory, the position of an account's last order."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from bench.flow import FLOWS
from bench.stage import set_stage
from exchange.codes import OrderState
from exchange.engine.engine import Engine
from exchange.engine.prefetch import ALL, LITTLE
from exchange.limits import TEST
from exchange.records import COMMAND, EVENT, blank_rows


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


@pytest.mark.parametrize(("rows", "scatter"), [(4_000, ALL), (1, LITTLE)], ids=["looked up ahead", "remembered"])
@pytest.mark.rule("LIMIT-004")
def test_accounts_that_change_books_count_each_order_at_its_own_position(rows: int, scatter: int) -> None:
    stage = set_stage(replace(FLOWS["mixed"], commands=4_000, warm_orders=400, accounts=5, books=3), "tape")
    stage.reset()
    stage.engine.outs["scatter"] = LITTLE
    for start in range(0, len(stage.rows), rows):
        stage.engine.run_silently(stage.rows[start : start + rows])
    assert stage.engine.outs["scatter"] == scatter
    state = stage.engine.states[0]
    orders = state.orders[state.orders["state"] != OrderState.NONE]
    wanted: Counter[tuple[int, int, int]] = Counter()
    for order in orders:
        wanted[int(order.account), int(order.book), int(order.side)] += int(order.leaves_lots)
    assert len(wanted) > 20
    positions = state.positions[1 : int(state.used_positions) + 1]
    working = {(int(row.account), int(row.book), side): int(row.working[side]) for row in positions for side in (0, 1)}
    assert {key: lots for key, lots in working.items() if lots} == wanted
