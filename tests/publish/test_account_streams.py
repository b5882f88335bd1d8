"""Answers and account events: who gets which, and in what order (ENTRY-001)."""

from typing import Any

import numpy as np
import pytest

from exchange.codes import EventKind, OrderState
from exchange.engine.event_rows import SEQUENCE, Row
from exchange.publish.account_streams import AccountStreams
from exchange.publish.consumer import ReleasedBatch, Ticket, released_batch
from exchange.publish.execution_reports import ExecutionReports
from exchange.records import EVENT
from tests.publish.helpers import TIME_NS, event, table


class Wire:
    """What one connection is sent, answers and events in the order in which they come."""

    def __init__(self) -> None:
        self.sent: list[tuple[Any, ...]] = []

    def send(self, message: Any) -> None:
        self.sent.append(("event", message.account, message.sequence))

    def answer(self, request_id: int, received_us: int, events: list[Row]) -> None:
        self.sent.append(("answer", request_id, received_us, [row[SEQUENCE] for row in events]))


def accepted(sequence: int, account: int, number: int) -> Row:
    return event(
        EventKind.ORDER_ACCEPTED, sequence, account=account, account_sequence=number, instrument=1,
        state=OrderState.OPEN, order_id=sequence,
    )  # fmt: skip


def batch_of(rows: list[Row], first: int, tickets: list[Ticket]) -> ReleasedBatch:
    return released_batch(np.array(rows, EVENT), first, first + len(tickets) - 1, TIME_NS, tickets)


@pytest.mark.rule("ENTRY-001")
def test_an_account_gets_each_event_behind_the_answer_of_its_command() -> None:
    streams, wire = AccountStreams(ExecutionReports(table())), Wire()
    streams.listen(7, wire)
    rows = [accepted(20, 7, 1), accepted(21, 7, 2), accepted(21, 8, 1), accepted(22, 7, 3)]
    streams.take(
        batch_of(
            rows,
            20,
            [
                (
                    wire.answer,
                    1,
                    100,
                ),
                None,
                (wire.answer, 3, 102),
            ],
        )
    )
    assert wire.sent == [
        ("answer", 1, 100, [20]), ("event", 7, 1), ("event", 7, 2), ("answer", 3, 102, [22]), ("event", 7, 3),
    ]  # fmt: skip
    assert streams.released == {7: 3, 8: 1}


def test_a_command_without_events_is_answered_too() -> None:
    streams, wire = AccountStreams(ExecutionReports(table())), Wire()
    streams.take(batch_of([], 20, [(wire.answer, 1, 100)]))
    assert wire.sent == [("answer", 1, 100, [])] and streams.released == {}


def test_a_connection_that_no_longer_listens_gets_nothing() -> None:
    streams, stays, leaves = AccountStreams(ExecutionReports(table())), Wire(), Wire()
    for wire in (stays, leaves):
        streams.listen(7, wire)
    streams.unlisten(7, leaves)
    streams.unlisten(9, leaves)
    streams.take(batch_of([accepted(20, 7, 1)], 20, [None]))
    assert stays.sent == [("event", 7, 1)] and leaves.sent == []


def test_a_connection_that_begins_to_listen_in_an_answer_gets_the_events_behind_it() -> None:
    streams, wire = AccountStreams(ExecutionReports(table())), Wire()
    rows = [accepted(20, 7, 1), accepted(21, 7, 2)]
    streams.take(batch_of(rows, 20, [None, (lambda *_: streams.listen(7, wire), 1, 0)]))
    assert wire.sent == [("event", 7, 2)]
