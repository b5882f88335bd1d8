"""The limit that a new order works at: each row is an order, a book and the price that a trader may expect."""

import numpy as np
import pytest

from exchange.book.levels import link_order
from exchange.codes import CommandFlag, MarketState, OrderType, PostOnly, Side
from exchange.engine.entry.limit_price import entry_tick
from exchange.engine.state import new_state
from exchange.limits import MEDIUM
from exchange.records import COMMAND, blank_rows

LOW, HIGH, MARK = 900, 1_100, 1_000
BUY, SELL = int(Side.BUY), int(Side.SELL)
MARKET, TO_LIMIT, STOP, STOP_LIMIT = (
    OrderType.MARKET, OrderType.MARKET_TO_LIMIT, OrderType.STOP, OrderType.STOP_LIMIT
)  # fmt: skip


def open_book(bid: int, ask: int, **terms: int) -> np.ndarray:
    """A state with one OPEN book that has an order on each side."""
    states = new_state(MEDIUM)
    state = states[0]
    book = state.books[1]
    book.low_tick, book.high_tick, book.settle_tick, book.min_inc = LOW, HIGH, MARK, 1
    book.edge_tick[:] = LOW, HIGH
    book.side_rows = 256
    book.market_state = MarketState.OPEN
    for name, value in terms.items():
        setattr(book, name, value)
    state.books_listed = 1
    for slot, (side, tick) in enumerate(((BUY, bid), (SELL, ask)), 1):
        order = state.orders[slot]
        order.book, order.side, order.price = 1, side, tick
        order.leaves_lots = order.shown_lots = 1
        link_order(state, book, slot)
    return states


def tick_at(states: np.ndarray, **fields: int) -> int:
    rows = blank_rows(COMMAND, 1)
    rows["instrument"] = 1
    for name, value in fields.items():
        rows[name] = value
    return int(entry_tick(states[0], states[0].books[1], rows[0]))


@pytest.mark.parametrize(
    ("side", "book", "order", "limit"),
    [
        (BUY, {"protection_ticks": 20}, {"order_type": MARKET}, 1_030),
        (SELL, {"protection_ticks": 20}, {"order_type": MARKET}, 970),
        (BUY, {"protection_ticks": 20}, {"order_type": TO_LIMIT}, 1_010),
        (SELL, {"protection_ticks": 20}, {"order_type": TO_LIMIT}, 990),
        (BUY, {"protection_ticks": 20, "band_ticks": 15}, {"order_type": MARKET}, 1_015),
        (SELL, {"protection_ticks": 20, "band_ticks": 15}, {"order_type": MARKET}, 985),
        (BUY, {"protection_ticks": 500}, {"order_type": MARKET}, HIGH),
        (SELL, {"protection_ticks": 500}, {"order_type": MARKET}, LOW),
        (BUY, {"protection_ticks": 22, "min_inc": 10}, {"order_type": MARKET}, 1_030),
        (SELL, {"protection_ticks": 22, "min_inc": 10}, {"order_type": MARKET}, 970),
        (BUY, {"protection_ticks": 20}, {"order_type": MARKET, "flags": CommandFlag.TIGHTEN, "price": 1_012}, 1_012),
        (SELL, {"protection_ticks": 20}, {"order_type": MARKET, "flags": CommandFlag.TIGHTEN, "price": 988}, 988),
        # The best price lies between two increments: it can be taken all the same.
        (BUY, {"protection_ticks": 5, "min_inc": 100}, {"order_type": MARKET}, 1_010),
        (SELL, {"protection_ticks": 5, "min_inc": 100}, {"order_type": MARKET}, 990),
    ],
)
@pytest.mark.rule("ORDER-008", "ORDER-011", "SPEC-002")
def test_a_market_order_takes_its_limit_from_the_best_opposite_price(side, book, order, limit):
    assert tick_at(open_book(990, 1_010, **book), side=side, lots=1, **order) == limit


@pytest.mark.parametrize(
    ("side", "terms", "order", "limit"),
    [
        (BUY, {"protection_ticks": 20}, {"order_type": STOP, "trigger": 1_050}, 1_070),
        (SELL, {"protection_ticks": 20}, {"order_type": STOP, "trigger": 950}, 930),
        (BUY, {"protection_ticks": 25, "min_inc": 10}, {"order_type": STOP, "trigger": 1_050}, 1_070),
        (SELL, {"protection_ticks": 25, "min_inc": 10}, {"order_type": STOP, "trigger": 950}, 930),
        (BUY, {"protection_ticks": 20}, {"order_type": STOP_LIMIT, "trigger": 1_050, "price": 1_055}, 1_055),
    ],
)
@pytest.mark.rule("STOP-003")
def test_a_plain_stop_works_at_its_trigger_and_protection(side, terms, order, limit):
    assert tick_at(open_book(990, 1_010, **terms), side=side, lots=1, **order) == limit


@pytest.mark.parametrize(
    ("side", "price", "terms", "limit"),
    [
        (BUY, 1_020, {}, 1_009),
        (SELL, 980, {}, 991),
        (BUY, 1_009, {}, 1_009),
        (BUY, 1_020, {"min_inc": 10}, 1_000),
        (SELL, 980, {"min_inc": 10}, 1_000),
    ],
)
@pytest.mark.rule("TIF-006")
def test_an_order_that_slides_stops_one_increment_before_the_opposite_price(side, price, terms, limit):
    states = open_book(990, 1_010, **terms)
    assert tick_at(states, side=side, lots=1, price=price, post_only=PostOnly.SLIDE) == limit
    states[0].books[1].market_state = MarketState.PREOPEN
    assert tick_at(states, side=side, lots=1, price=price, post_only=PostOnly.SLIDE) == price
