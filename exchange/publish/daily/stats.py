"""The trading day of an instrument so far, on its `stats` channel: prices, volume, open interest, last settlement."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import msgspec
import numpy as np

from exchange.wire.messages import ChannelMessage, Stats


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
