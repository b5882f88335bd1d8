"""Delivery periods: months, quarters, calendar years, terms of three and five years; their hours and children.

A month is given as a number, the months since January 2020, as in an instrument id (SPEC-042). Every period has whole
UTC months. So its hours are exact and equal the sum of the hours of its children (SPEC-003, CASCADE-002).
"""

import re
from datetime import date, timedelta
from functools import cache
from typing import NamedTuple

from contracts_spec.business_days import BusinessDays
from exchange.codes import Family, PeriodKind
from exchange.units import NS_PER_DAY, NS_PER_HOUR

EPOCH_YEAR = 2020
MONTH_CODES = "FGHJKMNQUVXZ"  # January to December, the usual codes of futures
MONTHS = {
    PeriodKind.MONTH: 1,
    PeriodKind.QUARTER: 3,
    PeriodKind.YEAR: 12,
    PeriodKind.TERM3: 36,
    PeriodKind.TERM5: 60,
}
# Neighbouring periods of a kind start this many months apart; terms overlap.
STEP_MONTHS = {**MONTHS, PeriodKind.TERM3: 12, PeriodKind.TERM5: 12}
TERMS = (PeriodKind.TERM3, PeriodKind.TERM5)
# SPEC-061 sets the LTD of delivered months; the cash-settled families trade until the last day of the month.
CASH_FAMILIES = (Family.IDX, Family.PWS, Family.GPX)

PERIOD_PATTERN = r"[FGHJKMNQUVXZ]\d\d|Q[1-4]-\d\d|C\d\d|T[35]-\d\d"
_PERIOD = re.compile(PERIOD_PATTERN, re.ASCII)
EPOCH = date(1970, 1, 1)


class Period(NamedTuple):
    """A period of whole months; `start_month` counts from January 2020."""

    kind: PeriodKind
    start_month: int

    @property
    def end_month(self) -> int:
        """The month after the last one."""
        return self.start_month + MONTHS[self.kind]

    @property
    def months(self) -> range:
        return range(self.start_month, self.end_month)

    @property
    def hours(self) -> int:
        return (first_day(self.end_month) - first_day(self.start_month)).days * 24

    @property
    def code(self) -> str:
        return period_code(self)


def month_index(day: date) -> int:
    """Months since January 2020."""
    return (day.year - EPOCH_YEAR) * 12 + day.month - 1


@cache
def first_day(month: int) -> date:
    """The first day of a month, by month index."""
    return date(EPOCH_YEAR + month // 12, month % 12 + 1, 1)


@cache
def month_hours(month: int) -> int:
    """Hours of a month: 672, 696, 720 or 744, because UTC has no daylight saving (SPEC-003)."""
    return (first_day(month + 1) - first_day(month)).days * 24


@cache
def hours_by_month(period: Period) -> tuple[tuple[int, int], ...]:
    """(month index, hours) of each month, ascending."""
    return tuple((month, month_hours(month)) for month in period.months)


def day_number(day: date) -> int:
    """Days since the epoch, as states and journals have a day."""
    return (day - EPOCH).days


def day_of(number: int) -> date:
    """The day of a `day_number`."""
    return EPOCH + timedelta(days=number)


def day_start_ns(day: date) -> int:
    """00:00 UTC, ns since the epoch."""
    return day_number(day) * NS_PER_DAY


def close_ns(day: date, hour: int) -> int:
    """The close of a trading day, ns since the epoch."""
    return day_start_ns(day) + hour * NS_PER_HOUR


def period_code(period: Period) -> str:
    """`F27`, `Q1-27`, `C27`, `T3-27` or `T5-27` (SPEC-040)."""
    year, month = divmod(period.start_month, 12)
    digits = f"{year + EPOCH_YEAR - 2000:02d}"
    match period.kind:
        case PeriodKind.MONTH:
            return MONTH_CODES[month] + digits
        case PeriodKind.QUARTER:
            return f"Q{month // 3 + 1}-{digits}"
        case PeriodKind.YEAR:
            return f"C{digits}"
        case _:
            return f"T{MONTHS[period.kind] // 12}-{digits}"


def parse_period(code: str) -> Period:
    """The period of a code: `Q27` is August 2027, `Q1-27` a quarter (SPEC-040). ValueError: it is not a code."""
    if _PERIOD.fullmatch(code) is None:
        raise ValueError(f"{code!r} is no period: F27 (months {MONTH_CODES}), Q1-27, C27, T3-27 or T5-27")
    january = (2000 + int(code[-2:]) - EPOCH_YEAR) * 12
    if january < 0:
        raise ValueError(f"{code!r} lies before {EPOCH_YEAR}")
    head = code[:-2]
    if head[-1] != "-":
        if head == "C":
            return Period(PeriodKind.YEAR, january)
        return Period(PeriodKind.MONTH, january + MONTH_CODES.index(head))
    if head[0] == "Q":
        return Period(PeriodKind.QUARTER, january + (int(head[1]) - 1) * 3)
    return Period(PeriodKind.TERM3 if head[1] == "3" else PeriodKind.TERM5, january)


def children(period: Period) -> tuple[Period, ...]:
    """The periods into which a period cascades; a month has none (CASCADE-001)."""
    start = period.start_month
    match period.kind:
        case PeriodKind.MONTH:
            return ()
        case PeriodKind.QUARTER:
            return tuple(Period(PeriodKind.MONTH, month) for month in period.months)
        case PeriodKind.YEAR:
            months = tuple(Period(PeriodKind.MONTH, start + i) for i in range(3))
            return months + tuple(Period(PeriodKind.QUARTER, start + i) for i in (3, 6, 9))
        case _:
            return tuple(Period(PeriodKind.YEAR, year) for year in range(start, period.end_month, 12))


def last_trading_day(period: Period, family: Family, days: BusinessDays) -> date:
    """Last trading day (LTD) of a period. That of a parent counts back from the LTD of its first child (SPEC-061)."""
    day_one = first_day(period.start_month)
    if period.kind is PeriodKind.MONTH:
        if family in CASH_FAMILIES:
            return first_day(period.end_month) - timedelta(days=1)
        return days.before(day_one, days.calendar.month_ltd_business_days)
    child = children(period)[0]
    return days.before(last_trading_day(child, Family.PHY, days), days.calendar.parent_ltd_business_days)


def tender_days(ltd: date, days: BusinessDays) -> tuple[date, ...]:
    """The business days after LTD on which shorts tender certificates (DELIVER-001)."""
    return tuple(days.after(ltd, count) for count in range(1, days.calendar.tender_business_days + 1))
