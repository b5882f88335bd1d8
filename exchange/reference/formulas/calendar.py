"""Terms of a symbol, business days, last trading days, listed periods and ids, counted day by day (SPEC-040 to 062)."""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from typing import NamedTuple

from contracts_spec.errors import OutOfRange, Problem, SpecError
from contracts_spec.schema import Spec

MONTH_LETTERS = "FGHJKMNQUVXZ"
KINDS = ("M", "Q", "Y", "T3", "T5")
LENGTH = {"M": 1, "Q": 3, "Y": 12, "T3": 36, "T5": 60}  # months
STEP = {"M": 1, "Q": 3, "Y": 12, "T3": 12, "T5": 12}  # from one start to the next
FAMILIES = ("PHY", "IDX", "INF", "TOP", "PWS", "GPX")
COUNT_KEYS = {"M": "months", "Q": "quarters", "Y": "years", "T3": "terms3", "T5": "terms5"}
DAY = timedelta(days=1)


class PeriodTerms(NamedTuple):
    """A period: its kind, first month (year, 1..12) and number of months."""

    kind: str
    year: int
    month: int

    @property
    def length(self) -> int:
        return LENGTH[self.kind]


class SymbolTerms(NamedTuple):
    """What an outright's symbol says. `floor_bp` 0: no tier; `chip` empty: INF and PWS."""

    chip: str
    family: str
    floor_bp: int
    period: PeriodTerms


@cache
def period_of(code: str) -> PeriodTerms:
    """The period of a code (SPEC-040). ValueError: it is none."""
    digits = code[-2:]
    head = code[:-2]
    if not (digits.isdecimal() and digits.isascii()) or int(digits) < 20:
        raise ValueError(f"{code!r} is no period")
    year = 2000 + int(digits)
    if len(head) == 1 and head in MONTH_LETTERS:
        return PeriodTerms("M", year, MONTH_LETTERS.index(head) + 1)
    if head in ("Q1-", "Q2-", "Q3-", "Q4-"):
        return PeriodTerms("Q", year, 3 * int(head[1]) - 2)
    kinds = {"C": "Y", "T3-": "T3", "T5-": "T5"}
    if head in kinds:
        return PeriodTerms(kinds[head], year, 1)
    raise ValueError(f"{code!r} is no period")


@cache
def code_of(period: PeriodTerms) -> str:
    """The code of a period (SPEC-040)."""
    year = f"{period.year % 100:02d}"
    heads = {"M": MONTH_LETTERS[period.month - 1], "Q": f"Q{(period.month + 2) // 3}-", "Y": "C"}
    return heads.get(period.kind, f"{period.kind}-") + year


@cache
def terms_of(symbol: str) -> SymbolTerms:
    """The terms in an outright's symbol (SPEC-040). ValueError: it is not an outright's."""
    is_index = symbol.endswith("/I")
    parts = symbol.removesuffix("/I").split(".")
    period = period_of(parts[-1])
    if parts[0] == "PWS" and len(parts) == 2:
        return SymbolTerms("", "PWS", 0, period)
    if len(parts) != 3 or not parts[0].isalnum():
        raise ValueError(f"{symbol!r} is no outright")
    chip, tier = parts[0], parts[1]
    if tier == "GPX" and not is_index and chip != "INF":
        return SymbolTerms(chip, "GPX", 0, period)
    if tier[:1] != "G" or not tier[1:].isdecimal():
        raise ValueError(f"{symbol!r} has no tier")
    family = "INF" if chip == "INF" else "TOP" if period.kind in ("T3", "T5") else "IDX" if is_index else "PHY"
    if is_index and family != "IDX":
        raise ValueError(f"{symbol!r} has no index twin")
    return SymbolTerms("" if chip == "INF" else chip, family, int(tier[1:]) * 100, period)


def months_of(period: PeriodTerms) -> list[PeriodTerms]:
    """Its calendar months."""
    first = period.year * 12 + period.month - 1
    return [PeriodTerms("M", place // 12, place % 12 + 1) for place in range(first, first + period.length)]


def days_of(period: PeriodTerms) -> list[date]:
    """Every day of a period."""
    last = months_of(period)[-1]
    day, days = date(period.year, period.month, 1), []
    while (day.year, day.month) <= (last.year, last.month):
        days.append(day)
        day += DAY
    return days


@cache
def period_hours(period: PeriodTerms) -> int:
    """24 hours for each of its days (SPEC-003)."""
    return sum(24 for _ in days_of(period))


def children_of(period: PeriodTerms) -> list[PeriodTerms]:
    """What a parent becomes (CASCADE-001)."""
    if period.kind == "M":
        return []
    if period.kind == "Q":
        return months_of(period)
    if period.kind == "Y":
        months = months_of(period)[:3]
        return months + [PeriodTerms("Q", period.year, month) for month in (4, 7, 10)]
    return [PeriodTerms("Y", period.year + place, 1) for place in range(period.length // 12)]


def is_business_day(spec: Spec, day: date, more: tuple[date, ...] = ()) -> bool:
    """Monday to Friday and no holiday (SPEC-060). `more`: further holidays. SpecError: a year without a list."""
    if str(day.year) not in spec.calendar.holidays:
        problem = Problem("calendar.toml", f"holidays.{day.year}", "", "a holiday list is needed", "CONFIG-007")
        raise SpecError([problem])
    return day.isoweekday() <= 5 and day not in spec.calendar.holidays[str(day.year)] and day not in more


def business_days_from(spec: Spec, day: date, step: timedelta, more: tuple[date, ...] = ()) -> Iterator[date]:
    """The business days after (or with a step of -1 day before) a day, without the day itself."""
    while True:
        day += step
        if is_business_day(spec, day, more):
            yield day


def nth(spec: Spec, day: date, count: int, step: timedelta, more: tuple[date, ...] = ()) -> date:
    """The `count`-th business day after or before a day (SPEC-061); of 0 the day itself."""
    walk = business_days_from(spec, day, step, more)
    return [day, *(next(walk) for _ in range(count))][-1]


def last_trading_date(spec: Spec, family: str, period: PeriodTerms, more: tuple[date, ...] = ()) -> date:
    """The last trading day of a period (SPEC-061)."""
    if period.kind == "M" and family in ("IDX", "PWS", "GPX"):
        return days_of(period)[-1]
    if period.kind == "M":
        return nth(spec, days_of(period)[0], spec.calendar.month_ltd_business_days, -DAY, more)
    first_child = last_trading_date(spec, "PHY", children_of(period)[0], more)
    return nth(spec, first_child, spec.calendar.parent_ltd_business_days, -DAY, more)


def hours(spec: Spec, symbol: str) -> int:
    return period_hours(terms_of(symbol).period)


def packed_id(spec: Spec, symbol: str) -> int:
    """The id of an outright (SPEC-042). OutOfRange: the catalogue has no such chip."""
    terms = terms_of(symbol)
    codes = {chip.name: chip.code for chip in spec.chips} | {"": 0}
    if terms.chip not in codes:
        raise OutOfRange(f"{terms.chip} is not in the catalogue")
    months = (terms.period.year - 2020) * 12 + terms.period.month - 1
    kind = KINDS.index(terms.period.kind)
    family = FAMILIES.index(terms.family)
    return codes[terms.chip] * 2**24 + family * 2**21 + terms.floor_bp // 500 * 2**16 + kind * 2**12 + months


def ltd(spec: Spec, symbol: str) -> date:
    terms = terms_of(symbol)
    return last_trading_date(spec, terms.family, terms.period)


def tender(spec: Spec, symbol: str) -> list[date]:
    """The two business days after the last trading day (DELIVER-001)."""
    last = ltd(spec, symbol)
    return [nth(spec, last, count, DAY) for count in range(1, spec.calendar.tender_business_days + 1)]


def spot_from(spec: Spec, symbol: str) -> date:
    """The day from whose close on the month is in its spot window (LIMIT-001)."""
    return nth(spec, ltd(spec, symbol), spec.calendar.spot_window_business_days, -DAY)


def child_symbols(spec: Spec, symbol: str) -> list[str]:
    """Symbols of the children (CASCADE-001)."""
    terms = terms_of(symbol)
    head = symbol.rsplit(".", 1)[0]
    index = "/I" if terms.family == "IDX" else ""
    return [f"{head}.{code_of(child)}{index}" for child in children_of(terms.period)]


def period_facts(spec: Spec, code: str) -> tuple[str, date, int]:
    """(kind, first day, hours) of a period code."""
    period = period_of(code)
    return period.kind, days_of(period)[0], period_hours(period)


def listed(spec: Spec, day: date, chip: str, family: str, kind: str) -> list[str]:
    """Codes of the listed periods of a kind on a day (SPEC-032, SPEC-050)."""
    product = spec.product(family)
    if not product.enabled or not spec.chip(chip).listed:
        return []
    wanted = getattr(product, COUNT_KEYS[kind])
    starts = range((day.year - 1) * 12, (day.year + 12) * 12, STEP[kind])
    nearest: list[PeriodTerms] = []
    for start in starts:
        period = PeriodTerms(kind, start // 12, start % 12 + 1)
        into_month = kind == "M" and family == "IDX"  # all others end before they begin
        begins, ends = days_of(period)[0], days_of(period)[-1]
        if (ends < day) if into_month else (begins <= day):
            continue
        if len(nearest) < wanted and last_trading_date(spec, family, period) >= day:
            nearest.append(period)
    first = spec.chip(chip).first_delivery or "0000-00"
    return [code_of(period) for period in nearest if f"{period.year}-{period.month:02d}" >= first]


def combination_count(spec: Spec, day: date, chip: str) -> int:
    """Calendars of neighbours, two tier spreads a month, quarters that are all listed, the year of all (SPEC-053)."""
    months = listed(spec, day, chip, "PHY", "M")
    quarters = [months[place : place + 3] for place in range(len(months)) if months[place][0] in "FJNV"]
    strips = sum(len(quarter) == 3 for quarter in quarters)
    return max(0, len(months) - 1) + 2 * len(months) + strips + (len(months) == spec.product("PHY").months)


def may_become_holiday(spec: Spec, today: date, day: date) -> bool:
    """Whether a day may be added to the holidays: it moves no last trading day to one that is too near (SPEC-062)."""
    for family, kinds in (("PHY", "MQY"), ("IDX", "MQY"), ("TOP", ("T3", "T5"))):
        for kind in kinds:
            for code in listed(spec, today, "H100", family, kind):
                before = last_trading_date(spec, family, period_of(code))
                after = last_trading_date(spec, family, period_of(code), (day,))
                if before != after and _business_days(spec, today, after, day) < (
                    spec.calendar.holiday_notice_business_days
                ):
                    return False
    return True


def _business_days(spec: Spec, start: date, end: date, holiday: date) -> int:
    """How many business days away a day is."""
    count = 0
    while start < end:
        start += DAY
        count += is_business_day(spec, start, (holiday,))
    return count
