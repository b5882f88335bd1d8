"""The log of changes of followed books: what is in it, in which order, and that it grows."""

from typing import Any

import numpy as np
import pytest

from exchange.codes import EventKind, Liquidity, Side
from exchange.engine.event_rows import TRADE_ID, Row
from exchange.publish.fold import event_fold
from exchange.publish.fold.event_fold import EventFold
from exchange.publish.fold.fold_rows import COMMAND, DONE, FOLLOWS, FULL, PRINTED
from tests.publish.feed import rested, traded
from tests.publish.helpers import event, event_array

BITS = int(FOLLOWS | PRINTED)
Taken = list[tuple[int, ...]]


def read_all(fold: EventFold, rows: list[Row]) -> Taken:
    """Read rows to their end as market data does; returns all changes."""
    events, at, taken = event_array(rows), 0, []
    result = int(COMMAND)
    while result != DONE or at < len(events):
        result = fold.read(events, at)
        at = fold.next_row
        if result == FULL:
            changes = fold.drain()
            taken += changes
            if not changes:
                fold.grow()
    return taken + fold.drain()


def test_only_followed_books_are_in_the_log() -> None:
    fold = EventFold()
    fold.watch(2, int(FOLLOWS), BITS)
    assert read_all(fold, [rested(1, 10, 5), rested(2, 11, 6, book=2), rested(3, 12, 7, book=70)]) == [
        (2, False, Side.BUY, 11, 6)
    ]
    fold.watch(2, 0, BITS)
    assert read_all(fold, [rested(4, 11, 6, book=2)]) == []


def test_a_level_is_in_the_log_once_in_its_first_place_with_its_newest_lots() -> None:
    fold = EventFold()
    fold.watch(1, int(FOLLOWS), BITS)
    implied = {"instrument": 1, "side": Side.SELL}
    rows = [
        rested(1, 10, 5),
        event(EventKind.IMPLIED_PRICE, 1, implied_tick=15, implied_lots=2, **implied),
        rested(1, 11, 6),
        rested(1, 10, 7),
        rested(2, 10, 8, Side.SELL),
        event(EventKind.IMPLIED_PRICE, 2, implied_tick=14, implied_lots=0, **implied),
        rested(3, 11, 0),
    ]
    assert read_all(fold, rows) == [
        (1, False, Side.BUY, 10, 7),
        (1, True, Side.SELL, 14, 0),
        (1, False, Side.BUY, 11, 0),
        (1, False, Side.SELL, 10, 8),
    ]


@pytest.mark.parametrize("room", [1, 2, 7])
def test_short_buffers_lose_nothing(room: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [rested(1 + number // 9, number % 23, number) for number in range(400)]
    logs: list[dict[Any, int]] = []
    for length in (room, 4_096):
        monkeypatch.setattr(event_fold, "ROOM", length)
        fold = EventFold()
        fold.watch(1, int(FOLLOWS), BITS)
        logs.append({tuple(key): lots for *key, lots in read_all(fold, rows)})
    assert logs[0] == logs[1] and len(logs[0]) == 23


@pytest.mark.rule("MDATA-012")
def test_python_reads_one_row_of_each_watched_trade_and_the_last_trade_of_every_book_is_known() -> None:
    fold = EventFold({1: 40})
    assert (fold.trade_id(1), fold.trade_id(9)) == (40, 0)
    rows = [*traded(5, 41, 10, 1, 3), *traded(5, 42, 10, 1, 2)]
    assert fold.read(event_array(rows), 0) == DONE and fold.trade_id(1) == 42
    fold.stream_trades(1, 3)
    venue = event(EventKind.INDICATIVE_PRICE, 6, instrument=2)
    events = event_array([*traded(6, 43, 10, 1, 1), *traded(6, 44, 10, 1, 0), venue, *traded(7, 45, 10, 1, 0)])
    assert fold.read(events, 0) == COMMAND and fold.next_row == 5 and fold.sequence == 6
    read = [(row[TRADE_ID], row[5]) for row in fold.rows(events)]
    assert read == [(43, Liquidity.MAKER), (44, Liquidity.MAKER), (0, 0)]


def test_events_of_the_venue_are_read_by_python_whoever_watches() -> None:
    fold = EventFold()
    changed = event(EventKind.STATE_CHANGED, 2, instrument=1)
    events = event_array([rested(1, 10, 5), changed, event(EventKind.UNCROSSED, 3, instrument=1)])
    assert fold.read(events, 0) == COMMAND and fold.rows(events) == [changed]
    assert fold.read(events, fold.next_row) == DONE and (fold.next_row, fold.sequence) == (3, 3)


def test_the_table_of_levels_never_needs_to_be_cleared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Entries of earlier commands are everywhere in it, and must not pass for those of this one."""
    monkeypatch.setattr(event_fold, "ROOM", 8)
    fold, rng = EventFold(), np.random.default_rng(5)
    fold.watch(1, int(FOLLOWS), BITS)
    for e in range(1, 300):
        newest: dict[int, int] = {}
        rows = []
        for lots in range(8):
            price = int(rng.integers(10))
            newest[price] = lots
            rows.append(rested(e, price, lots))
        assert fold.read(event_array(rows), 0) == DONE
        expected = [(1, False, Side.BUY, price, lots) for price, lots in newest.items()]
        assert fold.command_changes() == expected and fold.drain() == expected
