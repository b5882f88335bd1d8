"""The channels with values of a day: `settlement` of an outright, or of all, and `index` of a chip.

    daily = DailyChannels(table, source)
    for name, place, number, make, row in daily.take(batch): ...     # messages of a released batch
    daily.pages(name, place, e, time_us)                             # a snapshot
    daily.last_number(name, place)

A place is the book of an outright, 0: all of them; of an index the product group of its chip.
"""

from collections.abc import Callable, Iterator
from typing import Protocol

from exchange.codes import EventKind
from exchange.engine.event_rows import GROUP, INSTRUMENT, Row, read_rows
from exchange.publish.consumer import ReleasedBatch
from exchange.publish.daily.index_values import IndexDays, IndexValues
from exchange.publish.daily.settlements import SettledBooks, Settlements
from exchange.publish.instruments import InstrumentTable
from exchange.wire.messages import ChannelMessage

SETTLEMENT, INDEX = "settlement", "index"
_SETTLED, _TAKEN = int(EventKind.SETTLED), int(EventKind.INDEX_TAKEN)
# Channel, place, number of the message, and what makes it of a row.
Made = tuple[str, int, int, Callable[[Row], ChannelMessage], Row]


class DailySource(SettledBooks, IndexDays, Protocol):
    """The engine's values of a day."""


class DailyChannels:
    """Follows settlements and indices of one venue."""

    def __init__(self, table: InstrumentTable, source: DailySource) -> None:
        self.settlements, self.indices = Settlements(table, source), IndexValues(table, source)

    def take(self, batch: ReleasedBatch) -> Iterator[Made]:
        """Read a released batch; yields its messages. A settlement is on the channel of all and on its own
        (SETTLE-012)."""
        if _SETTLED in batch.kinds:
            for number, row in self.settlements.take(_rows(batch, _SETTLED)):
                for place in (0, row[INSTRUMENT]):
                    yield SETTLEMENT, place, number, self.settlements.message, row
        if _TAKEN in batch.kinds:
            for number, row in self.indices.take(_rows(batch, _TAKEN)):
                yield INDEX, row[GROUP], number, self.indices.message, row

    def last_number(self, name: str, place: int) -> int | None:
        """Number of the last message of a channel, 0: none; None: the channel is another one."""
        if name == INDEX:
            return self.indices.number_of(place)
        if name == SETTLEMENT:
            return self.settlements.number_of(place) if place else self.settlements.number
        return None

    def pages(self, name: str, place: int, e: int, time_us: int) -> list[ChannelMessage]:
        """Pages of a snapshot."""
        return list((self.indices if name == INDEX else self.settlements).pages(place, e, time_us))


def _rows(batch: ReleasedBatch, kind: int) -> list[Row]:
    return read_rows(batch.events[batch.events["kind"] == kind])
