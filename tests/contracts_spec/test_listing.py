"""Which periods are listed on a day."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts_spec.business_days import BusinessDays
from contracts_spec.listing import calendar_periods, listed_periods, unlisted_children
from contracts_spec.periods import Period, last_trading_day
from contracts_spec.schema import Spec
from exchange.codes import Family

DAYS = st.dates(date(2026, 1, 1), date(2030, 12, 31))


def codes(spec: Spec, family: str, day: date) -> list[str]:
    return [one.code for one in calendar_periods(spec.product(family), day, BusinessDays(spec.calendar))]


@pytest.mark.rule("SPEC-050")
def test_twelve_months_eight_quarters_five_years_and_two_terms_of_each_length(spec: Spec) -> None:
    day = date(2026, 11, 24)
    physical = codes(spec, "PHY", day)
    assert physical[:12] == [f"{code}27" for code in "FGHJKMNQUVXZ"]
    assert physical[12:20] == [f"Q{n}-{year}" for year in (27, 28) for n in (1, 2, 3, 4)]
    assert physical[20:] == ["C27", "C28", "C29", "C30", "C31"]
    assert codes(spec, "TOP", day) == ["T3-27", "T3-28", "T5-27", "T5-28"]
    assert len(physical) + 4 == 29


@pytest.mark.rule("SPEC-050")
def test_a_month_trades_on_its_last_trading_day_and_is_gone_the_day_after(spec: Spec) -> None:
    assert codes(spec, "PHY", date(2026, 12, 24))[0] == "F27"
    assert codes(spec, "PHY", date(2026, 12, 25))[0] == "G27"
    assert codes(spec, "PHY", date(2026, 12, 21))[12] == "Q1-27"
    assert codes(spec, "PHY", date(2026, 12, 22))[12] == "Q2-27"
    assert codes(spec, "TOP", date(2026, 12, 17)) == ["T3-28", "T3-29", "T5-28", "T5-29"]


@pytest.mark.rule("SPEC-050")
def test_the_index_lists_the_current_month_and_the_next_eleven(spec: Spec) -> None:
    index = codes(spec, "IDX", date(2026, 11, 30))
    assert index[:3] == ["X26", "Z26", "F27"]
    assert index[11:13] == ["V27", "Q1-27"]
    assert len(index) == 25


@pytest.mark.rule("SPEC-032")
def test_a_chip_that_comes_later_has_only_periods_wholly_after_its_first_delivery(spec: Spec) -> None:
    day, days = date(2026, 11, 23), BusinessDays(spec.calendar)
    physical = listed_periods(spec.product("PHY"), spec.chip("VR"), day, days)
    assert [one.code for one in physical] == [
        *("N27", "Q27", "U27", "V27", "X27"),
        *("Q3-27", "Q4-27", "Q1-28", "Q2-28", "Q3-28", "Q4-28"),
        *("C28", "C29", "C30", "C31"),
    ]
    terms = listed_periods(spec.product("TOP"), spec.chip("VR"), day, days)
    assert [one.code for one in terms] == ["T3-28", "T5-28"]


@pytest.mark.rule("SPEC-051")
@settings(max_examples=25)
@given(day=DAYS)
def test_every_child_is_listed_before_its_parent_cascades(spec: Spec, day: date) -> None:
    assert unlisted_children(spec, day) == []


@pytest.mark.rule("SPEC-051")
def test_a_calendar_that_is_too_short_leaves_children_without_a_book(spec: Spec) -> None:
    import msgspec

    products = tuple(
        msgspec.structs.replace(one, months=2) if one.family == "PHY" else one for one in spec.products.product
    )
    short = msgspec.structs.replace(spec, products=msgspec.structs.replace(spec.products, product=products))
    missing = {(chip, parent.code, child.code) for chip, parent, child in unlisted_children(short, date(2027, 1, 4))}
    assert ("H100", "Q2-27", "M27") in missing
    assert ("H100", "Q2-27", "J27") not in missing


@pytest.mark.rule("SPEC-050")
@given(day=DAYS)
def test_listed_periods_still_trade_and_the_one_before_the_first_does_not(spec: Spec, day: date) -> None:
    days = BusinessDays(spec.calendar)
    periods = calendar_periods(spec.product("PHY"), day, days)
    assert all(last_trading_day(one, Family.PHY, days) >= day for one in periods)
    before = Period(periods[0].kind, periods[0].start_month - 1)
    if before.start_month > 73:  # its LTD lies in a year with a holiday list
        assert last_trading_day(before, Family.PHY, days) < day
