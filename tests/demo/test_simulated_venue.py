"""A venue in simulated time does what is due when it is due, and is the same each time."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from contracts_spec.load import load_spec
from exchange.codes import CommandKind, MarketState
from exchange.demo.simulated_venue import SimulatedVenue
from exchange.engine import query
from exchange.engine.control.mark import MarkPayload
from exchange.errors import UserError
from exchange.main import long_run
from exchange.venue.daily.settlement import settled_day

DAY = date(2026, 11, 2)


@pytest.mark.rule("SESSION-001")
def test_days_pass_with_noon_and_close_and_a_run_repeats_exactly(tmp_path: Path) -> None:
    hashes = []
    for name in ("one", "two"):
        with long_run(), SimulatedVenue(str(tmp_path / name), DAY, load_spec().with_chips(["H100"])) as simulated:
            simulated.go_to(DAY, hour=20)
            assert simulated.day == DAY and simulated.states["variation_day"][0] == 20_759
            simulated.go_to(DAY, hour=21)
            assert set(query.group_states(simulated.states).values()) == {MarketState.PREOPEN}
            simulated.go_to(DAY, hour=21, second=600)
            assert set(query.group_states(simulated.states).values()) == {MarketState.OPEN}
            assert simulated.day == DAY + timedelta(days=1) and settled_day(simulated.states, 2) == 20_760
            hashes.append((simulated.venue.sequence, simulated.venue.engine.state_hash()))
    assert hashes[0] == hashes[1]


def test_a_control_that_is_refused_is_an_error_and_a_row_has_its_events(tmp_path: Path) -> None:
    with SimulatedVenue(str(tmp_path), DAY, load_spec().with_chips(["H100"])) as simulated:
        with pytest.raises(UserError, match="MARK is refused: mark: min_lots 0"):
            simulated.control(CommandKind.MARK, MarkPayload(min_lots=0))
        assert simulated.row(CommandKind.DEPOSIT, account=1, amount_mills=5), "refused, which is an event too"
