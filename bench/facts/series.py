"""What is recorded of one book, and the series that facts are made from.

A *message* is a change of the book as in LOBSTER files: an order rests, is reduced, is cancelled, or trades. A command
may cause several messages. An order that loses its priority by a replace is cancelled and entered again.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bench.facts.collector import AUCTION, FILL
from exchange.codes import Side
from exchange.records import record_type

RETURN_INTERVALS = 5_000  # at most so many intervals are made of a recording
STEPS = (1, 2, 5)

TRADE = record_type(
    [
        ("time_ns", "<i8"),
        ("lots", "<i8"),  # of all its fills
        ("place", "<i8"),  # of its first message
        ("fills", "<i4"),
        ("sign", "<i4"),  # +1 the aggressor buys, -1 it sells
    ]
)


@dataclass(frozen=True)
class BookSeries:
    """Messages of one book after its opening rows, and samples of its depth. Prices are ticks.

    messages        MESSAGE rows in order
    level_lots      lots of the best levels, int32, shape (samples, 2 sides, LEVELS); 0: there is no such level
    distance_lots   lots at each distance from the best price of the same side, int32, shape (samples, 2, DISTANCES)
    sample_every    messages between two samples
    min_inc         price increment of the book, ticks
    tick            what a tick is worth, as the tape notes it; empty: not known
    is_by_time      fills of one time are one trade, as each is a command of its own in this tape
    state_hash      of the engine at the end of the tape; empty: there was none
    """

    symbol: str
    index: int
    min_inc: int
    messages: np.ndarray
    level_lots: np.ndarray
    distance_lots: np.ndarray
    sample_every: int
    tick: str = ""
    is_by_time: bool = False
    state_hash: str = ""

    @cached_property
    def usable(self) -> np.ndarray:
        """Whether the book has both sides after each message, and its bid is below its ask."""
        rows = self.messages
        found: np.ndarray = (rows["bid_lots"] > 0) & (rows["ask_lots"] > 0) & (rows["bid_tick"] < rows["ask_tick"])
        return found

    @cached_property
    def mids(self) -> np.ndarray:
        """Middle of the best prices after each message, ticks; NaN where it is not usable."""
        rows = self.messages
        middle = (rows["bid_tick"].astype(np.float64) + rows["ask_tick"]) / 2
        return np.where(self.usable, middle, np.nan)

    @cached_property
    def spreads(self) -> np.ndarray:
        """Best ask less best bid after each message, ticks; NaN where it is not usable."""
        rows = self.messages
        return np.where(self.usable, rows["ask_tick"].astype(np.float64) - rows["bid_tick"], np.nan)

    @cached_property
    def trades(self) -> np.ndarray:
        """TRADE rows: consecutive fills of one command on one side are one trade, as an aggressor makes it."""
        places = np.flatnonzero(self.messages["kind"] == FILL)
        rows = self.messages[places]
        if not len(rows):
            return np.zeros(0, TRADE)
        aggressor = rows["time_ns"] if self.is_by_time else rows["sequence"]
        begins = (np.diff(aggressor, prepend=-1) != 0) | (np.diff(rows["side"].astype(int), prepend=-1) != 0)
        starts = np.flatnonzero(begins)
        found = np.zeros(len(starts), TRADE)
        found["time_ns"], found["place"] = rows["time_ns"][starts], places[starts]
        found["lots"] = np.add.reduceat(rows["lots"].astype(np.int64), starts)
        found["fills"] = np.diff(np.append(starts, len(rows)))
        found["sign"] = np.where(rows["side"][starts] == Side.SELL, 1, -1)
        return found

    @cached_property
    def signed_trades(self) -> tuple[np.ndarray, np.ndarray]:
        """Trades with a usable book just before them, and the mids before them, ticks."""
        trades = self.trades[self.trades["place"] > 0]
        mids = self.mids[trades["place"] - 1]
        known = ~np.isnan(mids)
        return trades[known], mids[known]

    @cached_property
    def weights_ns(self) -> np.ndarray:
        """How long each message's book stayed as it is; 0 for the last."""
        times = self.messages["time_ns"]
        return np.diff(times, append=times[-1:])

    @cached_property
    def interval_ns(self) -> int:
        """Length of the intervals of `returns`: the least 1, 2 or 5 times a power of ten that cuts the recording into
        at most RETURN_INTERVALS. 0: all messages have one time."""
        times = self.messages["time_ns"]
        length = int(times[-1] - times[0]) if len(times) else 0
        wanted = -(-length // RETURN_INTERVALS)
        if not wanted:
            return 0
        scale = int(10 ** (len(str(wanted)) - 1))
        return next(step * scale for step in (*STEPS, 10) if step * scale >= wanted)

    @cached_property
    def returns(self) -> np.ndarray:
        """Changes of the mid over intervals of `interval_ns`, ticks.

        Intervals without a message (nights, halts) are left out, and those that begin or end without a usable book.
        """
        times = self.messages["time_ns"]
        if not self.interval_ns:
            return np.zeros(0)
        edges = np.arange(int(times[0]), int(times[-1]) + 1, self.interval_ns)
        places = np.searchsorted(times, edges, side="right") - 1
        changes = np.diff(self.mids[places])
        kept: np.ndarray = changes[(np.diff(places) > 0) & ~np.isnan(changes)]
        return kept

    @property
    def traded_lots(self) -> int:
        """Lots traded, auctions included, where each trade is a message of both orders."""
        kinds, lots = self.messages["kind"], self.messages["lots"]
        return int(lots[kinds == FILL].sum(dtype=np.int64)) + int(lots[kinds == AUCTION].sum(dtype=np.int64)) // 2
