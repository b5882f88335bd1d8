"""States of a market at its edges: forced ones, and parked orders at the end of a day (STATE-001, BAND-004)."""

from typing import Any

import pytest

from exchange.codes import CommandFlag, CommandKind, EventKind, MarketState, RejectReason, Side, TimeInForce
from exchange.reference.rows import Command
from tests.market import open_property_market
from tests.venues import Pair

BOOK, GROUP = 9, 2
BAND = 12  # ticks, of every book of the market


class Market:
    """Engine and reference with a book that is crossed while its group collects orders."""

    def __init__(self, state: MarketState) -> None:
        self.pair, self.sequence = Pair(), 0
        open_property_market(self.pair, self.row, (1,))
        self.row(CommandKind.SET_STATE, group=GROUP, market_state=state)
        for side in Side:
            order = {"instrument": BOOK, "price": 100, "lots": 3, "tif": TimeInForce.GTC}
            self.row(CommandKind.NEW, account=1, side=side, **order)

    def row(self, kind: CommandKind, **fields: Any) -> list[Any]:
        self.sequence += 1
        return self.pair.apply(Command(kind=kind, sequence=self.sequence, request_id=self.sequence, **fields))

    def force(self, state: MarketState) -> list[str]:
        fields = {"instrument": BOOK, "order_type": state, "flags": CommandFlag.FORCE}
        return [EventKind(event.kind).abbreviation for event in self.row(CommandKind.SET_STATE, **fields)]


@pytest.mark.rule("STATE-001")
@pytest.mark.rule("AUC-013")
@pytest.mark.parametrize("state", [MarketState.PAUSED, MarketState.RESERVED])
def test_a_book_forced_open_does_not_uncross_before_its_group_is_open(state: MarketState) -> None:
    market = Market(state)
    assert market.force(MarketState.PAUSED) == ["STA"]
    assert market.force(MarketState.OPEN) == ["STA"], "nothing trades while the group collects"
    assert market.pair.reference.market_state(BOOK) == state
    market.pair.compare_books()
    opening = market.row(CommandKind.SET_STATE, group=GROUP, market_state=MarketState.OPEN)
    assert [EventKind(event.kind).abbreviation for event in opening] == ["UNX", "FILL", "FILL", "STA", "POS"]


@pytest.mark.rule("STATE-001")
def test_a_book_forced_into_a_state_keeps_it_when_its_group_opens() -> None:
    market = Market(MarketState.PAUSED)
    assert market.force(MarketState.RESERVED) == ["STA"]
    opening = market.row(CommandKind.SET_STATE, group=GROUP, market_state=MarketState.OPEN)
    assert [EventKind(event.kind).abbreviation for event in opening] == ["STA"]
    assert market.force(MarketState.OPEN) == ["UNX", "FILL", "FILL", "STA", "POS"]


@pytest.mark.rule("STATE-001")
@pytest.mark.parametrize("of_book", [False, True])
def test_a_second_halt_forced_on_a_halt_leaves_the_way_back_as_it_was(of_book: bool) -> None:
    market = Market(MarketState.OPEN)
    target = {"instrument": BOOK} if of_book else {"group": GROUP}

    def change(state: MarketState, flags: int = 0) -> EventKind:
        return EventKind(market.row(CommandKind.SET_STATE, market_state=state, flags=flags, **target)[-1].kind)

    assert change(MarketState.PAUSED) == change(MarketState.HALT) == EventKind.STATE_CHANGED
    assert change(MarketState.HALT, int(CommandFlag.FORCE)) == EventKind.STATE_CHANGED
    assert change(MarketState.HALT) == EventKind.COMMAND_REFUSED, "a halt is no change of a halt"
    assert change(MarketState.OPEN) == EventKind.COMMAND_REFUSED
    assert change(MarketState.PAUSED) == change(MarketState.OPEN) == EventKind.STATE_CHANGED


@pytest.mark.rule("TIF-009")
@pytest.mark.rule("BAND-004")
def test_a_parked_order_that_has_become_a_day_order_ends_with_the_day() -> None:
    market = Market(MarketState.PAUSED)
    parked = {"account": 1, "instrument": BOOK, "side": Side.SELL, "lots": 2, "tif": TimeInForce.GTC}
    ids = [market.row(CommandKind.NEW, price=price, **parked)[0].order_id for price in (130, 131, 132)]
    changed = {"price": 131, "lots": 2, "tif": TimeInForce.DAY, "flags": CommandFlag.SET_TIF}
    market.row(CommandKind.REPLACE, account=1, order_id=ids[1], **changed)
    closing = market.row(CommandKind.SET_STATE, group=GROUP, market_state=MarketState.CLOSED)
    assert [(EventKind(event.kind).abbreviation, event.order_id) for event in closing] == [("CXL", ids[1]), ("STA", 0)]
    market.pair.compare_accounts()


@pytest.mark.rule("STATE-001", "BAND-002")
def test_a_book_that_collects_alone_keeps_the_last_indicative_price_while_its_group_comes_and_goes() -> None:
    market = Market(MarketState.OPEN)
    assert market.force(MarketState.CLOSED)[-1] == "STA"  # its last price is none any more
    assert market.force(MarketState.PREOPEN) == ["STA"]
    market.row(CommandKind.SET_STATE, group=GROUP, market_state=MarketState.RESERVED)
    order = {"account": 1, "instrument": BOOK, "lots": 1, "tif": TimeInForce.GTC}
    for side in Side:
        market.row(CommandKind.NEW, side=side, price=105, **order)
    (told,) = market.row(CommandKind.INDICATIVE, instrument=BOOK)
    assert (told.kind, told.price) == (EventKind.INDICATIVE_PRICE, 105)
    for state in (MarketState.OPEN, MarketState.PAUSED):
        market.row(CommandKind.SET_STATE, group=GROUP, market_state=state)
    within, beyond = (market.row(CommandKind.NEW, side=Side.BUY, price=105 + BAND + out, **order)[0] for out in (0, 1))
    assert (within.kind, beyond.kind) == (EventKind.ORDER_ACCEPTED, EventKind.ORDER_REJECTED)


@pytest.mark.rule("BAND-002")
def test_the_band_follows_an_indicative_price_that_ends_while_the_book_is_open() -> None:
    market = Market(MarketState.PAUSED)
    market.row(CommandKind.CANCEL_ALL, account=1)
    for side in Side:
        market.row(CommandKind.NEW, account=1, instrument=BOOK, side=side, price=108, lots=9, tif=TimeInForce.GTC)
    assert market.row(CommandKind.INDICATIVE, instrument=BOOK)[0].price > 100
    market.row(CommandKind.CANCEL_ALL, account=1)
    market.row(CommandKind.SET_STATE, group=GROUP, market_state=MarketState.OPEN)
    bid = {"account": 1, "instrument": BOOK, "side": Side.BUY, "price": 100 + BAND + 1, "tif": TimeInForce.GTC}
    (event,) = market.row(CommandKind.NEW, **bid, lots=1)[:1]
    assert event.kind == EventKind.ORDER_ACCEPTED, "no trade yet: the band is measured from the indicative price"
    market.row(CommandKind.CANCEL_ALL, account=1)
    market.row(CommandKind.INDICATIVE, instrument=BOOK)
    (event,) = market.row(CommandKind.NEW, **bid, lots=1)
    assert (event.kind, event.reason) == (EventKind.ORDER_REJECTED, RejectReason.BAND)
