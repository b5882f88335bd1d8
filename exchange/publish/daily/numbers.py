"""Numbers and snapshots of messages of which a command makes many: settlements, values of an index.

A number is made of the sequence of the command and the place among its rows, so it is the same on every gateway and
after a restart (MDATA-001).
"""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from exchange.engine.event_rows import SEQUENCE, Row
from exchange.wire.messages import DailyIndex, Settlement

PLACES = 1 << 12  # numbers that a command has; a venue has fewer books, and its indices fewer days
Daily = TypeVar("Daily", Settlement, DailyIndex)


def numbered(rows: Iterable[Row]) -> Iterator[tuple[int, Row]]:
    """Each row of one kind with the number of its message."""
    sequence = place = 0
    for row in rows:
        place = place + 1 if row[SEQUENCE] == sequence else 1
        sequence = row[SEQUENCE]
        assert place < PLACES, "a command makes fewer messages of a kind"
        yield sequence * PLACES + place, row


def as_snapshot(pages: list[Daily], e: int, time_us: int) -> list[Daily]:
    """Messages as the pages of one snapshot (MDATA-006). `e`: the last command read."""
    for page in pages:
        page.engine_sequence, page.time_us = e, time_us
        page.snapshot, page.more = True, page is not pages[-1]
    return pages
