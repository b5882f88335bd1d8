"""Settles product groups after their close: prices from the engine's state, and DAY_LIMITS controls that publish them.

Prices follow SETTLE-001 to SETTLE-006 (`contracts_spec.settling`), unless people give others; those of combinations
follow from their legs (SPEC-053). The limits and guard widths of the coming day follow from the settlement (BAND-012,
BAND-013). An instrument that the coming day no longer lists keeps its limits.

The engine keeps the day for which a group was settled last. A group that is settled for a day keeps its prices, however
often it is published for that day (SETTLE-011).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from hashlib import sha256
from typing import NamedTuple

import msgspec
import numpy as np

from contracts_spec.bands import DayPrices, combination_prices, is_unlimited, outright_prices
from contracts_spec.business_days import BusinessDays
from contracts_spec.errors import SpecError
from contracts_spec.ids import Terms, pack_id, unpack_id
from contracts_spec.outrights import BENCHMARK_BP
from contracts_spec.periods import close_ns, day_number
from contracts_spec.schema import Spec
from contracts_spec.settling import BookClose, Settlement, settle_day
from exchange.codes import ComboKind, Family, PeriodKind, SettleMethod
from exchange.engine import query
from exchange.engine.control.checks import ControlError, check_window
from exchange.engine.control.closing_window import NONE_NAMED
from exchange.engine.control.day_limits import BookLimits, DayLimitsPayload
from exchange.engine.control.registry import encode_payload
from exchange.engine.index_values import progress_price
from exchange.engine.query import InstrumentRow
from exchange.errors import UserError
from exchange.units import NS_PER_DAY, price_text

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
    is_month = row.family == Family.IDX and row.period_kind == PeriodKind.MONTH
    return progress_price(states[0], states[0].books[row.index], day) if is_month else None


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
    _need_calendar(spec, day)
    rows, number = query.instruments(states), day_number(day)
    wanted = {row.group for row in rows if row.instrument_id in settled}
    again = {group for group in wanted if settled_day(states, group) == number}
    prices = _day_prices(states, spec, day, rows, settled, again)
    books: dict[int, list[BookLimits]] = {}
    for row in rows:
        if row.group in wanted:
            limits = _limits_of(row, prices[row.index], settled.get(row.instrument_id), increments)
            books.setdefault(row.group, []).append(limits)
    return {
        group: DayLimitsPayload(found, number, by_two, window_ns, inputs.get(group, ""))
        for group, found in books.items()
    }


def encoded(payloads: Mapping[int, DayLimitsPayload]) -> dict[int, bytes]:
    """These controls as the journal has them."""
    return {group: encode_payload(payload) for group, payload in payloads.items()}


def _day_prices(
    states: np.ndarray,
    spec: Spec,
    day: date,
    rows: Sequence[InstrumentRow],
    settled: Mapping[int, Settlement],
    again: Collection[int],
) -> dict[int, DayPrices]:
    """The prices of all instruments for the coming day, by book. `again`: groups that were settled for it before."""
    found = {
        row.index: _outright_prices(spec, day, row, settled.get(row.instrument_id), row.group in again)
        for row in rows
        if not row.combo
    }
    end_ns, hours = close_ns(day, spec.calendar.close_hour_utc), {row.index: row.hours for row in rows}
    for row in rows:
        if row.combo and row.ltd_ns >= end_ns:
            legs = [leg for leg, _ in row.legs]
            of_legs, leg_hours = [found[leg] for leg in legs], [hours[leg] for leg in legs]
            found[row.index] = combination_prices(spec.products, ComboKind(row.combo), of_legs, leg_hours)
    for row in rows:
        if row.ltd_ns < end_ns:
            found[row.index] = _kept_prices(states, row, found.get(row.index))
    return found


def _need_calendar(spec: Spec, day: date) -> None:
    """Raise UserError if the calendar does not reach a day: nothing could be listed on it (CONFIG-007)."""
    try:
        BusinessDays(spec.calendar).need_year(day.year)
    except SpecError as error:
        raise UserError(str(error)) from error


def _outright_prices(
    spec: Spec, day: date, row: InstrumentRow, settled: Settlement | None, is_again: bool
) -> DayPrices:
    """The prices of an outright for the coming day. `is_again`: its group was settled for that day before."""
    tick = row.settle_tick if settled is None else settled.price_tick
    at_limit = tick in (row.low_tick, row.high_tick)
    if is_again:  # its group has the limits of the coming day already
        at_limit = tick == row.settle_tick and _has_wider_limits(spec, day, row)
    return outright_prices(spec.products, tick, at_limit, _is_unlimited(spec, day, row))


def at_wider_limits(rows: Iterable[InstrumentRow], spec: Spec, day: date) -> frozenset[int]:
    """Ids of the outrights that were settled at a limit of the day: they have the wider limits of the coming one.

    rows  of groups that are settled for it
    """
    return frozenset(row.instrument_id for row in rows if not row.combo and _has_wider_limits(spec, day, row))


def _has_wider_limits(spec: Spec, day: date, row: InstrumentRow) -> bool:
    wider = outright_prices(spec.products, row.settle_tick, True, _is_unlimited(spec, day, row))
    return (wider.low_tick, wider.high_tick) == (row.low_tick, row.high_tick)


def _is_unlimited(spec: Spec, day: date, row: InstrumentRow) -> bool:
    return is_unlimited(spec.products.bands, row.family, row.period_kind, row.ltd_ns // NS_PER_DAY - day_number(day))


def _kept_prices(states: np.ndarray, row: InstrumentRow, settled: DayPrices | None) -> DayPrices:
    """The prices of a book that the coming day no longer lists. `settled`: of an outright; a combination keeps its
    settlement."""
    guard = states["guards"][0][row.index]
    velocity, breaker = (int(width) for width in guard["windows"]["width_ticks"])
    tick = row.settle_tick if settled is None else settled.settle_tick
    return DayPrices(tick, row.low_tick, row.high_tick, 0, velocity, breaker)


def _limits_of(
    row: InstrumentRow, prices: DayPrices, settled: Settlement | None, increments: Mapping[str, int]
) -> BookLimits:
    """The coming limits of a book as its control has them. UserError: it cannot have them."""
    try:
        check_window(row.symbol, prices.low_tick, prices.settle_tick, prices.high_tick)
    except ControlError as error:
        raise UserError(f"{error} (settlement {price_text(prices.settle_tick)})") from None
    method, flagged = (SettleMethod.NONE, False) if settled is None else (settled.method, settled.flagged)
    return BookLimits(
        row.index, prices.settle_tick, prices.low_tick, prices.high_tick, prices.velocity_ticks,
        prices.breaker_ticks, prices.breaker_ticks, _increment_of(row, prices, increments), method, flagged,
    )  # fmt: skip


def _increment_of(row: InstrumentRow, prices: DayPrices, increments: Mapping[str, int]) -> int | msgspec.UnsetType:
    increment = increments.get(row.symbol)
    if increment is None:
        return msgspec.UNSET
    if prices.high_tick // increment * increment < prices.low_tick:
        window = f"{prices.low_tick}..{prices.high_tick}"
        raise UserError(f"{row.symbol}: increment {increment} leaves no price within the coming limits {window}")
    return increment
