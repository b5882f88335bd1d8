"""Plays lines of clearing scenarios on a house, for the tests of its modules."""

from contracts_spec.load import load_spec
from exchange.conformance.clearing.calc import Functions
from exchange.conformance.clearing.house import ClearingHouse
from exchange.conformance.clearing.notation import read_clearing
from exchange.conformance.clearing.runner import ClearingOutcome, ScenarioPlayer

HEAD = "scenario T | SPEC-001 | A test\n"


def outcome_of(lines: str, functions: Functions, house: ClearingHouse) -> ClearingOutcome:
    """How a scenario of some lines ended in a house."""
    scenario = read_clearing(HEAD + lines, "test")[0]
    return ScenarioPlayer(functions, load_spec(), lambda: house).play(scenario)


def check_passes(outcome: ClearingOutcome) -> None:
    """Fail with the lines that did not come true."""
    wrong = [f"{one.line.text}: expected {one.expected}, was {one.actual}" for one in outcome.failures]
    assert outcome.passes, "\n".join([outcome.missing, *wrong])
