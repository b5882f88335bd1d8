"""What accounts hold after a settlement, positions and working orders together (SETTLE-013)."""

import pytest

from exchange.codes import CommandKind, MarketState, Side
from exchange.engine import query
from tests.funded import F27, G27, MARK, Funded


def noted(funded: Funded, account: int) -> int:
    return query.settled_margin(funded.pair.fast.engine.states, account)


@pytest.mark.rule("SETTLE-013", "MARGIN-013")
def test_an_account_with_orders_alone_holds_what_they_require_after_a_settlement() -> None:
    funded = Funded()
    funded.account(1, 10**12)
    assert funded.new(1, Side.BUY, 3, MARK) == "ACK"
    assert noted(funded, 1) == 0, "no settlement yet"
    funded.settle(MARK - 10, F27)
    held = funded.held(1)
    assert noted(funded, 1) == held == (400 * 744 + 10 * 744) * 3, "with its loss against the mark"
    assert funded.new(1, Side.BUY, 1, MARK, G27) == "ACK"
    assert noted(funded, 1) == held < funded.held(1), "what follows is not of that day"


@pytest.mark.rule("SETTLE-013", "CASCADE-002")
def test_instruments_that_end_with_the_day_change_what_is_held() -> None:
    funded = Funded()
    funded.account(1, 10**12)
    funded.trade(1, Side.BUY, 5, MARK)
    funded.states(MarketState.CLOSED)
    terms = {"index": F27, "settle_tick": MARK, "low_tick": MARK - 500, "high_tick": MARK + 500}
    funded.pair.control(CommandKind.DAY_LIMITS, {"books": [terms], "by_two": True})
    assert noted(funded, 1) == funded.held(1) > 0
    funded.pair.control(CommandKind.EXPIRE, {"books": [{"index": F27, "life": 5}], "fee_mills": 1, "day": 0})
    assert noted(funded, 1) == funded.held(1) == 0
