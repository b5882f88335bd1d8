"""The tables of kernels for raw channels: what each of them shows, and a ladder for each book that has some.

Rows are never given away again: a channel that is opened once more goes on with its number and its last checksum.
"""

import numpy as np

from exchange.codes import Side
from exchange.publish.book_view import BookView, Level
from exchange.publish.fold.ladders import DROPPED_SHARE, LADDER, SHOWN_MAX, SIDE_ROWS
from exchange.publish.fold.streams import STREAM, STREAM_LEVELS

LADDER_ROOM = int(SIDE_ROWS)  # most levels of a side in a ladder


class RawBooks:
    """LADDER and STREAM rows; row 0 of each is none. `book` is the FOLLOWED row of a book, changed in place."""

    def __init__(self) -> None:
        self.ladders, self.streams = np.zeros(1, LADDER), np.zeros(1, STREAM)
        self._ladders_used = self._streams_used = 1

    def stream(self, book: np.ndarray, kind: int) -> np.ndarray:
        """The STREAM row of a book's raw channel. `kind`: its place in STREAM_LEVELS."""
        if not book["streams"][kind]:
            self.streams = _with_room(self.streams, self._streams_used)
            book["streams"][kind] = self._streams_used
            self._streams_used += 1
        row: np.ndarray = self.streams[book["streams"][kind]]
        return row

    def start(self, book: np.ndarray, kind: int, channel: int, sequence: int, view: BookView) -> None:
        """Let kernels write the messages of a channel after message `sequence`, at which it shows the view."""
        stream = self.stream(book, kind)
        assert not stream["channel"], f"channel {channel} is open"
        stream["channel"], stream["sequence"], stream["levels"] = channel, sequence, STREAM_LEVELS[kind]
        for side, levels in enumerate(view.levels(int(SHOWN_MAX))):
            _show(stream, side, levels[: STREAM_LEVELS[kind]])
            stream["top"][3 * side : 3 * side + 3] = view.top(Side(side)) or (0, 0, 0)
            tick, lots = view.implied[side] or (0, 0)
            book["implied_tick"][side] = book["sent_tick"][side] = tick
            book["implied_lots"][side] = book["sent_lots"][side] = lots
        book["raw"] += 1
        self.load(book, view)

    def stop(self, book: np.ndarray, kind: int) -> None:
        """Make no more messages of a channel."""
        stream = self.stream(book, kind)
        assert stream["channel"], "the channel is closed"
        stream["channel"] = 0
        book["raw"] -= 1

    def load(self, book: np.ndarray, view: BookView) -> None:
        """Load the ladder of a book with the best levels of its view."""
        if not book["ladder"]:
            self.ladders = _with_room(self.ladders, self._ladders_used)
            book["ladder"] = self._ladders_used
            self._ladders_used += 1
        ladder = self.ladders[book["ladder"]]
        ladder["room"] = LADDER_ROOM
        room = LADDER_ROOM - LADDER_ROOM // int(DROPPED_SHARE)
        for side, levels in enumerate(view.levels(room + 1)):
            ladder["is_cut"][side] = len(levels) > room
            rows = _write(ladder, side * int(SIDE_ROWS), side, levels[:room][::-1])
            ladder["used"][side] = len(rows)
            ladder["floor"][side] = rows[0] if rows else 0


def _show(stream: np.ndarray, side: int, levels: list[Level]) -> None:
    """Note the levels that a channel shows of a side, the best one first shown."""
    first = side * int(SHOWN_MAX)
    _write(stream, first, side, levels)
    stream["used"][side] = len(levels)
    stream["stamps"][first : first + len(levels)] = range(len(levels))
    stream["stamp"] = SHOWN_MAX


def _write(row: np.ndarray, first: int, side: int, levels: list[Level]) -> list[int]:
    """Write ranks and lots from place `first` on; returns the ranks, which are those of `ladders.rank_of`."""
    sign = Side(side).sign
    ranks = [sign * tick for tick, _ in levels]
    places = slice(first, first + len(levels))
    row["ranks"][places], row["lots"][places] = ranks, [lots for _, lots in levels]
    return ranks


def _with_room(rows: np.ndarray, used: int) -> np.ndarray:
    """The rows, twice as many if all are used."""
    return rows if used < len(rows) else np.concatenate([rows, np.zeros(len(rows), rows.dtype)])
