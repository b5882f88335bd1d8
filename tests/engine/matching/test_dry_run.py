"""What a FOK order would execute is found to its end, however many orders it takes."""

import pytest

from exchange.conformance.notation import read_scenarios
from exchange.conformance.runner import run_scenario
from exchange.conformance.venues import EngineVenue, ReferenceVenue

# Icebergs that show one lot: each lot of the aggressor is an implied trade of its own.
DEEP = "S | - | imp=1 | s SP S300@4 disp=1; k M2 S300@99 disp=1 | N t M1 B{lots}@103 fok | -"


@pytest.mark.rule("TIF-003", "IMP-002")
@pytest.mark.parametrize("lots", [80, 300])
def test_a_fok_order_over_hundreds_of_implied_trades_executes(lots: int) -> None:
    scenario = read_scenarios(DEEP.format(lots=lots), "t")[0]
    events = run_scenario(scenario, EngineVenue()).events
    assert events == run_scenario(scenario, ReferenceVenue()).events
    assert sum(" t " in line and line.startswith("TRD s t 1@103") for line in events) == lots


@pytest.mark.rule("TIF-003")
def test_a_fok_order_for_one_lot_more_than_there_is_dies() -> None:
    scenario = read_scenarios(DEEP.format(lots=301), "t")[0]
    assert run_scenario(scenario, EngineVenue()).events == ["ACK t", "CXL t 301 FOK"]
