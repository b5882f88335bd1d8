"""What must always be true, and what a refused line must not change."""

from collections.abc import Callable

import pytest

from exchange.conformance.engine_house.checks import broken, state_hash
from exchange.conformance.engine_house.running import RunningVenue
from tests.conformance.engine_house.scenes import play

TRADE = "trade A buys 4 H100.G90.F27 @2815 from B\n"


def _cash(venue: RunningVenue) -> None:
    venue.states["accounts"]["cash_mills"][0, 1] += 5


def _house(venue: RunningVenue) -> None:
    venue.states["house_mills"][0, 3] += 7
    venue.states["house_mills"][0, 2] -= 7


def _position(venue: RunningVenue) -> None:
    venue.states["positions"]["lots"][0, 1] += 1


def _order(venue: RunningVenue) -> None:
    venue.states["orders"]["leaves_lots"][0, 1:4] += 1


DAMAGE: dict[Callable[[RunningVenue], None], list[str]] = {
    _cash: ["the ledger sums to 5"],
    _house: ["the variation account has 7"],
    _position: ["H100.G90.F27: lots sum to 1, mark_num to 0"],
    _order: [],
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_told_and_changes_the_hash(damage: Callable[[RunningVenue], None]) -> None:
    venue = play(TRADE + "order o1 A buys 1 H100.G90.G27 @2800\n")
    assert broken(venue) == []
    before = state_hash(venue)
    damage(venue)
    assert (broken(venue), state_hash(venue) == before) == (DAMAGE[damage], False)


def test_naming_an_account_and_being_refused_change_nothing() -> None:
    venue = play(TRADE)
    before = state_hash(venue)
    venue.account("C")
    assert state_hash(venue) == before
