"""The engine as market data reads it: the same numbers as the state's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from exchange.codes import Side
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
