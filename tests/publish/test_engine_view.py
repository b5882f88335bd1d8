"""The engine as market data reads it: the same numbers as the state's own."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from exchange.codes import SettleMethod, Side
from exchange.engine import query
from exchange.publish.engine_view import EngineView
from exchange.publish.market_data import Source
from tests.gateway.harness import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(str(tmp_path)) as made:
        yield made


def test_sequence_time_and_levels_are_those_of_the_last_command(bench: Bench) -> None:
    peer = bench.connect(bench.keys[1])
    peer.ask(bench.order(10, "a1", order_lots=3), bench.order(11, "a2", order_lots=2))
    source: Source = EngineView(bench.venue.engine)
    assert (source.sequence, source.time_ns) == (bench.venue.sequence, int(bench.venue.engine.time_ns))
    bids, asks = source.depth(1)
    assert bids == [(bench.price, 5)] and asks == [] == query.queue(bench.venue.states, 1, Side.SELL, bench.price)
    assert source.implied(1) == (None, None)


def test_the_day_and_its_last_settlement_are_the_states_own(bench: Bench) -> None:
    sellers, buyers = bench.connect(bench.keys[1]), bench.connect(bench.keys[2])
    sellers.ask(bench.order(10, "a1", side="s", order_lots=7, price_tick=bench.price + 2))
    buyers.ask(bench.order(10, "b1", order_lots=7, price_tick=bench.price + 2))
    source, price = EngineView(bench.venue.engine), bench.price + 2
    assert source.statistics([1, 1]).tolist() == [[price, price, price, price, 7, 7 * price, 7, bench.price]] * 2
    assert source.settlement(1) == (bench.price, SettleMethod.SEED, False, 0, 0)
    bench.venue.states["books"][0, 1]["settled_day"] = 20_781
    assert source.settlement(1).day == 20_780, "the engine keeps the day of the limits"


@pytest.mark.rule("MDATA-011", "RATE-008")
def test_queues_of_many_books_look_through_the_orders_once_for_each_command(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    trader, view = bench.connect(bench.keys[1]), EngineView(bench.venue.engine)
    for number in range(4):
        trader.ask(bench.order(10 + number, f"a{number}", price_tick=bench.price - number % 2))
    passes: list[int] = []
    flatnonzero = np.flatnonzero
    monkeypatch.setattr(np, "flatnonzero", lambda found: (passes.append(1), flatnonzero(found))[1])
    books = range(1, len(bench.venue.states[0].books))
    each = [view.queues([book])[0] for book in books]
    assert len(passes) == 1 and each == view.queues(books)
    (orders,) = [orders for orders in each if orders]
    assert [order.price_tick for order in orders] == [bench.price, bench.price - 1] * 2
    assert [order.stamp for order in orders] == sorted(order.stamp for order in orders)
    trader.ask(bench.order(20, "late"))
    assert sum(len(view.queues([book])[0]) for book in books) == 5 and len(passes) == 2
