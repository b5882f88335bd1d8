"""Orders that close the positions of accounts in liquidation: what the other side shows, inside limits and band."""

import numpy as np
import pytest

from exchange.clearing_codes import AccountFlag
from exchange.codes import CommandFlag, CommandKind, MarketState, Side, TimeInForce
from exchange.engine.calls.liquidation import closing_orders
from exchange.reference.rows import Command
from tests.funded import F27, G27, HIGH, LOW, MARK, RICH, Funded


def broke(lots: int = 10) -> Funded:
    """Account 1 is long of F27, short of G27, and in liquidation."""
    funded = Funded()
    funded.account(1, 10**10)
    funded.trade(1, Side.BUY, lots, MARK)
    funded.trade(1, Side.SELL, 4, MARK, G27)
    funded.pair.fast.engine.states[0].accounts[1]["flags"] |= AccountFlag.LIQUIDATING
    return funded


def planned(funded: Funded) -> list[tuple[int, int, int, int]]:
    """Book, side, price, lots of each order."""
    rows = closing_orders(funded.pair.fast.engine.states)
    assert set(rows["account"].tolist()) <= {1} and not rows["session"].any()
    assert set(rows["flags"].tolist()) <= {CommandFlag.LIQUIDATION} and set(rows["tif"].tolist()) <= {TimeInForce.IOC}
    return list(zip(*(rows[name].tolist() for name in ("instrument", "side", "price", "lots")), strict=True))


@pytest.mark.rule("FALL-003")
def test_each_position_is_closed_as_far_as_the_limits_if_the_other_side_shows_something() -> None:
    funded = broke()
    assert planned(funded) == [], "nobody is there"
    assert funded.new(RICH, Side.BUY, 3, LOW) == "ACK"
    assert planned(funded) == [(F27, Side.SELL, LOW, 10)]
    assert funded.new(RICH, Side.SELL, 3, HIGH, G27) == "ACK"
    assert planned(funded) == [(F27, Side.SELL, LOW, 10), (G27, Side.BUY, HIGH, 4)]
    funded.states(MarketState.CLOSED)
    assert planned(funded) == []


@pytest.mark.rule("FALL-003", "BAND-002")
def test_lots_and_price_are_those_that_entry_accepts() -> None:
    funded = broke(30)
    state = funded.pair.fast.engine.states[0]
    assert funded.new(RICH, Side.BUY, 30, MARK - 200) == "ACK"
    state.books[F27].band_ticks = 150
    assert planned(funded) == [], "the bid is outside the reject band"
    state.books[F27].band_ticks = 203
    state.books[F27].min_inc, state.books[F27].lot_inc = 5, 4
    assert planned(funded) == [(F27, Side.SELL, 2_610, 28)], "2,607 is between two increments"
    state.accounts[1].order_lots_max = 11
    assert planned(funded) == [(F27, Side.SELL, 2_610, 8)]
    state.books[F27].min_inc = state.books[F27].lot_inc = 1
    state.accounts[1].order_lots_max = 10_000
    assert funded.new(1, Side.SELL, 25, HIGH) == "ACK"
    assert planned(funded) == [(F27, Side.SELL, 2_607, 5)], "its owner's own orders close the others"


@pytest.mark.rule("FALL-003", "MARGIN-016")
def test_the_orders_pass_the_checks_of_entry_and_trade() -> None:
    funded = broke()
    funded.new(RICH, Side.BUY, 3, MARK - 500)
    funded.new(RICH, Side.BUY, 3, MARK - 10)
    engine = funded.pair.fast.engine
    for row in closing_orders(engine.states):
        events = engine.apply(np.array([row], row.dtype))
        assert events["reason"][0] == 0
    assert funded.lots(1) == 4
    assert Command(kind=CommandKind.NEW).flags == 0
    assert closing_orders(engine.states).shape == (0,)
