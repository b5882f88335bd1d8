"""Pages of trades of an instrument, read backwards: a page has the newest trades of a range (HIST-002)."""

from typing import NamedTuple

import numpy as np

from exchange.publish.prints import PRINT, Prints
from exchange.units import NS_PER_US


class TradeRange(NamedTuple):
    """A closed range of trade ids and one of time, both in force. `since`: first command of the instrument."""

    first_id: int
    last_id: int
    from_us: int
    to_us: int
    since: int = 0


class TradePage(NamedTuple):
    """PRINT rows and their trade ids, in order. `next_id`: the trade before them in the range, 0: there is none."""

    ids: np.ndarray
    rows: np.ndarray
    next_id: int


def trade_page(prints: Prints, book: int, wanted: TradeRange, count: int) -> TradePage:
    """The newest `count` trades of a book in a range."""
    ids: list[np.ndarray] = [np.zeros(0, np.int64)]
    rows: list[np.ndarray] = [np.zeros(0, PRINT)]
    found = 0
    for numbers, block in prints.newest_first(book, wanted.first_id, wanted.last_id):
        if block["time_ns"][0] // NS_PER_US > wanted.to_us:
            continue
        places = np.flatnonzero(block["instrument"] == book)  # first, because most prints are of other books
        ours = block[places]
        times = ours["time_ns"] // NS_PER_US
        wants = (times >= wanted.from_us) & (times <= wanted.to_us) & (ours["sequence"] >= wanted.since)
        ids.append(numbers[places[wants]])
        rows.append(ours[wants])
        found += len(rows[-1])
        oldest_us = block["time_ns"][0] // NS_PER_US
        if found > count or oldest_us < wanted.from_us or block["sequence"][0] < wanted.since:
            break
    all_ids, all_rows = np.concatenate(ids[::-1]), np.concatenate(rows[::-1])
    next_id = int(all_ids[-count - 1]) if found > count else 0
    return TradePage(all_ids[-count:], all_rows[-count:], next_id)
