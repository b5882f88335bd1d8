"""Makes DAY_LIMITS controls, one for each product group, from the settlement prices that a person gives.

An outright settles at the given price, else at its last settlement; combinations follow from their legs (SPEC-053).
The limits and guard widths of the coming day follow from the settlement (BAND-012, BAND-013). An instrument that the
coming day no longer lists keeps its limits. Increments change only if they are given (SPEC-002).

One person may settle a group once a day. Publishing again for the same day must not move any limit, or two people
must ask (SEC-061). The engine's state has the day for which a group was settled last, so a restart does not lose it.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import date

import msgspec
import numpy as np

from contracts_spec.errors import SpecError
from contracts_spec.instruments import Instrument, Known, instruments_on
from contracts_spec.schema import Spec
from exchange.engine import query
from exchange.engine.control.checks import ControlError, check_window
from exchange.engine.control.day_limits import BookLimits, DayLimitsPayload
from exchange.engine.control.registry import encode_payload
from exchange.engine.query import InstrumentRow
from exchange.errors import UserError
from exchange.operator.acts import NeedsTwo
from exchange.units import PRICE_MAX, price_text

EPOCH = date(1970, 1, 1)
NONE_GIVEN: Mapping[str, int] = {}


def day_limits(
    states: np.ndarray,
    spec: Spec,
    day: date,
    prices: Mapping[str, int],
    groups: Iterable[int],
    increments: Mapping[str, int] = NONE_GIVEN,
    by_two: bool = False,
) -> dict[int, bytes]:
    """Payloads of DAY_LIMITS controls, by product group.

    states      the engine's STATE, read only: what is listed, and the last settlements
    day         trading day that the limits are for
    prices      settlement by symbol, ticks, of outrights only; others keep theirs
    groups      product groups to settle; prices and increments must be of these
    increments  new price increment by symbol, ticks; others keep theirs
    by_two      two people ask: a price may be outside the day's limits, or differ from the published one (SEC-061)
    raises      NeedsTwo: two people must ask for it
                UserError: an instrument, a price or an increment is not allowed
    """
    rows = query.instruments(states)
    wanted, number = set(groups), day_number(day)
    published = {group for group in wanted if settled_day(states, group) == number}
    by_symbol = {row.symbol: row for row in rows}
    for symbol in (*prices, *increments):
        _check_settled(by_symbol, symbol, wanted, prices)
    if not by_two:
        _check_alone(by_symbol, prices, published)
    _check_prices(prices)
    _check_increments(increments)
    settled = {row.instrument_id: prices.get(row.symbol, row.settle_tick) for row in rows if not row.combo}
    coming = _coming(rows, spec, day, settled, _at_limit(rows, spec, day, settled, published))
    books: dict[int, list[BookLimits]] = {}
    for row in rows:
        if row.group in wanted:
            limits = _limits_of(
                states, row, coming.get(row.instrument_id), settled.get(row.instrument_id, row.settle_tick)
            )
            _check_limits(row, limits, prices)
            limits = msgspec.structs.replace(limits, min_inc=_increment_of(row, limits, increments))
            if not by_two and row.group in published:
                _check_unmoved(row, limits, day)
            books.setdefault(row.group, []).append(limits)
    return {group: encode_payload(DayLimitsPayload(found, number, by_two)) for group, found in books.items()}


def day_number(day: date) -> int:
    """Days since 1970-01-01, as the journal has a day."""
    return (day - EPOCH).days


def settled_day(states: np.ndarray, group: int) -> int:
    """`day_number` of the day that a group was settled for last; 0: never."""
    return int(states["groups"]["settled_day"][0, group])


def _check_settled(
    by_symbol: Mapping[str, InstrumentRow], symbol: str, wanted: set[int], prices: Mapping[str, int]
) -> None:
    row = by_symbol.get(symbol)
    if row is None:
        raise UserError(f"no instrument {symbol} is listed")
    if row.group not in wanted:
        raise UserError(f"{symbol}: its group is not being settled")
    if row.combo and symbol in prices:
        raise UserError(f"{symbol} is a combination: its settlement follows from its legs")


def _check_alone(by_symbol: Mapping[str, InstrumentRow], prices: Mapping[str, int], published: Collection[int]) -> None:
    """Raise NeedsTwo for a price that is outside the day's limits, or differs from one already published."""
    for symbol, price in prices.items():
        row = by_symbol[symbol]
        if not row.low_tick <= price <= row.high_tick:
            limits = f"{row.low_tick}..{row.high_tick}"
            raise NeedsTwo(f"{symbol}: settlement {price} is outside the day's limits {limits}")
        if row.group in published and price != row.settle_tick:
            raise NeedsTwo(f"{symbol}: settlement {row.settle_tick} is published already, {price} differs")


def _check_prices(prices: Mapping[str, int]) -> None:
    for symbol, price in prices.items():
        if not 1 <= price <= PRICE_MAX:
            allowed = f"{price_text(1)}..{price_text(PRICE_MAX)}"
            raise UserError(f"{symbol}: settlement {price_text(price)} is not in {allowed} dollars")


def _check_unmoved(row: InstrumentRow, limits: BookLimits, day: date) -> None:
    """Raise NeedsTwo if a repeated settlement would move a book's limits."""
    present, coming = f"{row.low_tick}..{row.high_tick}", f"{limits.low_tick}..{limits.high_tick}"
    if present != coming or limits.settle_tick != row.settle_tick:
        raise NeedsTwo(f"{row.symbol}: its limits of {day} are published already, {present}; {coming} differ")


def _check_limits(row: InstrumentRow, limits: BookLimits, prices: Mapping[str, int]) -> None:
    """Raise UserError if the venue has no price levels for such limits."""
    try:
        check_window(row.symbol, limits.low_tick, limits.settle_tick, limits.high_tick)
    except ControlError as error:
        given = f" (settlement {price_text(prices[row.symbol])})" if row.symbol in prices else ""
        raise UserError(f"{error}{given}") from None


def _check_increments(increments: Mapping[str, int]) -> None:
    for symbol, increment in increments.items():
        if not 1 <= increment <= PRICE_MAX:
            raise UserError(f"{symbol}: increment {increment} is not in 1..{PRICE_MAX} ticks (SPEC-002)")


def _increment_of(row: InstrumentRow, limits: BookLimits, increments: Mapping[str, int]) -> int | msgspec.UnsetType:
    increment = increments.get(row.symbol)
    if increment is None:
        return msgspec.UNSET
    if limits.high_tick // increment * increment < limits.low_tick:
        window = f"{limits.low_tick}..{limits.high_tick}"
        raise UserError(f"{row.symbol}: increment {increment} leaves no price within the coming limits {window}")
    return increment


def _at_limit(
    rows: list[InstrumentRow], spec: Spec, day: date, settled: dict[int, int], published: Collection[int]
) -> frozenset[int]:
    """Ids of the outrights that settle at a limit of the day, whose next limits are wider.

    If the group was settled before, a book already has the limits of the coming day. It settled at its limit if its
    limits are the wider ones.
    """
    outrights = [row for row in rows if not row.combo]
    found = {row.instrument_id for row in outrights if settled[row.instrument_id] in (row.low_tick, row.high_tick)}
    again = [row for row in outrights if row.group in published and settled[row.instrument_id] == row.settle_tick]
    if again:
        wider = _coming(rows, spec, day, settled, frozenset(row.instrument_id for row in again))
        for row in again:
            if (one := wider.get(row.instrument_id)) and (one.low_tick, one.high_tick) == (row.low_tick, row.high_tick):
                found.add(row.instrument_id)
    return frozenset(found)


def _coming(
    rows: list[InstrumentRow], spec: Spec, day: date, settled: dict[int, int], at_limit: frozenset[int]
) -> dict[int, Instrument]:
    """The instruments of the day by id, with limits that follow from these settlements. UserError: no valid day."""
    known = Known(settled, at_limit, {row.symbol: row.instrument_id for row in rows if row.combo})
    try:
        return {instrument.id: instrument for instrument in instruments_on(spec, day, known)}
    except SpecError as error:
        raise UserError(str(error)) from error


def _limits_of(states: np.ndarray, row: InstrumentRow, coming: Instrument | None, settle_tick: int) -> BookLimits:
    if coming is not None:
        return BookLimits(
            row.index, coming.settle_tick, coming.low_tick, coming.high_tick, coming.velocity_ticks,
            coming.breaker_ticks, coming.breaker_ticks,
        )  # fmt: skip
    guard = states["guards"][0][row.index]
    velocity, breaker = (int(width) for width in guard["windows"]["width_ticks"])
    return BookLimits(
        row.index, settle_tick, row.low_tick, row.high_tick, velocity, breaker, int(guard["collar_ticks"])
    )
