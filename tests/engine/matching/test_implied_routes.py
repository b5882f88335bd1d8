"""The ways to implied prices: which combinations a book is asked through, the nearest expiry first (IMP-009)."""

import pytest

from exchange.conformance.market import BOOKS
from tests.played import play


@pytest.mark.rule("IMP-009")
def test_a_book_is_asked_through_all_that_is_made_of_it() -> None:
    state = play("-", parameters="imp=1").state

    def ways(name: str) -> list[tuple[int, int]]:
        first, count = (int(state.route_ranges[BOOKS[name]][field]) for field in ("first", "count"))
        return [(int(route.combination), int(route.own_leg)) for route in state.implied_routes[first : first + count]]

    assert sorted(ways("M1")) == sorted([(BOOKS["SP"], 1), (BOOKS["ST"], 1), (BOOKS["TS"], 2)])
    assert sorted(ways("M2")) == sorted([(BOOKS["SP"], 2), (BOOKS["ST"], 2)])
    assert ways("SP") == [(BOOKS["SP"], 0)], "a combination through its legs"


@pytest.mark.rule("IMP-009")
def test_at_one_price_the_nearest_expiry_trades_first() -> None:
    """M1 can be bought through M3 and their spread of one month, or through M2 and the calendar spread."""
    market = play("N t M1 B1@103", "s SP S1@4; k M2 S1@99; u TS B1@2; m M3 S1@105", "imp=1")
    traded = {event.split()[1] for event in market.events if event.startswith("TRD")}
    assert traded == {"u", "m"}
