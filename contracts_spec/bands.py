"""Widths of price limits and bands (BAND-011 to BAND-013); the engine applies them."""

from collections.abc import Sequence
from typing import NamedTuple

from contracts_spec.formulas.rounding import weighted_price
from contracts_spec.schema import Bands, ProductsFile
from exchange.codes import ComboKind, Family, PeriodKind
from exchange.units import share_floor


class PriceRange(NamedTuple):
    """Lowest and highest allowed price in ticks, both inclusive."""

    low_tick: int
    high_tick: int


def daily_width(bands: Bands, settle_tick: int, at_limit: bool = False) -> int:
    """Daily limit of an outright in ticks on each side; doubled if the last settlement was at the limit (BAND-013)."""
    return max(1, share_floor(settle_tick, bands.daily_limit_bp)) * (2 if at_limit else 1)


def combination_width(combo: ComboKind, leg_widths: Sequence[int]) -> int:
    """Daily limit of a combination in ticks on each side (BAND-013).

    A spread gets the sum of the widths of its legs. A strip gets the smallest width less 1, so that no leg leaves its
    own limits.
    """
    return min(leg_widths) - 1 if combo is ComboKind.STRIP else sum(leg_widths)


def daily_range(combo: ComboKind, settle_tick: int, width: int, price_ticks_max: int) -> PriceRange:
    """Lowest and highest price of a day, within the price range of the venue (SPEC-004, BAND-013)."""
    whole = whole_range(combo, price_ticks_max)
    return PriceRange(max(whole.low_tick, settle_tick - width), min(whole.high_tick, settle_tick + width))


def whole_range(combo: ComboKind, price_ticks_max: int) -> PriceRange:
    """The price range of the venue. Only spreads may have prices of zero or below (SPEC-004)."""
    negative = combo in (ComboKind.CALENDAR, ComboKind.TIER)
    return PriceRange(-price_ticks_max if negative else 1, price_ticks_max)


def reject_range(bands: Bands, reference_tick: int) -> PriceRange:
    """Highest price of a buy and lowest of a sell around the reference price (BAND-011)."""
    return PriceRange(reference_tick - bands.reject_ticks, reference_tick + bands.reject_ticks)


def breaker_width(bands: Bands, settle_tick: int) -> int:
    """Price move in ticks, within the breaker's window, at which the book is reserved (BAND-012)."""
    return max(1, share_floor(settle_tick, bands.breaker_bp))


def velocity_width(bands: Bands, settle_tick: int) -> int:
    """Price move in ticks, within the short window, at which the velocity logic trips (BAND-012)."""
    return max(1, share_floor(settle_tick, bands.velocity_bp))


class DayPrices(NamedTuple):
    """The prices of a book's day, ticks, which follow from its settlement. `width_ticks`: daily limit of each side."""

    settle_tick: int
    low_tick: int
    high_tick: int
    width_ticks: int
    velocity_ticks: int
    breaker_ticks: int


def outright_prices(products: ProductsFile, settle_tick: int, at_limit: bool, unlimited: bool) -> DayPrices:
    """The day of an outright.

    at_limit    its last settlement was at the daily limit
    unlimited   it has only the venue's price range (`is_unlimited`)
    """
    bands, highest = products.bands, products.orders.price_ticks_max
    width = daily_width(bands, settle_tick, at_limit)
    limits = daily_range(ComboKind.OUTRIGHT, settle_tick, width, highest)
    if unlimited:
        limits = whole_range(ComboKind.OUTRIGHT, highest)
    return DayPrices(settle_tick, *limits, width, velocity_width(bands, settle_tick), breaker_width(bands, settle_tick))


def combination_prices(
    products: ProductsFile, combo: ComboKind, legs: Sequence[DayPrices], hours: Sequence[int]
) -> DayPrices:
    """The day of a combination. `hours`: of each leg."""
    settle_tick = combination_settle(combo, [(leg.settle_tick, own) for leg, own in zip(legs, hours, strict=True)])
    width = combination_width(combo, [leg.width_ticks for leg in legs])
    limits = daily_range(combo, settle_tick, width, products.orders.price_ticks_max)
    velocity, breaker = max(leg.velocity_ticks for leg in legs), max(leg.breaker_ticks for leg in legs)
    return DayPrices(settle_tick, *limits, width, velocity, breaker)


def combination_settle(combo: ComboKind, legs: Sequence[tuple[int, int]]) -> int:
    """Settlement price of a combination in ticks, from its legs (SPEC-053).

    Of a spread it is the difference. Of a strip it is the hour-weighted mean, rounded to the nearest tick, half up.

    legs  (settlement in ticks, hours) of each
    """
    if combo is not ComboKind.STRIP:
        return legs[0][0] - legs[1][0]
    return weighted_price(legs)


def is_unlimited(bands: Bands, family: int, kind: int | None, days_left: int) -> bool:
    """Whether a book has no daily limits: an IDX month in its last calendar days (BAND-013).

    days_left   from the day to its last trading day
    """
    return family == Family.IDX and kind == PeriodKind.MONTH and days_left < bands.index_unlimited_days
