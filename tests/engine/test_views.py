"""What is read of a state by the row, against a slow twin that knows no ladders and lists: it sorts all orders."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from exchange.codes import CommandKind, MarketState, OrderState, OrderType, PeriodKind, Side
from exchange.conformance.venues import rows
from exchange.engine import query
from exchange.engine.control.define_account import AccountPayload
from exchange.engine.control.instrument_terms import CommodityTerms, InstrumentTerms
from exchange.engine.control.list_instruments import ListPayload
from exchange.engine.control.registry import encode_payload
from exchange.engine.engine import Engine
from exchange.engine.query import BookStatistics
from exchange.engine.views import LEVEL_VIEW, views
from exchange.limits import MEDIUM
from exchange.records import unpack_client_order_id, unpack_tag
from exchange.reference.rows import Command
from tests.engine.test_query import enter, row
from tests.properties.tape import chunks, tape

Levels = list[tuple[int, int]]


def random_states(seed: int, commands: int) -> Iterator[np.ndarray]:
    """The state after each chunk of a random run: stops, icebergs, quotes, combinations, parked orders, days."""
    engine, last = Engine(MEDIUM), Command()
    for part in chunks(tape(seed, commands), set(range(0, commands, 25))):
        if isinstance(part, list):
            last = part[-1]
            engine.run_silently(rows(part))
        else:
            control = Command(kind=part[0], sequence=last.sequence, time_ns=last.time_ns)
            engine.control(rows([control]), json.dumps(part[1]).encode())
        yield engine.states


Slow = dict[str, Any]  # an order's fields as plain values


def live(states: np.ndarray) -> list[Slow]:
    """Live orders, in order of entry."""
    orders = states["orders"][0]
    rows = [dict(zip(orders.dtype.names, row, strict=True)) for row in orders[orders["state"] != 0].tolist()]
    return sorted(rows, key=lambda order: order["entry_number"])


def slow_queue(orders: list[Slow], index: int, side: int, price: int) -> list[Slow]:
    there = [order for order in orders if (order["book"], order["side"], order["price"]) == (index, side, price)]
    return sorted((order for order in there if order["resting"]), key=lambda order: order["stamp"])


def slow_depth(orders: list[Slow], index: int, side: int) -> Levels:
    lots: dict[int, int] = {}
    for order in orders:
        if order["resting"] and (order["book"], order["side"]) == (index, side):
            lots[order["price"]] = lots.get(order["price"], 0) + order["shown_lots"]
    return sorted(lots.items(), reverse=side == Side.BUY)


def slow_row(order: Slow) -> tuple[Any, ...]:
    text = unpack_client_order_id(*(order[f"client_order_id_{word}"] for word in range(3)))
    shown = 0 if order["state"] == OrderState.PENDING else order["shown_lots"]  # a stop that waits shows nothing
    values = order | {
        "shown_lots": shown,
        "client_order_id": text,
        "tag": unpack_tag(order["tag"]),
        "instrument": order["book"],
    }
    return tuple(values[name] for name in query.OrderRow._fields)


def compare_books(states: np.ndarray, orders: list[Slow]) -> int:
    """Depth, queues, and the place of each order in its queue. Returns how many levels there were."""
    levels = 0
    for index in range(1, int(states["books_listed"][0]) + 1):
        wanted = tuple(slow_depth(orders, index, side) for side in Side)
        assert query.depth(states, index) == wanted
        assert query.depth(states, index, 2) == tuple(side[:2] for side in wanted)
        for side in Side:
            levels += len(wanted[side])
            for price, _ in wanted[side]:
                queue = slow_queue(orders, index, side, price)
                lots = [order["shown_lots"] for order in queue]
                ids = [order["order_id"] for order in queue]
                assert query.queue(states, index, side, price) == list(zip(ids, lots, strict=True))
                for place, order_id in enumerate(ids):
                    assert query.ahead(states, order_id) == (place, sum(lots[:place]))
    return levels


def compare_statistics(states: np.ndarray, orders: list[Slow]) -> None:
    for index in range(1, int(states["books_listed"][0]) + 1):
        found, book = query.statistics(states, index), states["books"][0][index]
        sides = [slow_depth(orders, index, side) for side in Side]
        resting = [
            [one for one in orders if one["resting"] and (one["book"], one["side"]) == (index, side)] for side in Side
        ]
        best = [levels[0] if levels else (0, 0) for levels in sides]
        day = ("open_tick", "day_high", "day_low", "last_tick", "volume_lots", "volume_tick_lots")
        traded = [int(book[name]) if book["volume_lots"] else 0 for name in day]
        rest = ("settle_tick", "last_trade_id", "market_state")
        wanted = BookStatistics(
            *traded, int(book["long_and_short_lots"]) // 2, *(int(book[name]) for name in rest),
            [price for price, _ in best], [lots for _, lots in best], [len(levels) for levels in sides],
            [len(side) for side in resting], [sum(one["shown_lots"] for one in side) for side in resting],
            [sum(one["leaves_lots"] - one["shown_lots"] for one in side) for side in resting],
        )  # fmt: skip
        assert found == wanted
        assert found.spread == (best[1][0] - best[0][0] if all(sides) else None)


def compare_orders(states: np.ndarray, orders: list[Slow]) -> None:
    """Orders of each account, all of them, in pages and one by one; its quotes."""
    for account in query.accounts(states):
        own = [order for order in orders if order["account"] == account]
        wanted = [slow_row(order) for order in own]
        assert query.open_orders(states, account) == wanted
        assert in_pages(states, account) == sorted(wanted)
        quoting = {order["session"] for order in own if order["order_type"] == OrderType.QUOTE}
        for session in range(6):
            assert query.has_quote(states, account, session) == (session in quoting)
        for order_id, text, *_ in wanted:
            found = query.find_order(states, account, order_id)
            assert found in wanted and found.order_id == order_id
            assert query.find_order(states, account + 1, order_id) is None
            assert not text or query.find_order(states, account, 0, text) == found
            assert query.order_of(states, order_id) == found
    assert all(query.ahead(states, order["order_id"]) is None for order in orders if not order["resting"])


def in_pages(states: np.ndarray, account: int) -> list[object]:
    found, after, more = list[query.OrderRow](), 0, True
    while more:
        page, more = query.open_page(states, account, after, 3)
        found += page
        after = max((row.order_id for row in page), default=0)
    return sorted(found)


@pytest.mark.parametrize("seed", [3, 12])
def test_what_is_read_is_what_a_slow_walk_over_all_orders_finds(seed: int) -> None:
    levels = 0
    for states in random_states(seed, 500):
        orders = live(states)
        levels += compare_books(states, orders)
        compare_statistics(states, orders)
        compare_orders(states, orders)
        assert query.order_of(states, 1) is None, "a slot without a generation"
    assert levels > 100, "the run had books to look at"


def market(prices: int, queue: int) -> Engine:
    """A book with so many levels a side, and so many orders of account 1 at the best bid."""
    engine = Engine(MEDIUM)
    book = InstrumentTerms(1, 1, "DEEP", 1, 1, 720, 500, 300, 700, months=[(0, 720)], period_kind=PeriodKind.MONTH)
    for kind, payload in (
        (CommandKind.LIST, ListPayload(commodities=[CommodityTerms(1, 1, 40, 6, 5)], instruments=[book])),
        (CommandKind.DEFINE_ACCOUNT, AccountPayload(1)),
    ):
        engine.control(row(engine, kind), encode_payload(payload))
    engine.apply(row(engine, CommandKind.DEPOSIT, account=1, amount_mills=10**12))
    engine.apply(row(engine, CommandKind.SET_STATE, group=1, market_state=MarketState.PREOPEN))
    engine.apply(row(engine, CommandKind.SET_STATE, group=1, market_state=MarketState.OPEN))
    for number in range(prices):
        enter(engine, 1, Side.BUY, 499 - number, 1 + number, f"b{number}")
        enter(engine, 1, Side.SELL, 501 + number, 2 + number, f"s{number}")
    for number in range(queue - 1):
        enter(engine, 1, Side.BUY, 499, 1, f"q{number}")
    return engine


def test_more_levels_and_orders_than_the_first_buffer_holds_are_all_found() -> None:
    engine = market(150, 100)
    bids, asks = query.depth(engine.states, 1)
    assert [price for price, _ in bids] == list(range(499, 349, -1)) and bids[0][1] == 100
    assert asks == [(501 + number, 2 + number) for number in range(150)]
    assert len(query.queue(engine.states, 1, Side.BUY, 499)) == 100
    orders = query.open_orders(engine.states, 1)
    assert len(orders) == 399 and orders[-1].client_order_id == "q98"
    assert query.ahead(engine.states, orders[-1].order_id) == (99, 99)


def test_imbalance_is_the_share_that_the_best_bid_shows_more() -> None:
    assert query.statistics(market(3, 1).states, 1).imbalance == (1 - 2) / (1 + 2)
    assert query.statistics(market(3, 6).states, 1).imbalance == (6 - 2) / (6 + 2)
    assert query.statistics(market(0, 1).states, 1).imbalance == 0


def test_prices_outside_the_window_have_no_queue() -> None:
    engine = market(2, 1)
    for price in (-(10**9), 299, 300, 498 - 2, 701, 10**9):
        assert query.queue(engine.states, 1, Side.BUY, price) == query.queue(engine.states, 1, Side.SELL, price) == []


def test_a_buffer_of_the_callers_is_filled_as_far_as_it_goes() -> None:
    states = market(5, 1).states
    rows = np.zeros((2, 3), LEVEL_VIEW)
    assert views(states.dtype).copy_depth(states, 1, rows[0], rows[1]) == (3, 3)
    assert rows[0].tolist() == [(499, 1), (498, 2), (497, 3)] and rows[1].tolist()[0] == (501, 2)
