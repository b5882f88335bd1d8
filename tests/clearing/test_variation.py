"""The two kernels of a variation run, on rows that a test fills in."""

import numpy as np
import pytest

from exchange.clearing.margin import recompute_holds
from exchange.clearing.variation import settle_positions
from exchange.codes import Side
from tests.funded import F27, G27, HOURS, MARK, RICH, Funded


@pytest.mark.rule("SETTLE-007")
def test_gains_of_settled_books_become_cash_and_sum_to_zero() -> None:
    funded = Funded()
    funded.account(1, 10**12)
    funded.trade(1, Side.BUY, 3, MARK - 2)
    funded.trade(1, Side.BUY, 3, MARK - 2, G27)
    state = funded.pair.fast.engine.states[0]
    is_settled, received = np.zeros(len(state.books), np.uint8), np.zeros(len(state.accounts), np.int64)
    is_settled[F27] = 1
    settle_positions(state, is_settled, received)
    gain = 2 * 3 * HOURS[F27]
    assert (received[1], received[RICH], received.sum()) == (gain, -gain, 0)
    assert state.accounts[1].cash_mills == 10**12 + gain
    assert state.accounts[1].unrealised_pnl_mills == 2 * 3 * HOURS[G27], "the other book waits for its own settlement"
    assert [row["paid_mills"] for row in state.positions if row["account"] == 1] == [gain, 0]
    settle_positions(state, is_settled, received)
    assert received[1] == gain, "the same mark pays nothing more"


@pytest.mark.rule("MARGIN-013")
def test_holds_are_exact_after_they_are_computed_again() -> None:
    funded = Funded()
    funded.account(1, 10**12)
    funded.new(1, Side.BUY, 3, MARK)
    state, held = funded.pair.fast.engine.states[0], funded.held(1)
    assert state.accounts[1].initial_margin_mills != held
    recompute_holds(state, np.array([1, 1, 2], np.int64))
    assert (state.accounts[1].initial_margin_mills, state.accounts[1].changed_scans) == (held, 0)
