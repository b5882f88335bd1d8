"""DAY_LIMITS: settlement prices, daily limits and increments of a new day, for books whose groups are CLOSED.

First orders that do not fit a new increment are cancelled (SPEC-002). Then price windows, marks and with them initial
margin change. An order outside the new limits is parked; a parked order inside them rests again. Both keep their stamps
(BAND-004). At last all positions are paid their variation margin at the new marks (SETTLE-007).
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from exchange.book.slots import SLOT_MASK
from exchange.clearing_codes import Life
from exchange.codes import CancelReason, ComboKind, EventKind, MarketState, OrderState, SettleMethod, Side
from exchange.engine.apply import STEP_REPORT
from exchange.engine.cancels.cancel_queue import start_cancels_of_slots
from exchange.engine.control.checks import DAY_MAX, check_digest, check_window, require, within
from exchange.engine.control.closing_window import NONE_NAMED, check_closing_window, set_closing_window
from exchange.engine.control.day_orders import rest_or_park_orders
from exchange.engine.control.events import control_events, instruments_listed, set_inputs
from exchange.engine.control.house.settled_days import note_settlements
from exchange.engine.control.live_books import changing_terms, live_orders
from exchange.engine.control.price_guards import choose_lead, set_widths
from exchange.engine.control.price_windows import check_rows, move_windows, side_rows
from exchange.engine.control.settled_margins import note_margins
from exchange.engine.control.variation import pay_variation
from exchange.kernel_codes import ORDER_STOP
from exchange.records import column
from exchange.units import PRICE_MAX

# Fields that RST copies from its order.
SHARED_FIELDS = ["side", "state", "order_type", "tif", "account", "session", "price", "order_id", "leaves_lots"]
SHARED_FIELDS += ["client_order_id_0", "client_order_id_1", "client_order_id_2"]
SHARED_FIELDS += ["filled_lots", "order_lots", "value_tick_lots"]


class BookLimits(msgspec.Struct, forbid_unknown_fields=True):
    """Prices of one book, ticks: settlement, daily limits (BAND-013), widths of windows and collar (BAND-012).

    min_inc  its new increment (SPEC-002); left out: the increment stays
    method   SettleMethod of the settlement; NONE in journals up to 0.3.0
    flagged  it contradicts the price of another tier (SETTLE-006)
    """

    index: int
    settle_tick: int
    low_tick: int
    high_tick: int
    velocity_ticks: int = 0
    breaker_ticks: int = 0
    collar_ticks: int = 0
    min_inc: int | msgspec.UnsetType = msgspec.UNSET
    method: int = SettleMethod.NONE
    flagged: bool = False


class DayLimitsPayload(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """The books and their prices, and who asks.

    day        trading day that the limits are for, days since 1970; 0 in journals up to 0.2.0
    by_two     True: two people ask, which allows what one person may not do alone (SEC-061)
    inputs     SHA-256 of what the settlements are computed from, hexadecimal (SETTLE-011); empty: it is not known
    window_ns  begin and end of the next closing window (SETTLE-001); (0, 0): it stays as it is
    """

    books: list[BookLimits]
    day: int = 0
    by_two: bool = False
    window_ns: tuple[int, int] = NONE_NAMED
    inputs: str = ""


def check_day_limits(state: np.record, terms: DayLimitsPayload) -> None:
    """Raise ControlError if these books cannot have these limits now."""
    indices = [book.index for book in terms.books]
    require(len(set(indices)) == len(indices), "a book stands once among the day's limits")
    more_rows = 0
    for limits in terms.books:
        within("day limits: index", limits.index, 1, int(state.books_listed))
    closed = set(np.flatnonzero(state.groups["state"] == MarketState.CLOSED).tolist())
    for limits, book in zip(terms.books, _present_rows(state, indices), strict=True):
        name = f"day limits of book {limits.index}"
        require(book.life == Life.LISTED, f"{name}: it is not listed")
        require(book.group in closed, f"{name}: its group is not CLOSED")
        check_window(name, limits.low_tick, limits.settle_tick, limits.high_tick)
        within(f"{name}: velocity_ticks", limits.velocity_ticks, 0, 2 * PRICE_MAX)
        within(f"{name}: breaker_ticks", limits.breaker_ticks, 0, 2 * PRICE_MAX)
        within(f"{name}: collar_ticks", limits.collar_ticks, 0, 2 * PRICE_MAX)
        if limits.min_inc is not msgspec.UNSET:
            within(f"{name}: min_inc", limits.min_inc, 1, PRICE_MAX)
        _check_published(name, book, limits, terms.day)
        within(f"{name}: method", limits.method, SettleMethod.NONE, max(SettleMethod))
        more_rows += 2 * (side_rows(limits.low_tick, limits.high_tick, book.order_entry) - book.side_rows)
    check_rows(state, [more_rows])
    check_closing_window("day limits", terms.window_ns)
    check_digest("day limits: inputs", terms.inputs)


class _Present(NamedTuple):
    """What a book has now, as `book.layout.BOOK`."""

    life: int
    group: int
    combo: int
    order_entry: int
    side_rows: int
    settle_tick: int
    low_tick: int
    high_tick: int
    settled_day: int


def _present_rows(state: np.record, indices: Sequence[int]) -> list[_Present]:
    """What these books have now. A field of all at once, because to read one of a row takes NumPy microseconds."""
    columns = [state.books[name][indices].tolist() for name in _Present._fields]
    return [_Present(*values) for values in zip(*columns, strict=True)]


def _check_published(name: str, book: _Present, limits: BookLimits, day: int) -> None:
    """Raise ControlError for another settlement of the day that has been settled last (SETTLE-011)."""
    again = 0 < day == book.settled_day and limits.settle_tick != book.settle_tick
    text = f"{book.settle_tick} is published for day {book.settled_day} and never changes"
    require(not again, f"{name}: settle_tick {limits.settle_tick} for day {day}: {text} (SETTLE-011)")


def check_people(state: np.record, terms: DayLimitsPayload) -> None:
    """Raise ControlError if one person asks for what takes two. One person may settle a whole group, once a day, within
    the limits that its outrights had (SEC-061, SEC-067)."""
    within("day limits: day", terms.day, 0 if terms.by_two else 1, DAY_MAX)
    if not terms.by_two:
        _check_one_person(state, terms)


def _check_one_person(state: np.record, terms: DayLimitsPayload) -> None:
    named = {limits.index for limits in terms.books}
    present = _present_rows(state, [limits.index for limits in terms.books])
    for number in {book.group for book in present}:
        group, settled = set(books_of(state, number)), int(state.groups[number].settled_day)
        require(group <= named, f"day limits of group {number}: {len(group - named)} of its books are left out")
        require(settled <= terms.day, f"day limits of group {number}: day {terms.day}, after it day {settled} was set")
    days = state.groups["settled_day"].tolist()
    for limits, book in zip(terms.books, present, strict=True):
        name, found = f"day limits of book {limits.index}", (limits.settle_tick, limits.low_tick, limits.high_tick)
        if days[book.group] == terms.day:
            stands = (book.settle_tick, book.low_tick, book.high_tick)
            text = f"its group is settled for this day, {stands} stands, {found} takes two people"
            require(found == stands, f"{name}: {text}")
        elif book.combo == ComboKind.OUTRIGHT:
            within(f"{name}: settle_tick by one person", limits.settle_tick, book.low_tick, book.high_tick)


def books_of(state: np.record, group: int) -> list[int]:
    """Numbers of the books of a product group."""
    books = state.books
    found: list[int] = np.flatnonzero((books["group"] == group) & (books["life"] == Life.LISTED)).tolist()
    return found


def cancel_off_increment(state: np.record, terms: DayLimitsPayload) -> None:
    """Queue the cancels of orders that do not fit their book's new increment, oldest first. The loop carries them out.

    Of a waiting stop the trigger must fit, and the limit of a stop-limit. The limit of a plain stop need not: it is
    rounded when the stop is injected.
    """
    orders = state.orders[: int(state.used_orders) + 1]
    waits, plain = orders["state"] == OrderState.PENDING, orders["order_type"] == ORDER_STOP
    leaves = np.zeros(len(orders), bool)
    for limits in terms.books:
        if limits.min_inc is not msgspec.UNSET:
            off_price, off_trigger = (orders[name] % limits.min_inc != 0 for name in ("price", "trigger"))
            off = (waits & off_trigger) | (~(waits & plain) & off_price)
            leaves |= (orders["book"] == limits.index) & (orders["state"] != OrderState.NONE) & off
    slots = np.flatnonzero(leaves)
    if len(slots):
        start_cancels_of_slots(state, slots[np.argsort(orders["entry_number"][slots])], CancelReason.ADMIN)
        state.cursor.step = STEP_REPORT


def set_day_limits(state: np.record, terms: DayLimitsPayload) -> np.ndarray:
    """Carry out a checked payload. Returns events: RST of orders that are now parked or rest again, in order of entry;
    LISTED of each book; SETTLED of each outright; then what accounts are paid, and their positions
    (`variation.pay_variation`)."""
    settled = _settled(state, terms)
    named = sorted(limits.index for limits in terms.books)
    with changing_terms(state, named):
        move_windows(state, {limits.index: (limits.low_tick, limits.high_tick) for limits in terms.books})
        _set_limits(state, terms)
    note_settlements(state, named, terms.day - 1 if terms.day else 0)
    set_closing_window(state, terms.window_ns)
    moved = _rest_or_park_orders(state, named)
    for group in np.unique(state.books["group"][named]).tolist():
        choose_lead(state, group)
        if terms.day:
            state.groups[group].settled_day = max(terms.day, int(state.groups[group].settled_day))
    rests = _rests(state, moved[np.argsort(state.orders["entry_number"][moved])])
    listed = instruments_listed(state, [limits.index for limits in terms.books])
    paid = pay_variation(state, named, terms.day - 1 if terms.day else 0)
    note_margins(state)
    return np.concatenate([rests, listed, settled, paid])


def _settled(state: np.record, terms: DayLimitsPayload) -> np.ndarray:
    """SETTLED of each outright. Made before the sums of the closing window go back to 0."""
    is_combo = state.books["combo"][[limits.index for limits in terms.books]].tolist()
    outrights = [limits for limits, combo in zip(terms.books, is_combo, strict=True) if combo == ComboKind.OUTRIGHT]
    events = control_events(state, EventKind.SETTLED, len(outrights))
    books = state.books[[limits.index for limits in outrights]]
    events["instrument"] = [limits.index for limits in outrights]
    column(events, "settlement_tick")[:] = [limits.settle_tick for limits in outrights]
    column(events, "settle_method")[:] = [limits.method for limits in outrights]
    column(events, "settle_flagged")[:] = [limits.flagged for limits in outrights]
    column(events, "trading_day")[:] = terms.day - 1 if terms.day else 0
    column(events, "window_lots")[:] = books["window_lots"]
    column(events, "open_interest_lots")[:] = books["long_and_short_lots"] // 2
    set_inputs(events, terms.inputs)
    return events


def _set_limits(state: np.record, terms: DayLimitsPayload) -> None:
    """Write the new prices of all books. `changing_terms` derives the rest."""
    books, indices = state.books, [limits.index for limits in terms.books]
    settle, low, high = (
        np.array([getattr(limits, name) for limits in terms.books], np.int64)
        for name in ("settle_tick", "low_tick", "high_tick")
    )
    books["settle_tick"][indices] = books["mark_tick"][indices] = settle
    books["settle_method"][indices] = [limits.method for limits in terms.books]
    books["settle_flagged"][indices] = [limits.flagged for limits in terms.books]
    books["settled_day"][indices] = np.maximum(terms.day, books["settled_day"][indices])
    for name in ("window_lots", "window_tick_lots", "is_quoted"):
        books[name][indices] = 0
    books["low_tick"][indices], books["high_tick"][indices] = low, high
    books["edge_tick"][indices] = np.stack([low, high], axis=1)
    books["revision"][indices] += 1
    for limits in terms.books:
        if limits.min_inc is not msgspec.UNSET:
            books[limits.index].min_inc = limits.min_inc
    set_widths(
        state,
        indices,
        *([getattr(limits, name) for limits in terms.books] for name in BookLimits.__struct_fields__[4:7]),
    )


def _rest_or_park_orders(state: np.record, named: Sequence[int]) -> np.ndarray:
    """Put the orders of books into their new windows, in order of stamps. Returns the slots of those that are now
    parked or rest again."""
    state.books["first_parked"][named] = 0
    slots = live_orders(state, named)
    slots = slots[state.orders["state"][slots] != OrderState.PENDING]
    slots = slots[np.lexsort((state.orders["stamp"][slots], state.orders["book"][slots]))]
    moved = np.zeros(len(slots), np.int64)
    count = rest_or_park_orders(state, slots, moved)
    for slot in moved[:count].tolist():
        _end_top(state, slot)
    return moved[:count]


def _end_top(state: np.record, slot: int) -> None:
    """Take TOP from the order that has it, if order `slot` rests at a better price (PRO-002)."""
    order = state.orders[slot]
    tops, side = state.allocation[order.book].top_order, int(order.side)
    top = state.orders[int(tops[side]) & SLOT_MASK]
    better = (int(order.price) - int(top.price)) * Side(side).sign
    if order.resting and better > 0 and top.order_id == tops[side]:
        tops[side] = 0


def _rests(state: np.record, slots: np.ndarray) -> np.ndarray:
    """RST events of orders that rest again, or that are now parked and so show no lots."""
    orders, books = state.orders[slots], state.books
    events = control_events(state, EventKind.ORDER_RESTED, len(slots))
    for name in SHARED_FIELDS:
        events[name] = orders[name]
    events["instrument"] = orders["book"]
    column(events, "shown_lots")[:] = orders["shown_lots"]
    rest = orders["resting"] != 0
    resting = orders[rest]
    index, side = resting["book"], resting["side"].astype(np.int64)
    places = 1 + np.abs(resting["price"] - books["edge_tick"][index, side])
    rows = books["first_level_row"][index] + side * books["side_rows"][index] + places
    events["hidden_lots"][rest] = resting["leaves_lots"] - resting["shown_lots"]
    events["level_lots"][rest] = state.levels["shown_lots"][rows]
    return events
