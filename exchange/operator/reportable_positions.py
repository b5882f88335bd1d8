"""Positions that are large enough to be reported (LIMIT-002)."""

from typing import NamedTuple

import numpy as np

from exchange.engine import query


class ReportablePosition(NamedTuple):
    """An account's position in one outright. `lots`: signed, long > 0."""

    account: int
    symbol: str
    lots: int


def reportable_positions(states: np.ndarray, lots_min: int) -> list[ReportablePosition]:
    """Every position of at least so many lots, long or short, in order of accounts and books; an index month that waits
    for its final price counts."""
    state = states[0]
    rows = state.positions[1 : int(state.used_positions) + 1]
    large = np.sort(rows[np.abs(rows["lots"]) >= lots_min], order=("account", "book"))
    symbols = {row.index: row.symbol for row in query.known_instruments(states)}
    columns = (large[name].tolist() for name in ("account", "book", "lots"))
    return [ReportablePosition(account, symbols[book], lots) for account, book, lots in zip(*columns, strict=True)]
