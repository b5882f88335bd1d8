"""Velocity logic and circuit breaker: windows over prints."""

from typing import Any

import pytest

from exchange.codes import ComboKind, PeriodKind, StateReason
from exchange.conformance.market import commodity, listing
from exchange.reference.clearing import Account, Clearing, Position
from exchange.reference.price_guards import PriceGuards, Window, guards_of_listing, lead_month
from exchange.units import NS_PER_HOUR


def guards(**terms: Any) -> PriceGuards:
    velocity = Window(StateReason.VELOCITY, width_ticks=5, window_ns=600, pause_ns=70)
    breaker = Window(StateReason.HALT_DCB, width_ticks=10, window_ns=6_000, pause_ns=900)
    return PriceGuards(velocity, breaker, **terms)


@pytest.mark.rule("BAND-005")
def test_a_print_beyond_the_width_of_what_the_window_has_seen_breaches() -> None:
    window = guards().velocity
    window.prints = [(100, 103), (200, 99)]
    assert [price for price in range(95, 108) if not window.is_breached(price, 210, 0, 0)] == list(range(98, 105))


@pytest.mark.rule("BAND-005")
def test_a_window_is_sixty_slots_the_running_one_included() -> None:
    window = guards().velocity  # a slot is 10 ns
    window.prints = [(15, 100), (700, 104)]
    assert window.is_breached(106, 609, 0, 0)
    assert not window.is_breached(106, 610, 0, 0), "the slot of 10 to 19 has left"


@pytest.mark.rule("BAND-005")
def test_without_a_print_the_last_price_counts_without_a_length_the_settlement() -> None:
    window = guards().velocity
    assert (window.is_breached(106, 0, 100, 0), window.is_breached(105, 0, 100, 0)) == (True, False)
    window.window_ns = 0
    window.prints = [(0, 106)]
    assert (window.is_breached(106, 0, 106, 100), window.is_breached(105, 0, 106, 100)) == (True, False)
    window.width_ticks = 0
    assert not window.is_breached(1_000, 0, 0, 0), "the window is off"


@pytest.mark.rule("BAND-010")
def test_the_breaker_is_the_reason_where_both_are_breached_and_an_uncross_empties_both() -> None:
    both = guards()
    both.note_print(100, 0)
    assert [both.breach(price, 1, 100, 100) for price in (105, 106, 111)] == [
        *(StateReason.NONE, StateReason.VELOCITY, StateReason.HALT_DCB)
    ]
    both.empty_windows()
    assert both.breach(111, 1, 110, 100) == StateReason.NONE


@pytest.mark.rule("BAND-012")
def test_the_market_is_reserved_for_a_shorter_time_in_the_closing_window() -> None:
    closing = guards(closing_from_ns=20 * NS_PER_HOUR, closing_to_ns=21 * NS_PER_HOUR, closing_pause_ns=80)
    times = [hour * NS_PER_HOUR for hour in (19, 20, 21, 44)]
    assert [closing.pause_ns(StateReason.HALT_DCB, now) for now in times] == [900, 80, 900, 80]
    assert [closing.pause_ns(StateReason.VELOCITY, now) for now in times] == [70] * 4


def test_guards_come_from_the_listing() -> None:
    found = guards_of_listing({"guard": {"velocity": {"width_ticks": 3}, "collar_ticks": 7}})
    assert (found.velocity.width_ticks, found.breaker.width_ticks, found.collar_ticks) == (3, 0, 7)
    assert [window.reason for window in found.windows] == [StateReason.HALT_DCB, StateReason.VELOCITY]


@pytest.mark.rule("BAND-012")
def test_the_lead_month_has_the_largest_open_interest_of_equal_ones_it_is_the_nearest() -> None:
    months = [listing(index, f"M{index}", floor_bp=9_000, start_month=90 - index) for index in (1, 2, 3)]
    others = [
        listing(4, "G80", floor_bp=8_000),
        listing(5, "QUARTER", floor_bp=9_000, period_kind=PeriodKind.QUARTER),
        listing(6, "SPREAD", floor_bp=9_000, combo=ComboKind.CALENDAR, legs=[(1, 1), (2, -1)]),
    ]
    clearing = Clearing()
    clearing.list_payload({"commodities": [commodity(1, 1)], "instruments": months + others})
    assert lead_month(clearing, 1) == 3, "of equal ones the nearest"
    for number, lots in ((1, 5), (2, -5)):
        clearing.accounts[number] = Account(number, 1, 1, 1, False)
        clearing.accounts[number].positions = {1: Position(lots), 4: Position(9 * lots)}
    assert lead_month(clearing, 1) == 1
    assert lead_month(clearing, 2) == 0
