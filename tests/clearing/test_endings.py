"""Positions of instruments that end, closed or turned into positions in the children."""

import numpy as np
import pytest

from exchange.clearing.endings import cascade_positions, close_positions
from exchange.clearing_codes import HouseAccount
from exchange.codes import Side
from tests.ending import F27, G27, H27, HOURS, Q1, Ending
from tests.funded import MARK, RICH
from tests.venues import check_ledger


@pytest.mark.rule("FEE-001", "INV-018")
def test_only_named_books_are_closed_and_each_side_pays() -> None:
    market = Ending()
    market.trade(1, Side.BUY, 5, MARK)
    market.trade(2, Side.SELL, 3, MARK, G27)
    states = market.pair.fast.engine.states
    closes, paid = (
        np.zeros(states.shape[0] and len(states[0].books), np.uint8),
        np.zeros(len(states[0].accounts), np.int64),
    )
    closes[F27] = 1
    close_positions(states[0], closes, 3, paid)
    assert (market.lots(1), market.lots(RICH), market.lots(2, G27)) == (0, 0, -3)
    assert {account: int(paid[account]) for account in np.flatnonzero(paid)} == {
        1: 15 * HOURS[F27],
        RICH: 15 * HOURS[F27],
    }
    assert int(states[0].house_mills[HouseAccount.FEES]) == 30 * HOURS[F27]
    assert states[0].books[F27].long_and_short_lots == 0
    check_ledger(states)


@pytest.mark.rule("CASCADE-002", "CASCADE-004")
def test_children_open_at_the_mark_of_the_parent_and_values_stay() -> None:
    market = Ending()
    market.trade(1, Side.SELL, 4, MARK, Q1)
    state = market.pair.fast.engine.states[0]
    before = int(state.accounts["cash_mills"].sum())
    cascade_positions(state, Q1, np.array([F27, G27, H27], np.int64))
    assert [market.lots(1, book) for book in (F27, G27, H27, Q1)] == [-4, -4, -4, 0]
    used = state.positions[1 : int(state.used_positions) + 1]
    of_one = used[(used["account"] == 1) & (used["lots"] != 0)]
    assert set(of_one["open_value_tick_lots"].tolist()) == {-4 * MARK}
    assert int(state.accounts["cash_mills"].sum()) == before
