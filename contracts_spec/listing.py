"""Decides which periods of a product are listed on a trading day (SPEC-032, SPEC-050, SPEC-051)."""

from collections.abc import Iterable
from datetime import date

from contracts_spec.business_days import BusinessDays
from contracts_spec.errors import SpecError
from contracts_spec.periods import CASH_FAMILIES, STEP_MONTHS, Period, children, last_trading_day, month_index
from contracts_spec.schema import Chip, Product, Spec
from exchange.codes import Family, PeriodKind

_COUNTS = {
    PeriodKind.MONTH: "months",
    PeriodKind.QUARTER: "quarters",
    PeriodKind.YEAR: "years",
    PeriodKind.TERM3: "terms3",
    PeriodKind.TERM5: "terms5",
}


def calendar_periods(product: Product, day: date, days: BusinessDays) -> tuple[Period, ...]:
    """The nearest periods of each kind that trade on `day`; the product sets how many of each (SPEC-050)."""
    days.need_year(day.year)
    listed: list[Period] = []
    for kind, count_key in _COUNTS.items():
        if count := getattr(product, count_key):
            listed += _nearest(kind, count, Family(product.code), day, days)
    return tuple(listed)


def last_trading_days(product: Product, periods: Iterable[Period], days: BusinessDays) -> dict[Period, date]:
    """Last trading day (LTD) of each period of a product.

    SpecError: a holiday list is missing; the text names the key of products.toml that needs it
    """
    found: dict[Period, date] = {}
    for period in periods:
        try:
            found[period] = last_trading_day(period, Family(product.code), days)
        except SpecError as error:
            key = _COUNTS[period.kind]
            reaching = f", as products.toml: product.{product.family}.{key} = {getattr(product, key)} reaches so far"
            problems = [problem._replace(allowed=problem.allowed + reaching) for problem in error.problems]
            raise SpecError(problems) from None
    return found


def listed_periods(product: Product, chip: Chip | None, day: date, days: BusinessDays) -> tuple[Period, ...]:
    """The listed periods of one chip: only those that start at its first delivery or later (SPEC-032)."""
    first = first_delivery_month(chip)
    return tuple(period for period in calendar_periods(product, day, days) if period.start_month >= first)


def first_delivery_month(chip: Chip | None) -> int:
    if chip is None or chip.first_delivery is None:
        return 0
    return month_index(date.fromisoformat(f"{chip.first_delivery}-01"))


def unlisted_children(spec: Spec, day: date) -> list[tuple[str, Period, Period]]:
    """(chip, parent, child) of each child that will not be listed on the LTD of its parent (SPEC-051)."""
    days = BusinessDays(spec.calendar)
    missing: list[tuple[str, Period, Period]] = []
    for product in spec.products.product:
        family = Family.PHY if product.family == "TOP" else Family(product.code)
        child_product = spec.product(family.name)
        for chip in spec.listed_chips if product.enabled and product.scope == "chip" else ():
            for parent in listed_periods(product, chip, day, days):
                ltd = last_trading_day(parent, Family(product.code), days)
                later = listed_periods(child_product, chip, ltd, days)
                missing += [(chip.name, parent, child) for child in children(parent) if child not in later]
    return missing


def _nearest(kind: PeriodKind, count: int, family: Family, day: date, days: BusinessDays) -> list[Period]:
    """`count` consecutive periods, beginning with the first that still trades. A period trades on its LTD too."""
    step = STEP_MONTHS[kind]
    start = month_index(day) // step * step
    if kind is not PeriodKind.MONTH or family not in CASH_FAMILIES:
        start += step  # periods of other families have their LTD before their first day
    while last_trading_day(Period(kind, start), family, days) < day:
        start += step
    return [Period(kind, start + i * step) for i in range(count)]
