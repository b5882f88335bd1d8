"""Business days against the statutory holidays, computed here a second time, and counting (SPEC-060, SPEC-061)."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts_spec.business_days import BusinessDays
from contracts_spec.errors import SpecError
from contracts_spec.schema import Spec

TESTED = """2026-11-26 2026-12-25 2027-01-01 2027-01-18 2027-02-15 2027-03-26 2027-05-31 2027-06-18 2027-07-05
2027-09-06 2027-11-25 2027-12-24 2027-12-31"""
DAYS = st.dates(date(2026, 3, 1), date(2036, 10, 1))


def easter(year: int) -> date:
    """Gregorian Easter Sunday by Gauss's method in the form of Meeus, Jones and Butcher."""
    century, rest = divmod(year, 100)
    moon = (19 * (year % 19) + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - moon - rest % 4) % 7
    shift = moon + weekday - 7 * ((year % 19 + 11 * moon + 22 * weekday) // 451) + 114
    return date(year, shift // 31, shift % 31 + 1)


def nth_weekday(year: int, month: int, weekday: int, nth: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))


def observed(day: date) -> date:
    """Saturday's holiday is kept on Friday, Sunday's on Monday."""
    return day + timedelta(days={5: -1, 6: 1}.get(day.weekday(), 0))


def statutory(year: int) -> set[date]:
    """Federal holidays as observed without Columbus and Veterans Day, and Good Friday."""
    fixed = [date(year, 1, 1), date(year + 1, 1, 1), date(year, 6, 19), date(year, 7, 4), date(year, 12, 25)]
    last_monday_of_may = nth_weekday(year, 6, 0, 1) - timedelta(days=7)
    moving = [nth_weekday(year, 1, 0, 3), nth_weekday(year, 2, 0, 3), nth_weekday(year, 9, 0, 1)]
    thanksgiving = nth_weekday(year, 11, 3, 4)
    found = {*map(observed, fixed), *moving, last_monday_of_may, thanksgiving, easter(year) - timedelta(days=2)}
    return {day for day in found if day.year == year}


@pytest.mark.rule("SPEC-060")
def test_every_list_holds_exactly_the_statutory_days(spec: Spec) -> None:
    for year, listed in spec.calendar.holidays.items():
        assert set(listed) == statutory(int(year)), year
    assert [int(year) for year in spec.calendar.holidays] == list(range(2026, 2037))


@pytest.mark.rule("SPEC-060")
@pytest.mark.parametrize("text", TESTED.split())
def test_holidays_are_no_business_days(spec: Spec, text: str) -> None:
    assert not BusinessDays(spec.calendar).is_business_day(date.fromisoformat(text))


@pytest.mark.rule("SPEC-060")
def test_columbus_and_veterans_day_are_business_days_and_weekends_are_not(spec: Spec) -> None:
    days = BusinessDays(spec.calendar)
    assert days.is_business_day(date(2027, 10, 11))
    assert days.is_business_day(date(2027, 11, 11))
    assert not days.is_business_day(date(2027, 1, 9))
    assert not days.is_business_day(date(2027, 1, 10))


@pytest.mark.rule("CONFIG-007")
def test_a_year_without_a_list_is_an_error_and_never_a_year_without_holidays(spec: Spec) -> None:
    with pytest.raises(SpecError, match=r"holidays.2037: a holiday list is needed for 2037, there are lists for 2026"):
        BusinessDays(spec.calendar).before(date(2037, 2, 1), 1)


@pytest.mark.rule("SPEC-061")
def test_counting_excludes_the_day_itself(spec: Spec) -> None:
    days = BusinessDays(spec.calendar)
    assert days.before(date(2027, 1, 1), 5) == date(2026, 12, 24)
    assert days.before(date(2026, 12, 24), 3) == date(2026, 12, 21)
    assert days.after(date(2027, 3, 24), 2) == date(2027, 3, 29)


@given(day=DAYS, count=st.integers(1, 30))
def test_counting_forward_undoes_counting_back(spec: Spec, day: date, count: int) -> None:
    days = BusinessDays(spec.calendar)
    start = days.before(day, count)
    assert days.is_business_day(start)
    assert days.between(start, day - timedelta(days=1)) == count - 1
    assert days.after(start, count) == days.after(day - timedelta(days=1), 1)
