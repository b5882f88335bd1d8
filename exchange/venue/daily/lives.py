"""How the instruments of a product group go on after a settlement: some end, and new ones are listed (SPEC-051).

Pure functions of the engine's state and the calendar. They name the controls that are due; the venue submits these one
stage after the other, and asks again.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from hashlib import sha256
from itertools import groupby
from typing import NamedTuple

import msgspec
import numpy as np

from contracts_spec.business_days import BusinessDays
from contracts_spec.errors import SpecError
from contracts_spec.ids import Terms, pack_id, unpack_id
from contracts_spec.instruments import Instrument, Known, instruments_on
from contracts_spec.listing import calendar_periods
from contracts_spec.periods import TERMS, Period, children, close_ns, day_number, day_of
from contracts_spec.schema import Spec
from contracts_spec.symbols import OutrightName, symbol_text
from exchange.clearing_codes import TAKEN_LIVES, Life
from exchange.codes import ComboKind, CommandKind, Family, PeriodKind
from exchange.engine import query
from exchange.engine.control.catalogue import CommodityKey, Present, listing_payloads
from exchange.engine.control.endings.cascade import CascadePayload
from exchange.engine.control.endings.expire import BookEnd, ExpirePayload
from exchange.engine.control.registry import encode_payload
from exchange.engine.index_values import final_index_price, known_ticks
from exchange.engine.query import InstrumentRow
from exchange.errors import UserError
from exchange.units import NS_PER_DAY
from exchange.venue.daily.settlement import at_wider_limits

# Parents that are due on one day: longest first, so that a child that is due as well becomes months at once.
CASCADE_ORDER = (PeriodKind.TERM5, PeriodKind.TERM3, PeriodKind.YEAR, PeriodKind.QUARTER)


class DueControl(NamedTuple):
    """A control that is due."""

    kind: CommandKind
    payload: bytes


def due_controls(states: np.ndarray, spec: Spec, day: date, group: int) -> list[DueControl]:
    """The next controls of a settled group that is CLOSED, all of which can be submitted together; none: it is ready.

    states  the engine's STATE, read only
    day     trading day that comes
    raises  UserError: a holiday list or a parent's child is missing, or the venue has no free book
    """
    ended_books = _ended_outrights(states, group, close_ns(day, spec.calendar.close_hour_utc))
    if len(ended_books):
        return _due_of_ended(states, spec, query.instruments_of(states, ended_books), group)
    listed_day = int(states["groups"]["catalogue_day"][0, group])
    if 0 < listed_day < day_number(day) and _calendar(spec, day_of(listed_day)) != _calendar(spec, day):
        listed = {row.instrument_id for row in query.instruments(states)}
        new = [one for one in _day(states, spec, day, group) if one.id not in listed]
        return _listings(states, spec, day, new, [group])
    return []


def _ended_outrights(states: np.ndarray, group: int, end_ns: int) -> np.ndarray:
    """The listed outrights of a group whose last trading day is over at a close: int64, ascending."""
    books = states["books"][0]
    own = (books["group"] == group) & (books["life"] == Life.LISTED) & (books["combo"] == ComboKind.OUTRIGHT)
    return np.flatnonzero(own & (books["ltd_ns"] < end_ns))


def _calendar(spec: Spec, day: date) -> list[tuple[Period, ...]]:
    """The periods that each product lists on a day (SPEC-050)."""
    days = BusinessDays(spec.calendar)
    try:
        return [calendar_periods(product, day, days) for product in spec.products.product if product.enabled]
    except SpecError as error:
        raise UserError(str(error)) from error


def _ltd(row: InstrumentRow) -> date:
    return day_of(row.ltd_ns // NS_PER_DAY)


# --- ends


def _due_of_ended(states: np.ndarray, spec: Spec, ended: Sequence[InstrumentRow], group: int) -> list[DueControl]:
    """LIST of the children that are missing on a last trading day; once none is, all that ends (SPEC-051)."""
    by_id = {row.instrument_id: row for row in query.instruments(states)}
    ends: list[DueControl] = []
    for ltd, rows in groupby(sorted(ended, key=_ltd), _ltd):
        of_day = sorted(rows, key=lambda row: row.instrument_id)
        missing = {child for row in of_day for child in _child_ids(row)} - by_id.keys()
        if missing:
            return _listings(states, spec, ltd, _children(states, spec, ltd, group, missing))
        ends += _ends(of_day, by_id, spec, ltd)
    return ends


def _children(states: np.ndarray, spec: Spec, ltd: date, group: int, missing: set[int]) -> list[Instrument]:
    """Instruments of a last trading day, by id. UserError: that day does not list one of them."""
    new = [one for one in _day(states, spec, ltd, group) if one.id in missing]
    unknown = sorted(missing - {one.id for one in new})
    if unknown:
        names = ", ".join(_symbol(spec, child) for child in unknown)
        raise UserError(f"{names} must take the positions of what ended on {ltd}, and are not listed on that day")
    return new


def _ends(rows: Sequence[InstrumentRow], by_id: dict[int, InstrumentRow], spec: Spec, ltd: date) -> list[DueControl]:
    """Controls that end the instruments of one last trading day: months expire, then parents become their children
    (CASCADE-003)."""
    found: list[DueControl] = []
    months = [row for row in rows if row.period_kind == PeriodKind.MONTH]
    if months:
        found.append(DueControl(CommandKind.EXPIRE, _expiry(months, spec, ltd)))
    for kind in CASCADE_ORDER:
        for row in [row for row in rows if row.period_kind == kind]:
            books = [by_id[child].index for child in _child_ids(row)]
            payload = encode_payload(CascadePayload(row.index, books, day_number(ltd)))
            found.append(DueControl(CommandKind.CASCADE, payload))
    return found


def _expiry(months: Iterable[InstrumentRow], spec: Spec, ltd: date) -> bytes:
    """EXPIRE of months: those of an index wait for their final settlement, others are settled (SETTLE-009, 010)."""
    ends = [BookEnd(row.index, Life.EXPIRED if row.family == Family.IDX else Life.SETTLED) for row in months]
    fee_mills = spec.products.fees.cash_settlement_mills
    return encode_payload(ExpirePayload(ends, fee_mills, day_number(ltd)))


def final_settlement(states: np.ndarray, spec: Spec, day: int) -> DueControl | None:
    """EXPIRE of the index months whose days all have a value, at their final prices (SETTLE-009); None: there is none.

    day  trading day, days since 1970
    """
    state = states[0]
    waiting = np.flatnonzero(state.books["life"] == Life.EXPIRED).tolist()
    final = [(index, final_index_price(state, state.books[index])) for index in waiting]
    known = [(index, tick) for index, tick in final if tick is not None]
    ends = [BookEnd(index, Life.SETTLED, tick, _final_inputs(state, index)) for index, tick in known]
    payload = ExpirePayload(ends, spec.products.fees.cash_settlement_mills, day)
    return DueControl(CommandKind.EXPIRE, encode_payload(payload)) if ends else None


def _final_inputs(state: np.record, index: int) -> str:
    """SHA-256 of what a final settlement is computed from: JSON of the instrument's id and the value of each day, ticks
    (SETTLE-011)."""
    book = state.books[index]
    return sha256(msgspec.json.encode([int(book.instrument_id), known_ticks(state, book)])).hexdigest()


def _child_ids(row: InstrumentRow) -> list[int]:
    """Ids of the children of a parent; of a month none. Children of a term are years of physical delivery."""
    terms = unpack_id(row.instrument_id)
    family = Family.PHY if terms.period.kind in TERMS else terms.family
    return [pack_id(Terms(terms.chip_code, family, terms.floor_bp, child)) for child in children(terms.period)]


def _symbol(spec: Spec, instrument_id: int) -> str:
    terms = unpack_id(instrument_id)
    (chip,) = [chip.name for chip in spec.chips if chip.code == terms.chip_code]
    return symbol_text(OutrightName(chip, terms.family, terms.floor_bp, terms.period))


# --- listing


def _day(states: np.ndarray, spec: Spec, day: date, group: int) -> list[Instrument]:
    """The instruments of a product group on a day, with prices and limits that follow from the present settlements
    (SPEC-052, BAND-013)."""
    rows = query.known_instruments(states)
    ticks = {row.instrument_id: row.settle_tick for row in rows if not row.combo}
    ids = {row.symbol: row.instrument_id for row in rows if row.combo and row.life == Life.LISTED}
    chips = [chip.name for chip in spec.listed_chips if chip.code == group]
    of_group = spec.with_chips(chips)
    try:
        wider = at_wider_limits([row for row in rows if row.life == Life.LISTED and row.group == group], of_group, day)
        known = Known(ticks, wider, ids, int(states["last_combination"][0]))
        return instruments_on(of_group, day, known)
    except SpecError as error:
        raise UserError(str(error)) from error


def _listings(
    states: np.ndarray, spec: Spec, day: date, new: Sequence[Instrument], groups: Sequence[int] = ()
) -> list[DueControl]:
    """LIST of new instruments. `groups`: whose catalogue of the day is whole then."""
    payloads = listing_payloads(new, spec, day, groups=groups, present=_present(states))
    return [DueControl(CommandKind.LIST, payload) for payload in payloads]


def _present(states: np.ndarray) -> Present:
    """What the venue has. A book that none has had is used before one whose instrument has ended, and of these the one
    that ended first: what was said about it is then the oldest."""
    rows = query.known_instruments(states)
    books = {row.instrument_id: row.index for row in rows if row.life == Life.LISTED}
    commodities: dict[CommodityKey, int] = {
        (row.group, row.family == Family.IDX): int(states["books"]["commodity"][0, row.index]) for row in rows
    }
    unused = range(len(rows) + 1, states["books"].shape[1])
    ended = sorted((row for row in rows if row.life not in TAKEN_LIVES), key=lambda row: (row.ltd_ns, row.index))
    return Present(books, commodities, [*unused, *(row.index for row in ended)])
