"""What a NEW writes: one row where it joins its queue at once, ACK and RST apart where anything else happens."""

from typing import Any

import pytest

from exchange.book.check import check_books
from exchange.codes import EventFlag, EventKind, MarketState, OrderType, Side, TimeInForce
from exchange.conformance.venues import rows
from exchange.reference.rows import event_tuples
from tests.properties.test_metamorphic import Market
from tests.strategies import plain_new

PRICE = 90


def written(market: Market, side: Side = Side.BUY, lots: int = 5, **fields: Any) -> list[Any]:
    """Rows of a NEW as the engine writes them."""
    market.sequence += 1
    command = plain_new(market.sequence, side, PRICE, lots, **{"request_id": 70 + market.sequence, **fields})
    return event_tuples(market.venue.engine.apply(rows([command])).tobytes())


def kinds(events: list[Any]) -> list[str]:
    return [EventKind(event.kind).abbreviation for event in events]


@pytest.mark.rule("ORDER-003")
def test_an_order_that_meets_nobody_has_one_row() -> None:
    market = Market(MarketState.OPEN)
    (first,) = written(market)
    (row,) = written(market, lots=3)
    assert (row.kind, row.flags) == (EventKind.ORDER_ACCEPTED, EventFlag.RESTS)
    assert (row.lots, row.leaves_lots, row.hidden_lots, row.level_lots) == (3, 3, 0, 8)
    assert (row.reference, row.account_sequence) == (70 + market.sequence, first.account_sequence + 1)
    assert row.order_id != first.order_id


@pytest.mark.rule("ORDER-003")
def test_the_one_row_tells_an_answer_and_then_a_rest() -> None:
    (row,) = written(Market(MarketState.OPEN), request_id=71)
    answer, rest = Market(MarketState.OPEN).enter(Side.BUY, PRICE, 5, request_id=71)
    assert answer == row._replace(flags=0, lots=0, level_lots=0)
    assert rest == row._replace(kind=EventKind.ORDER_RESTED, flags=0, reference=0, account_sequence=0)


@pytest.mark.rule("ORDER-003")
@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"side": Side.SELL, "lots": 8}, ["ACK", "FILL", "FILL", "RST"]),
        ({"side": Side.SELL, "lots": 2}, ["ACK", "FILL", "FILL"]),
        ({"side": Side.SELL, "lots": 8, "tif": TimeInForce.IOC}, ["ACK", "FILL", "FILL", "CXL"]),
        ({"tif": TimeInForce.IOC}, ["ACK", "CXL"]),
        ({"display_lots": 2}, ["ACK", "RST"]),
        ({"order_type": OrderType.STOP_LIMIT, "trigger": 95}, ["ACK"]),
    ],
    ids=["trades and rests", "trades", "trades, IOC", "IOC", "iceberg", "stop"],
)
def test_all_other_orders_are_told_apart(fields: dict[str, Any], expected: list[str]) -> None:
    market = Market(MarketState.OPEN)
    written(market)
    events = written(market, **fields)
    assert [kind for kind in kinds(events) if kind != "POS"] == expected
    assert (events[0].flags, events[0].lots, events[0].level_lots) == (0, 0, 0)


@pytest.mark.rule("TIF-001", "TIF-002")
@pytest.mark.parametrize("tif", [TimeInForce.IOC, TimeInForce.FOK])
@pytest.mark.parametrize(
    ("lots", "minimum_lots"),
    [(2, 0), (5, 0), (8, 0), (4, 3), (8, 7)],
    ids=["less", "all", "more", "long way", "killed"],
)
def test_an_immediate_order_is_in_no_list_when_its_command_is_done(
    tif: TimeInForce, lots: int, minimum_lots: int
) -> None:
    """Whether it trades or not, its client order id is free again, and the account's own orders are found."""
    market = Market(MarketState.OPEN)
    fields = {"account": 1, "side": Side.SELL, "lots": lots, "tif": tif, "minimum_lots": minimum_lots}
    mine = market.enter(Side.SELL, PRICE + 9, 1, account=1)[0]
    market.enter(Side.BUY, PRICE, 5, account=2)
    row = market.venue.engine.states[0].accounts[1]
    before = int(row.first_order), int(row.last_order), int(row.sessions)
    for _ in range(2):
        answer = market.enter(price=PRICE, client_order_id_0=77, session=5, **fields)[0]
        assert answer.kind == EventKind.ORDER_ACCEPTED
        check_books(market.venue.engine.states)
        assert (int(row.first_order), int(row.last_order), int(row.sessions)) == before
    assert mine.order_id == market.venue.engine.states[0].orders[row.first_order].order_id


@pytest.mark.rule("ORDER-003")
def test_an_order_that_joins_an_auction_is_told_apart() -> None:
    assert kinds(written(Market(MarketState.PREOPEN))) == ["ACK", "RST"]
