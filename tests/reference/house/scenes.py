"""Plays lines of clearing scenarios on the reference house, for the tests of its modules."""

from contracts_spec.load import load_spec
from exchange.conformance.clearing.notation import read_clearing
from exchange.conformance.clearing.runner import ClearingOutcome, ScenarioPlayer
from exchange.conformance.clearing.twins import TWINS
from exchange.reference.house.house import ReferenceHouse
from exchange.reference.house.state import HouseState

HEAD = "scenario T | SPEC-001 | A test\n"


def outcome_of(lines: str) -> tuple[ClearingOutcome, ReferenceHouse]:
    """How a scenario of some lines ended, and the house in which it was played."""
    house = ReferenceHouse()
    scenario = read_clearing(HEAD + lines, "test")[0]
    return ScenarioPlayer(TWINS, load_spec(), lambda: house).play(scenario), house


def play(lines: str) -> HouseState:
    """The state after some lines, each of which came true."""
    outcome, house = outcome_of(lines)
    wrong = [f"{one.line.text}: expected {one.expected}, was {one.actual}" for one in outcome.failures]
    assert outcome.passes, "\n".join(wrong)
    return house.state
