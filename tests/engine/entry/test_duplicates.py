"""A NEW under the client order id of a live order, and orders whose time has come, row by row."""

from typing import Any

import pytest

from exchange.codes import (
    CommandFlag,
    CommandKind,
    EventFlag,
    EventKind,
    MarketState,
    OrderState,
    OrderType,
    RejectReason,
    Side,
    TimeInForce,
)
from exchange.engine import query
from tests.properties.test_metamorphic import Market
from tests.strategies import client_words

PRICE = 90
STOP = {"order_type": OrderType.STOP_LIMIT, "trigger": 95}
NAME = client_words("a")


def entered(**fields: Any) -> tuple[Market, Any]:
    market = Market(MarketState.OPEN)
    return market, market.enter(Side.BUY, PRICE, 5, **NAME, **fields)[0]


def money(market: Market) -> Any:
    return query.margin(market.venue.engine.states, 1), query.open_orders(market.venue.engine.states, 1)


@pytest.mark.rule("ORDER-005", "ENTRY-003", "ORDER-004")
@pytest.mark.parametrize("terms", [{}, STOP, {"tif": TimeInForce.DAY}], ids=["limit", "stop", "day"])
def test_the_same_order_again_has_one_row_that_is_in_no_stream(terms: Any) -> None:
    market, first = entered(**terms)
    before, stream = money(market), query.account_sequence(market.venue.engine.states, 1)
    more = {"session": 9, "request_id": 44, "tif": TimeInForce.GTC, "smp_mode": 1, "tag": 7}
    (row,) = market.enter(Side.BUY, PRICE, 5, **NAME, **(terms | more))
    assert (row.kind, row.reason, row.flags) == (EventKind.ORDER_REJECTED, RejectReason.DUP_ID, EventFlag.SAME)
    assert (row.order_id, row.state, row.leaves_lots) == (first.order_id, first.state, 5)
    assert (row.session, row.reference, row.account_sequence) == (9, 44, 0)
    assert money(market) == before and query.account_sequence(market.venue.engine.states, 1) == stream


@pytest.mark.rule("ORDER-005", "ENTRY-003")
@pytest.mark.parametrize(
    ("terms", "other"),
    [
        ({}, {"side": Side.SELL}),
        ({}, {"price": 91}),
        ({}, {"lots": 6}),
        ({}, {"order_type": OrderType.MARKET_TO_LIMIT}),
        (STOP, {"trigger": 96}),
        (STOP, {"order_type": OrderType.STOP}),
        (STOP, {"price": 91}),
    ],
)
def test_other_content_is_refused_in_the_stream_and_names_no_order(terms: Any, other: Any) -> None:
    market, _ = entered(**terms)
    stream = query.account_sequence(market.venue.engine.states, 1)
    asked = {"side": Side.BUY, "price": PRICE, "lots": 5} | terms | other
    (row,) = market.enter(asked.pop("side"), asked.pop("price"), asked.pop("lots"), **NAME, **asked)
    assert (row.kind, row.reason, row.flags) == (EventKind.ORDER_REJECTED, RejectReason.DUP_ID, 0)
    assert (row.order_id, row.state, row.account_sequence) == (0, OrderState.REJECTED, stream + 1)


@pytest.mark.rule("TIF-009")
@pytest.mark.parametrize("state", [MarketState.PREOPEN, MarketState.OPEN])
@pytest.mark.parametrize("terms", [{}, STOP, {"display_lots": 2}, {"minimum_lots": 3}])
def test_an_order_whose_time_has_come_is_taken_and_gone(state: MarketState, terms: Any) -> None:
    market = Market(state)
    market.enter(Side.SELL, PRICE, 5)
    before = money(market)
    market.row(CommandKind.CLOCK)
    expiry_ns = market.sequence + 1  # the time of the order itself
    ack, end = market.enter(Side.BUY, PRICE, 5, tif=TimeInForce.GTD, expiry_ns=expiry_ns, **terms)
    assert (ack.kind, ack.state, ack.leaves_lots) == (EventKind.ORDER_ACCEPTED, OrderState.EXPIRED, 0)
    assert (end.kind, end.state, end.lots, end.leaves_lots) == (EventKind.ORDER_CANCELLED, OrderState.EXPIRED, 5, 0)
    assert end.account_sequence == ack.account_sequence + 1 and money(market) == before
    assert market.row(CommandKind.CLOCK) == []


@pytest.mark.rule("TIF-009", "REPL-007")
@pytest.mark.parametrize("terms", [{}, STOP], ids=["limit", "stop"])
def test_a_replace_to_a_time_that_has_come_ends_the_order(terms: Any) -> None:
    market, _ = entered(**terms)
    other = {"account": 1, "price": 99, "lots": 9, "tif": TimeInForce.GTD, "expiry_ns": 1, "request_id": 5}
    reply, end = market.row(CommandKind.REPLACE, flags=int(CommandFlag.SET_TIF), **NAME, **other)
    assert (reply.kind, reply.state, reply.leaves_lots, reply.flags) == (
        EventKind.ORDER_REPLACED,
        OrderState.EXPIRED,
        0,
        0,
    )
    assert (end.kind, end.state, end.lots) == (EventKind.ORDER_CANCELLED, OrderState.EXPIRED, 5)
    assert query.open_orders(market.venue.engine.states, 1) == []
    assert query.margin(market.venue.engine.states, 1).initial_mills == 0
