"""A released batch: its events as rows once for all consumers, its commands whether or not they have events."""

import numpy as np
import pytest

from exchange.codes import EventKind
from exchange.engine.event_rows import read_rows
from exchange.publish import consumer as consumer_module
from exchange.publish.consumer import Consumer, ReleasedBatch
from exchange.records import EVENT
from tests.publish.helpers import TIME_NS, event


class Collecting:
    """A consumer that keeps what it is given."""

    def __init__(self) -> None:
        self.kinds: list[int] = []

    def take(self, batch) -> None:  # type: ignore[no-untyped-def]  # any batch
        self.kinds += [row[2] for row in batch.rows]


def test_a_batch_has_its_events_as_an_array_and_as_rows() -> None:
    rows = [event(EventKind.ORDER_ACCEPTED, 7), event(EventKind.FILL, 8, lots=5)]
    events = np.array(rows, EVENT)
    batch = ReleasedBatch(events, 7, 9, TIME_NS)
    assert batch.rows == rows and batch.events is events
    assert batch.data == events.tobytes() and list(batch.kinds) == [row[2] for row in rows]
    assert (batch.first, batch.last, batch.time_ns) == (7, 9, TIME_NS)
    assert batch.tickets == {} and not len(batch.commands) and not batch.is_control
    collecting = Collecting()
    consumer: Consumer = collecting
    consumer.take(batch)
    assert collecting.kinds == [EventKind.ORDER_ACCEPTED, EventKind.FILL]


def test_rows_of_a_batch_are_made_when_they_are_asked_for_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    monkeypatch.setattr(consumer_module, "read_rows", lambda events: made.append(len(events)) or read_rows(events))
    batch = ReleasedBatch(np.array([event(EventKind.ORDER_ACCEPTED, 7)], EVENT), 7, 7, TIME_NS)
    assert EventKind.ORDER_ACCEPTED in batch.kinds and EventKind.FILL not in batch.kinds and made == []
    assert batch.rows is batch.rows and made == [1]


def test_a_batch_whose_commands_do_nothing_has_no_rows() -> None:
    batch = ReleasedBatch(np.zeros(0, EVENT), 7, 7, TIME_NS, is_control=True)
    assert batch.rows == [] and batch.data == batch.kinds == b"" and batch.is_control
