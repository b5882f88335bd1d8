"""Counters of what a venue has done."""

import numpy as np

from exchange.codes import EventKind
from exchange.publish.consumer import ReleasedBatch
from exchange.publish.counters import Counters
from exchange.records import COMMAND, EVENT, column


def test_commands_batches_events_and_trades_are_counted() -> None:
    counters = Counters()
    events = np.zeros(5, EVENT)
    events["kind"] = [EventKind.ORDER_ACCEPTED, *[EventKind.FILL] * 4]
    column(events, "trade_id")[:] = [0, 7, 7, 8, 8]
    counters.take(ReleasedBatch(events, 11, 13, 1, np.zeros(3, COMMAND)))
    counters.take(ReleasedBatch(np.zeros(0, EVENT), 14, 14, 2, np.zeros(1, COMMAND)))
    assert (counters.commands, counters.batches, counters.events, counters.trades) == (4, 2, 5, 2)


def test_what_is_set_up_before_the_venue_serves_is_not_counted() -> None:
    counters = Counters()
    counters.take(ReleasedBatch(np.zeros(1, EVENT), 1, 1, 1, is_control=True))
    assert counters.commands == counters.batches == counters.events == 0
