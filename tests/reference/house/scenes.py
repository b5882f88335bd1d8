"""Plays lines of clearing scenarios on the reference house, for the tests of its modules."""

from exchange.conformance.clearing.runner import ClearingOutcome
from exchange.conformance.clearing.twins import TWINS
from exchange.reference.house.house import ReferenceHouse
from exchange.reference.house.state import HouseState
from tests.conformance import scenes


def outcome_of(lines: str) -> tuple[ClearingOutcome, ReferenceHouse]:
    """How a scenario of some lines ended, and the house in which it was played."""
    house = ReferenceHouse()
    return scenes.outcome_of(lines, TWINS, house), house


def play(lines: str) -> HouseState:
    """The state after some lines, each of which came true."""
    outcome, house = outcome_of(lines)
    scenes.check_passes(outcome)
    return house.state
