"""Windows, collar and lead month (BAND-012)."""

from typing import Any

import msgspec
import pytest

from exchange.book.windows import BREAKER, VELOCITY
from exchange.codes import BookFeature, CommandKind
from exchange.engine.control.checks import ControlError
from exchange.engine.control.price_guards import (
    GuardTerms,
    WindowTerms,
    check_guard,
    choose_lead,
    set_guard,
    set_widths,
)
from exchange.engine.state import new_state
from exchange.limits import MEDIUM, WINDOW_SLOTS
from exchange.units import NS_PER_DAY, PRICE_MAX
from tests.market import property_market
from tests.venues import Pair

TERMS = GuardTerms(
    WindowTerms(20, WINDOW_SLOTS * 10, 5), WindowTerms(40, 0, 7), closing_from_ns=100, closing_to_ns=200,
    closing_pause_ns=3, collar_ticks=15, extension_ns=9, extensions_max=2,
)  # fmt: skip


@pytest.mark.rule("BAND-012", "AUC-014")
def test_guards_are_written_beside_their_book() -> None:
    state = new_state(MEDIUM)[0]
    set_guard(state, 2, TERMS)
    guard = state.guards[2]
    velocity, breaker = guard.windows[VELOCITY], guard.windows[BREAKER]
    assert (velocity.width_ticks, velocity.slot_ns, velocity.pause_ns) == (20, 10, 5)
    assert (breaker.width_ticks, breaker.slot_ns, breaker.pause_ns) == (40, 0, 7)
    assert (guard.closing_from_ns, guard.closing_to_ns, guard.closing_pause_ns) == (100, 200, 3)
    assert (guard.collar_ticks, guard.extension_ns, guard.extensions_max) == (15, 9, 2)


@pytest.mark.rule("BAND-012")
def test_a_book_asks_for_its_windows_as_long_as_one_has_a_width() -> None:
    state = new_state(MEDIUM)[0]
    state.books[2].features = BookFeature.IMPLIED
    for widths, asks in (((1, 0, 0), True), ((0, 1, 0), True), ((0, 0, 9), False)):
        set_widths(state, [2], *([width] for width in widths))
        assert bool(state.books[2].features & BookFeature.VELOCITY) == asks
        assert state.books[2].features & BookFeature.IMPLIED


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ({"velocity": WindowTerms(-1)}, f"X: width_ticks -1 not in 0..{2 * PRICE_MAX}"),
        ({"breaker": WindowTerms(1, NS_PER_DAY + 1)}, f"X: window_ns {NS_PER_DAY + 1} not in 0..{NS_PER_DAY}"),
        ({"breaker": WindowTerms(1, 61)}, "X: window_ns 61 has no 60 slots"),
        ({"velocity": WindowTerms(1, 0, -1)}, "X: pause_ns -1 not in"),
        ({"closing_from_ns": 5, "closing_to_ns": 4}, f"X: closing_to_ns 4 not in 5..{NS_PER_DAY}"),
        ({"collar_ticks": -1}, "X: collar_ticks -1 not in"),
        ({"extensions_max": 1_001}, "X: extensions_max 1001 not in 0..1000"),
    ],
)
def test_guards_that_make_no_sense_are_refused(terms: dict[str, Any], expected: str) -> None:
    check_guard("X", TERMS)
    with pytest.raises(ControlError, match=expected):
        check_guard("X", msgspec.structs.replace(TERMS, **terms))


@pytest.mark.rule("BAND-012")
def test_the_lead_month_has_the_largest_open_interest_and_of_equal_ones_the_nearest() -> None:
    pair = Pair()
    pair.control(CommandKind.LIST, property_market())
    state = pair.fast.engine.states[0]
    assert state.groups["lead_book"][1:3].tolist() == [1, 0], "group 2 has no month of this floor"
    for interest, lead in (((0, 2), 2), ((2, 2), 1), ((4, 2), 1)):
        state.books["long_and_short_lots"][1:3] = interest
        choose_lead(state, 1)
        assert state.groups[1].lead_book == lead
