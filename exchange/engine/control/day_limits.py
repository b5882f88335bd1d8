"""DAY_LIMITS: settlement prices, daily limits and increments of a new day, for books whose groups are CLOSED.

First orders that do not fit a new increment are cancelled (SPEC-002). Then price windows, marks and with them initial
margin change. An order outside the new limits is parked; a parked order inside them rests again. Both keep their stamps
(BAND-004). At last all positions are paid their variation margin at the new marks (SETTLE-007).
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from exchange.book.slots import SLOT_MASK
from exchange.clearing_codes import Life
from exchange.codes import CancelReason, ComboKind, EventKind, MarketState, OrderState, SettleMethod, Side
from exchange.engine.apply import STEP_REPORT
from exchange.engine.cancels.cancel_queue import start_cancels_of_slots
from exchange.engine.control.checks import (
    DAY_MAX,
    check_digest,
    check_windows,
    each_within,
    require,
    require_each,
    within,
)
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


class _Columns(NamedTuple):
    """The fields of all books of a payload, as `BookLimits` has them."""

    indices: Sequence[int]
    settle_tick: Sequence[int]
    low_tick: Sequence[int]
    high_tick: Sequence[int]
    velocity_ticks: Sequence[int]
    breaker_ticks: Sequence[int]
    collar_ticks: Sequence[int]
    min_inc: Sequence[int | msgspec.UnsetType]
    method: Sequence[int]
    flagged: Sequence[bool]


def _columns(terms: DayLimitsPayload) -> _Columns:
    rows = [msgspec.structs.astuple(limits) for limits in terms.books]
    return _Columns(*zip(*rows, strict=True)) if rows else _Columns(*[()] * len(_Columns._fields))


def check_day_limits(state: np.record, terms: DayLimitsPayload) -> None:
    """Raise ControlError if these books cannot have these limits now. It names the first book with a fault."""
    given = _columns(terms)
    require(len(set(given.indices)) == len(given.indices), "a book stands once among the day's limits")
    each_within(lambda _: "day limits: index", given.indices, 1, int(state.books_listed))
    books, indices, name = state.books, list(given.indices), _names(given)
    is_closed = state.groups["state"][books["group"][indices]] == MarketState.CLOSED
    require_each(books["life"][indices] == Life.LISTED, lambda place: f"{name(place)}: it is not listed")
    require_each(is_closed, lambda place: f"{name(place)}: its group is not CLOSED")
    check_windows(name, given.low_tick, given.settle_tick, given.high_tick)
    each_within(_names(given, "velocity_ticks"), given.velocity_ticks, 0, 2 * PRICE_MAX)
    each_within(_names(given, "breaker_ticks"), given.breaker_ticks, 0, 2 * PRICE_MAX)
    each_within(_names(given, "collar_ticks"), given.collar_ticks, 0, 2 * PRICE_MAX)
    increments = [1 if increment is msgspec.UNSET else increment for increment in given.min_inc]
    each_within(_names(given, "min_inc"), increments, 1, PRICE_MAX)
    _check_published(state, given, terms.day)
    each_within(_names(given, "method"), given.method, SettleMethod.NONE, max(SettleMethod))
    wanted = side_rows(np.array(given.low_tick), np.array(given.high_tick), books["order_entry"][indices])
    check_rows(state, [2 * int((wanted - books["side_rows"][indices]).sum())])
    check_closing_window("day limits", terms.window_ns)
    check_digest("day limits: inputs", terms.inputs)


def _names(given: _Columns, field: str = "") -> Callable[[int], str]:
    """What an error calls the book at a place of the payload, or a field of it."""
    return lambda place: f"day limits of book {given.indices[place]}{field and ': '}{field}"


def _check_published(state: np.record, given: _Columns, day: int) -> None:
    """Raise ControlError for another settlement of the day that has been settled last (SETTLE-011)."""
    indices, name = list(given.indices), _names(given)
    stands = state.books["settle_tick"][indices]
    again = (day > 0) & (state.books["settled_day"][indices] == day) & (stands != np.array(given.settle_tick))
    require_each(
        ~again,
        lambda place: (
            f"{name(place)}: settle_tick {given.settle_tick[place]} for day {day}: {stands[place]} is published "
            f"for day {day} and never changes (SETTLE-011)"
        ),
    )


def check_people(state: np.record, terms: DayLimitsPayload) -> None:
    """Raise ControlError if one person asks for what takes two. One person may settle a whole group, once a day, within
    the limits that its outrights had (SEC-061, SEC-067)."""
    within("day limits: day", terms.day, 0 if terms.by_two else 1, DAY_MAX)
    if not terms.by_two:
        _check_one_person(state, terms)


def _check_one_person(state: np.record, terms: DayLimitsPayload) -> None:
    given = _columns(terms)
    indices, named = list(given.indices), set(given.indices)
    of_book, days = state.books["group"][indices], state.groups["settled_day"]
    for number in np.unique(of_book).tolist():
        group, settled = set(books_of(state, number)), int(days[number])
        require(group <= named, f"day limits of group {number}: {len(group - named)} of its books are left out")
        require(settled <= terms.day, f"day limits of group {number}: day {terms.day}, after it day {settled} was set")
    is_again = days[of_book] == terms.day
    _check_stands(state, given, is_again)
    low, high = (state.books[name][indices] for name in ("low_tick", "high_tick"))
    settle, is_outright = np.array(given.settle_tick), state.books["combo"][indices] == ComboKind.OUTRIGHT
    outside = ~is_again & is_outright & ((settle < low) | (settle > high))
    for place in np.flatnonzero(outside)[:1].tolist():
        name = _names(given, "settle_tick by one person")(place)
        within(name, given.settle_tick[place], int(low[place]), int(high[place]))


def _check_stands(state: np.record, given: _Columns, is_again: np.ndarray) -> None:
    """Raise ControlError if one person changes prices of a group that is settled for the day. `is_again`: by book."""
    names = ("settle_tick", "low_tick", "high_tick")
    stands = np.stack([state.books[name][list(given.indices)] for name in names], axis=1)
    found = np.stack([np.array(getattr(given, name)) for name in names], axis=1)
    require_each(
        ~is_again | (stands == found).all(axis=1),
        lambda place: (
            f"{_names(given)(place)}: its group is settled for this day, {tuple(stands[place].tolist())} stands, "
            f"{tuple(found[place].tolist())} takes two people"
        ),
    )


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
    given, settled_day = _columns(terms), terms.day - 1 if terms.day else 0
    settled = _settled(state, given, settled_day)
    set_inputs(settled, terms.inputs)
    named = sorted(given.indices)
    with changing_terms(state, named):
        ranges = zip(given.low_tick, given.high_tick, strict=True)
        move_windows(state, dict(zip(given.indices, ranges, strict=True)))
        _set_limits(state, given, terms.day)
    note_settlements(state, named, settled_day)
    set_closing_window(state, terms.window_ns)
    moved = _rest_or_park_orders(state, named)
    for group in np.unique(state.books["group"][named]).tolist():
        choose_lead(state, group)
        if terms.day:
            state.groups[group].settled_day = max(terms.day, int(state.groups[group].settled_day))
    rests = _rests(state, moved[np.argsort(state.orders["entry_number"][moved])])
    listed = instruments_listed(state, given.indices)
    paid = pay_variation(state, named, settled_day)
    note_margins(state)
    return np.concatenate([rests, listed, settled, paid])


def _settled(state: np.record, given: _Columns, day: int) -> np.ndarray:
    """SETTLED of each outright. Made before the sums of the closing window go back to 0. `day`: that is settled."""
    indices, books = np.array(given.indices, np.int64), state.books
    places = np.flatnonzero(books["combo"][indices] == ComboKind.OUTRIGHT)
    outrights = indices[places]
    events = control_events(state, EventKind.SETTLED, len(outrights))
    events["instrument"] = outrights
    column(events, "settlement_tick")[:] = np.array(given.settle_tick)[places]
    column(events, "settle_method")[:] = np.array(given.method)[places]
    column(events, "settle_flagged")[:] = np.array(given.flagged)[places]
    column(events, "trading_day")[:] = day
    column(events, "window_lots")[:] = books["window_lots"][outrights]
    column(events, "open_interest_lots")[:] = books["long_and_short_lots"][outrights] // 2
    return events


def _set_limits(state: np.record, given: _Columns, day: int) -> None:
    """Write the new prices of all books. `changing_terms` derives the rest."""
    books, indices = state.books, list(given.indices)
    books["settle_tick"][indices] = books["mark_tick"][indices] = given.settle_tick
    books["settle_method"][indices] = given.method
    books["settle_flagged"][indices] = given.flagged
    books["settled_day"][indices] = np.maximum(day, books["settled_day"][indices])
    for name in ("window_lots", "window_tick_lots", "is_quoted"):
        books[name][indices] = 0
    books["low_tick"][indices], books["high_tick"][indices] = given.low_tick, given.high_tick
    books["edge_tick"][indices] = np.stack([given.low_tick, given.high_tick], axis=1)
    books["revision"][indices] += 1
    for index, increment in zip(given.indices, given.min_inc, strict=True):
        if increment is not msgspec.UNSET:
            books["min_inc"][index] = increment
    set_widths(state, indices, given.velocity_ticks, given.breaker_ticks, given.collar_ticks)


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
