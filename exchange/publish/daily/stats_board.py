"""The `stats` channels with subscribers.

    board = StatsBoard(source)                 # source: the engine's books
    board.open(channel)                        # its first subscriber has come
    board.due(now_us, e, time_us)              # messages of channels whose book has changed, every 100 ms at most
    board.close(channel)

The figures are read from the engine when its state is what has been released, of all watched books at once, so an
event costs nothing here.
"""

from collections.abc import Sequence

import numpy as np

from exchange.publish.daily.stats import DayStats, StatsChannel, StatsSource
from exchange.publish.daily.wide_stats import WideStatsChannel
from exchange.wire.messages import Stats, StatsOfAll

CADENCE_US = 100_000


class StatsBoard:
    """The channels with subscribers."""

    def __init__(self, source: StatsSource) -> None:
        self._source = source
        self._channels: dict[int, StatsChannel] = {}  # by number
        self._wide: dict[int, WideStatsChannel] = {}
        self._shown = np.zeros((0, len(DayStats._fields)), np.int64)
        self._due_us = 0

    def open(self, channel: StatsChannel | WideStatsChannel) -> None:
        """A channel has its first subscriber. The engine's state must be what has been released."""
        if isinstance(channel, WideStatsChannel):
            self._wide[channel.number] = channel
            channel.open(self._source)
            return
        self._channels[channel.number] = channel
        channel.open(DayStats(*self._source.statistics([channel.index])[0].tolist()))
        self._restart()

    def close(self, channel: StatsChannel | WideStatsChannel) -> None:
        """Nobody watches a channel any more."""
        if isinstance(channel, WideStatsChannel):
            del self._wide[channel.number]
            return
        del self._channels[channel.number]
        self._restart()

    def _restart(self) -> None:
        """Compare all channels at the next call of `due`."""
        self._shown = np.zeros((0, len(DayStats._fields)), np.int64)

    def is_due(self, now_us: int) -> bool:
        """Whether books are to be looked at now."""
        return bool(self._channels or self._wide) and now_us >= self._due_us

    def due(self, now_us: int, e: int, time_us: int) -> list[tuple[int, Stats | StatsOfAll]]:
        """(channel, message) of all whose figures have changed. The engine's state must be what has been released.

        e, time_us   the last released command, and its time
        """
        self._due_us = now_us + CADENCE_US
        made: list[tuple[int, Stats | StatsOfAll]] = []
        for wide in self._wide.values():
            made += [(wide.number, message) for message in wide.publish(self._source, e, time_us)]
        channels = list(self._channels.values())
        for place, figures in self._changed(channels):
            message = channels[place].publish(figures, e, time_us)
            if message is not None:
                made.append((channels[place].number, message))
        return made

    def _changed(self, channels: Sequence[StatsChannel]) -> list[tuple[int, DayStats]]:
        """Places of channels whose books have other figures than at the last call, and these figures."""
        if not channels:
            return []
        figures = self._source.statistics([channel.index for channel in channels])
        changed = range(len(channels))
        if len(self._shown) == len(figures):
            changed = np.flatnonzero((figures != self._shown).any(axis=1)).tolist()
        self._shown = figures
        return [(place, DayStats(*figures[place].tolist())) for place in changed]
