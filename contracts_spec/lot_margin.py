"""Computes the initial margin of a few positions in one chip, in plain integers, for `gpux contracts`.

The clearing house computes the margin of whole accounts, with offsets between chips, covered shorts and add-ons.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from contracts_spec.outrights import Instrument
from contracts_spec.schema import Spec
from exchange.codes import ComboKind
from exchange.units import share_ceil

Positions = Iterable[tuple[Instrument, int]]


class LotMargin(NamedTuple):
    """Margin in mills. `initial` is the sum of the three parts (MARGIN-001)."""

    scan: int
    intra: int
    tier: int

    @property
    def initial(self) -> int:
        return self.scan + self.intra + self.tier


def initial_margin(spec: Spec, positions: Positions) -> LotMargin:
    """Margin of outright positions in one chip, all in PHY and TOP or all in IDX, without offsets to others.

    Positions become GPU-hours by month; all months and quality tiers have one scan.

    positions   (instrument, lots), lots signed: long > 0
    Rules MARGIN-001, MARGIN-002, MARGIN-003, MARGIN-005, MARGIN-006
    """
    month_hours: Counter[int] = Counter()
    long_hours: Counter[int] = Counter()
    short_hours: Counter[int] = Counter()
    psr_mills = 0
    for (chip, _, month), hours in _hours_by_tier(positions).items():
        psr_mills = spec.chip(chip).psr_mills or 0
        month_hours[month] += hours
        (long_hours if hours > 0 else short_hours)[month] += abs(hours)
    net = sum(month_hours.values())
    longs = sum(hours for hours in month_hours.values() if hours > 0)
    intra = min(longs, longs - net) * spec.margin.intra_mills
    tier = sum(min(long_hours[month], short_hours[month]) for month in month_hours) * spec.margin.tier_mills
    return LotMargin(abs(net) * psr_mills, intra, tier)


def lot_margin(spec: Spec, instrument: Instrument, by_id: Mapping[int, Instrument]) -> LotMargin:
    """Margin of one bought lot; for a combination, of its legs."""
    if instrument.combo is ComboKind.OUTRIGHT:
        return initial_margin(spec, [(instrument, 1)])
    return initial_margin(spec, [(by_id[leg], sign) for leg, sign in instrument.legs])


def maintenance_mills(spec: Spec, initial_mills: int) -> int:
    """Maintenance margin in mills. Equity below it leads to a margin call (MARGIN-012)."""
    return share_ceil(initial_mills, spec.margin.maintenance_bp)


def _hours_by_tier(positions: Positions) -> Mapping[tuple[str, int, int], int]:
    """Signed GPU-hours by chip, floor and month."""
    found: defaultdict[tuple[str, int, int], int] = defaultdict(int)
    for instrument, lots in positions:
        for month, hours in instrument.months:
            found[instrument.chip, instrument.floor_bp, month] += lots * hours
    return found
