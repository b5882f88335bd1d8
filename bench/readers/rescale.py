"""Prices and sizes of a file become ticks and lots; what is between two of them is refused with its row (TAPE-005)."""

from decimal import Decimal

import numpy as np

from bench.readers.report import ImportOptions, units_of
from exchange.errors import UserError


def ticks_of(
    path: str, rows: np.ndarray, prices: np.ndarray, tick: Decimal, scale: int, options: ImportOptions
) -> np.ndarray:
    """Ticks of prices, int64. Prices out of bounds need not be on a tick and become ticks out of bounds.

    rows    number of each price's row in its file, for errors
    prices  int64, in units of the file, of which `scale` make 1
    UserError: a price within the bounds is between two ticks
    """
    units = units_of("tick", tick, scale)
    low, high = options.low_tick * units, options.highest * units
    ticks: np.ndarray = prices // units
    inside = (prices >= low) & (prices <= high)
    for place in np.flatnonzero(inside & (ticks * units != prices))[:1].tolist():
        price = Decimal(int(prices[place])) / scale
        raise UserError(f"{path} row {rows[place]}: price {price} is not a multiple of the tick {tick}")
    ticks[prices > high] = options.highest + 1
    return ticks


def lots_of(path: str, rows: np.ndarray, sizes: np.ndarray, lot: Decimal, scale: int = 1) -> np.ndarray:
    """Lots of sizes, int64. UserError: a size is not a multiple of the lot; the text names its row."""
    units = units_of("lot", lot, scale)
    sizes = sizes.astype(np.int64)
    lots: np.ndarray = sizes // units
    for place in np.flatnonzero(lots * units != sizes)[:1].tolist():
        size = Decimal(int(sizes[place])) / scale
        raise UserError(f"{path} row {rows[place]}: size {size} is not a multiple of the lot {lot}")
    return lots


def check_times(path: str, rows: np.ndarray, times: np.ndarray) -> None:
    """Raise UserError if a time is before that of the row before it."""
    for place in np.flatnonzero(times[1:] < times[:-1])[:1].tolist():
        before, found = times[place : place + 2].tolist()
        what = f"time {found} ns is before that of the row before it, {before} ns"
        raise UserError(f"{path} row {rows[place + 1]}: {what}; allowed: messages in order of time")
