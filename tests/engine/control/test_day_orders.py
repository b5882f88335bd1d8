"""Orders of a book whose limits have moved: who rests, who parks, who has changed (BAND-004)."""

from typing import Any

import numpy as np
import pytest

from exchange.codes import CommandKind, MarketState, TimeInForce
from exchange.engine.control.day_orders import rest_or_park_orders
from exchange.engine.control.live_books import live_orders
from exchange.reference.rows import Command
from tests.market import open_property_market
from tests.venues import Pair

BOOK = 9


def market(*prices: int) -> Any:
    """The state of a venue where one account bids at these prices, and the slots of its orders."""
    pair, count = Pair(), 0

    def row(kind: CommandKind, **fields: Any) -> Any:
        nonlocal count
        count += 1
        return pair.fast.apply(Command(kind=kind, sequence=count, request_id=count, **fields))

    open_property_market(pair.fast, row, [1])
    for price in prices:
        row(CommandKind.NEW, account=1, instrument=BOOK, price=price, lots=2, tif=TimeInForce.GTC, display_lots=1)
    row(CommandKind.SET_STATE, group=2, market_state=MarketState.CLOSED)
    state = pair.fast.engine.states[0]
    return state, live_orders(state, [BOOK])


@pytest.mark.rule("BAND-004")
def test_orders_outside_the_limits_park_and_show_nothing() -> None:
    state, slots = market(85, 90, 95)
    state.books[BOOK].low_tick = 90
    state.books[BOOK].best[:] = 0
    moved = np.zeros(len(slots), np.int64)
    assert rest_or_park_orders(state, slots, moved) == 1
    assert state.orders["price"][moved[0]] == 85 and state.orders["shown_lots"][moved[0]] == 0
    assert state.orders["resting"][slots].tolist() == [0, 1, 1]
    assert state.books[BOOK].first_parked == slots[0]


@pytest.mark.rule("BAND-004")
def test_parked_orders_that_are_covered_again_show_a_slice() -> None:
    state, slots = market(70, 71, 90)
    assert state.orders["resting"][slots].tolist() == [0, 0, 1]
    book = state.books[BOOK]
    book.low_tick, book.best[:], book.first_parked = 71, 0, 0
    book.edge_tick[0] = 71
    moved = np.zeros(len(slots), np.int64)
    assert rest_or_park_orders(state, slots, moved) == 1 and moved[0] == slots[1]
    assert state.orders["shown_lots"][slots].tolist() == [0, 1, 1]
