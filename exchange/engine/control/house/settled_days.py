"""Which settlements were published: first and last day of each instrument, the last two prices (SETTLE-011).

An adjustment names one of them. The settlements of a day also tell the index what its front months settled at.
"""

from collections.abc import Sequence

import numpy as np

from exchange.codes import ComboKind, Family, PeriodKind, SettleMethod
from exchange.engine.control.house.index import note_front
from exchange.units import NS_PER_DAY


def note_settlements(state: np.record, books: Sequence[int], day: int) -> None:
    """Note that a settlement of a day was published for each of these books.

    day  days since 1970; 0: it is not known, and nothing is noted
    """
    if not day:
        return
    listed = np.array(list(books), np.int64)
    outrights = listed[state.books["combo"][listed] == ComboKind.OUTRIGHT]
    table, numbers = state.settled_days, state.books["instrument_id"][outrights].astype(np.int64)
    order = np.argsort(table["instrument_id"], kind="stable")
    after = np.searchsorted(table["instrument_id"][order], numbers)
    places = order[np.minimum(after, len(order) - 1)]
    known = table["instrument_id"][places] == numbers
    ticks = state.books["settle_tick"][outrights]
    _note_day(table, places[known], ticks[known], day)
    new = ~known & (numbers != 0)
    for number, tick in zip(numbers[new].tolist(), ticks[new].tolist(), strict=True):
        # An empty row, else that of the instrument that ended first.
        table[int(np.argmin(table["last_day"]))] = (number, day, day, tick, 0)
    _note_fronts(state, outrights, day)


def _note_day(table: np.ndarray, rows: np.ndarray, ticks: np.ndarray, day: int) -> None:
    """Note a settlement of instruments that were settled before; one of an earlier day changes nothing."""
    later = table["last_day"][rows] < day
    rows, ticks = rows[later], ticks[later]
    table["previous_tick"][rows] = table["newest_tick"][rows]
    table["newest_tick"][rows], table["last_day"][rows] = ticks, day


def _note_fronts(state: np.record, outrights: np.ndarray, day: int) -> None:
    """Tell each index what the front month of its chip and tier settled at, if its window made that price (T1)."""
    columns = {name: state.books[name][outrights] for name in ("family", "period_kind", "ltd_ns", "group", "floor_bp")}
    trades = (columns["family"] == Family.PHY) & (columns["period_kind"] == PeriodKind.MONTH)
    trades &= columns["ltd_ns"] // NS_PER_DAY >= day
    indices = state.indices
    for index in np.flatnonzero((indices["group"] != 0) & (indices["taken_day"] < day)).tolist():
        group, floor_bp = int(indices["group"][index]), int(indices["floor_bp"][index])
        months = np.flatnonzero(trades & (columns["group"] == group) & (columns["floor_bp"] == floor_bp))
        if len(months):
            front = state.books[outrights[months[np.argmin(columns["ltd_ns"][months])]]]
            if front.settle_method == SettleMethod.T1:
                note_front(state, index, day, int(front.settle_tick))


def previous_tick(state: np.record, instrument_id: int) -> int:
    """Settlement of an instrument on the day before its last settlement, 0 if there is none."""
    found = state.settled_days[state.settled_days["instrument_id"] == instrument_id]
    return int(found["previous_tick"][0]) if instrument_id and len(found) else 0


def was_settled(state: np.record, instrument_id: int, day: int) -> bool:
    """Whether a settlement of an instrument was published for a day, as far as the state goes back."""
    found = state.settled_days[state.settled_days["instrument_id"] == instrument_id] if instrument_id else []
    return any(row.first_day <= day <= row.last_day for row in found)
