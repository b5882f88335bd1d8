"""The one list of consumers: each gets every batch, in an order on which clients rely."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exchange.engine.event_rows import Row, read_rows
from exchange.publish import consumer as consumer_module
from exchange.publish.consumer import ReleasedBatch
from exchange.wire.messages import Cancel, ChannelSpec, Depth, Exec, Ok, Replace, Subscribe
from tests.gateway.harness import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(str(tmp_path)) as made:
        yield made


@pytest.mark.rule("ENTRY-001")
def test_an_answer_comes_before_its_account_events_and_these_before_the_feed(bench: Bench) -> None:
    peer = bench.connect(bench.keys[1])
    depth = ChannelSpec(name_of_channel="depth", instrument=bench.instrument, cadence_ms=0)
    peer.ask(Subscribe(request_id=9, channels=[depth]))
    assert [type(message) for message in peer.ask(bench.order(10, "a1"))] == [Ok, Exec, Depth]


def test_during_an_answer_its_events_are_kept_and_the_stores_do_not_count_them_yet(bench: Bench) -> None:
    venue, looks = bench.venue, list[tuple[Any, ...]]()

    def look(events: Any) -> None:
        kept = venue.history.of_command(events[0][0])
        looks.append((kept == events, venue.history.shown.sequence, venue.market.sequence, peer.transport.data))

    peer = bench.connect(bench.keys[1])
    before = venue.sequence
    peer.take()
    venue.own.submit({"kind": 16, "account": 1, "price": 5}, look)
    bench.settle()
    assert looks == [(True, before, before, b"")]
    assert venue.history.shown.sequence == venue.market.sequence == before + 1


def test_every_consumer_gets_each_batch_once_and_all_see_the_same(bench: Bench) -> None:
    seen: list[tuple[str, int, int]] = []

    class Watching:
        def __init__(self, name: str) -> None:
            self.name = name

        def take(self, batch: Any) -> None:
            seen.append((self.name, batch.first, batch.last))

    consumers = bench.venue.consumers
    consumers._first = (Watching("first"), *consumers._first)
    consumers._later = (*consumers._later, Watching("last"))
    before = bench.venue.sequence
    peer = bench.connect(bench.keys[1])
    peer.ask(bench.order(10, "a1"), bench.order(11, "a2"))
    assert seen[-2:] == [("first", before + 2, before + 3), ("last", before + 2, before + 3)]
    assert [sequence for name, *sequence in seen if name == "first"] == [[before + 1] * 2, [before + 2, before + 3]]


def test_usual_events_are_read_as_an_array_by_all_that_stand_beside_the_way(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Orders, fills, cancels and replaces become tuples only for those that make messages of them."""
    readers: set[str] = set()

    class Apart:
        """Passes a batch of its own to one consumer."""

        def __init__(self, consumer: Any) -> None:
            self.consumer = consumer

        def take(self, batch: Any) -> None:
            reading.append(type(self.consumer).__name__)
            one = ReleasedBatch(batch.events, batch.first, batch.last, batch.time_ns, batch.commands)
            one.received_us, one.answerers, one.tickets = batch.received_us, batch.answerers, batch.tickets
            one.is_control = batch.is_control
            self.consumer.take(one)

    def read(events: np.ndarray) -> list[Row]:
        readers.add(reading[-1])
        return read_rows(events)

    reading: list[str] = []
    monkeypatch.setattr(consumer_module, "read_rows", read)
    consumers = bench.venue.consumers
    consumers._first, consumers._later = tuple(map(Apart, consumers._first)), tuple(map(Apart, consumers._later))
    peer, other = bench.connect(bench.keys[1]), bench.connect(bench.keys[2])
    peer.ask(bench.order(10, "a1"), bench.order(11, "a2"))
    peer.ask(Replace(request_id=12, client_order_id="a2", order_lots=1))
    other.ask(bench.order(10, "b1", side="s"))
    peer.ask(Cancel(request_id=13, client_order_id="a2"))
    assert len(set(reading)) == len(consumers._first + consumers._later) and bench.venue.counters.trades == 1
    assert readers <= {"MarketData"}
