"""The price levels of a book, read by a kernel into buffers that are used again."""

import numpy as np

from bench.research.orders import OrderError
from exchange.engine.views import LEVEL_VIEW, views


class BookLevels:
    """The best levels of a book as they were when they were last read.

    `Replay.book` returns the same object each time for the same instrument and number of levels, with new values: copy
    what has to stay. Prices are ticks.
    """

    __slots__ = ("_asks", "_bids", "_copy", "_counts", "_index", "_prices", "_states")

    def __init__(self, states: np.ndarray, index: int, bids: np.ndarray, asks: np.ndarray) -> None:
        """bids, asks: LEVEL_VIEW rows, filled by `read`; their length is the most levels that are read."""
        self._states, self._index, self._bids, self._asks = states, index, bids, asks
        self._copy = views(states.dtype).copy_depth
        self._prices = (bids["price"].data, asks["price"].data)
        self._counts = (0, 0)

    def read(self) -> "BookLevels":
        """Read the levels as they are now, and return self."""
        self._counts = self._copy(self._states, self._index, self._bids, self._asks)
        return self

    @property
    def bids(self) -> np.ndarray:
        """LEVEL_VIEW rows (price, shown_lots), best first; a view that the next read changes."""
        return self._bids[: self._counts[0]]

    @property
    def asks(self) -> np.ndarray:
        """As `bids`."""
        return self._asks[: self._counts[1]]

    @property
    def best_bid(self) -> int | None:
        """Best price to buy, ticks; None: there is no bid."""
        return self._prices[0][0] if self._counts[0] else None

    @property
    def best_ask(self) -> int | None:
        """Best price to sell, ticks; None: there is no ask."""
        return self._prices[1][0] if self._counts[1] else None

    @property
    def spread(self) -> int | None:
        """Best ask less best bid, ticks; None: a side is empty."""
        return self._prices[1][0] - self._prices[0][0] if all(self._counts) else None

    @property
    def mid(self) -> float | None:
        """Half the sum of best bid and best ask, ticks; None: a side is empty."""
        return (self._prices[0][0] + self._prices[1][0]) / 2 if all(self._counts) else None


def blank_levels(levels: int) -> np.ndarray:
    """LEVEL_VIEW rows, shape (levels,), for `Replay.book`."""
    return np.zeros(levels, LEVEL_VIEW)


def checked_levels(rows: np.ndarray) -> np.ndarray:
    """The same rows. OrderError: they are no LEVEL_VIEW rows in a row, which a kernel would fill without looking."""
    if not isinstance(rows, np.ndarray) or rows.dtype != LEVEL_VIEW or rows.ndim != 1 or not rows.flags.carray:
        raise OrderError(f"into {rows!r:.60}: needs LEVEL_VIEW arrays of one dimension, as `blank_levels` makes them")
    return rows
