"""The running candle of instruments, for the `candles` channels (HIST-003).

    board = CandleBoard(prints)
    board.open(channel)                        # its first subscriber has come
    board.due(now_us, e, time_us)              # messages of channels with new trades, every 100 ms at most
    board.close(channel)

A message has every candle that is new or has changed since the one before, so a candle that has ended is sent once more
with its last trades. An event costs nothing here: the candles are read when a message is due.
"""

from collections import deque

import msgspec
import numpy as np

from exchange.publish.past.candle_rows import Interval
from exchange.publish.past.candles import LATEST_US
from exchange.publish.prints import Prints
from exchange.wire.messages import CandleRow, Candles, ChannelMessage

CADENCE_US = 100_000
LOG_MESSAGES = 1_024  # kept by a channel, to merge them for slow readers
MERGED_MAX = 500  # candles in one merged message


class CandleChannel:
    """The candles of one instrument and interval."""

    def __init__(self, number: int, index: int, instrument: int, interval: Interval, prints: Prints) -> None:
        """`index`: the instrument's book."""
        self.number, self.index, self._instrument, self._interval = number, index, instrument, interval
        self._prints = prints
        self.sequence = self._trades = 0
        self._last: CandleRow | None = None  # the last candle as published
        self._log: deque[tuple[int, int]] = deque(
            maxlen=LOG_MESSAGES
        )  # (number of a message, start of its last candle)

    def open(self) -> None:
        """Begin to show the book. Subscribers need a snapshot: older messages do not lead to this candle."""
        self.sequence += 1
        self._log.clear()
        self._trades = self._prints.candles.trades(self.index)
        rows = candle_rows(self._prints.candles.page(self.index, self._interval, 0, LATEST_US, 1).rows)
        self._last = rows[0] if rows else None
        self._note()

    def publish(self, e: int, time_us: int) -> Candles | None:
        """The message with the candles that have changed; None if there was no trade. `e`: last command it shows."""
        trades = self._prints.candles.trades(self.index)
        if trades == self._trades:
            return None
        self._trades = trades
        rows = [row for row in self._rows_from(self._start_us) if row != self._last]
        if not rows:
            return None
        self._last = rows[-1]
        self.sequence += 1
        self._note()
        return self._message(rows, e, time_us, self.sequence - 1)

    def snapshot(self, e: int, time_us: int) -> list[ChannelMessage]:
        """The last candle as published; none before the first trade."""
        message = self._message([self._last] if self._last else [], e, time_us)
        message.snapshot = True
        return [message]

    def merged(self, since: int, e: int, time_us: int) -> list[ChannelMessage] | None:
        """One message for a reader whose last one was `since` (RATE-006); [] if it has missed none; None if it needs a
        snapshot."""
        if since == self.sequence:
            return []
        start_us = dict(self._log).get(since)
        if start_us is None:
            return None
        rows = self._rows_from(start_us)
        if len(rows) > MERGED_MAX:
            return None
        shown = [row for row in rows if row[0] < self._start_us] + ([self._last] if self._last else [])
        return [msgspec.structs.replace(self._message(shown, e, time_us, since), conflated=True)]

    @property
    def _start_us(self) -> int:
        return self._last[0] if self._last else 0

    def _note(self) -> None:
        self._log.append((self.sequence, self._start_us))

    def _rows_from(self, start_us: int) -> list[CandleRow]:
        return candle_rows(self._prints.candles.rows_from(self.index, self._interval, start_us))

    def _message(self, rows: list[CandleRow], e: int, time_us: int, previous: int | None = None) -> Candles:
        return Candles(
            self.number, self.sequence, e, time_us, self._instrument, self._interval.name, rows, previous=previous
        )  # fmt: skip


class CandleBoard:
    """The channels with subscribers."""

    def __init__(self) -> None:
        self._channels: dict[int, CandleChannel] = {}  # by number
        self._due_us = 0

    def open(self, channel: CandleChannel) -> None:
        """A channel has its first subscriber."""
        self._channels[channel.number] = channel
        channel.open()

    def close(self, channel: CandleChannel) -> None:
        """Nobody watches a channel any more."""
        del self._channels[channel.number]

    def is_due(self, now_us: int) -> bool:
        """Whether candles are to be looked at now."""
        return bool(self._channels) and now_us >= self._due_us

    def due(self, now_us: int, e: int, time_us: int) -> list[tuple[int, Candles]]:
        """(channel, message) of all with new trades. `e`, `time_us`: the last released command, and its time."""
        self._due_us = now_us + CADENCE_US
        made = [(number, channel.publish(e, time_us)) for number, channel in self._channels.items()]
        return [(number, message) for number, message in made if message is not None]


def candle_rows(rows: np.ndarray) -> list[CandleRow]:
    """CANDLE rows as messages have them."""
    return [row[1:] for row in rows.tolist()]
