"""What memory is asked for ahead: how much. No result depends on it (`test_determinism`)."""

from dataclasses import replace

import numpy as np
import pytest

from bench.flow import FLOWS
from bench.warm_engine import prepare_engine
from exchange.codes import EventKind
from exchange.engine.engine import Engine
from exchange.engine.prefetch import ALL, LITTLE, MANY_ORDERS, MANY_POSITIONS, OWNERS, scatter_of
from exchange.limits import TAPE
from exchange.records import COMMAND, blank_rows

NOTHING_NAMED = [0] * 64


@pytest.mark.parametrize(
    ("instruments", "before", "positions", "orders", "scatter"),
    [
        ([3] * 64, ALL, 0, 0, LITTLE),
        ([3] * 64, LITTLE, MANY_POSITIONS + 1, 0, OWNERS),
        ([3] * 64, LITTLE, 0, MANY_ORDERS + 1, ALL),
        ([3] * 63 + [4], LITTLE, 0, 0, LITTLE),  # some rows are looked at, not all
        ([3] * 32 + [4] * 32, LITTLE, 0, 0, ALL),
        ([0, 3] * 8 + [0, 4] * 24, LITTLE, 0, 0, LITTLE),  # every eighth row: none of them names a book
        ([3] * 8 + [0] * 48 + [4] * 8, LITTLE, 0, 0, ALL),
        (NOTHING_NAMED, LITTLE, 0, 0, LITTLE),
        (NOTHING_NAMED, ALL, 0, 0, ALL),
        (NOTHING_NAMED, OWNERS, 0, 0, LITTLE),
        ([3], ALL, 0, 0, ALL),  # one row tells nothing
        ([], ALL, 0, 0, ALL),
    ],
)
def test_more_is_asked_for_where_commands_touch_rows_far_apart(
    instruments: list[int], before: int, positions: int, orders: int, scatter: int
) -> None:
    engine = Engine(TAPE)
    engine.states["used_positions"], engine.states["used_orders"] = positions, orders
    commands = blank_rows(COMMAND, len(instruments))
    commands["instrument"] = np.array(instruments, np.uint32)
    assert scatter_of(engine.states[0], commands, 0, len(commands), before) == scatter


@pytest.mark.rule("ORDER-004")
def test_commands_that_name_no_book_are_refused_whatever_came_before_them() -> None:
    """Among orders that meet somebody; beyond the table of books, of accounts, or at prices that no window has."""
    flow = replace(FLOWS["mixed"], commands=6_000, warm_orders=400, books=3, accounts=50, aggressive=25, add=32)
    stage = prepare_engine(flow, "tape")
    stage.reset()
    rows = stage.rows.copy()
    nobody = np.random.default_rng(3).choice(len(rows), 900, replace=False)
    rows["instrument"][nobody[:500]] = [TAPE.books + 1, 2**32 - 1] * 250
    rows["account"][nobody[300:600]] = [TAPE.accounts + 1, 2**31] * 150
    rows["price"][nobody[600:]] = [2**63 - 1, -(2**63)] * 150
    events = stage.engine.apply(rows)
    assert stage.engine.outs["scatter"] == ALL
    assert (
        np.count_nonzero(
            np.isin(events["kind"], [EventKind.ORDER_REJECTED, EventKind.CANCEL_REJECTED, EventKind.REPLACE_REJECTED])
        )
        > 300
    )
    state_hash = stage.engine.state_hash()
    stage.reset()
    stage.engine.outs["scatter"] = LITTLE
    singly = [stage.engine.apply(rows[row : row + 1]).copy() for row in range(len(rows))]
    assert stage.engine.outs["scatter"] == LITTLE, "nothing was looked up ahead"
    assert stage.engine.state_hash() == state_hash and np.concatenate(singly).tobytes() == events.tobytes()
