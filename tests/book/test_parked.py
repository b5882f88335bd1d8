"""Orders that the daily limits leave outside stand in their book's list and at no level (BAND-004)."""

import numpy as np
import pytest

from tests.played import Played, play

LIMITS = "limit=20"
PARKED = "a B5@79 gtc; b B4@78 gtc; c B3@77 gtc"


def parked(market: Played) -> list[int]:
    """Prices of the book's list, from its head."""
    slot, found = int(market.book().first_parked), []
    while slot:
        found.append(int(market.state.orders[slot].price))
        slot = int(market.state.links[slot].newer)
    return found


@pytest.mark.rule("BAND-004")
def test_a_parked_order_is_in_the_list_and_at_no_level() -> None:
    market = play("N d B1@90", PARKED, LIMITS)
    assert parked(market) == [77, 78, 79]
    assert np.count_nonzero(market.state.levels["shown_lots"]) == 1, "that of the order inside the limits"


@pytest.mark.rule("BAND-004")
@pytest.mark.parametrize(("gone", "left"), [("a", [77, 78]), ("b", [77, 79]), ("c", [78, 79])])
def test_any_of_them_may_leave(gone: str, left: list[int]) -> None:
    market = play(f"X {gone}", PARKED, LIMITS)
    assert market.events[0].startswith(f"CXL {gone} ") and parked(market) == left


@pytest.mark.rule("BAND-004")
def test_the_last_one_leaves_an_empty_list() -> None:
    assert parked(play("X a; X b; X c", PARKED, LIMITS)) == []
