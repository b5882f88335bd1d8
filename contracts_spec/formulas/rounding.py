"""The rounding direction of every formula; what `exchange/units.py` has is used from there.

    nearest, half to the prior      nearest_to_prior    daily settlement: VWAP, strip, index month in progress
    nearest, half up                nearest_half_up     final index settlement, CDP, susceptibility
    down at each step               //, share_floor     goodput A, R, T and each product; trailing mean, GPX mean
    down                            //, share_floor     conversion factor; invoice; unpaid, cover and damages money;
                                                        resale credit; widths of bands; margin credits; the share of
                                                        registered lots in the spot limit
    up                              ceil_div,           paid floor; hours of a shortfall; margin charges and add-ons;
                                    share_ceil          covered-short charge; counts of limits; effective price

Quality that a buyer pays for is rounded down, and hours owed to it are rounded up once; money that follows from these
hours is rounded down. Margin is rounded against the account.
"""

from collections.abc import Iterable

from contracts_spec.errors import need_range


def nearest_to_prior(numerator: int, denominator: int, prior: int | None) -> int:
    """Quotient rounded to the nearest integer, an exact half towards `prior` (SETTLE-002); without one, up."""
    down, rest = divmod(numerator, denominator)
    if 2 * rest == denominator:
        return down if prior is not None and prior <= down else down + 1
    return down + (2 * rest > denominator)


def weighted_price(pairs: Iterable[tuple[int, int]], prior: int | None = None) -> int:
    """Mean price in ticks, nearest, an exact half towards `prior`, without one up.

    pairs        (price in ticks, its weight: lots, hours or days)
    OutOfRange   a weight below zero, or no weight at all
    """
    value, weight = 0, 0
    for price_tick, one in pairs:
        value += price_tick * one
        weight += need_range("weight", one, 0)
    return nearest_to_prior(value, need_range("sum of weights", weight, 1), prior)
