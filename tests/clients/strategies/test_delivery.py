"""GPU-hours by month of contracts and combinations."""

from typing import Any

import pytest

from clients.strategies.delivery import exposure_of, find, hours_of
from contracts_spec.periods import month_hours
from exchange.wire.messages import InstrumentDefinition
from tests.clients.stub_session import instrument

F27 = instrument(1, "H100.G90.F27", **{"from": "2027-01-01", "hours": 744})
G27 = instrument(2, "H100.G90.G27", **{"from": "2027-02-01", "hours": 672})
Q1 = instrument(3, "H100.G90.Q1-27", **{"from": "2027-01-01", "hours": 2160, "kind": "quarter"})
BY_NUMBER = {row.instrument: row for row in (F27, G27, Q1)}


@pytest.mark.rule("SPEC-003")
def test_a_quarter_is_three_months() -> None:
    assert hours_of(Q1) == {84: 744, 85: 672, 86: 744}


def test_a_term_of_five_years_has_sixty_months() -> None:
    term = instrument(4, "H100.G90.T5-27", **{"from": "2027-01-01", "hours": 43_824, "kind": "term5"})
    assert hours_of(term) == {month: month_hours(month) for month in range(84, 144)}


def test_a_calendar_spread_is_long_one_month_and_short_the_next() -> None:
    spread = instrument(5, "H100.G90.F27-G27", combo="calendar", legs=[[1, 1], [2, -1]])
    assert exposure_of(spread, BY_NUMBER) == {84: 744, 85: -672}
    assert exposure_of(Q1, BY_NUMBER) == hours_of(Q1)


def plain(number: int, symbol: str, **changes: Any) -> InstrumentDefinition:
    return instrument(number, symbol, **{"from": "2027-01-01"} | changes)


def test_only_delivered_outrights_of_a_tier_are_found() -> None:
    known = {
        row.symbol: row
        for row in (
            G27,
            F27,
            Q1,
            plain(6, "H100.G80.F27", floor_bp=8_000),
            plain(7, "B200.G90.F27", chip="B200"),
            plain(8, "H100.G90.F27/I", fam="IDX"),
            plain(9, "H100.G90.F27-G27", combo="calendar"),
        )
    }
    assert [row.symbol for row in find(known, "H100", "month")] == ["H100.G90.F27", "H100.G90.G27"]
    assert [row.symbol for row in find(known, "H100", "quarter", "month")] == [
        "H100.G90.F27",
        "H100.G90.Q1-27",
        "H100.G90.G27",
    ]
