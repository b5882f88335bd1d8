"""A trade: both fills, fees, positions, and what its print sets off."""

import pytest

from exchange.codes import EventFlag, EventKind, Liquidity, OrderState, Side
from exchange.reference.clearing import Position
from exchange.reference.trades import fill, note_print, report_positions, trade
from tests.reference.scenario import run


@pytest.mark.rule("INV-002", "MATCH-002")
def test_a_trade_fills_the_resting_order_then_the_aggressor() -> None:
    market, _ = run(before="a S3@101; b B9@99", parameters="fee=1")
    maker, taker = market.orders.values()
    market.events = []
    trade(market, maker, taker, 101, 3, Liquidity.MAKER)
    first, second = market.events
    assert (first.trade_id, first.order_id, first.liquidity) == (1, maker.order_id, Liquidity.MAKER)
    assert (second.trade_id, second.order_id, second.liquidity) == (1, taker.order_id, Liquidity.TAKER)
    assert (first.fee_mills, second.fee_mills) == (0, 6)
    assert (first.state, second.state, second.leaves_lots) == (OrderState.FILLED, OrderState.OPEN, 6)
    assert list(market.orders.values()) == [taker], "a maker that is filled ends, an aggressor is still at work"


def test_both_orders_of_an_uncross_end_when_they_are_filled() -> None:
    market, _ = run(before="a S3@101; b B3@99")
    sell, buy = market.orders.values()
    trade(market, buy, sell, 100, 3, Liquidity.AUCTION)
    assert market.orders == {}


@pytest.mark.rule("STOP-004", "BAND-005")
def test_a_print_is_the_last_price_counts_in_the_windows_and_elects_stops() -> None:
    market, _ = run(before="s B1 stop=105")
    note_print(market, 1, 105, 2)
    assert market.books[1].last_tick == 105
    assert [price for _, price in market.guards[1].velocity.prints] == [105]
    assert market.elected == list(market.orders.values())


@pytest.mark.rule("IMP-007", "SPEC-041")
def test_a_fill_of_a_spread_books_its_legs_at_the_prices_that_they_traded_at() -> None:
    market, _ = run(before="s SP S3@4")
    (spread,) = market.orders.values()
    fill(market, spread, 4, 2, Liquidity.MAKER, leg_ticks=[103, 99], flags=EventFlag.IMPLIED)
    positions = market.clearing.accounts[spread.account].positions
    assert positions == {1: Position(-2, -206), 2: Position(2, 198)}
    assert market.changed_positions == [(spread.account, 1), (spread.account, 2)]
    whole, *legs = market.events[-3:]
    assert whole.level_lots == 1
    assert [(one.kind, one.instrument, one.trade_tick, one.lots, one.side) for one in legs] == [
        (EventKind.LEG_FILLED, 1, 103, 2, Side.SELL), (EventKind.LEG_FILLED, 2, 99, 2, Side.BUY),
    ]  # fmt: skip
    assert {one.account_sequence for one in legs} == {whole.account_sequence}, "the number of the fill (SETTLE-012)"


@pytest.mark.rule("ACCT-001")
def test_the_last_position_of_an_account_announces_its_margin() -> None:
    market, _ = run(before="s SP S3@4")
    (spread,) = market.orders.values()
    fill(market, spread, 4, 2, Liquidity.MAKER)
    market.events = []
    report_positions(market)
    first, second = market.events
    assert {first.kind, second.kind} == {EventKind.POSITION_CHANGED}
    assert (first.instrument, first.position_lots, first.flags) == (1, -2, 0)
    assert (second.instrument, second.position_lots, second.flags) == (2, 2, EventFlag.MARGIN)
    assert second.account_sequence == first.account_sequence + 1
    assert market.clearing.accounts[spread.account].sequence == second.account_sequence + 1
    assert market.changed_positions == []


def test_a_partly_filled_level_shows_what_is_left() -> None:
    market, _ = run(before="a S3@101; b S2@101")
    maker, _ = market.orders.values()
    fill(market, maker, 101, 1, Liquidity.MAKER)
    assert market.events[-1].level_lots == 4
    assert market.books[1].level_lots(Side.SELL, 101) == 4
