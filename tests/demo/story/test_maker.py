"""The market maker quotes every outright around its price, inside the limits, and less when prices jump."""

from datetime import date
from pathlib import Path

import pytest

from contracts_spec.load import load_spec
from exchange.demo.simulated_venue import SimulatedVenue
from exchange.demo.story.cast import Desk
from exchange.demo.story.maker import LOTS, STRESS_LOTS, Maker
from exchange.demo.story.prices import Spot
from exchange.engine import query

DAY = date(2026, 11, 2)


@pytest.mark.rule("BAND-001", "BAND-013")
def test_quotes_stand_around_the_price_and_within_band_and_limits(tmp_path: Path) -> None:
    with SimulatedVenue(str(tmp_path), DAY, load_spec().with_chips(["H100"])) as simulated:
        desk = Desk(simulated)
        desk.open_accounts()
        maker = Maker(desk, {2: "H100"})
        maker.quote(DAY, {"H100": Spot(2_810, 2_000)})
        quoted = {
            symbol: query.depth(simulated.states, row.index)
            for symbol, row in desk.listed.items()
            if ".G90." in symbol and not row.combo and "/I" not in symbol
        }
        assert len(quoted) == 29 and all(bids and asks for bids, asks in quoted.values())
        bids, asks = quoted["H100.G90.Z26"]
        assert bids[0][0] < Spot(2_810, 2_000).forward(1) < asks[0][0] and bids[0][1] == LOTS[0]
        (bid, _), (ask, _) = quoted["H100.G90.C31"][0][0], quoted["H100.G90.C31"][1][0]
        assert bid < ask == desk.listed["H100.G90.C31"].settle_tick - 199, "its price is below what an offer may be"
        assert not query.depth(simulated.states, desk.listed["H100.G85.Z26"].index)[0]


def test_after_a_jump_it_shows_less(tmp_path: Path) -> None:
    with SimulatedVenue(str(tmp_path), DAY, load_spec().with_chips(["H100"])) as simulated:
        desk = Desk(simulated)
        desk.open_accounts()
        maker = Maker(desk, {2: "H100"})
        maker.quote(DAY, {"H100": Spot(2_810, 2_700)})
        simulated.go_to(date(2026, 11, 3), hour=8)
        maker.quote(date(2026, 11, 3), {"H100": Spot(2_650, 2_650)})
        bids, asks = query.depth(simulated.states, desk.listed["H100.G90.Z26"].index)
        assert [lots for _, lots in (*bids, *asks)] == [STRESS_LOTS, STRESS_LOTS]
