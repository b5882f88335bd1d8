"""What Python calls, with arrays of one record: lists and their frames, and columns of replies by session."""

import random

import numpy as np
import pytest

from exchange.codes import EventFlag, EventKind
from exchange.gateway import outbox
from exchange.publish.encode import entry, put, streams
from tests.publish.helpers import event, event_array


def test_a_message_is_added_to_the_list_of_a_slot_and_framed() -> None:
    chains, frames, spans = put.new_chains(), np.zeros(64, np.uint8), np.zeros(2, np.int64)
    chains["text"][0][8:11] = bytearray(b"123")
    entry.append_message(chains, 5, 8, 9, put.JSON)
    entry.append_message(chains, 7, 10, 11, put.JSON)
    entry.append_message(chains, 5, 9, 10, put.JSON)
    assert entry.frame_messages(chains, frames, spans, 0, put.FRAME_BYTES) == 2
    assert chains["touched"][0][:2].tolist() == [5, 7]
    assert frames[: spans[1]].tobytes() == outbox.frame(b"[1,2]") + outbox.frame(b"3")


@pytest.mark.rule("RECOV-011")
def test_noted_replies_are_sorted_by_slot_and_keep_their_order() -> None:
    rng, record = random.Random(4), streams.new_streams()
    for _ in range(3):  # of one batch nothing is left in the next
        noted = [(rng.choice((0, 3, 9, 65_535)), *(rng.randrange(2**40) for _ in range(4))) for _ in range(60)]
        for row in noted:
            entry.note_answer(record, *row)
        count = int(record["answered_count"][0])
        slots, ends = record["answered_slots"][0][:count].tolist(), np.zeros(count, np.int64)
        columns = [np.zeros(len(noted), np.int64) for _ in range(4)]
        entry.collect_answers(record, *columns, ends)
        record["answered_count"] = 0
        rows = list(zip(*(column.tolist() for column in columns), strict=True))
        for slot, begin, end in zip(slots, [0, *ends.tolist()], ends.tolist(), strict=False):
            assert rows[begin:end] == [row[1:] for row in noted if row[0] == slot]
        assert sorted(slots) == sorted({row[0] for row in noted}) and ends[-1] == len(noted)
        assert not record["answers"].any() and not record["reply_count"].any()


@pytest.mark.rule("ACCT-002")
def test_the_last_number_of_a_stream_is_noted_when_nobody_listens() -> None:
    """A margin message takes the number after its row's."""
    record = streams.new_streams()
    rows = [
        event(EventKind.FILL, account=1, account_sequence=4),
        event(EventKind.POSITION_CHANGED, account=1, account_sequence=5, flags=EventFlag.MARGIN),
        event(EventKind.CASH_MOVED, account=2, account_sequence=8),
        event(EventKind.STATE_CHANGED, account=3),
        event(EventKind.FILL, account=4, account_sequence=9, flags=EventFlag.MARGIN),
    ]
    entry.note_events(record, event_array(rows))
    assert record["released"][0][:6].tolist() == [0, 6, 8, 0, 9, 0]
