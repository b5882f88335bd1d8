"""Channels that are looked at from time to time, instead of after each event: statistics and candles."""

from collections.abc import Sequence
from typing import Any

from exchange.publish.channel_kinds import PolledChannel
from exchange.publish.daily.stats import StatsChannel, StatsSource
from exchange.publish.daily.stats_board import StatsBoard
from exchange.publish.daily.wide_stats import WideStatsChannel
from exchange.publish.past.candle_channel import CandleBoard, CandleChannel
from exchange.wire.messages import ChannelMessage


class PolledBoards:
    """The boards of these channels: a board looks at all its channels at once, each with a cadence of its own."""

    def __init__(self, source: StatsSource) -> None:
        stats, candles = StatsBoard(source), CandleBoard()
        self._all: Sequence[Any] = (stats, candles)
        self._boards: dict[type, Any] = {StatsChannel: stats, WideStatsChannel: stats, CandleChannel: candles}

    def open(self, channel: PolledChannel) -> None:
        """Begin to make the messages of a channel."""
        self._boards[type(channel)].open(channel)

    def close(self, channel: PolledChannel) -> None:
        """End making messages of a channel: it has no subscriber."""
        self._boards[type(channel)].close(channel)

    def due(self, now_us: int, e: int, time_us: int) -> list[tuple[int, ChannelMessage]]:
        """(channel, message) of all that have changed, of the boards that are due. The engine's state must be what has
        been released.

        e, time_us   the last released command, and its time
        """
        return [made for board in self._all if board.is_due(now_us) for made in board.due(now_us, e, time_us)]
