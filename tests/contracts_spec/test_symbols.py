"""The grammar of symbols, read and written."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts_spec.instruments import Instrument
from contracts_spec.periods import TERMS, Period, parse_period
from contracts_spec.symbols import CombinationName, OutrightName, parse_symbol, symbol_text
from exchange.codes import ComboKind, Family, PeriodKind

CHIPS = st.sampled_from(["A100", "H100", "VR", "TPUV5P", "H100EU"])
FLOORS = st.sampled_from([500, 8000, 8500, 9000, 9500, 10_000])
MONTHS = st.integers(0, 940)


def month(index: int) -> Period:
    return Period(PeriodKind.MONTH, index)


@st.composite
def names(draw: st.DrawFn) -> OutrightName | CombinationName:
    """Any contract that the grammar can name."""
    chip, floor_bp = draw(CHIPS), draw(FLOORS)
    first = draw(MONTHS)
    match draw(st.sampled_from(["outright", "year", "term", "INF", "PWS", "GPX", "calendar", "tier", "strip"])):
        case "outright":
            return OutrightName(chip, draw(st.sampled_from([Family.PHY, Family.IDX])), floor_bp, month(first))
        case "year":
            return OutrightName(chip, Family.PHY, floor_bp, Period(PeriodKind.YEAR, first // 12 * 12))
        case "term":
            return OutrightName(chip, Family.TOP, floor_bp, Period(draw(st.sampled_from(TERMS)), first // 12 * 12))
        case "INF":
            return OutrightName("", Family.INF, floor_bp, month(first))
        case "PWS":
            return OutrightName("", Family.PWS, 0, month(first))
        case "GPX":
            return OutrightName(chip, Family.GPX, 0, month(first))
        case "tier":
            legs = [OutrightName(chip, Family.PHY, floor, month(first)) for floor in (floor_bp + 500, floor_bp)]
            return CombinationName(ComboKind.TIER, tuple(legs))
        case kind:
            last = first + draw(st.integers(1, 11))
            months = (first, last) if kind == "calendar" else range(first, last + 1)
            legs = [OutrightName(chip, Family.PHY, floor_bp, month(index)) for index in months]
            return CombinationName(ComboKind[kind.upper()], tuple(legs))


@pytest.mark.rule("SPEC-040")
@pytest.mark.parametrize(
    ("symbol", "chip", "family", "floor_bp", "code"),
    [
        ("H100.G90.F27", "H100", Family.PHY, 9000, "F27"),
        ("H100.G90.Q1-27", "H100", Family.PHY, 9000, "Q1-27"),
        ("H100.G90.C27", "H100", Family.PHY, 9000, "C27"),
        ("H100.G90.T3-27", "H100", Family.TOP, 9000, "T3-27"),
        ("H100.G90.T5-27", "H100", Family.TOP, 9000, "T5-27"),
        ("H100.G90.F27/I", "H100", Family.IDX, 9000, "F27"),
        ("INF.G90.F27", "", Family.INF, 9000, "F27"),
        ("PWS.F27", "", Family.PWS, 0, "F27"),
        ("H100.GPX.F27", "H100", Family.GPX, 0, "F27"),
    ],
)
def test_outright_symbols_say_chip_family_tier_and_period(
    symbol: str, chip: str, family: Family, floor_bp: int, code: str
) -> None:
    name = OutrightName(chip, family, floor_bp, parse_period(code))
    assert parse_symbol(symbol) == name
    assert symbol_text(name) == symbol


@pytest.mark.rule("SPEC-041")
def test_combination_symbols_say_their_legs_the_bought_one_first() -> None:
    calendar = parse_symbol("H100.G90.F27-G27")
    tier = parse_symbol("H100.G95-G90.F27")
    strip = parse_symbol("H100.G90.F27:H27")
    assert isinstance(calendar, CombinationName)
    assert isinstance(tier, CombinationName)
    assert isinstance(strip, CombinationName)
    assert (calendar.combo, tier.combo, strip.combo) == (ComboKind.CALENDAR, ComboKind.TIER, ComboKind.STRIP)
    assert [symbol_text(leg) for leg in calendar.legs] == ["H100.G90.F27", "H100.G90.G27"]
    assert [symbol_text(leg) for leg in tier.legs] == ["H100.G95.F27", "H100.G90.F27"]
    assert [symbol_text(leg) for leg in strip.legs] == ["H100.G90.F27", "H100.G90.G27", "H100.G90.H27"]


@pytest.mark.rule("SPEC-040")
@pytest.mark.rule("SPEC-041")
@given(name=names())
def test_every_contract_reads_back_from_its_symbol(name: OutrightName | CombinationName) -> None:
    assert parse_symbol(symbol_text(name)) == name


@pytest.mark.rule("SPEC-040")
def test_every_listed_symbol_reads_back(launch: Mapping[str, Instrument]) -> None:
    for symbol, instrument in launch.items():
        name = parse_symbol(symbol)
        legs = (name,) if isinstance(name, OutrightName) else name.legs
        assert symbol_text(name) == symbol
        assert (legs[0].chip, legs[0].family, legs[0].floor_bp) == (
            instrument.chip,
            instrument.family,
            instrument.floor_bp,
        )


@pytest.mark.rule("SPEC-040")
@pytest.mark.parametrize(
    "symbol",
    ["", "H100", "H100.G90", "H100.F27", "h100.G90.F27", "H100.G90.F27/J", "H100.G90.T3-27/I", "INF.G90.F27/I",
     "PWS.G90.F27", "INF.F27", "INF.GPX.F27", "PWS.GPX.F27", "H100.GPX.F27/I", "H100.G90.A27", "H100.G90.F27 ",
     "H100.G90.G27-F27", "H100.G90.F27-F27", "H100.G90.F27:F27", "H100.G90-G95.F27", "H100.G90-G90.F27",
     "INF.G90.F27-G27", "H100.G90.Q1-27-Q2-27", "H100..F27", "H100.G90.F27\n", "H100.G90.F２７", "H100.G９0.F27"],
)  # fmt: skip
def test_anything_else_is_refused_with_a_sentence(symbol: str) -> None:
    with pytest.raises(ValueError, match=r".+ .+"):
        parse_symbol(symbol)


@given(text=st.text(alphabet="HG190.-:/IQFCT257 ", max_size=20))
def test_random_text_is_a_symbol_that_reads_back_or_a_value_error(text: str) -> None:
    try:
        name = parse_symbol(text)
    except ValueError:
        return
    assert symbol_text(name) == text
