"""The engine plays clearing scenarios: the published ones if they are there; its journal replays to the same state."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from contracts_spec.load import load_spec
from exchange.cli.conformance import clearing_report
from exchange.conformance.clearing.lines import ClearingScenario
from exchange.conformance.clearing.notation import read_clearing
from exchange.conformance.clearing.product import PRODUCT
from exchange.conformance.clearing.runner import ScenarioPlayer
from exchange.conformance.clearing.verbs import VERBS as NOTATION
from exchange.conformance.engine_house.house import VERBS, EngineHouse
from exchange.engine.engine import Engine
from exchange.limits import VENUE
from exchange.records import COMMAND
from exchange.reference.house.house import ReferenceHouse
from exchange.reference.rows import command_bytes
from tests.conformance.engine_house.scenes import play

PUBLISHED = Path(__file__).parents[4] / "shared" / "conformance" / "clearing_scenarios.txt"
OF_PARTS = {"lotset", "submit", "measure", "record", "telemetry", "audit", "revoke", "pull", "cdc", "tender"}
OF_PARTS |= {"delivered", "access", "resale", "auction", "default"}  # verbs of scenarios that name what they need


def published() -> list[object]:
    found = read_clearing(PUBLISHED.read_text(), PUBLISHED.name) if PUBLISHED.exists() else []
    return [pytest.param(one, id=one.name) for one in found if not one.needs and one.asks_a_house]


@pytest.mark.parametrize("scenario", published())
def test_published_scenarios_that_need_no_later_part_come_true(scenario: ClearingScenario) -> None:
    outcome = ScenarioPlayer(PRODUCT, load_spec(), EngineHouse).play(scenario)
    assert not outcome.missing and outcome.passes, "\n".join(clearing_report(outcome))


def test_every_verb_is_built_or_said_to_be_missing() -> None:
    assert {*VERBS, *OF_PARTS, "day", "close"} == set(NOTATION)


def test_the_journal_of_a_scenario_replays_to_the_same_state() -> None:
    venue = play(
        """fees on
trade A buys 4 H100.G90.F27-G27 @5 from B
order o1 A sells 1 H100.G90.F27 @2900 gtc
close
day 2026-11-17
12:30 withdraw A 5
day 2026-11-19
"""
    )
    engine = Engine(VENUE)
    for command in venue.journal:
        row = np.frombuffer(bytearray(command_bytes([command.row])), COMMAND)
        engine.apply(row) if command.payload is None else engine.control(row, command.payload)
    assert engine.state_hash() == venue.engine.state_hash()


HUGE = 10**20


@pytest.mark.parametrize(
    "line",
    [
        f"trade A buys {HUGE} H100.G90.F27 @2810 from B -> refused BAD_QTY",
        f"order o1 A buys 1 H100.G90.F27 @{HUGE} -> refused BAND",
        f"withdraw A {HUGE} -> refused RISK",
        f"rental H100.G90 2026-11-16 Q {HUGE}h @2810 -> refused OUT_OF_RANGE",
        f"close\nadjust 2026-11-16 H100.G90.F27 A {HUGE} B -{HUGE} -> refused OUT_OF_RANGE",
    ],
)
@pytest.mark.parametrize("house", [EngineHouse, ReferenceHouse])
def test_a_number_beyond_all_limits_is_a_refusal_not_a_fault(line: str, house: Any) -> None:
    text = f"scenario X | SPEC-004 | a number\n{line}\n"
    outcome = ScenarioPlayer(PRODUCT, load_spec(), house).play(read_clearing(text, "number")[0])
    assert outcome.passes, "\n".join(clearing_report(outcome))
