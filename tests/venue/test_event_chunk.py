"""A chunk of released events: its rows in memory, or in its file, and what is known of it either way."""

import numpy as np
import pytest

from exchange.journal.frames import NO_HASH
from exchange.records import EVENT
from exchange.venue.event_blocks import BlockLink
from exchange.venue.event_chunk import EventChunk, chunk_of_file, first_numbers_of
from exchange.venue.event_files import SUFFIX, Summary


def events(first: int, count: int) -> np.ndarray:
    rows = np.zeros(count, EVENT)
    rows["sequence"] = rows["account_sequence"] = np.arange(first, first + count)
    rows["account"], rows["time_ns"] = 1, 100 * rows["sequence"]
    return rows


def never() -> np.ndarray:
    raise AssertionError("no rows are needed")


@pytest.mark.rule("DUR-154")
def test_rows_are_kept_in_memory_until_they_are_dropped() -> None:
    chunk, parts = EventChunk(3, 7), [events(7, 2), events(9, 3)]
    for part in parts:
        chunk.append(part.tobytes(), len(part), int(part[-1]["time_ns"]))
    assert (chunk.name, chunk.first_sequence, chunk.count) == (f"0000000003{SUFFIX}", 7, 5)
    assert chunk.ended_ns == 1_100
    for _ in range(2):
        assert chunk.rows is not None and chunk.rows.tobytes() == np.concatenate(parts).tobytes()
    chunk.drop_rows()
    assert chunk.rows is None and chunk.count == 5
    chunk.keep_rows(events(7, 5))
    assert chunk.rows is not None and chunk.rows.tobytes() == events(7, 5).tobytes()


@pytest.mark.rule("RECOV-011")
def test_the_rows_of_a_command_are_found_without_joining_all_rows() -> None:
    chunk, parts = EventChunk(3, 7), [events(7, 2), events(9, 1), events(15, 3)]
    for part in parts:
        chunk.append(part.tobytes(), len(part), int(part[-1]["time_ns"]))
    for sequence, part in ((7, 0), (8, 0), (9, 1), (12, 1), (15, 2), (99, 2)):
        around = chunk.rows_around(sequence)
        assert around is not None and around.tobytes() == parts[part].tobytes()
    before = chunk.rows_around(6)
    assert before is not None and not len(before)
    assert chunk.rows is not None and len(chunk.rows) == 6
    joined = chunk.rows_around(9)
    assert joined is not None and 9 in joined["sequence"]
    chunk.drop_rows()
    assert chunk.rows_around(9) is None


def test_first_numbers_of_a_chunk_that_was_written_are_known_without_its_rows() -> None:
    chunk, rows = EventChunk(1, 7), events(7, 5)
    rows["account"] = [1, 2, 1, 2, 3]
    chunk.append(rows.tobytes(), 5, 1_100)
    for part in (rows[:3], rows[3:]):
        assert not chunk.is_written
        chunk.note_numbers(part)
        chunk.note_block(BlockLink(int(part[-1]["sequence"]) + 1), len(part))
    assert chunk.is_written and chunk.end.first == 12
    assert chunk.first_numbers(never) == first_numbers_of(rows) == {1: 7, 2: 8, 3: 11}


def test_first_numbers_of_a_chunk_that_was_not_written_come_from_its_rows_once() -> None:
    chunk = EventChunk(2, 12)
    chunk.append(events(12, 2).tobytes(), 2, 1_300)
    chunk.note_numbers(events(12, 1))
    chunk.note_block(BlockLink(13), 1)
    assert chunk.first_numbers(lambda: events(12, 2)) == chunk.first_numbers(never) == {1: 12}


def test_a_chunk_of_a_file_knows_where_the_file_ends() -> None:
    end = BlockLink(21, bytes([5]) * 16, 2_000)
    chunk = chunk_of_file(Summary("name", 4, 20, BlockLink(), end, 1_000, NO_HASH, 0, ""))
    assert (chunk.number, chunk.first_sequence, chunk.count, chunk.end, chunk.ended_ns) == (4, 1, 20, end, 2_000)
    assert chunk.rows is None, "its rows are read when they are asked for"
    assert chunk.is_written and chunk.first_numbers(lambda: events(1, 20)) == {1: 1}


def test_the_first_number_of_each_account_is_found_among_rows() -> None:
    rows = np.zeros(6, EVENT)
    rows["account"] = [2, 1, 0, 1, 2, 9]
    rows["account_sequence"] = [5, 7, 0, 8, 6, 0]
    assert first_numbers_of(rows) == {1: 7, 2: 5}, "a row without a number is in no stream"
    assert first_numbers_of(rows[:0]) == {}
