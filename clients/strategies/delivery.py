"""What one lot of an instrument delivers: GPU-hours by month, also of combinations. Months are numbers, as in ids."""

from collections.abc import Mapping
from datetime import date

from contracts_spec.periods import month_hours, month_index
from exchange.wire.messages import InstrumentDefinition

BENCHMARK_BP = 9_000
Hours = dict[int, int]  # GPU-hours by month


def hours_of(row: InstrumentDefinition) -> Hours:
    """GPU-hours by month of one lot of an outright."""
    month = month_index(date.fromisoformat(row.first_day))
    hours: Hours = {}
    while sum(hours.values()) < row.hours:
        hours[month] = month_hours(month)
        month += 1
    return hours


def exposure_of(row: InstrumentDefinition, by_number: Mapping[int, InstrumentDefinition]) -> Hours:
    """GPU-hours by month that the account is longer after it has bought one lot, also of a combination.

    by_number   definitions of the legs
    """
    if not row.legs:
        return hours_of(row)
    found: Hours = {}
    for number, lots in row.legs:
        for month, hours in hours_of(by_number[number]).items():
            found[month] = found.get(month, 0) + lots * hours
    return found


def find(
    instruments: Mapping[str, InstrumentDefinition], chip: str, *kinds: str, floor_bp: int = BENCHMARK_BP
) -> list[InstrumentDefinition]:
    """The delivered outrights of a chip and tier, of these kinds of period, by first day."""
    rows = [
        row
        for row in instruments.values()
        if (row.chip, row.floor_bp) == (chip, floor_bp)
        and row.family in ("PHY", "TOP")
        and not row.combo
        and row.period_kind in kinds
    ]
    return sorted(rows, key=lambda row: (row.first_day, row.hours))
