"""Life of an order: accepted, rests, shows its next slice, is cancelled, ends."""

import pytest

from exchange.codes import CancelReason, EventFlag, EventKind, OrderState, Side
from exchange.reference.orders import accept, cancel_order, end_order, lose_priority, refresh, rest
from tests.reference.scenario import events, order, run


@pytest.mark.rule("ORDER-003")
def test_an_accepted_order_has_an_id_works_and_is_acknowledged() -> None:
    market, _ = run()
    fresh = order(market.ids.peek(), Side.BUY, 99, 2)
    market.events = []
    accept(market, fresh)
    assert market.orders == {fresh.order_id: fresh}
    assert [event.kind for event in market.events] == [EventKind.ORDER_ACCEPTED]
    assert market.ids.peek() != fresh.order_id


@pytest.mark.rule("MATCH-004", "BAND-004")
def test_an_order_rests_at_the_back_of_its_price_or_is_parked() -> None:
    assert events("N b B2@99; N c B1@80 gtc", before="a B3@99", parameters="limit=10") == [
        *("ACK b", "RST b 2@99", "ACK c", "RST c 0@80")
    ]
    market, _ = run("N b B2@99", before="a B3@99")
    assert [resting.leaves_lots for resting in market.books[1].orders(Side.BUY)] == [3, 2]


@pytest.mark.rule("PRO-002")
def test_the_order_that_betters_its_side_in_open_is_top_until_it_loses_priority() -> None:
    market, _ = run(before="a B3@99; b B1@99")
    first, second = market.orders.values()
    assert market.books[1].top[Side.BUY] is first
    lose_priority(market, second)
    assert market.books[1].top[Side.BUY] is first
    lose_priority(market, first)
    assert market.books[1].top == [None, None]
    rest(market, second)
    assert market.books[1].top[Side.BUY] is second
    in_auction, _ = run("ST preopen; N a B3@99")
    assert in_auction.books[1].top == [None, None]


@pytest.mark.rule("ICE-002")
def test_the_next_slice_of_an_iceberg_goes_to_the_back_of_its_price() -> None:
    market, _ = run(before="a S9@101 disp=2; b S1@101")
    iceberg, other = market.orders.values()
    iceberg.shown_lots = 0
    market.events = []
    refresh(market, iceberg)
    assert list(market.books[1].orders(Side.SELL)) == [other, iceberg]
    (event,) = market.events
    assert (event.kind, event.shown_lots, event.hidden_lots, event.level_lots) == (EventKind.ICEBERG_REFRESHED, 2, 7, 3)


def test_a_cancelled_order_leaves_its_queue_and_ends() -> None:
    market, _ = run(before="a S9@101; b S1@101")
    first, second = market.orders.values()
    market.events = []
    cancel_order(market, first, CancelReason.EXPIRED, reference=8)
    assert list(market.books[1].orders(Side.SELL)) == list(market.orders.values()) == [second]
    (event,) = market.events
    assert (event.cancel_reason, event.state, event.lots) == (CancelReason.EXPIRED, OrderState.EXPIRED, 9)
    assert (event.reference, event.level_lots, event.leaves_lots, event.flags) == (8, 1, 0, 0)
    waiting, _ = run(before="s B1 stop=105")
    (stop,) = waiting.orders.values()
    cancel_order(waiting, stop, CancelReason.USER)
    assert waiting.events[-1].flags == EventFlag.NEVER_RESTED
    assert waiting.events[-1].state == OrderState.CANCELLED


def test_an_order_that_ends_waits_for_no_injection() -> None:
    market, _ = run(before="s B1 stop=105")
    (stop,) = market.orders.values()
    market.elected = [stop]
    end_order(market, stop)
    assert (market.orders, market.elected) == ({}, [])
