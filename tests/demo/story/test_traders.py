"""Traders work their orders in pieces, roll a spread each month, and meet a call."""

from datetime import date
from pathlib import Path

import pytest

from contracts_spec.load import load_spec
from exchange.demo.simulated_venue import SimulatedVenue
from exchange.demo.story.cast import Desk, Who
from exchange.demo.story.maker import Maker
from exchange.demo.story.prices import Spot
from exchange.demo.story.traders import PROGRAMS, Roller, meet_call, work_programs
from exchange.engine.calls.standing import open_call

DAY = date(2026, 11, 12)
FLAT = {"H100": Spot(2_810, 2_810)}


def test_a_piece_of_each_order_is_traded_a_day_until_the_target_is_held(tmp_path: Path) -> None:
    with SimulatedVenue(str(tmp_path), DAY, load_spec().with_chips(["H100"])) as simulated:
        desk = Desk(simulated)
        desk.open_accounts()
        Maker(desk, {2: "H100"}).quote(DAY, FLAT)
        work_programs(desk, DAY)
        assert desk.held_lots(Who.CLOUD, "H100.G90.C27") == -6 and desk.held_lots(Who.BANK, "H100.G90.T3-27") == 4
        for _ in range(20):
            work_programs(desk, DAY)
        assert desk.held_lots(Who.CLOUD, "H100.G90.C27") == -12, "the maker shows no more"
    assert all(program.first <= program.last and program.lots > 0 for program in PROGRAMS)


def test_the_spread_is_rolled_one_month_further_each_month(tmp_path: Path) -> None:
    with SimulatedVenue(str(tmp_path), date(2026, 12, 2), load_spec().with_chips(["H100"])) as simulated:
        desk = Desk(simulated)
        desk.open_accounts()
        Maker(desk, {2: "H100"}).quote(DAY, FLAT)
        roller = Roller(desk, "H100")
        roller.roll(date(2026, 12, 3))
        assert not desk.held_lots(Who.FUND, "H100.G90.J27"), "not the day of the roll"
        roller.roll(date(2026, 12, 2))
        assert desk.held_lots(Who.FUND, "H100.G90.J27") == 10 == -desk.held_lots(Who.FUND, "H100.G90.K27")
        roller.roll(date(2026, 12, 2))
        assert desk.held_lots(Who.FUND, "H100.G90.J27") == 10, "sold and bought again"


@pytest.mark.rule("MARGIN-012")
def test_a_call_is_met_with_what_it_asks_for_and_more(tmp_path: Path) -> None:
    with SimulatedVenue(str(tmp_path), DAY, load_spec().with_chips(["H100"])) as simulated:
        desk = Desk(simulated)
        desk.open_accounts()
        assert open_call(simulated.states, Who.FUND) is None
        row = simulated.states["accounts"][0]
        row["required_mills"][Who.FUND] = int(row["cash_mills"][Who.FUND]) + 500
        row["flags"][Who.FUND] |= 8
        call = open_call(simulated.states, Who.FUND)
        assert call is not None and call.mills == 500
        before = int(row["cash_mills"][Who.FUND])
        meet_call(desk, Who.FUND, call)
        assert int(row["cash_mills"][Who.FUND]) > before + 500
