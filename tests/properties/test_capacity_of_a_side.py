"""One side of a book counts its lots in 32 bits, wherever they wait: what would pass that is refused (ORDER-016)."""

from typing import Any

import pytest

from exchange.book.check import check_books
from exchange.codes import CommandKind, EventKind, OrderType, RejectReason, Side, TimeInForce
from exchange.conformance.venues import EngineVenue
from exchange.reference.entry import SIDE_LOTS_MAX
from exchange.reference.rows import Command
from tests.market import open_property_market

BOOK = 9


class Market:
    """A book whose buys work all but ten lots of what a side may: set in the state, not entered one by one."""

    def __init__(self, named: bool = True) -> None:
        self.venue, self.sequence, self.named = EngineVenue(), 0, named
        open_property_market(self.venue, self.row, (1,))
        self.lend(SIDE_LOTS_MAX - 10)

    def lend(self, lots: int) -> None:
        self.venue.engine.states[0].books[BOOK].working_lots[Side.BUY] += lots

    def row(self, kind: CommandKind, **fields: Any) -> list[tuple[str, str]]:
        self.sequence += 1
        command = {"kind": kind, "sequence": self.sequence, "account": 1, "request_id": self.sequence, **fields}
        self.events = self.venue.apply(Command(**command))
        return [(EventKind(event.kind).abbreviation, RejectReason(event.reason).abbreviation) for event in self.events]

    def buy(self, lots: int, **fields: Any) -> list[tuple[str, str]]:
        order = {"instrument": BOOK, "side": Side.BUY, "price": 90, "lots": lots, "tif": TimeInForce.GTC}
        order["client_order_id_0"] = self.sequence * self.named
        return self.row(CommandKind.NEW, **{**order, **fields})


FULL = ("REJ", "FULL")


@pytest.mark.rule("ORDER-016")
@pytest.mark.parametrize(
    "fields",
    [{}, {"price": 70}, {"order_type": OrderType.STOP, "trigger": 105, "price": 0}],
    ids=["rests", "parked", "a stop that waits"],
)
@pytest.mark.parametrize("named", [True, False], ids=["with a client order id", "without"])
def test_a_side_takes_the_last_lot_and_none_more_wherever_it_waits(fields: dict[str, Any], named: bool) -> None:
    market = Market(named)
    assert market.buy(11, **fields) == [FULL]
    assert market.buy(10, **fields)[0] == ("ACK", "NONE")
    assert market.buy(1) == [FULL]
    assert market.buy(11, side=Side.SELL, price=110)[0] == ("ACK", "NONE"), "the other side is not full"
    market.lend(10 - SIDE_LOTS_MAX)
    check_books(market.venue.engine.states)


@pytest.mark.rule("ORDER-016")
def test_a_replace_and_a_quote_count_what_they_add() -> None:
    market = Market()
    market.buy(4)
    (order,) = {event.order_id for event in market.events}
    assert market.row(CommandKind.REPLACE, order_id=order, lots=11, price=90) == [("RREJ", "FULL")]
    assert market.row(CommandKind.REPLACE, order_id=order, lots=8, price=91)[0] == ("RPL", "NONE")
    quote = {"instrument": BOOK, "bid_tick": 89, "ask_tick": 111, "ask_lots": 5}
    assert market.row(CommandKind.QUOTE, bid_lots=3, **quote) == [FULL]
    assert market.row(CommandKind.QUOTE, bid_lots=2, **quote)[0] == ("ACK", "NONE")
    assert market.row(CommandKind.QUOTE, **{**quote, "bid_lots": 2, "bid_tick": 88})[0] == ("RPL", "NONE")


@pytest.mark.rule("ORDER-016")
def test_what_is_filled_or_cancelled_leaves_room() -> None:
    market = Market()
    market.buy(10)
    market.row(CommandKind.NEW, instrument=BOOK, side=Side.SELL, price=90, lots=4, tif=TimeInForce.IOC)
    assert market.buy(5) == [FULL]
    assert market.buy(4)[0] == ("ACK", "NONE")
    market.row(CommandKind.CANCEL_ALL)
    assert market.buy(10)[0] == ("ACK", "NONE")


@pytest.mark.rule("ORDER-016")
@pytest.mark.rule("QUOTE-007")
def test_a_quote_that_is_stated_again_counts_what_it_has_executed_in_32_bits() -> None:
    """A side that keeps its order through a day of fills would pass 2^31 lots and go on below zero."""
    market = Market()
    market.lend(10 - SIDE_LOTS_MAX)

    def quote(lots: int) -> list[tuple[str, str]]:
        return market.row(CommandKind.QUOTE, instrument=BOOK, bid_tick=90, bid_lots=lots)

    assert quote(5)[0] == ("ACK", "NONE")
    (slot,) = (slot for slot, order in enumerate(market.venue.engine.states[0].orders) if order.leaves_lots == 5)
    order = market.venue.engine.states[0].orders[slot]
    order.filled_lots = SIDE_LOTS_MAX - 8
    assert quote(9) == [FULL]
    assert quote(8)[0] == ("RPL", "NONE")
    assert (order.filled_lots, order.order_lots) == (SIDE_LOTS_MAX - 8, SIDE_LOTS_MAX)
    assert quote(3)[0] == ("RPL", "NONE"), "fewer lots keep their place"
    assert quote(0)[0][0] == "CXL"
    assert quote(9)[0] == ("ACK", "NONE"), "once it is gone it may enter again"
