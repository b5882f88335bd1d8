"""Implied prices beside the direct levels of a book (MDATA-010).

The venue sends the one best implied level of each side apart from the direct ones. `lots` here are both together, as in
the channel `top`, and `implied_lots` the implied part.
"""

from typing import NamedTuple

from clients.books.levels import PriceLevel
from exchange.codes import Side


class MergedLevel(NamedTuple):
    """One price, its lots, and how many of them are implied."""

    price_tick: int
    lots: int
    implied_lots: int


class TopOfBook(NamedTuple):
    """Best bid and ask; None while there is none."""

    bid: MergedLevel | None
    ask: MergedLevel | None


def merged(levels: list[PriceLevel], implied: PriceLevel | None, side: Side, count: int | None) -> list[MergedLevel]:
    """Direct levels with the implied one at its place.

    levels    at least the first `count` direct levels, best first
    count     levels to return; None: all
    """
    rows = [MergedLevel(level.price_tick, level.lots, 0) for level in levels]
    if implied is None:
        return rows[:count]
    sign = 1 if side == Side.SELL else -1
    place = sum(sign * row.price_tick < sign * implied.price_tick for row in rows)
    if place < len(rows) and rows[place].price_tick == implied.price_tick:
        rows[place] = MergedLevel(implied.price_tick, rows[place].lots + implied.lots, implied.lots)
    else:
        rows.insert(place, MergedLevel(implied.price_tick, implied.lots, implied.lots))
    return rows[:count]
