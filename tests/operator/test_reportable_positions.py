"""Which positions are reportable: at least so many lots, long or short (LIMIT-002)."""

import pytest

from exchange.codes import Side
from exchange.operator.reportable_positions import reportable_positions
from tests.funded import F27, G27, MARK, RICH, Funded


@pytest.mark.rule("LIMIT-002")
def test_a_position_counts_from_the_level_on_and_by_itself() -> None:
    funded = Funded()
    funded.account(1, 10**12)
    funded.trade(1, Side.BUY, 24, MARK)
    funded.trade(1, Side.SELL, 25, MARK, G27)
    states = funded.pair.fast.engine.states
    found = reportable_positions(states, 25)
    assert [(one.account, one.lots) for one in found] == [(1, -25), (RICH, 25)]
    assert len({one.symbol for one in found}) == 1
    funded.trade(1, Side.BUY, 1, MARK, F27)
    assert [(one.account, one.lots) for one in reportable_positions(states, 25)][:2] == [(1, 25), (1, -25)]


@pytest.mark.rule("LIMIT-002")
def test_a_position_that_was_closed_is_not_listed() -> None:
    funded = Funded()
    funded.account(1, 10**12)
    funded.trade(1, Side.BUY, 30, MARK)
    funded.trade(1, Side.SELL, 30, MARK)
    assert reportable_positions(funded.pair.fast.engine.states, 1) == []
