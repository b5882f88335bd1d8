"""What a FOK order would execute is found to its end, however many orders it takes."""

import pytest

from exchange.conformance.notation import read_scenarios
from exchange.conformance.runner import run_scenario
from exchange.conformance.venues import EngineVenue, ReferenceVenue
from tests.played import play

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


@pytest.mark.rule("TIF-003", "SMP-007", "BAND-005", "MMP-002")
@pytest.mark.parametrize(
    ("before", "parameters", "order", "most"),
    [
        ("a S4@100; b S5@101; c S9@103", "-", "B{}@102", 9),
        ("a S4@100; b S9@100 disp=2", "-", "B{}@100", 13),
        ("a S4@100; b S5@100 smp=Z; c S4@100", "-", "B{}@100 smp=Z", 8),
        ("a S4@100; b S5@100 smp=Z; c S4@100", "-", "B{}@100 smp=Z:CA", 4),
        ("a S4@100; b S5@100 smp=Z; c S4@100", "algo=prorata", "B{}@100 smp=Z", 8),
        ("a S2@104; b S2@106", "ref=100 vel=5", "B{}@110", 2),
        ("MQ mm M1:3@99/1@102; MQ nn M1:2@98/1@103", "mmp=2", "S{}@98", 5),
        ("MQ mm M1:2@90/2@102 M2:1@80/2@99; s SP S9@3", "imp=1 mmp=2", "B{}@102", 2),
        ("f M1 S3@103; k M2 B5@99; r SP S1@4", "imp=1", "SP B{}@4", 4),
    ],
    ids=[
        "levels", "icebergs", "own orders leave", "an own order ends it", "a shared level", "a window", "quotes",
        "quotes that are pulled", "implied prices",
    ],
)  # fmt: skip
def test_a_fok_order_finds_exactly_what_would_execute(before: str, parameters: str, order: str, most: int) -> None:
    whole = play(f"N t {order.format(most)} fok", before, parameters)
    assert "FOK" not in whole.text and not whole.slots("t")
    dead = play(f"N t {order.format(most + 1)} fok", before, parameters)
    assert dead.text == f"ACK t; CXL t {most + 1} FOK", "nothing else happens"
