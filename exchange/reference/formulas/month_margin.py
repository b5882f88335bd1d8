"""Full margin of one account from GPU-hours of its months, whatever contracts they are of (MARGIN-001 to MARGIN-009).

As `margin`, for the rates and months that a journal has, in place of those of the specification.
"""

from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction
from math import ceil, floor
from typing import NamedTuple

Cell = tuple[int, int, int]  # commodity, month, tier floor
Pair = tuple[int, int, int, int, int]  # commodity, commodity, ratio, ratio, credit in basis points


class Rates(NamedTuple):
    """Mills per GPU-hour."""

    psr: int
    intra: int
    tier: int


def month_margin(
    hours: Mapping[Cell, int],
    rates: Mapping[int, Rates],
    pairs: Sequence[Pair],
    addon: Collection[tuple[int, int]],
    addon_bp: int,
) -> int:
    """Full margin in mills.

    hours   signed GPU-hours of each cell
    rates   by commodity
    pairs   in the order in which they are taken
    addon   (commodity, month) of those with the delivery add-on
    """
    total, nets = Fraction(0), dict[int, int]()
    for commodity in sorted({cell[0] for cell in hours}):
        own = {cell: count for cell, count in hours.items() if cell[0] == commodity}
        months = {month: [count for cell, count in own.items() if cell[1] == month] for _, month, _ in own}
        net = [sum(tiers) for tiers in months.values()]
        nets[commodity] = sum(net)
        total += abs(nets[commodity]) * rates[commodity].psr
        total += _matched(net) * rates[commodity].intra
        total += sum(_matched(tiers) for tiers in months.values()) * rates[commodity].tier
        shorts = sum(-count for cell, count in own.items() if count < 0 and cell[:2] in addon)
        total += ceil(Fraction(shorts * rates[commodity].psr * addon_bp, 10_000))
    return int(total) - _credit(nets, rates, pairs)


def _matched(hours: Collection[int]) -> int:
    return min(sum(one for one in hours if one > 0), sum(-one for one in hours if one < 0))


def _credit(nets: Mapping[int, int], rates: Mapping[int, Rates], pairs: Sequence[Pair]) -> int:
    left, found = dict(nets), 0
    for one, other, ratio, other_ratio, credit_bp in pairs:
        if left.get(one, 0) * left.get(other, 0) >= 0:
            continue
        count = min(abs(left[one]) // ratio, abs(left[other]) // other_ratio)
        scanned = count * (ratio * rates[one].psr + other_ratio * rates[other].psr)
        found += floor(Fraction(scanned * credit_bp, 10_000))
        for leg, used in ((one, count * ratio), (other, count * other_ratio)):
            left[leg] -= used if left[leg] > 0 else -used
    return found
