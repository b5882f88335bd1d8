"""Price limits around the previous settlement: figures of BAND-011 to BAND-013. What bands do is the engine's."""

from collections.abc import Sequence
from typing import NamedTuple

from contracts_spec.schema import Bands
from exchange.codes import ComboKind
from exchange.units import share_floor


class PriceRange(NamedTuple):
    """Lowest and highest allowed price, ticks, both inclusive."""

    low_tick: int
    high_tick: int


def daily_width(bands: Bands, settle_tick: int, at_limit: bool = False) -> int:
    """Ticks each side of an outright's settlement; doubled for the day after a settlement at the limit (BAND-013)."""
    return max(1, share_floor(settle_tick, bands.daily_limit_bp)) * (2 if at_limit else 1)


def combination_width(combo: ComboKind, leg_widths: Sequence[int]) -> int:
    """Spreads: the sum of the legs' widths; strips: the smallest less 1, so that no leg leaves its own (BAND-013)."""
    return min(leg_widths) - 1 if combo is ComboKind.STRIP else sum(leg_widths)


def daily_range(combo: ComboKind, settle_tick: int, width: int, price_ticks_max: int) -> PriceRange:
    """The day's price window, cut to the prices the venue knows at all (SPEC-004, BAND-013)."""
    whole = whole_range(combo, price_ticks_max)
    return PriceRange(max(whole.low_tick, settle_tick - width), min(whole.high_tick, settle_tick + width))


def whole_range(combo: ComboKind, price_ticks_max: int) -> PriceRange:
    """SPEC-004: spreads may be zero or negative, outrights and strips may not."""
    negative = combo in (ComboKind.CALENDAR, ComboKind.TIER)
    return PriceRange(-price_ticks_max if negative else 1, price_ticks_max)


def reject_range(bands: Bands, reference_tick: int) -> PriceRange:
    """Highest price of a buy and lowest of a sell around the reference price (BAND-011)."""
    return PriceRange(reference_tick - bands.reject_ticks, reference_tick + bands.reject_ticks)


def breaker_width(bands: Bands, settle_tick: int) -> int:
    """A move of this many ticks inside the breaker's window reserves the book (BAND-012)."""
    return max(1, share_floor(settle_tick, bands.breaker_bp))


def velocity_width(bands: Bands, settle_tick: int) -> int:
    """The same for the short window of the velocity logic (BAND-012)."""
    return max(1, share_floor(settle_tick, bands.velocity_bp))
