"""Settlements that people give: who may ask for them, and the DAY_LIMITS controls that publish them.

An outright settles at the given price, else at the price that the venue finds itself (`venue.daily.settlement`). One
person may settle a group once a day, within the day's limits; two people may go outside them (SEC-061). A published
price never changes, even if two people ask (SETTLE-011).
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import date

import numpy as np

from contracts_spec.periods import day_number
from contracts_spec.schema import Spec
from exchange.engine import query
from exchange.engine.control.closing_window import NONE_NAMED
from exchange.engine.control.day_limits import DayLimitsPayload
from exchange.engine.query import InstrumentRow
from exchange.errors import UserError
from exchange.operator.acts import NeedsTwo
from exchange.units import PRICE_MAX, price_text
from exchange.venue.daily.settlement import NONE_GIVEN, day_limits, encoded, settle_groups, settled_day


def given_limits(
    states: np.ndarray,
    spec: Spec,
    day: date,
    prices: Mapping[str, int],
    groups: Iterable[int],
    increments: Mapping[str, int] = NONE_GIVEN,
    by_two: bool = False,
    window_ns: tuple[int, int] = NONE_NAMED,
) -> dict[int, bytes]:
    """Payloads of DAY_LIMITS controls, by product group.

    prices      settlement by symbol, ticks, of outrights only
    groups      product groups to settle; prices and increments must be of these
    by_two      two people ask: a price may be outside the day's limits (SEC-061)
    raises      NeedsTwo: two people must ask for it
                UserError: an instrument, a price or an increment is not allowed

    The others are as those of `venue.daily.settlement.day_limits`.
    """
    rows = query.instruments(states)
    wanted, number = set(groups), day_number(day)
    published = {group for group in wanted if settled_day(states, group) == number}
    by_symbol = {row.symbol: row for row in rows}
    for symbol in (*prices, *increments):
        _check_settled(by_symbol, symbol, wanted, prices)
    _check_prices(by_symbol, prices, published)
    if not by_two:
        _check_alone(by_symbol, prices)
    _check_increments(increments)
    settled, inputs = settle_groups(states, day, wanted, prices)
    payloads = day_limits(states, spec, day, settled, increments, by_two, window_ns, inputs)
    if not by_two:
        for group in published:
            _check_unmoved(rows, payloads[group], day)
    return encoded(payloads)


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


def _check_prices(
    by_symbol: Mapping[str, InstrumentRow], prices: Mapping[str, int], published: Collection[int]
) -> None:
    """Raise UserError for a price that no settlement may have, or that differs from a published one (SETTLE-011)."""
    for symbol, price in prices.items():
        row = by_symbol[symbol]
        if not 1 <= price <= PRICE_MAX:
            allowed = f"{price_text(1)}..{price_text(PRICE_MAX)}"
            raise UserError(f"{symbol}: settlement {price_text(price)} is not in {allowed} dollars")
        if row.group in published and price != row.settle_tick:
            text = f"{symbol}: settlement {price_text(row.settle_tick)} is published and never changes (SETTLE-011)"
            raise UserError(f"{text}; {price_text(price)} differs")


def _check_alone(by_symbol: Mapping[str, InstrumentRow], prices: Mapping[str, int]) -> None:
    """Raise NeedsTwo for a price that is outside the day's limits."""
    for symbol, price in prices.items():
        row = by_symbol[symbol]
        if not row.low_tick <= price <= row.high_tick:
            limits = f"{row.low_tick}..{row.high_tick}"
            raise NeedsTwo(f"{symbol}: settlement {price} is outside the day's limits {limits}")


def _check_unmoved(rows: list[InstrumentRow], payload: DayLimitsPayload, day: date) -> None:
    """Raise NeedsTwo if a repeated settlement would move a book's limits."""
    by_index = {row.index: row for row in rows}
    for limits in payload.books:
        row = by_index[limits.index]
        present, coming = f"{row.low_tick}..{row.high_tick}", f"{limits.low_tick}..{limits.high_tick}"
        if present != coming or limits.settle_tick != row.settle_tick:
            raise NeedsTwo(f"{row.symbol}: its limits of {day} are published already, {present}; {coming} differ")


def _check_increments(increments: Mapping[str, int]) -> None:
    for symbol, increment in increments.items():
        if not 1 <= increment <= PRICE_MAX:
            raise UserError(f"{symbol}: increment {increment} is not in 1..{PRICE_MAX} ticks (SPEC-002)")
