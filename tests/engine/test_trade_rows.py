"""Which FILL rows begin a trade."""

import numpy as np
import pytest

from exchange.codes import EventFlag, EventKind
from exchange.engine.trade_rows import count_trades, trade_places
from exchange.records import EVENT, column

IMPLIED, INTERNAL = EventFlag.IMPLIED, EventFlag.IMPLIED | EventFlag.INTERNAL


def fills(*ids_and_flags: tuple[int, int]) -> np.ndarray:
    """An ORDER_ACCEPTED and these FILL rows."""
    events = np.zeros(len(ids_and_flags) + 1, EVENT)
    events["kind"] = [EventKind.ORDER_ACCEPTED] + [EventKind.FILL] * len(ids_and_flags)
    column(events, "trade_id")[1:] = [number for number, _ in ids_and_flags]
    events["flags"][1:] = [flags for _, flags in ids_and_flags]
    return events


def test_a_trade_has_two_rows_and_in_an_implied_group_one() -> None:
    events = fills((7, 0), (7, 0), (8, IMPLIED), (9, IMPLIED), (10, IMPLIED), (11, 0), (11, 0))
    assert trade_places(events).tolist() == [1, 3, 4, 5, 6]
    assert count_trades(events) == 5
    assert count_trades(fills()) == count_trades(events[:0]) == 0


@pytest.mark.rule("SMP-010")
def test_an_internal_leg_is_no_trade_wherever_it_comes() -> None:
    assert count_trades(fills((6, INTERNAL), (7, IMPLIED), (7, INTERNAL), (8, IMPLIED))) == 2
    assert count_trades(fills((6, INTERNAL))) == 0


@pytest.mark.rule("SMP-010")
def test_how_rows_are_cut_into_batches_makes_no_difference() -> None:
    events = fills((6, IMPLIED), (6, INTERNAL), (7, IMPLIED), (7, INTERNAL), (8, IMPLIED), (9, 0), (9, 0))[1:]
    for cut in (0, 1, 3, 5, 7):
        assert count_trades(events[:cut]) + count_trades(events[cut:]) == 4
