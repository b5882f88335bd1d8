"""Position limits, and how positions count towards them (LIMIT-001 to LIMIT-004)."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date

from contracts_spec.business_days import BusinessDays
from contracts_spec.outrights import Instrument
from contracts_spec.periods import close_ns
from contracts_spec.schema import Chip, PositionLimits
from exchange.codes import ComboKind, Family, PeriodKind
from exchange.units import NS_PER_HOUR, ceil_div, share_floor

PHYSICAL = (Family.PHY, Family.TOP)


def spot_limit_lots(limits: PositionLimits, chip: Chip, registered_lots: int) -> int:
    """Limit of an account's net lots in the spot month of a chip (LIMIT-001).

    It is a share of the certified stock, at least the floor and at most the cap of the chip.
    """
    assert chip.spot_cap_lots is not None, "every listed chip has a cap"
    stock = share_floor(registered_lots, limits.spot_share_bp)
    return min(chip.spot_cap_lots, max(limits.spot_floor_lots, stock))


def spot_window_ns(ltd: date, days: BusinessDays) -> int:
    """Time from which a month's spot-month limit applies: the close some business days before its LTD (LIMIT-001)."""
    first = days.before(ltd, days.calendar.spot_window_business_days)
    return close_ns(first, days.calendar.close_hour_utc)


def physical_lots(positions: Iterable[tuple[Instrument, int]], chip: str) -> Counter[int]:
    """Net lots of PHY and TOP by month, over tiers. A longer period counts in each of its months (LIMIT-003)."""
    lots_by_month: Counter[int] = Counter()
    for instrument, lots in positions:
        if instrument.family in PHYSICAL and instrument.chip == chip:
            _count(lots_by_month, instrument, lots)
    return lots_by_month


def index_lots(positions: Iterable[tuple[Instrument, int]], chip: str, now_ns: int) -> Counter[int]:
    """Net lots of IDX by month. A month that has begun counts in proportion to its remaining hours, rounded up
    (LIMIT-003)."""
    lots_by_month: Counter[int] = Counter()
    for instrument, lots in positions:
        if instrument.family is Family.IDX and instrument.chip == chip:
            _count(lots_by_month, instrument, _lots_left(instrument, lots, now_ns))
    return lots_by_month


def term_lots(positions: Iterable[tuple[Instrument, int]]) -> int:
    """Gross lots of an account in T3 and T5 (LIMIT-004)."""
    return sum(abs(lots) for instrument, lots in positions if instrument.term)


def is_accountable(lots_by_month: Mapping[int, int], chip: Chip) -> tuple[bool, bool]:
    """Whether lots are above the accountability level of (one month, all months together) of a chip. A breach is
    flagged, not refused (LIMIT-002). `lots_by_month`: net lots; all months are the net of their sum."""
    assert chip.month_accountability_lots is not None and chip.all_accountability_lots is not None, "it is listed"
    largest = max((abs(lots) for lots in lots_by_month.values()), default=0)
    total = abs(sum(lots_by_month.values()))
    return largest > chip.month_accountability_lots, total > chip.all_accountability_lots


def _count(lots_by_month: Counter[int], instrument: Instrument, lots: int) -> None:
    assert instrument.combo is ComboKind.OUTRIGHT, "no position exists in a combination (SPEC-041)"
    for month, _ in instrument.months:
        lots_by_month[month] += lots


def _lots_left(instrument: Instrument, lots: int, now_ns: int) -> int:
    if instrument.kind is not PeriodKind.MONTH or now_ns <= instrument.deliv_from:
        return lots
    hours_left = max(0, instrument.deliv_to - now_ns) // NS_PER_HOUR
    counted = ceil_div(abs(lots) * hours_left, instrument.hours)
    return counted if lots > 0 else -counted
