"""Which FILL rows begin a trade: a trade has two of them, in an implied group one, and an internal leg is none."""

import numpy as np

from exchange.codes import EventFlag, EventKind
from exchange.records import column

_INTERNAL = int(EventFlag.INTERNAL)


def trade_places(events: np.ndarray) -> np.ndarray:
    """Places of the rows that begin a trade, among EVENT rows of whole commands: the first FILL of each trade id.

    An internal leg has the trade id of the print before it, maybe of a command before these, and is left out (SMP-010).
    """
    places = np.flatnonzero((events["kind"] == EventKind.FILL) & (events["flags"] & _INTERNAL == 0))
    found: np.ndarray = places[np.diff(column(events, "trade_id")[places], prepend=-1) != 0]
    return found


def count_trades(events: np.ndarray) -> int:
    """Number of trades in EVENT rows of whole commands."""
    return len(trade_places(events))
