"""Changes terms of books that have orders and positions, and updates margin and P&L of their accounts.

One kernel call does all orders, and one all positions. A call for each of thousands would stop the venue for seconds,
because Numba looks at the type of the whole state at each call.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

import numpy as np

from exchange.clearing.margin import loss_per_lot, own_risk, recompute_holds
from exchange.clearing_codes import Life
from exchange.codes import OrderState
from exchange.engine.control.margin_terms import AS_BEFORE, Months, derive_margin_terms
from exchange.engine.orders import work_order
from exchange.kernel import kernel
from exchange.machine import row_at


@contextmanager
def changing_terms(state: np.record, named: Iterable[int], months: Mapping[int, Months] = AS_BEFORE) -> Iterator[None]:
    """A block in which terms of listed books may change: marks, daily limits, fees, the spot month. Afterwards derived
    terms, unrealised P&L and initial margin are right for all positions and orders.

    named   books whose terms change (combinations on them may be left out)
    months  as for `derive_margin_terms`, if the spot month changes

    Commodity, its rates, legs, hours and `term` of a listed book must not change.
    """
    books = with_combinations(state, named)
    orders = live_orders(state, books)
    before = state.books[: int(state.books_listed) + 1].copy()
    count_working(state, orders, -1)
    yield
    derive_margin_terms(state, books, months)
    revalue_positions(state, before)
    count_working(state, orders, 1)
    # Counting them again has added to the accounts' bounds what they held before.
    recompute_holds(state, np.unique(state.orders["account"][orders]).astype(np.int64))


@contextmanager
def changing_marks(state: np.record, named: Iterable[int]) -> Iterator[None]:
    """As `changing_terms`, for a block in which only marks change.

    Lots and hours of working orders stay, so each order is looked at once, for what it can lose against the mark.
    """
    books = with_combinations(state, named)
    orders = live_orders(state, books)
    before = state.books[: int(state.books_listed) + 1].copy()
    yield
    derive_margin_terms(state, books)
    revalue_positions(state, before)
    revalue_orders(state, before, orders)
    recompute_holds(state, np.unique(state.orders["account"][orders]).astype(np.int64))


def with_combinations(state: np.record, named: Iterable[int]) -> list[int]:
    """These books and the listed combinations on them: outrights first, so that legs precede combinations; each in
    ascending order."""
    books = state.books[: int(state.books_listed) + 1]
    wanted = np.zeros(len(books), bool)
    wanted[list(named)] = True
    on_them = wanted[books["legs"]["book"]].any(axis=1) & (books["life"] == Life.LISTED)
    found = np.flatnonzero(wanted | on_them)
    return found[np.argsort(books["leg_count"][found] > 1, kind="stable")].tolist()  # type: ignore[no-any-return]


def live_orders(state: np.record, books: Iterable[int]) -> np.ndarray:
    """Slots of all live orders of these books."""
    used = state.orders[: int(state.used_orders) + 1]
    return np.flatnonzero((used["state"] != OrderState.NONE) & np.isin(used["book"], list(books)))


@kernel
def count_working(state: np.record, slots: np.ndarray, sign: int) -> None:
    """Count all lots of these orders as working (`sign` 1) or no longer working (-1), by present terms of their
    books."""
    for number in range(slots.shape[0]):
        order = state.orders[slots[number]]
        work_order(state, order, sign * np.int64(order.leaves_lots))


@kernel
def revalue_positions(state: np.record, before: np.ndarray) -> None:
    """Update unrealised P&L, spot-month lots held and delivery add-on of all positions after terms of their books have
    changed. Orders of these books must not be counted as working.

    before  all books that are listed or have been, as they were before
    """
    for number in range(1, np.int64(state.used_positions) + 1):
        position = state.positions[number]
        if position.lots != 0:
            old, book = row_at(before, np.int64(position.book)), state.books[position.book]
            mark = np.int64(book.mark_tick) - old.mark_tick
            state.accounts[position.account].unrealised_pnl_mills += mark * position.lots * book.hours
            weight = np.int64(book.spot_weight) - old.spot_weight
            if weight != 0:
                own_risk(state, np.int64(position.account), book).spot_lots += weight * position.lots
            addon = np.int64(book.addon_mills) - old.addon_mills
            if addon != 0:
                own_risk(state, np.int64(position.account), book).addon_mills += addon * max(-position.lots, 0)
                state.accounts[position.account].changed_scans |= book.commodity_bit


@kernel
def revalue_orders(state: np.record, before: np.ndarray, slots: np.ndarray) -> None:
    """Update what these orders can lose (MARGIN-013) after the marks of their books have changed.

    before  all books that are listed or have been, as they were before
    """
    for number in range(slots.shape[0]):
        order = state.orders[slots[number]]
        old, book = row_at(before, np.int64(order.book)), state.books[order.book]
        side, price = np.int64(order.side), np.int64(order.price)
        rise = loss_per_lot(book, side, price) - loss_per_lot(old, side, price)
        state.accounts[order.account].initial_margin_mills += rise * np.int64(order.leaves_lots)
