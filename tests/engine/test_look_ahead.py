"""What memory is asked for ahead: how much. No result depends on it (`test_determinism`)."""

import numpy as np
import pytest

from exchange.engine.engine import Engine
from exchange.engine.look_ahead import ALL, LITTLE, MANY_ORDERS, MANY_POSITIONS, OWNERS, scatter_of
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
