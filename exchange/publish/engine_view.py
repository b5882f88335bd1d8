"""The running engine as market data reads it."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from exchange.codes import OrderState
from exchange.engine import query
from exchange.engine.control.house.settled_days import previous_tick
from exchange.engine.index_values import value_of
from exchange.publish.book_view import Level
from exchange.publish.daily.index_values import IndexDay
from exchange.publish.daily.settlements import SettledBook
from exchange.publish.orders.order_queues import QueuedOrder

# Of BOOK, in the order of `stats.DayStats`.
_DAY = (
    "open_tick", "day_high", "day_low", "last_tick", "volume_lots", "volume_tick_lots", "long_and_short_lots",
    "settle_tick",
)  # fmt: skip

# Of ORDER, in the order of `QueuedOrder`. A parked order shows 0 lots.
_QUEUED = ("order_id", "side", "price", "shown_lots", "stamp")


class EngineView:
    """A `market_data.Source` over a running engine: its last applied command, and the books after it."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        nothing = np.zeros(0, np.int64)
        self._by_book: tuple[int, np.ndarray, np.ndarray] = (-1, nothing, nothing)  # as `_orders_by_book` returns

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

    def queues(self, indices: Sequence[int]) -> list[list[QueuedOrder]]:
        """The orders of these books in queues, and parked ones, in order of their stamps.

        All orders are looked through once after each command: the rows of one `sub`, a call each, share it.
        """
        orders = self._engine.states[0].orders
        _, slots, begins = self._orders_by_book()
        found: list[list[QueuedOrder]] = []
        for index in indices:
            of_book = slots[begins[index] : begins[index + 1]]
            of_book = of_book[np.argsort(orders["stamp"][of_book])]
            columns = [orders[name][of_book].tolist() for name in _QUEUED]
            found.append([*map(QueuedOrder, *columns)])
        return found

    def _orders_by_book(self) -> tuple[int, np.ndarray, np.ndarray]:
        """The last command, slots of open orders by book, shape (n,), and where each book begins, (books + 1,)."""
        if self._by_book[0] != self.sequence:
            state = self._engine.states[0]
            orders = state.orders[: int(state.used_orders) + 1]
            slots = np.flatnonzero(orders["state"] == OrderState.OPEN).astype(np.int32)
            books = orders["book"][slots]
            begins = np.concatenate([[0], np.cumsum(np.bincount(books, minlength=len(state.books)))])
            self._by_book = (self.sequence, slots[np.argsort(books, kind="stable")], begins)
        return self._by_book

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
