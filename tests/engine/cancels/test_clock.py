"""CLOCK: GTD orders end, then dead-man timers fire, at the time that has come (TIF-009, COD-005)."""

import pytest

from exchange.limits import STEP_EVENTS
from tests.played import play


@pytest.mark.rule("TIF-009", "COD-005")
def test_orders_end_before_timers_fire() -> None:
    market = play("TM P 5; T 6", "a B1@99 acct=P; b B1@98 gtd=6 acct=P")
    assert market.text == "CXL b 1 EXPIRED; DSC P; CXL a 1 TIMER"


@pytest.mark.rule("TIF-009")
def test_a_clock_that_nothing_waits_for_says_nothing() -> None:
    assert not play("T 3; T 4", "a B1@99 gtd=9").events


@pytest.mark.rule("TIF-009", "INV-020")
def test_many_orders_end_through_a_short_buffer() -> None:
    before = "; ".join(f"o{number} B1@99 gtd={9 - number % 3}" for number in range(STEP_EVENTS + 3))
    short = play("T 9", before, capacity=STEP_EVENTS)
    assert short.events == [f"CXL o{number} 1 EXPIRED" for number in range(STEP_EVENTS + 3)]


@pytest.mark.rule("TIF-009", "STATE-001")
def test_orders_end_in_a_halt_too() -> None:
    assert "CXL a 1 EXPIRED" in play("SS halt; T 9", "a B1@99 gtd=5").events
