"""Plays lines of clearing scenarios on the engine, for the tests of its house."""

from exchange.conformance.clearing.product import PRODUCT
from exchange.conformance.clearing.runner import ClearingOutcome
from exchange.conformance.engine_house.house import EngineHouse
from exchange.conformance.engine_house.running import RunningVenue
from tests.conformance import scenes


def outcome_of(lines: str) -> tuple[ClearingOutcome, EngineHouse]:
    """How a scenario of some lines ended, and the house in which it was played."""
    house = EngineHouse()
    return scenes.outcome_of(lines, PRODUCT, house), house


def play(lines: str) -> RunningVenue:
    """The venue after some lines, each of which came true."""
    outcome, house = outcome_of(lines)
    scenes.check_passes(outcome)
    return house.venue
