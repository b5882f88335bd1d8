"""A run of variation margin over settled books, and its events to each account (SETTLE-007, SETTLE-012)."""

from collections.abc import Collection, Iterable

import numpy as np

from exchange.clearing.variation import settle_positions
from exchange.clearing_codes import CashReason
from exchange.codes import EventKind
from exchange.engine.control.account_reports import report_accounts
from exchange.engine.control.events import control_events


def pay_rest(state: np.record, books: Collection[int], day: int) -> np.ndarray:
    """As `pay_variation`, if any position in these books has a gain that is not paid; else no event."""
    positions = state.positions[1 : int(state.used_positions) + 1]
    rows = positions[np.isin(positions["book"], list(books))]
    unpaid = state.books["mark_tick"][rows["book"]] * rows["lots"] != rows["open_value_tick_lots"]
    return pay_variation(state, books, day) if unpaid.any() else control_events(state, EventKind.CASH_MOVED, 0)


def pay_variation(state: np.record, books: Iterable[int], day: int) -> np.ndarray:
    """Pay the variation of all positions in these books at their marks.

    day      trading day that is settled, days since 1970; 0: it is not known
    returns  events: for each account, in ascending order, one CASH_MOVED with what it receives from all these books
             together if that is not 0, then a POSITION_CHANGED for each of its positions in them, in the order of books
    """
    is_settled = np.zeros(state.books.shape[0], np.uint8)
    is_settled[list(books)] = 1
    positions = state.positions[: int(state.used_positions) + 1]
    counts = (positions["lots"] != 0) | (positions["open_value_tick_lots"] != 0)
    rows = np.flatnonzero(counts & (is_settled[positions["book"]] != 0))
    received_mills = np.zeros(state.accounts.shape[0], np.int64)
    settle_positions(state, is_settled, received_mills)
    return report_accounts(state, rows, received_mills, CashReason.VARIATION, day)
