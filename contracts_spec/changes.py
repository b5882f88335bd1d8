"""Checks that a new specification keeps the terms of listed instruments (SPEC-031, SPEC-062, CONFIG-010)."""

from collections.abc import Iterator
from datetime import date, timedelta

from contracts_spec.business_days import BusinessDays
from contracts_spec.checks import PROVISIONAL_NOTICE_DAYS
from contracts_spec.errors import Problem
from contracts_spec.listing import listed_periods
from contracts_spec.periods import Period, last_trading_day
from contracts_spec.schema import Chip, Product, Spec
from exchange.codes import Family


def check_change(old: Spec, new: Spec, day: date) -> list[Problem]:
    """Problems: terms of instruments listed on `day` that the new specification changes but must keep."""
    return [*_check_codes(old, new), *_check_frozen(old, new, day), *_check_calendar(old, new, day)]


def _check_codes(old: Spec, new: Spec) -> Iterator[Problem]:
    """Problems: chips whose code changes or is missing; codes are permanent (SPEC-030)."""
    codes = {chip.name: chip.code for chip in new.chips}
    for chip in old.chips:
        if codes.get(chip.name) != chip.code:
            found = str(codes.get(chip.name, "missing"))
            yield Problem("chips.toml", f"chip.{chip.name}.code", found, f"must stay {chip.code}", "CONFIG-001")


def _check_frozen(old: Spec, new: Spec, day: date) -> Iterator[Problem]:
    """Problems: a changed reference rate, unit or conversion cap of listed instruments, which are frozen (SPEC-031)."""
    cap = old.certification.conversion_cap_bp
    if new.certification.conversion_cap_bp != cap:
        found = str(new.certification.conversion_cap_bp)
        yield Problem("tiers.toml", "certification.conversion_cap_bp", found, _must_stay(cap), "CONFIG-010")
    after = {chip.name: chip for chip in new.chips}
    for chip in old.listed_chips:
        measured_in_time = chip.ref_provisional and not _first_ltd_is_near(old, chip, day)
        for key in ("unit_lots",) if measured_in_time else ("unit_lots", "ref_tenths"):
            value, found_value = getattr(chip, key), getattr(after.get(chip.name), key, None)
            if value != found_value:
                key_path = f"chip.{chip.name}.{key}"
                yield Problem("chips.toml", key_path, str(found_value), _must_stay(value), "CONFIG-010")


def _check_calendar(old: Spec, new: Spec, day: date) -> Iterator[Problem]:
    """Problems: last trading days that a new holiday list moves to a day that is too near (SPEC-062)."""
    old_days, new_days = BusinessDays(old.calendar), BusinessDays(new.calendar)
    notice = old.calendar.holiday_notice_business_days
    moved: set[tuple[Period, date]] = set()
    for product, period in _listed(old, day, old_days):
        family = Family(product.code)
        ltd = last_trading_day(period, family, new_days)
        near = ltd < day or new_days.between(day, ltd) < notice
        if near and ltd != last_trading_day(period, family, old_days):
            moved.add((period, ltd))
    for period, ltd in sorted(moved):
        allowed = f"moves the LTD of {period.code} to {ltd}, nearer than {notice} business days"
        yield Problem("calendar.toml", f"holidays.{ltd.year}", "", allowed, "CONFIG-010")


def _first_ltd_is_near(spec: Spec, chip: Chip, day: date) -> bool:
    days = BusinessDays(spec.calendar)
    ltds = [
        last_trading_day(period, Family(product.code), days)
        for product in spec.products.product
        if product.enabled
        for period in listed_periods(product, chip, day, days)
    ]
    return min(ltds, default=date.max) - day < timedelta(days=PROVISIONAL_NOTICE_DAYS)


def _listed(spec: Spec, day: date, days: BusinessDays) -> Iterator[tuple[Product, Period]]:
    for product in spec.products.product:
        for chip in spec.listed_chips if product.enabled else ():
            for period in listed_periods(product, chip, day, days):
                yield product, period


def _must_stay(value: object) -> str:
    return f"is frozen in listed instruments: must stay {value}"
