"""Hours, codes, children and last trading days of periods."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts_spec.business_days import BusinessDays
from contracts_spec.periods import (
    MONTHS,
    Period,
    children,
    first_day,
    last_trading_day,
    month_hours,
    month_index,
    parse_period,
    tender_days,
)
from contracts_spec.schema import Spec
from exchange.codes import Family, PeriodKind

HOURS_2027 = [744, 672, 744, 720, 744, 720, 744, 744, 720, 744, 720, 744]


@st.composite
def periods(draw: st.DrawFn) -> Period:
    """Any period that a symbol can name: 2020 to 2099, quarters and years aligned."""
    kind = draw(st.sampled_from(PeriodKind))
    step = min(MONTHS[kind], 12)
    return Period(kind, draw(st.integers(0, (960 - step) // step)) * step)


@pytest.mark.rule("SPEC-003")
def test_a_lot_is_every_utc_hour_of_the_period() -> None:
    assert [month_hours(month_index(date(2027, month, 1))) for month in range(1, 13)] == HOURS_2027
    assert [parse_period(f"Q{n}-27").hours for n in (1, 2, 3, 4)] == [2160, 2184, 2208, 2208]
    assert (parse_period("C27").hours, parse_period("C28").hours) == (8760, 8784)
    assert (parse_period("T3-27").hours, parse_period("T5-27").hours) == (26_304, 43_824)
    assert {month_hours(month) for month in range(960)} == {672, 696, 720, 744}


@pytest.mark.rule("SPEC-040")
def test_q27_is_august_and_q1_27_a_quarter() -> None:
    assert parse_period("Q27") == Period(PeriodKind.MONTH, month_index(date(2027, 8, 1)))
    assert parse_period("Q1-27") == Period(PeriodKind.QUARTER, month_index(date(2027, 1, 1)))
    assert parse_period("T3-27").kind is PeriodKind.TERM3
    assert parse_period("T5-27").start_month == parse_period("C27").start_month == 84


@pytest.mark.rule("SPEC-040")
@pytest.mark.parametrize(
    "code", ["", "A27", "F2", "F027", "f27", "Q5-27", "Q1-7", "C-27", "T4-27", "T3", "F19", "F27 "]
)
def test_anything_else_is_no_period(code: str) -> None:
    with pytest.raises(ValueError, match=r"is no period|lies before 2020"):
        parse_period(code)


@pytest.mark.rule("SPEC-040")
@given(period=periods())
def test_a_period_reads_back_from_its_code(period: Period) -> None:
    assert parse_period(period.code) == period


@pytest.mark.rule("CASCADE-001")
def test_a_term_becomes_years_a_year_months_and_quarters_a_quarter_months() -> None:
    def codes(code: str) -> list[str]:
        return [child.code for child in children(parse_period(code))]

    assert codes("T5-27") == ["C27", "C28", "C29", "C30", "C31"]
    assert codes("T3-27") == ["C27", "C28", "C29"]
    assert codes("C27") == ["F27", "G27", "H27", "Q2-27", "Q3-27", "Q4-27"]
    assert codes("Q3-27") == ["N27", "Q27", "U27"]
    assert codes("F27") == []


@pytest.mark.rule("CASCADE-002")
def test_a_parent_and_its_children_are_worth_the_same() -> None:
    """Three lots of C27 at 2701, and one T5-27 at 2450."""
    parts = [2701 * child.hours * 3 for child in children(parse_period("C27"))]
    assert parts == [6_028_632, 5_445_216, 6_028_632, 17_696_952, 17_891_424, 17_891_424]
    assert sum(parts) == 70_982_280 == 2701 * 8760 * 3
    years = [2450 * child.hours for child in children(parse_period("T5-27"))]
    assert years == [21_462_000, 21_520_800, 21_462_000, 21_462_000, 21_462_000]
    assert sum(years) == 107_368_800 == 2450 * 43_824


@pytest.mark.rule("CASCADE-001")
@given(period=periods())
def test_children_cover_their_parent_without_gap_or_overlap(period: Period) -> None:
    parts = children(period)
    if parts:
        assert [month for part in parts for month in part.months] == list(period.months)
        assert sum(part.hours for part in parts) == period.hours
    assert period.hours == sum(month_hours(month) for month in period.months)


@pytest.mark.rule("SPEC-061")
@pytest.mark.parametrize(
    ("code", "ltd"),
    [
        ("F27", "2026-12-24"),
        ("Q1-27", "2026-12-21"),
        ("C27", "2026-12-21"),
        ("T3-27", "2026-12-16"),
        ("T5-27", "2026-12-16"),
        ("G27", "2027-01-25"),
        ("J27", "2027-03-24"),
        ("Q2-27", "2027-03-19"),
        ("N27", "2027-06-24"),
    ],
)
def test_last_trading_days_count_business_days_back(spec: Spec, code: str, ltd: str) -> None:
    family = Family.TOP if code[0] == "T" else Family.PHY
    assert last_trading_day(parse_period(code), family, BusinessDays(spec.calendar)) == date.fromisoformat(ltd)


@pytest.mark.rule("SPEC-061")
def test_an_index_month_trades_to_its_last_day_and_index_parents_with_their_twins(spec: Spec) -> None:
    days = BusinessDays(spec.calendar)
    assert last_trading_day(parse_period("F27"), Family.IDX, days) == date(2027, 1, 31)
    assert last_trading_day(parse_period("Q1-27"), Family.IDX, days) == date(2026, 12, 21)
    assert last_trading_day(parse_period("C27"), Family.IDX, days) == date(2026, 12, 21)


@pytest.mark.rule("DELIVER-001")
def test_certificates_are_tendered_on_the_two_business_days_after_the_last_trading_day(spec: Spec) -> None:
    days = BusinessDays(spec.calendar)
    assert tender_days(date(2026, 12, 24), days) == (date(2026, 12, 28), date(2026, 12, 29))
    assert tender_days(date(2027, 3, 24), days) == (date(2027, 3, 25), date(2027, 3, 29))


@pytest.mark.rule("SPEC-061")
@given(month=st.integers(82, 200))
def test_parents_stop_trading_before_their_first_child(spec: Spec, month: int) -> None:
    days = BusinessDays(spec.calendar)
    for kind in (PeriodKind.QUARTER, PeriodKind.YEAR, PeriodKind.TERM3):
        period = Period(kind, month // 12 * 12 + 12)
        child = children(period)[0]
        ltd = last_trading_day(period, Family.PHY, days)
        child_ltd = last_trading_day(child, Family.PHY, days)
        assert ltd < child_ltd < first_day(child.start_month)
        assert days.between(ltd, child_ltd) == 3
