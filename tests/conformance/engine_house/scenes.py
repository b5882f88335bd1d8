"""Plays lines of clearing scenarios on the engine, for the tests of its house."""

from contracts_spec.load import load_spec
from exchange.conformance.clearing.notation import read_clearing
from exchange.conformance.clearing.product import PRODUCT
from exchange.conformance.clearing.runner import ClearingOutcome, ScenarioPlayer
from exchange.conformance.engine_house.house import EngineHouse
from exchange.conformance.engine_house.running import RunningVenue

HEAD = "scenario T | SPEC-001 | A test\n"


def outcome_of(lines: str) -> tuple[ClearingOutcome, EngineHouse]:
    """How a scenario of some lines ended, and the house in which it was played."""
    house = EngineHouse()
    scenario = read_clearing(HEAD + lines, "test")[0]
    return ScenarioPlayer(PRODUCT, load_spec(), lambda: house).play(scenario), house


def play(lines: str) -> RunningVenue:
    """The venue after some lines, each of which came true."""
    outcome, house = outcome_of(lines)
    wrong = [f"{one.line.text}: expected {one.expected}, was {one.actual}" for one in outcome.failures]
    assert outcome.passes, "\n".join([outcome.missing, *wrong])
    return house.venue
