"""Calendars and symbols: the product's and those counted day by day agree."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.reference.formulas.calendar import code_of, period_of
from tests.reference.formulas.agreement import SPEC, agreed

CODES = st.one_of(
    st.builds("{}{:02d}".format, st.sampled_from("FGHJKMNQUVXZ"), st.integers(18, 36)),
    st.builds("Q{}-{:02d}".format, st.integers(0, 5), st.integers(18, 36)),
    st.builds("{}{:02d}".format, st.sampled_from(["C", "T3-", "T5-", "T4-"]), st.integers(18, 36)),
)
SYMBOLS = st.builds(
    "{}.{}.{}{}".format,
    st.sampled_from(["H100", "VR", "INF", "FOO"]),
    st.sampled_from(["G80", "G90", "GPX"]),
    CODES,
    st.sampled_from(["", "/I"]),
)
DATES = st.integers(0, 2500).map(lambda days: date(2026, 1, 1) + timedelta(days=days))


@pytest.mark.rule("SPEC-040")
@given(CODES)
def test_period_codes_are_read_alike(code: str) -> None:
    found = agreed("period", code)
    if found != "ValueError":
        assert code_of(period_of(code)) == code


@pytest.mark.rule("SPEC-003")
@pytest.mark.rule("SPEC-042")
@pytest.mark.rule("SPEC-061")
@given(SYMBOLS, st.sampled_from(["hours", "id", "ltd", "tender", "spotfrom", "children"]))
def test_terms_of_symbols_agree(symbol: str, question: str) -> None:
    agreed(question, symbol)


@pytest.mark.rule("SPEC-042")
@pytest.mark.parametrize(
    ("symbol", "number"),
    [
        ("H100.G90.F27/I", 36_831_316),
        ("H100.G90.Q1-27", 34_738_260),
        ("H100.G90.C27", 34_742_356),
        ("H100.G95.F27", 34_799_700),
        ("VR.G90.C28", 135_405_664),
        ("PWS.F27", 8_388_692),
    ],
)
def test_ids_are_those_of_the_rules(symbol: str, number: int) -> None:
    assert agreed("id", symbol) == number


@pytest.mark.rule("SPEC-061")
@pytest.mark.rule("DELIVER-001")
def test_last_trading_days_are_those_of_the_rules() -> None:
    days = {code: agreed("ltd", f"H100.G90.{code}") for code in ("F27", "G27", "J27", "Q2-27", "N27", "T3-27")}
    assert days == {
        "F27": date(2026, 12, 24),
        "G27": date(2027, 1, 25),
        "J27": date(2027, 3, 24),
        "Q2-27": date(2027, 3, 19),
        "N27": date(2027, 6, 24),
        "T3-27": date(2026, 12, 16),
    }
    assert agreed("tender", "H100.G90.J27") == [date(2027, 3, 25), date(2027, 3, 29)]


@pytest.mark.rule("SPEC-050")
@settings(max_examples=40)
@given(DATES, st.sampled_from(["H100", "VR", "B300"]), st.sampled_from(["PHY", "IDX", "TOP", "INF"]))
def test_listed_periods_agree_on_every_day(day: date, chip: str, family: str) -> None:
    for kind in ("M", "Q", "Y", "T3", "T5"):
        agreed("listed", day, chip, family, kind)


@pytest.mark.rule("SPEC-053")
@pytest.mark.rule("SPEC-060")
@settings(max_examples=10, deadline=None)
@given(DATES, st.sampled_from(["H100", "VR", "B300"]))
def test_business_days_and_combinations_agree(day: date, chip: str) -> None:
    agreed("business", day)
    agreed("combinations", day, chip)


@pytest.mark.rule("SPEC-062")
@settings(max_examples=15, deadline=None)
@given(st.integers(0, 60), st.integers(0, 90))
def test_holidays_that_come_too_late_agree(start: int, ahead: int) -> None:
    today = date(2026, 11, 16) + timedelta(days=start)
    agreed("holiday", today, today + timedelta(days=ahead))


def test_both_read_the_same_catalogue() -> None:
    assert agreed("psr", "A100") == SPEC.chip("A100").psr_mills == 270
