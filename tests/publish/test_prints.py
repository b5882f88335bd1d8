"""Prints kept for replays, against a plain list of all that happened."""

import random
from collections.abc import Iterator

import numpy as np
import pytest

from exchange.codes import EventFlag, EventKind, Liquidity
from exchange.engine.event_rows import FLAGS, INSTRUMENT, SEQUENCE, TRADE_ID, Row, read_rows
from exchange.publish import prints as prints_module
from exchange.publish.prints import Prints, trades_message
from exchange.records import EVENT
from tests.publish.helpers import event

BOOKS = (1, 2, 7)
INTERNAL = EventFlag.IMPLIED | EventFlag.INTERNAL
Rows = list[Row]


def history(seed: int, commands: int) -> Rows:
    """FILL rows and others: single trades, sweeps over several prices, implied groups over books, some with internal
    legs, which have the trade id of the print before them: of the command before, if they come first."""
    rng, rows, trade_id = random.Random(seed), [], 0
    for sequence in range(1, commands + 1):
        if rng.random() < 0.4:
            rows.append(event(EventKind.ORDER_CANCELLED, sequence, instrument=rng.choice(BOOKS)))
            continue
        implied, index = rng.random() < 0.2, rng.choice(BOOKS)
        if implied and trade_id and rng.random() < 0.4:
            rows.append(event(EventKind.FILL, sequence, side=1, liquidity=Liquidity.MAKER, flags=INTERNAL,
                              instrument=index, trade_id=trade_id, lots=99))  # fmt: skip
        for _ in range(rng.randint(1, 5)):
            trade_id += 1
            index = rng.choice(BOOKS) if implied else index
            common = {
                "instrument": index,
                "reference": trade_id,
                "price": rng.randint(-9, 9),
                "lots": rng.randint(1, 9),
            }
            sides = [(rng.randint(0, 1), Liquidity.MAKER, EventFlag.IMPLIED)] if implied else [
                (0, Liquidity.MAKER, 0), (1, Liquidity.TAKER, 0)]  # fmt: skip
            rows += [event(EventKind.FILL, sequence, side=side, liquidity=told, flags=flags, **common)
                     for side, told, flags in sides]  # fmt: skip
            if implied and rng.random() < 0.4:
                rows.append(event(EventKind.FILL, sequence, side=1, liquidity=Liquidity.MAKER, flags=INTERNAL,
                                  **{**common, "instrument": rng.choice(BOOKS), "lots": 99}))  # fmt: skip
    return rows


def of(rows: Rows) -> Rows:
    """The prints: the first row of each trade id. An internal leg is none."""
    fills = [row for row in rows if row[2] == EventKind.FILL and not row[FLAGS] & EventFlag.INTERNAL]
    found = {row[TRADE_ID]: row for row in reversed(fills)}
    return [found[number] for number in sorted(found)]


def expected(rows: Rows, index: int, first: int, last: int) -> list[tuple[int, object]]:
    """(number before, message) of a book, from everything that ever happened."""
    messages, before = [], 0
    of_book = [row for row in of(rows) if row[INSTRUMENT] == index]
    for sequence in sorted({row[SEQUENCE] for row in of_book}):
        printed = [row for row in of_book if row[SEQUENCE] == sequence]
        if first <= printed[-1][TRADE_ID] <= last:
            messages.append((before, trades_message(printed)))
        before = printed[-1][TRADE_ID]
    return messages


def told(prints: Prints, index: int, first: int, last: int) -> list[tuple[int | None, object]]:
    return [(before, trades_message(rows)) for before, rows in prints.messages_of(index, first, last)]


def pieces(rows: Rows, rng: random.Random) -> Iterator[np.ndarray]:
    """As a history hands them out: the newest first, cut between two commands."""
    stop = len(rows)
    while stop:
        start = max(0, stop - rng.randint(1, 60))
        while start and rows[start - 1][SEQUENCE] == rows[start][SEQUENCE]:
            start -= 1
        yield np.array(rows[start:stop], EVENT)
        stop = start


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prints_module, "BLOCK", 16)


@pytest.mark.rule("MDATA-001", "RECOV-014", "SMP-010")
@pytest.mark.parametrize("seed", range(6))
def test_every_range_is_what_happened_wherever_a_start_lies_between(seed: int) -> None:
    rng, rows = random.Random(seed), history(seed, 120)
    start = rng.choice([0, 1, 40, 80, 120])
    before = [row for row in rows if row[SEQUENCE] <= start]
    prints = Prints({index: max((r[TRADE_ID] for r in before if r[INSTRUMENT] == index and r[2] == EventKind.FILL),
                                default=0) for index in BOOKS})  # fmt: skip
    prints.load(pieces(before, rng))
    for piece in reversed(list(pieces([row for row in rows if row[SEQUENCE] > start], rng))):
        prints.append(piece)
        assert rng.random() < 0.7 or prints.last_id <= len(of(rows))  # a question now and then
    last = len(of(rows))
    assert (prints.first_id, prints.last_id) == (1, last)
    for _ in range(60):
        index, first = rng.choice(BOOKS), rng.randint(0, last + 1)
        stop = rng.randint(first, last + 5)
        assert told(prints, index, first, stop) == expected(rows, index, first, stop)
    assert [prints.oldest(index) for index in BOOKS] == [1, 1, 1]


@pytest.mark.rule("MDATA-001", "RECOV-003")
@pytest.mark.parametrize("lost", [0, 3, 17, 50, 99])
def test_behind_a_gap_nothing_is_told_and_what_follows_is_whole(lost: int) -> None:
    rows = history(3, 100)
    gone = of(rows)[min(lost * 2, len(of(rows)) - 1)][TRADE_ID]
    numbers = {index: max(row[TRADE_ID] for row in of(rows) if row[INSTRUMENT] == index) for index in BOOKS}
    prints = Prints(numbers)
    prints.load(iter([np.array([row for row in rows if row[TRADE_ID] != gone], EVENT)]))
    for index in BOOKS:
        oldest = prints.oldest(index)
        assert oldest > gone or gone > numbers[index]
        found, wanted = told(prints, index, oldest, 10_000), expected(rows, index, oldest, 10_000)
        assert [message for _, message in found] == [message for _, message in wanted]
        assert [before for before, _ in found][1:] == [before for before, _ in wanted][1:]
        assert not found or found[0][0] in (None, wanted[0][0])


@pytest.mark.rule("MDATA-001")
def test_no_more_than_so_many_are_kept_and_the_oldest_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prints_module, "PRINTS_MAX", 64)
    monkeypatch.setattr(prints_module, "NEW_ROWS", 8)
    rows, prints = history(5, 400), Prints()
    for piece in reversed(list(pieces(rows, random.Random(2)))):
        prints.append(piece)
        assert prints.last_id - prints.first_id < 64 + 2 * 16
    assert prints.first_id > 100
    for index in BOOKS:
        oldest = prints.oldest(index)
        assert told(prints, index, oldest, 10_000) == expected(rows, index, oldest, 10_000), "with the number before"
    again = Prints({index: max(row[TRADE_ID] for row in of(rows) if row[INSTRUMENT] == index) for index in BOOKS})
    again.load(pieces(rows, random.Random(1)))
    assert 64 <= again.last_id - again.first_id < 64 + 150
    assert read_rows(np.array(rows[:1], EVENT)) == rows[:1]


@pytest.mark.rule("MDATA-001", "RECOV-003")
def test_a_print_that_does_not_follow_the_last_makes_the_older_ones_unknown() -> None:
    prints = Prints({1: 40, 2: 30})
    assert (prints.oldest(1), prints.oldest(2)) == (41, 31)
    prints.append(np.array([event(EventKind.FILL, 1, instrument=1, trade_id=41)], EVENT))
    assert [before for before, _ in prints.messages_of(1, 41, 41)] == [40] and not list(prints.messages_of(2, 31, 41))
    prints.append(np.array([event(EventKind.FILL, 2, instrument=1, trade_id=50)], EVENT))
    assert prints.oldest(1) == prints.oldest(2) == 50
    assert [before for before, _ in prints.messages_of(1, 50, 50)] == [None]


@pytest.mark.rule("RECOV-014")
def test_a_range_is_as_it_was_when_it_was_asked_for_and_is_read_many_messages_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What a message costs is paid by everybody, in the venue's loop."""
    monkeypatch.setattr(prints_module, "PRINTS_MAX", 64)
    reads: list[int] = []

    def counted(events: np.ndarray) -> Rows:
        reads.append(len(events))
        return read_rows(events)

    monkeypatch.setattr(prints_module, "read_rows", counted)
    rows = [event(EventKind.FILL, number, instrument=1, trade_id=number) for number in range(1, 1_001)]
    prints = Prints()
    prints.append(np.array(rows[:60], EVENT))
    found, wanted = prints.messages_of(1, 1, 60), expected(rows[:60], 1, 1, 60)
    prints.append(np.array(rows[60:], EVENT))
    assert prints.first_id > 60
    assert [(before, trades_message(some)) for before, some in found] == wanted
    assert reads == [60]
    monkeypatch.setattr(prints_module, "PRINTS_MAX", 1 << 22)
    prints = Prints()
    prints.append(np.array(rows, EVENT))
    assert len(list(prints.messages_of(1, 1, 1_000))) == 1_000
    assert len(reads) <= 1 + 1_000 // 200
