"""Flags of accounts, against the reference clearing house on random positions (LIMIT-002, LIMIT-003, LIMIT-005)."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from contracts_spec.periods import day_start_ns
from exchange.engine import query
from exchange.main import Settings, prepare
from exchange.reference.house.house import ReferenceHouse
from exchange.reference.house.position_limits import flags_of
from exchange.reference.house.state import Holding
from exchange.venue.bootstrap import OpenVenue
from exchange.venue.daily.position_flags import position_flags

DAY = date(2026, 12, 15)  # F27 is in its window
SYMBOLS = tuple(
    f"H100.{name}"
    for name in (
        "G90.F27",
        "G80.F27",
        "G90.G27",
        "G90.Q1-27",
        "G90.C27",
        "G90.T3-27",
        "G90.Z26/I",
        "G90.F27/I",
        "G90.Q1-27/I",
    )
)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[OpenVenue]:
    terms = Settings(day=date(2026, 11, 23), symbols=SYMBOLS, durability="none", limits="medium")
    with prepare(str(tmp_path / "venue"), terms) as made:
        yield made


def hold(opened: OpenVenue, account: int, lots: dict[str, int]) -> None:
    """Write positions into the state."""
    state = opened.engine.states[0]
    for row in query.instruments(opened.engine.states):
        if lots.get(row.symbol):
            state.used_positions += 1
            position = state.positions[state.used_positions]
            position.account, position.book, position.lots = account, row.index, lots[row.symbol]


def flags(opened: OpenVenue) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    for one in position_flags(opened.engine.states, opened.spec, DAY):
        found.setdefault(one.account, set()).add(one.flag)
    return found


@pytest.mark.rule("LIMIT-002", "LIMIT-005")
def test_each_flag_names_the_lots_that_it_is_about(opened: OpenVenue) -> None:
    hold(opened, 1, {"H100.G90.F27": 400, "H100.G90.Q1-27": 101})
    hold(opened, 2, {"H100.G90.G27": -15_001})
    hold(opened, 3, {"H100.G90.C27": 2_000})
    hold(opened, 4, {"H100.G90.F27": 500, "H100.G80.F27": -1})
    found = [(one.account, one.flag, one.lots) for one in position_flags(opened.engine.states, opened.spec, DAY)]
    assert found == [
        (1, "SPOT", 501), (2, "SINGLE_MONTH", -15_001), (3, "SPOT", 2_000), (3, "ALL_MONTHS", 24_000),
    ]  # fmt: skip
    assert {one.chip for one in position_flags(opened.engine.states, opened.spec, DAY)} == {"H100"}


@pytest.mark.rule("LIMIT-003")
def test_index_contracts_are_flagged_apart(opened: OpenVenue) -> None:
    hold(opened, 1, {"H100.G90.F27": 400, "H100.G90.F27/I": 400})
    assert flags(opened) == {}
    hold(opened, 2, {"H100.G90.F27/I": 15_001})
    (one,) = position_flags(opened.engine.states, opened.spec, DAY)
    assert (one.account, one.is_index, one.flag) == (2, True, "SINGLE_MONTH")


@pytest.mark.rule("LIMIT-001", "LIMIT-002", "LIMIT-003")
def test_the_reference_house_sets_the_same_flags(opened: OpenVenue) -> None:
    rng = np.random.default_rng(5)
    house = ReferenceHouse()
    house.set_up(day_start_ns(DAY), [])
    state = house.state
    for account in range(1, 41):
        sizes = rng.choice([1, 100, 600, 4_000, 15_000], len(SYMBOLS)) * rng.choice([0, 0, 1, 1, -1], len(SYMBOLS))
        lots = {symbol: int(size) for symbol, size in zip(SYMBOLS, sizes, strict=True)}
        hold(opened, account, lots)
        member = state.member(f"A{account}")
        for symbol, size in lots.items():
            if size:
                member.holdings[symbol] = Holding(size)
    found = flags(opened)
    for account in range(1, 41):
        assert found.get(account, set()) == set(flags_of(state, state.members[f"A{account}"])), account
    assert {flag for one in found.values() for flag in one} == {"SPOT", "SINGLE_MONTH", "ALL_MONTHS"}
