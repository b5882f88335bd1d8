"""What a bust takes back, from the events of the trade's command (SEC-061)."""

from collections.abc import Iterable

import numpy as np

from exchange.codes import ComboKind, EventFlag, EventKind, Side
from exchange.engine.control.house.bust import BustedFill, BustedTrade, BustPayload, PaidBack
from exchange.engine.event_rows import (
    ACCOUNT,
    FEE_MILLS,
    FLAGS,
    INSTRUMENT,
    KIND,
    LOTS,
    SIDE,
    TRADE_ID,
    TRADE_TICK,
    Row,
)
from exchange.errors import UserError
from exchange.records import column
from exchange.venue.event_history import EventHistory

_FILL, _LEG = int(EventKind.FILL), int(EventKind.LEG_FILLED)
_ENDED = int(EventKind.INSTRUMENT_ENDED)
Fill = tuple[Row, list[Row]]  # FILL, and the LEG_FILLED rows of a combination's


def find_trade(history: EventHistory, trade_id: int) -> tuple[list[Row], frozenset[int]]:
    """The rows of the command that made a trade, and the books whose instruments have ended since.

    UserError: no such trade is kept
    """
    ended: set[int] = set()
    for rows in history.newest_first():
        at = np.flatnonzero((rows["kind"] == EventKind.FILL) & (column(rows, "trade_id") == trade_id))
        later = rows[int(at[-1]) + 1 :] if len(at) else rows
        ended |= set(later["instrument"][later["kind"] == _ENDED].tolist())
        if len(at):
            return history.of_command(int(rows["sequence"][at[0]])) or [], frozenset(ended)
    raise UserError(f"trade {trade_id} is not among the trades that the venue keeps, those of the last 24 hours")


def bust_of(state: np.record, rows: Iterable[Row], trade_id: int) -> BustPayload:
    """The payload that takes a trade back, with all of its implied group. Two people ask.

    rows   of the command that made it
    """
    fills = _fills_of(rows, trade_id)
    prints = {row[TRADE_ID]: row for row, _ in fills}
    trades = [BustedTrade(number, row[INSTRUMENT], row[LOTS], row[TRADE_TICK]) for number, row in prints.items()]
    parts = [part for row, legs in fills for part in legs or [row]]
    fees: dict[int, int] = {}
    rests: dict[int, int] = {}
    for row, legs in fills:
        account = row[ACCOUNT]
        fees[account] = fees.get(account, 0) + row[FEE_MILLS]
        rests[account] = rests.get(account, 0) + _remainder(state, row, legs)
    paid = [PaidBack(account, fees[account], rests[account]) for account in fees if fees[account] or rests[account]]
    return BustPayload(trades, [_busted(row) for row in parts], paid, by_two=True)


def _busted(row: Row) -> BustedFill:
    return BustedFill(row[ACCOUNT], row[INSTRUMENT], Side(row[SIDE]).sign * row[LOTS], row[TRADE_TICK])


def _fills_of(rows: Iterable[Row], trade_id: int) -> list[Fill]:
    """The fills of a trade; of an implied group all its fills, of which the combination's comes last (IMP-007)."""
    groups: list[list[Fill]] = [[]]
    for row in rows:
        if row[KIND] == _LEG:
            groups[-1][-1][1].append(row)
        elif row[KIND] == _FILL:
            if groups[-1] and not _continues(groups[-1][-1], row):
                groups.append([])
            groups[-1].append((row, []))
    return next(group for group in groups if any(row[TRADE_ID] == trade_id for row, _ in group))


def _continues(last: Fill, row: Row) -> bool:
    """Whether a fill belongs to the group of the fill before it."""
    if last[0][FLAGS] & EventFlag.IMPLIED:
        return not last[1]  # the fill of the combination ends the group
    return last[0][TRADE_ID] == row[TRADE_ID]


def _remainder(state: np.record, row: Row, legs: list[Row]) -> int:
    """What an account has paid with a strip beside the prices of its legs, mills; below 0: it was paid (CASCADE-006).

    In an implied group the legs trade at their own prices, and nothing remains (IMP-013).
    """
    if not legs or row[FLAGS] & EventFlag.IMPLIED or state.books[row[INSTRUMENT]].combo != ComboKind.STRIP:
        return 0
    hours = [int(state.books[leg[INSTRUMENT]].hours) for leg in legs]
    of_legs = sum(leg[TRADE_TICK] * one for leg, one in zip(legs, hours, strict=True))
    return (row[TRADE_TICK] * sum(hours) - of_legs) * row[LOTS] * Side(row[SIDE]).sign
