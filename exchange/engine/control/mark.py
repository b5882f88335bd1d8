"""MARK: sets the prices at which positions are valued within the day, and pays variation margin at noon.

A mark moves no settlement, no limit and no band (MARGIN-014). The run at noon marks every book and pays what positions
have gained or lost since (SETTLE-007).
"""

import msgspec
import numpy as np

from exchange.codes import ComboKind, EventKind
from exchange.engine.control.book_marks import find_marks
from exchange.engine.control.checks import DAY_MAX, require, within
from exchange.engine.control.events import control_events
from exchange.engine.control.live_books import changing_marks
from exchange.engine.control.variation import pay_variation
from exchange.records import column
from exchange.units import ORDER_LOTS_MAX


class MarkPayload(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """Which books are marked, and whether positions are paid.

    min_lots  lots that a book must have printed since the last close
    pays      the run at noon: every open book is marked, whatever it has printed, and positions are paid
    day       trading day of the run at noon, days since 1970; 0 otherwise
    """

    min_lots: int = 1
    pays: bool = False
    day: int = 0


def check_mark(state: np.record, terms: MarkPayload) -> None:
    """Raise ControlError if this run cannot be made now."""
    within("mark: min_lots", terms.min_lots, 1, ORDER_LOTS_MAX)
    within("mark: day", terms.day, int(terms.pays), DAY_MAX * int(terms.pays))
    paid = int(state.variation_day)
    require(not terms.pays or terms.day > paid, f"mark: day {terms.day} is not after day {paid}, whose noon is paid")


def set_marks(state: np.record, terms: MarkPayload) -> np.ndarray:
    """Carry out a checked run. Returns events: MARKED of each outright that has another mark; then what accounts are
    paid, and their positions (`variation.pay_variation`)."""
    count = int(state.books_listed) + 1
    ticks = np.zeros(count, np.int32)
    find_marks(state, 0 if terms.pays else terms.min_lots, ticks)
    moved = np.flatnonzero(ticks != state.books["mark_tick"][:count])
    if len(moved):
        with changing_marks(state, moved.tolist()):
            state.books["mark_tick"][moved] = ticks[moved]
    marked = _marked(state, moved)
    if not terms.pays:
        return marked
    state.variation_day = terms.day
    return np.concatenate([marked, pay_variation(state, range(1, count), terms.day)])


def _marked(state: np.record, moved: np.ndarray) -> np.ndarray:
    outrights = moved[state.books["combo"][moved] == ComboKind.OUTRIGHT]
    events = control_events(state, EventKind.MARKED, len(outrights))
    events["instrument"] = outrights
    column(events, "mark_tick")[:] = state.books["mark_tick"][outrights]
    return events
