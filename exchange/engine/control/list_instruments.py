"""LIST: adds instruments with their books, and the commodities that they need.

An instrument gets a book that none has had yet, or one whose instrument has ended.
"""

from collections.abc import Iterable, Sequence

import msgspec
import numpy as np

from exchange.book.layout import BOOK
from exchange.clearing_codes import TAKEN_LIVES, Life
from exchange.codes import BookFeature, ComboKind, MarketState, Matching, SettleMethod
from exchange.engine.control.allocation_terms import check_allocation_terms, set_allocation_terms
from exchange.engine.control.checks import DAY_MAX, check_fields, check_window, require, within
from exchange.engine.control.closing_window import NONE_NAMED, check_closing_window, set_closing_window
from exchange.engine.control.events import instruments_listed
from exchange.engine.control.house.waiting_months import note_waiting_months
from exchange.engine.control.instrument_terms import CommodityTerms, InstrumentTerms
from exchange.engine.control.margin_terms import (
    check_commodities,
    check_margin_terms,
    check_rates,
    derive_margin_terms,
)
from exchange.engine.control.price_guards import check_guard, choose_lead, set_guard
from exchange.engine.control.price_windows import check_rows, open_window, side_rows
from exchange.engine.matching.implied_routes import build_routes, routes_of
from exchange.engine.phases.market_state import effective_state
from exchange.limits import LEGS_MAX
from exchange.units import PRICE_MAX

SYMBOL_BYTES = 32
# BOOK_FIELDS are the terms that a BOOK has under the same name. The others are written one by one.
ELSEWHERE = ("index", "symbol", "months", "legs", "settle_tick", "sharing", "guard", "implied")
BOOK_FIELDS = [name for name in InstrumentTerms.__struct_fields__ if name not in ELSEWHERE]


class ListPayload(msgspec.Struct, forbid_unknown_fields=True):
    """Commodities (new, or as they are) and instruments to add.

    month      in journals up to 0.3.0, not used
    window_ns  begin and end of the next closing window (SETTLE-001); (0, 0): it stays as it is
    groups     product groups of which all instruments of trading day `day` are listed then (SPEC-051)
    day        days since 1970
    """

    month: int = 0
    commodities: list[CommodityTerms] = []
    instruments: list[InstrumentTerms] = []
    window_ns: tuple[int, int] = NONE_NAMED
    groups: list[int] = []
    day: int = 0


def check_list(state: np.record, terms: ListPayload) -> None:
    """Raise ControlError if these commodities and instruments cannot be listed now."""
    for commodity in terms.commodities:
        _check_commodity(state, commodity)
    indices = [instrument.index for instrument in terms.instruments]
    require(len(set(indices)) == len(indices), "list: a book stands once")
    new = sorted(index for index in indices if index > state.books_listed)
    first = int(state.books_listed) + 1
    require(new == [*range(first, first + len(new))], f"list: new books are numbered from {first} on, without gaps")
    for instrument in terms.instruments:
        _check_instrument(state, instrument)
    _check_legs(state, terms.instruments)
    check_commodities(state, {commodity.index for commodity in terms.commodities}, terms.instruments)
    check_rows(state, (2 * side_rows(one.low_tick, one.high_tick, one.order_entry) for one in terms.instruments))
    _check_routes(state, terms.instruments)
    check_closing_window("list", terms.window_ns)
    for group in terms.groups:
        within("list: group", group, 1, state.groups.shape[0] - 1)
    within("list: day", terms.day, int(bool(terms.groups)), DAY_MAX)


def _check_commodity(state: np.record, terms: CommodityTerms) -> None:
    within("commodity index", terms.index, 1, state.commodities.shape[0] - 1)
    within("group", terms.group, 1, state.groups.shape[0] - 1)
    check_rates(terms)
    row = state.commodities[terms.index]
    same = all(int(row[name]) == getattr(terms, name) for name in row.dtype.names)
    # Margin that accounts hold was computed with these terms, so they must not change.
    require(same or row.psr_mills == 0, f"commodity {terms.index} is defined already, with other terms")


def _check_instrument(state: np.record, terms: InstrumentTerms) -> None:
    name = terms.symbol
    within(f"{name}: index", terms.index, 1, state.books.shape[0] - 1)
    life = Life(int(state.books[terms.index].life))
    require(life not in TAKEN_LIVES, f"{name}: book {terms.index} has an instrument that is {life.name}")
    within(f"{name}: group", terms.group, 1, state.groups.shape[0] - 1)
    within(f"{name}: commodity", terms.commodity, 1, state.commodities.shape[0] - 1)
    within(f"{name}: symbol bytes", len(name.encode()), 1, SYMBOL_BYTES)
    check_window(name, terms.low_tick, terms.settle_tick, terms.high_tick)
    within(f"{name}: min_inc", terms.min_inc, 1, PRICE_MAX)
    within(f"{name}: legs", len(terms.legs), 0, LEGS_MAX)
    within(f"{name}: combo", terms.combo, ComboKind.OUTRIGHT, ComboKind.STRIP)
    require(bool(terms.legs) == (terms.combo != ComboKind.OUTRIGHT), f"{name}: legs and combo do not fit each other")
    if terms.legs:
        within(f"{name}: legs", len(terms.legs), 2, LEGS_MAX if terms.combo == ComboKind.STRIP else 2)
    check_fields(name, terms, BOOK, BOOK_FIELDS)
    check_margin_terms(terms)
    check_allocation_terms(name, terms.matching, terms.sharing)
    check_guard(name, terms.guard)
    legs = [leg for leg, _ in terms.legs]
    require(len(set(legs)) == len(legs), f"{name}: a leg stands once")
    for leg, sign in terms.legs:
        within(f"{name}: leg", leg, 1, state.books.shape[0] - 1)
        require(sign in (1, -1), f"{name}: leg sign {sign} is not 1 or -1")


def _check_legs(state: np.record, instruments: Sequence[InstrumentTerms]) -> None:
    """Raise ControlError unless combinations have outright legs (SPEC-041), implied ones in their own product group.
    Implied trading needs one order of events over all its books."""
    new = {one.index: (one.group, bool(one.legs)) for one in instruments}
    opened: set[int] = set()
    for terms in instruments:
        for leg, _ in terms.legs:
            listed = leg in opened if leg in new else state.books[leg].life == Life.LISTED
            require(listed, f"{terms.symbol}: leg {leg} is not listed before it")
        opened.add(terms.index)
    for terms in instruments:
        require(not terms.implied or len(terms.legs) > 1, f"{terms.symbol}: implied, but no combination")
        for leg, _ in terms.legs:
            book = state.books[leg]
            group, combination = new.get(leg, (int(book.group), book.leg_count > 1))
            same = group == terms.group or not terms.implied
            require(same, f"{terms.symbol}: leg {leg} is in group {group}, not {terms.group}")
            require(not combination, f"{terms.symbol}: leg {leg} is a combination")


def _check_routes(state: np.record, instruments: Iterable[InstrumentTerms]) -> None:
    """Raise ControlError unless the table of implied routes has space: an implied combination takes a row, and one for
    each leg."""
    needed = sum(len(routes) for routes in routes_of(state).values())
    needed += sum(len(terms.legs) + 1 for terms in instruments if terms.implied)
    there = state.implied_routes.shape[0]
    require(needed <= there, f"implied combinations and their legs need {needed} rows, there are {there}")


def list_instruments(state: np.record, terms: ListPayload) -> np.ndarray:
    """Open the books of a checked payload; a new group is CLOSED. Returns an INSTRUMENT_LISTED for each."""
    set_closing_window(state, terms.window_ns)
    for commodity in terms.commodities:
        _set_commodity(state, commodity)
    for instrument in terms.instruments:
        _open_book(state, instrument)
    books = [instrument.index for instrument in terms.instruments]
    legs_first = sorted(books, key=lambda index: bool(state.books[index].leg_count > 1))
    derive_margin_terms(state, legs_first, {one.index: one.months for one in terms.instruments if not one.legs})
    build_routes(state)
    for group in {instrument.group for instrument in terms.instruments}:
        if state.groups[group].state == MarketState.CLOSED:
            choose_lead(state, group)
    note_waiting_months(state)
    for group in terms.groups:
        state.groups[group].catalogue_day = max(terms.day, int(state.groups[group].catalogue_day))
    return instruments_listed(state, books)


def _set_commodity(state: np.record, terms: CommodityTerms) -> None:
    row = state.commodities[terms.index]
    for name in row.dtype.names:
        row[name] = getattr(terms, name)


def _open_book(state: np.record, terms: InstrumentTerms) -> None:
    _clear_book(state, terms.index)
    book = state.books[terms.index]
    for name in BOOK_FIELDS:
        setattr(book, name, getattr(terms, name))
    book.life = Life.LISTED
    book.revision = 1
    book.settle_tick = book.mark_tick = terms.settle_tick
    book.settle_method = SettleMethod.SEED
    book.fee_hours = terms.fee_hours or terms.hours
    book.symbol[:] = np.frombuffer(terms.symbol.encode().ljust(SYMBOL_BYTES, b"\0"), "<u8")
    set_allocation_terms(state, terms.index, terms.sharing)
    if terms.matching == Matching.PRO_RATA:
        book.features = BookFeature.PRO_RATA
    set_guard(state, terms.index, terms.guard)
    book.edge_tick[:] = terms.low_tick, terms.high_tick
    open_window(state, terms.index)
    _set_legs(book, terms.legs or [(terms.index, 1)])
    if terms.implied:
        for index in (terms.index, *(leg for leg, _ in terms.legs)):
            state.books[index].features |= BookFeature.IMPLIED
    _join_group(state, book)
    state.books_listed = max(terms.index, int(state.books_listed))
    if terms.combo:
        state.last_combination = max(terms.instrument_id, int(state.last_combination))


def _clear_book(state: np.record, index: int) -> None:
    """Clear all that is left of the instrument that had this book before."""
    for table in (state.books, state.book_months, state.allocation, state.guards, state.implied):
        table[index] = np.zeros(1, table.dtype)[0]


def _set_legs(book: np.record, legs: Sequence[tuple[int, int]]) -> None:
    book.leg_count = len(legs)
    for place, leg in enumerate(legs):
        book.legs[place] = leg


def _join_group(state: np.record, book: np.record) -> None:
    group = state.groups[book.group]
    if not group.listed:
        group.listed = 1
        group.state = MarketState.CLOSED
    book.market_state = effective_state(group.state, book.own_state)
