"""The kernels that book what a bust takes back."""

import numpy as np
import pytest

from exchange.clearing_codes import HouseAccount
from exchange.codes import Side
from exchange.engine.control.house.bust_booking import book_reversals, free_positions, pay_back
from exchange.limits import LEGS_MAX, MEDIUM
from tests.funded import F27, G27, MARK, RICH, Funded


@pytest.mark.rule("SETTLE-014")
def test_lots_and_their_value_leave_positions_also_those_that_are_not_open_any_more() -> None:
    funded = Funded()
    funded.account(7, 10**12)
    funded.trade(7, Side.BUY, 20, MARK)
    state = funded.pair.fast.engine.states[0]
    rows = np.zeros(3, np.int64)
    fills = [(7, F27, 15, MARK + 1), (RICH, F27, -15, MARK + 1), (7, G27, -2, MARK)]
    book_reversals(state, np.array(fills, np.int64), rows)
    held = [(int(row.account), int(row.book), int(row.lots)) for row in state.positions[rows]]
    assert held == [(7, F27, 5), (RICH, F27, -5), (7, G27, 2)]
    assert int(state.positions[rows[0]].open_value_tick_lots) == 20 * MARK - 15 * (MARK + 1)


@pytest.mark.rule("INV-018")
def test_the_house_pays_what_the_account_gets_back() -> None:
    funded = Funded()
    funded.account(7, 100)
    state = funded.pair.fast.engine.states[0]
    moved = np.zeros(state.accounts.shape[0], np.int64)
    pay_back(state, np.array([(7, 40, -3), (RICH, 0, 3)], np.int64), moved)
    assert int(state.accounts[7].cash_mills) == 137 and moved[7] == 37 and moved[RICH] == 3
    assert int(state.house_mills[HouseAccount.FEES]) == -40 and state.house_mills[HouseAccount.ROUNDING] == 0


def test_rows_that_checks_of_quotes_need_are_not_free() -> None:
    state = Funded().pair.fast.engine.states[0]
    assert free_positions(state) == MEDIUM.positions - int(state.used_positions)
    state.used_positions = state.positions.shape[0] - 1 - LEGS_MAX
    assert free_positions(state) == 0
