"""CANDLE rows: first, highest, lowest and last price of an interval, and what was traded in it.

    minutes = grouped(of_prints(prints), MINUTE)   # prints in order of time, of any instruments
    hours = grouped(minutes, HOUR)                 # the same as from the prints

An interval without trades has no candle. Every print counts, once in its own book: of continuous trading, of an
uncross, of an implied group. So the lots of a trading day's candles are the `vol` of its `stats` (HIST-001).
"""

from typing import Any, NamedTuple

import numpy as np

from exchange.units import NS_PER_US

US_PER_S = 1_000_000
# All int64. `instrument`: what tells instruments apart for the caller, an id or a book; `trades`: number of prints.
CANDLE_FIELDS = (
    "instrument", "start_us", "open_tick", "high_tick", "low_tick", "close_tick", "lots", "value_tick_lots", "trades",
)  # fmt: skip
CANDLE = np.dtype([(name, "<i8") for name in CANDLE_FIELDS])


class Interval(NamedTuple):
    """An interval of candles: its name on the wire, its length, and when one begins, us since 1970."""

    name: str
    length_us: int
    begin_us: int = 0

    def start_us(self, time_us: Any) -> Any:
        """Start of the interval that a time is in. Takes arrays too."""
        return time_us - (time_us - self.begin_us) % self.length_us

    def next_us(self, time_us: int) -> int:
        """Start of the first interval that begins at a time or later."""
        start_us: int = self.start_us(time_us + self.length_us - 1)
        return start_us


MINUTE = Interval("1m", 60 * US_PER_S)
HOUR = Interval("1h", 3_600 * US_PER_S)
DAY = Interval("1d", 86_400 * US_PER_S, 75_600 * US_PER_S)  # from close to close, 21:00 UTC (SESSION-001)
INTERVALS = {one.name: one for one in (MINUTE, HOUR, DAY)}


def of_prints(prints: np.ndarray) -> np.ndarray:
    """Each print as a CANDLE row of its own, which starts when it was made.

    prints   rows with `instrument`, `time_ns`, `trade_tick` and `lots`, shape (n,), in order of time
    """
    rows = np.zeros(len(prints), CANDLE)
    rows["instrument"], rows["start_us"] = prints["instrument"], prints["time_ns"] // NS_PER_US
    rows["trades"] = 1
    for name in ("open_tick", "high_tick", "low_tick", "close_tick"):
        rows[name] = prints["trade_tick"]
    rows["lots"] = prints["lots"]
    rows["value_tick_lots"] = rows["lots"] * rows["open_tick"]
    return rows


def grouped(rows: np.ndarray, interval: Interval) -> np.ndarray:
    """CANDLE rows of an interval, by instrument and time, from shorter ones or from prints in order of time."""
    if not len(rows):
        return rows
    starts = interval.start_us(rows["start_us"])
    if (rows["instrument"] != rows["instrument"][0]).any():
        order = np.lexsort((starts, rows["instrument"]))  # keeps the order of time within a group
        rows, starts = rows[order], starts[order]
    is_first = np.ones(len(rows), bool)
    is_first[1:] = (np.diff(starts) != 0) | (np.diff(rows["instrument"]) != 0)
    first = np.flatnonzero(is_first)
    made = rows[first]
    made["start_us"] = starts[first]
    made["high_tick"] = np.maximum.reduceat(rows["high_tick"], first)
    made["low_tick"] = np.minimum.reduceat(rows["low_tick"], first)
    made["close_tick"] = rows["close_tick"][np.append(first[1:], len(rows)) - 1]
    for name in ("lots", "value_tick_lots", "trades"):
        made[name] = np.add.reduceat(rows[name], first)
    return made
