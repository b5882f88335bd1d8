"""Takes instruments that have ended out of the engine: their orders, price windows, implied routes and position rows
(SESSION-002, CASCADE-003).

A book that has ended keeps the terms of its instrument, so that everybody still knows what it was, until LIST gives
the book to another one.
"""

from collections.abc import Collection, Iterable

import numpy as np

from exchange.clearing.positions import index_positions
from exchange.clearing_codes import TAKEN_LIVES, Life
from exchange.codes import BookFeature, CancelReason, EventKind, MarketState, StateReason
from exchange.engine.apply import STEP_REPORT
from exchange.engine.cancels.cancel_queue import start_cancels_of_slots
from exchange.engine.control.events import control_events
from exchange.engine.control.live_books import live_orders, with_combinations
from exchange.engine.control.margin_terms import derive_margin_terms
from exchange.engine.control.price_guards import choose_lead
from exchange.engine.control.price_windows import close_windows
from exchange.engine.control.settled_margins import note_margins
from exchange.engine.matching.implied_routes import build_routes
from exchange.records import column


def ending_books(state: np.record, named: Iterable[int]) -> list[int]:
    """These books and the listed combinations that have one of them as a leg: a combination ends with its first leg."""
    named = set(named)
    return [index for index in with_combinations(state, named) if index in named or is_listed(state, index)]


def is_listed(state: np.record, index: int) -> bool:
    return bool(state.books[index].life == Life.LISTED)


def cancel_orders_of(state: np.record, books: Collection[int], reason: CancelReason) -> None:
    """Queue the cancels of all orders of these books, oldest first. The loop carries them out."""
    slots = live_orders(state, books)
    if len(slots):
        start_cancels_of_slots(state, slots[np.argsort(state.orders["entry_number"][slots])], reason)
        state.cursor.step = STEP_REPORT


def end_books(state: np.record, lives: dict[int, Life]) -> np.ndarray:
    """End books that have no orders any more; those that are not EXPIRED have no positions either.

    lives    what each instrument is from now on, by book
    returns  INSTRUMENT_ENDED of each, in ascending order
    """
    for index, life in sorted(lives.items()):
        book = state.books[index]
        book.life = life
        book.own_state = book.market_state = MarketState.CLOSED
        book.reason = StateReason.NONE
        book.features &= ~BookFeature.IMPLIED
        book.working_lots[:] = 0
        state.allocation[index].top_order[:] = 0
        state.guards[index].reopen_ns = 0
    derive_margin_terms(state, sorted(lives))
    close_windows(state, list(lives))
    _end_routes(state)
    _drop_positions(state, [index for index, life in lives.items() if life not in TAKEN_LIVES])
    groups = {int(state.books[index].group) for index in lives}
    closed = [group for group in groups if state.groups[group].state == MarketState.CLOSED]
    for group in closed:
        choose_lead(state, group)
    if closed:
        note_margins(state)
    return _ended(state, sorted(lives))


def _end_routes(state: np.record) -> None:
    """Build the implied routes again; a book that is left without any trades without implied prices."""
    build_routes(state)
    alone = np.flatnonzero((state.route_ranges["count"] == 0) & (state.books["features"] & BookFeature.IMPLIED != 0))
    state.books["features"][alone] &= ~BookFeature.IMPLIED


def _drop_positions(state: np.record, books: list[int]) -> None:
    """Free the position rows of these books. The other rows move up, in their order."""
    used = int(state.used_positions)
    rows = state.positions[1 : used + 1]
    keep = ~np.isin(rows["book"], books)
    assert not rows["lots"][~keep].any() and not rows["open_value_tick_lots"][~keep].any(), "an ended book has lots"
    kept = rows[keep].copy()
    place = np.zeros(used + 1, np.int32)  # new row by old one, 0: dropped
    place[1:][keep] = np.arange(1, len(kept) + 1)
    rows[:] = np.zeros(1, rows.dtype)
    rows[: len(kept)] = kept
    state.used_positions = len(kept)
    orders = state.orders[: int(state.used_orders) + 1]
    orders["position"] = place[orders["position"]]
    state.accounts["recent_position"] = place[state.accounts["recent_position"]]
    index_positions(state)


def _ended(state: np.record, books: list[int]) -> np.ndarray:
    events = control_events(state, EventKind.INSTRUMENT_ENDED, len(books))
    if books:
        events["instrument"] = books
        column(events, "settlement_tick")[:] = state.books["settle_tick"][books]
        column(events, "life")[:] = state.books["life"][books]
        column(events, "ended_id")[:] = state.books["instrument_id"][books]
        state.listed_sequence = state.sequence
    return events
