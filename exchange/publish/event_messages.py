"""The messages of the `instruments` and `status` channels, from what is listed and the states of books."""

from collections.abc import Callable, Sequence

from exchange.publish.instruments import InstrumentTable
from exchange.publish.phases import Phases
from exchange.wire.messages import ChannelMessage, Instruments, Status

# When the schedule ends the state of a product group, us since 1970; 0: not known. Called with group, MarketState, and
# the time at which it is in force, us.
EndsUs = Callable[[int, int, int], int]
INSTRUMENTS_PAGE = 1_000  # definitions in one message: about 0.6 MiB of JSON


def no_schedule(_group: int, _state: int, _time_us: int) -> int:
    return 0


class EventMessages:
    """Makes messages whose channel and numbers the caller sets. `e`, `time_us`: the command that they show."""

    def __init__(self, table: InstrumentTable, phases: Phases, ends_us: EndsUs = no_schedule) -> None:
        self._table, self._phases, self._ends_us = table, phases, ends_us

    def status(self, index: int, e: int, time_us: int) -> Status:
        """The state of a book."""
        row, phases = self._table.row(index), self._phases
        until_us = phases.until_us(index) or self._ends_us(phases.group(index), phases.state(index), time_us) or None
        return Status(
            0, 0, e, time_us, row.instrument_id, phases.phase(index), reason=phases.why(index), low_tick=row.low_tick,
            high_tick=row.high_tick, indicative=phases.indicative.get(index), until_us=until_us,
        )  # fmt: skip

    def definitions(self, indices: Sequence[int], e: int, time_us: int) -> Instruments:
        """The definitions of books."""
        rows = [self._table.definition(index, self._phases.phase(index)) for index in indices]
        return Instruments(0, 0, e, time_us, rows)

    def all_definitions(self, e: int, time_us: int) -> list[ChannelMessage]:
        """A snapshot of all definitions, in pages (MDATA-006)."""
        indices = [row.index for row in self._table.listed]
        pages: list[ChannelMessage] = []
        for start in range(0, max(len(indices), 1), INSTRUMENTS_PAGE):
            page = self.definitions(indices[start : start + INSTRUMENTS_PAGE], e, time_us)
            page.snapshot, page.more = True, start + INSTRUMENTS_PAGE < len(indices)
            pages.append(page)
        return pages
