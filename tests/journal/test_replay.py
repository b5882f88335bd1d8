"""Replay of a data folder."""

import numpy as np
import pytest

from exchange.codes import EventFlag, EventKind
from exchange.engine.event_rows import split_rests
from exchange.journal.errors import Refusal
from exchange.journal.replay import EventHash, replay_folder
from exchange.limits import MEDIUM
from exchange.records import EVENT, column
from tests.journal.helpers import FOLDER, FakeEngine, closed_folder, reopen, rules_body


@pytest.mark.rule("DUR-106")
def test_replay_gives_the_recorded_state_and_counts_what_it_did() -> None:
    disk = closed_folder([5, 70, 80], snapshot_after=3)
    seen, steps = list[np.ndarray](), list[int]()
    report = replay_folder(FOLDER, FakeEngine(MEDIUM, None), seen.append, steps.append, disk)
    assert (report.records, report.events, report.fills, report.marks) == (155, 155, 0, 1)
    assert steps == [5, 75, 155] and [len(events) for events in seen] == [5, 70, 80]
    assert report.last_sequence == 155
    assert report.state_hash == reopen(disk).engine.state_hash()
    assert report.rules == rules_body()


@pytest.mark.rule("DUR-063")
def test_the_event_hash_depends_on_rows_not_on_their_batches() -> None:
    events = np.zeros(6, EVENT)
    events["sequence"] = range(6)
    whole, pieces, other = EventHash(), EventHash(), EventHash()
    whole.add(events)
    for part in (events[:1], events[1:1], events[1:4], events[4:]):
        pieces.add(part)
    other.add(events[::-1].copy())
    assert whole.mark(6) == pieces.mark(6) != other.mark(6)
    assert whole.mark(6) == pieces.mark(6) != EventHash().mark(6)


@pytest.mark.rule("DUR-063", "ORDER-003")
def test_the_event_hash_does_not_depend_on_whether_one_row_tells_ack_and_rst() -> None:
    events = np.zeros(4, EVENT)
    events["kind"], events["flags"] = EventKind.ORDER_ACCEPTED, [0, EventFlag.RESTS, 0, EventFlag.RESTS]
    events["sequence"] = events["reference"] = events["level_lots"] = range(1, 5)
    column(events, "shown_lots")[:] = range(1, 5)
    together, apart = EventHash(), EventHash()
    together.add(events)
    apart.add(split_rests(events))
    assert len(split_rests(events)) == 6 and together.mark(4) == apart.mark(4)


@pytest.mark.rule("DUR-106")
def test_an_engine_that_fails_on_replay_is_refused_with_the_sequence() -> None:
    class Failing(FakeEngine):
        def apply(self, commands: np.ndarray) -> np.ndarray:
            raise ValueError("no such book")

    with pytest.raises(Refusal, match="sequence 1: the engine fails on replay: ValueError: no such book") as refused:
        replay_folder(FOLDER, Failing(MEDIUM, None), disk=closed_folder([5]))
    assert refused.value.code == 70
