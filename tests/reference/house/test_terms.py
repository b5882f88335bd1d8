"""Terms of contracts, and which of them are listed on a day."""

from datetime import date

import msgspec
import pytest

from contracts_spec.load import load_spec
from contracts_spec.symbols import OutrightName, parse_symbol
from exchange.codes import ComboKind
from exchange.reference.house.terms import Contract, child_names, combinations, listed_names, outright

SPEC = load_spec()
H100 = msgspec.structs.replace(
    SPEC, chips=tuple(msgspec.structs.replace(chip, listed=chip.name == "H100") for chip in SPEC.chips)
)


def contract(symbol: str) -> Contract:
    name = parse_symbol(symbol)
    assert isinstance(name, OutrightName)
    return outright(SPEC, name)


@pytest.mark.rule("SPEC-061")
def test_an_outright_has_its_hours_months_and_last_trading_day() -> None:
    quarter = contract("H100.G95.Q1-27")
    assert (quarter.hours, quarter.months, quarter.ltd) == (2160, ("F27", "G27", "H27"), date(2026, 12, 21))
    assert quarter.legs == (("H100.G95.Q1-27", 1),)
    assert quarter.ioc_only
    assert not contract("H100.G90.F27").ioc_only


@pytest.mark.rule("CASCADE-001")
def test_children_keep_chip_tier_and_family_but_those_of_terms_are_physical() -> None:
    year = [name.period.code for name in child_names(contract("H100.G85.C27"))]
    assert year == ["F27", "G27", "H27", "Q2-27", "Q3-27", "Q4-27"]
    term = child_names(contract("H100.G90.T3-27"))
    assert [(name.family.name, name.period.code) for name in term] == [("PHY", "C27"), ("PHY", "C28"), ("PHY", "C29")]
    assert {name.family.name for name in child_names(contract("H100.G90.Q1-27/I"))} == {"IDX"}


@pytest.mark.rule("SPEC-050")
def test_a_day_has_29_books_a_tier_and_25_of_the_index() -> None:
    names = list(listed_names(H100, date(2026, 11, 16)))
    assert len(names) == len(set(names)) == 4 * 29 + 25


@pytest.mark.rule("SPEC-053")
def test_combinations_follow_the_listed_months() -> None:
    outrights = [outright(H100, name) for name in listed_names(H100, date(2026, 11, 16))]
    found = {one.symbol: one for one in combinations(H100, outrights)}
    assert len(found) == 39
    calendar, strip = found["H100.G90.F27-G27"], found["H100.G90.F27:H27"]
    assert calendar.legs == (("H100.G90.F27", 1), ("H100.G90.G27", -1))
    assert (calendar.hours, strip.hours) == (744, 2160)
    assert (calendar.combo, calendar.kind, strip.kind) == (ComboKind.CALENDAR, None, None)
    assert found["H100.G95-G90.X27"].legs[1] == ("H100.G90.X27", -1)
