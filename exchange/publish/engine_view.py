"""The running engine as market data reads it."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from exchange.engine import query
from exchange.engine.control.house.settled_days import previous_tick
from exchange.engine.index_values import value_of
from exchange.publish.book_view import Level
from exchange.publish.daily.index_values import IndexDay
from exchange.publish.daily.settlements import SettledBook

# Of BOOK, in the order of `stats.DayStats`.
_DAY = (
    "open_tick", "day_high", "day_low", "last_tick", "volume_lots", "volume_tick_lots", "long_and_short_lots",
    "settle_tick",
)  # fmt: skip


class EngineView:
    """A `market_data.Source` over a running engine: its last applied command, and the books after it."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine

    @property
    def sequence(self) -> int:
        return int(self._engine.sequence)

    @property
    def time_ns(self) -> int:
        return int(self._engine.time_ns)

    def depth(self, index: int) -> tuple[list[Level], list[Level]]:
        return query.depth(self._engine.states, index)

    def implied(self, index: int) -> tuple[Level | None, Level | None]:
        return query.implied(self._engine.states, index)

    def statistics(self, indices: Sequence[int]) -> np.ndarray:
        """The day of these books so far, int64, shape (n, fields of `stats.DayStats`)."""
        books, places = self._engine.states["books"][0], np.array(indices, np.int64)
        figures = np.stack([books[name][places].astype(np.int64) for name in _DAY], axis=1)
        figures[:, _DAY.index("long_and_short_lots")] //= 2  # each lot is held long and short
        return figures

    def settlement(self, index: int) -> SettledBook:
        """The last settlement of a book. The engine keeps the day whose limits follow from it: the next one."""
        book = self._engine.states["books"][0, index]
        day = max(int(book["settled_day"]) - 1, 0)
        return SettledBook(
            int(book["settle_tick"]), int(book["settle_method"]), bool(book["settle_flagged"]), day,
            previous_tick(self._engine.states[0], int(book["instrument_id"])),
        )  # fmt: skip

    def index_days(self) -> list[IndexDay]:
        """The last taken day of each index."""
        state = self._engine.states[0]
        days = []
        for index, row in enumerate(state.indices):
            last = value_of(state, index, int(row.taken_day)) if row.group else None
            if last is not None:
                days.append(IndexDay(int(row.group), int(row.floor_bp), last.day, last.tick or 0, int(last.how)))
        return days
