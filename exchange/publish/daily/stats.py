"""The trading day of instruments so far, for the `stats` channels: prices, volume, open interest, last settlement.

    board = StatsBoard(source)                 # source: the engine's books
    board.open(channel)                        # its first subscriber has come
    board.due(now_us, e, time_us)              # messages of channels whose book has changed, every 100 ms at most
    board.close(channel)

The figures are read from the engine when its state is what has been released, of all watched books at once, so an
event costs nothing here.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import msgspec
import numpy as np

from exchange.wire.messages import ChannelMessage, Stats

CADENCE_US = 100_000


class DayStats(NamedTuple):
    """The day of one book: prices in ticks, without meaning before the first trade; the rest in lots and ticks."""

    open_tick: int
    day_high_tick: int
    day_low_tick: int
    last_tick: int
    volume_lots: int
    value_tick_lots: int
    open_interest_lots: int
    settle_tick: int


class StatsSource(Protocol):
    """The engine's figures of the day."""

    def statistics(self, indices: Sequence[int]) -> np.ndarray:
        """Figures of these books after the last command applied, int64, shape (n, fields of DayStats)."""


class StatsChannel:
    """The day of one instrument. Every message has all figures, so merging messages means sending the newest."""

    def __init__(self, number: int, index: int, instrument: int) -> None:
        """`index`: the instrument's book."""
        self.number, self.index, self._instrument = number, index, instrument
        self.sequence = self._opened = 0
        self._shown = DayStats(*[0] * len(DayStats._fields))

    def open(self, figures: DayStats) -> None:
        """Begin to show a book. Subscribers need a snapshot: older messages do not lead to these figures."""
        self.sequence += 1
        self._opened = self.sequence
        self._shown = figures

    def publish(self, figures: DayStats, e: int, time_us: int) -> Stats | None:
        """The message with these figures; None if they are those published. `e`: last command that they show."""
        if figures == self._shown:
            return None
        self._shown = figures
        self.sequence += 1
        message = self._message(e, time_us)
        message.previous = self.sequence - 1
        return message

    def snapshot(self, e: int, time_us: int) -> list[ChannelMessage]:
        """The figures as published."""
        message = self._message(e, time_us)
        message.snapshot = True
        return [message]

    def merged(self, since: int, e: int, time_us: int) -> list[ChannelMessage] | None:
        """One message for a reader whose last one was `since` (RATE-006); [] if it has missed none; None if it needs a
        snapshot."""
        if since == self.sequence:
            return []
        if not self._opened <= since < self.sequence:
            return None
        return [msgspec.structs.replace(self._message(e, time_us), previous=since, conflated=True)]

    def _message(self, e: int, time_us: int) -> Stats:
        shown = self._shown
        message = Stats(
            self.number, self.sequence, e, time_us, self._instrument, shown.volume_lots, shown.value_tick_lots,
            shown.open_interest_lots, shown.settle_tick,
        )  # fmt: skip
        if shown.volume_lots:
            message.open_tick, message.last_tick = shown.open_tick, shown.last_tick
            message.day_high_tick, message.day_low_tick = shown.day_high_tick, shown.day_low_tick
        return message


class StatsBoard:
    """The channels with subscribers."""

    def __init__(self, source: StatsSource) -> None:
        self._source = source
        self._channels: dict[int, StatsChannel] = {}  # by number
        self._shown = np.zeros((0, len(DayStats._fields)), np.int64)
        self._due_us = 0

    def open(self, channel: StatsChannel) -> None:
        """A channel has its first subscriber. The engine's state must be what has been released."""
        self._channels[channel.number] = channel
        channel.open(DayStats(*self._source.statistics([channel.index])[0].tolist()))
        self._restart()

    def close(self, channel: StatsChannel) -> None:
        """Nobody watches a channel any more."""
        del self._channels[channel.number]
        self._restart()

    def _restart(self) -> None:
        """Compare all channels at the next call of `due`."""
        self._shown = np.zeros((0, len(DayStats._fields)), np.int64)

    def is_due(self, now_us: int) -> bool:
        """Whether books are to be looked at now."""
        return bool(self._channels) and now_us >= self._due_us

    def due(self, now_us: int, e: int, time_us: int) -> list[tuple[int, Stats]]:
        """(channel, message) of all whose figures have changed. The engine's state must be what has been released.

        e, time_us   the last released command, and its time
        """
        self._due_us = now_us + CADENCE_US
        channels = list(self._channels.values())
        figures = self._source.statistics([channel.index for channel in channels])
        changed = range(len(channels))
        if len(self._shown) == len(figures):
            changed = np.flatnonzero((figures != self._shown).any(axis=1)).tolist()
        self._shown = figures
        made = []
        for place in changed:
            message = channels[place].publish(DayStats(*figures[place].tolist()), e, time_us)
            if message is not None:
                made.append((channels[place].number, message))
        return made
