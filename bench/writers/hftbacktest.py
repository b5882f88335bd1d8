"""Writes a book of a tape as the npz that hftbacktest reads, by level and trade (TAPE-014).

Each change of a level is a depth event with the lots that it then has; each trade is a trade event, with the side of
the aggressor. This file is the only place with floats: prices in dollars, lots as they are. `local_ts` is `exch_ts`
plus the latency of the feed.
"""

from decimal import Decimal
from pathlib import Path

import numpy as np

from bench.extras import whole_file
from bench.readers.order_messages import EXECUTE
from bench.writers.ladder import level_history
from bench.writers.order_flow import OrderFlow
from bench.writers.plain_messages import split_replacements

# As in hftbacktest 2.4.4, `types.py`; a test compares them with the installed package.
EVENT_DTYPE = np.dtype(
    [
        ("ev", "<u8"),
        ("exch_ts", "<i8"),
        ("local_ts", "<i8"),
        ("px", "<f8"),
        ("qty", "<f8"),
        ("order_id", "<u8"),
        ("ival", "<i8"),
        ("fval", "<f8"),
    ],
    align=True,
)
DEPTH_EVENT, TRADE_EVENT = 1, 2
EXCH_EVENT, LOCAL_EVENT, BUY_EVENT, SELL_EVENT = 1 << 31, 1 << 30, 1 << 29, 1 << 28


def write_hftbacktest(flow: OrderFlow, book: int, path: Path, latency_ns: int = 0) -> int:
    """Write a file; returns its number of events. `book`: instrument - 1. UserError: the book has no orders."""
    events = level_events(flow.of_book(book).messages, flow.tick, latency_ns)
    with whole_file(path) as part, part.open("wb") as file:
        np.savez_compressed(file, data=events)
    return len(events)


def level_events(messages: np.ndarray, tick: Decimal, latency_ns: int = 0) -> np.ndarray:
    """EVENT_DTYPE rows of the messages of one book: a trade comes before the change of its level. `tick`: dollars."""
    plain = split_replacements(messages)
    lots, _ = level_history(plain)
    traded = plain["kind"] == EXECUTE
    source = np.repeat(np.arange(len(plain)), 1 + traded)
    second = np.concatenate([[False], source[1:] == source[:-1]])[: len(source)]
    trade = traded[source] & ~second
    rows = np.zeros(len(source), EVENT_DTYPE)
    buys = (plain["side"][source] == 0) != trade  # the aggressor of a trade is on the other side
    rows["ev"] = np.where(trade, TRADE_EVENT, DEPTH_EVENT) | np.where(buys, BUY_EVENT, SELL_EVENT)
    rows["ev"] |= np.uint64(EXCH_EVENT | LOCAL_EVENT)
    rows["exch_ts"] = plain["time_ns"][source]
    rows["local_ts"] = rows["exch_ts"] + latency_ns
    dollars, ticks = tick.as_integer_ratio()
    rows["px"] = plain["price"][source] * dollars / ticks
    rows["qty"] = np.where(trade, plain["lots"][source], lots[source])
    return rows
