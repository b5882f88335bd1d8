"""Settles product groups after their close: prices from the engine's state, and DAY_LIMITS controls that publish them.

Prices follow SETTLE-001 to SETTLE-006 (`contracts_spec.settling`), unless people give others; those of combinations
follow from their legs (SPEC-053). The limits and guard widths of the coming day follow from the settlement (BAND-012,
BAND-013). An instrument that the coming day no longer lists keeps its limits.

The engine keeps the day for which a group was settled last. A group that is settled for a day keeps its prices, however
often it is published for that day (SETTLE-011).
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from hashlib import sha256
from typing import NamedTuple

import msgspec
import numpy as np

from contracts_spec.errors import SpecError
from contracts_spec.ids import Terms, pack_id, unpack_id
from contracts_spec.instruments import Instrument, Known, instruments_on
from contracts_spec.outrights import BENCHMARK_BP
from contracts_spec.periods import day_number
from contracts_spec.schema import Spec
from contracts_spec.settling import BookClose, Settlement, settle_day
from exchange.codes import Family, SettleMethod
from exchange.engine import query
from exchange.engine.control.checks import ControlError, check_window
from exchange.engine.control.closing_window import NONE_NAMED
from exchange.engine.control.day_limits import BookLimits, DayLimitsPayload
from exchange.engine.control.registry import encode_payload
from exchange.engine.index_values import progress_price
from exchange.engine.query import InstrumentRow
from exchange.errors import UserError
from exchange.units import price_text

NONE_GIVEN: Mapping[str, int] = {}
NO_INPUTS: Mapping[int, str] = {}


def settled_day(states: np.ndarray, group: int) -> int:
    """`day_number` of the day that a group was settled for last; 0: never."""
    return int(states["groups"]["settled_day"][0, group])


class SettledGroups(NamedTuple):
    """Settlements of product groups.

    prices  by instrument id
    inputs  SHA-256 of what those of a group are computed from, hexadecimal by group; a group that was settled for the
            day before has none
    """

    prices: dict[int, Settlement]
    inputs: dict[int, str]


def settle_groups(
    states: np.ndarray, day: date, groups: Iterable[int], prices: Mapping[str, int] = NONE_GIVEN
) -> SettledGroups:
    """The settlement of every outright of these product groups.

    day      trading day whose limits follow from them; a group that is settled for it already keeps its prices
    prices   prices that people give, ticks by symbol; other books follow from these
    """
    wanted, number, settled = set(groups), day_number(day), {}
    closes: dict[Terms, BookClose] = {}
    again = {group for group in wanted if settled_day(states, group) == number}
    outrights = [row for row in query.instruments(states) if not row.combo and row.group in wanted]
    for row, closing in zip(outrights, query.closings(states, [row.index for row in outrights]), strict=True):
        if row.group in again:
            settled[row.instrument_id] = _published(states, row)
        else:
            progress_tick = _progress_tick(states, row, number - 1)
            closes[unpack_id(row.instrument_id)] = BookClose(
                row.settle_tick, row.low_tick, row.high_tick, *closing, prices.get(row.symbol), progress_tick
            )
    found = settle_day(closes, BENCHMARK_BP)
    settled |= {pack_id(terms): settlement for terms, settlement in found.items()}
    unsettled = {terms.chip_code for terms in closes}  # a product group is one chip
    return SettledGroups(settled, {group: _digest(closes, group, number - 1) for group in unsettled})


def _digest(closes: Mapping[Terms, BookClose], group: int, day: int) -> str:
    """SHA-256 of what a group's settlement is computed from: JSON of the day, and of each BookClose by instrument id.

    Prices of a group depend on each other, so all its inputs are in one digest (SETTLE-011). `day`: days since 1970.
    """
    inputs = sorted((pack_id(terms), *close) for terms, close in closes.items() if terms.chip_code == group)
    return sha256(msgspec.json.encode([day, inputs])).hexdigest()


def _published(states: np.ndarray, row: InstrumentRow) -> Settlement:
    book = states["books"][0][row.index]
    return Settlement(row.settle_tick, SettleMethod(int(book["settle_method"])), bool(book["settle_flagged"]))


def _progress_tick(states: np.ndarray, row: InstrumentRow, day: int) -> int | None:
    """Price of an index month in progress; None: it is none. `day`: the day that ends, days since 1970."""
    return progress_price(states[0], states[0].books[row.index], day) if row.family == Family.IDX else None


def day_limits(
    states: np.ndarray,
    spec: Spec,
    day: date,
    settled: Mapping[int, Settlement],
    increments: Mapping[str, int] = NONE_GIVEN,
    by_two: bool = False,
    window_ns: tuple[int, int] = NONE_NAMED,
    inputs: Mapping[int, str] = NO_INPUTS,
) -> dict[int, DayLimitsPayload]:
    """DAY_LIMITS of each product group that has settlements.

    states      the engine's STATE, read only: what is listed, and the last settlements
    day         trading day that the limits are for
    settled     settlement by instrument id: of all outrights of a group, or of none of them
    increments  new price increment by symbol, ticks; others keep theirs (SPEC-002)
    by_two      two people ask (SEC-061)
    window_ns   closing window of the coming day, if it has one
    inputs      of `SettledGroups`
    raises      UserError: a price or an increment leaves no valid day
    """
    rows, number = query.instruments(states), day_number(day)
    ticks = {row.instrument_id: row.settle_tick for row in rows if not row.combo}
    ticks |= {instrument_id: settlement.price_tick for instrument_id, settlement in settled.items()}
    wanted = {row.group for row in rows if row.instrument_id in settled}
    again = {group for group in wanted if settled_day(states, group) == number}
    coming = _coming(rows, spec, day, ticks, _at_limit(rows, spec, day, ticks, again))
    books: dict[int, list[BookLimits]] = {}
    for row in rows:
        if row.group in wanted:
            limits = _limits_of(states, row, coming.get(row.instrument_id), ticks.get(row.instrument_id))
            settlement = settled.get(row.instrument_id)
            if settlement is not None:
                limits = msgspec.structs.replace(limits, method=settlement.method, flagged=settlement.flagged)
            _check_limits(row, limits)
            limits = msgspec.structs.replace(limits, min_inc=_increment_of(row, limits, increments))
            books.setdefault(row.group, []).append(limits)
    return {
        group: DayLimitsPayload(found, number, by_two, window_ns, inputs.get(group, ""))
        for group, found in books.items()
    }


def encoded(payloads: Mapping[int, DayLimitsPayload]) -> dict[int, bytes]:
    """These controls as the journal has them."""
    return {group: encode_payload(payload) for group, payload in payloads.items()}


def _check_limits(row: InstrumentRow, limits: BookLimits) -> None:
    """Raise UserError if the venue has no price levels for such limits."""
    try:
        check_window(row.symbol, limits.low_tick, limits.settle_tick, limits.high_tick)
    except ControlError as error:
        raise UserError(f"{error} (settlement {price_text(limits.settle_tick)})") from None


def _increment_of(row: InstrumentRow, limits: BookLimits, increments: Mapping[str, int]) -> int | msgspec.UnsetType:
    increment = increments.get(row.symbol)
    if increment is None:
        return msgspec.UNSET
    if limits.high_tick // increment * increment < limits.low_tick:
        window = f"{limits.low_tick}..{limits.high_tick}"
        raise UserError(f"{row.symbol}: increment {increment} leaves no price within the coming limits {window}")
    return increment


def _at_limit(
    rows: list[InstrumentRow], spec: Spec, day: date, ticks: dict[int, int], again: Collection[int]
) -> frozenset[int]:
    """Ids of the outrights that settle at a limit of the day, whose next limits are wider.

    If the group was settled before, a book already has the limits of the coming day. It settled at its limit if its
    limits are the wider ones.
    """
    outrights = [row for row in rows if not row.combo]
    first = [row for row in outrights if row.group not in again]
    found = {row.instrument_id for row in first if ticks[row.instrument_id] in (row.low_tick, row.high_tick)}
    twice = [row for row in outrights if row.group in again and ticks[row.instrument_id] == row.settle_tick]
    if twice:
        found |= at_wider_limits(rows, spec, day) & {row.instrument_id for row in twice}
    return frozenset(found)


def at_wider_limits(rows: list[InstrumentRow], spec: Spec, day: date) -> frozenset[int]:
    """Ids of the outrights that were settled at a limit of the day: they have the wider limits of the coming one.

    rows  of groups that are settled for it
    """
    ticks = {row.instrument_id: row.settle_tick for row in rows if not row.combo}
    wider = _coming(rows, spec, day, ticks, frozenset(ticks))
    return frozenset(
        row.instrument_id
        for row in rows
        if row.instrument_id in ticks
        and (one := wider.get(row.instrument_id))
        and (one.low_tick, one.high_tick) == (row.low_tick, row.high_tick)
    )


def _coming(
    rows: list[InstrumentRow], spec: Spec, day: date, ticks: dict[int, int], at_limit: frozenset[int]
) -> dict[int, Instrument]:
    """The instruments of the day by id, with limits that follow from these settlements. UserError: no valid day."""
    known = Known(ticks, at_limit, {row.symbol: row.instrument_id for row in rows if row.combo})
    try:
        return {instrument.id: instrument for instrument in instruments_on(spec, day, known)}
    except SpecError as error:
        raise UserError(str(error)) from error


def _limits_of(
    states: np.ndarray, row: InstrumentRow, coming: Instrument | None, settle_tick: int | None
) -> BookLimits:
    """The coming limits of a book. `settle_tick`: of an outright; None: a combination keeps its settlement, if the
    coming day does not list it."""
    if coming is not None:
        return BookLimits(
            row.index, coming.settle_tick, coming.low_tick, coming.high_tick, coming.velocity_ticks,
            coming.breaker_ticks, coming.breaker_ticks,
        )  # fmt: skip
    guard = states["guards"][0][row.index]
    velocity, breaker = (int(width) for width in guard["windows"]["width_ticks"])
    tick = row.settle_tick if settle_tick is None else settle_tick
    return BookLimits(row.index, tick, row.low_tick, row.high_tick, velocity, breaker, int(guard["collar_ticks"]))
