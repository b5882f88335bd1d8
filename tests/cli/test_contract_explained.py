"""One contract in plain words, with numbers that a reader can check."""

from collections.abc import Mapping
from datetime import date

import pytest

from contracts_spec.instruments import Instrument, instruments_on
from contracts_spec.load import load_spec
from contracts_spec.schema import Spec
from exchange.cli.contract_explained import explain, why_not_listed

LAUNCH = date(2026, 11, 23)


@pytest.fixture(scope="module")
def spec() -> Spec:
    return load_spec()


@pytest.fixture(scope="module")
def launch(spec: Spec) -> Mapping[str, Instrument]:
    return {one.symbol: one for one in instruments_on(spec, LAUNCH)}


def told(spec: Spec, launch: Mapping[str, Instrument], symbol: str) -> tuple[str, dict[str, str]]:
    sentences, numbers = explain(spec, launch[symbol], {one.id: one for one in launch.values()})
    return " ".join(sentences), dict(numbers)


@pytest.mark.rule("SPEC-003")
@pytest.mark.rule("ROUTE-001")
def test_a_month_is_told_with_its_hours_dates_money_and_limits(spec: Spec, launch: Mapping[str, Instrument]) -> None:
    text, numbers = told(spec, launch, "H100.G90.F27")
    assert all(fact in text for fact in ("January 2027", "744 hours", "90 % goodput", "region US"))
    assert numbers["id"] == "34734164 (0x2120054)"
    assert numbers["delivery"] == "2027-01-01 00:00 to 2027-02-01 00:00 UTC"
    assert numbers["last trading"] == "2026-12-24 21:00 UTC"
    assert all(fact in numbers["tender"] for fact in ("2026-12-28", "2026-12-29", "8 lots"))
    assert numbers["spot month from"] == "2026-12-10 21:00 UTC"
    assert numbers["value of a tick"] == "$0.744 a lot ($0.001 x 744 hours)"
    assert numbers["value of a lot"] == "$2,090.64 at 2.810"
    assert numbers["daily limits"] == "2.248 to 3.372"
    assert numbers["initial margin"].startswith("$297.60 a lot")
    assert all(fact in numbers["fees"] for fact in ("maker $0.000", "taker $1.488", "auction $0.744", "744 hours"))
    assert "$5.782" in numbers["effective price"] and "540.0 TFLOP/s" in numbers["effective price"]
    assert "one lot in 100" in numbers["icebergs"]
    assert numbers["spot-month limit"].endswith("at most 7,500")


@pytest.mark.rule("CASCADE-001")
def test_a_year_and_a_term_are_told_with_their_children(spec: Spec, launch: Mapping[str, Instrument]) -> None:
    year, _ = told(spec, launch, "H100.G90.C27")
    assert "F27 (744 h), G27 (672 h), H27 (744 h), Q2-27 (2,184 h)" in year
    term, numbers = told(spec, launch, "H100.G90.T5-27")
    assert "January 2027 to December 2031" in term and "43,824 hours" in term
    assert "1,000 lots" in numbers["terms"]
    assert numbers["initial margin"].startswith("$17,529.60 a lot")


@pytest.mark.rule("SPEC-041")
def test_combinations_are_told_by_their_legs(spec: Spec, launch: Mapping[str, Instrument]) -> None:
    spread, numbers = told(spec, launch, "H100.G95-G90.F27")
    assert spread.index("H100.G95.F27") < spread.index("H100.G90.F27")
    assert numbers["legs"] == "+ H100.G95.F27, - H100.G90.F27"
    strip, _ = told(spec, launch, "H100.G90.F27:H27")
    assert "H100.G90.F27, H100.G90.G27, H100.G90.H27" in strip
    assert "2,160" in strip


@pytest.mark.rule("SPEC-021")
def test_a_book_where_nothing_rests_says_so(spec: Spec, launch: Mapping[str, Instrument]) -> None:
    assert "never rest" in told(spec, launch, "H100.G95.F27")[0]
    assert "never rest" not in told(spec, launch, "H100.G90.F27")[0]


def test_every_instrument_can_be_told(spec: Spec, launch: Mapping[str, Instrument]) -> None:
    by_id = {one.id: one for one in launch.values()}
    for one in launch.values():
        sentences, numbers = explain(spec, one, by_id)
        assert sentences
        assert len(numbers) > 8


@pytest.mark.parametrize(
    ("symbol", "text"),
    [
        ("B300.G90.F27", "B300 is not listed: liquidity kept in B200 and GB300"),
        ("X1.G90.F27", "unknown chip X1, there are A100, H100"),
        ("H100.G92.F27", "unknown tier G92, there are G80, G85, G90, G95"),
        ("H100.G95-G91.F27", "unknown tier G91"),
        ("PWS.F27", "family PWS is off: no index source is named yet"),
        ("H100.G90.V26", "does not trade on 2026-11-23, its last trading day was 2026-09-24: see"),
        ("H100.G90.Z28", "does not trade on 2026-11-23: see"),
        ("H100.G90", "a quality tier is missing"),
        ("H100", "is no symbol"),
    ],
)
def test_a_contract_that_does_not_trade_is_told_why(spec: Spec, symbol: str, text: str) -> None:
    assert text in why_not_listed(spec, symbol, LAUNCH)


def test_a_contract_of_the_past_is_told_with_its_last_trading_day(spec: Spec) -> None:
    assert "its last trading day was 2026-12-24" in why_not_listed(spec, "H100.G90.F27", date(2027, 1, 5))
